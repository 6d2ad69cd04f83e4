# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the whole extended chain costs on the flight processor, detection apart.

Usage: chain_time.py [-h] [--json FILE]

The events of a storm readout, at the limit of 2,000 a CCD, through all that goes beyond flight, and
a readout of four nodes in frame transfer through the coder of rows: cycles of
fsw_emu/report/budgets.toml (tools/cycles.py measures them on their reference inputs), for one core
at 50 MHz. Exits 1 where the events take more than a quarter of a 4 s frame or the readout more than
three quarters.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from fsw_emu.report.frame_time import NODE_PIXELS, Budgets, package_budgets

FRAME_S = 4.0
EVENTS = 2 * 2000  # event packets of both CCDs at their limit
CODED_BYTES = 16.6  # of an event: docs/compression.md
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


STORM = (
    Step("take the packets", "sxi_fee_parse", "packet", EVENTS),
    Step("hot and flickering pixels", "sxi_hot_update", "event", EVENTS),
    Step("fair selection", "sxi_fair_select", "event", EVENTS, worst=True),
    Step("flight filter", "sxi_filter_events", "event", EVENTS),
    Step("grades", "sxi_grade_events", "event", EVENTS),
    Step("distance to the nearest track", "sxi_track_distance", "event", EVENTS),
    Step("decision tree", "sxi_tree_classify", "event", EVENTS),
    Step("quick look", "sxi_look_add", "event", EVENTS),
    Step("its product", "sxi_look_close", "call", 1),
    Step("code the events", "sxi_events_encode", "event", EVENTS),
    Step("checksum of the entity", "sxi_crc16", "byte", EVENTS * CODED_BYTES),
    Step("telemetry packets", "sxi_ldt_tx_next", "packet", EVENTS * CODED_BYTES / PART_BYTES),
)
PIXELS = 4 * NODE_PIXELS
CODED_IMAGE_BYTES = PIXELS * BITS_A_PIXEL / 8
READOUT = (
    Step("put the packets in place", "sxi_frame_push_packets", "pixel", PIXELS),
    Step("learn columns", "sxi_rows_learn", "sample", PIXELS / 4),
    Step("tabulate deviations", "sxi_rows_tabulate", "sample", PIXELS / 8),
    Step("code the rows", "sxi_rows_encode", "sample", PIXELS),
    Step("checksum of the entity", "sxi_crc16", "byte", CODED_IMAGE_BYTES),
    Step("telemetry packets", "sxi_ldt_tx_next", "packet", CODED_IMAGE_BYTES / PART_BYTES),
)
PARTS = (
    ("events of a storm readout", STORM, 0.25),
    ("a readout of four nodes, coded", READOUT, 0.75),
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
    for name, steps, most in PARTS:
        print(f"{name}:")
        for step in steps:
            used = cycles(step, budgets)
            print(
                f"  {step.what:32} {step.function:22} {used / 1e6:7.2f} M cycles"
                f"  {used / budgets.clock_hz:6.3f} s"
            )
        part = share(steps, budgets)
        told[name] = {"share": part, "most": most}
        over += part > most
        seconds = part * FRAME_S
        print(f"  {seconds:.2f} s, {100 * part:.1f} % of a 4 s frame; {100 * most:.0f} % at most")
    if args.json:
        args.json.write_text(json.dumps(told, indent=1) + "\n")
    return int(over > 0)


if __name__ == "__main__":
    sys.exit(main())
