# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Write the housekeeping coder's tables from their rule. Usage: hkdelta_tables.py [-h] [--check]

c_src/src/hkdelta_tables.c holds the tables of fsw_emu/model/hkdelta.py; --check fails where it does
not.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from written import c_source, write

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
    lines = table("hk_scales[HK_CLASSES]", hkdelta.scales())
    lines += table("hk_law[HK_LAW + 1]", hkdelta.law())
    return c_source("hkdelta_tables.py", "hkdelta_law.h", lines)


if __name__ == "__main__":
    sys.exit(write(__doc__, TABLES, source()))
