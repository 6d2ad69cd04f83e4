# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Large data transfer: segmentation and reassembly against their model."""

from __future__ import annotations

import dataclasses
import struct
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import u8, u16

from fsw_emu.core import Core, CoreError, LdtReceiver, TmPacket
from fsw_emu.model import ldt as model
from fsw_emu.model import pus

PARAM = -1
PACKET = TmPacket(321, 0, 0, 0, 0x20, 262_000_000, 125_000, 5)

sdu_ids = st.sampled_from([1, 2])
contents = st.binary(min_size=1, max_size=400)
#: 0 to the end of the counter and over it
counts = st.one_of(st.integers(0, 16383), st.integers(16370, 16383))


def packets_of_model(data: bytes, count: int, sdu_id: int, part: int) -> list[bytes]:
    fields = dataclasses.asdict(PACKET) | {"type": 13}
    return [
        pus.build(pus.Header(**fields | {"subtype": subtype, "count": (count + i) % 16384}), source)
        for i, (subtype, source) in enumerate(model.segment(data, sdu_id=sdu_id, part=part))
    ]


@pytest.mark.verifies("LDT-1", "LDT-2", "LDT-4")
@given(data=contents, count=counts, sdu_id=sdu_ids, part=st.integers(1, 861))
@example(data=bytes(861), count=0, sdu_id=1, part=861)
@example(data=bytes(range(256)) * 7, count=16383, sdu_id=2, part=861)
@example(data=b"\xaa" * 1722, count=3, sdu_id=1, part=861)
def test_segments_agree(core: Core, data: bytes, count: int, sdu_id: int, part: int) -> None:
    packet = dataclasses.replace(PACKET, count=count)
    packets = core.ldt_segment(data, packet, sdu_id=sdu_id, part=part)
    assert packets == packets_of_model(data, count, sdu_id, part)


@given(data=contents, sdu_id=sdu_ids, part=st.integers(1, 861))
def test_receiver_gives_back_what_was_sent(core: Core, data: bytes, sdu_id: int, part: int) -> None:
    receiver = core.ldt_receiver(sdu_id, len(data))
    packets = core.ldt_segment(data, PACKET, sdu_id=sdu_id, part=part)
    events = []
    for packet in packets:
        header, source = core.tm_parse(packet)
        events.append(receiver.push(header.subtype, source))
    if len(packets) == 1:  # whole once its content says so
        assert (events, receiver.number) == ([model.MORE], 1)
        assert receiver.end() == data
    else:
        assert events == [model.MORE] * (len(packets) - 1) + [model.COMPLETE]
        assert receiver.data() == data
        assert receiver.end() == b""
    assert receiver.number == 0


@pytest.mark.verifies("LDT-3")
@given(sdu_id=sdu_ids, reason=u16)
def test_abort_agrees(core: Core, sdu_id: int, reason: int) -> None:
    header, source = core.tm_parse(core.ldt_abort(PACKET, sdu_id=sdu_id, reason=reason))
    assert header == dataclasses.replace(PACKET, type=13, subtype=model.ABORT)
    assert source == model.abort(sdu_id=sdu_id, reason=reason)


class Twins:
    """A receiver and its model, fed the same packets."""

    def __init__(self, core: Core, room: int) -> None:
        self.core: LdtReceiver = core.ldt_receiver(1, room)
        self.model = model.Receiver(1, room)

    def push(self, subtype: int, source: bytes) -> int:
        self.model, expected = self.model.push(subtype, source)
        try:
            event = self.core.push(subtype, source)
        except CoreError as error:
            event = error.status
        assert event == expected, (subtype, source.hex())
        assert (self.core.number, self.core.data()) == (self.model.number, self.model.data)
        return event

    def end(self) -> None:
        whole = self.model.data if self.model.number else b""
        self.model = dataclasses.replace(self.model, number=0)
        assert self.core.end() == whole
        assert self.core.number == 0


@st.composite
def sources(draw: st.DrawFn, number: int) -> bytes:
    """Source data of a part: mostly the next one, of honest length, of our SDU."""
    part = draw(st.binary(min_size=1, max_size=12))
    sdu_id = draw(st.sampled_from([1] * 6 + [0, 2, 255]))
    sequence = draw(st.sampled_from([number + 1] * 6 + [0, 1, number, number + 2, 65535]))
    length = draw(st.sampled_from([len(part)] * 6 + [0, len(part) - 1, len(part) + 1]))
    return struct.pack(">BHH", sdu_id, sequence & 0xFFFF, length) + part


@pytest.mark.verifies("LDT-1..4")
@given(room=st.integers(0, 120), data=st.data())
def test_receiver_agrees_on_any_story(core: Core, room: int, data: st.DataObject) -> None:
    """First, next, last parts and aborts in any order; lost, repeated, foreign, broken ones."""
    twins = Twins(core, room)
    for _ in range(data.draw(st.integers(1, 25))):
        number = twins.core.number
        likely = [model.INTERMEDIATE] * 4 if number else [model.FIRST] * 4
        subtype = data.draw(st.sampled_from([*likely, 1, 2, 3, 4]))
        if data.draw(st.integers(0, 15)) == 0:
            twins.end()
        elif data.draw(st.integers(0, 9)) == 0:
            twins.push(subtype, data.draw(st.binary(max_size=9)))
        elif subtype == model.ABORT:
            sdu_id = data.draw(st.sampled_from([1, 1, 1, 2]))
            twins.push(subtype, model.abort(sdu_id=sdu_id, reason=data.draw(u16)))
        else:
            twins.push(subtype, data.draw(sources(number)))


@given(contents=contents, part=st.integers(1, 40), data=st.data())
def test_transfer_goes_on_after_a_refusal(
    core: Core, contents: bytes, part: int, data: st.DataObject
) -> None:
    """Whatever is refused in between, the parts that belong make the whole."""
    twins = Twins(core, len(contents))
    events = []
    for subtype, source in model.segment(contents, sdu_id=1, part=part):
        junk = data.draw(st.binary(max_size=8))
        _, leads_to = twins.model.push(model.INTERMEDIATE, junk)
        if leads_to < 0:
            twins.push(model.INTERMEDIATE, junk)
        events.append(twins.push(subtype, source))
    assert min(events) >= 0
    assert twins.core.data() == contents


@given(subtype=u8.filter(lambda subtype: not 1 <= subtype <= 4), source=st.binary(max_size=9))
def test_unknown_subtype(core: Core, subtype: int, source: bytes) -> None:
    with pytest.raises(CoreError) as refused:
        core.ldt_receiver(1, 10).push(subtype, source)
    assert refused.value.status == PARAM


@pytest.mark.verifies("CE-18", "LDT-1")
def test_most_parts_that_a_transfer_can_have(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    tx, out = ffi.new("struct sxi_ldt_tx *"), ffi.new("uint8_t[886]")
    data = bytes(i * i & 0xFF for i in range(65536))
    memory = ffi.from_buffer("uint8_t[]", data)
    assert lib.sxi_ldt_tx_init(tx, 2, memory, 65536, 1) == PARAM
    assert lib.sxi_ldt_tx_init(tx, 2, memory, 65535, 1) == 0
    tx.number += 65530  # as if so many had gone
    tx.offset += 65530
    parts = []
    while lib.sxi_ldt_tx_next(tx, ffi.new("struct sxi_pus_tm *"), out, 886):
        parts.append((out[8], struct.unpack(">BHHB", bytes(out[18:24]))))
    kinds = [model.INTERMEDIATE] * 4 + [model.LAST]
    numbers = range(65531, 65536)
    expected = [(2, number, 1, data[number - 1]) for number in numbers]
    assert parts == list(zip(kinds, expected, strict=True))


def test_sequence_number_does_not_wrap(csxi: SimpleNamespace) -> None:
    rx, memory = csxi.ffi.new("struct sxi_ldt_rx *"), csxi.ffi.new("uint8_t[]", 70_000)
    assert csxi.lib.sxi_ldt_rx_init(rx, 1, memory, 70_000) == 0

    def push(subtype: int, number: int) -> int:
        source = struct.pack(">BHHB", 1, number, 1, 0)
        return int(csxi.lib.sxi_ldt_rx_push(rx, subtype, source, len(source)))

    assert push(model.FIRST, 1) == model.MORE
    rx.number, rx.size = 65534, 65534  # as if the others had come
    assert push(model.INTERMEDIATE, 65535) == model.MORE
    for number in (0, 1, 65535):
        assert push(model.INTERMEDIATE, number) == model.SEQUENCE
        assert push(model.LAST, number) == model.SEQUENCE
