"""What a reader reports about its input."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """Something wrong with data read: position is the byte offset in the input."""

    position: int
    where: str
    what: str

    def __str__(self) -> str:
        return f"byte {self.position}: {self.where}: {self.what}"
