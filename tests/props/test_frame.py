# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Frame assembly against its model, whatever the link does to the packets."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from recorded import read_recording
from strategies import u8, u16

from fsw_emu.core import AssembledFrame, Core
from fsw_emu.model import frame as model
from fsw_emu.model.frame import Packet

ORDERS = ("big", "little")
DATA, EVENT, HK, MASK = range(4)


@dataclass(frozen=True)
class Readout:
    """The pixels that a camera read out, and how it sends them."""

    pixels: NDArray[np.uint16]  # (planes, rows, cols)
    nodes: int
    packet_payload: int
    first_sequence: int
    pixel_order: str

    @property
    def options(self) -> dict[str, Any]:
        """What the assembly must be told."""
        _, rows, cols = self.pixels.shape
        return {
            "rows": rows,
            "cols": cols,
            "nodes": self.nodes,
            "packet_payload": self.packet_payload,
            "first_sequence": self.first_sequence,
            "pixel_order": self.pixel_order,
        }

    def packets(self) -> list[Packet]:
        """All of them, as a camera cuts them: each plane by itself."""
        order = ((2, 1, 0), (1, 0, 0), (8, 1, 1), (4, 0, 1), (16, 2, 0))
        selected = [(side, ccd) for bit, side, ccd in order if self.nodes & bit]
        packets: list[Packet] = []
        for (side, ccd), plane in zip(selected, self.pixels, strict=True):
            wire = plane.astype(">u2" if self.pixel_order == "big" else "<u2").tobytes()
            for start in range(0, len(wire), self.packet_payload):
                payload = wire[start : start + self.packet_payload]
                last = start + self.packet_payload >= len(wire)
                sequence = self.first_sequence + len(packets)
                packets.append(Packet(sequence, payload, side, ccd, last))
        return packets


@st.composite
def readouts(draw: st.DrawFn) -> Readout:
    nodes = draw(st.integers(1, 16))
    rows, cols = draw(st.integers(1, 6)), draw(st.integers(1, 9))
    seed = draw(st.integers(0, 2**32 - 1))
    pixels = np.random.default_rng(seed).integers(0, 2**16, (nodes.bit_count(), rows, cols))
    payload = 2 * draw(st.integers(1, rows * cols + 2))
    n_packets = nodes.bit_count() * -(-2 * rows * cols // payload)
    first = draw(st.one_of(st.just(1), st.integers(0, 65536 - n_packets)))
    order = draw(st.sampled_from(ORDERS))
    return Readout(pixels.astype(np.uint16), nodes, payload, first, order)


def spoilt(draw: st.DrawFn, packet: Packet) -> list[Packet]:
    """What may become of one packet, and come along with it."""
    match draw(st.integers(0, 9)):
        case 0:
            return []
        case 1:
            return [packet, packet]
        case 2:
            return [replace(packet, last=not packet.last)]
        case 3:
            return [replace(packet, side=draw(st.integers(0, 2)), ccd=draw(st.integers(0, 1)))]
        case 4:
            return [replace(packet, payload=draw(st.binary(max_size=60)))]
        case 5:
            return [replace(packet, sequence=draw(u16)), packet]
        case 6:
            return [replace(packet, type=draw(st.sampled_from([EVENT, HK, MASK]))), packet]
        case _:
            return [packet]


@st.composite
def spoilt_streams(draw: st.DrawFn) -> tuple[Readout, list[Packet]]:
    readout = draw(readouts())
    packets = [p for packet in readout.packets() for p in spoilt(draw, packet)]
    if draw(st.booleans()):
        packets = draw(st.permutations(packets))
    return readout, packets


def to_wire(packet: Packet, *, counts_header: bool = False) -> bytes:
    field = 0x0100 | packet.last << 7 | packet.side << 5 | packet.ccd << 4 | packet.type
    size = len(packet.payload) + (10 if counts_header else 0)
    return struct.pack(">BBHHHH", 0x50, 0xF0, size, field, 7, packet.sequence) + packet.payload


def assemble(core: Core, wire: list[bytes], **options: Any) -> AssembledFrame:
    lengths = np.array([len(packet) for packet in wire], np.uint32)
    offsets = (np.cumsum(lengths) - lengths).astype(np.uint32)
    return core.assemble_frame(b"".join(wire), offsets, lengths, **options)


@pytest.mark.verifies("FEE-2", "FEE-9", "IMG-1", "IMG-2")
@given(readout=readouts(), counts_header=st.booleans())
def test_whole_readout_is_what_was_read_out(
    core: Core, readout: Readout, counts_header: bool
) -> None:
    wire = [to_wire(packet, counts_header=counts_header) for packet in readout.packets()]
    data_len = "packet" if counts_header else "payload"
    frame = assemble(core, wire, data_len=data_len, **readout.options)
    np.testing.assert_array_equal(frame.pixels, readout.pixels)
    assert (frame.row_pixels == readout.pixels.shape[2]).all()
    assert (frame.n_packets, frame.n_missing, frame.n_rejected) == (len(wire), 0, 0)


@pytest.mark.verifies("IMG-1", "IMG-2", "IMG-3")
@given(stream=spoilt_streams(), fill=u16)
def test_agrees_with_model(core: Core, stream: tuple[Readout, list[Packet]], fill: int) -> None:
    readout, packets = stream
    expected = model.assemble(packets, fill=fill, **readout.options)
    frame = assemble(core, [to_wire(p) for p in packets], fill=fill, **readout.options)
    np.testing.assert_array_equal(frame.pixels, expected.pixels)
    np.testing.assert_array_equal(frame.row_pixels, expected.row_pixels)
    assert frame.n_packets == expected.n_packets
    assert frame.n_missing == expected.n_missing
    assert frame.n_rejected == len(packets) - expected.n_packets


@pytest.mark.verifies("IMG-1", "FEE-26")
@given(stream=spoilt_streams())
def test_no_pixel_is_invented(core: Core, stream: tuple[Readout, list[Packet]]) -> None:
    """What arrives unspoilt is right, what does not is left alone, and rows say which."""
    readout, packets = stream
    sent = set(readout.packets())
    packets = [packet for packet in packets if packet in sent]
    frame = assemble(core, [to_wire(p) for p in packets], fill=0xA5A5, **readout.options)
    arrived = frame.pixels == readout.pixels
    assert (frame.pixels[~arrived] == 0xA5A5).all()
    assert (arrived.sum(axis=2) >= frame.row_pixels).all()
    assert frame.n_packets + frame.n_missing == len(sent)


def prepared(csxi: SimpleNamespace, readout: Readout) -> tuple[Any, Any, Any]:
    planes, rows, cols = readout.pixels.shape
    pixels = csxi.ffi.new("uint16_t[]", planes * rows * cols)
    row_pixels = csxi.ffi.new("uint16_t[]", planes * rows)
    ctx = csxi.ffi.new("struct sxi_frame_asm *")
    status = csxi.lib.sxi_frame_init(
        ctx, pixels, len(pixels), row_pixels, len(row_pixels), rows, cols, readout.nodes,
        readout.packet_payload, readout.first_sequence, ORDERS.index(readout.pixel_order),
    )  # fmt: skip
    assert status == 0
    return ctx, pixels, row_pixels


@pytest.mark.verifies("STAT-3")
@given(stream=spoilt_streams(), frame_counter=u16, mode=u8)
def test_statuses_agree_and_errors_change_nothing(
    csxi: SimpleNamespace, stream: tuple[Readout, list[Packet]], frame_counter: int, mode: int
) -> None:
    readout, packets = stream
    ffi, lib = csxi.ffi, csxi.lib
    ctx, pixels, row_pixels = prepared(csxi, readout)
    kept = [ffi.buffer(ctx), ffi.buffer(pixels), ffi.buffer(row_pixels)]
    statuses = []
    for p in packets:
        fields = (len(p.payload), frame_counter, p.sequence, mode, p.last, p.side, p.ccd, p.type, 0)
        header = ffi.new("struct sxi_fee_header *", fields)
        before = [bytes(memory) for memory in kept]
        payload = ffi.from_buffer("uint8_t[]", p.payload)
        statuses.append(lib.sxi_frame_push(ctx, header, payload, len(p.payload)))
        assert statuses[-1] == 0 or before == [bytes(memory) for memory in kept]
    expected = model.assemble(packets, **readout.options)
    assert tuple(statuses) == expected.statuses
    assert ctx.planes_done == expected.planes_done
    assert lib.sxi_frame_packets(ctx) == expected.n_packets + expected.n_missing
    assert lib.sxi_frame_missing(ctx) == expected.n_missing
    assert lib.sxi_frame_packets(ctx) == ctx.next + expected.n_missing - ctx.n_missing


def test_every_place_of_the_simulators_sequence() -> None:
    """0 is housekeeping, then 639 rows each of E2, F2, E4, F4."""
    places = model.places(rows=639, cols=384, nodes=15, packet_payload=768)
    nodes = [(place.side, *place.ccds) for place in places]
    assert nodes == [node for node in [(1, 0), (0, 0), (1, 1), (0, 1)] for _ in range(639)]


def test_model_refuses_what_is_no_readout() -> None:
    good = {"rows": 2, "cols": 2, "nodes": 1, "packet_payload": 4}
    for bad in [{"rows": 0}, {"cols": 0}, {"nodes": 0}, {"nodes": 17}, {"packet_payload": 3}]:
        with pytest.raises(ValueError, match=r"readout of|payloads of"):
            model.places(**(good | bad))


@pytest.mark.verifies("NODE-5")
def test_full_frame_of_either_ccd(core: Core) -> None:
    pixels = np.arange(24, dtype=np.uint16).reshape(1, 4, 6)
    readout = Readout(pixels, 16, 10, 1, "big")
    packets = readout.packets()
    for ccd in (0, 1):
        wire = [to_wire(replace(packet, ccd=ccd)) for packet in packets]
        frame = assemble(core, wire, **readout.options)
        np.testing.assert_array_equal(frame.pixels, pixels)


FT = {"rows": 639, "cols": 384, "nodes": 15, "packet_payload": 768, "pixel_order": "little"}


@pytest.mark.verifies("NODE-1", "NODE-2", "IMG-1")
@pytest.mark.shared
def test_recorded_test_pattern(core: Core, recordings: Path) -> None:
    """[15:13] time code (here one later with each node), [12] CCD, [11:10] side, [9:5] row,
    [4:0] column."""
    wire = [packet.data for packet in read_recording(recordings / "ftp_pattern_1_frame.gresb.gz")]
    frame = assemble(core, wire, **FT)
    assert (frame.n_packets, frame.n_missing, frame.n_rejected) == (2556, 0, 1)
    assert (frame.row_pixels == 384).all()
    side, ccd = np.array([1, 0, 1, 0]), np.array([0, 0, 1, 1])
    row, col = np.arange(639), np.arange(384)
    node = (np.arange(4) << 13 | ccd << 12 | side << 10)[:, None, None]
    np.testing.assert_array_equal(frame.pixels, node | (row % 32 << 5)[:, None] | col % 32)


@pytest.mark.verifies("IMG-1", "FEE-12")
@pytest.mark.shared
def test_recorded_frame_after_strays(core: Core, recordings: Path) -> None:
    packets = read_recording(recordings / "ft_1_frame.gresb.gz")
    frame = assemble(core, [packet.data for packet in packets], **FT)
    assert (frame.n_packets, frame.n_missing, frame.n_rejected) == (2556, 0, 3)
    for plane, node in zip(frame.pixels, ("E2", "F2", "E4", "F4"), strict=True):
        wire = b"".join(p.data[10:] for p in packets if p.kind == DATA and p.node == node)
        np.testing.assert_array_equal(plane.ravel(), np.frombuffer(wire, "<u2"))
