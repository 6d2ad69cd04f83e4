# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The detailed scene: a sky that moves with the solar wind, and a detector that ages and warms.

``DetailedScene(preset("storm"), seed=1).exposure(0)``; see docs/scene.md.
"""

from __future__ import annotations

from fsw_emu.scene.detailed.parameters import Parameters
from fsw_emu.scene.detailed.presets import PRESETS, preset, read_parameters
from fsw_emu.scene.detailed.scene import DetailedScene

__all__ = [
    "PRESETS",
    "DetailedScene",
    "Parameters",
    "preset",
    "read_parameters",
]
