# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Packets of rows that are lost, repeated, out of order or damaged: what it costs, and is told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rows_cases import KINDS, errors, image, stacks, ways
from tight import octets

from fsw_emu.core import Core
from fsw_emu.model import rows
from fsw_emu.model import rows_packet as layout

WAYS = [
    ("raw", 0, 4096), ("raw", 0, 64), ("independent", 0, 4096), ("independent", 3, 64),
    ("grouped", 0, 4096), ("grouped", 0, 64), ("grouped", 2, 100), ("aec", 0, 64), ("aec", 1, 100),
]  # fmt: skip


def rows_of(packet: bytes, ok: NDArray[Any]) -> NDArray[np.bool_]:
    """Which rows a packet brings, whole or a piece."""
    brings = np.zeros_like(ok)
    p, _ = layout.parse(packet)
    brings[p.frame].reshape(-1)[p.first // p.cols : -(-(p.first + p.n_samples) // p.cols)] = True
    return brings if p.n_samples else np.zeros_like(ok)


@pytest.mark.verifies("ROWS-13", "ROWS-14")
@pytest.mark.parametrize(("kind", "m", "packet_bytes"), WAYS)
def test_a_lost_packet_costs_its_rows(core: Core, kind: Any, m: int, packet_bytes: int) -> None:
    """One copy of a model costs nothing."""
    stack = image(np.random.default_rng(3), "tracks", (3, 4, 30))
    packets = core.rows_encode(
        stack, kind=kind, near_lossless=m, packet_bytes=packet_bytes, group=2
    )
    for i, lost in enumerate(packets):
        back, ok = core.rows_decode(packets[:i] + packets[i + 1 :])
        assert np.array_equal(~ok, rows_of(lost, ok))
        assert errors(back, stack)[ok].max() <= m


@pytest.mark.verifies("ROWS-12", "ROWS-14")
def test_a_lost_model_costs_its_group(core: Core) -> None:
    """Other groups, and what of its own needs no model, come back."""
    stack = image(np.random.default_rng(4), "tracks", (4, 3, 20))
    stack[3, 1] = np.random.default_rng(5).integers(0, 0x10000, 20)  # goes as it is
    packets = core.rows_encode(stack, packet_bytes=64, group=2)
    models = {data for data in packets if data[0] == 0xC4}
    assert len(models) == 2
    for lost in models:
        left = [data for data in packets if data != lost]
        assert len(packets) - len(left) == 2  # sent twice
        needs = [data for data in left if layout.parse(data)[0].model_id == id_of(lost)]
        back, ok = core.rows_decode(left)
        assert np.array_equal(~ok, sum(rows_of(data, ok) for data in needs))
        assert np.array_equal(back[ok], stack[ok])


def id_of(model: bytes) -> int:
    return layout.parse(model)[0].model_id


@pytest.mark.verifies("ROWS-17")
def test_groups_of_the_same_id(core: Core) -> None:
    """A model is its group's, wherever it is in the list; another one's is not taken for it."""
    samples = np.array([500, 501, 500, 502], np.uint16)
    packets = []
    for frame, columns in enumerate(((-1, -1, -2, 2), (-3, -2, -1, 2))):
        group = rows.Group(columns)
        packets.append(rows.model_packet(group, 8, frames=2, rows=1, cols=4, frame=frame))
        p = layout.Packet(
            layout.GROUPED, 2, 1, 4, frame, 0, 4, table=4, base=2000, model_id=id_of(packets[-1])
        )
        packets.append(layout.build(p, rows.body(samples, p, group)))
    assert id_of(packets[0]) == id_of(packets[2])
    for given_packets in (packets, packets[::-1]):
        back, ok = core.rows_decode(given_packets)
        assert ok.all()
        assert back.reshape(2, 4).tolist() == [samples.tolist()] * 2


@pytest.mark.verifies("ROWS-14")
def test_all_models_lost(core: Core) -> None:
    packets = core.rows_encode(image(np.random.default_rng(7), "noise", (1, 3, 6)), kind="grouped")
    left = [data for data in packets if layout.parse(data)[0].kind != layout.MODEL]
    assert 0 < len(left) < len(packets)
    back, ok = core.rows_decode(left)
    assert not ok.any()
    assert not back.any()


@given(stack=stacks(max_cols=40), way=ways, data=st.data())
def test_any_order_repeats_and_losses(core: Core, stack: Any, way: Any, data: Any) -> None:
    packets = core.rows_encode(stack, **way)
    some = data.draw(st.lists(st.sampled_from(packets), min_size=1, max_size=2 * len(packets)))
    back, ok = core.rows_decode(some)
    of_model, ok_of_model = rows.decode(some)
    assert np.array_equal(ok, ok_of_model)
    assert np.array_equal(back, of_model)


@pytest.mark.verifies("ROWS-1")
@pytest.mark.parametrize("m", [0, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_every_flipped_bit_is_seen(core: Core, csxi: SimpleNamespace, kind: Any, m: int) -> None:
    """Of every packet; of some, that it costs exactly its rows."""
    stack = image(np.random.default_rng(6), "noise", (1, 3, 6))
    packets = core.rows_encode(stack, kind=kind, near_lossless=m, packet_bytes=64)
    header = csxi.ffi.new("struct sxi_rows_packet *")
    for i, packet in enumerate(packets):
        whole = int.from_bytes(packet, "big")
        for bit in range(8 * len(packet)):
            damaged = (whole ^ 1 << bit).to_bytes(len(packet), "big")
            assert csxi.lib.sxi_rows_parse(header, octets(csxi, damaged), len(damaged)) < 0
            if bit % 37:
                continue
            more = [*packets[:i], damaged, *packets[i + 1 :]]
            if len(packets) > 1:
                back, ok = core.rows_decode(more)
                assert np.array_equal(~ok, rows_of(packet, ok))
                assert errors(back, stack)[ok].max(initial=0) <= m
            else:
                with pytest.raises(ValueError, match="no packet is whole"):
                    core.rows_decode(more)


def test_what_cannot_be_one_stack(core: Core) -> None:
    one = core.rows_encode(np.zeros((1, 2, 3), np.uint16), kind="raw")
    for shape in ((1, 2, 4), (1, 3, 3), (2, 2, 3)):
        other = core.rows_encode(np.zeros(shape, np.uint16), kind="raw")
        assert core.rows_decode([*one, other[0]])[0].shape == (1, 2, 3)
        assert core.rows_decode([*other, *one], shape=(1, 2, 3))[1].all()
    for nothing in ([], [b""], [b"\xc0"], [bytes(40)]):
        with pytest.raises(ValueError, match="no packet is whole"):
            core.rows_decode(nothing)


@given(data=st.lists(st.binary(max_size=60), min_size=1, max_size=5))
def test_any_bytes(core: Core, data: list[bytes]) -> None:
    one = core.rows_encode(np.full((1, 2, 3), 7, np.uint16), kind="raw")
    back, ok = core.rows_decode([*data, *one, *data])
    assert ok.all()
    assert (back == 7).all()
