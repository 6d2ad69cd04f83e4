# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Events in packets that each decode alone (SPEC.md, section 8.8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import EVENT_DTYPE, EventsCodec, default_core

#: first words of events that came without a header of their own: no logical address is 0
_NO_HEADER = (0, 54, 1, 0)


def compress_events(
    events: NDArray[Any] | bytes, *, codec: EventsCodec = "events", packet_bytes: int = 1024
) -> list[bytes]:
    """Packets of up to packet_bytes bytes, 77 to 65,535, each with some of the events.

    events: structured array as :func:`fsw_emu.detect_events` returns, in any order, or event
    packets of the FEE, 64 bytes each, back to back. codec: ``events``, ``aec`` (CCSDS 121.0-B-3),
    ``none``, or ``auto`` for the one that makes them shortest.

    Raises TypeError or ValueError for another dtype, size or codec.
    """
    packets = events if isinstance(events, bytes) else _packets(events)
    return default_core().events_encode(packets, codec=codec, packet_bytes=packet_bytes)


def decompress_events(
    packets: Iterable[bytes], *, total: int | None = None
) -> tuple[NDArray[Any] | bytes, NDArray[np.bool_]]:
    """The events, of the kind that was given, and ok (n,): False where an event was lost.

    packets: in any order, some perhaps missing, damaged or repeated; events that are lost are
    zeros. total: how many events there were, if it is known; else what most packets say. Packets
    of other sets are left out as damaged ones are. Raises ValueError when no packet is whole, and
    without total for more than 65,536 events of which less than 1/64 came.
    """
    data, ok = default_core().events_decode(packets, total=total)
    words = np.frombuffer(data, ">u2").reshape(-1, 32)
    if (words[ok, :4] != _NO_HEADER).any():
        return data, ok
    events = np.zeros(len(words), EVENT_DTYPE)
    events["col"], events["row"], events["pixels"] = words[:, 5], words[:, 6], words[:, 7:]
    return events, ok


def _packets(events: NDArray[Any]) -> bytes:
    """The events with headers that say nothing but their order."""
    if not isinstance(events, np.ndarray) or events.dtype != EVENT_DTYPE or events.ndim != 1:
        raise TypeError("events: expected bytes, or a structured array as detect_events returns")
    words = np.zeros((len(events), 32), ">u2")
    words[:, :4], words[:, 4] = _NO_HEADER, np.arange(len(events)) & 0xFFFF
    words[:, 5], words[:, 6], words[:, 7:] = events["col"], events["row"], events["pixels"]
    return words.tobytes()
