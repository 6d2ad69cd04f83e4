# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a frame costs on the flight processor: each step's share of a 4 s and of a 10 s frame.

Counts of one frame times the cycles a unit that budgets.toml holds (measured by tools/cycles.py),
for one core at the clock given there. No clock is read: the same counts give the same page.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

PERIODS_S = (4.0, 10.0)  # int_sync_period: 4 s "nominal" (test set-up), 10 s (ground tests)
CYCLE_S = 0.125  # the application software's cycle (125MS_TICK)
NODE_PIXELS = 639 * 384
EVENT_BYTES = 64
#: of an image's samples: what packets of rows learn from, and what auto tries each way (key.h)
LEARNED, TRIED = 1 / 4, 1 / 16


@dataclass(frozen=True)
class Cost:
    """Cycles a unit: on the function's reference input, and on the worst input known."""

    unit: str
    typical: float
    worst: float


@dataclass(frozen=True)
class Budgets:
    """The functions of the core on the flight processor, as a model of it counts."""

    model: str
    clock_hz: int
    costs: Mapping[str, Cost]

    def cost(self, function: str, unit: str) -> Cost:
        """ValueError for a function that has no budget, or one in another unit."""
        found = self.costs.get(function)
        if found is None:
            raise ValueError(f"budgets.toml: no function {function}")
        if found.unit != unit:
            what = f"{function} is counted by {found.unit}, not by {unit}"
            raise ValueError(f"budgets.toml: {what}")
        return found


def read_budgets(text: str) -> Budgets:
    """Budgets from TOML; ValueError for text that is none or lacks a figure."""
    data = tomllib.loads(text)
    try:
        costs = {
            name: Cost(entry["unit"], float(entry["typical_cycles"]), float(entry["cycles"]))
            for name, entry in data["function"].items()
        }
        return Budgets(data["model"]["name"], data["model"]["clock_hz"], costs)
    except KeyError as error:
        raise ValueError(f"budgets.toml: no {error.args[0]}") from error


def package_budgets() -> Budgets:
    """The budgets that the package holds."""
    return read_budgets(files("fsw_emu.report").joinpath("budgets.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Work:
    """What one frame of ``period_s`` asks for, on average; counts may be broken.

    other_packets: FEE packets that hold no event; masks: wandering-mask windows that go down;
    detected_px: pixels that the FEE searches for events; image_px, image_bytes: pixels that come
    in, and what of them goes into the entity (stacked: 4 bytes a sample, else 2); codec: that of
    ``fsw-emu run``.
    """

    title: str
    period_s: float
    events: float = 0
    kept: float = 0
    masks: float = 0
    other_packets: float = 0
    detected_px: float = 0
    image_px: float = 0
    image_bytes: float = 0
    tm_packets: float = 0
    stacked: bool = False
    codec: str = "aec"

    @property
    def event_packets(self) -> float:
        """Packets of 64 bytes that go down."""
        return self.kept + self.masks

    @property
    def science_bytes(self) -> float:
        """What the frame adds to the science data of its entity."""
        return EVENT_BYTES * self.event_packets + self.image_bytes

    def over(self, period_s: float) -> Work:
        """The same event rate in a frame of another length, telemetry with the science data."""
        factor = period_s / self.period_s
        other = replace(
            self, period_s=period_s, events=self.events * factor, kept=self.kept * factor
        )
        before = self.science_bytes
        growth = other.science_bytes / before if before else 1.0
        return replace(other, tm_packets=self.tm_packets * growth)


#: the built-in storm (means of seeds 1 to 3, 12 frames each; both CCDs, all four nodes)
STORM = Work(
    "Storm, event frame: 243 events a second, 4 nodes of 639 x 384 pixels",
    period_s=10.0,
    events=2430,
    kept=1950,
    masks=4,
    other_packets=4 + 5 + 1,  # masks, ends of nodes and frame, housekeeping
    detected_px=4 * NODE_PIXELS,
    tm_packets=44.2,
)
#: its image, whatever the period: one row a packet, entity 3.1 times smaller than the science data
IMAGE = Work(
    "Frame transfer: an image of 4 nodes of 639 x 384 pixels",
    period_s=10.0,
    other_packets=4 * 639 + 1,
    image_px=4 * NODE_PIXELS,
    image_bytes=8 * NODE_PIXELS,
    tm_packets=730,
)


def mean_frame(
    summary: Mapping[str, Any],
    *,
    period_s: float,
    event_frames: int,
    nodes: int,
    masks: bool,
    stack: int,
) -> Work | None:
    """The mean frame of a run, from its summary; None without a frame.

    event_frames: those of ``frames`` that hold events; masks: mask windows go down; stack:
    frames that are summed into one image.
    """
    frames = summary["frames"]
    if not frames:
        return None
    events = sum(summary["events_in"].values())
    kept, windows = summary["events_kept"], summary["wandering_masks"] if masks else 0
    image_bytes = max(summary["bytes_science"] - EVENT_BYTES * (kept + windows), 0)
    images = summary["images"]
    per_entity = images / -(-images // stack) if images else 1.0  # frames in a stack
    image_px = image_bytes / (4 if stack > 1 else 2) * per_entity
    return Work(
        "This run, mean frame",
        period_s=period_s,
        events=events / frames,
        kept=kept / frames,
        masks=windows / frames,
        other_packets=max(summary["packets"] - events, 0) / frames,
        detected_px=nodes * NODE_PIXELS * event_frames / frames,
        image_px=image_px / frames,
        image_bytes=image_bytes / frames,
        tm_packets=summary["tm_packets"] / frames,
        stacked=stack > 1,
        codec=summary["codec"],
    )


@dataclass(frozen=True)
class Step:
    """Work of one kind in one frame: ``count`` units at so many cycles each."""

    name: str
    functions: str
    unit: str
    count: float
    typical: float
    worst: float
    style: str

    @property
    def cycles(self) -> float:
        return self.count * self.typical

    @property
    def worst_cycles(self) -> float:
        return self.count * self.worst


def fee_steps(work: Work, budgets: Budgets) -> list[Step]:
    """What the FEE does, were it software: its FPGA does it in flight."""
    return _steps(
        budgets,
        ("Detect events", ("sxi_edu_detect",), "pixel", work.detected_px, "f0"),
        ("Build packets", ("sxi_fee_build_events",), "packet", work.events + work.masks, "f1"),
    )


def dpu_steps(work: Work, budgets: Budgets) -> list[Step]:
    """What the DPU does with a frame, entity and telemetry included."""
    packets = work.events + work.other_packets
    before = _steps(
        budgets,
        ("Read packets", ("sxi_fee_parse",), "packet", packets, "s0"),
        ("Filter events", ("sxi_filter_events",), "event", work.events, "s1"),
        ("Assemble image", ("sxi_frame_push_packets",), "pixel", work.image_px, "s2"),
        ("Stack", ("sxi_image_stack",), "pixel", work.image_px * work.stacked, "s3"),
        ("Metadata", ("sxi_ce_frame_hk", "sxi_ce_frame_store"), "call", 1.0, "s4"),
    )
    checked = work.science_bytes if work.codec != "none" else 0.0
    after = _steps(
        budgets,
        ("Checksum", ("sxi_ce_close",), "byte", checked, "s7"),
        ("Telemetry", ("sxi_ldt_tx_next",), "packet", work.tm_packets, "s8"),
    )
    return [*before, *(_coding(work, budgets) if work.codec != "none" else []), *after]


def _steps(budgets: Budgets, *rows: tuple[str, tuple[str, ...], str, float, str]) -> list[Step]:
    """Steps with their costs; those that have nothing to do are left out."""
    steps = []
    for name, functions, unit, count, style in rows:
        costs = [budgets.cost(function, unit) for function in functions]
        typical, worst = sum(c.typical for c in costs), sum(c.worst for c in costs)
        steps.append(Step(name, ", ".join(functions), unit, count, typical, worst, style))
    return [step for step in steps if step.count]


def _coding(work: Work, budgets: Budgets) -> list[Step]:
    """Science data to code: events and images each by the coder that the codec has for them, else
    by CCSDS 121, as stacks always are (SPEC.md, 8.4)."""
    auto = work.codec == "auto"
    as_events = work.event_packets * (auto or work.codec == "events")
    as_rows = work.image_bytes / 2 * ((auto or work.codec == "colmean") and not work.stacked)
    by_aec = EVENT_BYTES * (work.event_packets - as_events) + (work.image_bytes - 2 * as_rows)
    width, coder = (4, "sxi_aec_encode_u32") if work.stacked else (2, "sxi_aec_encode_u16")
    learn = ("sxi_rows_learn", "sxi_rows_tabulate")
    return [
        *_loading(by_aec + 2 * as_rows, budgets),
        *_steps(
            budgets,
            ("Learn columns, table", learn, "sample", as_rows * LEARNED, "s6"),
            ("Choose, rows", ("sxi_rows_choose",), "sample", as_rows * TRIED * auto, "s6"),
            ("Code rows", ("sxi_rows_encode",), "sample", as_rows, "s6"),
            ("Choose, events", ("sxi_events_choose",), "event", as_events * auto, "s6"),
            ("Code events", ("sxi_events_encode",), "event", as_events, "s6"),
            ("Code", (coder,), "sample", by_aec / width, "s6"),
        ),
    ]


def _loading(size: float, budgets: Budgets) -> list[Step]:
    """Loading the samples is what sxi_key_encode takes on events by CCSDS 121 beyond its coder:
    more than an image needs, whose samples are not put in planes. Packets of events need none."""
    if not size:
        return []
    encode = budgets.cost("sxi_key_encode", "byte").typical
    load = max(encode - budgets.cost("sxi_aec_encode_u16", "sample").typical / 2, 0.0)
    return [Step("Load samples", "sxi_key_encode, less coder", "byte", size, load, load, "s5")]


@dataclass(frozen=True)
class Frame:
    """The steps of one frame and the time there is for them."""

    period_s: float
    clock_hz: int
    steps: Sequence[Step]

    def ms(self, cycles: float) -> float:
        return 1000 * cycles / self.clock_hz

    def share(self, cycles: float) -> float:
        """Part of the frame period, 1 for all of it."""
        return cycles / self.clock_hz / self.period_s

    def ticks(self, cycles: float) -> float:
        """In 125 ms cycles of the application software."""
        return cycles / self.clock_hz / CYCLE_S

    @property
    def cycles(self) -> float:
        return sum(step.cycles for step in self.steps)

    @property
    def worst_cycles(self) -> float:
        return sum(step.worst_cycles for step in self.steps)
