# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Build the flight core alone, for this processor or another one.

Usage: build_core.py [-h] DIR [--cross NAME | --sanitise] [--optimise 0..3] [--cc COMPILER]

Makes DIR/libsxi.so, or with --cross DIR/sxi.elf by cross/NAME.ini, and beside it a .json that tells
what it is made of.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from build_record import write_beside

ROOT = Path(__file__).resolve().parent.parent
SANITISED = [
    "-Db_sanitize=address,undefined",
    "-Db_lundef=false",
    "-Ddebug=true",
    "-Dc_args=-fno-sanitize-recover=all",
]


def build(
    folder: Path,
    *,
    cross: str | None = None,
    sanitise: bool = False,
    optimise: int = 3,
    cc: str | None = None,
    extra: Sequence[str] = (),
    debug: bool = False,
    source: Path = ROOT,
) -> str:
    """What the tools print, if they fail; else nothing. extra: flags for compiler and linker of
    this processor's build; debug: with line tables; source: the project's folder."""
    bin_dir = Path(sys.executable).parent
    options = (
        [f"--cross-file={source}/cross/{cross}.ini"] if cross else [f"-Doptimization={optimise}"]
    )
    setup = [str(bin_dir / "meson"), "setup", str(folder.resolve()), *options]
    setup += SANITISED if sanitise else []
    setup += ["-Ddebug=true"] if debug else []
    setup += [f"-Dc_{step}args={list(extra)}" for step in ("", "link_")] if extra else []
    if (folder / "build.ninja").exists():
        setup.append("--reconfigure")
    env = {**os.environ, "CYTHON": str(bin_dir / "cython"), **({"CC": cc} if cc else {})}
    env["PATH"] = f"{bin_dir}{os.pathsep}{env['PATH']}"
    target = "sxi.elf" if cross else "libsxi.so"
    for command in (setup, [str(bin_dir / "ninja"), "-C", str(folder.resolve()), target]):
        done = subprocess.run(  # noqa: S603
            command, cwd=source, env=env, check=False, capture_output=True, text=True
        )
        if done.returncode:
            return done.stdout + done.stderr
    objects = sorted((folder / ("libsxi.a.p" if cross else "libsxi.so.p")).glob("*.o"))
    write_beside(folder, target, [path.relative_to(folder) for path in objects], source)
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dir", type=Path, help="build folder")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--cross", help="cross file, by its name")
    kind.add_argument("--sanitise", action="store_true", help="with ASan and UBSan")
    parser.add_argument("--optimise", type=int, default=3, choices=range(4))
    parser.add_argument("--cc", help="another compiler of this processor")
    args = parser.parse_args()
    failure = build(
        args.dir, cross=args.cross, sanitise=args.sanitise, optimise=args.optimise, cc=args.cc
    )
    print(failure, end="")
    return 1 if failure else 0


if __name__ == "__main__":
    sys.exit(main())
