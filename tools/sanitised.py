# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Run a command with the address sanitiser's runtime loaded first. Usage: sanitised.py COMMAND...

A shared library built with the sanitisers wants that of the process that loads it.
"""

import os
import subprocess
import sys


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        return 2
    runtime = subprocess.run(
        ["gcc", "-print-file-name=libasan.so"],  # noqa: S607
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    # Leaks are the interpreter's own; the core allocates nothing.
    env = {
        **os.environ,
        "LD_PRELOAD": runtime,
        "ASAN_OPTIONS": "detect_leaks=0",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONMALLOC": "malloc",
    }
    return subprocess.run(sys.argv[1:], env=env, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
