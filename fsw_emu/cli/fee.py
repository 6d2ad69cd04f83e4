# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu fee``: the emulated front-end electronics at the end of a link."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsw_emu.assumptions import add_options
from fsw_emu.packets.fee_modes import TRAP_PUMPING, Mode

if TYPE_CHECKING:
    from fsw_emu.fee.device import FeeDevice
    from hil.serve import DeviceServer

EXAMPLE = """\
examples:
  fsw-emu fee --link gresb-server://127.0.0.1:1234 --scene storm
  fsw-emu fee --link gresb-server://127.0.0.1:1234 --frames frames.npz --set event_detection=1
  fsw-emu fee --link spw-tcp-server://127.0.0.1:5000 --scene quiet --start ft --set sync_sel=1

The FEE waits for commands: RMAP, logical address 0x51, key 0xD1. Registers are in
docs/registers.md, modes in docs/fee.md. Ctrl-C ends it.
"""
MBIT = 1e6
#: what an error flag may wait
MAX_SECONDS = 1e9
#: registers say these (docs/registers.md)
IN_REGISTERS = ("A10", "A37")
STARTS = {
    "standby": Mode.STANDBY,
    "ftp": Mode.FTP,
    "ft": Mode.FT,
    "ff": Mode.FF,
    "ff-simulation": Mode.FF_SIMULATION,
    "event-simulation": Mode.EVENT_SIMULATION,
}
TRAP_PUMP_STARTS = ("ptp1", "ptp2", "stp1", "stp2")


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "fee",
        usage="fsw-emu fee --link ADDRESS [options]",
        help="the emulated front-end electronics at the end of a link",
        description="Run the emulated front-end electronics: RMAP commands and time-codes in, "
        "replies and FEE packets out.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("--link", required=True, metavar="ADDRESS", help="as in docs/links.md")
    sees = parser.add_argument_group("what the CCDs see (default: nothing)")
    one = sees.add_mutually_exclusive_group()
    one.add_argument("--scene", choices=["quiet", "storm"], help="the built-in scene")
    one.add_argument(
        "--frames",
        type=Path,
        metavar="FILE",
        help="images by node, .npz, .npy or FITS; the first of each goes into the SRAM too",
    )
    one.add_argument(
        "--recording", type=Path, metavar="FILE", help="its packets, a frame a readout"
    )
    sees.add_argument("--seed", type=int, default=1, metavar="S", help="of a scene; default 1")
    _add_how(parser.add_argument_group("how it runs"))
    readings = parser.add_argument_group("open interface questions (fsw-emu assumptions)")
    readings.add_argument(
        "--simulator",
        action="store_true",
        help="the public simulator's quirks: --window-order simulator, --pixel-order little, "
        "--sequence-after-hk restarts",
    )
    add_options(readings, acts="front end", without=IN_REGISTERS)
    add_options(readings, acts="recording")


def _add_how(how: Any) -> None:
    how.add_argument(
        "--rate",
        choices=["50", "10", "max"],
        default="50",
        help="of the SpaceWire line [Mbit/s], 10 bits a byte; max: as fast as the peer reads; "
        "default 50",
    )
    how.add_argument(
        "--eager",
        action="store_true",
        help="look for commands for 0.1 ms more before sleeping: quicker replies, a busy processor",
    )
    add_configuration(
        how,
        registers="a configuration register at the start",
        start="execute a mode when the first link is up",
    )
    how.add_argument(
        "--error-flag",
        dest="error_flags",
        action="append",
        default=[],
        type=error_flag,
        metavar="NAME[@SECONDS]",
        help="set the register error_flag_NAME, so long after the start; may be given more than "
        "once",
    )


def add_configuration(group: Any, *, registers: str, start: str) -> None:
    """The options for registers and a mode; what they do is told by the two helps."""
    group.add_argument(
        "--set",
        dest="registers",
        action="append",
        default=[],
        type=register,
        metavar="NAME=VALUE",
        help=f"{registers}; may be given more than once",
    )
    group.add_argument("--start", choices=[*STARTS, *TRAP_PUMP_STARTS], help=start)
    group.add_argument(
        "--trap-pump-codes",
        choices=list(TRAP_PUMPING),
        default="library",
        help="mode codes of trap pumping (A42); default library",
    )


def register(text: str) -> tuple[str, int]:
    """The type of --set."""
    from fsw_emu.packets.fee_registers import FIELDS

    name, _, value = text.partition("=")
    field = FIELDS.get(name)
    if field is None or not field.writable:
        raise argparse.ArgumentTypeError(f"{name!r} is no configuration register")
    try:
        number = int(value, 0)
        field.put(0, number)
    except ValueError:
        most = (1 << field.bits) - 1
        raise argparse.ArgumentTypeError(f"{text!r}: {name} is a number of 0..{most}") from None
    return name, number


def error_flag(text: str) -> tuple[str, float]:
    """The type of --error-flag: name and seconds."""
    from fsw_emu.packets.fee_registers import FIELDS

    name, _, after = text.partition("@")
    if f"error_flag_{name}" not in FIELDS:
        raise argparse.ArgumentTypeError(f"{name!r} is no error flag")
    try:
        seconds = float(after or 0)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"{text!r}: {after!r} is no time [s]")
    return name, seconds


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    from fsw_emu.cli.fee_device import device_of
    from fsw_emu.cli.files import describe
    from fsw_emu.cli.rig import run_rig

    try:
        device = device_of(args)
        return run_rig(lambda stop: _serve(args, device, stop), eager=args.eager)
    except (OSError, ValueError) as error:
        print(f"fsw-emu fee: {describe(error)}", file=sys.stderr)
    return 2


def start_code(args: argparse.Namespace) -> int | None:
    """The mode to execute at the start."""
    if args.start is None:
        return None
    if args.start in STARTS:
        return STARTS[args.start]
    return TRAP_PUMPING[args.trap_pump_codes][TRAP_PUMP_STARTS.index(args.start)]


async def _serve(args: argparse.Namespace, device: FeeDevice, stop: asyncio.Event) -> int:
    from fsw_emu.cli.rig import serve
    from hil.serve import DeviceServer

    rate = None if args.rate == "max" else float(args.rate) * MBIT
    server = DeviceServer(device, rate_bits_s=rate)
    await serve("fee", args.link, server, lambda: _status(device, server), stop)
    return 0


def _status(device: FeeDevice, server: DeviceServer) -> str:
    link = server.link
    if link is None:
        return f"mode {device.mode:#x}, {device.frames} readouts, no link {server.closed_because}"
    sent, got = link.counters.sent, link.counters.received
    return (
        f"mode {device.mode:#x}, {device.frames} readouts, sent {sent.packets} packets "
        f"({sent.bytes / 1e6:.1f} MB), received {got.packets}, {got.time_codes} time-codes, "
        f"{link.counters.faults} faults"
    )
