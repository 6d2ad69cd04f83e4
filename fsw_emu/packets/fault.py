# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a reader reports about its input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

MAX_LISTED = 10_000


@dataclass(frozen=True, order=True)
class Fault:
    """Something wrong with data read: position is the byte offset in the input."""

    position: int
    where: str
    what: str

    def __str__(self) -> str:
        return f"byte {self.position}: {self.where}: {self.what}"


class FaultLog(list[T]):
    """Faults as they are met, the first 10,000 of them; ``not_listed`` counts the others, so that
    an input of nothing but faults does not fill the memory. Only ``append`` it."""

    def __init__(self) -> None:
        super().__init__()
        self.not_listed = 0

    def append(self, fault: T) -> None:
        if len(self) < MAX_LISTED:
            super().append(fault)
        else:
            self.not_listed += 1
