# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The built-in scene: a sky, and the CCDs that see it.

Everything follows from kind, seed and frame index; a frame needs none of those before it.
"""

from __future__ import annotations

from fsw_emu.scene.ccd import Scene
from fsw_emu.scene.parameters import NODES, SceneParameters
from fsw_emu.scene.sky import TRUTH_DTYPE

__all__ = ["NODES", "TRUTH_DTYPE", "Scene", "SceneParameters"]
