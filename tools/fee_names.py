# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Write hil/fee/names.py, the names of the FEE's registers as types, from their table."""

from __future__ import annotations

import sys
from pathlib import Path

from written import write

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


if __name__ == "__main__":
    sys.exit(write(__doc__, PATH, text()))
