# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Decision trees in files: what ``tools/train_tree.py`` writes and a core is given.

A table is TOML: ``split``, ``saturation``, ``cut`` [ADU, scores], ``background`` [ADU] or "local",
``roots``, and ``nodes``, each ``[feature, value, left, right]`` or ``["leaf", score]``; what else
stands there (``[training]``) tells where it comes from.
"""

from __future__ import annotations

import importlib.resources
import tomllib
from typing import Any

from fsw_emu.core import Core, DecisionTree, TreeNode, default_core

LEAF = "leaf"
_TABLES = ("scene",)


def parse_tree(text: str, *, core: Core | None = None) -> DecisionTree:
    """The tree of a file. ValueError in one line for what is none, or one that core refuses."""
    try:
        table = tomllib.loads(text)
        tree = DecisionTree(
            nodes=tuple(_node(*row) for row in table["nodes"]),
            roots=tuple(_whole(root) for root in table["roots"]),
            cut=_whole(table["cut"]),
            split=_whole(table["split"]),
            background=_background(table["background"]),
            saturation=_whole(table["saturation"]),
        )
    except KeyError as missing:
        raise ValueError(f"tree: no {missing.args[0]}") from None
    except TypeError:
        raise ValueError("tree: a row or a number is not as it should be") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"tree: {error}") from None
    (core or default_core()).check_tree(tree)
    return tree


def tree_text(tree: DecisionTree) -> str:
    """What :func:`parse_tree` reads, without provenance."""
    background = f'"{tree.background}"' if isinstance(tree.background, str) else tree.background
    rows = [
        f'["{LEAF}", {node.value}]'
        if node.feature is None
        else f'["{node.feature}", {node.value}, {node.left}, {node.right}]'
        for node in tree.nodes
    ]
    return "\n".join(
        [
            f"split = {tree.split}",
            f"background = {background}",
            f"saturation = {tree.saturation}",
            f"cut = {tree.cut}",
            f"roots = {list(tree.roots)}",
            "nodes = [",
            *(f"    {row}," for row in rows),
            "]",
            "",
        ]
    )


def shipped_tree(name: str, *, core: Core | None = None) -> DecisionTree:
    """A tree that comes with the package: ``scene``, photons against cosmic rays of our scene."""
    if name not in _TABLES:
        raise ValueError(f"no such tree: {name!r} ({', '.join(_TABLES)})")
    file = importlib.resources.files("fsw_emu") / "algorithms" / "tables" / f"{name}.toml"
    return parse_tree(file.read_text(), core=core)


def _node(feature: str, value: int, left: int = 0, right: int = 0) -> TreeNode:
    name = None if feature == LEAF else feature
    return TreeNode(name, _whole(value), _whole(left), _whole(right))


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value


def _background(value: Any) -> Any:
    return value if value == "local" else _whole(value)
