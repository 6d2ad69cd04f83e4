# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Files of images for the commands ``compress`` and ``decompress``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fsw_emu.cli.main import main

SHAPE = (3, 40, 64)


def noise(
    shape: tuple[int, ...] = SHAPE, dtype: str = "<u2", seed: int = 1
) -> np.ndarray[Any, Any]:
    values = np.random.default_rng(seed).normal(100, 5, shape)
    return np.clip(np.rint(values), 0, 255).astype(dtype)


def npy(folder: Path, array: np.ndarray[Any, Any]) -> Path:
    path = folder / "frames.npy"
    np.save(path, array)
    return path


def run(*words: object) -> int:
    return main([str(word) for word in words])
