# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Calls of the functions behind the events: frames, images, coding, entities."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from hypothesis import strategies as st

from fsw_emu.compare.call import Value
from fsw_emu.compare.draws import Draw, Strategy, edge, maybe, memory, noise, room, u16, u32
from fsw_emu.core import CoreError, default_core

KEYS = (
    *(0x00010, 0, 0x2, 0x14110, 0x14010, 0x14012, 0x03110, 0x01010, 0x13110),
    *(0x40, 0x1040, 0x330, 0x31330, 0x3330, 0x3040),  # packets of events, of rows of 165 x 96
)
GROUP, FRAME = (47, 100), (57, 121)  # fields, bytes


@st.composite
def assembly(draw: Draw) -> dict[str, Value]:
    """A frame being assembled; now and then one that was never prepared."""
    nodes = draw(st.sampled_from([1, 2, 3, 9, 15, 16]))
    planes = bin(nodes).count("1")
    rows, cols = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    payload = 2 * draw(st.integers(1, 8))
    packets = planes * -(-rows * cols // (payload // 2))
    done = draw(st.integers(0, packets))
    received = draw(st.integers(0, done))
    fresh = draw(maybe())
    return {
        "pixels": memory(planes * rows * cols),
        "row_pixels": memory(planes * rows),
        "n_rows": 0 if fresh else rows,
        "n_cols": cols,
        "nodes": nodes,
        "packet_payload": payload,
        "first_sequence": draw(st.sampled_from([1, 0, 2])),
        "pixel_order": draw(st.integers(0, 1)),
        "next": done,
        "n_packets": received,
        "n_missing": done - received,
        "planes_done": 0,
    }


@st.composite
def frame_init(draw: Draw) -> dict[str, Value]:
    rows, cols = draw(edge(1, 6)), draw(edge(1, 6))
    nodes = draw(edge(1, 16))
    planes = bin(nodes & 31).count("1")
    n, n_rows = draw(room(planes * rows * cols)), draw(room(planes * rows))
    wide = draw(maybe())
    return {
        "ctx": {},
        "pixels": memory(n),
        "pixels_len": n,
        "row_pixels": memory(n_rows),
        "row_pixels_len": n_rows,
        "n_rows": draw(edge(65534, 65535)) if wide else rows,
        "n_cols": cols,
        "nodes": nodes,
        "packet_payload": draw(st.sampled_from([2, 4, 768, 65534, 0, 3, 65535, 65536])),
        "first_sequence": draw(st.sampled_from([1, 0, 65500, 65535, 65536]) | u16),
        "pixel_order": draw(edge(0, 1)),
    }


@st.composite
def frame_packet(draw: Draw, ctx: dict[str, Value]) -> tuple[dict[str, Value], bytes]:
    """A data packet that belongs into the frame, but for what is wrong with it now and then."""
    order = [(2, 1, 0), (1, 0, 0), (8, 1, 1), (4, 0, 1), (16, 2, 0)]
    nodes = [(side, ccd) for bit, side, ccd in order if ctx["nodes"] & bit]
    plane = ctx["n_rows"] * ctx["n_cols"]
    per_plane = max(-(-plane * 2 // ctx["packet_payload"]), 1)
    last = max(len(nodes) * per_plane - 1, 0)
    index = draw(st.sampled_from([min(ctx["next"], last)]) | edge(0, last))
    side, ccd = nodes[min(index // per_plane, len(nodes) - 1)]
    left = max(plane * 2 - index % per_plane * ctx["packet_payload"], 0)
    size = min(left, ctx["packet_payload"]) + (2 if draw(maybe()) else 0)
    payload = (draw(st.binary(min_size=2, max_size=6)) * (size // 2 + 1))[:size]
    header = {
        "data_len": size,
        "sequence": (index + ctx["first_sequence"]) & 0xFFFF,
        "mode": 3,
        "last": int(index % per_plane == per_plane - 1) ^ draw(maybe()),
        "side": draw(st.integers(0, 3)) if draw(maybe()) else side,
        "ccd": draw(st.integers(0, 1)) if draw(maybe()) else ccd,
        "type": draw(st.integers(0, 3)) if draw(maybe()) else 0,
    }
    return header, payload


@st.composite
def frame_push(draw: Draw) -> dict[str, Value]:
    ctx = draw(assembly())
    header, payload = draw(frame_packet(ctx))
    return {"ctx": ctx, "header": header, "payload": payload.hex(), "payload_len": len(payload)}


@st.composite
def push_packets(draw: Draw) -> dict[str, Value]:
    ctx = draw(assembly())
    rule = draw(edge(0, 1))
    made = []
    for header, payload in draw(st.lists(frame_packet(ctx), max_size=3)):
        fields = header["last"] << 7 | header["side"] << 5 | header["ccd"] << 4 | header["type"]
        length = len(payload) + (10 if rule == 1 else 0)
        head = struct.pack(">BBHHHH", 0x50, 0xF0, length, fields, 0, header["sequence"] & 0xFFFF)
        made.append(head + payload)
    lengths = [len(packet) for packet in made]
    offsets = [sum(lengths[:i]) for i in range(len(made))]
    if draw(maybe()) and made:
        lengths[-1] += 1
    data = b"".join(made)
    return {
        "ctx": ctx,
        "buf": data.hex(),
        "buf_len": len(data),
        "offsets": offsets,
        "lengths": lengths,
        "n": len(made),
        "data_len_rule": rule,
    }


@st.composite
def image(draw: Draw, *names: str) -> dict[str, Value]:
    rows, cols = draw(st.integers(0, 6)), draw(st.integers(0, 7))
    n = rows * cols
    pixels = draw(st.lists(u16, min_size=1, max_size=8))
    given = {
        "top": draw(st.integers(0, rows)),
        "left": draw(st.integers(0, cols)),
        "bin_rows": draw(edge(1, 4)),
        "bin_cols": draw(edge(1, 4)),
        "step": draw(edge(1, 4)),
    }
    for side, first, size in (("crop_rows", "top", rows), ("crop_cols", "left", cols)):
        left = size - given[first]
        given[side] = draw(st.sampled_from([left, left, left + 1]) | st.integers(0, left))
    exact = n
    if "crop_rows" in names:
        exact = given["crop_rows"] * given["crop_cols"]
    elif "bin_rows" in names:
        exact = rows // max(given["bin_rows"], 1) * (cols // max(given["bin_cols"], 1))
    elif "step" in names:
        exact = -(-rows // max(given["step"], 1)) * -(-cols // max(given["step"], 1))
    out = draw(room(exact))
    return {
        "in": (pixels * (n // len(pixels) + 1))[:n],
        "n_rows": rows,
        "n_cols": cols,
        **{name: given[name] for name in names},
        "out": memory(out),
        "out_len": out,
    }


@st.composite
def stack(draw: Draw) -> dict[str, Value]:
    pixels = draw(st.lists(st.tuples(u32, u16), max_size=8))
    return {"stack": [s for s, _ in pixels], "in": [p for _, p in pixels], "n": len(pixels)}


@st.composite
def coder(draw: Draw, width: int) -> dict[str, Value]:
    bits = draw(st.sampled_from([width, 8, 2, 4, 1, width - 3]) | edge(1, width))
    return {
        "bits": bits,
        "block_size": 7 if draw(maybe()) else draw(st.sampled_from([8, 16, 32, 64])),
        "rsi": draw(edge(1, 4096) if draw(maybe()) else st.sampled_from([128, 1, 2, 5])),
        "flags": draw(st.sampled_from([1, 0, 1, 2, 3] if bits <= 4 else [1, 0, 1, 0, 1, 0, 2])),
    }


@st.composite
def samples(draw: Draw, width: int, bits: int) -> list[int]:
    """Up to a few blocks: as drawn, small, in runs, walking; seldom wider than bits."""
    raw = draw(noise(width // 8 * 70)) if not draw(maybe()) else b""
    kind = draw(st.sampled_from(["small", "as is", "runs", "walk", "sparse"]))
    unit = 1 if kind in ("small", "walk", "runs", "sparse") else width // 8
    values = [int.from_bytes(raw[i : i + unit], "big") for i in range(0, len(raw), unit)]
    most = (1 << min(max(bits, 1), width)) - 1
    shift = draw(st.integers(0, 7))
    if kind == "small":
        values = [value >> shift for value in values]
    elif kind == "runs":
        values = [value for value in values for _ in range(1 << shift)][:300]
    elif kind == "sparse":
        values = [v * (i % 41 == 0) for i, v in enumerate(values * 4)][:300]
    elif kind == "walk":
        total, walk = most // 2, []
        for value in values:
            total = min(max(total + (value >> shift) - (64 >> shift), 0), most)
            walk.append(total)
        values = walk
    values = [min(value, most) if kind != "as is" else value & most for value in values]
    if values and bits < width and draw(maybe()):
        values[-1] = most + 1
    return values


@st.composite
def aec_bound(draw: Draw) -> dict[str, Value]:
    return {"params": draw(coder(32)), "n_samples": draw(st.integers(0, 300) | u32)}


@st.composite
def aec_encode(draw: Draw, width: int) -> dict[str, Value]:
    params = draw(coder(width))
    values = draw(samples(width, params["bits"]))
    enough = len(values) * width // 4 + 80
    n = draw(st.sampled_from([enough] * 9 + [len(values), 3, 0]))
    return {
        "params": params,
        "samples": values,
        "n_samples": len(values),
        "out": memory(n),
        "out_len": n,
    }


@st.composite
def aec_decode(draw: Draw, width: int) -> dict[str, Value]:
    """A code of some samples, or the bytes of one with bits turned over, or any bytes."""
    params = draw(coder(width))
    values = draw(samples(width, params["bits"]))
    array = np.array(values, f"u{width // 8}")
    try:
        data = default_core().aec_encode(
            array,
            bits=params["bits"],
            block_size=params["block_size"],
            rsi=params["rsi"],
            preprocess=bool(params["flags"] & 1),
            restricted=bool(params["flags"] & 2),
        )
    except (CoreError, ValueError, OverflowError):
        data = draw(st.binary(max_size=40))
    if data and draw(st.integers(0, 3)) == 3:
        at = draw(st.integers(0, len(data) - 1))
        data = data[:at] + bytes([data[at] ^ 1 << draw(st.integers(0, 7))]) + data[at + 1 :]
    if draw(maybe()):
        data = data[: draw(st.integers(0, len(data)))]
    n = len(values) + (3 if draw(maybe()) else 0)
    return {
        "params": params,
        "data": data.hex(),
        "len": len(data),
        "out": memory(n),
        "n_samples": n,
    }


@st.composite
def keys(draw: Draw) -> int:
    """A key, or one with a digit changed."""
    key = draw(st.sampled_from(KEYS))
    if draw(maybe()):
        place = 4 * draw(st.integers(0, 7))
        key = key & ~(15 << place) | draw(st.integers(0, 15)) << place
    return key


@st.composite
def key_store(draw: Draw) -> dict[str, Value]:
    coder = draw(st.sampled_from([1, 0, 1, 3, 4, 2]))
    rows, cols = draw(st.sampled_from([(639, 384), (165, 96), (160, 96)])) if coder == 3 else (0, 0)
    parts = {
        "stacked": draw(edge(0, 1)),
        "coder": coder,
        "planes": draw(edge(0, 1)) if coder == 1 else 0,
        "block_size": draw(st.sampled_from([8, 16, 32, 64, 0, 7])) if coder == 1 else 0,
        "preprocess": draw(edge(0, 1)) if coder == 1 else 0,
        "rows": rows,
        "cols": cols,
        "way": draw(st.sampled_from([0, 1, 3, 2])) if coder >= 3 else 0,
        "near_lossless": draw(edge(0, 15)) if coder == 3 else 0,
    }
    return {"parts": parts, "key": memory(1)}


def _is_rows(key: int) -> bool:
    return key >> 4 & 0xF == 3


@st.composite
def science(draw: Draw, key: int) -> bytes:
    """Science data that suit the key, seldom by some bytes too long."""
    unit = 4 if key & 2 else 2
    if key >> 8 & 1 or key >> 4 & 0xF == 4:
        unit = 64
    n = unit * draw(st.integers(0, 192 // unit))
    if _is_rows(key):
        unit, n = 2, 2 * 165 * 96 * draw(st.integers(0, 1))
    kind = draw(st.sampled_from(["repeated", "zeros", "free"]))
    if kind == "free" and n <= 192:
        made = draw(st.binary(min_size=n, max_size=n))
    else:
        seed = b"\0" if kind == "zeros" else draw(st.binary(min_size=2, max_size=8))
        made = (seed * (n + 1))[:n]
    return made + (b"\0" if draw(maybe()) else b"")


def enough(size: int) -> int:
    """Room for any code of so many bytes of science data."""
    return 2 * size + 4400


def work(key: int, size: int, short: bool) -> dict[str, Value]:
    n = size // (4 if key & 2 else 2)
    array: dict[str, Value] = {"u32": memory(n)} if key & 2 else {"u16": memory(n)}
    if _is_rows(key):
        arrays = {name: memory(96) for name in ("columns", "means", "line", "above")}
        array["rows"] = arrays | {"room": 96}
        array["rows_decoder"] = {"columns": memory(96), "room": 96}
    elif key >> 4 & 0xF == 4 and not short:
        array |= {"events": {}, "events_decoder": {}}
    return {**array, "room": max(n - 1, 0) if short else n}


@st.composite
def key_encode(draw: Draw) -> dict[str, Value]:
    key = draw(keys())
    data = draw(science(key))
    n = draw(st.sampled_from([enough(len(data)), enough(len(data)), len(data), 1, 0]))
    return {
        "key": key,
        "science": data.hex(),
        "science_len": len(data),
        "work": work(key, len(data), draw(maybe())),
        "out": memory(n),
        "out_len": n,
    }


@st.composite
def key_decode(draw: Draw) -> dict[str, Value]:
    key = draw(keys())
    data = draw(science(key))
    try:
        code = default_core().key_encode(key, data)
    except CoreError:
        code = draw(st.binary(max_size=24))
    if draw(maybe()):
        code = code[:-1]
    return {
        "key": key,
        "data": code.hex(),
        "len": len(code),
        "work": work(key, len(data), draw(maybe())),
        "out": memory(len(data)),
        "science_len": len(data),
    }


ARGUMENTS: Mapping[str, Strategy] = MappingProxyType(
    {
        "sxi_frame_init": frame_init(),
        "sxi_frame_push": frame_push(),
        "sxi_frame_packets": st.fixed_dictionaries({"ctx": assembly()}),
        "sxi_frame_missing": st.fixed_dictionaries({"ctx": assembly()}),
        "sxi_frame_push_packets": push_packets(),
        "sxi_image_crop": image("top", "left", "crop_rows", "crop_cols"),
        "sxi_image_bin": image("bin_rows", "bin_cols"),
        "sxi_image_decimate": image("step"),
        "sxi_image_stack": stack(),
        "sxi_aec_bound": aec_bound(),
        "sxi_aec_encode_u16": aec_encode(16),
        "sxi_aec_encode_u32": aec_encode(32),
        "sxi_aec_decode_u16": aec_decode(16),
        "sxi_aec_decode_u32": aec_decode(32),
        "sxi_key_load": st.builds(lambda key: {"parts": {}, "key": key}, keys() | u32),
        "sxi_key_store": key_store(),
        "sxi_key_bound": st.fixed_dictionaries(
            {"key": keys(), "science_len": st.integers(0, 300) | u32}
        ),
        "sxi_key_encode": key_encode(),
        "sxi_key_decode": key_decode(),
    }
)
