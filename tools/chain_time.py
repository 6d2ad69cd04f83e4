# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the whole extended chain costs on the flight processor, detection apart.

Usage: chain_time.py [-h] [--json FILE]

The events of a storm readout through what goes beyond flight, three times: with the front end's
limit of 2,000 a CCD as in flight; with all 12,000 (3,000 a node) and what `extended` of fsw-emu
compare does with them, down to grades by the ladder; and the same without the ladder, which is over
its part. And a readout of four nodes in frame transfer through the coder of rows. Cycles are those
of fsw_emu/report/budgets.toml (tools/cycles.py measures them on their reference inputs), for one
core at 50 MHz. Exits 1 where one that has to fit takes more than a quarter of a 4 s frame, or the
readout more than three quarters.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from fsw_emu.report.frame_time import NODE_PIXELS, Budgets, package_budgets

FRAME_S = 4.0
SENT = 2 * 2000  # event packets of both CCDs at their limit
SEEN = 4 * 3000  # events of all nodes in a storm
CODED_BYTES = 16.6  # of an event: docs/compression.md
LADDER_BYTES = 85_500  # of a readout: 171 kbit/s for 4 s
PART_BYTES = 861  # of a telemetry packet: SPEC.md 9.2
BITS_A_PIXEL = 3.75  # of a grouped row in noise of 3 ADU: the same


@dataclass(frozen=True)
class Step:
    """One function, and how many of its units."""

    what: str
    function: str
    unit: str
    units: float
    worst: bool = False  # its worst input, where the reference is one without work


def taken(n: int) -> tuple[Step, ...]:
    """What every event costs that comes to the processor."""
    return (
        Step("take the packets", "sxi_fee_parse", "packet", n),
        Step("hot and flickering pixels", "sxi_hot_update", "event", n),
        Step("their masks", "sxi_hot_mask", "call", 4),
        Step("distance to the nearest track", "sxi_track_distance", "event", n),
        Step("decision tree", "sxi_tree_classify", "event", n),
        Step("fair selection", "sxi_fair_select", "event", n, worst=True),
        Step("quick look", "sxi_look_add", "event", n),
        Step("its product", "sxi_look_close", "call", 1),
        Step("grades", "sxi_grade_events", "event", SENT),
    )


def down(n_bytes: float) -> tuple[Step, ...]:
    return (
        Step("checksum of the entity", "sxi_crc16", "byte", n_bytes),
        Step("telemetry packets", "sxi_ldt_tx_next", "packet", n_bytes / PART_BYTES),
    )


CODED = (
    Step("code the events", "sxi_events_encode", "event", SENT),
    *down(SENT * CODED_BYTES),
)
AT_THE_LIMIT = (
    *taken(SENT),
    Step("flight filter", "sxi_filter_events", "event", SENT),
    *CODED,
)
BY_THE_LADDER = (
    *taken(SEEN),
    Step("the ladder's packets", "sxi_ladder_encode", "event", SENT),
    *down(LADDER_BYTES),
)
ALL_AS_WINDOWS = (*taken(SEEN), *CODED)
PIXELS = 4 * NODE_PIXELS
CODED_IMAGE_BYTES = PIXELS * BITS_A_PIXEL / 8
READOUT = (
    Step("put the packets in place", "sxi_frame_push_packets", "pixel", PIXELS),
    Step("learn columns", "sxi_rows_learn", "sample", PIXELS / 4),
    Step("tabulate deviations", "sxi_rows_tabulate", "sample", PIXELS / 8),
    Step("code the rows", "sxi_rows_encode", "sample", PIXELS),
    *down(CODED_IMAGE_BYTES),
)
#: what, how, the part of a frame it may take, and whether it does
PARTS = (
    ("a storm at the front end's limit: 4,000 events", AT_THE_LIMIT, 0.25, True),
    ("a storm of 12,000 events, 4,000 sent by the ladder", BY_THE_LADDER, 0.25, True),
    ("a storm of 12,000 events, 4,000 sent as windows", ALL_AS_WINDOWS, 0.25, False),
    ("a readout of four nodes, coded", READOUT, 0.75, True),
)


def cycles(step: Step, budgets: Budgets) -> float:
    """On the function's reference input."""
    cost = budgets.cost(step.function, step.unit)
    return step.units * (cost.worst if step.worst else cost.typical)


def share(steps: tuple[Step, ...], budgets: Budgets) -> float:
    """Of a frame of 4 s."""
    return sum(cycles(step, budgets) for step in steps) / budgets.clock_hz / FRAME_S


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="the same figures")
    args = parser.parse_args()
    budgets, over, told = package_budgets(), 0, {}
    for name, steps, most, fits in PARTS:
        print(f"{name}:")
        for step in steps:
            used = cycles(step, budgets)
            print(
                f"  {step.what:32} {step.function:22} {used / 1e6:7.2f} M cycles"
                f"  {used / budgets.clock_hz:6.3f} s"
            )
        part = share(steps, budgets)
        told[name] = {"share": part, "most": most}
        over += fits and part > most
        seconds, said = part * FRAME_S, "" if part <= most else ": over"
        print(f"  {seconds:.2f} s, {part:.1%} of a 4 s frame; {most:.0%} at most{said}")
    if args.json:
        args.json.write_text(json.dumps(told, indent=1) + "\n")
    return int(over > 0)


if __name__ == "__main__":
    sys.exit(main())
