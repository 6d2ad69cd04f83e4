# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What event detection and the packets of the front-end electronics refuse or leave out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tight import Guarded, octets, state

from fsw_emu.core import Core
from fsw_emu.model import edu as model

PARAM, ROOM, SHORT, FORMAT, LENGTH = -1, -2, -3, -4, -5
HUGE = 2**32 - 1
EVENT, MASK = 1, 3  # packet types


def bumps(*where: tuple[int, int], shape: tuple[int, int] = (12, 40)) -> Any:
    frame = np.full(shape, 500, np.uint16)
    for row, col in where:
        frame[row, col] = 900
    return frame


MASKS = [
    (5, 9), (5, 10), (5, 11), (4, 10), (6, 10), (2, 2), (9, 37), (10, 20), (5, 38), (1, 9), (9, 1),
    (0, 9), (9, 0),
]  # fmt: skip


@pytest.mark.parametrize("limit", [None, 0, 1, 2])
@pytest.mark.parametrize("mask", MASKS)
def test_the_mask_beside_events(core: Core, mask: tuple[int, int], limit: int | None) -> None:
    """Before, on and after an event of its row, in rows without one, and outside the frame."""
    frame = bumps((5, 10), (5, 20), (7, 3))
    found = core.detect_events(frame, threshold=100, limit=limit, mask=mask)
    expected, n_dropped = model.detect(frame, 100, limit, "raster", mask)
    kinds = found.kinds.tolist()
    where = [(int(r["row"]), int(r["col"])) for r in found.records]
    assert list(zip(kinds, where, strict=True)) == [(k, (r, c)) for k, r, c, _ in expected]
    assert found.n_dropped == n_dropped


@pytest.mark.parametrize("room", range(5))
@pytest.mark.parametrize("mask", [(2, 2), (5, 10), (5, 15), (9, 30)])
def test_a_mask_without_room_is_left_out(
    csxi: SimpleNamespace, mask: tuple[int, int], room: int
) -> None:
    """Records in raster order as long as there is room; a mask is never counted as dropped."""
    ffi, frame = csxi.ffi, bumps((5, 10), (5, 20), (7, 3))
    pixels = ffi.new("uint16_t[]", frame.ravel().tolist())
    view = ffi.new("struct sxi_frame *", {"pixels": pixels, "n_rows": 12, "n_cols": 40})
    fields = {"threshold": 100, "limit": HUGE, "mask_row": mask[0], "mask_col": mask[1]}
    edu = ffi.new("struct sxi_edu *", fields)
    out, kinds = ffi.new("struct sxi_event[]", room), ffi.new("uint8_t[]", room)
    n = csxi.lib.sxi_edu_detect(edu, view, out, kinds, room)
    expected, _ = model.detect(frame, 100, None, "raster", mask)
    assert n == min(room, len(expected))
    assert [(k, e.row, e.col) for k, e in zip(kinds[0:n], out[0:n], strict=True)] == [
        (k, r, c) for k, r, c, _ in expected[:room]
    ]
    assert edu.n_dropped == sum(k == EVENT for k, *_ in expected[room:])


@pytest.mark.parametrize("bad", [(0, 2), (2, 1), (638, 2), (2, 383)])
def test_mask_steps_outside_the_cycle(csxi: SimpleNamespace, bad: tuple[int, int]) -> None:
    ffi, step = csxi.ffi, csxi.lib.sxi_edu_mask_step
    row, col = ffi.new("uint16_t *", bad[0]), ffi.new("uint16_t *", bad[1])
    assert step(row, col) == step(ffi.NULL, col) == step(row, ffi.NULL) == PARAM
    assert (row[0], col[0]) == bad


@pytest.mark.parametrize("n_rows", [5, 6, 7])
@pytest.mark.parametrize("n_cols", [5, 20, 37, 390])
@pytest.mark.parametrize("threshold", [100, 0x8000])
@pytest.mark.parametrize("level", [500, 0x7FFF, 0x8000])
def test_small_and_bright(core: Core, n_rows: int, n_cols: int, threshold: int, level: int) -> None:
    """Frames of one row of centres, of two and three, narrow and wide, dark and bright."""
    frame = np.full((n_rows, n_cols), level, np.uint16)
    frame[2 : n_rows - 2, 2 : n_cols - 2 : 5] = min(level + threshold, 0xFFFF)
    frame[3 : n_rows - 2 : 2, 2 : n_cols - 2] = level
    found = core.detect_events(frame, threshold=threshold)
    expected, _ = model.detect(frame, threshold, None, "raster", None)
    where = [(int(r["row"]), int(r["col"])) for r in found.records]
    assert where == [(r, c) for _, r, c, _ in expected]


GOOD = {"frame_counter": 5, "sequence": 6, "mode": 4, "side": 1, "ccd": 1, "type": EVENT}


def test_null_of_every_packet_function(csxi: SimpleNamespace) -> None:
    null, ffi, lib = csxi.ffi.NULL, csxi.ffi, csxi.lib
    header, event = ffi.new("struct sxi_fee_header *", GOOD), ffi.new("struct sxi_event *")
    packet, out = octets(csxi, bytes(64)), Guarded(csxi, "uint8_t", 64)
    before = state(csxi, header, event)
    for rule in (0, 1, 2):
        assert lib.sxi_fee_header_load(null, packet, 64, rule) == PARAM
        assert lib.sxi_fee_header_load(header, null, 64, rule) == PARAM
        assert lib.sxi_fee_header_store(null, out.pointer, 64, rule) == PARAM
        assert lib.sxi_fee_header_store(header, null, 64, rule) == PARAM
        assert lib.sxi_fee_event_store(null, event, out.pointer, 64, rule) == PARAM
        assert lib.sxi_fee_event_store(header, null, out.pointer, 64, rule) == PARAM
        assert lib.sxi_fee_event_store(header, event, null, 64, rule) == PARAM
        assert lib.sxi_fee_event_load(header, null, packet, 64, rule) == PARAM
        assert lib.sxi_fee_event_load(header, event, null, 64, rule) == PARAM
        assert lib.sxi_fee_build_events(header, null, 1, rule, out.pointer, 64) == PARAM
        assert lib.sxi_fee_build_events(header, event, 1, rule, null, 64) == PARAM
    assert lib.sxi_fee_event_load(header, event, packet, 64, 2) == PARAM
    assert lib.sxi_fee_event_store(header, event, out.pointer, 64, 2) == PARAM
    at, n, status = ffi.new("uint32_t *", 0), ffi.new("uint32_t *", 64), ffi.new("int8_t *", 77)
    good = [packet, 64, at, n, 1, 0, header, event, status]
    for i, wrong in ((0, null), (2, null), (3, null), (4, 2**31), (4, HUGE), (5, 2)):
        assert lib.sxi_fee_parse(*good[:i], wrong, *good[i + 1 :]) == PARAM
    for i in (6, 7, 8):
        assert lib.sxi_fee_parse(*good[:i], null, *good[i + 1 :]) == PARAM
    assert state(csxi, header, event) == before
    assert status[0] == 77
    assert out.is_untouched()


@pytest.mark.parametrize(
    "other", [{"type": 0}, {"type": 2}, {"type": 4}, {"side": 3}, {"mode": 16}]
)
def test_headers_that_are_no_events(csxi: SimpleNamespace, other: dict[str, int]) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    header, event = (
        ffi.new("struct sxi_fee_header[2]", [GOOD, GOOD | other]),
        ffi.new("struct sxi_event[2]"),
    )
    out = Guarded(csxi, "uint8_t", 128)
    assert lib.sxi_fee_event_store(header + 1, event, out.pointer, 64, 0) == PARAM
    assert out.is_untouched()
    assert lib.sxi_fee_build_events(header, event, 2, 0, out.pointer, 128) == PARAM
    assert (out.inside[64:] == 0xC5).all()
    assert out.is_intact()
    for n, room in ((2, 127), (HUGE, 127), (2**25, HUGE), (HUGE, HUGE)):
        assert lib.sxi_fee_build_events(header, event, n, 0, out.pointer, room) == ROOM


def test_a_window_is_loaded_from_packets_of_windows(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    out = Guarded(csxi, "uint8_t", 64)
    event = ffi.new("struct sxi_event *", {"row": 3, "col": 4})
    for kind, rule in ((EVENT, 0), (EVENT, 1), (MASK, 0), (MASK, 1)):
        header = ffi.new("struct sxi_fee_header *", GOOD | {"type": kind})
        assert lib.sxi_fee_event_store(header, event, out.pointer, 64, rule) == 0
        assert lib.sxi_fee_event_store(header, event, out.pointer, 63, rule) == ROOM
        back = ffi.new("struct sxi_fee_header *"), ffi.new("struct sxi_event *")
        assert lib.sxi_fee_event_load(*back, out.pointer, 64, rule) == 0
        assert (back[0].type, back[1].row, back[1].col) == (kind, 3, 4)
        assert lib.sxi_fee_event_load(*back, out.pointer, 63, rule) == LENGTH


@pytest.mark.parametrize("counted", [0, 10])
def test_a_payload_that_its_field_cannot_count(csxi: SimpleNamespace, counted: int) -> None:
    """65,536 bytes and a field of 0: the same to 16 bits, not the same."""
    rule, header = int(counted > 0), csxi.ffi.new("struct sxi_fee_header *")
    for payload in (65535 - counted, 65536 - counted, 65536, 2 * 65536):
        field = payload + counted & 0xFFFF
        start = bytes([0x50, 0xF0]) + field.to_bytes(2, "big") + bytes(6)
        packet = octets(csxi, start + bytes(payload))
        before = state(csxi, header)
        status = csxi.lib.sxi_fee_header_load(header, packet, 10 + payload, rule)
        assert status == (0 if payload + counted == field else LENGTH)
        assert status == 0 or state(csxi, header) == before


@pytest.mark.parametrize("other", [{0: 0x51}, {1: 0x01}, {5: 0x60}])
def test_packets_of_another_kind(csxi: SimpleNamespace, other: dict[int, int]) -> None:
    """Another address, another protocol, no side at all."""
    packet = bytearray([0x50, 0xF0, *bytes(8)])
    for at, value in other.items():
        packet[at] = value
    header = csxi.ffi.new("struct sxi_fee_header *", GOOD)
    before = state(csxi, header)
    assert csxi.lib.sxi_fee_header_load(header, octets(csxi, bytes(packet)), 10, 0) == FORMAT
    assert state(csxi, header) == before


def test_no_room_and_nowhere_to_put_events(csxi: SimpleNamespace) -> None:
    """Without room there may be no array; what is found is counted as dropped."""
    ffi, frame = csxi.ffi, bumps((5, 10), (5, 20))
    pixels = ffi.new("uint16_t[]", frame.ravel().tolist())
    view = ffi.new("struct sxi_frame *", {"pixels": pixels, "n_rows": 12, "n_cols": 40})
    edu = ffi.new("struct sxi_edu *", {"threshold": 100, "limit": HUGE})
    assert csxi.lib.sxi_edu_detect(edu, view, ffi.NULL, ffi.NULL, 0) == 0
    assert (edu.n_events, edu.n_dropped) == (0, 2)


@pytest.mark.parametrize("wiped", ["packet_payload", "n_rows", "n_cols"])
def test_an_assembly_that_lost_its_sizes(csxi: SimpleNamespace, wiped: str) -> None:
    """As memory that was hit: no division by what is no longer there."""
    ffi, lib = csxi.ffi, csxi.lib
    ctx = ffi.new("struct sxi_frame_asm *")
    pixels, rows = ffi.new("uint16_t[15]"), ffi.new("uint16_t[3]")
    assert lib.sxi_frame_init(ctx, pixels, 15, rows, 3, 3, 5, 1, 8, 1, 0) == 0
    assert lib.sxi_frame_packets(ctx) == 4
    setattr(ctx, wiped, 0)
    before = state(csxi, ctx, pixels, rows)
    header = ffi.new("struct sxi_fee_header *", {"sequence": 1, "data_len": 8})
    assert lib.sxi_frame_push(ctx, header, octets(csxi, bytes(8)), 8) == PARAM
    at, size = ffi.new("uint32_t *", 0), ffi.new("uint32_t *", 18)
    packet = octets(csxi, bytes(18))
    assert lib.sxi_frame_push_packets(ctx, packet, 18, at, size, 1, 0) == PARAM
    assert lib.sxi_frame_packets(ctx) == PARAM
    assert state(csxi, ctx, pixels, rows) == before


@pytest.mark.parametrize(("offset", "length"), [(37, 0), (36, 1), (HUGE, 18), (19, 18)])
def test_a_later_packet_outside_the_buffer(csxi: SimpleNamespace, offset: int, length: int) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    ctx, memory = ffi.new("struct sxi_frame_asm *"), octets(csxi, bytes(36))
    pixels, rows = ffi.new("uint16_t[15]"), ffi.new("uint16_t[3]")
    assert lib.sxi_frame_init(ctx, pixels, 15, rows, 3, 3, 5, 1, 8, 1, 0) == 0
    at, sizes = ffi.new("uint32_t[]", [0, offset]), ffi.new("uint32_t[]", [18, length])
    before = state(csxi, ctx, pixels, rows)
    assert lib.sxi_frame_push_packets(ctx, memory, 36, at, sizes, 2, 0) == PARAM
    header, event, status = (
        ffi.new(f"{name}[2]") for name in ("struct sxi_fee_header", "struct sxi_event", "int8_t")
    )
    assert lib.sxi_fee_parse(memory, 36, at, sizes, 2, 0, header, event, status) == PARAM
    assert state(csxi, ctx, pixels, rows) == before


@pytest.mark.parametrize("payload", [142, 143, 1000])
def test_housekeeping_of_more_registers_than_there_are(csxi: SimpleNamespace, payload: int) -> None:
    start = bytes([0x50, 0xF0]) + payload.to_bytes(2, "big") + bytes([0, 0x22]) + bytes(4)
    header = csxi.ffi.new("struct sxi_fee_header *", GOOD)
    before = state(csxi, header)
    packet = octets(csxi, start + bytes(payload))
    status = csxi.lib.sxi_fee_header_load(header, packet, 10 + payload, 0)
    assert status == (0 if payload <= csxi.lib.SXI_FEE_HK_BYTES - 10 else LENGTH)
    assert status == 0 or state(csxi, header) == before
