# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Trees in files, and the tool that trains them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import train_tree
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from train_tree import Settings, Stump, train

from fsw_emu.algorithms.trees import parse_tree, shipped_tree, tree_text
from fsw_emu.core import EVENT_DTYPE, TREE_FEATURES, Core, DecisionTree, TreeNode, default_core

STUMP = DecisionTree(
    nodes=(TreeNode("pha", 90, 1, 2), TreeNode(None, 5), TreeNode(None, -5)),
    roots=(0,),
    cut=1,
    split=20,
    background="local",
    saturation=4095,
)


def windows(seed: int, n: int, *, height: tuple[int, int], neighbour: int) -> NDArray[Any]:
    """Noise on a pedestal, a centre, and a neighbour at its right."""
    rng = np.random.default_rng(seed)
    events = np.zeros(n, EVENT_DTYPE)
    pixels = rng.normal(500, 5, (n, 25)).round()
    pixels[:, 12] += rng.integers(*height, n)
    pixels[:, 13] += rng.integers(0, neighbour, n)
    events["pixels"] = pixels
    return events


def photons(seed: int, n: int = 400) -> NDArray[Any]:
    return windows(seed, n, height=(50, 400), neighbour=40)


def particles(seed: int, n: int = 400) -> NDArray[Any]:
    return windows(seed, n, height=(300, 3000), neighbour=900)


@pytest.mark.verifies("TREE-8")
@given(
    stumps=st.lists(
        st.builds(Stump, st.integers(0, 12), *(st.integers(-4000, 4000),) * 3), max_size=21
    ),
    cut=st.integers(-9, 9),
)
def test_what_is_written_is_read(stumps: list[Stump], cut: int) -> None:
    tree = train_tree.as_tree(stumps, cut, Settings())
    assert parse_tree(tree_text(tree)) == tree
    assert len(tree.nodes) <= 64


def test_a_tree_in_a_file() -> None:
    assert parse_tree(tree_text(STUMP)) == STUMP
    fixed = DecisionTree(background=500)
    assert parse_tree(tree_text(fixed)) == fixed


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("cut = 1\n", "", "no cut"),
        ("cut = 1\n", "cut = true\n", "not as it should be"),
        ("cut = 1\n", "cut = 1.5\n", "not as it should be"),
        ("cut = 1\n", "cut = \n", "Invalid value"),
        ('"pha"', '"moon"', "moon"),
        ('"pha", 90, 1, 2', '"pha", 90, 1, 3', "may not hold"),
        ('"pha", 90, 1, 2', '"pha", 90, 0, 2', "may not hold"),
        ('"pha", 90, 1, 2', '"pha"', "not as it should be"),
        ('"pha", 90, 1, 2', '"pha", 90, 1, 2, 3', "not as it should be"),
        ("split = 20", "split = 65536", "split"),
        ("roots = [0]", "roots = [9]", "may not hold"),
        ("roots = [0]", "roots = 0", "not as it should be"),
        ('"local"', '"moon"', "not as it should be"),
    ],
)
def test_a_file_that_is_no_tree(old: str, new: str, what: str) -> None:
    text = tree_text(STUMP)
    assert old in text
    with pytest.raises(ValueError, match=what) as caught:
        parse_tree(text.replace(old, new))
    assert "\n" not in str(caught.value)


def test_no_such_tree() -> None:
    with pytest.raises(ValueError, match="scene"):
        shipped_tree("moon")


@pytest.mark.verifies("TREE-7", "TREE-8")
def test_training_keeps_its_word() -> None:
    keep, reject = photons(1), particles(2)
    trained = train(keep, reject)
    assert trained == train(keep, reject)  # nothing is drawn
    core = default_core()
    assert (~core.classify_events(keep, trained.tree)).sum() == trained.lost <= 0.015 * len(keep)
    assert core.classify_events(reject, trained.tree).sum() == trained.left
    fresh = core.classify_events(particles(3), trained.tree).mean()
    assert fresh < 0.05
    assert len(trained.tree.nodes) <= 64


@given(loss=st.sampled_from([0.0, 0.01, 0.1, 0.5]), seed=st.integers(0, 99))
def test_the_cut_loses_no_more_than_it_may(loss: float, seed: int) -> None:
    scores = np.random.default_rng(seed).integers(-3, 4, 100)
    cut = train_tree.highest_cut(scores, loss)
    assert (scores < cut).mean() <= loss < (scores < cut + 1).mean()


def test_one_stump_is_the_best_of_all() -> None:
    """By hand: all features, all thresholds, the same gain."""
    core, settings = default_core(), Settings(rounds=1)
    bare = train_tree.as_tree([], 0, settings)
    keep, reject = (core.tree_features(e, bare) for e in (photons(1, 60), particles(2, 60)))
    (stump,) = train_tree.boost(keep, reject, settings)
    both = np.concatenate([keep, reject])
    slope = np.repeat([0.5, -0.5], 60) * 0.5 / 60
    gains = {}
    for column in range(len(TREE_FEATURES)):
        for value in np.unique(both[:, column])[:-1]:
            low = both[:, column] <= value
            parts = [slope[side].sum() ** 2 / (side.sum() / 480 + 1e-3) for side in (low, ~low)]
            gains[column, int(value)] = sum(parts)
    assert gains[stump.feature, stump.value] >= 0.999 * max(gains.values())
    assert stump.low > 0 > stump.high


def test_features_are_asked_for_as_often_as_they_may() -> None:
    settings = Settings(uses=2)
    tree = train(photons(1), particles(2), settings).tree
    asked = [node.feature for node in tree.nodes if node.feature is not None]
    assert max(map(asked.count, asked)) == 2


@pytest.mark.parametrize(
    "settings", [Settings(loss=1), Settings(loss=-0.1), Settings(rounds=22), Settings(uses=0)]
)
def test_impossible_settings_are_refused(settings: Settings) -> None:
    with pytest.raises(ValueError, match="needed"):
        train(photons(1), particles(2), settings)


def test_the_command_writes_a_table(tmp_path: Path, capsys: Any) -> None:
    keep, reject, out = (tmp_path / name for name in ("keep.npy", "reject.npy", "tree.toml"))
    np.save(keep, photons(1)["pixels"])
    np.save(reject, particles(2)["pixels"])
    words = ["--keep", str(keep), "--reject", str(reject), "--out", str(out)]
    assert train_tree.main(words) == 0
    first = out.read_bytes()
    assert train_tree.main(words) == 0
    assert out.read_bytes() == first
    assert "left" in capsys.readouterr().out
    assert parse_tree(first.decode()) == train(photons(1), particles(2)).tree
    told = tomllib.loads(first.decode())["training"]
    assert (told["keep"], len(told["keep_sha256"]), told["loss"]) == (400, 64, 0.015)


@pytest.mark.parametrize("shape", [(0, 25), (3, 24), (25,)])
def test_windows_that_are_none(tmp_path: Path, capsys: Any, shape: tuple[int, ...]) -> None:
    keep, out = tmp_path / "keep.npy", tmp_path / "tree.toml"
    np.save(keep, np.zeros(shape, np.uint16))
    words = ["--keep", str(keep), "--reject", str(keep), "--out", str(out)]
    assert train_tree.main(words) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert not out.exists()


def test_files_that_are_none(tmp_path: Path, capsys: Any) -> None:
    keep = tmp_path / "keep.npy"
    for data in (b"", b"moon", b"\x80\x04N."):
        keep.write_bytes(data)
        words = ["--keep", str(keep), "--reject", str(keep), "--out", str(tmp_path / "t.toml")]
        assert train_tree.main(words) == 1
        assert capsys.readouterr().err.count("\n") == 1


def test_either_a_scene_or_files(capsys: Any) -> None:
    for words in ([], ["--keep", "a.npy"], ["--scene", "1", "--keep", "a", "--reject", "b"]):
        with pytest.raises(SystemExit):
            train_tree.main(["--out", "x.toml", *words])
        assert "either" in capsys.readouterr().err


@pytest.mark.verifies("TREE-7")
def test_the_shipped_tree_on_a_scene_it_never_saw(core: Core) -> None:
    """With as many photons lost at most, it leaves fewer particles than the best flight limits."""
    keep, reject = (train_tree.scene_windows(7, 5, cosmic=cosmic) for cosmic in (False, True))
    tree = shipped_tree("scene", core=core)
    lost = 1 - core.classify_events(keep, tree).mean()
    left = core.classify_events(reject, tree).sum()
    best = len(reject)
    for centre in range(250, 501, 25):
        for ring_sum in (100, 150, 200, 300):
            limits = {"centre_max": 500 + centre, "ring_sum_max": 4000 + ring_sum}
            kept = [core.filter_events(e, **limits, ring_max=515).keep for e in (keep, reject)]
            if 1 - kept[0].mean() <= 0.02:
                best = min(best, int(kept[1].sum()))
    assert lost <= 0.02
    assert left <= best


def test_the_shipped_tree_keeps_the_upper_end_of_the_band(core: Core) -> None:
    """It did not where it had learned from the sky's own photons."""
    keep = train_tree.flat_windows(7, 5)
    bright = keep[keep["pixels"].max(axis=1) > 500 + 300]  # above 1.5 keV in one pixel
    assert len(bright) > 300
    assert core.classify_events(bright, shipped_tree("scene", core=core)).mean() > 0.93
