# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The sky of the detailed scene: rates, lines, the magnetosheath and what the solar wind does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from detailed_cases import DARKNESS, scene
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from fsw_emu.scene.detailed import PRESETS, preset
from fsw_emu.scene.detailed.conditions import conditions
from fsw_emu.scene.detailed.sky import LEAST_COSINE_2, MOYAL_MEAN, Sky, cell_centres, moyal
from fsw_emu.scene.exposure import COMPONENTS, PARTICLES
from fsw_emu.scene.parameters import EXPOSED_COLS, EXPOSED_ROWS, NODES

N_FRAMES = 60
MIDDLE = 79  # the row of cells at the height of the Earth


def arrivals(parameters: Any, n: int = N_FRAMES) -> tuple[NDArray[Any], NDArray[Any]]:
    """Photons and tracks of so many readouts."""
    sky, rng = Sky(parameters), np.random.default_rng(1)
    times = [conditions(parameters, i * parameters.period_s) for i in range(n)]
    photons = np.concatenate([sky.photons(rng, now) for now in times])
    return photons, np.concatenate([sky.tracks(rng) for _ in times])


@pytest.mark.parametrize("name", PRESETS)
def test_rates_are_those_of_the_parameters(name: str) -> None:
    # a source so far inside that nothing of its arms leaves the CCD
    p = preset(name, {"sky.sources": [[188.0, 900.0, 1.5]]})
    photons, tracks = arrivals(p)
    more = p.sky.pressure_npa / p.sky.reference_npa
    per_s = {
        "swcx": 2 * p.sky.swcx_per_s * more,
        "background": 2 * p.sky.background_per_s,
        "source": 1.5,
        "particles": 2 * p.sky.particles_per_s,
    }
    assert set(per_s) == set(COMPONENTS)
    seconds = N_FRAMES * p.period_s
    for i, component in enumerate(COMPONENTS):
        expected = per_s[component] * seconds
        assert abs(np.sum(photons["component"] == i) - expected) < 5 * np.sqrt(expected)
    for i, rate in enumerate((p.particles.cosmic_per_s, p.particles.protons_per_s)):
        expected = 2 * rate * seconds
        assert abs(np.sum(tracks["particle"] == i) - expected) <= 5 * np.sqrt(expected)


def test_counts_scatter_like_poisson() -> None:
    p = preset("storm")
    sky, rng = Sky(p), np.random.default_rng(2)
    counts = np.array([len(sky.photons(rng, conditions(p, 0.0))) for _ in range(300)])
    assert abs(counts.var() / counts.mean() - 1) < 5 * np.sqrt(2 / len(counts))


@pytest.mark.parametrize("name", ["storm", "proton"])
def test_all_arrive_where_light_reaches(name: str) -> None:
    photons, tracks = arrivals(preset(name), 10)
    for table in (photons, tracks):
        assert set(table["node"]) == set(range(4))
        assert table["row"].min() >= 0
        assert table["row"].max() <= np.float32(EXPOSED_ROWS)
        assert table["col"].min() >= 0
        assert table["col"].max() <= np.float32(EXPOSED_COLS)


def test_lines_have_their_weights() -> None:
    p = preset("storm", DARKNESS | {"sky.swcx_per_s": 500.0})
    photons, _ = arrivals(p, 5)
    energies, weights = np.array(p.sky.lines).T
    counts = [np.sum(photons["energy_ev"] == np.float32(ev)) for ev in energies]
    assert sum(counts) == len(photons)
    expected = weights / weights.sum() * len(photons)
    assert stats.chisquare(counts, expected).pvalue > 1e-6


def test_continuum_is_a_truncated_exponential() -> None:
    p = preset("quiet", DARKNESS | {"sky.background_per_s": 500.0})
    photons, _ = arrivals(p, 5)
    fold, width = p.sky.background_fold_ev, p.sky.band_max_ev - p.sky.band_min_ev
    law = stats.truncexpon(width / fold, p.sky.band_min_ev, fold)
    assert stats.kstest(photons["energy_ev"], law.cdf).pvalue > 1e-6


def edge(p: Any, pressure_npa: float) -> float:
    """Where the brightness rises most, right of the Earth [px]."""
    x, _ = cell_centres()
    bright = Sky(p).brightness(pressure_npa)[MIDDLE]
    return float(x[np.argmax(np.diff(bright))] + x[1] - x[0]) - p.sky.earth_x_px


@given(st.floats(2.4, 8.0), st.floats(2.4, 8.0))
@settings(max_examples=20, deadline=None)
def test_the_magnetopause_moves_as_pressure_balance(one: float, other: float) -> None:
    """As P^(-1/6), to a cell and a half of 8 pixels; at 2 to 2.3 nPa it lies where the nodes meet,
    which are 24 pixels apart."""
    p = preset("quiet", {"sky.cusp_part": 0.0, "sky.vignetting_part": 0.0, "sky.edge_part": 0.01})
    expected = edge(p, one) * (other / one) ** (-1 / 6)
    assert abs(edge(p, other) - expected) < 12


def test_photons_follow_the_map() -> None:
    """Over cells of the focal plane, put together by the places of the nodes."""
    p = preset("storm", DARKNESS | {"sky.swcx_per_s": 4000.0})
    photons, _ = arrivals(p, 5)
    right = np.isin(photons["node"], [NODES.index("F2"), NODES.index("E4")])
    above = np.isin(photons["node"], [NODES.index("E2"), NODES.index("F2")])
    x = np.where(right, 768 - photons["col"], photons["col"])
    y = np.where(above, 1278 - photons["row"], photons["row"])
    xs, ys = cell_centres()
    bright = Sky(p).brightness(p.sky.pressure_npa)
    counts, _, _ = np.histogram2d(y, x, bins=(_edges(ys), _edges(xs)))
    blocks = [table.reshape(79, 2, 47, 2).sum(axis=(1, 3)) for table in (counts, bright)]
    counts, expected = blocks[0], blocks[1] * (len(photons) / bright.sum())
    assert stats.chisquare(counts.ravel(), expected.ravel()).pvalue > 1e-6


def _edges(at: NDArray[np.float64]) -> NDArray[np.float64]:
    between = (at[1:] + at[:-1]) / 2
    return np.concatenate([[-1.0], between, [2000.0]])


def test_an_onset_raises_the_rate_and_moves_the_arc() -> None:
    onset = {"sky.onset_s": 100.0, "sky.onset_ramp_s": 40.0, "sky.onset_factor": 8.0}
    p = preset("quiet", onset)
    times = (0.0, 99.9, 100.0, 120.0, 140.0, 1e6)
    pressures = [conditions(p, at).pressure_npa for at in times]
    assert pressures == pytest.approx([2, 2, 2, 9, 16, 16])
    step = preset("quiet", onset | {"sky.onset_ramp_s": 0.0})
    assert [conditions(step, at).pressure_npa for at in (99.9, 100.0)] == [2, 16]
    sky, rng = Sky(p), np.random.default_rng(3)
    swcx = []
    for at in (0.0, 200.0):
        table = np.concatenate([sky.photons(rng, conditions(p, at)) for _ in range(40)])
        swcx.append(table[table["component"] == 0])
    expected = 8 * len(swcx[0])
    assert abs(len(swcx[1]) - expected) < 5 * np.sqrt(expected + 64 * len(swcx[0]))
    left = [np.mean(np.isin(table["node"], [0, 3])) for table in swcx]
    assert left[1] > left[0] + 0.1  # nearer to the Earth


def test_sources_have_a_core_and_arms() -> None:
    at = (188.0, 900.0)
    p = preset("quiet", DARKNESS | {"sky.sources": [[*at, 20_000.0]]})
    photons, _ = arrivals(p, 1)
    assert set(photons["node"]) == {NODES.index("E2")}
    x, y = photons["col"] - at[0], 1278 - photons["row"] - at[1]
    s = p.sky
    for along, across in ((x, y), (y, x)):
        # of an arm, what is further than three sigma of the core
        far = np.abs(along) > 3 * s.core_px
        expected = (1 - s.core_part) / 2 * np.exp(-3 * s.core_px / s.arm_px)
        expected += (1 - (1 - s.core_part) / 2) * 2 * stats.norm.sf(3)
        n = len(photons)
        assert abs(far.sum() - n * expected) < 5 * np.sqrt(n * expected)
        assert np.mean(np.abs(across[far]) < 3 * s.core_px) > 0.99
        assert abs(along.mean()) < 5 * along.std() / np.sqrt(n)


def test_what_falls_beside_the_ccds_is_lost() -> None:
    p = preset("quiet", DARKNESS | {"sky.sources": [[384.0, 639.0, 2000.0]]})
    photons, _ = arrivals(p, 1)
    assert 0 < len(photons) < 2000 * p.period_s / 2  # the gap between the nodes
    assert photons["row"].min() >= 0


def test_loss_spreads_as_moyal() -> None:
    drawn = moyal(np.random.default_rng(4), 20_000)
    assert stats.kstest(drawn, "moyal").pvalue > 1e-6
    assert pytest.approx(stats.moyal.mean()) == MOYAL_MEAN


def test_tracks_lose_by_their_way() -> None:
    p = preset("quiet", {"particles.cosmic_per_s": 3000.0})
    _, tracks = arrivals(p, 2)
    assert set(tracks["particle"]) == {PARTICLES.index("cosmic")}
    across_um = np.hypot(tracks["d_row"], tracks["d_col"]) * 6 * p.silicon.pixel_um
    way_um = np.hypot(across_um, p.silicon.thickness_um)
    per_um = tracks["energy_ev"] / way_um
    sem = per_um.std() / np.sqrt(len(per_um))
    assert abs(per_um.mean() - p.particles.cosmic_ev_per_um) < 5 * sem
    cosine_2 = (p.silicon.thickness_um / way_um) ** 2
    law = stats.uniform(LEAST_COSINE_2, 1 - LEAST_COSINE_2)
    assert stats.kstest(cosine_2, law.cdf).pvalue > 1e-6


@pytest.mark.parametrize("index", [0.5, 1.0, 2.5])
def test_protons_have_a_power_law(index: float) -> None:
    p = preset("proton", {"particles.spread": 0.0, "particles.proton_index": index})
    p_particles = p.particles
    _, tracks = arrivals(p, 4)
    protons = tracks[tracks["particle"] == PARTICLES.index("proton")]
    across_um = np.hypot(protons["d_row"], protons["d_col"]) * 6 * p.silicon.pixel_um
    per_um = protons["energy_ev"] / np.hypot(across_um, p.silicon.thickness_um)
    mev = 10 * (per_um / p_particles.proton_ev_per_um) ** (-1 / p_particles.proton_slope)
    low, high = p_particles.proton_min_mev, p_particles.proton_max_mev

    def law(at: Any) -> Any:
        at = np.clip(at, low, high)
        if index == 1:
            return np.log(at / low) / np.log(high / low)
        rest = 1 - index
        return (at**rest - low**rest) / (high**rest - low**rest)

    assert stats.kstest(mev, law).pvalue > 1e-6
    # silicon at 100 MeV: 5.8 MeV cm2/g (tables of stopping powers)
    at_100 = p_particles.proton_ev_per_um * 10**-p_particles.proton_slope
    assert at_100 == pytest.approx(5.8e6 * 2.33 / 1e4, rel=0.1)


def test_no_track_loses_more_than_it_has() -> None:
    slow = {"particles.proton_min_mev": 3.0, "particles.proton_max_mev": 3.001}
    p = preset("proton", {"particles.cosmic_per_s": 0.0, "particles.protons_per_s": 2000.0} | slow)
    _, tracks = arrivals(p, 2)
    assert tracks["energy_ev"].max() == np.float32(3.001e6) or tracks["energy_ev"].max() < 3.001e6
    assert np.sum(tracks["energy_ev"] > 2.9e6) > 10


def test_scene_shows_its_map() -> None:
    moving = scene({"sky.onset_s": 4.0, "sky.onset_factor": 6.0})
    before, after = moving.brightness(0), moving.brightness(1)
    assert before.shape == (158, 94)
    assert not np.allclose(before, after)
