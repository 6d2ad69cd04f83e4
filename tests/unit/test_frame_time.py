# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The frame-time section of the report: sums by hand, shares that add up, what it refuses."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.cli.main import main
from fsw_emu.report.frame_time import (
    IMAGE,
    STORM,
    Budgets,
    Cost,
    Frame,
    Work,
    dpu_steps,
    fee_steps,
    mean_frame,
    package_budgets,
    read_budgets,
)
from fsw_emu.report.frame_time_page import section, stacked_bars

COSTS = {
    "sxi_edu_detect": Cost("pixel", 50, 200),
    "sxi_fee_build_events": Cost("packet", 400, 500),
    "sxi_fee_parse": Cost("packet", 300, 400),
    "sxi_filter_events": Cost("event", 100, 150),
    "sxi_frame_push_packets": Cost("pixel", 10, 12),
    "sxi_image_stack": Cost("pixel", 16, 20),
    "sxi_ce_frame_hk": Cost("call", 1000, 1100),
    "sxi_ce_frame_store": Cost("call", 2000, 2200),
    "sxi_key_encode": Cost("byte", 48, 60),
    "sxi_aec_encode_u16": Cost("sample", 70, 200),
    "sxi_aec_encode_u32": Cost("sample", 90, 600),
    "sxi_rows_learn": Cost("sample", 8, 9),
    "sxi_rows_tabulate": Cost("sample", 20, 30),
    "sxi_rows_choose": Cost("sample", 300, 400),
    "sxi_rows_encode": Cost("sample", 60, 100),
    "sxi_events_choose": Cost("event", 9000, 9500),
    "sxi_events_encode": Cost("event", 2000, 4000),
    "sxi_ce_close": Cost("byte", 11, 12),
    "sxi_ldt_tx_next": Cost("packet", 15000, 16000),
}
BUDGETS = Budgets("a model", 50_000_000, COSTS)
EVENTS = Work(
    "events", 10.0, events=1000, kept=800, masks=4, other_packets=10, detected_px=500, tm_packets=20
)
PIXELS = Work(
    "image", 10.0, other_packets=11, image_px=3000, image_bytes=6000, tm_packets=3, stacked=False
)


def counts(work: Work) -> dict[str, tuple[float, float]]:
    """Typical and worst cycles by step."""
    return {step.name: (step.cycles, step.worst_cycles) for step in dpu_steps(work, BUDGETS)}


def test_an_event_frame_by_hand() -> None:
    science = 804 * 64
    assert counts(EVENTS) == {
        "Read packets": (1010 * 300, 1010 * 400),
        "Filter events": (100_000, 150_000),
        "Metadata": (3000, 3300),
        "Load samples": (science * 13, science * 13),  # 48 - 70 / 2
        "Code": (science / 2 * 70, science / 2 * 200),
        "Checksum": (science * 11, science * 12),
        "Telemetry": (300_000, 320_000),
    }
    detect, build = fee_steps(EVENTS, BUDGETS)
    assert (detect.cycles, detect.worst_cycles) == (25_000, 100_000)
    assert (build.cycles, build.worst_cycles) == (401_600, 502_000)


def test_an_image_by_hand() -> None:
    assert counts(PIXELS) == {
        "Read packets": (3300, 4400),
        "Assemble image": (30_000, 36_000),
        "Metadata": (3000, 3300),
        "Load samples": (78_000, 78_000),
        "Code": (210_000, 600_000),
        "Checksum": (66_000, 72_000),
        "Telemetry": (45_000, 48_000),
    }
    assert fee_steps(PIXELS, BUDGETS) == []


def test_a_stack_is_summed_and_coded_in_32_bits() -> None:
    stacked = counts(replace(PIXELS, stacked=True))
    assert stacked["Stack"] == (48_000, 60_000)
    assert stacked["Code"] == (1500 * 90, 1500 * 600)


def test_packets_of_rows_by_hand() -> None:
    rows = counts(replace(PIXELS, codec="colmean"))
    assert rows["Load samples"] == (78_000, 78_000)
    assert rows["Learn columns, table"] == (750 * 28, 750 * 39)
    assert rows["Code rows"] == (180_000, 300_000)
    chosen = counts(replace(PIXELS, codec="auto"))
    assert chosen.pop("Choose, rows") == (187.5 * 300, 187.5 * 400)
    assert chosen == rows
    assert "Code" not in rows


def test_packets_of_events_by_hand() -> None:
    events = counts(replace(EVENTS, codec="events"))
    assert events["Code events"] == (804 * 2000, 804 * 4000)
    assert not events.keys() & {"Code", "Load samples"}
    chosen = counts(replace(EVENTS, codec="auto"))
    assert chosen.pop("Choose, events") == (804 * 9000, 804 * 9500)
    assert chosen == events


def test_what_a_codec_is_not_for_goes_by_ccsds_121() -> None:
    assert counts(replace(EVENTS, codec="colmean")) == counts(EVENTS)
    assert counts(replace(PIXELS, codec="events")) == counts(PIXELS)
    stacked = replace(PIXELS, stacked=True)
    assert counts(replace(stacked, codec="auto")) == counts(stacked)


def test_without_a_codec_nothing_is_coded() -> None:
    raw = counts(replace(PIXELS, codec="none"))
    assert list(raw) == ["Read packets", "Assemble image", "Metadata", "Telemetry"]


def test_time_of_a_frame_by_hand() -> None:
    frame = Frame(4.0, 50_000_000, dpu_steps(EVENTS, BUDGETS))
    assert frame.ms(50_000) == 1.0
    assert frame.share(2_000_000) == pytest.approx(0.01)
    assert frame.ticks(12_500_000) == pytest.approx(2.0)
    assert frame.cycles == 303_000 + 100_000 + 3000 + 51_456 * (13 + 35 + 11) + 300_000


def test_events_follow_the_period_and_pixels_do_not() -> None:
    short = EVENTS.over(4.0)
    assert (short.events, short.kept, short.masks, short.other_packets) == (400, 320, 4, 10)
    assert short.detected_px == EVENTS.detected_px
    assert short.tm_packets == pytest.approx(20 * 324 / 804)
    assert PIXELS.over(4.0) == replace(PIXELS, period_s=4.0)
    assert Work("nothing kept", 10.0, tm_packets=1).over(4.0).tm_packets == 1


amounts = st.floats(0, 1e7)


@given(
    st.builds(
        Work, st.just("any"), st.floats(0.1, 100), amounts, amounts, amounts, amounts, amounts,
        amounts, amounts, amounts, st.booleans(),
        st.sampled_from(["aec", "auto", "colmean", "events", "none"]),
    ),
    st.sampled_from([4.0, 10.0]),
)  # fmt: skip
def test_shares_add_up(work: Work, period_s: float) -> None:
    frame = Frame(period_s, 50_000_000, dpu_steps(work, BUDGETS))
    shares = sum(frame.share(step.cycles) for step in frame.steps)
    assert shares == pytest.approx(frame.share(frame.cycles))
    assert shares * period_s == pytest.approx(frame.ticks(frame.cycles) * 0.125)
    assert shares * period_s * 1000 == pytest.approx(frame.ms(frame.cycles))
    assert frame.worst_cycles >= frame.cycles
    assert stacked_bars([frame]).count("<rect") == len(frame.steps)
    assert all(step.count > 0 for step in frame.steps)


def test_the_mean_frame_of_a_run_by_hand() -> None:
    summary = {
        "frames": 4, "packets": 1100, "events_in": {"E2": 600, "F2": 400}, "events_kept": 800,
        "wandering_masks": 8, "images": 2, "bytes_science": 64 * 808 + 4000, "tm_packets": 12,
        "codec": "none",
    }  # fmt: skip
    mean = partial(mean_frame, period_s=4.0, event_frames=2, nodes=2)
    assert mean(summary, masks=True, stack=2) == Work(
        "This run, mean frame", 4.0, events=250, kept=200, masks=2, other_packets=25,
        detected_px=639 * 384, image_px=500, image_bytes=1000, tm_packets=3, stacked=True,
        codec="none",
    )  # fmt: skip
    without = mean(summary | {"bytes_science": 64 * 800}, masks=False, stack=1)
    assert without is not None
    assert (without.masks, without.image_bytes, without.stacked) == (0, 0, False)
    assert mean(summary | {"frames": 0}, masks=True, stack=1) is None


def test_a_budget_that_is_missing_is_a_clear_error() -> None:
    fewer = {name: cost for name, cost in COSTS.items() if name != "sxi_filter_events"}
    with pytest.raises(ValueError, match=r"^budgets.toml: no function sxi_filter_events$"):
        dpu_steps(EVENTS, replace(BUDGETS, costs=fewer))
    wrong = COSTS | {"sxi_filter_events": Cost("pixel", 1, 1)}
    with pytest.raises(ValueError, match="sxi_filter_events is counted by pixel, not by event"):
        dpu_steps(EVENTS, replace(BUDGETS, costs=wrong))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no function"),
        ("[function]", "no model"),
        ("[model]\nname='m'\n[function]", "no clock_hz"),
        ("[function.f]\nunit='byte'\ncycles=1", "no typical_cycles"),
    ],
)
def test_text_that_is_no_budget(text: str, what: str) -> None:
    with pytest.raises(ValueError, match=f"^budgets.toml: {what}$"):
        read_budgets(text)


def test_the_package_has_a_budget_for_every_step() -> None:
    budgets = package_budgets()
    for work in (STORM, IMAGE, replace(IMAGE, stacked=True)):
        for codec in ("aec", "auto", "none"):
            assert dpu_steps(replace(work, codec=codec), budgets)
    assert section([STORM, IMAGE], budgets) == section([STORM, IMAGE], package_budgets())


def test_the_section_is_quick() -> None:
    begin = time.process_time()
    section([EVENTS, STORM, IMAGE], package_budgets())
    assert time.process_time() - begin < 0.05


@pytest.mark.parametrize("image", [[], ["--image", "ft"]])
def test_the_references_are_the_scene(tmp_path: Path, image: list[str]) -> None:
    """A run of the storm is the reference, and its report tells of both."""
    frames = 2 if image else 6
    assert main(["run", "--frames", str(frames), *image, "--out", str(tmp_path)]) == 0
    summary = json.loads((tmp_path / "summary.json").read_text())
    work = mean_frame(
        summary, period_s=10.0, event_frames=0 if image else frames, nodes=4, masks=True, stack=1
    )
    expected = replace(IMAGE if image else STORM, title="This run, mean frame")
    assert work is not None
    for name, value in vars(expected).items():
        near = value if isinstance(value, str) else pytest.approx(value, rel=0.05)
        assert getattr(work, name) == near, name
    page = (tmp_path / "report.html").read_text()
    (part,) = re.findall("<h2>Frame time on the flight processor</h2>(.*)<h2>Faults", page, re.S)
    assert part == section([work, STORM, IMAGE], package_budgets()).partition("</h2>")[2] + "\n"
    assert "never a worst-case execution time" in part
