# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the coder of rows is free to choose: as its model does, and worth it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray
from rows_cases import IMAGES, KINDS, image, stacks, ways

from fsw_emu.core import Core
from fsw_emu.model import rows, rows_coder
from fsw_emu.model import rows_packet as layout


@given(stack=stacks(), way=ways)
def test_packets_are_the_models(core: Core, stack: NDArray[Any], way: Any) -> None:
    """Learning, base, table, how much fits: byte for byte."""
    assert core.rows_encode(stack, **way) == rows_coder.encode(stack, **way)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("character", IMAGES)
def test_larger_packets_are_the_models(core: Core, kind: Any, character: str) -> None:
    """Of many rows, and of more groups than one."""
    stack = image(np.random.default_rng(8), character, (3, 21, 40))
    for m in (0, 1):
        way: dict[str, Any] = {"kind": kind, "near_lossless": m, "packet_bytes": 700, "group": 2}
        assert core.rows_encode(stack, **way) == rows_coder.encode(stack, **way)


@pytest.mark.verifies("ROWS-11")
def test_columns_far_from_the_others(core: Core) -> None:
    """Either way as far as a model tells, and no farther."""
    noise = np.random.default_rng(12).normal(9000, 300, (2, 40, 24))
    noise[:, :, ::2] -= 3000
    noise[:, :, 1::2] += 3000
    stack = np.rint(noise).astype(np.uint16)
    assert core.rows_encode(stack) == rows_coder.encode(stack)


@pytest.mark.verifies("ROWS-11")
def test_columns_that_hardly_pay(core: Core) -> None:
    """Of two, a little farther apart each time."""
    noise = np.random.default_rng(13).normal(900, 4, (1, 96, 2))
    for apart in np.arange(0, 12, 0.5):
        stack = np.rint(noise + np.array([0, apart])).astype(np.uint16)
        assert core.rows_encode(stack) == rows_coder.encode(stack)


def test_pieces_that_fill_a_packet(core: Core) -> None:
    """To the last bit, some of so many."""
    stack = np.rint(np.random.default_rng(14).normal(900, 4, (1, 40, 300))).astype(np.uint16)
    way: dict[str, Any] = {"kind": "independent", "packet_bytes": 64}
    assert core.rows_encode(stack, **way) == rows_coder.encode(stack, **way)


@pytest.mark.verifies("ROWS-11")
def test_columns_are_learnt_in_spite_of_tracks(core: Core) -> None:
    """To a quarter of the noise; where all columns are alike, none are sent."""
    rng = np.random.default_rng(9)
    columns = np.rint(rng.normal(0, 6, 60))
    stack = np.rint(500 + columns + rng.normal(0, 2, (2, 400, 60)))
    for row in range(0, 400, 7):
        stack[:, row, row % 50 : row % 50 + 10] += 900
    learnt = columns_of(core, stack.astype(np.uint16))
    assert learnt is not None
    assert np.abs(learnt / 8 - (columns - columns.mean())).max() < 0.5
    assert columns_of(core, np.full((2, 400, 60), 500, np.uint16)) is None


@pytest.mark.verifies("ROWS-11")
@pytest.mark.parametrize("level", [900, 14_800])
def test_injected_lines_spoil_no_other(core: Core, level: int) -> None:
    """Every 100th, the very first too, as charge injection makes them: they cost what they hold."""
    noise = np.random.default_rng(10).normal(0, 3, (1, 640, 48))
    injected = np.arange(640)[:, None] % 100 == 0
    sizes = []
    for lines in (500 + noise, np.where(injected, level + 20 * noise, 500 + noise)):
        stack = np.rint(lines).astype(np.uint16)
        packets = core.rows_encode(stack)
        assert packets == rows_coder.encode(stack)
        sizes.append(sum(map(len, packets)))
    assert sizes[1] < 1.1 * sizes[0]


@pytest.mark.verifies("ROWS-4")
def test_a_base_goes_no_farther_aside_than_it_may(core: Core) -> None:
    """Most samples are the largest there are, and steps as large as the spread."""
    noise = np.random.default_rng(15).normal(0xFFFF + 15, 45, (1, 64, 48))
    stack = np.rint(noise).clip(0, 0xFFFF).astype(np.uint16)
    packets = core.rows_encode(stack, near_lossless=15)
    assert packets == rows_coder.encode(stack, near_lossless=15)
    bases = [layout.parse(data)[0].base for data in packets]
    assert max(bases) == 4 * 0xFFFF + 3


def columns_of(core: Core, stack: NDArray[np.uint16]) -> NDArray[Any] | None:
    group = rows.load_model(*layout.parse(core.rows_encode(stack)[0]))
    return None if group.columns is None else np.array(group.columns)


def scenes(shape: tuple[int, int, int]) -> dict[str, NDArray[np.uint16]]:
    rng = np.random.default_rng(4)
    row, col = np.mgrid[: shape[1], : shape[2]]
    noise = rng.normal(0, 3, shape)
    smooth = 3000 + 900 * np.sin(col / 31) * np.cos(row / 47) + 400 * np.sin(row / 5 + col / 9)
    of = {
        "quiet": 500 + noise / 10,
        "noise": 500 + noise,
        "wide noise": 500 + 7 * noise,
        "constant": np.full(shape, 500),
        "columns": 500 + rng.normal(0, 9, shape[2]) + noise,
        "slope": 40 * row % 20_000 + 25 * col + noise,
        "ramp": np.broadcast_to(20 * col, shape),
        "ramp with noise": 20 * col + 10 * row + 2 * noise,
        "photograph": smooth + 2 * noise,
        "injected lines": np.where(row % 100 == 0, 14_800 + 20 * noise, 500 + noise),
        "sparse": np.where(rng.random(shape) < 0.003, 3000, 100),
    }
    return {name: np.clip(np.rint(x), 0, 65_535).astype(np.uint16) for name, x in of.items()}


SMALL, LARGE = (2, 30, 48), (1, 2600, 16)  # of the large ones only some rows are tried
AUTO = [(SMALL, name) for name in scenes((1, 2, 2))]
AUTO += [
    (LARGE, name)
    for name in ("noise", "wide noise", "constant", "columns", "photograph", "injected lines")
]


@pytest.mark.parametrize(("shape", "name"), AUTO)
def test_auto_is_near_the_shortest(core: Core, shape: Any, name: str) -> None:
    """Within 1 %."""
    stack = scenes(shape)[name]

    def size(kind: Any, predictor: Any = "column") -> int:
        return sum(map(len, core.rows_encode(stack, kind=kind, predictor=predictor)))

    ways = [(kind, p) for kind in ("grouped", "independent") for p in rows_coder.PREDICTORS]
    shortest = min(size("aec"), size("raw"), *(size(*way) for way in ways))
    assert size("auto") <= 1.01 * shortest
