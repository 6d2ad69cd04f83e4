# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Calls of every function of the core, valid and not, as hypothesis draws and shrinks them.

Statuses are behaviour, so lengths, ranges and pointers are wrong now and then; memory is always
as large as the lengths say. What has to be a valid code or packet to be of use is made by the
core in this process.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st

from fsw_emu.compare import (
    generate_artefacts,
    generate_classify,
    generate_coding,
    generate_entity,
    generate_events,
    generate_find,
    generate_housekeeping,
    generate_look,
    generate_maps,
    generate_rows,
    generate_storm,
    generate_telemetry,
)
from fsw_emu.compare.call import Call, Value
from fsw_emu.compare.draws import (
    Draw,
    Strategy,
    edge,
    mask,
    maybe,
    maybe_damaged,
    memory,
    noise,
    room,
    u16,
)

#: functions without a status: a null pointer is not theirs to find
_TAKES_NO_NULL = frozenset({"sxi_crc16", "sxi_crc8"})

pixel = st.integers(0, 40) | u16


@st.composite
def crc(draw: Draw, seeds: int) -> dict[str, Value]:
    data = draw(st.binary(max_size=40))
    return {"seed": draw(st.integers(0, seeds)), "data": data.hex(), "len": len(data)}


@st.composite
def fee_header(draw: Draw, kinds: Strategy) -> dict[str, Value]:
    return {
        "data_len": draw(u16),
        "frame_counter": draw(u16),
        "sequence": draw(u16),
        "mode": draw(edge(0, 16)),
        "last": draw(edge(0, 2)),
        "side": draw(edge(0, 3)),
        "ccd": draw(edge(0, 2)),
        "type": draw(kinds),
        "spare": 0,
    }


@st.composite
def fee_packet(draw: Draw, rule: int) -> bytes:
    """A packet of any kind, now and then with a byte changed or cut."""
    kind = draw(st.sampled_from([1, 0, 2, 3]))
    size = 54 if kind in (1, 3) else draw(st.sampled_from([2, 4, 8, 152]))
    payload = draw(st.binary(min_size=1, max_size=8)) * size
    fields = draw(edge(0, 15)) << 8 | draw(edge(0, 1)) << 7
    fields |= draw(st.integers(0, 2)) << 5 | draw(st.integers(0, 1)) << 4 | kind
    length = size + (10 if rule else 0)
    head = struct.pack(">BBHHHH", 0x50, 0xF0, length, fields, draw(u16), draw(st.integers(0, 9)))
    return draw(maybe_damaged(head + payload[:size], 10))


@st.composite
def event(draw: Draw) -> dict[str, Value]:
    """Small pixels, near the limits that filters are given, and seldom a large one."""
    pixels = [value & 63 for value in draw(st.binary(min_size=25, max_size=25))]
    if draw(maybe()):
        pixels[draw(st.integers(0, 24))] = draw(u16)
    return {"row": draw(edge(0, 638)), "col": draw(edge(0, 383)), "pixels": pixels}


@st.composite
def header_load(draw: Draw) -> dict[str, Value]:
    rule = draw(edge(0, 1))
    packet = draw(fee_packet(rule))
    return {
        "header": {},
        "packet": packet.hex(),
        "len": len(packet),
        "data_len_rule": rule,
    }


@st.composite
def event_load(draw: Draw) -> dict[str, Value]:
    return {**draw(header_load()), "event": {}}


@st.composite
def header_store(draw: Draw) -> dict[str, Value]:
    n = draw(room(10))
    return {
        "header": draw(fee_header(edge(0, 4))),
        "out": memory(n),
        "out_len": n,
        "data_len_rule": draw(edge(0, 1)),
    }


@st.composite
def event_store(draw: Draw) -> dict[str, Value]:
    n = draw(room(64))
    return {
        "header": draw(fee_header(st.sampled_from([1, 3, 0, 2]))),
        "event": draw(event()),
        "out": memory(n),
        "out_len": n,
        "data_len_rule": draw(edge(0, 1)),
    }


@st.composite
def packets(draw: Draw, rule: int) -> dict[str, Value]:
    """Packets in one buffer, now and then one that does not lie in it."""
    made = draw(st.lists(fee_packet(rule), max_size=4))
    offsets = [sum(map(len, made[:i])) for i in range(len(made))]
    lengths = [len(packet) for packet in made]
    if draw(maybe()) and made:
        lengths[-1] = draw(st.sampled_from([lengths[-1] + 1, 0xFFFFFFF0]))
    data = b"".join(made)
    return {
        "buf": data.hex(),
        "buf_len": len(data),
        "offsets": offsets,
        "lengths": lengths,
        "n": len(made),
        "data_len_rule": rule,
    }


@st.composite
def fee_parse(draw: Draw) -> dict[str, Value]:
    made = draw(packets(draw(edge(0, 1))))
    n = made["n"]
    return {**made, "headers": memory(n), "events": memory(n), "status": memory(n)}


@st.composite
def build_events(draw: Draw) -> dict[str, Value]:
    n = draw(st.integers(0, 3))
    size = draw(room(64 * n))
    kinds = st.sampled_from([1, 3, 1, 3, 0])
    return {
        "headers": [draw(fee_header(kinds)) for _ in range(n)],
        "events": [draw(event()) for _ in range(n)],
        "n": n,
        "data_len_rule": draw(edge(0, 1)),
        "out": memory(size),
        "out_len": size,
    }


@st.composite
def detect(draw: Draw) -> dict[str, Value]:
    """A frame of a repeated pattern with pixels set in it; wide ones take the vector kernel."""
    small = draw(maybe())
    rows = draw(st.integers(0, 6) if small else st.integers(5, 10))
    cols = draw(st.integers(0, 6) if small else st.integers(5, 20) | st.sampled_from([36, 70]))
    level = draw(st.sampled_from([0, 500, 0x7FF0, 0xFFC0]))
    tile = draw(noise(97))
    frame = [min(level + tile[i % len(tile)] % 32, 0xFFFF) for i in range(rows * cols)]
    if frame:
        # close to what passes: level, tile and threshold
        for at, height in enumerate(draw(noise(32))):
            frame[(at * 29 + height * 7) % len(frame)] = min(level + 31 + height % 20, 0xFFFF)
        if draw(maybe()):
            frame[draw(st.integers(0, len(frame) - 1))] = draw(u16)
    masked = draw(st.booleans())
    n = draw(st.sampled_from([-(-rows // 2) * -(-cols // 2) + 1] * 5 + [0, 1, 2]))
    return {
        "ctx": {
            "threshold": draw(u16) if draw(maybe()) else draw(st.sampled_from([25, 20, 22, 0])),
            "window_order": draw(edge(0, 1)),
            "mask_row": draw(st.integers(1, 8)) if masked else 0,
            "mask_col": draw(st.integers(1, 12)) if masked else 0,
            "limit": draw(st.sampled_from([0xFFFFFFFF] * 5 + [0, 1, 2])),
        },
        "frame": {"pixels": frame, "n_rows": rows, "n_cols": cols},
        "out": memory(n),
        "kinds": memory(n),
        "out_len": n,
    }


@st.composite
def mask_step(draw: Draw) -> dict[str, Value]:
    row = draw(st.sampled_from([2, 7, 632, 637]) | edge(2, 637))
    col = draw(st.sampled_from([2, 7, 377, 382]) | edge(2, 382))
    return {"row": [row], "col": [col]}


@st.composite
def filter_events(draw: Draw) -> dict[str, Value]:
    events = draw(st.lists(event(), max_size=4))
    marked = draw(mask(events))
    return {
        "ctx": {
            "centre_max": draw(pixel),
            "ring_sum_max": draw(st.integers(0, 320) | u16),
            "ring_max": draw(pixel),
            "ring_count_max": draw(st.integers(0, 9)),
            "bad_pixels": marked,
            "bad_pixels_len": 0 if marked is None else marked["zeros"],
            "n_bad": draw(st.sampled_from([0, 0xFFFFFFFF])),
        },
        "events": events,
        "n": len(events),
        "keep": memory(len(events)),
    }


@st.composite
def bad_pixel(draw: Draw, *names: str) -> dict[str, Value]:
    row = draw(st.integers(0, 638) | edge(0, 638))
    col = draw(st.integers(0, 383) | edge(0, 383))
    marked = draw(mask([{"row": row, "col": col}])) or memory(30672)
    given: dict[str, Value] = {"row": row, "col": col, "bad": draw(edge(0, 1))}
    length = marked["zeros"]
    return {"mask": marked, "mask_len": length, **{name: given[name] for name in names}}


#: arguments of each function
ARGUMENTS: Mapping[str, Strategy] = MappingProxyType(
    {
        "sxi_crc16": crc(0xFFFF),
        "sxi_crc8": crc(0xFF),
        "sxi_fee_header_load": header_load(),
        "sxi_fee_header_store": header_store(),
        "sxi_fee_event_load": event_load(),
        "sxi_fee_event_store": event_store(),
        "sxi_fee_parse": fee_parse(),
        "sxi_fee_build_events": build_events(),
        "sxi_edu_detect": detect(),
        "sxi_edu_mask_step": mask_step(),
        "sxi_filter_events": filter_events(),
        "sxi_badpix_test": bad_pixel("row", "col"),
        "sxi_badpix_set": bad_pixel("row", "col", "bad"),
        "sxi_badpix_count": bad_pixel(),
        **generate_coding.ARGUMENTS,
        **generate_events.ARGUMENTS,
        **generate_entity.ARGUMENTS,
        **generate_rows.ARGUMENTS,
        **generate_housekeeping.ARGUMENTS,
        **generate_telemetry.ARGUMENTS,
        **generate_classify.ARGUMENTS,
        **generate_find.ARGUMENTS,
        **generate_maps.ARGUMENTS,
        **generate_artefacts.ARGUMENTS,
        **generate_storm.ARGUMENTS,
        **generate_look.ARGUMENTS,
    }
)


@st.composite
def calls(draw: Draw, function: str, pointers: tuple[str, ...]) -> Call:
    """A call of a function; now and then one of its pointers is NULL."""
    arguments: dict[str, Any] = dict(draw(ARGUMENTS[function]))
    if pointers and function not in _TAKES_NO_NULL and draw(st.integers(0, 15)) == 15:
        arguments[draw(st.sampled_from(pointers))] = None
    return Call(function, arguments)
