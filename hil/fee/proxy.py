# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The FEE's registers by their names, over RMAP.

    await fee.write(event_detection=True, ccd2_e_pix_threshold=120)
    await fee.start("ft")
    await fee.read("frame_counter")

Fields of one word go in one write, after the word was read back: what others wrote, and what a
reset undid, is never overwritten by what was remembered.
"""

from __future__ import annotations

import asyncio
import difflib
from collections import defaultdict
from collections.abc import Mapping
from typing import Unpack, cast

import numpy as np
from numpy.typing import ArrayLike

from fsw_emu.packets.fee_modes import Mode
from fsw_emu.packets.fee_registers import (
    CONFIGURATION_END,
    CONFIGURATION_START,
    FIELDS,
    HOUSEKEEPING_END,
    HOUSEKEEPING_START,
    TABLE,
    WORD_BYTES,
    Field,
)
from fsw_emu.packets.fee_sram import FRAME_SHAPE, FRAME_SHIFT, FRAMES
from hil.fee.names import Configuration, Name
from hil.rmap.initiator import Initiator

_CLEAR, _EXECUTE = FIELDS["clear_error_flag"], FIELDS["execute_op"]
#: bits that do something when they are written; they are written for that only, and only once
_ACTING = {field.address: field.mask for field in (_CLEAR, _EXECUTE)}


class FeeProxy:
    """One FEE. Names that do not exist and values that do not fit are ValueErrors before anything
    is sent; what fails on the link is an RmapError."""

    def __init__(self, initiator: Initiator) -> None:
        self.initiator = initiator
        self._writing = asyncio.Lock()  # between reading a word back and writing it

    async def read(self, name: Name) -> int:
        """The raw value of a field."""
        field = _field(name)
        return field.get(await self._word(field.address))

    async def read_all(self) -> dict[str, int]:
        """The raw value of every field, by name."""
        words: dict[int, int] = {}
        for start, end in (
            (CONFIGURATION_START, CONFIGURATION_END),
            (HOUSEKEEPING_START, HOUSEKEEPING_END),
        ):
            data = await self.initiator.read(start, end - start)
            for at in range(0, len(data), WORD_BYTES):
                words[start + at] = int.from_bytes(data[at : at + WORD_BYTES], "big")
        return {field.name: field.get(words[field.address]) for field in TABLE}

    async def write(self, **values: Unpack[Configuration]) -> None:
        """Write fields of the configuration. ``execute_op`` goes last, in a write of its own."""
        words = _by_word(cast(Mapping[str, int], values))
        execute = words.pop(_EXECUTE.address, None)
        async with self._writing:
            for address, fields in sorted(words.items()):
                word = await self._word(address) & ~_ACTING.get(address, 0)
                for field, value in fields.items():
                    word = field.put(word, value)
                acts = bool(word & _ACTING.get(address, 0))
                data = word.to_bytes(WORD_BYTES, "big")
                await self.initiator.write(address, data, repeatable=not acts)
            if execute is not None:
                word = _EXECUTE.put(0, execute[_EXECUTE])
                await self.initiator.write(_EXECUTE.address, word.to_bytes(WORD_BYTES, "big"))

    async def start(self, mode: Mode | int | str, **values: Unpack[Configuration]) -> None:
        """Configure and execute a mode, by its name ("ft", "ff-simulation") or its code, for those
        whose code is in question."""
        values["ccd_mode_config"] = _mode(mode)
        values["execute_op"] = True
        await self.write(**values)

    async def immediate_on(self) -> None:
        """Abort what runs and return to On."""
        await self.start(Mode.IMMEDIATE_ON)

    async def upload_frame(self, node: str, pixels: ArrayLike) -> None:
        """Put a node's frame into the SRAM, what event simulation sees: (639, 384), 0..65535 ADU.
        The other CCD of the side keeps its own."""
        side, ccd = node[:1], node[1:]
        if side not in FRAMES or ccd not in FRAME_SHIFT:
            raise ValueError(f"node {node!r} is none of E2, F2, E4, F4")
        frame = np.asarray(pixels)
        if frame.shape != FRAME_SHAPE or frame.dtype.kind not in "iu":
            raise ValueError(f"a frame of {frame.dtype} {frame.shape}, not integers {FRAME_SHAPE}")
        if frame.min() < 0 or frame.max() > 0xFFFF:
            raise ValueError("pixels are 0..65535")
        shift, size = FRAME_SHIFT[ccd], frame.size * WORD_BYTES
        async with self._writing:
            there = np.frombuffer(await self.initiator.read(FRAMES[side], size), ">u4")
            words = there.reshape(FRAME_SHAPE) & ~np.uint32(0xFFFF << shift)
            words |= frame.astype(np.uint32) << shift
            data = words.astype(">u4").tobytes()
            await self.initiator.write(FRAMES[side], data, repeatable=True)

    async def _word(self, address: int) -> int:
        return int.from_bytes(await self.initiator.read(address, WORD_BYTES), "big")


def _by_word(values: Mapping[str, int]) -> dict[int, dict[Field, int]]:
    """Fields and what they are to be, by address."""
    words: defaultdict[int, dict[Field, int]] = defaultdict(dict)
    for name, value in values.items():
        field = _field(name)
        if not field.writable:
            raise ValueError(f"{name} is housekeeping, which is only read")
        field.put(0, int(value))
        words[field.address][field] = int(value)
    return dict(words)


def _field(name: str) -> Field:
    field = FIELDS.get(name)
    if field is None:
        near = difflib.get_close_matches(name, FIELDS, 1)
        raise ValueError(f"no register {name!r}" + (f", {near[0]}?" if near else ""))
    return field


def _mode(mode: Mode | int | str) -> int:
    if not isinstance(mode, str):
        return int(mode)
    try:
        return Mode[mode.upper().replace("-", "_")]
    except KeyError:
        names = ", ".join(each.name.lower().replace("_", "-") for each in Mode)
        raise ValueError(f"mode {mode!r} is none of {names}") from None
