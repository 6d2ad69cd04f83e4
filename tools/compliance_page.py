# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Write docs/compliance.md from the answers. Usage: compliance_page.py [-h] [--check]"""

import sys
from pathlib import Path

from written import write

from fsw_emu.report.compliance import page

PAGE = Path(__file__).resolve().parent.parent / "docs" / "compliance.md"


if __name__ == "__main__":
    sys.exit(write(__doc__, PAGE, page()))
