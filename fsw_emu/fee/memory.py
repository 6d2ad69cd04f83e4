# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The memory of the FEE as RMAP sees it: configuration, housekeeping and SRAM (register map v0.38).

Bytes are what a peer reads and writes; the FEE's own hand works on fields and arrays. Words are
big-endian.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsw_emu.packets.fee_registers import (
    CONFIGURATION_END,
    FIELDS,
    HOUSEKEEPING_END,
    HOUSEKEEPING_START,
    TABLE,
    WORD_BYTES,
)
from fsw_emu.packets.fee_sram import (
    COLUMN_CORRECTIONS,
    CORRECTION_SHIFT,
    FRAME_SHAPE,
    FRAME_SHIFT,
    FRAMES,
    N_COLUMN_CORRECTIONS,
    N_ROW_CORRECTIONS,
    ROW_CORRECTIONS,
    SRAM_END,
    SRAM_START,
)
from fsw_emu.packets.rmap import Status

_CLEAR_ERROR_FLAG, _EXECUTE_OP = FIELDS["clear_error_flag"], FIELDS["execute_op"]
_ERROR_FLAGS = tuple(field for field in TABLE if field.name.startswith("error_flag_"))
#: those that clear_error_flag leaves alone
_LINK_FLAGS = tuple(field for field in _ERROR_FLAGS if "_spw_link_" in field.name)
#: housekeeping that no reset touches: analogue channels and the state of the link
_STAYS = HOUSEKEEPING_START, FIELDS["fpga_op_mode"].address
#: bytes of the word that tells of the last command, for speed
_RMAP_STATUS, _RMAP_INDICATE, _INDICATE_BIT = 0x782, 0x783, 1 << 5


class FeeMemory:
    """Registers and SRAM. Reserved bits and words read 0 and take no value (ASSUMED A55)."""

    def __init__(self) -> None:
        self._registers = bytearray(_RESET)
        self._sram = np.zeros(SRAM_END - SRAM_START, np.uint8).data
        self._execute = False

    def reset(self) -> None:
        """A soft reset: configuration, error flags, mode and counters are as after power-on; the
        SRAM, what is measured and the state of the link stay (ASSUMED A57)."""
        stays = slice(*_STAYS)
        measured = self._registers[stays]
        self._registers[:] = _RESET
        self._registers[stays] = measured
        self._execute = False

    def get(self, name: str) -> int:
        """A field's raw value. KeyError for no such field."""
        field = FIELDS[name]
        return field.get(self._word(field.address))

    def set(self, name: str, value: int) -> None:
        """Set a field by the FEE's own hand, of housekeeping too. KeyError for no such field,
        ValueError for a value that does not fit."""
        field = FIELDS[name]
        self._put_word(field.address, field.put(self._word(field.address), value))

    def take_execute(self) -> bool:
        """Whether ``execute_op`` was written since this was last asked."""
        taken, self._execute = self._execute, False
        return taken

    def housekeeping(self) -> bytes:
        """The payload of a housekeeping packet."""
        return bytes(self._registers[HOUSEKEEPING_START:])

    def allows(self, address: int, size: int, *, write: bool) -> bool:
        """Whether a peer may read or write so many bytes there: whole words of one area, and
        housekeeping is only read."""
        end = address + size
        if (address | size) & 3:
            return False
        if address >= SRAM_START:
            return end <= SRAM_END
        if address >= HOUSEKEEPING_START:
            return end <= HOUSEKEEPING_END and not write
        return end <= CONFIGURATION_END

    def read(self, address: int, size: int) -> bytes:
        """What a peer reads. ValueError for what it may not."""
        if not self.allows(address, size, write=False):
            raise ValueError(f"no read of {size} bytes at {address:#x}")
        if address >= SRAM_START:
            return bytes(self._sram[address - SRAM_START : address - SRAM_START + size])
        return bytes(self._registers[address : address + size])

    def write(self, address: int, data: bytes) -> None:
        """What a peer writes: all of it or nothing. ValueError for what it may not."""
        if not self.allows(address, len(data), write=True):
            raise ValueError(f"no write of {len(data)} bytes at {address:#x}")
        if address >= SRAM_START:
            start = address - SRAM_START
            self._sram[start : start + len(data)] = data
            return
        for at in range(0, len(data), WORD_BYTES):
            word = int.from_bytes(data[at : at + WORD_BYTES], "big")
            self._configure(address + at, word)

    def note_command(self, status: Status) -> None:
        """Keep how the last RMAP command went, where housekeeping tells it (ASSUMED A58)."""
        registers = self._registers
        registers[_RMAP_STATUS] = status
        if status is Status.OK:
            registers[_RMAP_INDICATE] |= _INDICATE_BIT
        else:
            registers[_RMAP_INDICATE] &= ~_INDICATE_BIT

    def row_corrections(self, node: str) -> NDArray[np.uint8]:
        """Row corrections of a node such as "E2" [ADU], one a binned row: a view of 1,024, to be
        assigned to as well."""
        return self._corrections(node, ROW_CORRECTIONS, N_ROW_CORRECTIONS)

    def column_corrections(self, node: str) -> NDArray[np.uint8]:
        """Column corrections of a node [ADU], one a binned column: a view of 512."""
        return self._corrections(node, COLUMN_CORRECTIONS, N_COLUMN_CORRECTIONS)

    def frame(self, node: str) -> NDArray[np.uint16]:
        """A copy of the 6x6-binned frame of a node in SRAM, (639, 384) [ADU]."""
        return self._pixels(node).astype(np.uint16)

    def load_frame(self, node: str, frame: NDArray[np.uint16]) -> None:
        """Put a frame of a node into the SRAM, (639, 384) [ADU]. ValueError for another shape."""
        if frame.shape != FRAME_SHAPE:
            raise ValueError(f"a frame of {frame.shape}, not {FRAME_SHAPE}")
        self._pixels(node)[:] = frame

    def _configure(self, address: int, word: int) -> None:
        """Take one word of configuration, and do what its bits ask for."""
        if address == _CLEAR_ERROR_FLAG.address and word & _CLEAR_ERROR_FLAG.mask:
            word &= ~_CLEAR_ERROR_FLAG.mask
            for field in _ERROR_FLAGS:
                if field not in _LINK_FLAGS:
                    self.set(field.name, 0)
        if address == _EXECUTE_OP.address and word & _EXECUTE_OP.mask:
            word &= ~_EXECUTE_OP.mask
            self._execute = True
        self._put_word(address, word & _USED_BITS.get(address, 0))

    def _word(self, address: int) -> int:
        return int.from_bytes(self._registers[address : address + WORD_BYTES], "big")

    def _put_word(self, address: int, word: int) -> None:
        self._registers[address : address + WORD_BYTES] = word.to_bytes(WORD_BYTES, "big")

    def _corrections(self, node: str, address: int, count: int) -> NDArray[np.uint8]:
        start = address - SRAM_START
        words = np.frombuffer(self._sram, np.uint8, count * WORD_BYTES, start)
        return words[WORD_BYTES - 1 - CORRECTION_SHIFT[node] // 8 :: WORD_BYTES]

    def _pixels(self, node: str) -> NDArray[np.uint16]:
        """View of a node's frame, big-endian."""
        rows, cols = FRAME_SHAPE
        start = FRAMES[node[0]] - SRAM_START
        halves = np.frombuffer(self._sram, ">u2", 2 * rows * cols, start)
        pixels: NDArray[np.uint16] = halves[1 - FRAME_SHIFT[node[1]] // 16 :: 2].reshape(rows, cols)
        return pixels


def _used_bits() -> dict[int, int]:
    """The bits of each word that mean something, by address."""
    used: dict[int, int] = {}
    for field in TABLE:
        used[field.address] = used.get(field.address, 0) | field.mask
    return used


def _reset() -> bytes:
    """Registers as after a reset, from address 0."""
    words = [0] * (HOUSEKEEPING_END // WORD_BYTES)
    for field in TABLE:
        at = field.address // WORD_BYTES
        words[at] = field.put(words[at], field.reset)
    return b"".join(word.to_bytes(WORD_BYTES, "big") for word in words)


_USED_BITS = _used_bits()
_RESET = _reset()
