# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Windows drawn without a frame: the same packets as of a rendered frame, but for read noise."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from fee_rig import Bench
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from window_samples import compare, compare_same, drawn, rendered, sample

from fsw_emu.core import Core
from fsw_emu.dpu.science.chain import ScienceChain
from fsw_emu.dpu.science.readout import Batch
from fsw_emu.dpu.science.settings import Settings
from fsw_emu.fee.event_source import EventSource
from fsw_emu.fee.front_end import FramePackets, FrontEnd, FrontEndSettings
from fsw_emu.model import edu
from fsw_emu.packets.fee import read_fee_header
from fsw_emu.scene import NODES, Scene, SceneParameters
from fsw_emu.scene.windows import EventWindows, beyond, rise, tail

SILENT = SceneParameters(read_noise_adu=0)
THRESHOLDS = dict.fromkeys(NODES, 25)
READINGS: list[dict[str, Any]] = [
    {},
    {"window_order": "simulator"},
    {"window_order": "simulator", "background_set": "raster"},
    {"background_set": "simulator", "wandering_mask": False},
    {"event_limit": 100, "data_len": "packet"},
    {"event_limit": 0},
    {"threshold_equality": "fails", "sequence_after_hk": "restarts"},
    {"event_hk": "omitted", "end_marker": "absent"},
    {"threshold": {"E2": 30, "F2": 40, "E4": 50, "F4": 200}, "threshold_registers": "exchanged"},
    {"full_sun_threshold": 600},
]


def packets_of(frame: FramePackets) -> list[bytes]:
    ends = zip(frame.offsets.tolist(), frame.lengths.tolist(), strict=True)
    return [frame.buffer[at : at + length] for at, length in ends]


@pytest.fixture(scope="module")
def silent() -> tuple[EventWindows, list[dict[str, NDArray[np.uint16]]]]:
    """A scene without read noise, and its first frames."""
    scene = Scene("storm", seed=2, frame_period_s=4.0, parameters=SILENT)
    return EventWindows(scene), [scene.node_frames(index) for index in range(3)]


@pytest.mark.parametrize("readings", READINGS)
def test_without_read_noise_drawn_packets_are_those_of_the_frame(
    core: Core, silent: Any, readings: dict[str, Any]
) -> None:
    """Bit for bit: charge, order, limits, mask, counters."""
    windows, frames = silent
    settings = FrontEndSettings(**{"threshold": 25, **readings})
    source, front_end = EventSource(core, settings, windows), FrontEnd(core, settings)
    for index, frame in enumerate(frames):
        assert packets_of(source.readout(index)) == front_end.event_readout(frame)
    assert source.front_end.n_dropped == front_end.n_dropped
    assert source.n_rendered == 0


@pytest.mark.verifies("ASW-34")
@pytest.mark.parametrize("kind", ["quiet", "storm"])
def test_drawn_frames_differ_from_rendered_ones_by_chance_only(core: Core, kind: Any) -> None:
    """Counts, spectrum, positions, grades, false events: within 3 standard errors."""
    scene = Scene(kind, seed=5, frame_period_s=4.0)
    first, others = range(20), range(20, 40)
    a = sample(core, scene, rendered(core, scene, 25, first), first)
    b = sample(core, scene, drawn(core, scene, 25, others), others)
    same = sample(core, scene, drawn(core, scene, 25, first), first)
    for line in compare(a, b) + compare_same(a, same):
        assert abs(line.sigmas) < 3, line


def test_the_comparison_sees_a_difference(core: Core) -> None:
    """Of 1 ADU of read noise, and of 2 ADU of threshold."""
    scene, frames, others = Scene("quiet", frame_period_s=4.0), range(16), range(16, 32)
    noisy = Scene("quiet", frame_period_s=4.0, parameters=SceneParameters(read_noise_adu=6))
    a = sample(core, scene, rendered(core, scene, 25, frames), frames)
    for b in (drawn(core, noisy, 25, others), drawn(core, scene, 27, others)):
        lines = compare(a, sample(core, scene, b, others))
        assert max(abs(line.sigmas) for line in lines) > 5


@given(
    seed=st.integers(0, 50),
    index=st.integers(0, 100),
    threshold=st.integers(20, 300),
    order=st.sampled_from(["raster", "simulator"]),
)
def test_every_drawn_event_is_one_by_the_rule(
    core: Core, seed: int, index: int, threshold: int, order: Any
) -> None:
    scene = SCENES[seed % len(SCENES)]
    settings = FrontEndSettings(threshold=threshold, window_order=order)
    source = EventSource(core, settings, scene)
    packets = source.readout(index)
    read = core.fee_parse(packets.buffer, packets.offsets, packets.lengths)
    for header, event in zip(read.headers, read.events, strict=True):
        if header["type"] not in (1, 3) or header["last"]:
            continue
        window = np.empty((5, 5), np.uint16)
        for (dr, dc), adu in zip(edu.window_offsets(order), event["pixels"], strict=True):
            window[2 + dr, 2 + dc] = adu
        is_event = edu.is_event(window, 2, 2, threshold, order)
        assert is_event == (header["type"] == 1)


SCENES = [
    EventWindows(Scene("quiet", frame_period_s=0.2)),
    EventWindows(Scene("storm", frame_period_s=0.1, seed=7)),
]


@dataclass(frozen=True)
class Windows:
    row: NDArray[np.intp]
    col: NDArray[np.intp]
    pixels: NDArray[np.uint16]
    n_bright: int = 0


@given(
    pixels=arrays(np.uint16, st.tuples(st.integers(0, 12), st.just(5), st.just(5)),
                  elements=st.one_of(st.integers(0, 60), st.integers(0, 0xFFFF))),
    threshold=st.integers(0, 0xFFFF),
    order=st.sampled_from(["raster", "simulator"]),
    limit=st.one_of(st.none(), st.integers(0, 5)),
)  # fmt: skip
def test_events_among_windows_are_those_of_the_model(
    core: Core, pixels: NDArray[np.uint16], threshold: int, order: Any, limit: int | None
) -> None:
    """Windows beside each other do not see each other; the limit cuts in raster order."""
    n = len(pixels)
    windows = Windows(np.arange(n) + 2, np.full(n, 2), pixels)
    settings = FrontEndSettings(threshold, window_order=order, event_limit=limit)

    class Seen:
        node_frames = uv_frames = full_frame = None

        def windows(self, *_: Any, **__: Any) -> Mapping[str, Windows]:
            return {"E4": windows}

    found = FrontEnd(core, settings).drawn_buffer(Seen(), 0, ["E4"])  # type: ignore[arg-type]
    assert found is not None
    rows = []
    for packet in packets_of(found)[1:-2]:
        if read_fee_header(packet).type == 1:
            rows.append(int.from_bytes(packet[12:14], "big") - 2)
    expected = [k for k in range(n) if edu.is_event(pixels[k], 2, 2, threshold, order)]
    assert rows == expected[:limit]


def test_many_windows_are_looked_through(core: Core) -> None:
    """More than one frame of them holds."""
    n = 30_000
    pixels = np.full((n, 5, 5), 500, np.uint16)
    pixels[::7, 2, 2] = 600
    at = np.arange(n)
    windows = Windows(at // 380 + 2, at % 380 + 2, pixels)
    found = FrontEnd(core, FrontEndSettings(25))._events_among({"E2": windows, "F4": windows})
    for node in ("E2", "F4"):
        assert np.flatnonzero(found[node]).tolist() == list(range(0, n, 7))


def test_windows_that_overlap_share_their_pixels() -> None:
    fierce = SceneParameters(background_per_s=4000.0)
    windows = EventWindows(Scene("quiet", frame_period_s=1.0, parameters=fierce))
    seen = windows.windows(0, THRESHOLDS)
    assert seen is not None
    n_shared = 0
    for each in seen.values():
        frame: dict[tuple[int, int], int] = {}
        for row, col, pixels in zip(each.row, each.col, each.pixels, strict=True):
            for (dr, dc), adu in np.ndenumerate(pixels):
                n_shared += (row + dr, col + dc) in frame
                assert frame.setdefault((row + dr, col + dc), adu) == adu
    assert n_shared > 1000


def test_the_charge_is_that_of_the_rendered_frame() -> None:
    scene = Scene("storm", seed=3, frame_period_s=4.0, parameters=SILENT)
    place, adu = scene.deposits(5)
    charge = np.bincount(place, adu, 4 * 639 * 384).reshape(4, 639, 384).astype(np.float32)
    for i, (node, frame) in enumerate(scene.node_frames(5).items()):
        assert (frame == np.rint(scene.offset(node) + charge[i])).all()


def test_frames_follow_from_their_index_alone() -> None:
    windows = EventWindows(Scene("quiet", seed=9, frame_period_s=1.0))
    once = [windows.windows(index, THRESHOLDS, mask=(7, 7)) for index in (0, 1, 2)]
    again = [windows.windows(index, THRESHOLDS, mask=(7, 7)) for index in (2, 1, 0)][::-1]
    for a, b in zip(once, again, strict=True):
        assert a is not None
        assert b is not None
        for node in NODES:
            assert (a[node].pixels == b[node].pixels).all()
            assert (a[node].row == b[node].row).all()
    assert once[0]["E2"].pixels.tobytes() != once[1]["E2"].pixels.tobytes()  # type: ignore[index]


def test_the_mask_has_a_window_where_it_lies_inside() -> None:
    windows = EventWindows(Scene("quiet", frame_period_s=1.0))
    for mask, inside in (((2, 2), 1), ((636, 381), 1), ((637, 2), 0), ((2, 382), 0), ((0, 0), 0)):
        seen = windows.windows(0, {"F2": 25, "E4": 25}, mask=mask)
        assert seen is not None
        assert list(seen) == ["F2", "E4"]
        for each in seen.values():
            assert ((each.row == mask[0]) & (each.col == mask[1])).sum() == inside


@pytest.mark.parametrize("bright", [480, 500, 505, 515, 700])
def test_full_sun_counts_are_those_of_the_frame(bright: int) -> None:
    """Within 4 of their spread; every pixel has its own offset, which makes it smaller."""
    scene = Scene("storm", frame_period_s=4.0)
    windows = EventWindows(scene)
    for index in range(2):
        seen, frames = windows.windows(index, THRESHOLDS, bright=bright), scene.node_frames(index)
        assert seen is not None
        for node, frame in frames.items():
            n = int((frame > bright).sum())
            spread = math.sqrt(2 * n * (1 - n / frame.size)) + 1
            assert abs(seen[node].n_bright - n) < 4 * spread


def test_low_thresholds_are_rendered(core: Core) -> None:
    """And so are sums that wrap around at 0: noise would fill the frame with windows."""
    scene = Scene("quiet", seed=5, frame_period_s=1.0)
    source = EventSource(core, FrontEndSettings(threshold=12), EventWindows(scene))
    expected = FrontEnd(core, FrontEndSettings(threshold=12)).event_readout(scene.node_frames(0))
    assert packets_of(source.readout(0)) == expected
    assert source.n_rendered == 1
    source.front_end.settings = FrontEndSettings(threshold=25)
    second = read_fee_header(packets_of(source.readout(1))[0])
    assert (second.frame_counter, source.n_rendered) == (2, 1)
    low = replace(SceneParameters(), pedestal_adu=10.0)
    wraps = Scene("quiet", parameters=low, overflow="wraps")
    assert EventWindows(wraps).windows(0, THRESHOLDS) is None


def test_what_the_scene_refuses_is_refused() -> None:
    with pytest.raises(ValueError, match="frame -1"):
        EventWindows(Scene("quiet")).windows(-1, THRESHOLDS)


def test_the_chain_takes_drawn_frames_without_a_fault(core: Core) -> None:
    source = EventSource(
        core, FrontEndSettings(25), EventWindows(Scene("storm", frame_period_s=4.0))
    )
    entities: list[Any] = []
    chain = ScienceChain(core, Settings(frame_period_ms=4000), entities.append)
    for index in range(12):
        frame = source.readout(index)
        chain.feed(Batch(frame.buffer, frame.offsets, frame.lengths))
    assert (chain.counts.frames, chain.counts.incomplete_frames) == (12, 0)
    assert (len(chain.faults), len(entities), chain.counts.wandering_masks) == (0, 1, 48)


def test_the_device_draws_where_registers_let_it(core: Core) -> None:
    """The same stretches whether it draws or renders; corrections are for frames only."""
    scene = Scene("quiet", seed=6, frame_period_s=1.0, parameters=SILENT)
    looks: list[str] = []

    class Watched(EventWindows):
        def windows(self, *args: Any, **options: Any) -> Any:
            looks.append("windows")
            return super().windows(*args, **options)

        def node_frames(self, index: int) -> Any:
            looks.append("frames")
            return super().node_frames(index)

    registers = {"event_detection": 1, "pix_offset": 0}
    seen = [Bench(core, each, **registers).readouts for each in (Watched(scene), scene)]
    mode = 3  # frame transfer
    assert list(seen[0].begin(mode) or ()) == list(seen[1].begin(mode) or ())
    for name, value, look in (
        ("correction_bypass", 0, "frames"),
        ("pix_offset", 5, "frames"),
        ("event_detection", 0, "frames"),
    ):
        rig = Bench(core, Watched(scene), **{**registers, name: value})
        looks.clear()
        assert list(rig.readouts.begin(mode) or ())
        assert looks == [look]


def test_tail_and_beyond_are_each_others_inverse() -> None:
    sigmas = np.linspace(0, 8, 200)
    part = tail(sigmas)
    exact: Callable[[float], float] = lambda at: 0.5 * math.erfc(at / math.sqrt(2))  # noqa: E731
    assert part == pytest.approx([exact(at) for at in sigmas], rel=1e-5)
    assert beyond(part) == pytest.approx(sigmas, abs=1e-4)
    assert tail(np.array([12.0, np.inf])).tolist() == [0, 0]


@given(arrays(np.float32, (7, 8), elements=st.integers(-50, 50)), st.data())
def test_no_background_is_below_what_rise_says(offset: Any, data: Any) -> None:
    risen, step = rise(offset)
    assert np.isneginf(risen[[0, 1, -2, -1]]).all()
    row, col = data.draw(st.tuples(st.integers(2, 4), st.integers(2, 5)))
    outer = [
        float(offset[row + dr, col + dc])
        for dr in range(-2, 3)
        for dc in range(-2, 3)
        if max(abs(dr), abs(dc)) == 2
    ]
    eleven = data.draw(st.permutations(outer))[:11]
    assert offset[row, col] - np.median(eleven) <= risen[row, col]
    assert step[row, col] == offset[row, col] - min(outer)
