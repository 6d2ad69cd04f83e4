# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Calls of the functions of telemetry: PUS packets and large data transfer."""

from __future__ import annotations

import struct
from binascii import crc_hqx
from collections.abc import Mapping
from types import MappingProxyType

from hypothesis import strategies as st

from fsw_emu.compare.call import Value
from fsw_emu.compare.draws import (
    Draw,
    Strategy,
    blob,
    edge,
    maybe,
    maybe_damaged,
    memory,
    room,
    u16,
    u32,
)


@st.composite
def tm(draw: Draw) -> dict[str, Value]:
    return {
        "apid": draw(st.just(321) | edge(0, 2047)),
        "count": draw(edge(0, 16383)),
        "type": draw(st.integers(0, 255)),
        "subtype": draw(st.integers(0, 255)),
        "destination": draw(st.integers(0, 255)),
        "sync": draw(st.sampled_from([5, 0, 1])),
        "coarse": draw(u32),
        "fine_us": draw(edge(0, 999_999)),
    }


@st.composite
def tm_store(draw: Draw) -> dict[str, Value]:
    data = draw(blob(20, edges=(865, 866, 867)))
    n = draw(room(len(data) + 20))
    return {
        "tm": draw(tm()),
        "data": data.hex(),
        "data_len": len(data),
        "out": memory(n),
        "out_len": n,
    }


@st.composite
def tm_load(draw: Draw) -> dict[str, Value]:
    data = draw(blob(20, edges=(866, 867)))
    head = struct.pack(
        ">HHHBBBBIIB",
        0x0800 | draw(edge(0, 2047)),
        0xC000 | draw(u16) >> 2,
        len(data) + 13,
        0x10,
        draw(st.integers(0, 255)),
        draw(st.integers(0, 255)),
        draw(st.integers(0, 255)),
        draw(u32),
        draw(edge(0, 999_999)) << 8,
        0,
    )[:18]
    head = draw(maybe_damaged(head, 18)) if draw(maybe()) else head
    packet = head + data
    packet += crc_hqx(packet, 0xFFFF).to_bytes(2, "big")
    packet = draw(maybe_damaged(packet, 18))
    return {"tm": {}, "packet": packet.hex(), "len": len(packet)}


@st.composite
def sender(draw: Draw, data: bytes) -> dict[str, Value]:
    part = draw(st.integers(1, 9) | st.just(861))
    number = draw(st.integers(0, max(len(data) - 1, 0) // part))
    return {
        "data": data.hex(),
        "size": len(data),
        "offset": number * part,
        "part": part,
        "number": number + 1,
        "sdu_id": draw(st.sampled_from([1, 2])),
        "active": draw(st.sampled_from([1, 1, 1, 0])),
    }


@st.composite
def tx_next(draw: Draw) -> dict[str, Value]:
    data = draw(blob(24, edges=(861, 862), least=1))
    tx = draw(sender(data))
    n = draw(room(25 + min(tx["part"], tx["size"] - tx["offset"])))
    return {"tx": tx, "tm": draw(tm()), "out": memory(n), "out_len": n}


@st.composite
def tx_abort(draw: Draw) -> dict[str, Value]:
    n = draw(room(24))
    return {
        "tx": draw(sender(b"\1\2\3\4")),
        "reason": draw(u16),
        "tm": draw(tm()),
        "out": memory(n),
        "out_len": n,
    }


@st.composite
def tx_init(draw: Draw) -> dict[str, Value]:
    size = draw(edge(0, 65535 * 9) | st.integers(0, 20))
    return {
        "tx": {},
        "sdu_id": draw(edge(1, 2)),
        "data": "00",
        "size": size,
        "part": draw(edge(0, 861) | st.integers(1, 9)),
    }


@st.composite
def rx_init(draw: Draw) -> dict[str, Value]:
    n = draw(st.integers(0, 9) | st.just(0x80000000))
    return {"rx": {}, "sdu_id": draw(edge(1, 2)), "buf": memory(9), "room": n}


@st.composite
def rx_push(draw: Draw) -> dict[str, Value]:
    subtype = draw(st.sampled_from([1, 2, 3, 4, 0, 5]))
    begun = draw(st.booleans()) if draw(maybe()) else subtype != 1
    number = draw(st.integers(1, 3)) if begun else 0
    held = draw(st.integers(0, 8)) if begun else 0
    part = draw(st.binary(min_size=0 if draw(maybe()) else 1, max_size=12))
    following = number + 1 if not draw(maybe()) else draw(u16)
    sdu = draw(st.sampled_from([1, 2]))
    source = struct.pack(">BHH", sdu, following, len(part)) + part
    if subtype == 4:
        source = bytes([sdu, 0]) + draw(u16).to_bytes(2, "big")
    source = draw(maybe_damaged(source, 5))
    return {
        "rx": {
            "buf": memory(24),
            "room": draw(st.sampled_from([24, held + len(part), max(held + len(part) - 1, 0)])),
            "size": held,
            "number": number,
            "sdu_id": sdu if not draw(maybe()) else 3 - sdu,
        },
        "subtype": subtype,
        "source": source.hex(),
        "len": len(source),
    }


@st.composite
def rx_end(draw: Draw) -> dict[str, Value]:
    size, number = draw(st.integers(0, 24)), draw(edge(0, 65534))
    state = {"buf": memory(24), "room": 24, "size": size, "number": number, "sdu_id": 1}
    return {"rx": state}


ARGUMENTS: Mapping[str, Strategy] = MappingProxyType(
    {
        "sxi_pus_tm_store": tm_store(),
        "sxi_pus_tm_load": tm_load(),
        "sxi_ldt_tx_init": tx_init(),
        "sxi_ldt_tx_next": tx_next(),
        "sxi_ldt_tx_abort": tx_abort(),
        "sxi_ldt_rx_init": rx_init(),
        "sxi_ldt_rx_push": rx_push(),
        "sxi_ldt_rx_end": rx_end(),
    }
)
