# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Write the table of open questions into SPEC.md. Usage: spec_table.py [-h] [--check]"""

import argparse
import sys
from pathlib import Path

from fsw_emu.assumptions import table

SPEC = Path(__file__).resolve().parent.parent / "SPEC.md"
FIRST, AFTER = "| id | question", "\n\n## 2."


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
    args = parser.parse_args()
    text = SPEC.read_text()
    start, end = text.index(FIRST), text.index(AFTER)
    if text[start:end] == table():
        return 0
    if args.check:
        print("SPEC.md differs from fsw_emu/assumptions; run tools/spec_table.py")
        return 1
    SPEC.write_text(text[:start] + table() + text[end:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
