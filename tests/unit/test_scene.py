# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The built-in scene: rates, geometry, noise, saturation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fsw_emu.scene import NODES, Scene, SceneParameters
from fsw_emu.scene.charge import share_cloud
from fsw_emu.scene.sky import Sky

#: hits per CCD and second: the budget that the scene claims (Soman et al., TN 1.2)
BUDGET: dict[str, dict[str, float]] = {
    "quiet": {
        "swcx": 5.134, "background": 15.403, "particles": 0.627, "sources": 0.657, "cosmic": 24.61,
    },
    "storm": {
        "swcx": 82.150, "background": 15.403, "particles": 1.255, "sources": 0.657, "cosmic": 24.61,
    },
}  # fmt: skip
EMPTY = SceneParameters(
    swcx_per_s=(0, 0),
    particles_per_s=(0, 0),
    background_per_s=0,
    sources_per_s=0,
    cosmic_per_s=0,
    hot_pixels_per_node=0,
)
#: no noise and no offset: samples are deposits, at 1 eV/ADU
CLEAN = SceneParameters(
    pedestal_adu=0,
    node_offset_sigma_adu=0,
    column_sigma_adu=0,
    row_ramp_adu=0,
    read_noise_adu=0,
    hot_pixels_per_node=0,
    fano=0,
    gain_ev_per_adu=1,
    cosmic_ev_per_um=50,
)


@pytest.mark.parametrize("kind", ["quiet", "storm"])
@pytest.mark.parametrize("seed", [1, 2])
def test_rates_are_those_of_the_budget(kind: Any, seed: int) -> None:
    scene, seconds = Scene(kind, seed=seed), 0.0
    tables = []
    for index in range(60):
        tables.append(scene.truth(index))
        seconds += 10.0
    truth = np.concatenate(tables)
    assert set(truth["kind"]) == set(BUDGET[kind])
    for component, per_s in BUDGET[kind].items():
        expected = 2 * per_s * seconds
        count = np.count_nonzero(truth["kind"] == component)
        assert abs(count - expected) < 5 * np.sqrt(expected), component
    for ccd in "24":
        expected = (sum(BUDGET[kind].values()) - BUDGET[kind]["sources"]) * seconds
        here = np.char.endswith(truth["node"], ccd) & (truth["kind"] != "sources")
        assert abs(np.count_nonzero(here) - expected) < 5 * np.sqrt(expected)


def test_counts_of_frames_scatter_like_poisson() -> None:
    scene = Scene("storm", frame_period_s=1.0)
    counts = np.array([len(scene.truth(index)) for index in range(200)])
    # The variance of n counts scatters by sqrt(2 / n).
    assert abs(counts.var() / counts.mean() - 1) < 5 * np.sqrt(2 / len(counts))


def test_storm_is_brighter_than_quiet() -> None:
    quiet, storm = (sum(f.sum() for f in Scene(k).node_frames(0).values())
                    for k in ("quiet", "storm"))  # fmt: skip
    assert storm > quiet


def test_photons_are_in_the_band_and_on_the_exposed_pixels() -> None:
    truth = Scene("storm", frame_period_s=300.0).truth(0)
    energy = truth["energy_ev"][truth["kind"] != "cosmic"]
    assert energy.min() >= 200
    assert energy.max() <= 2500
    # Rounded to 32 bits a place may reach the edge.
    for axis, size in (("row", 3791 / 6), ("col", 2255 / 6)):
        assert truth[axis].min() >= 0
        assert truth[axis].max() <= np.float32(size)


def test_no_edge_of_a_node_collects_photons() -> None:
    truth = Scene("storm", frame_period_s=3000.0).truth(0)
    row, col = (truth[axis].astype(int) for axis in ("row", "col"))
    assert np.bincount(row)[-3:].max() < 1.5 * np.median(np.bincount(row))
    assert np.bincount(col)[-3:].max() < 2.5 * np.median(np.bincount(col))


def test_a_track_loses_what_its_length_says() -> None:
    straight = SceneParameters(cosmic_spread=0)
    truth = Scene(frame_period_s=1000.0, parameters=straight).truth(0)
    cosmic = truth["energy_ev"][truth["kind"] == "cosmic"]
    assert cosmic.min() >= np.float32(230 * 16)
    # Through a plane half of isotropic rays are steeper than cos = sqrt(1/2).
    assert np.median(cosmic) == pytest.approx(230 * 16 * np.sqrt(2), rel=0.02)


def test_tracks_go_every_way() -> None:
    rng = np.random.default_rng(1)
    tracks = Sky("quiet", rng, SceneParameters()).tracks(rng, 1000.0)
    eighths = np.floor(np.arctan2(tracks.d_row, tracks.d_col) / (np.pi / 4)).astype(int) + 4
    counts = np.bincount(eighths, minlength=8)
    expected = len(eighths) / 8
    assert abs(counts - expected).max() < 5 * np.sqrt(expected)


def test_shapes_and_types() -> None:
    scene = Scene()
    for frames, shape in ((scene.node_frames(3), (639, 384)), (scene.uv_frames(3), (165, 96))):
        assert tuple(frames) == NODES == ("E2", "F2", "E4", "F4")
        for frame in frames.values():
            assert frame.shape == shape
            assert frame.dtype == np.uint16
    full = scene.full_frame(3, 2)
    assert full.shape == (4511, 4608)
    assert full.dtype == np.uint16
    assert scene.detection_threshold_adu == 25


def test_overscan_has_offset_and_noise_only() -> None:
    fierce = replace(SceneParameters(), cosmic_per_s=2000, column_sigma_adu=0, row_ramp_adu=0)
    scene = Scene("storm", parameters=fierce)
    for frames, exposed in ((scene.node_frames(0), (632, 376)), (scene.uv_frames(0), (158, 94))):
        for frame in frames.values():
            for overscan in (frame[exposed[0] :], frame[:, exposed[1] :]):
                values = overscan.astype(float)
                assert abs(values.mean() - 500) < 10
                assert values.max() < values.mean() + 7 * 5
                assert values.std() == pytest.approx(np.sqrt(25 + 1 / 12), rel=0.1)
    full = scene.full_frame(0, 4)
    assert full[3791:].max() < 600
    assert full[:, 2 * 2255 :].max() < 600


def test_noise_and_pedestal() -> None:
    scene = Scene(parameters=EMPTY)
    first, second = scene.node_frames(0), scene.node_frames(1)
    for node in NODES:
        difference = first[node].astype(float) - second[node]
        assert difference.std() / np.sqrt(2) == pytest.approx(np.sqrt(25 + 1 / 12), rel=0.01)
        # 2 ADU of half a ramp, a node offset of sigma 2 ADU
        assert abs(first[node].mean() - 502) < 10
    assert len({round(float(frame.mean()), 1) for frame in first.values()}) == 4


@pytest.mark.parametrize(
    "take",
    [
        lambda scene, i: scene.node_frames(i)["F2"],
        lambda scene, i: np.vstack([scene.uv_frames(10 * i + k)["F2"] for k in range(10)]),
        lambda scene, i: scene.full_frame(i, 2)[:, 0::12],
    ],
    ids=["FT", "UV", "FF"],
)
def test_columns_keep_their_pattern(take: Callable[[Scene, int], Any]) -> None:
    scene = Scene(parameters=EMPTY)
    first, second = (take(scene, i).mean(axis=0) for i in (0, 1))
    assert first.std() == pytest.approx(1, rel=0.25)
    assert np.corrcoef(first, second)[0, 1] > 0.9


def test_rows_rise_over_a_node() -> None:
    frame = Scene(parameters=EMPTY).node_frames(0)["E4"].mean(axis=1)
    assert frame[-20:].mean() - frame[:20].mean() == pytest.approx(4, abs=0.5)


def test_hot_pixels_are_the_bad_pixels() -> None:
    scene = Scene(parameters=replace(EMPTY, hot_pixels_per_node=4))
    frames, bad = scene.node_frames(0), scene.bad_pixels()
    for node in NODES:
        assert bad[node].shape == (639, 384)
        assert bad[node].sum() == 4
        np.testing.assert_array_equal(frames[node] > 575, bad[node])
    assert (scene.uv_frames(0)["E2"] > 575).sum() in range(1, 5)
    assert (scene.full_frame(0, 2)[:, 1::2] > 575).sum() == 4


def test_bright_samples_saturate_and_never_wrap() -> None:
    bright = replace(EMPTY, pedestal_adu=65_500, cosmic_per_s=20, cosmic_ev_per_um=1e9)
    scene = Scene(parameters=bright)
    frames = [*scene.node_frames(0).values(), *scene.uv_frames(0).values(), scene.full_frame(0, 2)]
    for frame in frames:
        assert frame.max() == 65_535
        assert frame.min() > 65_000


def test_dark_samples_stay_at_zero() -> None:
    frame = Scene(parameters=replace(EMPTY, pedestal_adu=0)).node_frames(0)["E2"]
    assert frame.min() == 0
    assert frame.max() < 100


def test_charge_of_lone_photons_is_conserved() -> None:
    scene = Scene("storm", parameters=replace(CLEAN, cosmic_per_s=0, gain_ev_per_adu=0.1))
    truth, frames = scene.truth(0), scene.node_frames(0)
    n_lone = 0
    for node in NODES:
        here = truth[truth["node"] == node]
        row, col = here["row"].astype(int), here["col"].astype(int)
        far = np.maximum(abs(row[:, None] - row), abs(col[:, None] - col)) > 5
        inner = (row > 2) & (row < 629) & (col > 2) & (col < 373)
        for i in np.flatnonzero(inner & (far.sum(axis=1) == len(here) - 1)):
            around = frames[node][row[i] - 2 : row[i] + 3, col[i] - 2 : col[i] + 3]
            assert abs(around.sum() * 0.1 - here["energy_ev"][i]) < 9 * 0.05 + 0.01
            n_lone += 1
    assert n_lone > 1000


def test_every_way_to_read_out_sees_the_same_charge() -> None:
    """Unbinned samples sum to 6x6-binned ones, these to 24x24-binned ones, but for rounding."""
    scene = Scene("storm", parameters=CLEAN)
    frames, binned, full = scene.node_frames(5), scene.uv_frames(5), scene.full_frame(5, 4)
    for i, node in enumerate(("F4", "E4")):
        frame = frames[node].astype(float)
        assert frame.max() < 65_535
        fine = full[: 639 * 6, i::2].reshape(639, 6, 384, 6).sum(axis=(1, 3))
        assert abs(fine - frame)[:630, :374].max() < 36 / 2 + 10
        coarse = frame[:628, :372].reshape(157, 4, 93, 4).sum(axis=(1, 3))
        assert abs(binned[node][:157, :93] - coarse).max() < 16 / 2 + 10


def test_most_charge_stays_in_one_pixel() -> None:
    sigma = SceneParameters().cloud_sigma_um / SceneParameters().pixel_um
    at = (np.arange(200) + 0.5) / 200
    row, col = (axis.ravel() for axis in np.meshgrid(at, at))
    _, _, parts = share_cloud(row, col, sigma)
    # A Gaussian loses sigma / sqrt(2 pi) over each of two edges, on average.
    expected = (1 - 2 * sigma / np.sqrt(2 * np.pi)) ** 2
    assert parts[4].mean() == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Scene("calm"),  # type: ignore[arg-type]
        lambda: Scene(frame_period_s=0),
        lambda: Scene(frame_period_s=float("nan")),
        lambda: Scene(frame_period_s=float("inf")),
        lambda: Scene(seed=-1),
        lambda: Scene().node_frames(-1),
        lambda: Scene().full_frame(0, 3),  # type: ignore[arg-type]
        lambda: SceneParameters(gain_ev_per_adu=0),
        lambda: SceneParameters(read_noise_adu=-1),
        lambda: SceneParameters(photon_max_ev=200),
    ],
)
def test_nonsense_is_refused(make: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match=r"no such|frame|seed|scale"):
        make()


@pytest.mark.verifies("A10")
@pytest.mark.parametrize("kind", ["quiet", "storm"])
def test_threshold_is_five_sigma_of_the_read_noise(kind: Any) -> None:
    scene = Scene(kind)
    assert scene.detection_threshold_adu == 5 * scene.parameters.read_noise_adu == 25
