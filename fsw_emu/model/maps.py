# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Offset and noise maps that learn from every frame, written to be read (ASSUMED A84)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsw_emu.model.common import OFFSET_MAX, SEGMENT, common_rows

CLIP = 4  # noises
NO_CLIP = 65535  # ADU: all samples of a row that begins take part
AGE_MAX = 65535
MAPS, LOCAL = 0, 1


@dataclass(frozen=True)
class Settings:
    """As of struct sxi_maps: [ADU] for clip and drift_limit, [ADU/256] for steps and noises."""

    clip: int
    start_step: int
    start_frames: int
    fine_step: int
    outlier_shift: int
    level_shift: int
    drift_limit: int
    good_frames: int
    noise_start: int
    noise_min: int


@dataclass
class Row:
    """What is known of one row: offset and noise by column, common mode by segment [ADU/256]."""

    offset: NDArray[np.int64]
    noise: NDArray[np.int64]
    common: NDArray[np.int64]
    state: int = LOCAL
    age: int = 0
    good: int = 0
    check: int = 0


def check_of(row: Row) -> int:
    """Parity of each bit over the row, inverted; noises stand 16 bits higher."""
    words = [*row.offset.tolist(), *(noise << 16 for noise in row.noise.tolist())]
    parity = 0
    for word in words:
        parity ^= word
    return parity ^ 0xFFFFFFFF


def seal(row: Row, age: int) -> None:
    row.state, row.age, row.good, row.check = MAPS, age, 0, check_of(row)


def is_upset(row: Row) -> bool:
    return row.age > 0 and row.check != check_of(row)


def scrub(row: Row) -> bool:
    """Was the row upset? It begins anew then."""
    upset = is_upset(row)
    if upset:
        row.state, row.age = LOCAL, 0
    return upset


def update(row: Row, samples: NDArray[np.uint16], settings: Settings) -> str:
    """Follow the row's samples [ADU]. What was done: upset, started, stood or followed."""
    upset = is_upset(row)
    if upset or row.age == 0:
        _start(row, samples, settings)
        row.check = check_of(row)
        return "upset" if upset else "started"
    row.common = _common(samples, row.offset, settings.clip)
    level = _towards_zero(int(row.common.sum()), len(row.common))
    far = abs(level) > settings.drift_limit * 256
    if far:
        stands = row.state == MAPS
        row.state, row.good = LOCAL, 0
        if stands:
            return "stood"
    else:
        row.good = min(row.good + 1, AGE_MAX)
        if row.good >= settings.good_frames:
            row.state = MAPS
    _follow(row, samples, level, far, settings)
    row.age = min(row.age + 1, AGE_MAX)
    row.check = check_of(row)
    return "followed"


def _towards_zero(value: int, divisor: int) -> int:
    return int(math.copysign(abs(value) // divisor, value))


def _common(samples: NDArray[np.uint16], offset: NDArray[np.int64], clip: int) -> NDArray[np.int64]:
    rows = common_rows(samples[None], offset[None].astype(np.uint32), clip=clip)
    common: NDArray[np.int64] = rows[0].astype(np.int64)
    return common


def _by_pixel(by_segment: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    spread: NDArray[np.int64] = np.repeat(by_segment, SEGMENT)[:n]
    return spread


def _start(row: Row, samples: NDArray[np.uint16], settings: Settings) -> None:
    medians = _common(samples, np.zeros_like(row.offset), NO_CLIP)
    row.offset = _by_pixel(medians, len(samples))
    row.noise = np.full_like(row.noise, settings.noise_start)
    row.common = np.zeros_like(medians)
    row.state, row.age, row.good = LOCAL, 1, 0


def _steps(age: int, settings: Settings) -> tuple[int, int, int]:
    """Of offsets and of noises, and how many times smaller outliers make them."""
    if age < settings.start_frames:
        step, less = settings.start_step, 1
    else:
        shrunk = settings.start_step * settings.start_frames // age
        step, less = max(shrunk, settings.fine_step), 2**settings.outlier_shift
    return step, (step + 1) // 2, less


def _follow(
    row: Row, samples: NDArray[np.uint16], level: int, far: bool, settings: Settings
) -> None:
    gain = 2**settings.level_shift
    moves = np.array(
        [
            common if far else _towards_zero(level, gain) + _towards_zero(common - level, 8 * gain)
            for common in row.common.tolist()
        ],
        np.int64,
    )
    offset = np.minimum(row.offset, OFFSET_MAX)
    residual = samples.astype(np.int64) * 256 - offset - _by_pixel(row.common, len(samples))
    outlier = abs(residual) > CLIP * row.noise
    step, noise_step, less = _steps(row.age, settings)
    steps = np.where(outlier, -(-step // less), step)
    noise_steps = np.where(outlier, -(-noise_step // less), noise_step)
    above = abs(residual) > row.noise * 248 // 256
    moved = offset + _by_pixel(moves, len(samples)) + np.sign(residual) * steps
    row.offset = np.clip(moved, 0, OFFSET_MAX)
    noise = row.noise + np.where(above, 2 * noise_steps, -noise_steps)
    row.noise = np.clip(noise, settings.noise_min, 65535)
    row.common = row.common - moves
