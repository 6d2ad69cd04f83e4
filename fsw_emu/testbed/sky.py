# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the CCDs see of the world: its sky through its door, and the Sun."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Literal, cast

import numpy as np

from fsw_emu.fee.sources import Image, NodeWindows
from fsw_emu.scene import Scene, SceneParameters
from fsw_emu.scene.windows import EventWindows
from fsw_emu.world.world import World

#: what the Sun in the field adds to every pixel [ADU] (ASSUMED)
SUN_ADU = 20_000
_WHERE_PHOTONS = ("swcx", "background", "sources")


class WorldSky:
    """Frames of the built-in scene at the rates that hold when they are asked for. Photons come
    through the door as far as it is open; particles come through all of it.

    period_ms: how long a frame collects. draws: windows of frames with event detection are drawn
    where that is possible, and no frame is rendered (docs/windows.md); else all frames are.
    ``burst``: events that nothing made [counts/CCD/s].
    """

    def __init__(
        self,
        world: World,
        *,
        seed: int = 1,
        period_ms: Callable[[], int],
        draws: bool = False,
    ) -> None:
        self.burst = 0.0
        self._world = world
        self._period_ms = period_ms
        self._draws = draws
        self._scene = lru_cache(maxsize=4)(_Made(seed))
        # of the last scene only: its working memory is of the size of some frames
        self._windows = lru_cache(maxsize=1)(EventWindows)

    def node_frames(self, index: int) -> Mapping[str, Image]:
        return {node: self._lit(frame) for node, frame in self._now().node_frames(index).items()}

    def uv_frames(self, index: int) -> Mapping[str, Image]:
        return {node: self._lit(frame) for node, frame in self._now().uv_frames(index).items()}

    def full_frame(self, index: int, ccd: int) -> Image:
        return self._lit(self._now().full_frame(index, cast("Literal[2, 4]", ccd)))

    def windows(
        self,
        index: int,
        thresholds: Mapping[str, int],
        *,
        mask: tuple[int, int] | None = None,
        bright: int = 0xFFFF,
    ) -> Mapping[str, NodeWindows] | None:
        """As of :class:`EventWindows`; None too while the Sun is in the field."""
        if not self._draws or self._world.sun:
            return None
        return self._windows(self._now()).windows(index, thresholds, mask=mask, bright=bright)

    def _now(self) -> Scene:
        world = self._world
        opening = world.door.opening(world.cycle)
        rates = {
            name: rate * opening if name in _WHERE_PHOTONS else rate
            for name, rate in world.sky.items()
        }
        rates["particles"] += self.burst
        return self._scene(max(self._period_ms(), 1), tuple(sorted(rates.items())))

    def _lit(self, frame: Image) -> Image:
        if not self._world.sun:
            return frame
        lit: Image = np.minimum(frame.astype(np.uint32) + SUN_ADU, 0xFFFF).astype(np.uint16)
        return lit


class _Made:
    """Scenes by integration time and rates."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __call__(self, period_ms: int, rates: tuple[tuple[str, float], ...]) -> Scene:
        per_s = dict(rates)
        parameters = SceneParameters(
            swcx_per_s=(per_s["swcx"],) * 2,
            particles_per_s=(per_s["particles"],) * 2,
            background_per_s=per_s["background"],
            sources_per_s=per_s["sources"],
            cosmic_per_s=per_s["cosmic"],
        )
        return Scene(
            "quiet", seed=self._seed, frame_period_s=period_ms / 1000, parameters=parameters
        )
