# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Write the core's numbers of the interface table. Usage: interface_header.py [-h] [--check]

c_src/include/sxi/interface.h holds those of fsw_emu/interface/sxi.toml that the core needs; --check
fails where it does not.
"""

import sys
from pathlib import Path

from written import write

from fsw_emu.interface.table import load

HEADER = Path(__file__).resolve().parent.parent / "c_src/include/sxi/interface.h"
SUBTYPES = {
    "SXI_LDT_FIRST": "DownFirstRep",
    "SXI_LDT_INTERMEDIATE": "DownInterRep",
    "SXI_LDT_LAST": "DownLastRep",
    "SXI_LDT_ABORT": "DownAbortRep",
}


def text() -> str:
    """The header."""
    table = load()
    numbers = {
        "SXI_PUS_APID": table.apid,
        "SXI_PUS_TM_MAX_BYTES": table.tm_max_bytes,
        "SXI_PUS_SYNC": table.value("TimeSync", "SYNC"),
        "SXI_PUS_UNSYNC": table.value("TimeSync", "UNSYNC"),
        "SXI_LDT_SERVICE": table.reports["DownFirstRep"].type,
    }
    numbers |= {name: table.reports[report].subtype for name, report in SUBTYPES.items()}
    # REUSE-IgnoreStart
    head = [
        "/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */",
        "/* SPDX-License-Identifier: Apache-2.0 */",
    ]
    # REUSE-IgnoreEnd
    lines = [f"    {name} = {value}" for name, value in numbers.items()]
    return "\n".join(
        [
            *head,
            "",
            "#ifndef SXI_INTERFACE_H",
            "#define SXI_INTERFACE_H",
            "",
            "/* Numbers of the interface of the SXI software (MIB v1.8.1).",
            " * Written by tools/interface_header.py. */",
            "enum sxi_interface {",
            ",\n".join(lines),
            "};",
            "",
            "#endif",
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(write(__doc__, HEADER, text()))
