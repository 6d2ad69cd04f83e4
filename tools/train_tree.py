# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Train a decision tree for sxi/tree.h: keep photons, reject particles.

Usage: train_tree.py --out FILE (--keep FILE.npy --reject FILE.npy | --scene SEED) [options]

Boosted stumps: question after question, each the one that parts the two sets best as the ones
before weigh them (Newton steps of the logistic loss), as integers. The sum from which an event is
kept is the largest that loses at most --loss of the photons.
Nothing is drawn by chance: the same windows give the same table.

Windows are arrays (n, 25) of uint16 [ADU]. Without files they are those of our own quiet scene,
seen by the detection unit: its cosmic rays alone, and photons alone, as many of each energy: with
the sky's few above 2 keV a tree would lose these and hardly any of all.

Example: train_tree.py --scene 1 --out fsw_emu/algorithms/tables/scene.toml
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.algorithms.trees import tree_text
from fsw_emu.atomic import write_atomic
from fsw_emu.core import EVENT_DTYPE, TREE_FEATURES, DecisionTree, TreeNode, default_core
from fsw_emu.scene import Scene, SceneParameters

LEVELS = 128  # thresholds tried of a feature
SCALE = 1000  # score of a leaf that weighs 1
REGULAR = 1e-3  # against leaves that almost nothing reaches
STEEPEST = 4.0
HEAD = """\
# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

# Written by tools/train_tree.py; sxi/tree.h tells what the numbers mean.
"""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """loss: part of the photons that may be lost; rounds: stumps, at most 21 (64 nodes); uses: how
    often one feature may be asked for, so that not all stumps ask for the best; rate: part of a
    Newton step that is gone; split, saturation [ADU]."""

    loss: float = 0.015
    rounds: int = 21
    uses: int = 5
    rate: float = 0.5
    split: int = 25
    saturation: int = 65535


@dataclass(frozen=True)
class Stump:
    """Scores of events at most ``value`` and above it."""

    feature: int
    value: int
    low: int
    high: int


@dataclass(frozen=True)
class Trained:
    """A tree, and what it does to the windows it was trained with."""

    tree: DecisionTree
    lost: int  # of the windows to keep
    left: int  # of those to reject


def thresholds(values: NDArray[np.int32]) -> NDArray[np.int64]:
    """Where a feature may be split: its own values at equal parts of the sample, ends as well."""
    parts = np.quantile(values, np.linspace(0, 1, LEVELS), method="lower").astype(np.int64)
    return np.unique(parts)[:-1]


def best_stump(
    features: NDArray[np.int32], slope: Floats, bend: Floats, levels: Sequence[NDArray[np.int64]]
) -> tuple[int, int, float, float]:
    """(feature, threshold, step below, step above) that lowers the loss most; the first of equals.

    slope, bend: first and second derivative of each window's loss.
    """
    best = (-1.0, 0, 0, 0.0, 0.0)
    total = slope.sum(), bend.sum()
    for column, level in enumerate(levels):
        if not len(level):
            continue
        place = np.searchsorted(level, features[:, column], side="left")
        sums = [np.cumsum(np.bincount(place, each, len(level) + 1))[:-1] for each in (slope, bend)]
        low, high = sums[0], total[0] - sums[0]
        low_bend, high_bend = sums[1] + REGULAR, total[1] - sums[1] + REGULAR
        gain = low**2 / low_bend + high**2 / high_bend
        at = int(gain.argmax())
        if gain[at] > best[0] * (1 + 1e-12):
            steps = low[at] / low_bend[at], high[at] / high_bend[at]
            best = (float(gain[at]), column, int(level[at]), *map(float, steps))
    return best[1:]


def boost(keep: NDArray[np.int32], reject: NDArray[np.int32], settings: Settings) -> list[Stump]:
    """Stumps for features of windows to keep and to reject, which weigh the same as a whole."""
    features = np.concatenate([keep, reject])
    wanted = np.repeat([1.0, 0.0], [len(keep), len(reject)])
    weight = np.repeat([0.5 / len(keep), 0.5 / len(reject)], [len(keep), len(reject)])
    levels = [thresholds(features[:, column]) for column in range(features.shape[1])]
    left = np.full(len(levels), settings.uses)
    total = np.zeros(len(features))
    stumps: list[Stump] = []
    for _ in range(settings.rounds):
        chance = 1 / (1 + np.exp(-total))
        slope, bend = weight * (wanted - chance), weight * chance * (1 - chance)
        open_levels = [each if n else each[:0] for each, n in zip(levels, left, strict=True)]
        if not any(len(each) for each in open_levels):
            break
        feature, value, low, high = best_stump(features, slope, bend, open_levels)
        scores = [
            round(SCALE * float(np.clip(settings.rate * step, -STEEPEST, STEEPEST)))
            for step in (low, high)
        ]
        stumps.append(Stump(feature, value, *scores))
        left[feature] -= 1
        total += np.where(features[:, feature] <= value, *scores) / SCALE
    return stumps


def scores(stumps: Sequence[Stump], features: NDArray[np.int32]) -> NDArray[np.int64]:
    total = np.zeros(len(features), np.int64)
    for stump in stumps:
        total += np.where(features[:, stump.feature] <= stump.value, stump.low, stump.high)
    return total


def highest_cut(keep: NDArray[np.int64], loss: float) -> int:
    """The sum from which events are kept: the largest that loses no more than it may. All of the
    loss is spent even where a part of it leaves as few of the particles at hand: those to come
    are others."""
    return int(np.sort(keep)[int(loss * len(keep))])


def as_tree(stumps: Sequence[Stump], cut: int, settings: Settings) -> DecisionTree:
    """Stumps as a table: three nodes each."""
    nodes = []
    for i, stump in enumerate(stumps):
        name = TREE_FEATURES[stump.feature]
        nodes.append(TreeNode(name, stump.value, 3 * i + 1, 3 * i + 2))
        nodes += [TreeNode(None, stump.low), TreeNode(None, stump.high)]
    return DecisionTree(
        nodes=tuple(nodes),
        roots=tuple(range(0, 3 * len(stumps), 3)),
        cut=cut,
        split=settings.split,
        background="local",
        saturation=settings.saturation,
    )


def train(keep: NDArray[Any], reject: NDArray[Any], settings: Settings | None = None) -> Trained:
    """A tree from EVENT_DTYPE records to keep and to reject. ValueError without either."""
    settings = settings or Settings()
    if not len(keep) or not len(reject):
        raise ValueError(
            f"{len(keep)} windows to keep, {len(reject)} to reject: none to learn from"
        )
    if not 0 <= settings.loss < 1 or not 1 <= settings.rounds <= 21 or settings.uses < 1:
        raise ValueError("a loss within 0..1, 1 to 21 rounds and at least one use are needed")
    core, bare = default_core(), as_tree([], 0, settings)
    told = [core.tree_features(events, bare) for events in (keep, reject)]
    stumps = boost(told[0], told[1], settings)
    cut = highest_cut(scores(stumps, told[0]), settings.loss)
    tree = as_tree(stumps, cut, settings)
    kept = [int(core.classify_events(events, tree).sum()) for events in (keep, reject)]
    return Trained(tree, len(keep) - kept[0], kept[1])


def flat_windows(seed: int, frames: int) -> NDArray[Any]:
    """What it finds of photons whose energies are even over the band of the instrument."""
    parameters = SceneParameters(
        swcx_per_s=(0.0, 0.0), background_per_s=0.0, sources_per_s=0.0, cosmic_per_s=0.0,
        particles_per_s=(20.0, 20.0), hot_pixels_per_node=0,
    )  # fmt: skip
    return _found(parameters, seed, frames)


def scene_windows(seed: int, frames: int, *, cosmic: bool) -> NDArray[Any]:
    """What the detection unit finds in quiet frames of photons alone, or of cosmic rays alone."""
    if cosmic:
        parameters = SceneParameters(
            swcx_per_s=(0.0, 0.0), particles_per_s=(0.0, 0.0), background_per_s=0.0,
            sources_per_s=0.0, hot_pixels_per_node=0,
        )  # fmt: skip
    else:
        parameters = SceneParameters(
            cosmic_per_s=0.0, particles_per_s=(0.0, 0.0), hot_pixels_per_node=0
        )
    return _found(parameters, seed, frames)


def _found(parameters: SceneParameters, seed: int, frames: int) -> NDArray[Any]:
    scene = Scene("quiet", seed=seed, parameters=parameters)
    core, found = default_core(), []
    for index in range(frames):
        for frame in scene.node_frames(index).values():
            found.append(core.detect_events(frame, threshold=scene.detection_threshold_adu).records)
    return np.concatenate(found)


def read_windows(path: Path) -> NDArray[Any]:
    """ValueError for another shape or type, or a file that is no array."""
    windows = np.load(path, allow_pickle=False)
    if not isinstance(windows, np.ndarray) or windows.dtype != np.uint16 or windows.ndim != 2:
        raise ValueError(f"{path}: no array of 16-bit windows")
    if windows.shape[1] != 25:
        raise ValueError(f"{path}: windows of {windows.shape[1]} pixels")
    events = np.zeros(len(windows), EVENT_DTYPE)
    events["pixels"] = windows
    return events


def digest(events: NDArray[Any]) -> str:
    """SHA-256 of the windows, little endian."""
    return hashlib.sha256(np.ascontiguousarray(events["pixels"], "<u2").tobytes()).hexdigest()


def document(trained: Trained, sets: Sequence[NDArray[Any]], settings: Settings, what: str) -> str:
    """The table with its provenance."""
    keep, reject = sets
    lines = [
        HEAD,
        tree_text(trained.tree),
        "[training]",
        'tool = "tools/train_tree.py"',
        f"windows = {what}",
        f"keep = {len(keep)}",
        f'keep_sha256 = "{digest(keep)}"',
        f"reject = {len(reject)}",
        f'reject_sha256 = "{digest(reject)}"',
        f"loss = {settings.loss}",
        f"rounds = {settings.rounds}",
        f"uses = {settings.uses}",
        f"rate = {settings.rate}",
        f"lost = {trained.lost}",
        f"left = {trained.left}",
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--keep", type=Path, metavar="FILE.npy", help="windows of photons")
    parser.add_argument("--reject", type=Path, metavar="FILE.npy", help="windows of particles")
    parser.add_argument("--scene", type=int, metavar="SEED", help="windows of our own scene")
    parser.add_argument("--frames", type=int, default=20, help="of the scene, each (20)")
    parser.add_argument("--loss", type=float, default=Settings.loss, help="of photons (0.015)")
    parser.add_argument("--rounds", type=int, default=Settings.rounds, help="stumps (21)")
    parser.add_argument("--uses", type=int, default=Settings.uses, help="of one feature (5)")
    parser.add_argument("--split", type=int, default=Settings.split, help="[ADU] (25)")
    given = parser.parse_args(arguments)
    if (given.scene is None) == (given.keep is None) or (given.keep is None) != (
        given.reject is None
    ):
        parser.error("either --scene, or --keep and --reject")
    settings = Settings(loss=given.loss, rounds=given.rounds, uses=given.uses, split=given.split)
    try:
        if given.scene is None:
            sets = [read_windows(given.keep), read_windows(given.reject)]
            what = '"files"'
        else:
            sets = [flat_windows(given.scene, given.frames)]
            sets += [scene_windows(given.scene, given.frames, cosmic=True)]
            told = f"photons of even energies, cosmic rays; seed {given.scene}"
            what = f'"{told}, {given.frames} frames"'
        trained = train(*sets, settings)
        write_atomic(given.out, document(trained, sets, settings, what).encode())
    except (OSError, ValueError, EOFError) as error:
        print(f"train_tree.py: {error}", file=sys.stderr)
        return 1
    print(f"lost {trained.lost} of {len(sets[0])} to keep, left {trained.left} of {len(sets[1])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
