# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The storm of the requirement at full size: 3000 events a node frame, 2000 sent of a CCD, 200
frames; loss by row and side beside that of the flight rule, judged by numpy and scipy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from fsw_emu.core import EVENT_DTYPE, Core, FairSelection, default_core

ROWS, COLS, FOUND, LIMIT, FRAMES, BANDS = 639, 384, 3000, 2000, 240, 8
EDGES = np.linspace(0, ROWS, BANDS + 1)
Sky = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]

SKIES: dict[str, Sky] = {
    "uniform": lambda row, _col: np.ones_like(row),
    "rows": lambda row, _col: 1 + 4 * row,
    "corner": lambda row, col: np.exp(2 * (row + col)),
}


@pytest.fixture(scope="module")
def core() -> Core:
    return default_core()


def node(rng: np.random.Generator, sky: Sky) -> NDArray[Any]:
    """Events of one node frame in raster order, by rejection from the sky's brightness."""
    row, col = rng.random((2, 20 * FOUND))
    weight = sky(row, col)
    take = np.flatnonzero(rng.random(len(row)) * weight.max() < weight)[:FOUND]
    assert len(take) == FOUND
    events = np.zeros(FOUND, EVENT_DTYPE)
    pixels = np.sort((row[take] * ROWS).astype(int) * COLS + (col[take] * COLS).astype(int))
    events["row"], events["col"] = np.divmod(pixels, COLS)
    return events


def storm(core: Core, sky: Sky, **of: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Found and kept of each frame, side and band: (frames, 2, bands)."""
    rng = np.random.default_rng(2000)
    found, kept = np.zeros((2, FRAMES, 2, BANDS))
    for frame in range(FRAMES):
        sides = node(rng, sky), node(rng, sky)
        made = core.fair_select(*sides, limit=LIMIT, seed=4, frame_counter=frame, **of)
        assert made.found == (FOUND, FOUND)
        assert sum(made.sent) == LIMIT == made.keep_e.sum() + made.keep_f.sum()
        told_exactly(made)
        for s, (events, keep) in enumerate(zip(sides, (made.keep_e, made.keep_f), strict=True)):
            found[frame, s] = np.histogram(events["row"], EDGES)[0]
            kept[frame, s] = np.histogram(events["row"][keep], EDGES)[0]
    return found, kept


def told_exactly(made: FairSelection) -> None:
    for s in range(2):
        assert made.found[s] == made.sent[s] + made.over_tile[s] + made.over_limit[s]
        for total, by_tile in (
            (made.found, made.tile_found), (made.over_tile, made.tile_over),
            (made.sent, made.tile_sent),
        ):  # fmt: skip
            assert by_tile[s].sum() == total[s]


@pytest.mark.verifies("FAIR-2", "FAIR-4", "FAIR-6")
@pytest.mark.parametrize("name", SKIES)
def test_loss_is_equal_over_bands_and_sides(core: Core, name: str) -> None:
    found, kept = storm(core, SKIES[name], policy="fair")
    n = found.sum(axis=0)
    loss = 1 - kept.sum(axis=0) / n
    expected = 1 - LIMIT / (2 * FOUND)
    error = np.sqrt(expected * (1 - expected) / n)
    away = np.abs(loss - expected)
    assert (away < 0.01).all()  # the requirement,
    assert (away < 3 * error).all()  # and nothing beyond what sampling leaves
    # kept and dropped by band and side: no dependence
    table = np.stack((kept.sum(axis=0).ravel(), (found - kept).sum(axis=0).ravel()))
    assert stats.chi2_contingency(table).pvalue > 1e-3


def test_flight_starves_late_rows_and_the_second_side(core: Core) -> None:
    """Which is what the figures above are for."""
    found, kept = storm(core, SKIES["uniform"])
    loss = 1 - kept.sum(axis=0) / found.sum(axis=0)
    assert (loss[0, :5] == 0).all()
    assert (loss[0, 6:] == 1).all()
    assert (loss[1] == 1).all()


@pytest.mark.verifies("FAIR-4")
@pytest.mark.parametrize("seed", [0, 1, 4_000_000_000])
def test_each_event_has_the_same_chance(core: Core, seed: int) -> None:
    """The same sky again and again: how often each event is kept, and in frames in a row."""
    events = node(np.random.default_rng(1), SKIES["uniform"])
    frames, chance = 1000, LIMIT / (2 * FOUND)
    keeps = np.zeros((frames, 2, FOUND))
    for frame in range(frames):
        made = core.fair_select(
            events, events, limit=LIMIT, policy="fair", seed=seed, frame_counter=frame
        )
        keeps[frame] = made.keep_e, made.keep_f
    times = keeps.sum(axis=0)
    spread = (times - frames * chance) ** 2 / (frames * chance * (1 - chance))
    assert 1e-3 < stats.chi2.sf(spread.sum(), 2 * (FOUND - 1)) < 1 - 1e-3
    both = (keeps[1:] * keeps[:-1]).mean(), (keeps[:, 0] * keeps[:, 1]).mean()
    error = np.sqrt(chance**2 * (1 - chance**2) / (frames * FOUND))
    assert np.abs(np.array(both) - chance**2).max() < 4 * error


@pytest.mark.verifies("FAIR-3", "FAIR-4")
def test_a_flare_is_paid_by_its_own_tile(core: Core) -> None:
    """1500 of 3000 events in one tile: with a quota the rest loses as without the flare."""
    rng = np.random.default_rng(5)
    lost: dict[int, list[float]] = {0: [], 12: []}
    for frame in range(FRAMES):
        sky = node(rng, SKIES["uniform"])
        hot = np.zeros(1500, EVENT_DTYPE)
        hot["row"], hot["col"] = 320 + rng.integers(0, 32, 1500), 96 + rng.integers(0, 32, 1500)
        e = np.concatenate((sky[::2], hot))
        e = e[np.lexsort((e["col"], e["row"]))]
        quiet = (e["row"] // 32 != 10) | (e["col"] // 32 != 3)
        for quota, of in lost.items():
            made = core.fair_select(
                e, sky, limit=LIMIT, policy="fair", tile_quota=quota, frame_counter=frame
            )
            told_exactly(made)
            assert made.sent == (1000, 1000)
            of.append(1 - made.keep_e[quiet].mean())
    assert np.mean(lost[0]) == pytest.approx(2 / 3, abs=0.01)
    assert np.mean(lost[12]) == pytest.approx(1 / 3, abs=0.03)


@pytest.mark.verifies("FAIR-3", "FAIR-4")
def test_tiles_above_their_quota_are_sampled_evenly(core: Core) -> None:
    """Every event of a tile has the chance of the others there."""
    places = [(r, c) for r in range(0, 32, 2) for c in range(0, 32, 2)]
    places += [(r, c) for r in range(64, 96, 4) for c in range(0, 32, 8)]
    e = np.zeros(len(places), EVENT_DTYPE)
    e["row"], e["col"] = np.array(places).T
    frames, times = 3000, np.zeros(len(e))
    for frame in range(frames):
        made = core.fair_select(
            e, e[:0], limit=48, policy="fair", tile_quota=32, frame_counter=frame
        )
        assert made.over_tile == (256 - 32, 0)
        assert made.over_limit == (64 - 48, 0)
        times += made.keep_e
    for tile, chance in ((slice(256), 48 / 64 * 32 / 256), (slice(256, None), 48 / 64)):
        spread = (times[tile] - frames * chance) ** 2 / (frames * chance * (1 - chance))
        assert 1e-3 < stats.chi2.sf(spread.sum(), len(times[tile])) < 1 - 1e-3
