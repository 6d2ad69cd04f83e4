# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What came of each frame of the FEE, by its frame and sequence counters."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.packets.fee import DATA, HOUSEKEEPING

#: frames accounted for at one time: a late packet finds its own
OPEN_FRAMES = 4
#: gaps of a frame that late packets may fill, the latest ones
MAX_GAPS = 256
#: closed frames that are kept
MAX_FRAMES = 1000

HEADER = np.dtype(
    [("address", "u1"), ("protocol", "u1"), ("data_len", ">u2"), ("type", ">u2"),
     ("frame", ">u2"), ("sequence", ">u2")]
)  # fmt: skip


@dataclass
class FrameAccount:
    """One frame. Packets missing at its very end nobody can tell by counters."""

    counter: int
    packets: int = 0
    missing: int = 0
    late: int = 0  # came after one that follows them; they are not missing
    repeated: int = 0
    _next: int = 0  # the sequence counter that should come, without its overflows
    _gaps: list[tuple[int, int]] = field(default_factory=list, repr=False)
    _after_hk: bool = False

    def take(self, sequence: int, n: int) -> None:
        """n packets with sequence counters that go up from ``sequence``, 16 bit."""
        self.packets += n
        start = self._next + (sequence - self._next + 0x8000 & 0xFFFF) - 0x8000
        if start > self._next:
            self.missing += start - self._next
            self._gaps.append((self._next, start))
        for position in range(start, min(start + n, self._next)):
            if self._fill(position):
                self.missing -= 1
                self.late += 1
            else:
                self.repeated += 1
        self._next = max(self._next, start + n)
        del self._gaps[:-MAX_GAPS]

    def _fill(self, position: int) -> bool:
        for i in range(len(self._gaps) - 1, -1, -1):
            start, stop = self._gaps[i]
            if start <= position < stop:
                parts = (start, position), (position + 1, stop)
                self._gaps[i : i + 1] = [part for part in parts if part[0] < part[1]]
                return True
        return False


class Accounts:
    """The frames of a link, as their packets come.

    event_sequence_restarts: event packets count from 0 after housekeeping (SPEC.md, A4).
    """

    def __init__(self, *, event_sequence_restarts: bool = False) -> None:
        self._restarts = event_sequence_restarts
        self._open: dict[int, FrameAccount] = {}
        self._closed = FrameAccount(-1)  # the sum of all that are closed
        self._n_closed = 0
        self.frames: deque[FrameAccount] = deque(maxlen=MAX_FRAMES)  # closed

    def take(self, headers: NDArray[Any]) -> None:
        """Packets in the order they came: HEADER records, none refused."""
        frame, sequence = headers["frame"].astype(np.int32), headers["sequence"].astype(np.int32)
        goes_on = (frame[1:] == frame[:-1]) & (sequence[1:] == (sequence[:-1] + 1 & 0xFFFF))
        kind = headers["type"] & 3
        start = 0
        for stop in [*(np.flatnonzero(~goes_on) + 1).tolist(), len(headers)]:
            account = self._account(int(frame[start]), int(sequence[start]), int(kind[start]))
            account.take(int(sequence[start]), stop - start)
            account._after_hk = kind[stop - 1] == HOUSEKEEPING
            start = stop

    def close(self) -> None:
        """No frame goes on: the link is down, or the stream has ended."""
        for counter in list(self._open):
            self._close(counter)

    @property
    def totals(self) -> dict[str, int]:
        """Frames, packets, missing, late and repeated ones, those of open frames included."""
        told = {"frames": self._n_closed + len(self._open)}
        for name in ("packets", "missing", "late", "repeated"):
            told[name] = sum(getattr(a, name) for a in (self._closed, *self._open.values()))
        return told

    def _account(self, counter: int, sequence: int, kind: int) -> FrameAccount:
        account = self._open.get(counter)
        if account is not None and kind == HOUSEKEEPING and sequence == 0:
            begun = account._next > 1 and not account._after_hk
            if begun and not any(start == 0 for start, _ in account._gaps):
                self._close(counter)  # the FEE's counter began again
                account = None
        if account is None:
            if len(self._open) == OPEN_FRAMES:
                self._close(next(iter(self._open)))
            account = self._open[counter] = FrameAccount(counter)
        elif self._restarts and account._after_hk and kind not in (DATA, HOUSEKEEPING):
            account._next = 0
        return account

    def _close(self, counter: int) -> None:
        account = self._open.pop(counter)
        self.frames.append(account)
        self._n_closed += 1
        for name in ("packets", "missing", "late", "repeated"):
            total = getattr(self._closed, name) + getattr(account, name)
            setattr(self._closed, name, total)
