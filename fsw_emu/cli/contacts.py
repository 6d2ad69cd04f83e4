# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu contacts``: the telemetry budget over some orbits, and two science centres."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsw_emu.contact.budget import Alarm, Budget, Tally
    from fsw_emu.contact.plan import Pass, Plan, StormTime

EXAMPLE = """\
examples:
  fsw-emu contacts
  fsw-emu contacts --orbits 4 --storm 20+6x4.2 --out contacts
  fsw-emu contacts --telemetry out/tm.bin --out centres

Without --plan the plan that comes along is used (docs/contacts.md). Exit: 0 all fits, or the
telemetry is whole and both centres have the same; 1 not so, 2 wrong use.
"""

#: of telemetry, that are told
MOST_FAULTS = 10


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "contacts",
        help="what of the telemetry fits into the contacts, and how late it arrives",
        description="Simulate mass memory, priorities and dumps near perigee; or give the dumps of "
        "a telemetry file to two science centres and compare what they make of them.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--plan", type=Path, metavar="FILE", help="a contact plan (TOML)")
    parser.add_argument("--orbits", type=int, default=2, metavar="N", help="default 2")
    parser.add_argument(
        "--storm", type=_storm, action="append", metavar="H+HxF",
        help="from hour H on for H hours events come F times as often; instead of the plan's",
    )  # fmt: skip
    parser.add_argument(
        "--telemetry", type=Path, metavar="TM.BIN", help="give this to two centres instead"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of dumps; default 1")
    parser.add_argument("--out", type=Path, metavar="DIR", help="for page, figures, products")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    try:
        return _centres(args) if args.telemetry else _budget(args)
    except (ValueError, OSError) as error:
        print(f"fsw-emu contacts: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


def _storm(text: str) -> StormTime:
    from fsw_emu.contact.plan import StormTime

    try:
        start, _, rest = text.partition("+")
        hours, _, factor = rest.partition("x")
        return StormTime(float(start), float(hours), float(factor))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not like 20+6x4.2") from None


def _budget(args: argparse.Namespace) -> int:
    from fsw_emu.atomic import write_atomic
    from fsw_emu.contact.budget import simulate
    from fsw_emu.contact.plan import read_plan
    from fsw_emu.report.contacts_page import HEAD

    plan = read_plan(args.plan)
    if args.storm:
        plan = dataclasses.replace(plan, storms=tuple(args.storm))
    budget = simulate(plan, orbits=args.orbits)
    rows = [_row(budget, name, tally) for name, tally in budget.tallies.items()]
    for row in (HEAD, *rows):
        print("  ".join(f"{cell:>12}" for cell in row))
    for alarm in budget.alarms:
        print(f"storm at {alarm.storm_h:.1f} h: alarm {_fate(alarm)}")
    dropped = any(tally.dropped for tally in budget.tallies.values())
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        page = _page(plan, budget, rows, dropped)
        write_atomic(args.out / "contacts.html", page.encode())
        write_atomic(args.out / "contacts.json", _figures(budget).encode())
        print(f"{args.out / 'contacts.html'}")
    return int(dropped)


def _fate(alarm: Alarm) -> str:
    if alarm.received_h is None:
        return alarm.fate
    return f"{alarm.fate} {_delay(3600 * (alarm.received_h - alarm.storm_h))} later"


def _size(amount: float) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if amount >= size:
            return f"{amount / size:.3g} {unit}"
    return f"{amount:.0f} B"


def _delay(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _row(budget: Budget, name: str, tally: Tally) -> list[str]:
    amounts = (tally.made, tally.sent, budget.waiting[name], tally.dropped)
    times = [tally.late_s(part) for part in (0.5, 0.99, 1.0)]
    return [
        name,
        *(_size(amount) for amount in amounts),
        *("-" if late is None else _delay(late) for late in times),
    ]


def _page(plan: Plan, budget: Budget, rows: list[list[str]], dropped: bool) -> str:
    from fsw_emu.report.contacts_page import ContactsPage, build_contacts_page

    made = sum(tally.made for tally in budget.tallies.values())
    sent = sum(tally.sent for tally in budget.tallies.values())
    lost = sum(tally.dropped for tally in budget.tallies.values())
    room = max(budget.times_h[-1], 1e-9) * 450 * plan.mean_bit_s * plan.share  # bytes
    cards = [
        ("of the imager's share used", f"{100 * sent / room:.0f} %"),
        ("made", _size(made)),
        ("received", _size(sent)),
        ("dropped", _size(lost)),
        ("passes", str(len(budget.passes))),
    ]  # fmt: skip
    alarms = [(f"{alarm.storm_h:.1f} h", _fate(alarm)) for alarm in budget.alarms]
    passes = [(each.station, _span(each)) for each in budget.passes]
    return build_contacts_page(
        ContactsPage(cards, rows, budget.times_h, budget.stored_mbytes, alarms, passes, dropped)
    )


def _span(each: Pass) -> str:
    hours = f"{each.begin_s / 3600:.2f} to {each.end_s / 3600:.2f} h"
    return f"{hours}, {each.bit_s / 1e6:.3g} Mbit/s"


def _figures(budget: Budget) -> str:
    products = {
        name: {
            "made_bytes": tally.made,
            "received_bytes": tally.sent,
            "waiting_bytes": budget.waiting[name],
            "dropped_bytes": tally.dropped,
            "half_within_s": tally.late_s(0.5),
            "latest_s": tally.late_s(1.0),
        }
        for name, tally in budget.tallies.items()
    }
    alarms = [
        {"storm_h": alarm.storm_h, "alarm": alarm.fate, "received_h": alarm.received_h}
        for alarm in budget.alarms
    ]
    return json.dumps({"products": products, "alarms": alarms}, indent=1) + "\n"


def _centres(args: argparse.Namespace) -> int:
    from fsw_emu.contact.centres import arrival, dumps_of, merged
    from fsw_emu.contact.plan import read_plan
    from fsw_emu.core import default_core
    from fsw_emu.ground.run import process, read_chunks
    from fsw_emu.ground.telemetry import TelemetryReader
    from fsw_emu.manifest import describe

    if args.out is None:
        raise ValueError("--telemetry needs --out, for what the centres make")
    plan = read_plan(args.plan)
    centres = _stations_of(plan)
    data, reader = b"".join(read_chunks(args.telemetry)), TelemetryReader()
    received = [*reader.feed(data), *reader.finish()]
    if not received:
        raise ValueError(f"{args.telemetry} has no telemetry packet")
    packets = [packet_at(data, each.position) for each in received]
    dumps = dumps_of(packets, [each.station for each in plan.stations], seed=args.seed)
    n_bytes = sum(len(packet) for dump in dumps for packet in dump.packets)
    products: list[dict[str, str]] = []
    faults = list(map(str, reader.faults))
    for centre, stations in centres.items():
        own = merged(arrival(dumps, stations))
        result = process([b"".join(own)], args.out / centre, default_core())
        if not reader.faults:  # else they are what follows from those, at other positions
            faults += [f"{centre}: {fault}" for fault in result.faults]
        products.append({path.name: describe(path, path.name).sha256 for path in result.files})
        print(
            f"{centre}: {len(dumps)} dumps of {n_bytes:,} bytes, {len(own):,} packets, "
            f"{len(products[-1])} products"
        )
    return _judge(args.telemetry, faults, products)


def _stations_of(plan: Plan) -> dict[str, list[str]]:
    """Stations by centre. ValueError for one centre: there is nothing to compare."""
    found: dict[str, list[str]] = {}
    for each in plan.stations:
        found.setdefault(each.centre, []).append(each.station)
    if len(found) < 2:
        raise ValueError(f"all passes are of one centre, {next(iter(found))}: two are compared")
    if len({centre.casefold() for centre in found}) < len(found):
        raise ValueError("two centres have names that differ in capitals only")
    return found


def _judge(telemetry: Path, faults: list[str], products: list[dict[str, str]]) -> int:
    """Say whether the centres have the same and all of it; the exit code."""
    said = [f"{telemetry}: {fault}" for fault in faults[:MOST_FAULTS]]
    if len(faults) > MOST_FAULTS:
        said.append(f"{telemetry}: {len(faults) - MOST_FAULTS} more faults")
    if not any(products):
        said.append(f"{telemetry}: no product came of it")
    names = {name for each in products for name in each}
    differ = [name for name in sorted(names) if len({each.get(name) for each in products}) > 1]
    said += [f"{name} is not the same" for name in differ]
    for line in said:
        print(f"fsw-emu contacts: {line}", file=sys.stderr)
    if differ:
        print("the centres differ")
    elif faults and names:
        print("the centres have the same products, of telemetry that is damaged or not whole")
    elif names:
        print("both centres have the same products")
    return int(bool(said))


def packet_at(data: bytes, position: int) -> bytes:
    """The packet that begins there."""
    return data[position : position + 7 + int.from_bytes(data[position + 4 : position + 6], "big")]
