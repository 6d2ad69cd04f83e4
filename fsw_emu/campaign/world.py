# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a campaign puts together: skies with their truth, and meters beside algorithms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from fsw_emu.algorithms.interface import Outcome, Setup
from fsw_emu.algorithms.names import Value
from fsw_emu.merit.measure import Measure
from fsw_emu.scene.exposure import Exposure


class Scene(Protocol):
    """A sky of one run."""

    def exposure(self, index: int) -> Exposure:
        """Readout number ``index``, from 0."""


class Measuring(Protocol):
    """What an algorithm makes of it."""

    def readout(self, exposure: Exposure, outcome: Outcome) -> None: ...

    def measures(self) -> Sequence[Measure]: ...


@dataclass(frozen=True)
class Sky:
    """A scene, and what of it every algorithm is told: fields of Setup."""

    scene: Scene
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class World:
    """open_sky: preset, overrides and seed to a sky; ValueError for one that cannot be.
    open_meter: what an algorithm was told to its meter."""

    open_sky: Callable[[str, Mapping[str, Value], int], Sky]
    open_meter: Callable[[Setup], Measuring]
