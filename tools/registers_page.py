# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Write docs/registers.md from the register table. Usage: registers_page.py [-h] [--check]"""

import sys
from collections.abc import Iterator
from pathlib import Path

from written import write

from fsw_emu.fee.target import KEY, MAX_DATA_BYTES
from fsw_emu.packets import fee_sram
from fsw_emu.packets.fee_registers import (
    CONFIGURATION_END,
    CONFIGURATION_START,
    HOUSEKEEPING_END,
    HOUSEKEEPING_START,
    TABLE,
    WORD_BYTES,
    Field,
)
from fsw_emu.packets.spacewire import FEE_ADDRESS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "registers.md"
HEAD = f"""\
<!-- SPDX-FileCopyrightText: 2026 fsw-emu contributors -->
<!-- SPDX-License-Identifier: Apache-2.0 -->

# The registers of the FEE

Register map v0.38, as the emulated FEE has it and RMAP reaches it. `tools/registers_page.py`
writes this page from `fsw_emu/packets/fee_registers.py`; SPEC.md section 14 says what is asked of
them.

Words are 32 bits, big-endian, at byte addresses; a field is bits of a word, the first bit the most
significant. Reserved bits and words read 0 and take no value. The target is {FEE_ADDRESS:#04x},
its key {KEY:#04x}; it takes incrementing reads, writes and read-modify-writes of whole words that
lie in one area, up to {MAX_DATA_BYTES} bytes.

```python
>>> from fsw_emu.fee.memory import FeeMemory
>>> from fsw_emu.fee.target import RmapTarget
>>> target = RmapTarget(FeeMemory())
>>> read_packet_size = bytes.fromhex("51014cd150000700000000100000046a")
>>> target.received(read_packet_size, eep=False).hex()
'50010c0051000700000004030000030a5a'

```

| area | from | to | access |
|---|---|---|---|
"""


def areas() -> Iterator[str]:
    for name, start, end, access in (
        ("configuration", CONFIGURATION_START, CONFIGURATION_END, "read, write"),
        ("housekeeping", HOUSEKEEPING_START, HOUSEKEEPING_END, "read"),
        ("SRAM", fee_sram.SRAM_START, fee_sram.SRAM_END, "read, write"),
    ):
        yield f"| {name} | 0x{start:03X} | 0x{end - 1:03X} | {access} |"


def registers(title: str, fields: list[Field], first: int) -> Iterator[str]:
    yield from ("", f"## {title}", "", "| register | bits | field | unit | reset | meaning |")
    yield "|---|---|---|---|---|---|"
    for field in fields:
        number = (field.address - first) // WORD_BYTES
        bits = str(field.msb) if field.bits == 1 else f"{field.msb}:{field.lsb}"
        unit = field.unit or "-"
        yield (
            f"| {number}, 0x{field.address:03X} | {bits} | `{field.name}` | {unit} "
            f"| {field.reset} | {field.meaning} |"
        )


def sram() -> Iterator[str]:
    rows, cols = fee_sram.FRAME_SHAPE
    yield from ("", "## SRAM", "", "| address | what | words | bits 31:0 of a word |")
    yield "|---|---|---|---|"
    bytes_of = "31:24 E4, 23:16 F4, 15:8 E2, 7:0 F2, unsigned"
    for name, start, count in (
        ("row corrections [ADU]", fee_sram.ROW_CORRECTIONS, fee_sram.N_ROW_CORRECTIONS),
        ("column corrections [ADU]", fee_sram.COLUMN_CORRECTIONS, fee_sram.N_COLUMN_CORRECTIONS),
    ):
        yield f"| 0x{start:06X} | {name} | {count} | {bytes_of} |"
    for side, start in fee_sram.FRAMES.items():
        yield (
            f"| 0x{start:06X} | frame of side {side}, 6x6-binned [ADU] | {rows} rows of {cols} "
            f"| 31:16 {side}4, 15:0 {side}2 |"
        )


def page() -> str:
    configuration = [field for field in TABLE if field.writable]
    housekeeping = [field for field in TABLE if not field.writable]
    lines = [
        *areas(),
        *registers("Configuration", configuration, CONFIGURATION_START),
        *registers("Housekeeping", housekeeping, HOUSEKEEPING_START),
        *sram(),
    ]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(write(__doc__, PAGE, page()))
