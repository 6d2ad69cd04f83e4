# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Write the code tables of the flight core from their rule. Usage: huffman_bank.py [-h] [--check]

c_src/src/huffman_bank.c holds the lengths of fsw_emu/model/huffman.py's tables; --check fails where
it does not.
"""

import argparse
import sys
from pathlib import Path

from fsw_emu.model import huffman

BANK = Path(__file__).resolve().parent.parent / "c_src/src/huffman_bank.c"


def source() -> str:
    """The C file."""
    # REUSE-IgnoreStart
    head = [
        "/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */",
        "/* SPDX-License-Identifier: Apache-2.0 */",
    ]
    # REUSE-IgnoreEnd
    lines = [
        *head,
        "",
        "/* Written by tools/huffman_bank.py. */",
        '#include "huffman.h"',
        "",
        "const uint8_t huffman_bank[HUFFMAN_BANK][HUFFMAN_SYMBOLS / 2] = {",
    ]
    for lengths in huffman.bank():
        octets = [f"0x{a:x}{b:x}" for a, b in zip(lengths[::2], lengths[1::2], strict=True)]
        lines += ["    {" + ", ".join(octets[:16]) + ","]
        lines += ["     " + ", ".join(octets[16:]) + "},"]
    return "\n".join([*lines, "};", ""])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    args = parser.parse_args()
    if args.check:
        if BANK.read_text() == source():
            return 0
        print(f"{BANK.name} is not what the rule makes: huffman_bank.py", file=sys.stderr)
        return 1
    BANK.write_text(source())
    return 0


if __name__ == "__main__":
    sys.exit(main())
