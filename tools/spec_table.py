# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Write the table of open questions into SPEC.md. Usage: spec_table.py [-h] [--check]"""

import sys
from pathlib import Path

from written import write

from fsw_emu.assumptions import table

SPEC = Path(__file__).resolve().parent.parent / "SPEC.md"
FIRST, AFTER = "| id | question", "\n\n## 2."


def text() -> str:
    """SPEC.md with the table as it is now."""
    old = SPEC.read_text()
    return old[: old.index(FIRST)] + table() + old[old.index(AFTER) :]


if __name__ == "__main__":
    sys.exit(write(__doc__, SPEC, text()))
