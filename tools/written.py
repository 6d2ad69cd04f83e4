# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Files that a tool writes from a rule, and tables of the core among them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from fsw_emu.atomic import write_atomic


def write(about: str | None, path: Path, text: str) -> int:
    """The command of such a tool; its exit code. With --check nothing is written, and 1 says that
    the file is not there or holds another text.

    about: its help.
    """
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
    args = parser.parse_args()
    if path.is_file() and path.read_text() == text:
        return 0
    if args.check:
        tool = Path(sys.argv[0]).name
        print(f"{path.name} is not what {tool} writes; run it without --check", file=sys.stderr)
        return 1
    write_atomic(path, text.encode())
    return 0


def c_source(tool: str, header: str, lines: Sequence[str]) -> str:
    """A C file of tables."""
    # REUSE-IgnoreStart
    head = [
        "/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */",
        "/* SPDX-License-Identifier: Apache-2.0 */",
    ]
    # REUSE-IgnoreEnd
    return "\n".join(
        [*head, "", f"/* Written by tools/{tool}. */", f'#include "{header}"', *lines, ""]
    )
