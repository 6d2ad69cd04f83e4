# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Make the inputs that fuzzing begins from, tests/fuzz/corpus, of what the core's coders write.

Usage: fuzz_corpus.py [-h]. Files of other names, inputs that once failed, stay as they are.
"""

from __future__ import annotations

import argparse
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fsw_emu.core import EVENT_DTYPE, HEADER_DTYPE, CeHeader, Core, TmPacket, default_core

CORPUS = Path(__file__).resolve().parent.parent / "tests/fuzz/corpus"
KEY_PLANES, KEY_IMAGE, KEY_STACK = 0x14110, 0x10010, 0x14012
KEY_EVENTS, KEY_EVENTS_121, KEY_ROWS, KEY_ROWS_121 = 0x40, 0x3040, 0x330, 0x3330
ROWS_SHAPE = 165, 96  # of the keys of rows
MENDED, AGAIN = 1, 4  # flags; the second of rows
TM = TmPacket(apid=321, count=1, type=13, subtype=1, destination=0, coarse=2, fine_us=3, sync=5)

Seeds = Iterator[tuple[str, bytes]]


def noise(n: int, spread: float, mean: float = 500) -> np.ndarray:
    rng = np.random.default_rng(6)
    return np.clip(np.rint(rng.normal(mean, spread, n)), 0, 0xFFFF).astype(np.uint16)


def image(spread: float) -> np.ndarray:
    return noise(ROWS_SHAPE[0] * ROWS_SHAPE[1], spread).reshape(1, *ROWS_SHAPE)


def event_packets(core: Core, n: int) -> bytes:
    events, headers = np.zeros(n, EVENT_DTYPE), np.zeros(n, HEADER_DTYPE)
    events["row"], events["col"] = np.arange(n) * 7, np.arange(n) * 5
    events["pixels"] = noise(25 * n, 5).reshape(n, 25)
    headers["type"], headers["sequence"] = 1, np.arange(n)
    return core.fee_build_events(headers, events)


def data_packet(core: Core, sequence: int, field: int, payload: bytes) -> bytes:
    header = np.zeros(1, HEADER_DTYPE)[0]
    header["data_len"], header["sequence"] = len(payload), sequence
    header["last"], header["type"] = field & 1, field >> 4
    return core.fee_header(header) + payload


def aec(core: Core) -> Seeds:
    sparse = np.where(np.arange(600) % 250 == 9, 40, 7).astype(np.uint16)
    wide = (noise(40, 3000).astype(np.uint32) << 12) + 5
    for name, samples, bits, block_size, rsi, flags in (
        ("frame", noise(200, 5), 16, 16, 3, 1),
        ("zero-runs", sparse, 12, 8, 64, 1),
        ("restricted", noise(100, 2, 3) & 7, 3, 8, 5, 3),
        ("wide", wide, 32, 64, 1, 0),
    ):
        shape = {8: 0, 16: 1, 32: 2, 64: 3}[block_size] | flags << 2
        code = core.aec_encode(
            samples, bits=bits, block_size=block_size, rsi=rsi,
            preprocess=bool(flags & 1), restricted=bool(flags & 2),
        )  # fmt: skip
        yield name, struct.pack(">BBHH", bits - 1, shape, rsi - 1, len(samples)) + code


def entities(core: Core) -> Iterator[tuple[str, bytes]]:
    for name, key, product, science in (
        ("events", KEY_PLANES, 0, event_packets(core, 12)),
        ("image", KEY_IMAGE, 2, noise(256, 5).astype(">u2").tobytes()),
        ("plain", 0, 0, event_packets(core, 2)),
        ("packets", KEY_EVENTS, 0, event_packets(core, 6)),
        ("rows", KEY_ROWS_121, 2, image(0).astype(">u2").tobytes()),
    ):
        header = CeHeader(1, 2, 3, 4, 512, 6, 7, 1, key, product, 0, len(science))
        yield name, core.ce_pack(header, np.zeros(47, "u4"), np.zeros((1, 57), "u4"), science)


def entity(core: Core) -> Seeds:
    for name, packed in entities(core):
        yield name, b"\0" + packed
        if name in {"events", "plain"}:
            yield f"mended-{name}", b"\3" + packed


def ce(core: Core) -> Seeds:
    _, packed = next(entities(core))
    yield "header", b"\0" + packed[:44]
    yield "group", b"\1" + bytes(range(100))
    yield "frame", b"\2" + bytes(range(121))
    yield "housekeeping", b"\3" + bytes(range(152))


def crc(_core: Core) -> Seeds:
    yield "digits", bytes.fromhex("ffff0004") + b"123456789"


def fee(core: Core) -> Seeds:
    event = event_packets(core, 1)
    yield "event", b"\0\x40" + event
    packets = [event, data_packet(core, 1, 0, bytes(20))]
    packets += [data_packet(core, 0, 2 << 4, bytes(152)), bytes(9)]
    yield "each-type", b"\0" + b"".join(bytes([len(p)]) + p for p in packets)


def frame(_core: Core) -> Seeds:
    head = struct.pack(">BBBBHB", 4, 6, 3, 24, 1, 0)
    whole = b"".join(bytes([i, (i % 2) | (1 - i // 2) << 1, 24]) + bytes(24) for i in range(4))
    yield "whole", head + whole
    yield "gap", head + whole[27:54] + whole[81:]


def events(core: Core) -> Seeds:
    for name, codec, n, flags in (
        ("raw", "none", 2, 0), ("coded", "events", 12, 1 << 1), ("planes", "aec", 10, 2 << 1),
        ("once", "events", 4, 3 << 1), ("mended", "events", 4, 1 << 1 | MENDED),
    ):  # fmt: skip
        packets = core.events_encode(event_packets(core, n), codec=codec)
        yield name, bytes([flags]) + packets[0]


def rows(core: Core) -> Seeds:
    stack, line = noise(4 * 20, 5).reshape(1, 4, 20), noise(40, 5).reshape(1, 1, 40)
    coarse = {"kind": "independent", "near_lossless": 1}
    for name, flags, coded in (
        ("grouped", 0, core.rows_encode(stack)),
        ("mended", MENDED, core.rows_encode(stack, packet_bytes=64)),
        ("means", AGAIN | 1 << 3 | 2 << 5, core.rows_encode(stack, predictor="mean", **coarse)),
        ("west", AGAIN | 2 << 3 | 1 << 5, core.rows_encode(stack, predictor="west", **coarse)),
        ("aec", AGAIN | 3 << 3, core.rows_encode(stack, kind="aec")),
        ("pieces", 0, core.rows_encode(line, kind="raw", packet_bytes=64)),
    ):
        body = b"".join(struct.pack(">H", len(p)) + p for p in coded)
        yield name, struct.pack(">HB", 64, flags) + body


def hkdelta(core: Core) -> Seeds:
    rng = np.random.default_rng(7)
    base = rng.integers(0, 0x4000, 20)
    plain = [(base + rng.integers(0, 3, 20)).astype(">u2").tobytes() for _ in range(6)]
    long = [bytes([0, i % 3]) for i in range(66)]
    checked = [p[:-2] + core.crc16(p[:-2]).to_bytes(2, "big") for p in plain]
    for name, packets, codec, flags in (
        ("plain", plain, "hkdelta", 0), ("checked", checked, "hkdelta", 0),
        ("mended", plain, "hkdelta", MENDED), ("block", plain, "aec", 0),
        ("long", long, "hkdelta", 0),
    ):  # fmt: skip
        coded = core.hk_encode(packets, codec=codec)
        yield name, bytes([29, flags]) + b"".join(bytes([len(p)]) + p for p in coded)


def huffman(core: Core) -> Seeds:
    yield "bank", bytes([8]) + core.aec_encode(noise(100, 5))
    incomplete = [1] + [11] * 2 + [7] * 61
    for name, of in (("refused", incomplete), ("even", [6] * 64)):
        nibbles = bytes(a << 4 | b for a, b in zip(of[::2], of[1::2], strict=True))
        yield name, b"\xff" + nibbles + bytes(range(60))


def key(core: Core) -> Seeds:
    for name, number, science in (
        ("planes", KEY_PLANES, event_packets(core, 4)),
        ("events", KEY_EVENTS, event_packets(core, 4)),
        ("events-121", KEY_EVENTS_121, event_packets(core, 4)),
        ("rows-121", KEY_ROWS_121, image(0).astype(">u2").tobytes()),
        ("image", KEY_IMAGE, noise(256, 5).astype(">u2").tobytes()),
        ("stack", KEY_STACK, noise(128, 5).astype(">u4").tobytes()),
    ):
        coded = core.key_encode(number, science)
        yield name, struct.pack(">IB", number, len(science) // 64 % 17) + coded
    small = b"".join(core.rows_encode(image(0.3), packet_bytes=99))
    yield "rows", struct.pack(">IB", KEY_ROWS, 0) + small[:500]


def ldt(core: Core) -> Seeds:
    packets = core.ldt_segment(bytes(range(250)), TM, sdu_id=1, part=100)
    parts = [(p[8], p[18:-2]) for p in packets]
    parts.append((4, core.ldt_abort(TM, sdu_id=1, reason=2)[18:-2]))
    head = struct.pack(">BH", 1, 1000)
    body = [bytes([subtype, len(source)]) + source for subtype, source in parts]
    yield "whole", head + b"".join(body[:-1])
    yield "aborted", head + body[0] + body[-1]


def proofs(_core: Core) -> Seeds:
    for name, number in (("reader", 0), ("writer", 1), ("huffman-take", 2), ("aec-map", 4)):
        yield name, bytes([number]) + bytes(range(3, 100, 4))


def pus(core: Core) -> Seeds:
    for name, flags in (("telemetry", 0), ("mended", MENDED)):
        yield name, bytes([flags]) + core.tm_build(TM, bytes(range(40)))


def ladder(core: Core) -> Seeds:
    records = np.zeros(3, EVENT_DTYPE)
    records["row"], records["pixels"] = np.arange(3), noise(75, 5).reshape(3, 25)
    heights, grades = np.arange(3, dtype=np.uint32), np.arange(3, dtype=np.uint8)
    for name, level, flags in (("windows", 0, 0), ("mended", 1, MENDED), ("graded", 2, 0)):
        of = {"node": level, "frame_counter": 258, "threshold": 502}
        packet = core.ladder_encode(records, level=level, pha=heights, grades=grades, **of)
        yield name, bytes([flags]) + packet


TARGETS = (
    aec, ce, crc, entity, events, fee, frame, hkdelta, huffman, key, ladder, ldt, proofs, pus, rows,
)  # fmt: skip


def main() -> int:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    core = default_core()
    for target in TARGETS:
        folder = CORPUS / target.__name__
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in target(core):
            (folder / name).write_bytes(data)
    sizes = [path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()]
    print(f"{len(sizes)} inputs, {sum(sizes)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
