# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Install into the virtual environment that runs this. Usage: install.py [-h] WHAT

WHAT is build (what building needs), package (fsw-emu itself, in place), test, bench or evidence
(what those need): the groups of pyproject.toml.
"""

import argparse
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def pip(*args: str) -> int:
    command = [sys.executable, "-m", "pip", "install", "-q", *args]
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["build", "package", "test", "bench", "evidence"])
    what = parser.parse_args().what
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    if what == "build":
        return pip(*project["build-system"]["requires"], *project["project"]["dependencies"])
    if what == "package":
        return pip("--no-build-isolation", "--no-deps", "-Cbuild-dir=build/host", "-e", ".")
    groups = ["dev", "test"] if what == "test" else [what]
    return pip(*(name for group in groups for name in project["dependency-groups"][group]))


if __name__ == "__main__":
    sys.exit(main())
