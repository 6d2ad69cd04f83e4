# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The observation that baselines/ holds: ten frames by telecommands, told packet by packet.

Usage: baselines_onboard.py [-h] [TM.BIN]

Prints what came, a line each: onboard time, type and subtype, name, fields. With a file, writes
the telemetry there.
"""

import argparse
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from fsw_emu.atomic import write_atomic
from fsw_emu.interface.fields import unpack
from fsw_emu.interface.table import Field, Interface, Report
from fsw_emu.packets.pus import Tm, read_tm
from fsw_emu.testbed import script
from fsw_emu.testbed.testbed import Testbed
from fsw_emu.world.world import World

NAME = "onboard_observation"
N_FRAMES = 10
#: of housekeeping; a report tells those that are others than in the one before of its kind
WATCHED = (
    "DpuMode", "iaswState", "feeState", "rseState", "sdu0State", "RseShutSts", "PsuSts",
    "NOfTcAcc", "NOfTcTerm", "NOfAccFailedTc", "ErrCnt", "ceCounter", "sdpEvtCtr", "obsid",
    "ErrLastEventId", "EDACSingleFaults", "FrameDiscardCount", "LastFrameEvtCount",
)  # fmt: skip
EVENT, HOUSEKEEPING, LARGE_DATA = 5, 3, 13


def observe() -> list[bytes]:
    """The telemetry of an observation, from the boot software's first cycle to STOP."""
    bed = Testbed(world=World(noise_lsb=0.0))
    for step in (script.boot, script.stand_by, script.open_door, script.prepare, script.observe):
        step(bed)
    script.take_frames(bed, N_FRAMES)
    script.end_observation(bed)
    script.stop(bed)
    return bed.take()


def measure() -> dict[str, Any]:
    """As of a run in baselines.py, and ``sequence``: what came, line by line."""
    packets = observe()
    read = [read_tm(packet) for packet in packets]
    kinds = Counter(f"TM({tm.header.type},{tm.header.subtype})" for tm in read)
    table = Testbed().dpu.table
    return {
        "options": [f"boot, {N_FRAMES} frames, stop"],
        "products": {"tm.bin": hashlib.sha256(b"".join(packets)).hexdigest()},
        "counters": {**kinds, "bytes": sum(map(len, packets))},
        "sequence": {f"{i:04}": line for i, line in enumerate(lines(table, read))},
    }


def lines(table: Interface, telemetry: Sequence[Tm]) -> Iterator[str]:
    """What came, in words; parts of large data that follow one another in one line, housekeeping
    where something is another."""
    before: dict[str, dict[str, Any]] = {}
    n_parts = 0
    for tm in telemetry:
        kind = tm.header.type, tm.header.subtype
        if kind == (LARGE_DATA, 2):
            n_parts += 1
            continue
        if n_parts:
            yield f"{n_parts} of TM(13,2) DownInterRep"
            n_parts = 0
        name, values = told(table, tm)
        if kind[0] == HOUSEKEEPING:
            last, before[name] = before.get(name, {}), values
            values = {k: v for k, v in values.items() if k in WATCHED and last.get(k) != v}
            if not values:
                continue
        time = tm.header.time
        fields = "".join(f" {k}={v}" for k, v in values.items())
        head = f"{time.coarse:03}.{time.fine_us // 1000:03} TM({kind[0]},{kind[1]})"
        yield f"{head} to {tm.header.destination}: {name}{fields}"


def told(table: Interface, tm: Tm) -> tuple[str, dict[str, Any]]:
    """The name of a packet and its fields; those of large data without the data."""
    if tm.header.type == EVENT:
        event = table.events_by_id[int.from_bytes(tm.data[:2], "big")]
        return event.name, _labelled(table, event.fields, tm.data[2:])
    found = _report(table, tm)
    values = _labelled(table, found.fields, tm.data)
    return found.name, {k: v for k, v in values.items() if not isinstance(v, bytes | tuple | list)}


def _report(table: Interface, tm: Tm) -> Report:
    kind = tm.header.type, tm.header.subtype
    key = int.from_bytes(tm.data[:2], "big")
    (found,) = (
        report
        for report in table.reports.values()
        if (report.type, report.subtype) == kind and report.key in (None, key)
    )
    return found


def _labelled(table: Interface, fields: Sequence[Field], data: bytes) -> dict[str, Any]:
    of = {field.name: field.enumeration for field in fields}
    return {
        name: table.label(of[name] or "", value) if of[name] and isinstance(value, int) else value
        for name, value in unpack(fields, data).items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tm", nargs="?", type=Path, metavar="TM.BIN", help="for the telemetry")
    args = parser.parse_args()
    packets = observe()
    if args.tm is not None:
        write_atomic(args.tm, b"".join(packets))
    table = Testbed().dpu.table
    for line in lines(table, [read_tm(packet) for packet in packets]):
        print(line)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
