# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""FEE packets: C and model agree on every packet, good and bad."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import u8, u16

from fsw_emu.core import EVENT_DTYPE, HEADER_DTYPE, Core, CoreError
from fsw_emu.model import fee as model

rules = st.sampled_from(["payload", "packet"])
fields = st.fixed_dictionaries(
    {
        "mode": st.integers(0, 15),
        "last": st.integers(0, 1),
        "side": st.integers(0, 2),
        "ccd": st.integers(0, 1),
        "kind": st.integers(0, 3),
        "frame": u16,
        "sequence": u16,
    }
)
windows = st.tuples(u16, u16, st.lists(u16, min_size=25, max_size=25))


def record(values: dict[str, int], payload: int) -> np.ndarray:
    return np.array(
        [(payload, values["frame"], values["sequence"], values["mode"], values["last"],
          values["side"], values["ccd"], values["kind"], 0)], HEADER_DTYPE)  # fmt: skip


def parse(core: Core, packets: list[bytes], rule: str = "payload"):  # type: ignore[no-untyped-def]
    lengths = np.array([len(p) for p in packets], np.uint32)
    offsets = np.cumsum(lengths, dtype=np.uint32) - lengths
    return core.fee_parse(b"".join(packets), offsets, lengths, data_len=rule)


@pytest.mark.verifies("FEE-1..5")
@given(values=fields, payload=st.integers(0, 65525), rule=rules)
def test_header_is_built_as_the_model_says(core, values, payload, rule) -> None:
    built = core.fee_header(record(values, payload), data_len=rule)
    assert built == model.header(payload=payload, **values, count_header=rule == "packet")


@pytest.mark.verifies("FEE-2", "FEE-6")
@given(
    packets=st.lists(st.tuples(fields, windows, st.sampled_from([1, 3])), max_size=8), rule=rules
)
def test_events_go_out_and_come_back(core, packets, rule) -> None:
    headers = np.concatenate(
        [np.zeros(0, HEADER_DTYPE)] + [record(f | {"kind": kind}, 54) for f, _, kind in packets]
    )
    events = np.array([w for _, w, _ in packets], EVENT_DTYPE)
    built = core.fee_build_events(headers, events, data_len=rule)
    expected = b"".join(
        model.header(payload=54, **(f | {"kind": kind}), count_header=rule == "packet")
        + model.window(*w)
        for f, w, kind in packets
    )
    assert built == expected
    read = parse(core, [built[i : i + 64] for i in range(0, len(built), 64)], rule)
    assert not read.status.any()
    assert np.array_equal(read.headers, headers)
    assert np.array_equal(read.events, events)


@st.composite
def suspicious(draw: st.DrawFn) -> bytes:
    """Packets that are nearly right, and some that are not at all."""
    if draw(st.booleans()):
        return draw(st.binary(max_size=80))
    payload = draw(st.sampled_from([0, 1, 53, 54, 55, 152, 153, 768]))
    packet = bytearray(
        model.header(payload=payload, **draw(fields), count_header=draw(st.booleans()))
        + bytes(payload)
    )
    if draw(st.booleans()):
        packet[draw(st.integers(0, 9))] = draw(u8)
    return bytes(packet[: draw(st.sampled_from([len(packet), 9, 10, len(packet) - 1]))])


@pytest.mark.verifies("FEE-21", "STAT-1")
@given(packets=st.lists(suspicious(), max_size=10), rule=rules)
@example(packets=[b""], rule="payload")
def test_bad_packets_get_the_status_of_the_model(core, packets, rule) -> None:
    read = parse(core, packets, rule)
    for i, packet in enumerate(packets):
        status = model.check(packet, count_header=rule == "packet")
        assert read.status[i] == status
        if status == 0:
            header = model.read_header(packet)
            assert {name: int(read.headers[name][i]) for name in header} == header
            if header["type"] in (1, 3):
                row, col, pixels = model.read_window(packet)
                assert (read.events["row"][i], read.events["col"][i]) == (row, col)
                assert read.events["pixels"][i].tolist() == pixels


@pytest.mark.parametrize(("offset", "length"), [(1, 10), (0, 11), (11, 0), (2**32 - 1, 2)])
def test_a_packet_outside_the_buffer_is_refused(core: Core, offset: int, length: int) -> None:
    with pytest.raises(CoreError) as refused:
        core.fee_parse(bytes(10), np.array([offset], "u4"), np.array([length], "u4"))
    assert refused.value.status == -1


@pytest.mark.parametrize("field", ["mode", "last", "side", "ccd", "type"])
def test_a_field_beyond_its_width_is_refused(core: Core, field: str) -> None:
    header = np.zeros(1, HEADER_DTYPE)
    header[field] = 16
    with pytest.raises(CoreError):
        core.fee_header(header)


def test_a_payload_that_cannot_be_counted_is_refused(core: Core) -> None:
    header = np.zeros(1, HEADER_DTYPE)
    header["data_len"] = 65526
    with pytest.raises(CoreError):
        core.fee_header(header, data_len="packet")
    assert len(core.fee_header(header)) == 10


@pytest.mark.verifies("STAT-3")
def test_one_byte_too_little_room(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    header = ffi.new("struct sxi_fee_header *", {"type": 1})
    event = ffi.new("struct sxi_event *")
    out = ffi.new("uint8_t[128]", b"\xa5" * 128)
    untouched = bytes(ffi.buffer(out))
    rule = lib.SXI_FEE_DATA_LEN_PAYLOAD
    assert lib.sxi_fee_header_store(header, out, 9, rule) == lib.SXI_STATUS_ROOM
    assert lib.sxi_fee_event_store(header, event, out, 63, rule) == lib.SXI_STATUS_ROOM
    assert lib.sxi_fee_build_events(header, event, 1, rule, out, 63) == lib.SXI_STATUS_ROOM
    assert bytes(ffi.buffer(out)) == untouched
    assert lib.sxi_fee_event_store(header, event, out, 64, rule) == lib.SXI_STATUS_OK
    assert bytes(ffi.buffer(out))[64:] == untouched[64:]


def test_null_and_unknown_rules_are_refused(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    header = ffi.new("struct sxi_fee_header *", {"mode": 7})
    event, packet = ffi.new("struct sxi_event *"), ffi.new("uint8_t[64]")
    refusals = [
        lib.sxi_fee_header_load(ffi.NULL, packet, 64, 0),
        lib.sxi_fee_header_load(header, ffi.NULL, 64, 0),
        lib.sxi_fee_header_load(header, packet, 64, 2),
        lib.sxi_fee_header_store(header, packet, 64, 2),
        lib.sxi_fee_header_store(ffi.NULL, packet, 64, 0),
        lib.sxi_fee_event_load(header, ffi.NULL, packet, 64, 0),
        lib.sxi_fee_event_load(ffi.NULL, event, packet, 64, 0),
        lib.sxi_fee_event_store(header, event, packet, 64, 0),  # type 0
        lib.sxi_fee_build_events(ffi.NULL, event, 1, 0, packet, 64),
        lib.sxi_fee_parse(packet, 64, ffi.NULL, ffi.NULL, 1, 0, header, event, ffi.NULL),
    ]
    assert set(refusals) == {lib.SXI_STATUS_PARAM}
    assert header.mode == 7


def test_event_load_takes_events_only(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    header = ffi.new("struct sxi_fee_header *", {"mode": 7})
    event = ffi.new("struct sxi_event *", {"row": 9})
    values = {"mode": 3, "last": 0, "side": 1, "ccd": 1, "frame": 5, "sequence": 6}
    data = model.header(payload=54, kind=model.DATA, **values) + bytes(54)
    assert lib.sxi_fee_event_load(header, event, data, 64, 0) == lib.SXI_STATUS_FORMAT
    assert (header.mode, event.row) == (7, 9)
    mask = model.header(payload=54, kind=model.WANDERING_MASK, **values)
    mask += model.window(3, 4, list(range(25)))
    assert lib.sxi_fee_event_load(header, event, mask, 64, 0) == lib.SXI_STATUS_OK
    assert (header.mode, event.row, event.col, event.pixels[24]) == (3, 3, 4, 24)
