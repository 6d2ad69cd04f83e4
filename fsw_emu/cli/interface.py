# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu interface``: the interface table of the SXI software, to look up and to export."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsw_emu.interface.fields import Field
    from fsw_emu.interface.table import Interface

EXAMPLE = """\
examples:
  fsw-emu interface                      how much there is of what
  fsw-emu interface ParamUpdt            every entry whose name has it
  fsw-emu interface 831                  the entry of this number
  fsw-emu interface --xtce sxi.xml       XTCE 1.2, for Yamcs (pip install fsw-emu[xtce])
"""


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "interface",
        help="telecommands, reports, events, failures and data pool of the SXI software",
        description="Look up the interface table of the package, or export it.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("name", nargs="?", help="part of a name, or a number")
    parser.add_argument("--xtce", type=Path, metavar="FILE", help="write the table as XTCE 1.2")


def run(args: argparse.Namespace) -> int:
    """Exit code: 0 fine, 1 nothing has this name, 2 wrong use."""
    from fsw_emu.interface.table import load

    table = load()
    if args.xtce is not None:
        return _export(table, args.xtce)
    lines = list(_found(table, args.name) if args.name else _summary(table))
    if not lines:
        print(f"fsw-emu interface: nothing has {args.name!r} in its name", file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


def _export(table: Interface, path: Path) -> int:
    from fsw_emu.atomic import write_atomic
    from fsw_emu.cli.files import describe

    try:
        from fsw_emu.xtce import export

        write_atomic(path, export(table).encode())
    except ImportError:
        print("fsw-emu interface: --xtce needs yamcs-pymdb: fsw-emu[xtce]", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"fsw-emu interface: {describe(error)}", file=sys.stderr)
        return 2
    return 0


def _summary(table: Interface) -> Iterator[str]:
    for what in ("telecommands", "reports", "events", "failures", "pool", "enumerations"):
        yield f"{len(getattr(table, what)):4} {what}"


def _found(table: Interface, wanted: str) -> Iterator[str]:
    number = int(wanted, 0) if wanted.isdigit() or wanted.startswith("0x") else None

    def has(name: str, *numbers: int) -> bool:
        return number in numbers if number is not None else wanted.lower() in name.lower()

    for command in table.telecommands.values():
        if has(command.name):
            yield f"TC({command.type},{command.subtype}) {command.name} [{command.of}]"
            yield from _fields(table, command.fields)
    for report in table.reports.values():
        if has(report.name):
            key = "" if report.key is None else f" key {report.key}"
            yield f"TM({report.type},{report.subtype}){key} {report.name} [{report.of or 'both'}]"
            yield from _fields(table, report.fields)
    for event in table.events.values():
        if has(event.name, event.id):
            yield f"TM(5,{event.severity}) {event.name} = {event.id} [{event.of}]"
            yield from _fields(table, event.fields)
    for failure in table.failures.values():
        if has(failure.name, failure.code):
            yield f"failure {failure.name} = {failure.code}, at {failure.stage}"
    for item in table.pool.values():
        if has(item.name, item.id, item.number):
            yield f"pool {item.number} ({item.id:#x}) {item.name} {item.type.name}"


def _fields(table: Interface, fields: tuple[Field, ...]) -> Iterator[str]:
    for field in fields:
        told = [field.type.name]
        if field.counts:
            told.append(f"counts the next {field.counts}")
        if field.default is not None:
            told.append(f"= {field.default!r}")
        if field.least is not None:
            told.append(f"{field.least}..{field.most}")
        if field.enumeration and field.enumeration != "EvtId":
            labels = table.enumerations[field.enumeration]
            told.append(", ".join(f"{value} {label}" for label, value in labels.items()))
        yield f"    {field.name}: {'; '.join(told)}"
