# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A device behind links: what an emulated node is, without I/O and clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from fsw_emu.packets.spacewire import Item


class Device(Protocol):
    """Packets in, packets out; times [ns] of one monotonic clock are arguments."""

    def received(self, items: Sequence[Item], now_ns: int) -> Sequence[Item]:
        """Take what has come; what has to go back at once."""

    def due_ns(self) -> int | None:
        """When it has something to send of its own accord; None: not before something comes."""

    def produce(self, now_ns: int) -> Sequence[Item]:
        """The next stretch it sends, of about 64 KiB; empty for nothing now. What it is in the
        middle of goes on with the next call, due at once."""


@runtime_checkable
class WatchesLink(Protocol):
    """A device that wants to know how its link does."""

    def link_up(self) -> None:
        """The link runs."""

    def link_down(self) -> None:
        """The link was lost."""
