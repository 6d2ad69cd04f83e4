# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Calls of the functions of compression entities: header, metadata, whole entities."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from hypothesis import strategies as st

from fsw_emu.compare.call import Value
from fsw_emu.compare.draws import Draw, Strategy, edge, maybe, memory, room, u16, u32
from fsw_emu.compare.generate_coding import enough, keys, science, work
from fsw_emu.core import CeHeader, CoreError, default_core

HEADER_BYTES = 44
GROUP, FRAME = (47, 100), (57, 121)  # fields, bytes
_HEAD = ">HHHIIIHHIIBBHHHII"  # as ce.h has them, but for microseconds of 3 bytes
#: values at the limits of the widths of metadata fields
_VALUES = st.sampled_from(
    [1, 0x3F, 0xFF, 0x100, 0xFFF, 0xFFFF, 0x10000, 0xFFFFF, 0xFFFFFF, 0xFFFF8000, 0xFFFFFFFF]
)


@st.composite
def header(draw: Draw, *, members: int = 1, key: int = 0, size: int = 0) -> dict[str, Value]:
    """A header; now and then a field is out of range."""
    return {
        "version": draw(u16),
        "build": draw(u16),
        "sdp_version": draw(u16),
        "coarse": draw(u32),
        "fine_us": draw(edge(0, 999_999)),
        "obsid": draw(u32),
        "counter": draw(u16),
        "members": draw(edge(1, 540)) if draw(maybe()) else members,
        "size": draw(u32),
        "key": key,
        "product": draw(edge(0, 5)),
        "integrity": draw(st.integers(0, 255)),
        "group_size": draw(u16),
        "frames_size": draw(u16),
        "compressed_meta_size": draw(u16),
        "data_size": size + draw(maybe()),
        "compressed_data_size": draw(u32),
    }


@st.composite
def header_store(draw: Draw) -> dict[str, Value]:
    n = draw(room(HEADER_BYTES))
    made = draw(header(members=draw(st.integers(1, 540)), key=draw(u32), size=draw(u16)))
    return {"header": made, "out": memory(n), "out_len": n}


@st.composite
def fields(draw: Draw, count: int) -> Value:
    """Metadata, a few of them not 0."""
    places = st.tuples(st.integers(0, count - 1), _VALUES | st.integers(0, 255))
    return {"zeros": count, "at": [list(p) for p in draw(st.lists(places, max_size=6))]}


@st.composite
def metadata_store(draw: Draw, shape: tuple[int, int]) -> dict[str, Value]:
    n = draw(room(shape[1]))
    count = shape[0] - (1 if draw(maybe()) else 0)
    values = draw(fields(shape[0]))
    return {"fields": values, "n_fields": count, "out": memory(n), "out_len": n}


@st.composite
def metadata_load(draw: Draw, shape: tuple[int, int]) -> dict[str, Value]:
    n = draw(st.sampled_from([shape[1], shape[1], shape[1] - 1, 0]))
    seed = draw(st.binary(min_size=1, max_size=16))
    data = (seed * (n + 1))[:n]
    count = shape[0] - (1 if draw(maybe()) else 0)
    return {"fields": memory(shape[0]), "n_fields": count, "data": data.hex(), "len": n}


@st.composite
def frame_hk(draw: Draw) -> dict[str, Value]:
    seed = draw(st.binary(min_size=1, max_size=24))
    n = draw(st.sampled_from([152, 152, 0]) | st.integers(0, 152))
    hk = (seed * (n + 1))[:n]
    count = FRAME[0] - (1 if draw(maybe()) else 0)
    values = draw(fields(FRAME[0]))
    return {"fields": values, "n_fields": count, "hk": hk.hex(), "hk_len": n}


@st.composite
def entity(draw: Draw) -> tuple[bytes, bytes, int]:
    """An entity, the science data in it, and its key; now and then with a bit turned over."""
    key = draw(keys())
    data = draw(science(key))
    members = draw(st.integers(1, 2))
    group, frames = np.zeros(GROUP[0], np.uint32), np.zeros((members, FRAME[0]), np.uint32)
    head = CeHeader(
        version=1,
        build=1,
        sdp_version=1,
        coarse=draw(u32),
        fine_us=draw(st.integers(0, 999_999)),
        obsid=draw(u32),
        counter=draw(u16),
        members=members,
        key=key,
        product=draw(st.integers(0, 5)),
        integrity=draw(st.integers(0, 1)),
        data_size=len(data),
    )
    try:
        made = default_core().ce_pack(head, group, frames, data)
    except CoreError:
        made = bytes(HEADER_BYTES + GROUP[1] + FRAME[1] + len(data))
    how = draw(st.sampled_from(["whole", "whole", "flipped", "cut", "longer"]))
    if how == "flipped":
        at = draw(st.integers(0, HEADER_BYTES - 1) | st.integers(0, len(made) - 1))
        made = made[:at] + bytes([made[at] ^ 1 << draw(st.integers(0, 7))]) + made[at + 1 :]
    elif how == "cut":
        made = made[: draw(st.integers(0, len(made)))]
    elif how == "longer":
        made += b"\0"
    return made, data, key


@st.composite
def header_load(draw: Draw) -> dict[str, Value]:
    made, _, _ = draw(entity())
    return {"header": {}, "data": made[:HEADER_BYTES].hex(), "len": len(made[:HEADER_BYTES])}


@st.composite
def ce_check(draw: Draw) -> dict[str, Value]:
    made, data, _ = draw(entity())
    if data and draw(maybe()):
        data = data[:-1]
    return {
        "entity": made.hex(),
        "len": len(made),
        "science": data.hex(),
        "science_len": len(data),
    }


@st.composite
def entity_science(draw: Draw) -> dict[str, Value]:
    made, data, key = draw(entity())
    # a header that was hit may announce other samples or more of them
    claimed = len(data) + 300
    n = draw(st.sampled_from([claimed, len(data), max(len(data) - 1, 0)]))
    both = work(key, 0, False) | {"u16": memory(claimed), "u32": memory(claimed), "room": claimed}
    return {
        "entity": made.hex(),
        "len": len(made),
        "work": work(key, len(data), True) if draw(maybe()) else both,
        "out": memory(n),
        "out_len": n,
    }


@st.composite
def ce_close(draw: Draw) -> dict[str, Value]:
    members = draw(st.integers(1, 2))
    data = draw(st.binary(max_size=40))
    coded = draw(st.binary(max_size=40))
    body = bytes(HEADER_BYTES + GROUP[1] + members * FRAME[1]) + coded + b"\0\0"
    n = len(body) - draw(st.sampled_from([0, 0, 0, 1, 2, 3]))
    made = draw(header(members=members, key=draw(keys()), size=len(data)))
    return {
        "header": made,
        "science": data.hex(),
        "science_len": len(data),
        "out": body.hex(),
        "data_len": len(coded),
        "out_len": n,
    }


@st.composite
def entity_pack(draw: Draw) -> dict[str, Value]:
    key = draw(keys())
    data = draw(science(key))
    members = draw(st.integers(1, 2))
    made = draw(header(members=members, key=key, size=len(data)))
    least = HEADER_BYTES + GROUP[1] + made["members"] * FRAME[1] + len(data) + 2
    most = least + enough(len(data))
    n = draw(st.sampled_from([most, most, least, least - 1]))
    return {
        "header": made,
        "group": draw(fields(GROUP[0])),
        "frames": draw(fields(FRAME[0] * made["members"])) if made["members"] else memory(57),
        "science": data.hex(),
        "science_len": len(data),
        "work": work(key, len(data), draw(maybe())),
        "out": memory(n),
        "out_len": n,
    }


@st.composite
def entity_bound(draw: Draw) -> dict[str, Value]:
    return {
        "key": draw(keys()),
        "members": draw(edge(1, 540)),
        "science_len": draw(st.integers(0, 300) | u32),
    }


ARGUMENTS: Mapping[str, Strategy] = MappingProxyType(
    {
        "sxi_ce_header_store": header_store(),
        "sxi_ce_header_load": header_load(),
        "sxi_ce_group_store": metadata_store(GROUP),
        "sxi_ce_group_load": metadata_load(GROUP),
        "sxi_ce_frame_store": metadata_store(FRAME),
        "sxi_ce_frame_load": metadata_load(FRAME),
        "sxi_ce_frame_hk": frame_hk(),
        "sxi_ce_close": ce_close(),
        "sxi_ce_check": ce_check(),
        "sxi_entity_bound": entity_bound(),
        "sxi_entity_pack": entity_pack(),
        "sxi_entity_science": entity_science(),
    }
)
