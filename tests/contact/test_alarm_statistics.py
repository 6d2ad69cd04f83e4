# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the alarm's statistics may claim: bounds of what was seen, storms over one detector."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, ClassVar

import alarm_statistics
import numpy as np
import pytest

from fsw_emu.core import Core

QUIET, DRAWN, MODEL, STORM = 140, 300, 500, 12


class PlainScene:
    """Some bright pixels on an even sky; remembers which readouts it was asked for."""

    asked: ClassVar[list[tuple[int, float, int]]] = []

    def __init__(self, parameters: Any, seed: int, first: int) -> None:
        self._factor = parameters.sky.onset_factor
        self._seed, self._first = seed, first

    def exposure(self, index: int) -> Any:
        self.asked.append((self._seed, self._factor, self._first + index))
        rng = np.random.default_rng(self._first + index)
        frames = np.full((4, 639, 384), 500, np.uint16)
        n = rng.poisson(40 * self._factor)
        at = rng.integers((4, 60, 40), size=(n, 3))
        frames[at[:, 0], 10 * at[:, 1] + 5, 9 * at[:, 2] + 5] = 800
        return SimpleNamespace(frames=frames)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("statistics") / "told.json"
    PlainScene.asked.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alarm_statistics, "DetailedScene", PlainScene)
        patch.setattr(alarm_statistics, "STORM", STORM)
        arguments = ["--quiet", QUIET, "--drawn", DRAWN, "--model", MODEL, "--onsets", 2]
        arguments += ["--json", path]
        assert alarm_statistics.main([str(each) for each in arguments]) == 0
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_only_readouts_that_could_have_an_alarm_bound_it(told: dict[str, Any]) -> None:
    rendered, model = told["quiet"]["rendered"], told["quiet"]["model"]
    assert (rendered["judged"], model["judged"]) == (QUIET - 64, MODEL - 64)
    for each in (rendered, model):
        assert each["alarms"] == 0
        assert each["upper_95_per_day"] == pytest.approx(-np.log(0.05) / each["judged"] * 21_600)
    assert told["quiet"]["drawn"]["readouts"] == DRAWN
    assert "upper_95_per_day" not in told["quiet"]["drawn"]


def test_storms_come_over_the_same_detector_later(told: dict[str, Any]) -> None:
    assert told["onsets"].keys() == {str(factor) for factor in alarm_statistics.FACTORS}
    assert {seed for seed, _, _ in PlainScene.asked} == {1}
    indexes = [index for _, _, index in PlainScene.asked]
    assert indexes == list(range(QUIET + STORM * len(alarm_statistics.FACTORS)))
    assert {factor for _, factor, _ in PlainScene.asked[:QUIET]} == {1}


def test_the_model_has_the_counts_and_places_of_what_was_rendered(core: Core) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alarm_statistics, "DetailedScene", PlainScene)
        quiet = list(alarm_statistics.readouts(core, 30, 0, {}))
    model = list(alarm_statistics.modelled(quiet, 2000))
    for node in range(4):
        rendered = [nodes[node][0][nodes[node][1]] for nodes in quiet]
        mean = np.mean([len(events) for events in rendered])
        counts = np.array([len(nodes[node][0]) for nodes in model])
        assert counts.mean() == pytest.approx(mean, abs=5 * np.sqrt(mean / 2000))
        assert counts.var() == pytest.approx(mean, rel=0.2)
        places = {(e["row"], e["col"]) for events in rendered for e in events}
        assert {(e["row"], e["col"]) for nodes in model[:99] for e in nodes[node][0]} <= places


@pytest.mark.parametrize(("count", "most"), [(0, 2.9957), (1, 4.7439), (10, 16.962)])
def test_upper_limits_are_those_of_tables(count: int, most: float) -> None:
    assert alarm_statistics.poisson_upper(count) == pytest.approx(most, abs=1e-3)


def test_without_a_readout_that_could_have_an_alarm_there_is_no_bound() -> None:
    assert alarm_statistics.most_a_day({"alarms": 0, "judged": 0}) == np.inf
