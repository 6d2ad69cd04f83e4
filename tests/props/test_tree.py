# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Decision trees: C and model agree; tables that do not end are refused."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import event_arrays, u16
from tight import Guarded

from fsw_emu.core import EVENT_DTYPE, TREE_FEATURES, Core, CoreError, DecisionTree, TreeNode
from fsw_emu.model import tree as model

levels = st.one_of(st.integers(0, 40), u16)
FLIGHT = {"centre_max": 90, "ring_sum_max": 160, "ring_max": 20}


@st.composite
def trees(draw: st.DrawFn) -> DecisionTree:
    """Tables that end: the last nodes are leaves, children lie behind their parents."""
    n = draw(st.integers(1, 16))
    nodes = []
    for i in range(n):
        if i + 1 < n and draw(st.booleans()):
            behind = st.integers(i + 1, n - 1)
            name = draw(st.sampled_from(TREE_FEATURES))
            nodes.append(TreeNode(name, draw(st.integers(-9, 90)), draw(behind), draw(behind)))
        else:
            nodes.append(TreeNode(None, draw(st.integers(-4, 4))))
    return DecisionTree(
        nodes=tuple(nodes),
        roots=tuple(draw(st.lists(st.integers(0, n - 1), max_size=4))),
        cut=draw(st.integers(-3, 3)),
        split=draw(levels),
        background=draw(levels | st.just("local")),
        saturation=draw(levels),
    )


def table(tree: DecisionTree) -> list[model.Node]:
    return [
        model.Node(
            model.LEAF if node.feature is None else TREE_FEATURES.index(node.feature),
            node.value, node.left, node.right,
        )
        for node in tree.nodes
    ]  # fmt: skip


def expected_features(tree: DecisionTree, events: Any, distances: Any) -> list[list[int]]:
    return [
        model.features(
            event["pixels"].tolist(),
            split=tree.split,
            background=None if tree.background == "local" else tree.background,
            saturation=tree.saturation,
            distance=int(distance),
        )
        for event, distance in zip(events, distances, strict=True)
    ]


@pytest.mark.verifies("TREE-1", "TREE-3", "TREE-5")
@given(events=event_arrays(max_size=6), tree=trees(), seed=st.none() | st.integers(0, 9))
def test_agrees_with_the_model(core: Core, events, tree, seed) -> None:
    near = None
    if seed is not None:
        near = np.random.default_rng(seed).integers(0, 255, len(events)).astype(np.uint8)
    distances = np.full(len(events), 255) if near is None else near
    told = expected_features(tree, events, distances)
    assert core.tree_features(events, tree, distances=near).tolist() == told
    core.check_tree(tree)
    scores = [model.score(table(tree), tree.roots, row) for row in told]
    kept = core.classify_events(events, tree, distances=near)
    assert kept.tolist() == [score >= tree.cut for score in scores]


@pytest.mark.verifies("TREE-1")
def test_the_ranks_of_every_ring(core: Core) -> None:
    """A sorting network is right for all values where it is for all of zeros and ones."""
    patterns = np.arange(2**8)[:, None] >> np.arange(8) & 1
    events = np.zeros(2**8, EVENT_DTYPE)
    events["pixels"][:, [6, 7, 8, 11, 13, 16, 17, 18]] = patterns
    names = [TREE_FEATURES.index(name) for name in ("ring_max", "ring_third", "ring_fifth")]
    told = core.tree_features(events, DecisionTree(nodes=(), roots=()))[:, names]
    np.testing.assert_array_equal(told, np.sort(patterns, axis=1)[:, [7, 5, 3]])


@pytest.mark.verifies("TREE-1")
@pytest.mark.parametrize("levels", list(itertools.permutations([10, 20, 30])))
def test_saturated_pixels_are_counted_wherever_they_are(core: Core, levels: Any) -> None:
    events = np.zeros(1, EVENT_DTYPE)
    events["pixels"][0, [12, 8, 23]] = levels  # centre, ring, outside
    counts = []
    for saturation in (0, 10, 11, 20, 30, 31):
        told = core.tree_features(events, DecisionTree(saturation=saturation))
        counts.append(int(told[0, TREE_FEATURES.index("saturated")]))
    assert counts == [0, 3, 2, 2, 1, 0]


@pytest.mark.verifies("TREE-1")
@given(pixels=st.lists(levels, min_size=25, max_size=25), turn=st.integers(0, 7))
def test_features_do_not_turn(core: Core, pixels, turn) -> None:
    """A window mirrored or turned has the same features, and both orders of the packet do."""
    square = np.array(pixels).reshape(5, 5)
    events = np.zeros(2, EVENT_DTYPE)
    events["pixels"][0] = square.ravel()
    turned = np.rot90(square.T if turn > 3 else square, turn)
    events["pixels"][1] = turned.ravel()
    first, second = core.tree_features(events, DecisionTree(split=20, background=7))
    assert (first == second).all()


@pytest.mark.verifies("TREE-1")
@given(pixels=st.lists(st.integers(0, 900), min_size=25, max_size=25), shift=st.integers(0, 60000))
def test_an_offset_changes_nothing(core: Core, pixels, shift) -> None:
    events = np.zeros(2, EVENT_DTYPE)
    events["pixels"] = np.array(pixels) + np.array([[0], [shift]])
    low, high = core.tree_features(events, DecisionTree(split=20, background="local"))
    assert (low == high).all()


@pytest.mark.verifies("TREE-6")
@given(events=event_arrays(max_size=8))
def test_a_tree_can_hold_the_flight_rule(core: Core, events) -> None:
    no, yes = 3, 4
    tree = DecisionTree(
        nodes=(
            TreeNode("centre", FLIGHT["centre_max"], 1, no),
            TreeNode("ring_sum", FLIGHT["ring_sum_max"], 2, no),
            TreeNode("ring_fifth", FLIGHT["ring_max"], yes, no),
            TreeNode(None, -1),
            TreeNode(None, 1),
        ),
        roots=(0,),
    )
    assert (core.classify_events(events, tree) == core.filter_events(events, **FLIGHT).keep).all()


@pytest.mark.verifies("TREE-4", "BEYOND-1")
def test_nothing_asked_keeps_all(core: Core) -> None:
    assert core.classify_events(np.zeros(3, EVENT_DTYPE), DecisionTree()).all()


@pytest.mark.verifies("TREE-2")
def test_features_have_the_header_s_numbers(csxi: SimpleNamespace) -> None:
    names = {f"SXI_TREE_{name.upper()}": i for i, name in enumerate(TREE_FEATURES)}
    assert {name: getattr(csxi.lib, name) for name in names} == names
    assert len(TREE_FEATURES) == csxi.lib.SXI_TREE_FEATURES
    sizes = (csxi.lib.SXI_TREE_NODES, csxi.lib.SXI_TREE_ROOTS, csxi.lib.SXI_TREE_MAX_SCORE)
    assert sizes == (model.NODES, model.ROOTS, model.MAX_SCORE)


def ctx_of(csxi: SimpleNamespace, **fields: Any) -> Any:
    """Two stumps: nodes 0 and 3 ask, the others are leaves."""
    members = {
        "n_nodes": 6, "n_roots": 2, "root": [0, 3], "feature": [0, 255, 255, 1, 255, 255],
        "value": [10, 1, -1, 20, 1, -1], "left": [1, 0, 0, 4, 0, 0], "right": [2, 0, 0, 5, 0, 0],
    }  # fmt: skip
    return csxi.ffi.new("struct sxi_tree *", members | fields)


#: what is wrong with a table, and how it is told
WRONG: list[tuple[dict[str, Any], int]] = [
    ({"n_nodes": 65}, -1),
    ({"n_roots": 33}, -1),
    ({"background_mode": 2}, -1),
    ({"root": [0, 6]}, -4),
    ({"n_nodes": 0}, -4),
    ({"feature": [13, 255, 255, 1, 255, 255]}, -4),
    ({"feature": [254, 255, 255, 1, 255, 255]}, -4),
    ({"left": [0, 0, 0, 4, 0, 0]}, -4),
    ({"left": [6, 0, 0, 4, 0, 0]}, -4),
    ({"right": [2, 0, 0, 3, 0, 0]}, -4),
    ({"right": [2, 0, 0, 6, 0, 0]}, -4),
    ({"value": [10, 2**24 + 1, -1, 20, 1, -1]}, -4),
    ({"value": [10, 1, -(2**24) - 1, 20, 1, -1]}, -4),
]


@pytest.mark.verifies("TREE-3", "STAT-3")
@pytest.mark.parametrize(("fields", "status"), WRONG)
def test_tables_that_do_not_end_are_refused(csxi, fields, status) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    ctx = ctx_of(csxi, **fields, n_kept=3)
    before = bytes(ffi.buffer(ctx))
    assert lib.sxi_tree_check(ctx) == status
    events, keep = ffi.new("struct sxi_event[1]"), Guarded(csxi, "uint8_t", 1)
    assert lib.sxi_tree_classify(ctx, events, 1, ffi.NULL, keep.pointer) == status
    assert keep.is_untouched()
    assert bytes(ffi.buffer(ctx)) == before


@pytest.mark.verifies("TREE-3", "STAT-3")
def test_bad_arguments_leave_all_as_it_was(csxi: SimpleNamespace) -> None:
    ffi, lib, null, param = csxi.ffi, csxi.lib, csxi.ffi.NULL, csxi.lib.SXI_STATUS_PARAM
    events, keep = ffi.new("struct sxi_event[1]"), ffi.new("uint8_t[1]")
    ctx, out = ctx_of(csxi), Guarded(csxi, "int32_t", 13)
    before = bytes(ffi.buffer(ctx))
    assert lib.sxi_tree_check(null) == param
    assert lib.sxi_tree_classify(null, events, 1, null, keep) == param
    assert lib.sxi_tree_classify(ctx, null, 1, null, keep) == param
    assert lib.sxi_tree_classify(ctx, events, 1, null, null) == param
    assert lib.sxi_tree_classify(ctx, events, 2**31, null, keep) == param
    assert lib.sxi_tree_features(null, events, 0, out.pointer, 13) == param
    assert lib.sxi_tree_features(ctx, null, 0, out.pointer, 13) == param
    assert lib.sxi_tree_features(ctx, events, 0, null, 13) == param
    assert lib.sxi_tree_features(ctx, events, 256, out.pointer, 13) == param
    assert lib.sxi_tree_features(ctx, events, 0, out.pointer, 12) == lib.SXI_STATUS_ROOM
    wrong = ctx_of(csxi, background_mode=2)
    assert lib.sxi_tree_features(wrong, events, 0, out.pointer, 13) == param
    assert out.is_untouched()
    assert bytes(ffi.buffer(ctx)) == before
    assert lib.sxi_tree_features(ctx, events, 0, out.pointer, 13) == 0
    assert out.is_intact()


def test_counters_go_on_and_wrap(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    events, keep = ffi.new("struct sxi_event[2]"), Guarded(csxi, "uint8_t", 2)
    events[0].pixels[12], events[0].pixels[6] = 11, 21
    ctx = ctx_of(csxi, n_kept=2**32 - 1, n_rejected=7)
    assert lib.sxi_tree_classify(ctx, events, 2, ffi.NULL, keep.pointer) == 1
    assert (ctx.n_kept, ctx.n_rejected, keep.inside.tolist()) == (0, 8, [0, 1])
    assert keep.is_intact()


@pytest.mark.parametrize(
    ("tree", "what"),
    [
        (DecisionTree(nodes=(TreeNode(None, 0),) * 65), "nodes"),
        (DecisionTree(nodes=(TreeNode(None, 0),), roots=(0,) * 33), "roots"),
        (DecisionTree(nodes=(TreeNode("moon", 0),)), "moon"),
        (DecisionTree(nodes=(TreeNode("pha", 2**31),)), "value"),
        (DecisionTree(nodes=(TreeNode("pha", 0, -1, 0),)), "node"),
        (DecisionTree(cut=2**31), "cut"),
        (DecisionTree(split=65536), "split"),
        (DecisionTree(background=-1), "background"),
    ],
)
def test_what_no_table_holds_is_refused(core: Core, tree: DecisionTree, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        core.check_tree(tree)


def test_distances_belong_to_events(core: Core) -> None:
    events, near = np.zeros(2, EVENT_DTYPE), np.zeros(1, np.uint8)
    for ask in (core.classify_events, core.tree_features):
        with pytest.raises(ValueError, match="distances"):
            ask(events, DecisionTree(), distances=near)


@pytest.mark.verifies("TREE-3")
def test_a_refused_table_is_a_core_error(core: Core) -> None:
    with pytest.raises(CoreError, match="may not hold"):
        core.check_tree(DecisionTree(nodes=(TreeNode("pha", 0, 0, 0),), roots=(0,)))


def test_the_model_refuses_the_same(csxi: SimpleNamespace) -> None:
    for fields, status in WRONG:
        ctx = ctx_of(csxi, **fields)
        n = min(ctx.n_nodes, 64)
        nodes = [
            model.Node(ctx.feature[i], ctx.value[i], ctx.left[i], ctx.right[i]) for i in range(n)
        ]
        if status == -4:
            assert not model.ends(nodes, list(ctx.root)[: ctx.n_roots])
    good = ctx_of(csxi)
    nodes = [model.Node(good.feature[i], good.value[i], good.left[i], good.right[i])
             for i in range(6)]  # fmt: skip
    assert model.ends(nodes, [0, 3])
    assert csxi.lib.sxi_tree_check(good) == 0


def test_arrays_are_checked(core: Core) -> None:
    events: NDArray[Any] = np.zeros(3, np.uint16)
    with pytest.raises(TypeError, match="events"):
        core.classify_events(events, DecisionTree())
