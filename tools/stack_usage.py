# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Worst-case stack of every function with all that it calls.

Reads the .ci files that gcc writes beside its objects with -fcallgraph-info=su,da. Recursion, an
object of dynamic size and a call of something that is in no file are errors. A bound for what no
file holds, functions in assembler for example, is given by --external; __indirect_call stands for
all calls through pointers.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

NODE = re.compile(r'^node: \{ title: "(?P<name>[^"]+)" label: "(?P<label>[^"]*)"(?P<rest>.*)\}$')
EDGE = re.compile(r'^edge: \{ sourcename: "(?P<caller>[^"]+)" targetname: "(?P<callee>[^"]+)"')
FRAME = re.compile(r"\\n(\d+) bytes \(([a-z,]+)\)\\n(\d+) dynamic objects")


class StackError(ValueError):
    """The stack has no bound that these files show."""


@dataclass(frozen=True)
class Function:
    """frame: what it takes itself [bytes]; calls: names, statics as file.c:name."""

    frame: int
    calls: frozenset[str]


def _name(title: str) -> str:
    """Without the folder of the file that gcc puts before a static function."""
    file, colon, function = title.rpartition(":")
    return Path(file).name + colon + function


def _frame(name: str, label: str) -> int:
    found = FRAME.search(label)
    if found is None:
        raise StackError(f"{name}: no stack figure, compile with -fcallgraph-info=su,da")
    if found[2] != "static" or found[3] != "0":
        raise StackError(f"{name}: a stack of dynamic size")
    return int(found[1])


def read_functions(path: Path) -> dict[str, Function]:
    """The functions that one .ci file defines.

    Raises StackError for a file that is cut off or a function without a fixed frame.
    """
    frames: dict[str, int] = {}
    calls: dict[str, set[str]] = {}
    lines = path.read_text().splitlines()
    if lines[-1:] != ["}"]:
        raise StackError(f"{path}: not a whole call graph")
    for line in lines:
        if edge := EDGE.match(line):
            calls.setdefault(_name(edge["caller"]), set()).add(_name(edge["callee"]))
        elif (node := NODE.match(line)) and "ellipse" not in node["rest"]:  # else: declared only
            name = _name(node["name"])
            frames[name] = _frame(name, node["label"])
    return {name: Function(frame, frozenset(calls.get(name, ()))) for name, frame in frames.items()}


def _files(paths: Iterable[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        found = sorted(path.rglob("*.ci")) if path.is_dir() else [path]
        if not found:
            raise StackError(f"{path}: holds no .ci file")
        files += found
    return files


def worst_stacks(
    paths: Iterable[Path], *, external: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Deepest stack of each function and all that it calls [bytes], by name.

    paths: .ci files or folders of them; external: bounds of functions that these do not define.
    Statics are named file.c:name. A tail call counts as a call, so figures are upper bounds.
    Raises StackError where there is no bound.
    """
    functions: dict[str, Function] = {}
    for path in _files(paths):
        for name, function in read_functions(path).items():
            if name in functions:
                raise StackError(f"{name}: defined twice, the second time in {path}")
            functions[name] = function
    bounds = external or {}
    worst = {name: size for name, size in bounds.items() if name not in functions}

    def descend(name: str, chain: tuple[str, ...]) -> int:
        if name in chain:
            raise StackError(f"recursion: {' -> '.join((*chain[chain.index(name) :], name))}")
        if name not in worst:
            if name not in functions:
                raise StackError(f"{chain[-1]}: calls {name}, which has no known bound")
            function = functions[name]
            callees = [descend(callee, (*chain, name)) for callee in sorted(function.calls)]
            worst[name] = function.frame + max(callees, default=0)
        return worst[name]

    return {name: descend(name, ()) for name in sorted(functions)}


def _bound(text: str) -> tuple[str, int]:
    name, _, figure = text.partition("=")
    return name, int(figure)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="DIR_OR_CI")
    parser.add_argument(
        "--external",
        action="append",
        default=[],
        type=_bound,
        metavar="NAME=BYTES",
        help="the bound of a function that no file defines",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="name -> bytes, as JSON")
    options = parser.parse_args()
    try:
        worst = worst_stacks(options.paths, external=dict(options.external))
    except (OSError, StackError) as error:
        print(f"stack_usage: {error}", file=sys.stderr)
        return 1
    for name, size in sorted(worst.items(), key=lambda item: (-item[1], item[0])):
        print(f"{size:6d} {name}")
    if options.json is not None:
        options.json.write_text(json.dumps(worst, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
