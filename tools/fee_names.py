# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Write hil/fee/names.py, the names of the FEE's registers as types, from their table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fsw_emu.packets.fee_registers import TABLE

PATH = Path(__file__).resolve().parent.parent / "hil/fee/names.py"
HEAD = '''\
# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Names of the FEE's registers for type checkers and editors. Made of the table in
fsw_emu/packets/fee_registers.py by tools/fee_names.py."""

from __future__ import annotations

from typing import Literal, TypedDict
'''


def text() -> str:
    """What the file holds."""
    lines = [HEAD, "", "class Configuration(TypedDict, total=False):"]
    lines += ['    """Raw values of what can be written; a field of one bit is a flag."""', ""]
    for field in TABLE:
        if field.writable:
            kind = "bool | int" if field.bits == 1 else f"int  # 0..{(1 << field.bits) - 1}"
            lines.append(f"    {field.name}: {kind}")
    lines += ["", "", "#: what can be read", "Name = Literal["]
    lines += [f'    "{field.name}",' for field in TABLE]
    return "\n".join([*lines, "]", ""])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only tell whether it is current")
    if not parser.parse_args().check:
        PATH.write_text(text())
        return 0
    if PATH.read_text() == text():
        return 0
    print("hil/fee/names.py is not current: tools/fee_names.py writes it", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
