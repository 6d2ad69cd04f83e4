# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu verify``: whether a folder still holds what its manifest lists."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fsw_emu import manifest
from fsw_emu.cli.files import describe

EXAMPLE = """\
example:
  fsw-emu verify out

Every file that DIR/manifest.json lists is hashed again. A file that is missing or differs, or a
manifest that does, is a line and exit 1. Files that nothing lists are told, and are fine.
Exit: 0 fine, 1 something is not as it was written, 2 wrong use.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "verify",
        help="whether the products in a folder are as they were written",
        description="Hash the products in a folder again and compare with its manifest.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("dir", type=Path, metavar="DIR", help="folder of run or ground")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    try:
        found = manifest.verify(args.dir)
    except manifest.ManifestError as error:
        print(f"fsw-emu verify: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"fsw-emu verify: {describe(error, args.dir)}", file=sys.stderr)
        return 2
    for name in found.unlisted:
        print(f"not listed: {name}")
    for line in found.wrong:
        print(f"fsw-emu verify: {line}", file=sys.stderr)
    print(f"{found.products - len(found.wrong)} of {found.products} products as they were written")
    return 1 if found.wrong else 0
