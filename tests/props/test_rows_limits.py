# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Packets of rows where something is as large as it may be."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rows_cases import KINDS

from fsw_emu.core import Core
from fsw_emu.model import rows, rows_coder
from fsw_emu.model import rows_packet as layout

MOST_ROWS = 255
SHAPES = [(639, 384), (165, 96), (160, 99), (4511, 4608)]
ARRAYS = {"columns": "int16_t", "means": "int32_t", "line": "uint16_t", "above": "uint16_t"}


@pytest.mark.verifies("ROWS-1")
@pytest.mark.parametrize("kind", KINDS)
def test_more_rows_than_a_packet_may_have(core: Core, kind: Any) -> None:
    stack = np.full((1, 600, 4), 7, np.uint16)
    packets = core.rows_encode(stack, kind=kind, packet_bytes=4096)
    n_rows = [layout.parse(data)[0].n_samples // 4 for data in packets]
    assert sum(n_rows) == 600
    assert max(n_rows) == MOST_ROWS
    back, ok = core.rows_decode(packets)
    assert ok.all()
    assert np.array_equal(back, stack)


@pytest.mark.verifies("ROWS-1")
@pytest.mark.parametrize("more", [0, 1])
def test_shapes_that_have_a_number(csxi: SimpleNamespace, more: int) -> None:
    """And such with a column more, which have none: the first packet of each."""
    new, lib = csxi.ffi.new, csxi.lib
    samples, out, following = new("uint16_t[5000]"), new("uint8_t[4096]"), new("uint32_t *")
    for number, (n_rows, known) in enumerate(SHAPES, 1):
        cols = known + more
        memory = {name: new(f"{ctype}[]", cols) for name, ctype in ARRAYS.items()}
        of = {"frames": 1, "rows": n_rows, "cols": cols, "room": cols, **memory}
        ctx = new("struct sxi_rows *", {**of, "packet_bytes": 4096, "block_size": 8})
        size = lib.sxi_rows_encode(ctx, samples, 0, 0, out, 4096, following)
        p, _ = layout.parse(bytes(out)[:size])
        assert (p.rows, p.cols, out[9]) == (n_rows, cols, 0 if more else number)
        within = lib.sxi_rows_encode(ctx, samples, 0, 1, out, 4096, following)
        assert (within > 0) == (cols > 2040)  # only a row that does not fit has pieces


@pytest.mark.parametrize("kind", ["independent", "grouped"])
def test_rows_wider_than_a_base_looks_at(core: Core, kind: Any) -> None:
    """3 x 1,024 columns are enough for it."""
    stack = np.random.default_rng(2).normal(500, 5, (1, 2, 3100)).astype(np.uint16)
    stack[:, :, 3072:] = 60_000
    packets = core.rows_encode(stack, kind=kind)
    assert packets == rows_coder.encode(stack, kind=kind)
    assert np.array_equal(core.rows_decode(packets)[0], stack)


@pytest.mark.verifies("ROWS-5", "ROWS-6")
@pytest.mark.parametrize("base", [0, 1, 1023, 1024, 4 * 0xFDFF, 4 * 0xFE00, 4 * 0xFFFF + 3])
def test_columns_near_both_ends(core: Core, base: int) -> None:
    """Of deviations up to 2,047 eighths; predictions stay within 16 bits."""
    group = rows.Group((-2047, -8, 0, 8, 2047, 1))
    shape = {"frames": 1, "rows": 2, "cols": 6}
    of_model = rows.model_packet(group, 59, **shape)
    samples = np.array([0, 1, 300, 0xFE00, 0xFFFE, 0xFFFF] * 2, np.uint16)
    p = layout.Packet(
        layout.GROUPED, n_samples=12, base=base, table=67, **shape,
        model_id=layout.parse(of_model)[0].model_id,
    )  # fmt: skip
    alone = layout.Packet(layout.INDEPENDENT, n_samples=12, base=base, table=67, **shape)
    for packets in (
        [of_model, layout.build(p, rows.body(samples, p, group))],
        [layout.build(alone, rows.body(samples, alone))],
    ):
        back, ok = core.rows_decode(packets)
        assert ok.all()
        assert np.array_equal(back, rows.decode(packets)[0])
        assert back.reshape(-1).tolist() == samples.tolist()


@pytest.mark.verifies("ROWS-4", "ROWS-5")
@pytest.mark.parametrize(
    ("columns", "level"),
    [([-100] * 8 + [200] * 4, 0xFFFF), ([100] * 8 + [-200] * 4, 0), ([-100, 100], 500)],
    ids=["full", "empty", "two"],
)
def test_rows_near_both_ends(core: Core, columns: list[int], level: int) -> None:
    """Where most columns are below the mean, or above it: what is predicted of rows that are full,
    or empty. And of columns that are too few for medians."""
    shape = (1, 400, len(columns))
    stack = np.random.default_rng(3).normal(500, 2, shape) + columns
    stack[0, 200:210] = level
    samples = np.rint(stack).astype(np.uint16)
    packets = core.rows_encode(samples, packet_bytes=200)
    assert rows.load_model(*layout.parse(packets[0])).columns is not None
    assert packets == rows_coder.encode(samples, packet_bytes=200)
    assert np.array_equal(core.rows_decode(packets)[0], samples)


def test_packets_of_another_shape_are_left_out(core: Core) -> None:
    stack = np.random.default_rng(4).normal(500, 5, (2, 9, 8)).astype(np.uint16)
    packets, other = core.rows_encode(stack, packet_bytes=64), core.rows_encode(stack[:1])
    for mixed in (other + packets, packets + other):
        back, ok = core.rows_decode(mixed)
        assert ok.all()
        assert np.array_equal(back, stack)
        assert np.array_equal(rows.decode(mixed)[0], stack)
        assert np.array_equal(core.rows_decode(mixed, shape=(1, 9, 8))[0], stack[:1])
    with pytest.raises(ValueError, match=r"of \(1, 9, 7\) is whole"):
        core.rows_decode(packets, shape=(1, 9, 7))
    for no_list in (packets[0], [1, 2], "text"):
        with pytest.raises(TypeError):
            core.rows_decode(no_list)  # type: ignore[arg-type]


def test_a_large_stack_of_which_next_to_nothing_came(core: Core) -> None:
    """What is said is believed up to 2^24 samples, or 64 times what came, or when expected."""
    group = rows.Group((0,) * 5)
    model = rows.model_packet(group, 0, frames=4096, rows=65535, cols=5)
    p = layout.Packet(layout.AEC, 4096, 65535, 5, n_samples=5 * 255)
    one = layout.build(p, bytes(2))
    for packets in ([model], [one], [model, one]):
        with pytest.raises(ValueError, match="samples at the most came"):
            core.rows_decode(packets)
    huge = layout.build(layout.Packet(layout.RAW, 4096, 65535, 9, n_samples=9), bytes(18))
    with pytest.raises(ValueError, match="more than 2\\^31"):
        core.rows_decode([huge], shape=(4096, 65535, 9))
    shape = (1, 60000, 300)
    fits = layout.build(layout.Packet(layout.RAW, *shape, n_samples=300), bytes(600))
    with pytest.raises(ValueError, match="300 samples"):
        core.rows_decode([fits])
    assert core.rows_decode([fits], shape=shape)[1].sum() == 1


def test_stacks_beyond_all_packets(core: Core) -> None:
    stack = np.broadcast_to(np.uint16(0), (4096, 1024, 513))
    with pytest.raises(ValueError, match="more than 2\\^31"):
        core.rows_encode(stack)
    few = np.zeros((1, 2, 3), np.uint16)
    for option in ("near_lossless", "packet_bytes", "group", "block_size"):
        with pytest.raises(TypeError):
            core.rows_encode(few, **{option: 64.5 if option != "near_lossless" else 1.5})  # type: ignore[arg-type]
