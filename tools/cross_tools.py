# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""See to the tools that Debian has. Usage: cross_tools.py [-h] [--all] [--evidence] [--fuzz]

Compiler and emulator of the flight processor, with --all those of every lane of the tests, with
--evidence the analysers and what lays out a PDF, with --fuzz libFuzzer. Installs what is missing
with apt-get when root; else prints the line to run, and fails.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

#: command, or file by its path -> Debian packages that bring it
FLIGHT = {
    "sparc64-linux-gnu-gcc": ["gcc-sparc64-linux-gnu"],
    "qemu-system-sparc": ["qemu-system-sparc"],
}
LANES = {
    "qemu-sparc": ["qemu-user"],
    "clang-19": ["clang-19"],
    "tshark": ["tshark"],
    "powerpc-linux-gnu-gcc": ["gcc-powerpc-linux-gnu", "libc6-dev-powerpc-cross"],
    "chromium": ["chromium"],
}

EVIDENCE = {
    "clang-19": ["clang-19"],
    "clang-tidy-19": ["clang-tidy-19"],
    "llvm-cov-19": ["llvm-19"],
    "/usr/lib/llvm-19/lib/clang/19/lib/linux": ["libclang-rt-19-dev"],
    "cppcheck": ["cppcheck"],
    "pdftoppm": ["poppler-utils", "libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0",
                 "fonts-dejavu-core"],
}  # fmt: skip

#: of those, what fuzzing needs
FUZZ = {tool: EVIDENCE[tool] for tool in ("clang-19", "/usr/lib/llvm-19/lib/clang/19/lib/linux")}


def is_there(tool: str) -> bool:
    return shutil.which(tool) is not None or (tool.startswith("/") and Path(tool).exists())


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--all", action="store_true", help="for all lanes of the tests")
    parser.add_argument("--evidence", action="store_true", help="for `make evidence`")
    parser.add_argument("--fuzz", action="store_true", help="for `make fuzz`")
    args = parser.parse_args()
    tools = FLIGHT | (LANES if args.all else {}) | (EVIDENCE if args.evidence else {})
    tools |= FUZZ if args.fuzz else {}
    missing = sorted({p for tool, names in tools.items() if not is_there(tool) for p in names})
    if not missing:
        return 0
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(f"missing tools: run `sudo {' '.join(install)}`", file=sys.stderr)
        return 1
    print(f"installing {' '.join(missing)}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-q"], install):
        done = subprocess.run(  # noqa: S603
            command, env=env, check=False, capture_output=True, text=True
        )
        if done.returncode:
            print(done.stdout + done.stderr, file=sys.stderr)
            return 1
    still = [tool for tool in tools if not is_there(tool)]
    if still:
        print(f"installed, but not found: {' '.join(still)}", file=sys.stderr)
    return 1 if still else 0


if __name__ == "__main__":
    sys.exit(main())
