# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The flight rule, and the steps that others have in common with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from fsw_emu.algorithms.estimate import found
from fsw_emu.algorithms.interface import FOUND_DTYPE, Outcome, Setup
from fsw_emu.core import EVENT_DTYPE, HEADER_DTYPE, Core, Detection
from fsw_emu.packets.fee import EVENT, WINDOW_BYTES

EVENT_PACKET_BYTES = 64


def options_of(setup: Setup, name: str, **defaults: Any) -> dict[str, Any]:
    """The options of an algorithm, those not given as in ``defaults``; ValueError for others, and
    for one that is of another type than its default."""
    made = dict(defaults)
    for option, value in setup.options.items():
        if option not in defaults:
            has = ", ".join(sorted(defaults)) or "none of its own"
            raise ValueError(f"{name} has no option {option!r}; it has {has}")
        if defaults[option] is not None and type(value) is not type(defaults[option]):
            kind = type(defaults[option]).__name__
            raise ValueError(f"{name}: {option} is {value!r}, not {kind}")
        made[option] = value
    return made


class Seen(Protocol):
    """Of a node: its events, and how many the limit cost."""

    @property
    def records(self) -> NDArray[Any]: ...
    @property
    def n_dropped(self) -> int: ...


SeenT = TypeVar("SeenT", bound=Seen)


def within_limit(
    frames: NDArray[np.uint16],
    limit: int | None,
    look: Callable[[int, NDArray[np.uint16], int | None], SeenT],
) -> tuple[list[SeenT], int]:
    """What ``look`` sees in each node and frame with what is left of the limit, and how many that
    cost: it is a CCD's, of which side E takes what it needs first (EDU-5)."""
    nodes: list[SeenT] = []
    left = limit
    for node, frame in enumerate(frames):
        left = limit if node % 2 == 0 else left
        nodes.append(look(node, frame, left))
        left = None if left is None else left - len(nodes[-1].records)
    return nodes, sum(seen.n_dropped for seen in nodes)


def detect(
    setup: Setup, frames: NDArray[np.uint16], *, limit: int | None
) -> tuple[list[NDArray[Any]], int]:
    """Events of each node (EVENT_DTYPE) by the flight rule, and how many the limit cost."""

    def look(_: int, frame: NDArray[np.uint16], left: int | None) -> Detection:
        return setup.core.detect_events(frame, threshold=setup.threshold_adu, limit=left)

    nodes, n_dropped = within_limit(frames, limit, look)
    return [seen.records for seen in nodes], n_dropped


def kept(nodes: Sequence[NDArray[Any]], keep: Sequence[NDArray[np.bool_]]) -> list[NDArray[Any]]:
    """Of each node what its mask says."""
    return [records[mask] for records, mask in zip(nodes, keep, strict=True)]


def sent(
    core: Core,
    events: NDArray[Any],
    counts: Mapping[str, int],
    *,
    event_bytes: int = EVENT_PACKET_BYTES,
) -> Outcome:
    """An outcome of FOUND_DTYPE events; counts: the others by what became of them. What an event
    takes beyond its packet is not compressed."""
    n_sent = len(events)
    packed = packed_bytes(core, events) + (event_bytes - EVENT_PACKET_BYTES) * n_sent
    return Outcome(events, told_of(n_sent, counts), event_bytes * n_sent, packed)


def told_of(n_sent: int, counts: Mapping[str, int]) -> dict[str, int]:
    """The counts of an outcome; counts: of the events that are not sent."""
    return {"detected": n_sent + sum(counts.values()), "sent": n_sent, **counts}


def packed_bytes(core: Core, events: NDArray[Any]) -> int:
    """What the windows of FOUND_DTYPE events take after compression."""
    if not len(events):
        return 0
    return sum(len(packet) for packet in core.events_encode(packets_of(core, events)))


def records_of(events: NDArray[Any]) -> NDArray[Any]:
    """What the core takes of them: EVENT_DTYPE records."""
    records = np.zeros(len(events), EVENT_DTYPE)
    for name in ("row", "col", "pixels"):
        records[name] = events[name]
    return records


def packets_of(core: Core, events: NDArray[Any]) -> bytes:
    """Event packets as the FEE sends them, back to back."""
    headers = np.zeros(len(events), HEADER_DTYPE)
    headers["data_len"], headers["type"] = WINDOW_BYTES, EVENT
    headers["side"] = events["node"] % 2 == 0  # E2, F2, E4, F4
    headers["ccd"] = events["node"] >= 2
    headers["sequence"] = np.arange(1, len(events) + 1) & 0xFFFF
    return core.fee_build_events(headers, records_of(events))


def joined(nodes: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Events of the nodes one after the other, with charge and place."""
    parts = [found(node, records) for node, records in enumerate(nodes)]
    return np.concatenate(parts) if parts else np.zeros(0, FOUND_DTYPE)


class Filter:
    """The filter of the onboard software: limits in raw ADU as on board."""

    def __init__(self, core: Core, options: Mapping[str, Any]) -> None:
        self._core = core
        self._limits = {name: options[name] for name in FILTER_OPTIONS}

    def __call__(
        self, nodes: Sequence[NDArray[Any]]
    ) -> tuple[list[NDArray[np.bool_]], dict[str, int]]:
        """Which events of each node are kept, and how many of all are not, by cause."""
        masks = []
        counts = dict.fromkeys(("centre", "ring_sum", "ring_count"), 0)
        for records in nodes:
            result = self._core.filter_events(records, **self._limits)
            masks.append(result.keep)
            for cause in counts:
                counts[cause] += getattr(result, f"n_{cause}")
        return masks, counts


FILTER_OPTIONS = ("centre_max", "ring_sum_max", "ring_max", "ring_count_max")


def filter_defaults(setup: Setup) -> dict[str, int]:
    """Limits of the filter above the pedestal (A8), as far as 16 bits go."""
    base = setup.pedestal_adu
    # 3 keV; 5 sigma of the read noise
    values = (base + 600, 8 * base + 600, base + 25, 4)
    most = (min(value, 0xFFFF) for value in values)
    return dict(zip(FILTER_OPTIONS, most, strict=True))


class Flight:
    """Detection with the limit of a CCD, the filter of the onboard software, 64 bytes an event.

    Options: those of the filter, FILTER_OPTIONS, by default from the pedestal (A8).
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._filter = Filter(setup.core, options_of(setup, "flight", **filter_defaults(setup)))

    def readout(self, frames: NDArray[np.uint16]) -> Outcome:
        nodes, n_dropped = detect(self._setup, frames, limit=self._setup.ccd_limit)
        keep, counts = self._filter(nodes)
        return sent(self._setup.core, joined(kept(nodes, keep)), {**counts, "dropped": n_dropped})
