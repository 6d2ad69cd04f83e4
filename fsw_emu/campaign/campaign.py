# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A campaign: what is not there yet is made, what is there stays; then one table of all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from fsw_emu.algorithms.guard import Status
from fsw_emu.campaign.code import code_version
from fsw_emu.campaign.plan import Plan, Run, Unit
from fsw_emu.campaign.store import Store
from fsw_emu.campaign.work import Result, perform
from fsw_emu.campaign.workers import Answer, answers, crew
from fsw_emu.campaign.world import World


@dataclass(frozen=True)
class Campaign:
    """Every run once, in the order of the plan; how many were there before."""

    rows: tuple[tuple[Run, Result], ...]
    n_before: int


class NotKept(OSError):
    """A result could not be written; those before it stay."""


def run_campaign(
    plan: Plan,
    folder: Path,
    *,
    world: World,
    workers: int = 1,
    scheduler: str | None = None,
    tell: Callable[[int], object] = bool,
) -> Campaign:
    """Results below ``folder``: ``runs/ADDRESS.parquet`` and ``results.parquet``.

    A process that is killed loses the units it was at; the same call goes on. The bytes are the
    same whoever worked and however often it was interrupted. tell: how many runs more are done.

    ValueError: an algorithm that is not there; OSError: no scheduler, no room or no right
    (NotKept); ``store.Busy``; ModuleNotFoundError: pyarrow, joblib or distributed is missing.
    """
    units = plan.units(code_version())
    store = Store(folder)
    with store.held():
        found = {run: store.read(run) for unit in units for run in unit.runs}
        results = {run: result for run, result in found.items() if result is not None}
        n_before = len(results)
        tell(n_before)
        todo = [left for unit in units if (left := _left(unit, results)).runs]
        if todo:
            job = partial(perform, world=world)
            with crew(min(workers, len(todo)), scheduler) as hands:
                for unit, answer in answers(hands, job, todo):
                    for run, result in _results(unit, answer):
                        if result.status is not Status.LOST:
                            _keep(store, run, result, f"{len(results)} of {plan.n_runs}")
                        results[run] = result
                    tell(len(unit.runs))
        rows = tuple((run, results[run]) for unit in units for run in unit.runs)
        store.write_table(rows)
    return Campaign(rows, n_before)


def _left(unit: Unit, results: dict[Run, Result]) -> Unit:
    return replace(unit, runs=tuple(run for run in unit.runs if run not in results))


def _results(unit: Unit, answer: Answer) -> list[tuple[Run, Result]]:
    if isinstance(answer, str):
        return [(run, Result(Status.LOST, answer)) for run in unit.runs]
    return list(zip(unit.runs, answer, strict=True))


def _keep(store: Store, run: Run, result: Result, so_far: str) -> None:
    try:
        store.write(run, result)
    except OSError as error:
        what = f"{error.strerror}; {so_far} runs are kept, the same command goes on from there"
        raise NotKept(error.errno, what, str(store.path(run))) from error
