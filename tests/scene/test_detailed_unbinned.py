# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The generator in binned pixels against charge laid down and moved at 18 um."""

from __future__ import annotations

import numpy as np
import pytest
from detailed_cases import CLEAN, DARKNESS, UNITS, scene

from fsw_emu.scene.detailed import unbinned
from fsw_emu.scene.detailed.transfer import Loss, read_out
from fsw_emu.scene.parameters import COLS, NODES, ROWS

#: 10 ADU an electron, so that rounding is not seen
FINE = {"converter.gain_ev_per_adu": 20 / 55}


def test_same_charge_of_photons() -> None:
    """Pixel by pixel, to the 0.1 electrons that a converter of 10 ADU an electron tells; clouds
    differ by what lies beyond the pixels that share them, 0.3 % of the charge."""
    clean = scene(CLEAN, FINE, {"particles.cosmic_per_s": 0.0}, name="storm")
    binned = clean.exposure(0).frames[NODES.index("F2")].astype(float)
    checked = clean.full_resolution(0, "F2").astype(float)
    assert np.count_nonzero(binned) > 200
    assert checked.sum() == pytest.approx(binned.sum(), rel=1e-4)
    assert np.abs(checked - binned).max() <= 1 + 0.003 * binned.max()
    assert np.mean(np.abs(checked - binned)[binned > 0]) < 1


@pytest.mark.parametrize("name", ["quiet", "proton"])
def test_same_charge_of_tracks(name: str) -> None:
    """Sums of a node to 0.1 %. Tracks are laid down in steps of an eighth of a pixel, and their
    pixels differ by 1 % on the average, at their ends by more."""
    coarse = {"converter.gain_ev_per_adu": 2000 / 55, "sky.background_per_s": 0.0}
    clean = scene(CLEAN, coarse, name=name)
    binned = clean.exposure(0).frames[NODES.index("E4")].astype(float)
    checked = clean.full_resolution(0, "E4").astype(float)
    bright = binned > 100
    assert bright.sum() > 30
    assert checked.sum() == pytest.approx(binned.sum(), rel=1e-3)
    assert np.mean(np.abs(checked / np.maximum(binned, 1) - 1)[bright]) < 0.01


def test_events_are_as_wide() -> None:
    """Pixels above 2 % of a photon's charge around its centre."""
    lines = {"sky.lines": [[1000.0, 1.0]], "particles.cosmic_per_s": 0.0}
    clean = scene(CLEAN, UNITS, lines, name="storm")
    node = NODES.index("E2")
    exposure = clean.exposure(3)
    frames = exposure.frames[node], clean.full_resolution(3, "E2")
    widths = []
    for frame in frames:
        counts = []
        for photon in exposure.photons[exposure.photons["node"] == node]:
            row, col = int(photon["row"]), int(photon["col"])
            window = frame[max(row - 1, 0) : row + 2, max(col - 1, 0) : col + 2]
            counts.append(np.count_nonzero(window > 5))
        widths.append(counts)
    assert widths[0] == widths[1]
    assert 1.1 < np.mean(widths[0]) < 2


def test_transfers_agree() -> None:
    """Charge even over its pixel: arrived and trailed, pixel by pixel."""
    loss = Loss(3e-5, 2e-5, 719.0, 0.6, 3.0)
    rng = np.random.default_rng(1)
    row, col = rng.integers(0, 62, 300) * 10 + 3, rng.integers(0, 37, 300) * 10 + 3
    place = np.unique(row * COLS + col)
    electrons = np.full(len(place), 36_000.0)
    charge = np.zeros((ROWS, 6, COLS, 6), np.float32)
    charge[place // COLS, :, place % COLS] = 1000.0
    slow = unbinned.summed(unbinned.moved(charge.reshape(unbinned.SHAPE), loss), 1e9)
    places, arrived = read_out(place, electrons, loss)
    fast = np.bincount(places, arrived, ROWS * COLS).reshape(ROWS, COLS)
    assert slow.sum(dtype=float) == pytest.approx(fast.sum(), rel=1e-4)
    own = np.zeros((ROWS, COLS), bool)
    own.flat[place] = True
    assert np.abs(slow[own] / fast[own] - 1).max() < 1e-3
    behind = np.roll(own, 1, 0) | np.roll(own, 1, 1)
    # near the node, the six columns of a pixel are moved unlike each other: half an electron
    assert np.all(np.abs(slow - fast)[behind] < 0.5 + 0.01 * fast[behind])
    # the fast one puts the end of a trail into the second pixel: exp(-2) of that is further away
    second = np.roll(own, 2, 0) | np.roll(own, 2, 1)
    far = second & (fast > 50)
    assert slow[far] / fast[far] == pytest.approx(np.full(far.sum(), 1 - np.exp(-2)), abs=0.02)


def test_noise_and_dark_current_agree() -> None:
    """Means to 0.1 ADU, standard deviations to 2 %; hot pixels are in the same places. Without
    CTI: dark charge is not moved in binned pixels, which would cost it 0.2 %."""
    still = {"transfer.cti_parallel": 0.0, "transfer.cti_serial": 0.0}
    aging = {"transfer.cti_parallel_per_krad": 0.0, "transfer.cti_serial_per_krad": 0.0}
    quiet = {"converter.row_noise_adu": 0.0, "converter.band_noise_adu": 0.0}
    warm = scene(DARKNESS, still, aging, quiet, name="warm")
    node = NODES.index("F4")
    exposure, checked = warm.exposure(0), warm.full_resolution(0, "F4").astype(float)
    hot = exposure.hot[exposure.hot["node"] == node]
    assert len(hot)
    bright = exposure.frames[node][hot["row"], hot["col"]].astype(float)
    assert np.abs(checked[hot["row"], hot["col"]] / bright - 1).max() < 0.2
    for rows, cols, dark in (
        (slice(0, 631), slice(0, 375), True),
        (slice(632, 639), slice(0, 384), False),
    ):
        mine, theirs = exposure.frames[node][rows, cols].astype(float), checked[rows, cols]
        mine, theirs = (np.where(each < 700, each, np.nan) for each in (mine, theirs))
        assert np.nanmean(theirs) == pytest.approx(np.nanmean(mine), abs=0.1 if dark else 0.5)
        assert np.nanstd(theirs) == pytest.approx(np.nanstd(mine), rel=0.02 if dark else 0.1)


def test_no_such_node() -> None:
    with pytest.raises(ValueError, match="no such node: 'E3'"):
        scene().full_resolution(0, "E3")
