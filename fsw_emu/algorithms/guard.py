# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What an algorithm may give back; what it does otherwise has a name."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.algorithms.interface import FOUND_DTYPE, Outcome

NODES, ROWS, COLS = 4, 639, 384
MOST_EVENTS = NODES * ROWS * COLS // 4  # a maximum has no other beside it
MOST_COUNT = 2**53  # beyond it floats, which counts are summed in, leave whole numbers out
LONGEST_REASON = 200
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


class Status(StrEnum):
    """How a run ended."""

    GOOD = "good"
    UNUSABLE = "unusable"  # it could not be found, made or started
    RAISED = "raised"
    HUNG = "hung"
    DIED = "died"
    WRONG = "wrong"  # shapes, types, places or numbers that cannot be
    LIED = "lied"  # counts that do not add up
    IMPOSSIBLE = "impossible scene"
    LOST = "lost"  # no fault of the algorithm's; it is tried again the next time


class Refused(Exception):
    """An algorithm is out of its run: status, and why in one line."""

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, _line(reason)


def reason_of(error: BaseException) -> str:
    """An exception in one line that is the same each time: no addresses, not too long."""
    text = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(": ")
    return _line(_ADDRESS.sub("0x...", text))


def _line(text: str) -> str:
    """Text of anybody's as files and pages can hold it: what does not print is escaped, half a
    surrogate pair included; not too long."""
    text = "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text[: LONGEST_REASON + 1]
    )
    return text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 3]}..."


def checked(outcome: Any) -> Outcome:
    """The outcome of a readout, its events in memory of its own; Refused."""
    try:
        return _checked(outcome)
    except Refused:
        raise
    except Exception as error:  # attributes and names may be code of the algorithm's
        raise Refused(Status.WRONG, f"no Outcome: {reason_of(error)}") from None


def _checked(outcome: Any) -> Outcome:
    events, counts = outcome.events, outcome.counts
    telemetry = outcome.telemetry_bytes
    others = {name: getattr(outcome, name) for name in ("packed_bytes", "frame_bytes")}
    n_sent = len(_events(events))
    if not isinstance(counts, Mapping):
        raise Refused(Status.WRONG, f"counts are {type(counts).__name__}, not a mapping")
    numbers = {_name(name): _count(f"counts[{name!r}]", n) for name, n in counts.items()}
    _add_up(numbers, n_sent)
    told = {"telemetry_bytes": _count("telemetry_bytes", telemetry)}
    told |= {name: _count(name, size) for name, size in others.items() if size is not None}
    if n_sent and 0 in told.values():
        raise Refused(Status.LIED, f"{n_sent} events sent in 0 bytes")
    return Outcome(events.copy(), numbers, **told)


def _events(events: Any) -> NDArray[Any]:
    if not isinstance(events, np.ndarray):
        raise Refused(Status.WRONG, f"events are {type(events).__name__}, not an array")
    if events.dtype != FOUND_DTYPE or events.ndim != 1:
        what = "FOUND_DTYPE" if events.dtype == FOUND_DTYPE else str(events.dtype)
        what = f"{what[:80]} of shape {events.shape}"
        raise Refused(Status.WRONG, f"events are {what}, not FOUND_DTYPE of shape (n,)")
    if len(events) > MOST_EVENTS:
        raise Refused(Status.WRONG, f"{len(events)} events, and the frames hold {MOST_EVENTS}")
    for name, limit in (("node", NODES), ("row", ROWS), ("col", COLS)):
        out = np.flatnonzero(events[name] >= limit)
        if len(out):
            what = f"event {out[0]}: {name} {events[name][out[0]]} is not below {limit}"
            raise Refused(Status.WRONG, what)
    for name, high in (("pha_adu", np.inf), ("row_px", ROWS), ("col_px", COLS)):
        values = events[name]
        low = -np.inf if name == "pha_adu" else 0
        out = np.flatnonzero(~(np.isfinite(values) & (values >= low) & (values <= high)))
        if len(out):
            what = f"event {out[0]}: {name} {values[out[0]]} is not on the node"
            if name == "pha_adu":
                what = f"event {out[0]}: {name} {values[out[0]]} is no number"
            raise Refused(Status.WRONG, what)
    return events


def _name(of_count: Any) -> str:
    """Names of counts become parts of figures."""
    name = str(of_count)
    if not name or not name.isprintable():
        raise Refused(Status.WRONG, f"counts has the name {name!r}")
    return name


def _count(name: str, value: Any) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise Refused(Status.WRONG, f"{name} is {type(value).__name__}, not a count") from None
    if abs(number) > MOST_COUNT:
        raise Refused(Status.WRONG, f"{name} is beyond 2**53")
    if number < 0:
        raise Refused(Status.LIED, f"{name} is {number}")
    return number


def _add_up(counts: Mapping[str, int], n_sent: int) -> None:
    for name in ("detected", "sent"):
        if name not in counts:
            raise Refused(Status.LIED, f"counts tell no {name!r}")
    if counts["sent"] != n_sent:
        raise Refused(Status.LIED, f"{counts['sent']} sent, but {n_sent} events are there")
    parts = sum(n for name, n in counts.items() if name != "detected")
    if parts != counts["detected"]:
        raise Refused(Status.LIED, f"{counts['detected']} detected, but {parts} accounted for")
