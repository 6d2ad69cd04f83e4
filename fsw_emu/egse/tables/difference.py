# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What is on board and what is in a file, where they differ: a line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fsw_emu.egse.tables import pixels
from fsw_emu.egse.tables.table import Block, MemoryTable, Number, shortest


def in_memory(made: MemoryTable, block: Block, there: bytes) -> Iterator[str]:
    """Of one block: pixels of a mask, bytes of a patch."""
    if made.kind == "bad-pixels":
        for line in pixels.differences(there, block.data):
            yield f"{block.label} {line}"
        return
    for at, (onboard, wanted) in enumerate(zip(there, block.data, strict=True), block.address):
        if onboard != wanted:
            yield f"{made.memory} {at:#010x}: {onboard:02x} on board, {wanted:02x} in the file"


def in_values(there: Mapping[str, Number], wanted: Mapping[str, Number]) -> Iterator[str]:
    """Of values by name."""
    for name, value in wanted.items():
        if there[name] != value:
            yield f"{name}: {shortest(there[name])} on board, {shortest(value)} in the file"
