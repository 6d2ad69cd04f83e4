# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""One unit of a campaign, where a worker does it: a sky, and all algorithms that look at it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from fsw_emu.algorithms.guard import Refused, Status, reason_of
from fsw_emu.algorithms.interface import Setup
from fsw_emu.algorithms.seat import Seat, seated
from fsw_emu.campaign.code import code_version
from fsw_emu.campaign.plan import Run, Unit
from fsw_emu.campaign.world import Measuring, World
from fsw_emu.core import default_core
from fsw_emu.merit.measure import Measure


@dataclass(frozen=True)
class Result:
    """What became of a run; measures only of a good one."""

    status: Status
    reason: str = ""
    measures: tuple[Measure, ...] = ()


def perform(unit: Unit, world: World) -> list[Result] | str:
    """Results in the order of the unit's runs; a text where none came of it: why in one line. No
    exception leaves it, since not each would find its way back from another process."""
    try:
        _same_everywhere(unit)
        return _results(unit, world)
    except Exception as error:
        return reason_of(error)


def _same_everywhere(unit: Unit) -> None:
    """A worker with other sources would answer another question."""
    if code_version() != unit.code:
        raise RuntimeError("the worker has other sources than the campaign")


def _results(unit: Unit, world: World) -> list[Result]:
    try:
        sky = world.open_sky(unit.scene, dict(unit.overrides), unit.seed)
    except ValueError as error:
        return [Result(Status.IMPOSSIBLE, reason_of(error))] * len(unit.runs)
    setup = Setup(core=default_core(), seed=unit.seed, **sky.told)
    ended: dict[Run, Result] = {}
    meters: dict[Run, Measuring] = {}
    with ExitStack() as room:
        seats: dict[Run, Seat] = {}
        for run in unit.runs:
            try:
                meters[run] = world.open_meter(_setup_of(run, setup))
                made = seated(run.named, setup, unit.folder, unit.limits, run.plug_in)
                seats[run] = room.enter_context(made)
            except Exception as error:
                ended[run] = _ended(error)
        for index in range(unit.readouts):
            if not seats:
                break
            exposure = sky.scene.exposure(index)
            for run, seat in list(seats.items()):
                try:
                    meters[run].readout(exposure, seat.readout(exposure.frames))
                except Exception as error:
                    ended[run] = _ended(error, f"readout {index}: ")
                    del seats[run]
    for run in seats:
        try:
            ended[run] = Result(Status.GOOD, measures=_sorted(meters[run].measures()))
        except Exception as error:
            ended[run] = _ended(error)
    return [ended[run] for run in unit.runs]


def _ended(error: Exception, where: str = "") -> Result:
    """One run's end, not that of the others: what is not the algorithm's fault is a lost run."""
    if isinstance(error, Refused):
        return Result(error.status, where + error.reason)
    return Result(Status.LOST, where + reason_of(error))


def _setup_of(run: Run, setup: Setup) -> Setup:
    try:
        return run.named.setup(setup)
    except ValueError as error:
        raise Refused(Status.UNUSABLE, str(error)) from None


def _sorted(measures: Sequence[Measure]) -> tuple[Measure, ...]:
    """As they are read again: numbers are floats, and numbers."""
    made = [
        Measure(one.figure, one.part, float(one.trials), float(one.total), float(one.squares))
        for one in measures
    ]
    for one in made:
        if not all(map(math.isfinite, (one.trials, one.total, one.squares))):
            raise ValueError(f"the meter gave {one}")
    return tuple(sorted(made, key=lambda one: (one.figure, one.part)))
