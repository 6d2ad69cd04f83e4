# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Calls of the housekeeping coder."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hypothesis import strategies as st

from fsw_emu.compare.call import Value
from fsw_emu.compare.draws import Draw, Strategy, edge, maybe, maybe_damaged, memory, room, u16, u32
from fsw_emu.core import default_core

FIRST_ERROR = 1638  # of a word in a new interval


@st.composite
def word(draw: Draw) -> dict[str, Value]:
    """Means near the last value or anywhere, errors of any size."""
    last = draw(u16)
    means = st.sampled_from([last << 8, (last << 8) + 100, last << 8 ^ 0x800]) | u32.map(
        lambda v: v & 0xFFFFFF
    )
    error = st.integers(0, 27).map(lambda n: 1 << n) | st.integers(0, 1 << 27)
    return {
        "slow": draw(means),
        "fast": draw(means),
        "last": last,
        "step": draw(st.sampled_from([0, 1, 8, 0xFFFF]) | u16),
        "error": [draw(error) for _ in range(3)],
    }


@st.composite
def context(draw: Draw, length: int) -> dict[str, Value]:
    """Within an interval of packets so long, or before it; now and then one that cannot be."""
    n = (length + 1) // 2
    words = [draw(word()) for _ in range(n)]
    return {
        "full_every": draw(edge(1, 65535) if draw(maybe()) else st.sampled_from([64, 64, 2])),
        "room": n,
        "words": words,
        "number": draw(st.sampled_from([0, 5, 0xFFFFFF]) | edge(0, 0xFFFFFF)),
        "since": draw(st.sampled_from([0, 1, 2, 4, 5, 63]) | edge(0, 65535)),
        "length": length if not draw(maybe()) else draw(st.integers(0, 20)),
        "checked": draw(st.integers(0, 1)) if not draw(maybe()) else 2,
    }


@st.composite
def packet(draw: Draw, near: list[dict[str, Value]], length: int) -> bytes:
    """A packet near the last values, or of any bytes."""
    if draw(maybe()):
        return draw(st.binary(min_size=length, max_size=length))
    values = [(w["last"] + draw(st.integers(-3, 3))) & 0xFFFF for w in near]
    return b"".join(value.to_bytes(2, "big") for value in values)[:length]


@st.composite
def init(draw: Draw) -> dict[str, Value]:
    return {"ctx": draw(context(draw(st.integers(2, 8))))}


@st.composite
def encode(draw: Draw) -> dict[str, Value]:
    length = draw(st.integers(2, 9))
    ctx = draw(context(length))
    data = draw(packet(ctx["words"], length))
    if draw(maybe()):
        data = draw(st.binary(max_size=12))
    n = draw(room(len(data) + 6))
    return {"ctx": ctx, "packet": data.hex(), "len": len(data), "out": memory(n), "out_len": n}


@st.composite
def decode(draw: Draw) -> dict[str, Value]:
    """The packet after a full one, or a full one, as they are or damaged."""
    length = draw(st.integers(3, 9))
    first = draw(st.binary(min_size=length, max_size=length))
    if draw(st.booleans()):
        first = first[:-2] + default_core().crc16(first[:-2]).to_bytes(2, "big")
    checked = int(default_core().crc16(first) == 0)
    values = [int.from_bytes(first[i : i + 2], "big") for i in range(0, length - 2 * checked, 2)]
    words = [
        {"slow": v << 8, "fast": v << 8, "last": v, "step": 0, "error": [FIRST_ERROR] * 3}
        for v in values
    ]
    second = draw(packet([*words, {"last": 0}], length))
    if checked:
        second = second[:-2] + default_core().crc16(second[:-2]).to_bytes(2, "big")
    coded = default_core().hk_encode([first, second])
    data = draw(maybe_damaged(coded[draw(st.sampled_from([1, 1, 0]))], 1))
    ctx = {
        "full_every": draw(edge(1, 65535)) if draw(maybe()) else 64,
        "room": (length + 1) // 2,
        "words": [*words, {}][: (length + 1) // 2],
        "number": 1,
        "since": draw(st.sampled_from([1, 1, 1, 0])),
        "length": length,
        "checked": checked,
    }
    n = draw(room(length))
    return {
        "ctx": ctx,
        "data": data.hex(),
        "len": len(data),
        "out": memory(n),
        "out_len": n,
        "number": memory(1),
    }


@st.composite
def several(draw: Draw) -> tuple[bytes, int, int]:
    n, length = draw(st.integers(1, 20)), draw(st.integers(2, 7))
    first = draw(st.binary(min_size=length, max_size=length))
    last = bytes(byte ^ draw(st.integers(0, 3)) for byte in first)
    return b"".join([first] * (n - 1) + [last]), n, length


@st.composite
def block_encode(draw: Draw) -> dict[str, Value]:
    packets, n, length = draw(several())
    if draw(maybe()):
        packets, n = bytes(length * 300), draw(edge(255, 257))
    if draw(maybe()):
        packets, n, length = bytes(1100), 1, draw(st.sampled_from([1, 2, 1024, 1025]))
    planes = draw(room(n * ((length + 1) // 2)))
    out = draw(st.sampled_from([2 * len(packets) + 80, 2 * len(packets) + 80, 16, 8]))
    return {
        "packets": packets.hex(),
        "n": n,
        "len": length,
        "number": draw(edge(0, 0xFFFFFF)),
        "planes": memory(planes),
        "planes_len": planes,
        "out": memory(out),
        "out_len": out,
    }


@st.composite
def block_decode(draw: Draw) -> dict[str, Value]:
    packets, n, length = draw(several())
    given = [packets[i : i + length] for i in range(0, len(packets), length)]
    data = draw(maybe_damaged(default_core().hk_encode(given, codec="aec")[0], 5))
    planes, out = draw(room(n * ((length + 1) // 2))), draw(room(n * length))
    return {
        "block": {},
        "data": data.hex(),
        "len": len(data),
        "planes": memory(planes),
        "planes_len": planes,
        "out": memory(out),
        "out_len": out,
    }


ARGUMENTS: Mapping[str, Strategy] = MappingProxyType(
    {
        "sxi_hk_init": init(),
        "sxi_hk_encode": encode(),
        "sxi_hk_decode": decode(),
        "sxi_hk_block_bound": st.fixed_dictionaries(
            {"n": edge(1, 256) | u32, "len": edge(2, 1024) | u32}
        ),
        "sxi_hk_block_encode": block_encode(),
        "sxi_hk_block_decode": block_decode(),
    }
)
