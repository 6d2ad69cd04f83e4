# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The world of ``fsw-emu compare``: presets of the detailed scene, figures of merit."""

from __future__ import annotations

from collections.abc import Mapping

from fsw_emu.algorithms.names import Value
from fsw_emu.campaign.plan import Plan
from fsw_emu.campaign.world import Sky, World
from fsw_emu.merit.meter import Meter
from fsw_emu.scene.detailed import DetailedScene, preset

MOST_PEDESTAL_ADU = 60_000  # that algorithms can take: their limits lie above it, in 16 bits


def open_sky(name: str, overrides: Mapping[str, Value], seed: int) -> Sky:
    """A preset with other values; ValueError for one that cannot be."""
    scene = DetailedScene(preset(name, overrides), seed=seed)
    return Sky(scene, _told(scene))


def _told(scene: DetailedScene) -> dict[str, float]:
    """What is known of the detector on board: levels as measured when the run begins."""
    parameters = scene.parameters
    return {
        "read_noise_adu": parameters.converter.read_noise_adu,
        "gain_ev_per_adu": parameters.converter.gain_ev_per_adu,
        "pedestal_adu": round(min(max(scene.level_adu(0), 0), MOST_PEDESTAL_ADU)),
        "period_s": parameters.period_s,
    }


DETAILED = World(open_sky, Meter)


def check_scenes(plan: Plan) -> None:
    """ValueError where a scene is possible at no point of the grid: the whole of it is a mistake.
    Where it is at some, runs at the others tell."""
    for scene in plan.scenes:
        refused = []
        for point in plan.points():
            try:
                preset(scene, dict((*plan.overrides, *point)))
                break
            except ValueError as error:
                refused.append(error)
        else:
            raise refused[0]
