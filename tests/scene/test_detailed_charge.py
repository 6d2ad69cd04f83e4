# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""From energy to charge in pixels, and what becomes of it on the way to the node."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from detailed_cases import CLEAN, DARKNESS, PERFECT, SILENT, UNITS, scene
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from fsw_emu.scene.detailed import preset
from fsw_emu.scene.detailed.silicon import (
    attenuation_um,
    cloud_um,
    depths_um,
    freed_electrons,
    photon_pieces,
    track_pieces,
)
from fsw_emu.scene.detailed.transfer import Loss, loss_at, read_out
from fsw_emu.scene.exposure import PHOTON_DTYPE, TRACK_DTYPE
from fsw_emu.scene.parameters import COLS, ROWS

SILICON = preset("quiet").silicon
places = st.tuples(st.integers(0, 3), st.floats(5, 600), st.floats(5, 350))


@pytest.mark.parametrize("ev", [300.0, 1000.0, 1800.0, 2000.0])
def test_depths_are_a_truncated_exponential(ev: float) -> None:
    part = np.random.default_rng(1).random(20_000)
    depths = depths_um(part, np.full(len(part), ev), SILICON)
    length = float(attenuation_um(np.array([ev]), SILICON)[0])
    law = stats.truncexpon(SILICON.thickness_um / length, 0, length)
    assert stats.kstest(depths, law.cdf).pvalue > 1e-6


def test_silicon_is_as_in_tables() -> None:
    """Attenuation lengths within a third of those of public tables [um]."""
    tables = {300.0: 0.12, 500.0: 0.45, 1000.0: 2.7, 1500.0: 8.0, 1830.0: 13.5, 1850.0: 1.35}
    ours = attenuation_um(np.array(list(tables)), SILICON)
    assert np.all(np.abs(ours / list(tables.values()) - 1) < 1 / 3)


def test_clouds_from_the_back_are_the_widest() -> None:
    sigma = cloud_um(np.array([0.0, 8.0, 16.0]), SILICON)
    assert sigma == pytest.approx([10.0, np.sqrt((100 + 4) / 2), 2.0])


def test_charge_has_fano_noise() -> None:
    energy = np.full(50_000, 1000.0)
    electrons = freed_electrons(np.random.default_rng(2), energy, SILICON)
    mean = 1000 * 55 / 200
    se = np.sqrt(SILICON.fano * mean / len(energy))
    assert abs(electrons.mean() - mean) < 5 * se
    assert abs(electrons.var() / (SILICON.fano * mean) - 1) < 5 * np.sqrt(2 / len(energy))


@given(st.lists(st.tuples(places, st.floats(10, 1e5), st.floats(0, 16)), min_size=1, max_size=9))
def test_pieces_of_a_photon_are_all_its_charge(case: list[Any]) -> None:
    photons = np.zeros(len(case), PHOTON_DTYPE)
    depth = np.array([depth for *_, depth in case])
    for photon, ((node, row, col), electrons, _) in zip(photons, case, strict=True):
        photon["node"], photon["row"], photon["col"] = node, row, col
        photon["electrons"] = electrons
    for scale in (1, 6):
        nodes, rows, cols, electrons = photon_pieces(photons, depth, SILICON, scale=scale)
        assert electrons.sum() == pytest.approx(photons["electrons"].sum(dtype=float))
        assert set(nodes) == set(photons["node"])
        middle = (rows + 0.5) / scale * electrons
        # integrated over pixels, the centre of charge is within a pixel of the photon
        if len(photons) == 1:
            assert abs(middle.sum() / electrons.sum() - photons["row"][0]) < 1
            assert np.all(np.abs((cols + 0.5) / scale - photons["col"][0]) < 2)


@given(
    st.lists(
        st.tuples(places, st.floats(-9, 9), st.floats(-9, 9), st.floats(10, 1e7)),
        min_size=1,
        max_size=5,
    )
)
def test_pieces_of_a_track_are_all_its_charge(case: list[Any]) -> None:
    tracks = np.zeros(len(case), TRACK_DTYPE)
    for track, ((node, row, col), d_row, d_col, ev) in zip(tracks, case, strict=True):
        track["node"], track["row"], track["col"] = node, row, col
        track["d_row"], track["d_col"], track["energy_ev"] = d_row, d_col, ev
    expected = tracks["energy_ev"].astype(float) / SILICON.ev_per_pair
    for scale in (1, 6):
        nodes, rows, cols, electrons = track_pieces(tracks, SILICON, scale=scale)
        assert electrons.sum() == pytest.approx(expected.sum())
        for node in set(tracks["node"]):
            here = tracks["node"] == node
            assert electrons[nodes == node].sum() == pytest.approx(expected[here].sum())
        if len(tracks) == 1:
            for at, name in ((rows, "row"), (cols, "col")):
                middle = tracks[name][0] + tracks[f"d_{name}"][0] / 2
                assert np.average((at + 0.5) / scale, weights=electrons) == pytest.approx(
                    middle, abs=0.51
                )


def test_nothing_leaves_no_charge() -> None:
    assert not len(photon_pieces(np.zeros(0, PHOTON_DTYPE), np.zeros(0), SILICON, scale=1)[0])
    assert not len(track_pieces(np.zeros(0, TRACK_DTYPE), SILICON, scale=6)[0])


def test_truth_is_complete() -> None:
    """Where clouds are small, the photons told of are the charge in the frames, pixel by pixel."""
    small = {"silicon.cloud_um": 0.01, "silicon.cloud_least_um": 0.01}
    dense = {"sky.swcx_per_s": 300.0, "particles.cosmic_per_s": 0.0}
    bright = scene(CLEAN, UNITS, small, dense, name="storm")
    exposure = bright.exposure(0)
    p = exposure.photons
    place = (p["node"].astype(int) * ROWS + p["row"].astype(int)) * COLS + p["col"].astype(int)
    charge = np.bincount(place, p["electrons"], 4 * ROWS * COLS).reshape(4, ROWS, COLS)
    near = np.zeros(charge.shape, bool)  # of an edge, charge is shared
    split = (np.abs(p["row"] - np.rint(p["row"])) < 0.001) | (
        np.abs(p["col"] - np.rint(p["col"])) < 0.001
    )
    for photon in p[split]:
        row, col = int(photon["row"]), int(photon["col"])
        near[photon["node"], max(row - 1, 0) : row + 2, max(col - 1, 0) : col + 2] = True
    assert near.sum() < 0.01 * near.size
    assert np.abs(exposure.frames - charge)[~near].max() <= 0.51
    assert exposure.frames.sum() == pytest.approx(p["electrons"].sum(dtype=float), rel=1e-3)


@pytest.mark.parametrize("name", ["storm", "proton"])
def test_charge_is_conserved_without_losses(name: str) -> None:
    """But for tracks that leave the exposed pixels: here they are short."""
    exposure = scene(CLEAN, UNITS, {"silicon.thickness_um": 1.0}, name=name).exposure(1)
    expected = exposure.photons["electrons"].sum(dtype=float)
    expected += exposure.tracks["energy_ev"].sum(dtype=float) * 55 / 200
    # 9 pixels of a cloud are rounded each
    assert exposure.frames.sum(dtype=float) == pytest.approx(expected, rel=0.01)


losses = st.builds(
    Loss,
    st.floats(0, 1e-3),
    st.floats(0, 1e-3),
    st.just(719.0),
    st.floats(0, 1),
    st.floats(0.1, 30),
)


@given(st.integers(0, 3), st.integers(0, 600), st.integers(0, 350), st.floats(1e3, 1e6), losses)
def test_charge_that_arrives_follows_the_formula(
    node: int, row: int, col: int, electrons: float, loss: Loss
) -> None:
    place = np.array([(node * ROWS + row) * COLS + col])
    places, charge = read_out(place, np.array([electrons]), loss)
    arrived = np.bincount(places, charge, 4 * ROWS * COLS).reshape(4, ROWS, COLS)
    by_rows = (1 - loss.parallel) ** (6 * row + 3.5 + 719)
    by_cols = (1 - loss.serial) ** (6 * col + 3.5)
    back = [(1 - kept) * loss.trail_part for kept in (by_rows, by_cols)]
    # 0.1 electrons of the trails are left out at most
    assert arrived.sum() == pytest.approx(
        electrons * (by_rows + back[0]) * (by_cols + back[1]), rel=1e-3, abs=0.1
    )
    assert arrived[node, row, col] >= electrons * by_rows * by_cols * 0.999999
    assert arrived.sum() == pytest.approx(arrived[node, row : row + 3, col : col + 3].sum())
    behind = arrived[node].sum(axis=1)[row : row + 3]
    assert behind[0] >= behind[1] or loss.trail_px > 3


@given(losses.map(Loss.trail))
def test_parts_of_a_trail_sum_to_one(parts: tuple[float, ...]) -> None:
    assert sum(parts) == pytest.approx(1)
    assert min(parts) >= 0


def test_without_loss_nothing_moves() -> None:
    place, electrons = np.arange(9), np.arange(9.0)
    moved = read_out(place, electrons, Loss(0.0, 0.0, 719.0, 0.6, 3.0))
    assert moved[0] is place
    assert moved[1] is electrons


def test_trails_end_with_the_node() -> None:
    """Nothing comes out of the next line or node."""
    corner = np.array([(ROWS - 1) * COLS + COLS - 1])
    places, _ = read_out(corner, np.array([1e6]), Loss(1e-3, 1e-3, 719.0, 1.0, 30.0))
    assert set(places) == set(corner)


def test_losses_grow_with_dose_and_are_less_behind_injected_lines() -> None:
    p = preset("quiet")
    young, old = loss_at(p, 0.0), loss_at(p, 5.0)
    assert young.parallel == p.transfer.cti_parallel
    assert old.parallel == pytest.approx(1e-6 + 5e-5)
    assert old.serial == pytest.approx(1e-6 + 2e-5)
    injected = loss_at(preset("quiet", {"injection.every_rows": 50}), 5.0)
    assert injected.parallel == pytest.approx(old.parallel * p.injection.cti_factor)


def columns_of(cti: dict[str, Any], rows: slice) -> float:
    """Mean charge of 1 keV photons in a band of rows, in windows of 5x5 around them."""
    flat = {"sky.lines": [[1000.0, 1.0]], "sky.swcx_per_s": 60.0, "silicon.fano": 0.0}
    uniform = {"sky.floor_part": 10.0, "sky.cusp_part": 0.0}
    only = scene(DARKNESS, CLEAN, UNITS, flat, uniform, cti)
    sums: list[float] = []
    for index in range(12):
        exposure = only.exposure(index)
        p = exposure.photons
        chosen = p[(p["row"] >= rows.start) & (p["row"] < rows.stop) & (p["col"] < 370)]
        for photon in chosen[(chosen["col"] >= 3) & (chosen["row"] >= 3)]:
            row, col = int(photon["row"]), int(photon["col"])
            window = exposure.frames[photon["node"], row - 2 : row + 3, col - 2 : col + 3]
            sums.append(float(window.sum()))
    return float(np.median(sums))


def test_far_rows_lose_more_in_the_frames() -> None:
    cti = {"transfer.cti_parallel": 5e-5, "transfer.trail_part": 0.0}
    near, far = columns_of(cti, slice(3, 103)), columns_of(cti, slice(503, 603))
    expected = (1 - 5e-5) ** (6 * 500)
    assert far / near == pytest.approx(expected, abs=0.02)  # windows are rounded: 25 pixels


def test_full_wells_and_converters_saturate() -> None:
    full = scene(CLEAN, UNITS, {"silicon.full_well": 300.0}, name="storm").exposure(0)
    assert full.frames.max() == 300
    for gain in (1.0, 0.03, 0.01):
        clean = scene(PERFECT, SILENT, {"converter.gain_ev_per_adu": gain}, name="proton")
        frames = clean.exposure(0).frames
        fine = scene(PERFECT, SILENT, UNITS, {"silicon.full_well": 65000.0}, name="proton")
        electrons = fine.exposure(0).frames
        clear = electrons > 20
        expected = np.minimum(electrons[clear] * (200 / 55 / gain), 0xFFFF)
        top: NDArray[Any] = expected == 0xFFFF
        assert (frames[clear][electrons[clear] * 200 / 55 / gain > 70_000] == 0xFFFF).all()
        assert np.abs(frames[clear] / expected - 1)[~top].max() < 0.03
        assert top.any()


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 1000))
def test_overscan_holds_no_photons(seed: int) -> None:
    frames = scene(CLEAN, UNITS, name="proton", seed=seed).exposure(0).frames
    assert frames[:, 632:].max() == 0
    assert frames[:, :, 376:].max() == 0
    assert frames[:, :632, :376].max() > 0


def test_overscan_holds_what_stayed_behind() -> None:
    """The classical measure of CTI: the first pixels of the overscan over the last exposed ones."""
    lossy = {"transfer.cti_parallel": 2e-5, "transfer.cti_serial": 2e-5}
    frames = scene(CLEAN, UNITS, lossy, name="proton").exposure(0).frames
    assert frames[:, 632].sum() > 0
    assert frames[:, :, 376].sum() > 0
    assert frames[:, 634:].max() == 0
    assert frames[:, :, 378:].max() == 0
