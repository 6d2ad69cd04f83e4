# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Packets of rows: C and model agree, everything comes back, every path is reached."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rows_cases import IMAGES, KINDS, PREDICTORS, errors, free_packets, image, stacks, ways

from fsw_emu.core import Core
from fsw_emu.model import huffman, rows
from fsw_emu.model import rows_packet as layout

CRC = 2


def rebuilt(packets: list[bytes], stack: NDArray[Any]) -> list[bytes]:
    """The model's packets, for what the headers and models of these say that was chosen."""
    groups: dict[int, rows.Group] = {}
    made = []
    for data in packets:
        p, body = layout.parse(data)
        if p.kind == layout.MODEL:
            groups[p.model_id] = group = rows.load_model(p, body)
            shape = {"frames": p.frames, "rows": p.rows, "cols": p.cols}
            made.append(rows.model_packet(group, body[0], frame=p.frame, **shape))
            continue
        samples = stack[p.frame].reshape(-1)[p.first : p.first + p.n_samples]
        group = groups[p.model_id] if p.kind == layout.GROUPED else None
        made.append(layout.build(p, rows.body(samples, p, group)))
    return made


def longest(p: layout.Packet) -> int:
    """Bytes of the samples as they are, with this packet's header."""
    return len(layout.header(p, 0)) + 2 * p.n_samples + CRC


@pytest.mark.verifies("ROWS-1", "ROWS-2", "ROWS-3", "ROWS-8", "ROWS-9", "ROWS-10", "ROWS-13")
@given(stack=stacks(), way=ways)
def test_coder_decoder_and_model_agree(core: Core, stack: NDArray[Any], way: Any) -> None:
    """And every sample comes back within the largest error; coded twice, packets are the same."""
    packets = core.rows_encode(stack, **way)
    assert packets == rebuilt(packets, stack)
    assert packets == core.rows_encode(stack.copy(), **way)
    back, ok = core.rows_decode(packets)
    of_model, ok_of_model = rows.decode(packets)
    assert ok.all()
    assert ok_of_model.all()
    assert np.array_equal(back, of_model)
    m = way["near_lossless"] if way["kind"] != "raw" else 0
    assert errors(back, stack).max() <= m


@pytest.mark.verifies("ROWS-2", "ROWS-10")
@given(stack=stacks(), way=ways)
def test_no_packet_is_longer_than_its_samples_and_header(
    core: Core, stack: NDArray[Any], way: Any
) -> None:
    """Packets cover the stack once, each within its limit."""
    seen = np.zeros(stack.shape, int).reshape(len(stack), -1)
    for data in core.rows_encode(stack, **way):
        p, _ = layout.parse(data)
        if p.kind == layout.MODEL:
            continue
        assert len(data) <= min(longest(p), way["packet_bytes"])
        assert p.is_piece or p.first % p.cols == p.n_samples % p.cols == 0
        assert not p.is_piece or longest_row(p) > way["packet_bytes"]
        seen[p.frame, p.first : p.first + p.n_samples] += 1
    assert (seen == 1).all()


def longest_row(p: layout.Packet) -> int:
    return len(layout.header(p, 0)) - 4 + 2 * p.cols + CRC


@pytest.mark.verifies("ROWS-4", "ROWS-5", "ROWS-6", "ROWS-7", "ROWS-8", "ROWS-9", "ROWS-11")
@given(case=free_packets())
def test_what_any_coder_may_choose_is_decoded(core: Core, case: Any) -> None:
    """Any base, table, predictor, model, and any pieces."""
    packets, stack, m = case
    back, ok = core.rows_decode(packets)
    assert ok.all()
    assert np.array_equal(back, rows.decode(packets)[0])
    assert errors(back, stack).max() <= m


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(2, 1, 1), (1, 33, 1), (1, 1, 70), (1, 2, 25)])
def test_every_character_of_narrow_and_small_images(
    core: Core, kind: str, shape: tuple[int, int, int]
) -> None:
    rng = np.random.default_rng(1)
    predictors = PREDICTORS if kind in ("independent", "grouped") else PREDICTORS[:1]
    for character, predictor, m in itertools.product(IMAGES, predictors, (0, 7)):
        stack = image(rng, character, shape)
        way: dict[str, Any] = {"kind": kind, "predictor": predictor, "near_lossless": m}
        packets = core.rows_encode(stack, packet_bytes=64, **way)
        assert packets == rebuilt(packets, stack)
        back, ok = core.rows_decode(packets)
        assert ok.all()
        assert errors(back, stack).max() <= m


@pytest.mark.verifies("ROWS-1")
def test_known_shapes_need_no_explicit_one(core: Core) -> None:
    for shape, (n_rows, cols) in layout.SHAPES.items():
        if n_rows > 700:
            continue
        stack = np.full((1, n_rows, cols), 777, np.uint16)
        packets = core.rows_encode(stack, kind="independent", packet_bytes=2048)
        assert {data[9] for data in packets} == {shape}
        assert all(layout.parse(data)[0].n_samples % cols == 0 for data in packets)
        back, ok = core.rows_decode(packets)
        assert ok.all()
        assert np.array_equal(back, stack)


@pytest.mark.verifies("ROWS-8", "ROWS-9")
@pytest.mark.parametrize("kind", ["independent", "grouped", "aec"])
@pytest.mark.parametrize("m", range(16))
def test_the_largest_error_is_reached_and_not_passed(core: Core, kind: str, m: int) -> None:
    """At both ends of 16 bits too, where what comes out is kept within."""
    rng = np.random.default_rng(m)
    stack = rng.integers(900, 1400, (2, 6, 40), np.uint16)
    stack[0, :, ::7], stack[0, :, 1::7] = 0, 0xFFFF
    for predictor in PREDICTORS:
        way: dict[str, Any] = {"kind": kind, "predictor": predictor, "near_lossless": m}
        packets = core.rows_encode(stack, **way)
        assert {layout.parse(data)[0].near_lossless for data in packets} <= {0, m}
        back, _ = core.rows_decode(packets)
        assert errors(back, stack).max() == m


@pytest.mark.verifies("ROWS-8", "ROWS-9")
@pytest.mark.parametrize("kind", ["independent", "grouped"])
@pytest.mark.parametrize("predictor", PREDICTORS)
def test_steps_beyond_the_ends_stay_within(core: Core, kind: str, predictor: str) -> None:
    """Columns near either end, and a step of 9 that goes past it from most predictions."""
    rng = np.random.default_rng(20)
    noise = np.rint(rng.integers(0, 30, 40) + rng.normal(0, 4, (1, 60, 40))).clip(0)
    for samples in (noise, 0xFFFF - noise):
        stack = samples.astype(np.uint16)
        packets = core.rows_encode(stack, kind=kind, predictor=predictor, near_lossless=4)
        assert packets == rebuilt(packets, stack)
        back, ok = core.rows_decode(packets)
        assert ok.all()
        assert np.array_equal(back, rows.decode(packets)[0])
        assert errors(back, stack).max() == 4


@st.composite
def hand_made(draw: st.DrawFn) -> list[int]:
    return draw(st.lists(st.integers(0, 0xFFFF), min_size=6, max_size=6))


@pytest.mark.verifies("ROWS-1", "ROWS-3")
@given(samples=hand_made())
def test_a_raw_packet_by_hand(core: Core, samples: list[int]) -> None:
    """Rows 1 and 2 of frame 2 of 3, 4 x 3."""
    body = b"".join(x.to_bytes(2, "big") for x in samples)
    sent = bytes.fromhex("c0 0020 002002 0001 02 00 00 00 0000 0004 0003") + body
    data = sent + layout.crc16(sent).to_bytes(2, "big")
    back, ok = core.rows_decode([data])
    assert back.shape == (3, 4, 3)
    assert ok.tolist() == [[False] * 4, [False] * 4, [False, True, True, False]]
    assert back[2, 1:3].reshape(-1).tolist() == samples


def test_every_path_is_reached(core: Core) -> None:
    """Each symbol, codes of 12 bits, escapes with 15, low bits; every kind whole and in pieces, and
    samples as they are instead; models with and without columns."""
    kinds, symbols, lengths_seen, shifts, models = set(), set(), set(), set(), set()
    rng = np.random.default_rng(5)
    stacks = [image(rng, character, (2, 5, 60)) for character in IMAGES for _ in range(3)]
    far = np.full((2, 5, 60), 0x7000, np.uint16)
    each = [huffman.unzigzag(v) for v in (*range(48), *(47 + 2**j for j in range(16)))]
    far[:, :, ::4] += np.resize(np.array(each), (2, 5, 15)).astype(np.uint16)
    for stack, kind, size in itertools.product([*stacks, far], KINDS, (100, 1024)):
        groups = {}
        for data in core.rows_encode(stack, kind=kind, packet_bytes=size):
            p, body = layout.parse(data)
            kinds.add((kind, p.kind, p.is_piece))
            if p.kind == layout.MODEL:
                group = groups[p.model_id] = rows.load_model(p, body)
                models.add(group.columns is not None)
            if p.kind not in (layout.INDEPENDENT, layout.GROUPED):
                continue
            group = groups.get(p.model_id) if p.kind == layout.GROUPED else None
            samples = stack[p.frame].reshape(-1)[p.first : p.first + p.n_samples]
            lengths, shift = rows.table_of(p, group)
            values = itertools.chain(*rows.values(samples, p, group))
            of = {huffman.symbol(value >> shift)[0] for value in values}
            symbols |= of
            lengths_seen |= {lengths[s] for s in of}
            shifts.add(shift)
    assert symbols == set(range(64))
    assert lengths_seen >= set(range(2, 13))
    assert shifts >= set(range(5))
    assert models == {False, True}
    assert kinds == {
        *((kind, layout.RAW, piece) for kind in KINDS for piece in (False, True)),
        *(("independent", layout.INDEPENDENT, piece) for piece in (False, True)),
        *(("grouped", layout.GROUPED, piece) for piece in (False, True)),
        ("grouped", layout.MODEL, False),
        ("aec", layout.AEC, False),
    }
