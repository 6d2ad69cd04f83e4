# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Write docs/compliance.md from the answers. Usage: compliance_page.py [-h] [--check]"""

import argparse
import sys
from pathlib import Path

from fsw_emu.atomic import write_atomic
from fsw_emu.report.compliance import page

PAGE = Path(__file__).resolve().parent.parent / "docs" / "compliance.md"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
    args = parser.parse_args()
    if PAGE.is_file() and PAGE.read_text() == page():
        return 0
    if args.check:
        print(
            "docs/compliance.md is not of fsw_emu/report/compliance.toml; run this without --check"
        )
        return 1
    write_atomic(PAGE, page().encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
