# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Write the housekeeping coder's tables from their rule. Usage: hkdelta_tables.py [-h] [--check]

c_src/src/hkdelta_tables.c holds the tables of fsw_emu/model/hkdelta.py; --check fails where it does
not.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from fsw_emu.model import hkdelta

TABLES = Path(__file__).resolve().parent.parent / "c_src/src/hkdelta_tables.c"
PER_LINE = 12


def table(name: str, values: Sequence[int]) -> list[str]:
    """One table as C has it."""
    lines = [
        "    " + ", ".join(str(v) for v in values[i : i + PER_LINE]) + ","
        for i in range(0, len(values), PER_LINE)
    ]
    return ["", f"const uint16_t {name} = {{", *lines, "};"]


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
        "/* Written by tools/hkdelta_tables.py. */",
        '#include "hkdelta_law.h"',
        *table("hk_scales[HK_CLASSES]", hkdelta.scales()),
        *table("hk_law[HK_LAW + 1]", hkdelta.law()),
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    args = parser.parse_args()
    if args.check:
        if TABLES.read_text() == source():
            return 0
        print(f"{TABLES.name} is not what the rule makes: hkdelta_tables.py", file=sys.stderr)
        return 1
    TABLES.write_text(source())
    return 0


if __name__ == "__main__":
    sys.exit(main())
