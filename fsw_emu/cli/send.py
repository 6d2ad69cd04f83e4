# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu send``: one telecommand to the onboard application, and what it answers."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsw_emu.egse.client import Egse
    from fsw_emu.egse.received import Received
    from fsw_emu.interface.fields import Field
    from fsw_emu.interface.table import Interface

EXAMPLE = """\
examples, with `fsw-emu dpu --egse pus-tcp-server://127.0.0.1:5570` running:
  fsw-emu send DBS_TC_TEST_CONNECTION
  fsw-emu send DBS_TC_BOOT_IASW --expect EVT_INIT_SUCC --within 10
  fsw-emu send Dump ReadMemoryId=MEM_RD_RAM StartAddress=0x60040000 BlockLength=16
  fsw-emu send ParamUpdtUint32 ParamId=obsid ArrayElemId=0 ParamValueUint32=7
  fsw-emu send Enb EvtId=EVT_FULL_SUN,EVT_FULL_SUN_FAIL

`fsw-emu interface NAME` tells names and fields. Exit: 0 done, 1 it failed or what was expected did
not come, 2 wrong use.
"""
#: fields that name an item of the data pool
_OF_POOL = ("ParamId", "ProcFeeParamId")
#: bytes of an octet string that are printed
_SHOWN = 16
#: as the telecommand's own reports: of acceptance and of completion
_ACK = 0b1001


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "send",
        help="send a telecommand to the onboard application by its name",
        description="Send one telecommand of the interface table over a link, wait until it is "
        "done, print what came.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("name", help="of the telecommand")
    parser.add_argument("values", nargs="*", metavar="FIELD=VALUE", help="numbers or names")
    parser.add_argument(
        "--egse",
        default="pus-tcp://127.0.0.1:5570",
        metavar="ADDRESS",
        help="where the application is, as in docs/links.md; default %(default)s",
    )
    parser.add_argument(
        "--ack", type=lambda text: int(text, 2), default=_ACK, help="reports asked for; 1001"
    )
    parser.add_argument("--expect", metavar="NAME", help="wait for this report or event too")
    parser.add_argument(
        "--within", type=float, default=5.0, metavar="S", help="how long it may take; default 5"
    )
    parser.add_argument(
        "--unchecked", action="store_true", help="send what the table does not allow"
    )


def run(args: argparse.Namespace) -> int:
    """The exit code."""
    import asyncio

    from fsw_emu.cli.files import describe
    from fsw_emu.egse.client import CommandFailed, NotSeen
    from fsw_emu.interface.fields import FieldError

    try:
        return asyncio.run(_send(args))
    except (CommandFailed, NotSeen) as error:
        print(f"fsw-emu send: {error}", file=sys.stderr)
        return 1
    except KeyError:
        what = f"no telecommand {args.name!r}; fsw-emu interface {args.name} finds names"
        print(f"fsw-emu send: {what}", file=sys.stderr)
    except (FieldError, OSError, ValueError) as error:
        print(f"fsw-emu send: {describe(error)}", file=sys.stderr)
    return 2


async def _send(args: argparse.Namespace) -> int:
    from fsw_emu.egse.client import Egse
    from fsw_emu.egse.lines import LinkLine
    from fsw_emu.interface.table import load
    from fsw_emu.packets.pus import COMPLETION
    from hil.ports import open_link

    values = dict(_value(load(), args.name, text) for text in args.values)
    link = await open_link(args.egse)
    try:
        egse = Egse(LinkLine(link))
        sent = await egse.send(args.name, ack=args.ack, checked=not args.unchecked, **values)
        try:
            if args.ack & COMPLETION:
                await sent.terminated(within=args.within)
            if args.expect:
                await _expected(egse, args.expect, args.within)
        finally:
            for packet in egse.seen:
                print(line(egse.table, packet))
    finally:
        await link.close()
    return 0


async def _expected(egse: Egse, name: str, within: float) -> None:
    if name not in egse.table.reports and name not in egse.table.events:
        raise ValueError(f"--expect {name}: no report or event of this name")
    await egse.expect(name=name, within=within)


def line(table: Interface, packet: Received) -> str:
    """One packet as a line: onboard time, name, values."""
    report = table.reports.get(packet.name)
    fields = report.fields if report else ()
    if packet.name in table.events:
        fields = table.events[packet.name].fields
    of = {each.name: each.enumeration for each in fields}
    values = " ".join(
        f"{name}={_text(table, of.get(name), value)}" for name, value in packet.values.items()
    )
    return f"{packet.tm.header.time.iso()} {packet} {values}".rstrip()


def _text(table: Interface, enumeration: str | None, value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex() if len(value) <= _SHOWN else f"{value[:_SHOWN].hex()}... ({len(value)})"
    if enumeration:
        return table.label(enumeration, value)
    return str(value)


def _value(table: Interface, command: str, text: str) -> tuple[str, Any]:
    """A FIELD=VALUE as the client takes it: several with commas where the field is repeated."""
    name, given, value = text.partition("=")
    fields = table.telecommands[command].fields
    field = next((each for each in fields if each.name == name), None)
    if not given or field is None:
        known = ", ".join(each.name for each in fields if not each.is_spare) or "none"
        raise ValueError(f"{text!r}: fields of {command} are {known}")
    repeated = {
        each.name
        for at, counter in enumerate(fields)
        for each in fields[at + 1 : at + 1 + counter.counts]
    }
    if name not in repeated:
        return name, _number(table, field, value)
    if field.type.bits == 8 and not field.enumeration and "," not in value:
        return name, bytes.fromhex(value)
    return name, [_number(table, field, each) for each in value.split(",")]


def _number(table: Interface, field: Field, text: str) -> Any:
    if field.name in _OF_POOL and text in table.pool:
        return table.pool[text].id
    try:
        return float(text) if field.type.kind == "f" else int(text, 0)
    except ValueError:
        if field.enumeration:
            return text
        raise ValueError(f"{field.name}={text}: a number") from None
