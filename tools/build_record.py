# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Keep what a build of the core was made of: a JSON file beside it.

Usage: build_record.py [-h] --core NAME --out FILE OBJECT...

Run in the build folder, by meson and by tools/build_core.py. FILE gets the hash of the objects in
order of name, the compiler, the flags that decide the code (warnings and places left out), and
commit and version of the sources; fsw_emu.targets reads it.
"""

import argparse
import hashlib
import json
import re
import runpy
import shlex
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PLACES = {"-o", "-c", "-MF", "-MQ", "-I"}  # and what follows them
NO_CODE = ("-I", "-M", "-W", "-fdiagnostics", "-fcallgraph-info", "-fmacro-prefix-map")
#: what compilers leave in an object's .comment
COMPILER = re.compile(rb"\0(GCC: [ -~]+|[ -~]*clang version [ -~]+)\0")


def objects_hash(objects: Sequence[Path]) -> str:
    """SHA-256 over name and SHA-256 of each object, in order of name; folders have no say."""
    whole = hashlib.sha256()
    for path in sorted(objects, key=lambda path: path.name):
        whole.update(f"{path.name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def flags_of(command: str) -> str:
    """The flags of a compiler's command that decide what it makes."""
    kept, words = [], iter(shlex.split(command))
    for word in words:
        if word in PLACES:
            next(words)
        elif word.startswith("-") and not word.startswith(NO_CODE):
            kept.append(word)
    return " ".join(kept)


def record(folder: Path, core: str, objects: Sequence[Path], source: Path = ROOT) -> dict[str, Any]:
    """What the objects, paths from the build folder, were made with from source, the project's
    folder. ValueError where they are none, or compiled with different flags."""
    commands = json.loads((folder / "compile_commands.json").read_text())
    made = {str(path) for path in objects}
    flags = {flags_of(one["command"]) for one in commands if one["output"] in made}
    if len(flags) != 1:
        raise ValueError(f"{core}: {len(flags)} sets of flags for {len(made)} objects")
    paths = [folder / path for path in objects]
    found = [COMPILER.search(path.read_bytes()) for path in paths]
    compilers = sorted({one[1].decode() for one in found if one})
    # by path: the package itself is not built yet
    state = runpy.run_path(str(ROOT / "fsw_emu/provenance.py"))["sources"](source)
    project = tomllib.loads((source / "pyproject.toml").read_text())["project"]
    return {
        "core": core,
        "objects": objects_hash(paths),
        "compiler": ", ".join(compilers) or "unknown",
        "flags": flags.pop(),
        "version": project["version"],
        "commit": state.commit,
        "dirty": state.dirty,
    }


def write_beside(folder: Path, name: str, objects: Sequence[Path], source: Path) -> None:
    """The record of a linked file of the build folder, as name.json: bound to it by its hash."""
    made = record(folder, name, objects, source)
    made["file"] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / f"{name}.json").write_text(json.dumps(made, indent=1) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--core", required=True, help="the build's name")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("objects", nargs="+", type=Path, help="paths from here")
    args = parser.parse_args()
    made = record(Path(), args.core, args.objects)
    args.out.write_text(json.dumps(made, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
