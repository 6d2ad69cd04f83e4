# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu tc``: telecommands from the names and values of a SCOS-2000 database."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from fsw_emu.atomic import write_atomic
from fsw_emu.cli.files import describe
from fsw_emu.cli.mib_options import add_options, read_database
from fsw_emu.mib import (
    CommandParameter,
    Database,
    Element,
    Raw,
    Telecommand,
    TelecommandDefinition,
)

EXAMPLE = """\
example:
  fsw-emu tc --list --mib ../mib
  fsw-emu tc "SASW LoadCmd" --list --mib ../mib
  fsw-emu tc "SASW AreYouAliveCmd" --mib ../mib --count 1
  fsw-emu tc "SASW LoadCmd" WriteMemoryId=MEM_WR_RAM StartAddress=0x60000000 \\
    BlockData=hex:01020304 --mib ../mib --out load.bin

VALUE is an engineering value: a number (0x... for hexadecimal), a text of the database, a time in
seconds or as a date. raw:5 is a value as it goes into the packet. In repeated groups NAME=1,2,3 or
NAME=hex:010203 are all values, NAME[2]=3 is the third one; a counter that is not given counts them.
Exit: 0 fine, 2 wrong use, a value out of its range included.
"""

_STAGES = {(1, 1): "acceptance", (1, 3): "start", (1, 5): "progress", (1, 7): "completion"}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "tc",
        help="telecommands from the names and values of a SCOS-2000 database",
        description="Build a telecommand packet; print it in hexadecimal, or write it to a file.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="name or description of it")
    parser.add_argument("values", nargs="*", metavar="ARG=VALUE", help="of its parameters")
    parser.add_argument(
        "--list", action="store_true", help="list the telecommands, or all about NAME"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the packet, in binary")
    header = parser.add_argument_group("header")
    header.add_argument(
        "--ack",
        type=_number,
        metavar="BITS",
        help="reports wanted, 0..15 (default: the database's)",
    )
    header.add_argument(
        "--count", type=_number, default=0, metavar="N", help="sequence count (default: 0)"
    )
    header.add_argument(
        "--header",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="another field of the header, as SrcId=1",
    )
    add_options(parser)
    parser.set_defaults(run=run)


def _number(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    try:
        database = read_database(args)
        if args.list:
            print("\n".join(_listing(database, args.name)))
            return 0
        if args.name is None:
            raise ValueError("NAME or --list is missing")
        command = _build(args, database)
        if args.out is not None:
            write_atomic(args.out, command.packet)
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        print(f"fsw-emu tc: {describe(error)}", file=sys.stderr)
        return 2
    if args.out is None:
        print(command.packet.hex())
    else:
        print(f"wrote {args.out}: {len(command.packet)} bytes")
    return 0


def _build(args: argparse.Namespace, database: Database) -> Telecommand:
    definition = database.command(args.name)
    values = {}
    for text in args.values:
        name, value = _pair(text)
        if name in values:
            raise ValueError(f"{name} is given twice")
        values[name] = _given(value, _is_string(definition, name.partition("[")[0]))
    header = {
        name: _number_of(text, value) for text in args.header for name, value in [_pair(text)]
    }
    return database.telecommand(
        definition.name, values, ack=args.ack, count=args.count, header=header, crc=args.crc
    )


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ValueError(f"{text!r} is not of the form NAME=VALUE")
    return name, value


def _number_of(text: str, value: str) -> int:
    try:
        return int(value, 0)
    except ValueError:
        raise ValueError(f"{text!r}: {value!r} is no whole number") from None


def _is_string(definition: TelecommandDefinition, name: str) -> bool:
    """Whether a parameter takes bytes or characters, so that a comma is one of them."""
    names = (one.parameter for one in definition.all_elements())
    return any(
        one.kind.form in ("octets", "text")
        for one in names
        if one and name.lower() in (one.name.lower(), one.description.lower())
    )


def _given(text: str, is_string: bool) -> bytes | str | Raw | list[str | Raw]:
    if text.startswith("hex:"):
        try:
            return bytes.fromhex(text[4:])
        except ValueError:
            raise ValueError(f"{text!r} is no hexadecimal string") from None
    if is_string or "," not in text:
        return _one(text)
    return [_one(each) for each in text.split(",")]


def _one(text: str) -> str | Raw:
    return Raw(text[4:]) if text.startswith("raw:") else text


def _listing(database: Database, name: str | None) -> Iterator[str]:
    if name is not None:
        yield from _about(database.command(name))
        return
    for one in database.commands.values():
        inside = [element.parameter for element in one.all_elements()]
        names = "  ".join(p.description or p.name for p in inside if p is not None)
        short = names if len(names) <= 60 else f"{names[:56]} ..."
        kind = f"TC({one.type},{one.subtype})"
        yield f"{one.name:<10} {kind:<12} {one.description:<26} {short}".rstrip()


def _about(definition: TelecommandDefinition) -> Iterator[str]:
    yield f"{definition.name}  TC({definition.type},{definition.subtype})  {definition.description}"
    yield from _elements(definition.elements, "  ")
    for stage in definition.stages:
        type_, subtype = stage.report
        yield f"  ({type_},{subtype}) {_STAGES[stage.report]} within {stage.timeout_s} s"


def _elements(elements: tuple[Element, ...], indent: str) -> Iterator[str]:
    for one in elements:
        if one.parameter is None:
            yield f"{indent}{one.bits:>4} bits  always 0x{one.area:X}  {one.description}".rstrip()
        else:
            yield f"{indent}{one.bits:>4} bits  {_about_parameter(one, one.parameter)}"
        if one.group:
            yield f"{indent}repeats:"
            yield from _elements(one.group, indent + "  ")


def _about_parameter(element: Element, parameter: CommandParameter) -> str:
    text = f"{parameter.name}  {parameter.description}"
    default = element.default or parameter.default
    if element.fixed:
        text += f"  fixed to {default}"
    elif default:
        text += f"  default {default}"
    if parameter.ranges is not None and not element.fixed:
        text += f"  in {parameter.ranges}"
    elif parameter.texts is not None and not element.fixed:
        text += "  one of " + ", ".join(each for _, _, each in parameter.texts.ranges)
    return f"{text} {parameter.unit}".rstrip()
