# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Write the code tables of the flight core from their rule. Usage: huffman_bank.py [-h] [--check]

c_src/src/huffman_bank.c holds the lengths of fsw_emu/model/huffman.py's tables; --check fails where
it does not.
"""

import sys
from pathlib import Path

from written import c_source, write

from fsw_emu.model import huffman

BANK = Path(__file__).resolve().parent.parent / "c_src/src/huffman_bank.c"


def source() -> str:
    """The C file."""
    lines = ["", "const uint8_t huffman_bank[HUFFMAN_BANK][HUFFMAN_SYMBOLS / 2] = {"]
    for lengths in huffman.bank():
        octets = [f"0x{a:x}{b:x}" for a, b in zip(lengths[::2], lengths[1::2], strict=True)]
        lines += ["    {" + ", ".join(octets[:16]) + ","]
        lines += ["     " + ", ".join(octets[16:]) + "},"]
    return c_source("huffman_bank.py", "huffman.h", [*lines, "};"])


if __name__ == "__main__":
    sys.exit(write(__doc__, BANK, source()))
