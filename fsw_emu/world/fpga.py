# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Registers of the DPU's FPGA at 0x20000000: 32-bit words that read back what they took."""

from __future__ import annotations

REGISTERS_START, REGISTERS_END = 0x20000000, 0x20001000  # the end ASSUMED
#: FlightOS: status is read only, control takes what carries the key
STATUS, CONTROL = 0x2000042C, (0x20000420, 0x20000428)
CONTROL_KEY = 0x9A


class Fpga:
    """Words at addresses that are multiples of 4; 0 until something is written."""

    def __init__(self) -> None:
        self._words: dict[int, int] = {}

    def read(self, address: int) -> int:
        """One word. ValueError for an address that is none of a register."""
        _check(address)
        return self._words.get(address, 0)

    def load(self, address: int, word: int) -> bool:
        """As the processor writes it; false: it was not taken (read only, or no key: ASSUMED).

        ValueError for an address that is none of a register, or more than 32 bit."""
        _check(address)
        if not 0 <= word < 1 << 32:
            raise ValueError(f"{word:#x} is not 32 bit")
        if address == STATUS or (address in CONTROL and word >> 24 != CONTROL_KEY):
            return False
        self._words[address] = word
        return True

    def set(self, address: int, word: int) -> None:
        """As the hardware sets it, status included."""
        _check(address)
        self._words[address] = word & 0xFFFFFFFF


def _check(address: int) -> None:
    if not REGISTERS_START <= address < REGISTERS_END or address % 4:
        raise ValueError(f"no register at {address:#010x}")
