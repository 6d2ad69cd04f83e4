# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Calls of the coder of event packets."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from random import Random
from types import MappingProxyType

from hypothesis import strategies as st

from fsw_emu.compare.call import Value
from fsw_emu.compare.draws import Draw, Strategy, edge, maybe, maybe_damaged, memory, room, u16
from fsw_emu.core import EventsCodec, default_core


@st.composite
def event_packets(draw: Draw) -> bytes:
    """A few events of a node: noise, a centre above it, sides with charge; strange words."""
    rng, made = Random(draw(u16)), []  # noqa: S311
    spread, position, sequence = draw(st.sampled_from([0, 2, 9, 800])), 800, draw(u16)
    is_strange = draw(maybe())
    for _ in range(draw(st.integers(1, 6))):
        position += rng.randrange(1, 2000)
        sequence += 1 if rng.random() < 0.7 else rng.randrange(9)
        pixels = [int(rng.gauss(500, spread)) & 0xFFFF for _ in range(25)]
        pixels[12] += 300
        pixels[rng.choice([7, 11, 13, 17])] += 20 * spread * rng.randrange(2)
        words = [0x50F0, 54, 0x501 | rng.choice([0, 0, 0, 16]), 3, sequence & 0xFFFF]
        words += [position % 384, position // 384, *(pixel & 0xFFFF for pixel in pixels)]
        if is_strange:
            words[rng.randrange(32)] = rng.randrange(0x10000)
        made.append(struct.pack(">32H", *words))
    return b"".join(made)


@st.composite
def coder(draw: Draw) -> dict[str, Value]:
    return {
        "kind": draw(st.sampled_from([1, 1, 2, 0]) | edge(0, 2)),
        "packet_bytes": draw(st.sampled_from([1024, 200, 90]) | edge(77, 65535)),
    }


@st.composite
def encode(draw: Draw) -> dict[str, Value]:
    ctx, packets = draw(coder()), draw(event_packets())
    n = len(packets) // 64
    size = min(int(str(ctx["packet_bytes"])), 2048)
    out = draw(room(size))
    return {
        "ctx": ctx,
        "packets": packets.hex(),
        "n_events": n,
        "first": draw(st.sampled_from([0, 0, n - 1, n])),
        "out": memory(out),
        "out_len": out,
        "next": memory(1),
    }


@st.composite
def choose(draw: Draw) -> dict[str, Value]:
    drawn = draw(encode())
    return {name: drawn[name] for name in ("ctx", "packets", "n_events", "out", "out_len")}


@st.composite
def coded(draw: Draw) -> bytes:
    """A packet as it was made, or damaged, or any bytes."""
    codec: EventsCodec = draw(st.sampled_from(["events", "events", "aec", "none"]))
    [made, *_] = default_core().events_encode(draw(event_packets()), codec=codec)
    return draw(maybe_damaged(made, len(made)) | st.binary(max_size=30))


@st.composite
def parse(draw: Draw) -> dict[str, Value]:
    data = draw(coded())
    return {"packet": {}, "data": data.hex(), "len": len(data)}


@st.composite
def decode(draw: Draw) -> dict[str, Value]:
    data = draw(coded())
    out = draw(room(64 * 6))
    return {
        "ctx": {},
        "data": data.hex(),
        "len": len(data),
        "out": memory(out),
        "out_len": out,
    }


ARGUMENTS: Mapping[str, Strategy] = MappingProxyType(
    {
        "sxi_events_encode": encode(),
        "sxi_events_choose": choose(),
        "sxi_events_parse": parse(),
        "sxi_events_decode": decode(),
    }
)
