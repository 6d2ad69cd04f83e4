# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Say in one line what the build misses on this machine. Usage: check_host.py [-h]"""

import argparse
import importlib.util
import shutil
import subprocess
import sys

DEBIAN = {"cc": "gcc", "venv": "python3-venv", "headers": "python3-dev"}


def missing() -> list[str]:
    """Names of what is not there: keys of DEBIAN."""
    import sysconfig
    from pathlib import Path

    found = []
    if shutil.which("cc") is None and shutil.which("gcc") is None:
        found.append("cc")
    if importlib.util.find_spec("ensurepip") is None:
        found.append("venv")
    if not (Path(sysconfig.get_paths()["include"]) / "Python.h").exists():
        found.append("headers")
    return found


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    if sys.version_info < (3, 11):
        print(f"fsw-emu needs Python 3.11 or later, this is {sys.version.split()[0]}")
        return 1
    packages = [DEBIAN[name] for name in missing()]
    if not packages:
        return 0
    apt = shutil.which("apt-get")
    import os

    if apt and os.geteuid() == 0:
        subprocess.run([apt, "update", "-q"], check=False)  # noqa: S603
        if subprocess.run([apt, "install", "-qy", *packages], check=False).returncode == 0:  # noqa: S603
            return 0
    print(f"missing on this machine; as root: apt-get install {' '.join(packages)}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
