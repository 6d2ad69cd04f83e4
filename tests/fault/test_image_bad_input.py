# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Bad arguments, tight buffers and foreign packets: frame, image and bad-pixel functions."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import u8, u16
from tight import POISON, Guarded, octets

PARAM, ROOM, FORMAT, LENGTH, SEQUENCE = -1, -2, -4, -5, -7
BYTES = 30672

INIT = {
    "ctx": True, "pixels": True, "pixels_len": 24, "row_pixels": True, "row_pixels_len": 6,
    "n_rows": 3, "n_cols": 4, "nodes": 3, "packet_payload": 8, "first_sequence": 1, "order": 0,
}  # fmt: skip

BAD_INIT = [
    ({"ctx": False}, PARAM),
    ({"pixels": False}, PARAM),
    ({"row_pixels": False}, PARAM),
    ({"n_rows": 0}, PARAM),
    ({"n_rows": 65536, "packet_payload": 65534}, PARAM),
    ({"n_rows": 2**32 - 1}, PARAM),
    ({"n_cols": 0}, PARAM),
    ({"n_cols": 65536, "packet_payload": 65534}, PARAM),
    ({"n_rows": 65535, "n_cols": 65535}, PARAM),
    ({"nodes": 0}, PARAM),
    ({"nodes": 17}, PARAM),
    ({"nodes": 32}, PARAM),
    ({"packet_payload": 0}, PARAM),
    ({"packet_payload": 7}, PARAM),
    ({"packet_payload": 65536}, PARAM),
    ({"first_sequence": 65536}, PARAM),
    ({"first_sequence": 65537}, PARAM),
    ({"first_sequence": 2**32 - 1}, PARAM),
    ({"first_sequence": 65536 - 5}, PARAM),  # 6 packets
    ({"order": 2}, PARAM),
    ({"pixels_len": 23}, ROOM),
    ({"row_pixels_len": 5}, ROOM),
    ({"pixels_len": 0, "row_pixels_len": 0}, ROOM),
]


@pytest.mark.verifies("STAT-3")
@pytest.mark.parametrize(("bad", "status"), BAD_INIT)
def test_bad_init_changes_nothing(csxi: SimpleNamespace, bad: dict[str, int], status: int) -> None:
    a = INIT | bad
    null = csxi.ffi.NULL
    ctx = csxi.ffi.new("struct sxi_frame_asm *", {"next": 77, "n_packets": 78})
    before = bytes(csxi.ffi.buffer(ctx))
    pixels, row_pixels = Guarded(csxi, "uint16_t", 24), Guarded(csxi, "uint16_t", 6)
    assert status == csxi.lib.sxi_frame_init(
        ctx if a["ctx"] else null, pixels.pointer if a["pixels"] else null, a["pixels_len"],
        row_pixels.pointer if a["row_pixels"] else null, a["row_pixels_len"], a["n_rows"],
        a["n_cols"], a["nodes"], a["packet_payload"], a["first_sequence"], a["order"],
    )  # fmt: skip
    assert bytes(csxi.ffi.buffer(ctx)) == before
    assert pixels.is_untouched()
    assert row_pixels.is_untouched()


class Assembly:
    """E2 and F2 of 3 x 5 pixels in packets of 8 bytes: 4 packets a plane, the last of 6."""

    def __init__(self, csxi: SimpleNamespace) -> None:
        self.ffi, self.lib = csxi.ffi, csxi.lib
        self.ctx = csxi.ffi.new("struct sxi_frame_asm *")
        self.pixels = Guarded(csxi, "uint16_t", 30)
        self.row_pixels = Guarded(csxi, "uint16_t", 6)
        assert (
            csxi.lib.sxi_frame_init(
                self.ctx, self.pixels.pointer, 30, self.row_pixels.pointer, 6, 3, 5, 3, 8, 1, 0
            )
            == 0
        )

    def push(self, sequence: int, size: int, *, side: int, ccd: int = 0, kind: int = 0) -> int:
        fields = (size, 0, sequence, 1, 0, side, ccd, kind, 0)
        header = self.ffi.new("struct sxi_fee_header *", fields)
        payload = self.ffi.new("uint8_t[]", max(size, 1))
        return int(self.lib.sxi_frame_push(self.ctx, header, payload, size))

    def state(self) -> list[bytes]:
        memory = [self.pixels.memory.tobytes(), self.row_pixels.memory.tobytes()]
        return [bytes(self.ffi.buffer(self.ctx)), *memory]


@pytest.mark.verifies("STAT-3")
def test_exact_buffers_hold_a_whole_readout(csxi: SimpleNamespace) -> None:
    assembly = Assembly(csxi)
    assert (assembly.pixels.inside == POISON).all()  # init prepares the rows alone
    for sequence in range(1, 9):
        size = 6 if sequence in (4, 8) else 8
        assert assembly.push(sequence, size, side=1 if sequence <= 4 else 0) == 0
    assert (assembly.pixels.inside == 0).all()
    assert (assembly.row_pixels.inside == 5).all()
    assert assembly.pixels.is_intact()
    assert assembly.row_pixels.is_intact()
    assert assembly.ctx.planes_done == 0


@pytest.mark.verifies("STAT-3")
@pytest.mark.parametrize(
    ("sequence", "size", "node", "status"),
    [
        (0, 8, {"side": 1}, FORMAT),  # before the readout
        (9, 8, {"side": 0}, FORMAT),  # after it
        (65535, 8, {"side": 0}, FORMAT),
        (3, 8, {"side": 0}, FORMAT),  # F2 where E2 belongs
        (3, 8, {"side": 1, "ccd": 1}, FORMAT),
        (3, 8, {"side": 2}, FORMAT),
        (3, 8, {"side": 1, "kind": 1}, FORMAT),
        (3, 8, {"side": 1, "kind": 2}, FORMAT),
        (3, 8, {"side": 1, "kind": 3}, FORMAT),
        (3, 0, {"side": 1}, LENGTH),
        (3, 6, {"side": 1}, LENGTH),
        (3, 9, {"side": 1}, LENGTH),
        (3, 10, {"side": 1}, LENGTH),
        (4, 8, {"side": 1}, LENGTH),  # the end of a plane is shorter
        (2, 8, {"side": 1}, SEQUENCE),  # here already
        (1, 8, {"side": 1}, SEQUENCE),  # a later one was here
    ],
)
def test_packet_that_does_not_belong_changes_nothing(
    csxi: SimpleNamespace, sequence: int, size: int, node: dict[str, int], status: int
) -> None:
    assembly = Assembly(csxi)
    assert assembly.push(2, 8, side=1) == 0
    before = assembly.state()
    assert assembly.push(sequence, size, **node) == status
    assert assembly.state() == before


@pytest.mark.verifies("STAT-3")
@given(data=st.data())
def test_arbitrary_packets_stay_inside(csxi: SimpleNamespace, data: st.DataObject) -> None:
    assembly = Assembly(csxi)
    for _ in range(12):
        sequence = data.draw(st.one_of(st.integers(0, 10), u16))
        size = data.draw(st.one_of(st.sampled_from([6, 8]), st.integers(0, 200)))
        side, ccd, kind = (data.draw(st.one_of(st.just(n), u8)) for n in (1, 0, 0))
        before = assembly.state()
        status = assembly.push(sequence, size, side=side, ccd=ccd, kind=kind)
        assert status in (0, FORMAT, LENGTH, SEQUENCE)
        assert status == 0 or assembly.state() == before
    assert assembly.pixels.is_intact()
    assert assembly.row_pixels.is_intact()
    assert (assembly.row_pixels.inside <= 5).all()


def test_push_and_counts_of_nothing(csxi: SimpleNamespace) -> None:
    assembly = Assembly(csxi)
    ffi, lib = csxi.ffi, csxi.lib
    header = ffi.new("struct sxi_fee_header *", {"sequence": 1, "side": 1})
    payload = ffi.new("uint8_t[8]")
    before = assembly.state()
    assert lib.sxi_frame_push(ffi.NULL, header, payload, 8) == PARAM
    assert lib.sxi_frame_push(assembly.ctx, ffi.NULL, payload, 8) == PARAM
    assert lib.sxi_frame_push(assembly.ctx, header, ffi.NULL, 8) == PARAM
    assert assembly.state() == before
    never_prepared = ffi.new("struct sxi_frame_asm *")
    assert lib.sxi_frame_push(never_prepared, header, payload, 8) == PARAM
    for ctx in (ffi.NULL, never_prepared):
        assert lib.sxi_frame_packets(ctx) == PARAM
        assert lib.sxi_frame_missing(ctx) == PARAM


def test_readout_that_uses_the_whole_sequence_counter(csxi: SimpleNamespace) -> None:
    """65,536 packets of one pixel are the most there can be, and only from 0 on."""
    pixels, row_pixels = Guarded(csxi, "uint16_t", 65536), Guarded(csxi, "uint16_t", 256)
    ctx = csxi.ffi.new("struct sxi_frame_asm *")
    buffers = (ctx, pixels.pointer, 65536, row_pixels.pointer, 256, 256, 256)
    assert csxi.lib.sxi_frame_init(*buffers, 16, 2, 1, 0) == PARAM
    assert csxi.lib.sxi_frame_init(*buffers, 16, 2, 0, 0) == 0
    assert csxi.lib.sxi_frame_packets(ctx) == 65536
    header = csxi.ffi.new("struct sxi_fee_header *", {"sequence": 65535, "side": 2, "last": 1})
    assert csxi.lib.sxi_frame_push(ctx, header, csxi.ffi.new("uint8_t[]", b"\x12\x34"), 2) == 0
    assert pixels.inside[-1] == 0x1234
    assert (ctx.next, ctx.n_missing, ctx.planes_done) == (65536, 65535, 1)
    assert csxi.lib.sxi_frame_missing(ctx) == 65535
    assert pixels.is_intact()
    assert row_pixels.is_intact()


#: function, its arguments between image and output, samples that it writes of 5 x 7 pixels
REDUCTIONS = [
    ("crop", (1, 2, 3, 4), 12),
    ("crop", (0, 0, 5, 7), 35),
    ("bin", (2, 3), 4),
    ("bin", (1, 1), 35),
    ("bin", (6, 1), 0),
    ("bin", (2**32 - 1, 2**32 - 1), 0),
    ("decimate", (2,), 12),
    ("decimate", (2**32 - 1,), 1),
]


@pytest.mark.verifies("STAT-3")
@pytest.mark.parametrize(("name", "arguments", "n"), REDUCTIONS)
def test_image_room(csxi: SimpleNamespace, name: str, arguments: tuple[int, ...], n: int) -> None:
    function = getattr(csxi.lib, f"sxi_image_{name}")
    image = csxi.ffi.new("uint16_t[]", list(range(1000, 1035)))
    out = Guarded(csxi, "uint16_t", n)
    if n:
        assert function(image, 5, 7, *arguments, out.pointer, n - 1) == ROOM
    assert out.is_untouched()
    assert function(image, 5, 7, *arguments, out.pointer, n) == n
    assert out.is_intact()
    assert (out.inside >= 1000).all()


BAD_SIDES = [(0, 7), (5, 0), (65536, 1), (1, 65536), (65535, 65535), (2**32 - 1, 1), (46341, 46341)]


@pytest.mark.parametrize("name", ["crop", "bin", "decimate"])
@pytest.mark.parametrize(("n_rows", "n_cols"), BAD_SIDES)
def test_image_that_is_none(csxi: SimpleNamespace, name: str, n_rows: int, n_cols: int) -> None:
    arguments = {"crop": (0, 0, 1, 1), "bin": (65535, 65535), "decimate": (2**32 - 1,)}[name]
    out = Guarded(csxi, "uint16_t", 35)
    image = csxi.ffi.new("uint16_t[35]")
    function = getattr(csxi.lib, f"sxi_image_{name}")
    assert function(image, n_rows, n_cols, *arguments, out.pointer, 35) == PARAM
    assert out.is_untouched()


@pytest.mark.verifies("STAT-3")
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("crop", (0, 0, 0, 7)),
        ("crop", (0, 0, 5, 0)),
        ("crop", (0, 0, 6, 7)),
        ("crop", (0, 0, 5, 8)),
        ("crop", (0, 0, 1, 2**32 - 1)),
        ("crop", (1, 0, 5, 7)),
        ("crop", (0, 1, 5, 7)),
        ("crop", (5, 0, 1, 1)),
        ("crop", (0, 7, 1, 1)),
        ("crop", (2**32 - 1, 0, 2, 1)),
        ("crop", (0, 2**32 - 1, 1, 2)),
        ("crop", (2, 0, 2**32 - 1, 1)),
        ("bin", (0, 1)),
        ("bin", (1, 0)),
        ("decimate", (0,)),
    ],
)
def test_image_arguments(csxi: SimpleNamespace, name: str, arguments: tuple[int, ...]) -> None:
    out = Guarded(csxi, "uint16_t", 35)
    function = getattr(csxi.lib, f"sxi_image_{name}")
    assert function(csxi.ffi.new("uint16_t[35]"), 5, 7, *arguments, out.pointer, 35) == PARAM
    assert out.is_untouched()


@pytest.mark.verifies("STAT-3")
def test_image_null(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    image, out, stack = ffi.new("uint16_t[35]"), ffi.new("uint16_t[35]"), ffi.new("uint32_t[35]")
    for name, arguments, n in REDUCTIONS:
        function = getattr(lib, f"sxi_image_{name}")
        assert function(ffi.NULL, 5, 7, *arguments, out, n) == PARAM
        assert function(image, 5, 7, *arguments, ffi.NULL, n) == PARAM
    assert lib.sxi_image_stack(ffi.NULL, image, 35) == PARAM
    assert lib.sxi_image_stack(stack, ffi.NULL, 35) == PARAM
    assert lib.sxi_image_stack(stack, image, 2**31) == PARAM


@pytest.mark.verifies("STAT-3")
def test_stack_stays_inside(csxi: SimpleNamespace) -> None:
    stack = Guarded(csxi, "uint32_t", 9)
    image = csxi.ffi.new("uint16_t[9]", [1] * 9)
    assert csxi.lib.sxi_image_stack(stack.pointer, image, 9) == 9
    assert (stack.inside == POISON + 1).all()
    assert stack.is_intact()


@pytest.mark.parametrize("size", [0, BYTES - 1, BYTES + 1, 2**32 - 1])
def test_mask_of_another_size(csxi: SimpleNamespace, size: int) -> None:
    mask = Guarded(csxi, "uint8_t", BYTES + 1)
    assert csxi.lib.sxi_badpix_test(mask.pointer, size, 0, 0) == PARAM
    assert csxi.lib.sxi_badpix_test(mask.pointer, size, 639, 384) == PARAM
    assert csxi.lib.sxi_badpix_set(mask.pointer, size, 0, 0, 1) == PARAM
    assert csxi.lib.sxi_badpix_count(mask.pointer, size) == PARAM
    assert mask.is_untouched()


@pytest.mark.verifies("STAT-3")
def test_mask_null(csxi: SimpleNamespace) -> None:
    null = csxi.ffi.NULL
    assert csxi.lib.sxi_badpix_test(null, BYTES, 0, 0) == PARAM
    assert csxi.lib.sxi_badpix_set(null, BYTES, 0, 0, 1) == PARAM
    assert csxi.lib.sxi_badpix_count(null, BYTES) == PARAM


@pytest.mark.parametrize(
    ("row", "col"), [(639, 0), (0, 384), (639, 384), (2**32 - 1, 0), (0, 2**32 - 1)]
)
def test_pixel_outside_the_node_is_not_set(csxi: SimpleNamespace, row: int, col: int) -> None:
    """Not the bit past the mask either, where a check with > would let it through."""
    mask = Guarded(csxi, "uint8_t", BYTES)
    assert csxi.lib.sxi_badpix_set(mask.pointer, BYTES, row, col, 1) == PARAM
    assert csxi.lib.sxi_badpix_set(mask.pointer, BYTES, row, col, 0) == PARAM
    assert mask.is_untouched()


@pytest.mark.verifies("STAT-3")
def test_first_and_last_pixel_stay_inside(csxi: SimpleNamespace) -> None:
    mask = Guarded(csxi, "uint8_t", BYTES)
    mask.inside[:] = 0
    assert csxi.lib.sxi_badpix_set(mask.pointer, BYTES, 0, 0, 1) == 0
    assert csxi.lib.sxi_badpix_set(mask.pointer, BYTES, 638, 383, 1) == 0
    assert (mask.inside[0], mask.inside[-1]) == (0x80, 0x01)
    assert csxi.lib.sxi_badpix_count(mask.pointer, BYTES) == 2
    assert mask.is_intact()


@pytest.mark.verifies("STAT-3")
def test_packets_that_do_not_lie_in_the_buffer_change_nothing(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    assembly = Assembly(csxi)
    before = assembly.state()
    memory, places = octets(csxi, bytes(36)), ffi.new("uint32_t[]", [0, 18])
    for lengths in ([18, 19], [37, 18], [18, 2**32 - 1], [2**32 - 18, 18]):
        sizes = ffi.new("uint32_t[]", lengths)
        push = lib.sxi_frame_push_packets
        assert push(assembly.ctx, memory, 36, places, sizes, 2, 0) == PARAM
    sizes = ffi.new("uint32_t[]", [18, 18])
    never_prepared = ffi.new("struct sxi_frame_asm *")
    whole = [assembly.ctx, memory, 36, places, sizes, 2, 0]
    for i, wrong in ((0, ffi.NULL), (0, never_prepared), (1, ffi.NULL), (3, ffi.NULL),
                     (4, ffi.NULL), (5, 2**31), (6, 2)):  # fmt: skip
        assert push(*(wrong if i == k else value for k, value in enumerate(whole))) == PARAM
    assert push(*whole) == 0  # zeros are no packets of this readout
    assert assembly.state() == before
