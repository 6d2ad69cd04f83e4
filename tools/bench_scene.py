# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Measure the detailed scene: readouts of all four nodes a second, for each preset.
Usage: bench_scene.py [-h] [--readouts N] [--json FILE]

Processor time of this process, of one thread. Beside it in the same run: frames of white noise
alone in plain NumPy, the least that any generator of noisy frames does; one node at 18 um.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from figures import Row, tell

from fsw_emu.scene import Scene
from fsw_emu.scene.detailed import PRESETS, DetailedScene, preset

#: the bar: readouts a second
BAR = 15.0
SHAPE = (4, 639, 384)


def seconds_each(readout: Callable[[int], object], n: int) -> float:
    """Median processor time of one readout; the first is not counted."""
    readout(0)
    taken = []
    for index in range(1, n + 1):
        begun = time.process_time()
        readout(index)
        taken.append(time.process_time() - begun)
    return float(np.median(taken))


def white_noise(index: int) -> np.ndarray:
    """The peer: normal noise on a pedestal, converted."""
    samples = np.random.default_rng(index).normal(500.0, 5.0, SHAPE)
    return np.clip(np.rint(samples), 0, 0xFFFF).astype(np.uint16)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--readouts", type=int, default=40, metavar="N", help="default 40")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    args = parser.parse_args()
    if args.readouts < 1:
        parser.error(f"--readouts {args.readouts}: 1 and more")
    rows = []
    for name in PRESETS:
        scene = DetailedScene(preset(name))
        each = seconds_each(scene.exposure, args.readouts)
        rows.append(Row(f"detailed scene, {name}", 1 / each, "readouts/s", BAR))
    crowd = preset("storm", {"sky.swcx_per_s": 1500.0})
    each = seconds_each(DetailedScene(crowd).exposure, args.readouts)
    rows.append(Row("detailed scene, 3,000 photons a node", 1 / each, "readouts/s", BAR))
    each = seconds_each(Scene("storm", frame_period_s=4.0).node_frames, args.readouts)
    rows.append(Row("built-in scene, storm", 1 / each, "readouts/s"))
    each = seconds_each(white_noise, args.readouts)
    rows.append(Row("peer: white noise alone, NumPy", 1 / each, "readouts/s"))
    scene = DetailedScene(preset("storm"))
    each = seconds_each(lambda index: scene.full_resolution(index, "E2"), 3)
    rows.append(Row("one node at 18 um, storm", each * 1000, "ms"))
    tell(rows, args.json)
    return 0 if all(row.met is not False for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
