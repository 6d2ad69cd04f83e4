# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Crews that break, and when: every unit has its answer, once."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import BrokenExecutor, Future
from functools import partial
from pathlib import Path

import pytest
from plain_world import DEADLY

from fsw_emu.algorithms.names import read_names
from fsw_emu.campaign.code import code_version
from fsw_emu.campaign.plan import Plan, Unit
from fsw_emu.campaign.work import perform
from fsw_emu.campaign.workers import Answer, Job, answers, crew

N_UNITS = 8


def units(tmp_path: Path, scene: str = "first") -> list[Unit]:
    mark = (("test.mark", str(tmp_path / "mark")),)
    names = tuple(read_names("flight"))
    plan = Plan(names, (scene,), N_UNITS, 1, overrides=mark, folder=tmp_path)
    return plan.units(code_version())


@pytest.mark.parametrize(("scene", "lost"), [("first", []), ("always", [3])])
def test_a_worker_may_die_while_nobody_waits_for_it(
    tmp_path: Path, scene: str, lost: list[int]
) -> None:
    asked = units(tmp_path, scene)
    got: list[tuple[int, Answer]] = []
    with crew(2, None) as hands:
        for unit, answer in answers(hands, partial(perform, world=DEADLY), asked):
            got.append((unit.seed, answer))
            if len(got) == 1:
                time.sleep(1.5)  # the third one dies now
    assert Counter(seed for seed, _ in got) == Counter(range(1, N_UNITS + 1))
    assert [seed for seed, answer in got if answer == "its worker died twice"] == lost


class Fragile:
    """A crew that does so many units and then breaks; before that, it refuses so many times."""

    window = 3

    def __init__(self, takes: int, refuses: int) -> None:
        self._takes, self._refuses, self._taken = takes, refuses, 0
        self.renewed = 0

    def submit(self, job: Job, unit: Unit) -> Future[Answer]:
        if self._refuses or self._taken == self._takes:
            self._refuses -= bool(self._refuses)
            raise BrokenExecutor
        self._taken += 1
        future: Future[Answer] = Future()
        future.set_result(job(unit))
        return future

    def renew(self) -> None:
        self.renewed += 1
        self._taken = 0

    def close(self) -> None:
        """Nothing to do."""


@pytest.mark.parametrize("takes", [1, 2])
@pytest.mark.parametrize("refuses", [0, 1, 2, 3, 10**6])
def test_a_crew_that_takes_no_unit_is_renewed(tmp_path: Path, takes: int, refuses: int) -> None:
    asked = units(tmp_path)
    hands = Fragile(takes, refuses)
    got = [(unit.seed, answer) for unit, answer in answers(hands, lambda _: "done", asked)]
    assert sorted(seed for seed, _ in got) == [unit.seed for unit in asked]
    told = Counter(answer for _, answer in got if isinstance(answer, str))
    assert set(told) <= {"done", "its worker died twice"}
    if refuses == 10**6:
        assert set(told) == {"its worker died twice"}
    if refuses < 2:
        assert set(told) == {"done"}
    assert hands.renewed >= 1
