# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu lab``: what a lab file means."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hil.lab.file import LabFile, LabNode

EXAMPLE = """\
example:
  fsw-emu lab docs/examples/emulated.toml
  pytest --lab docs/examples/emulated.toml docs/examples/test_fee.py

What a lab file holds: docs/lab.md. Exit: 0 fine, 2 a file that is none.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "lab",
        help="what a lab file means",
        description="Check a lab file and print what it means. Nothing is opened.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a lab.toml")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    from fsw_emu.cli.lab_nodes import check_node
    from hil.lab.file import read_lab

    try:
        lab = read_lab(args.file)
        for node in lab.nodes.values():
            if node.emulated:
                check_node(node, lab.path)
    except ValueError as error:
        print(f"fsw-emu lab: {error}", file=sys.stderr)
        return 2
    for line in _lines(lab):
        print(line)
    return 0


def _lines(lab: LabFile) -> Iterator[str]:
    for node in lab.nodes.values():
        yield f"node {node.name}: {_node(node)}{', under test' if node.name == lab.dut else ''}"
    for link in lab.links.values():
        faults = len(link.faults.rules) if link.faults is not None else 0
        joins = " - ".join(map(str, link.ends))
        yield f"link {link.name}: {joins}" + (f", {faults} rules of faults" if faults else "")
    yield f"a test has {lab.time_limit_s:g} s"


def _node(node: LabNode) -> str:
    quirks = [
        f"{each.name} = {value}"
        for each in dataclasses.fields(node.quirks)
        if (value := getattr(node.quirks, each.name)) != each.default
    ]
    what = "emulated" if node.emulated else ", ".join(node.addresses.values())
    options = [f"{key} = {value}" for key, value in node.options.items() if node.emulated]
    return "; ".join([what, *options, *quirks])
