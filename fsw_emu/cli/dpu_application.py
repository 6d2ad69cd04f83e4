# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu dpu --egse``: the onboard application in real time, for whoever commands it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsw_emu.cli.egse_server import EgseServer
    from fsw_emu.cli.fee_peer import FeePeer

EMULATED = "emulated"
SCENARIOS = ("quiet_orbit", "radiation_belt", "solar_storm")


def add_application(group: Any) -> None:
    """The options of this mode."""
    group.add_argument(
        "--egse",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="run the onboard application for clients at a link, as in docs/egse.md; may be given "
        "more than once",
    )
    group.add_argument(
        "--fee",
        metavar="ADDRESS|emulated",
        help="where the front-end electronics are: an address as of --link, or emulated within; "
        "default: nothing answers",
    )
    group.add_argument(
        "--booted",
        action="store_true",
        help="begin in the application; else in the boot software, which hands over when told",
    )
    group.add_argument(
        "--speed",
        type=speed,
        default=1.0,
        metavar="X|max",
        help="so much faster than real time, or as fast as possible; default 1",
    )
    group.add_argument(
        "--scenario",
        metavar="FILE",
        help=f"what happens to the instrument; or one of {', '.join(SCENARIOS)}",
    )
    group.add_argument(
        "--time-codes",
        choices=["own", "link"],
        default="own",
        help="what the onboard clock follows: a time-code of its own each second, or those that "
        "come over a link; default own",
    )
    group.add_argument(
        "--archive", type=Path, metavar="FILE", help="keep all telemetry and telecommands"
    )


def speed(text: str) -> float | None:
    """The type of --speed."""
    if text == "max":
        return None
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0.001 <= number <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is neither 0.001..1000 nor max")
    return number


def run_application(args: argparse.Namespace) -> int:
    """Run the mode; the exit code. ValueError, OSError."""
    from fsw_emu.archive import ArchiveError
    from fsw_emu.cli.egse_server import EgseServer
    from fsw_emu.cli.fee_peer import FeePeer
    from fsw_emu.cli.rig import run_rig
    from fsw_emu.packets.pus import SmileTime
    from fsw_emu.testbed.testbed import NoFee, Testbed
    from fsw_emu.world.scenario import Scenario
    from fsw_emu.world.world import World
    from hil.address import parse

    peer = None if args.fee in (None, EMULATED) else FeePeer()
    for address in [*args.egse, *([args.fee] if peer else [])]:
        parse(address)
    scenario = Scenario("nothing happens") if args.scenario is None else _scenario(args.scenario)
    follows_link = args.time_codes == "link"
    start = scenario.start or SmileTime.from_iso(args.t0)
    world = World(scenario=scenario, start=start, time_codes=not follows_link)
    unit = Testbed(world=world, booted=args.booted, fee=peer or (None if args.fee else NoFee()))

    async def main(stop: asyncio.Event) -> int:
        server = EgseServer(
            unit.dpu,
            speed=args.speed,
            follows_link=follows_link,
            fee=unit.link if args.fee else None,
        )
        await _serve(args, server, peer, stop)
        return 0

    try:
        return run_rig(main)
    except ArchiveError as error:
        raise ValueError(str(error)) from error


def _scenario(name: str) -> Any:
    from fsw_emu.world.scenario import read_scenario, shipped

    if name in SCENARIOS:
        return shipped(name)
    return read_scenario(Path(name).read_text("utf-8"), name=name)


async def _serve(
    args: argparse.Namespace, server: EgseServer, peer: FeePeer | None, stop: asyncio.Event
) -> None:
    """Until ``stop`` is set, or what was asked for is over."""
    from fsw_emu.cli.egse_server import CLIENTS
    from fsw_emu.cli.keeper import Keeper
    from fsw_emu.cli.rig import status_line, unless
    from hil.ports import open_port

    async with contextlib.AsyncExitStack() as stack:
        working = []
        if args.archive is not None:
            keeper = await Keeper.open(args.archive)
            server.watchers.append(keeper.watch)
            working.append(asyncio.create_task(keeper.run()))
            stack.push_async_callback(asyncio.wait, working[:])
            stack.callback(keeper.end)
        ports = [("egse", address, server.attach, CLIENTS) for address in args.egse]
        if peer is not None:
            ports.insert(0, ("fee", args.fee, peer.attach, 1))
        for name, address, attach, clients in ports:
            opening = open_port(address, attach, clients=clients, reconnect=True, patient=True)
            port = await unless(stop, opening)
            stack.push_async_callback(port.close)
            print(f"{name}: {port.address}", flush=True)
        running = asyncio.create_task(server.run())
        working.append(running)
        for task in working:
            task.add_done_callback(lambda _: stop.set())
        async with status_line(lambda: status(server)):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(args.seconds):
                    await stop.wait()
        running.cancel()
        await asyncio.wait({running})
    for task in working:  # raises what ended one before its time
        with contextlib.suppress(asyncio.CancelledError):
            task.result()


def status(server: EgseServer) -> str:
    """One line."""
    counts, onboard = server.counts, server.dpu.onboard
    state = onboard.table.label("IaswState", onboard.pool["iaswState"])
    where = state if onboard.software == "IASW" else "boot software"
    return (
        f"{where}, cycle {server.dpu.world.cycle}, {len(server.clients)} clients, "
        f"{counts.commands} telecommands, {counts.telemetry} packets of telemetry, "
        f"{counts.late} cycles late"
    )
