# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu dpu``: the onboard chain behind a FEE, or the whole application behind an EGSE."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fsw_emu.assumptions import add_options
from fsw_emu.cli.dpu_application import add_application
from fsw_emu.cli.fee import add_configuration, start_code
from fsw_emu.cli.run import add_filter, add_interface, add_onboard
from fsw_emu.packets.fee_modes import BINNED_24

EXAMPLE = """\
examples:
  fsw-emu dpu --link gresb://127.0.0.1:1234 --out out --start ft --frames 1
  fsw-emu dpu --link gresb://127.0.0.1:1234 --out out --set event_detection=1 --set sync_sel=1 \\
      --set int_sync_period=1000 --start ft --frames 12
  fsw-emu dpu --link gresb-server://127.0.0.1:1234 --out out --for 60 --reconnect \\
      --telemetry pus-tcp-server://127.0.0.1:5570
  fsw-emu dpu --egse pus-tcp-server://127.0.0.1:5570 --archive session.db

Products are those of fsw-emu run; summary.json also tells what came over the link. Ctrl-C ends
the session, and all that came is processed.
"""

#: open questions of the FEE alone, and of recordings
OF_THE_FEE = ("A6", "A25", "A26", "A31", "A32", "A34", "A36", "A37")


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "dpu",
        usage="fsw-emu dpu (--link ADDRESS --out DIR | --egse ADDRESS) [options]",
        help="the onboard chain behind a FEE, or the onboard application behind an EGSE",
        description="With --link: take FEE packets from a link through the science chain, command "
        "the FEE over RMAP when asked. With --egse: run the onboard application in real time, for "
        "whoever sends telecommands.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, image=None, record=None)
    parser.add_argument("--link", metavar="ADDRESS", help="as in docs/links.md")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where results go")
    parser.add_argument(
        "--telemetry", metavar="ADDRESS", help="send telemetry packets to a link too"
    )
    parser.add_argument(
        "--reconnect", action="store_true", help="wait for a FEE that goes away to come back"
    )
    add_application(parser.add_argument_group("the onboard application (docs/egse.md)"))
    ends = parser.add_argument_group("when it ends (default: Ctrl-C, or the FEE goes away)")
    ends.add_argument("--frames", type=int, metavar="N", help="after so many frames, or a few more")
    ends.add_argument(
        "--for", dest="seconds", type=float, metavar="S", help="after so many seconds"
    )
    fee = parser.add_argument_group("commands to the FEE, each time it connects (default: none)")
    add_configuration(
        fee,
        registers="a configuration register",
        start="execute a mode; at the end of the session immediate-On",
    )
    fee.add_argument(
        "--quirk",
        dest="quirks",
        action="append",
        default=[],
        type=quirk,
        metavar="NAME=VALUE",
        help="how the FEE's RMAP departs from the standard (docs/lab.md), like status_is_key=true; "
        "may be given more than once",
    )
    add_onboard(parser.add_argument_group("onboard set-up"))
    parser.set_defaults(t0="now")
    add_filter(parser.add_argument_group("event filter [ADU]"))
    add_interface(parser.add_argument_group("reading the FEE's packets"))
    readings = parser.add_argument_group("open interface questions (fsw-emu assumptions)")
    add_options(readings, without=OF_THE_FEE)


def run(args: argparse.Namespace) -> int:
    """Exit code: 0 fine, 1 faults found in the data or on the link, 2 wrong use."""
    from fsw_emu.cli.files import describe
    from fsw_emu.cli.setup import UsageError
    from fsw_emu.core import TargetError

    try:
        check_mode(args)
        if args.egse:
            from fsw_emu.cli.dpu_application import run_application

            return run_application(args)
        return _run(args)
    except (UsageError, TargetError, OSError, ValueError) as error:
        print(f"fsw-emu dpu: {describe(error)}", file=sys.stderr)
    return 2


def quirk(text: str) -> tuple[str, bool | int]:
    """The type of --quirk."""
    from hil.rmap.quirks import read_quirks

    name, _, value = text.partition("=")
    try:
        taken = value == "true" if value in ("true", "false") else int(value, 0)
        read_quirks({name: taken})
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None
    return name, taken


def _run(args: argparse.Namespace) -> int:
    import asyncio

    import fsw_emu.targets
    from fsw_emu import manifest
    from fsw_emu.cli.downlink import Downlink
    from fsw_emu.cli.dpu_session import Asked, Session
    from fsw_emu.cli.mainjob import conclude
    from fsw_emu.cli.origin import Began, MadeOf, paths_of
    from fsw_emu.cli.rig import run_rig, status_line
    from fsw_emu.cli.setup import fill_in, reading_of, settings_of
    from fsw_emu.core import default_core
    from hil.rmap.initiator import Target
    from hil.rmap.quirks import read_quirks

    began = Began()
    registers = dict(args.registers)
    check(args, registers)
    fill_in(args)
    settings = settings_of(args, default_core())
    onboard = fsw_emu.targets.open(args.target)
    bad_pixels = args.bad_pixels
    made_of = MadeOf(
        args,
        onboard=fsw_emu.targets.build(args.target),
        kind="link",
        parameters={"chain": settings, "reading": reading_of(args), "fee": registers},
        seed=None,
        inputs={"bad_pixels": [manifest.describe(bad_pixels, bad_pixels.name)]}
        if bad_pixels
        else {},
    )
    asked = Asked(
        args.link, args.telemetry, registers, start_code(args), args.frames, args.seconds,
        args.reconnect, Target(quirks=read_quirks(dict(args.quirks))),
    )  # fmt: skip
    args.out.mkdir(parents=True, exist_ok=True)
    manifest.clear(args.out, keep=paths_of(args).values())
    downlink = Downlink(args.out, settings, default_core())
    session = Session(asked, onboard, settings, downlink)

    async def main(stop: asyncio.Event) -> int:
        async with status_line(session.status):
            await session.run(stop)
        return 0

    with downlink:
        code = run_rig(main)
    if code:
        return code
    session.conclude()
    return conclude(
        args, began, made_of, session, session.chain, downlink, settings, more=session.told()
    )


def check_mode(args: argparse.Namespace) -> None:
    """UsageError for options of the one mode with the other, or for neither."""
    from fsw_emu.cli.setup import UsageError

    if bool(args.egse) == (args.link is not None):
        raise UsageError("either --link or --egse is needed")
    if not args.egse:
        if args.out is None:
            raise UsageError("--link needs --out, where results go")
        wrong = [name for name in ("scenario", "archive", "fee") if getattr(args, name) is not None]
        wrong += ["booted"] * args.booted
        if wrong:
            raise UsageError(f"--{wrong[0]} belongs to --egse")
        return
    check_ends(args)
    of_link = ("out", "telemetry", "frames", "start", "registers", "quirks", "reconnect")
    for name in of_link:
        if getattr(args, name):
            option = {"registers": "set", "quirks": "quirk"}.get(name, name)
            raise UsageError(f"--{option} belongs to --link")


def check_ends(args: argparse.Namespace) -> None:
    """UsageError for no time to end after; and the present is the time that it is now."""
    from fsw_emu.cli.setup import UsageError

    if args.seconds is not None and not args.seconds > 0:
        raise UsageError(f"--for {args.seconds}: more than 0")
    if args.t0 == "now":
        args.t0 = datetime.now(UTC).isoformat(timespec="seconds")


def check(args: argparse.Namespace, registers: dict[str, int]) -> None:
    """UsageError; and the chain reads what the FEE is told to send, unless it is told otherwise."""
    from fsw_emu.cli.setup import UsageError, check_onboard
    from fsw_emu.packets.fee import NODE_BITS
    from hil.address import parse

    check_onboard(args)
    if args.frames is not None and args.frames < 1:
        raise UsageError(f"--frames {args.frames}: at least 1")
    check_ends(args)
    for address in filter(None, (args.link, args.telemetry)):
        parse(address)  # before products of an earlier session go
    args.recording = args.link  # its packets are read as those of a recording are
    if args.frame_period is None and "int_sync_period" in registers:
        args.frame_period = registers["int_sync_period"] / 1000
    if "readout_node_sel" in registers:
        selected = registers["readout_node_sel"]
        args.nodes = ",".join(node for node, bit in NODE_BITS.items() if bit & selected)
    if registers.get("ccd_mode2_config") == BINNED_24:
        args.binning = 24
