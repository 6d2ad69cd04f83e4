# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Grades of events that others graded: Suzaku XIS, Chandra ACIS, and a Geant4 set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from xray_data import (
    GEANT4_THRESHOLD_KEV,
    KEV_PER_ADU,
    PEDESTAL_ADU,
    as_adu,
    quadrants,
    rank_above,
    read_chandra,
    read_geant4,
    read_suzaku,
    windows_of_codes,
)

from fsw_emu.core import EVENT_DTYPE, Core

pytestmark = pytest.mark.shared
SPLIT_ADU = round(GEANT4_THRESHOLD_KEV / KEV_PER_ADU)


@pytest.fixture
def lists(shared: Path) -> Path:
    return shared / "data" / "xray_events"


@pytest.mark.verifies("GRADE-1", "GRADE-4", "GRADE-5", "GRADE-6")
def test_suzaku_xis(core: Core, lists: Path) -> None:
    """100 real events; split threshold 20 ADU."""
    events, grades = read_suzaku(lists / "suzaku_xis0_crab_1.fits")
    told = core.grade_events(events, split=20, background=PEDESTAL_ADU).records
    assert (len(grades), (told["xis"] == grades).sum()) == (100, 100)


@pytest.mark.verifies("GRADE-3", "GRADE-4")
def test_chandra_acis(core: Core, lists: Path) -> None:
    """20,176 real events: their flight grades lead to their ASCA grades."""
    codes, grades = read_chandra(lists / "chandra_acis_755_ccd7.fits")
    told = core.grade_events(windows_of_codes(codes), split=20, background=PEDESTAL_ADU).records
    assert (told["code"] == codes).all()
    assert (len(grades), (told["asca"] == grades).sum()) == (20176, 20176)


@pytest.mark.verifies("GRADE-7")
def test_geant4_patterns_from_windows(core: Core, lists: Path) -> None:
    """2,038 simulated events in two runs: EPIC-pn patterns of their windows."""
    same = 0
    for run in (read_geant4(lists, 0), read_geant4(lists, 1)):
        events = as_adu(run.windows_kev)
        told = core.grade_events(events, split=SPLIT_ADU, background=PEDESTAL_ADU).records
        same += int((told["pattern"] == run.pattern).sum())
        small = events["pixels"].max(axis=1) < 0xFFFF  # sums of all others are as in keV
        above = np.where(run.windows_kev >= np.float32(GEANT4_THRESHOLD_KEV), run.windows_kev, 0)
        ring = above.reshape(-1, 5, 5)[:, 1:4, 1:4].sum(axis=(1, 2))
        error = told["pha_ring"] - ring / KEV_PER_ADU
        assert (np.abs(error[small]) <= 9).all()  # 9 pixels, each cut off
    assert same == 2038


@pytest.mark.verifies("GRADE-7")
@pytest.mark.parametrize(("number", "n_events"), [(0, 1007), (1, 1031)])
def test_geant4_events_from_bare_pixels(
    core: Core, lists: Path, number: int, n_events: int
) -> None:
    """The whole event list, place by place and with its patterns.

    Their rule: above 0.1 keV, no neighbour larger, two pixels from the border of a quadrant. No
    background is subtracted there: our detection unit asks for more only where six of its eleven
    background pixels are above the centre, which no event of the list is.
    """
    run = read_geant4(lists, number)
    level = rank_above(run, GEANT4_THRESHOLD_KEV)
    found = []
    for frame, left, top, image in quadrants(run):
        records = core.detect_events(image, threshold=0).records
        events = records[records["pixels"][:, 12] >= level]
        assert events.dtype == EVENT_DTYPE
        told = core.grade_events(events, split=level).records
        for event, grade in zip(events, told, strict=True):
            place = (frame, left + int(event["col"]), top + int(event["row"]))
            found.append((*place, int(grade["pattern"])))
    listed = zip(*(a.tolist() for a in (run.frame, run.col, run.row, run.pattern)), strict=True)
    assert sorted(found) == sorted(listed)
    assert len(found) == n_events
