# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Write tests/vectors/damaged.toml: streams that a decoder has to refuse, and with which status.

Usage: damaged_streams.py [-h]. The streams are what SPEC.md says and the models write, changed by
hand; no coder of the core has written any, and the statuses are those of the headers.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from damaged import Damaged, Streams, octets
from damaged_packets import of_blocks, of_events, of_events_headers, of_housekeeping
from damaged_rows import of_rows, of_rows_headers, of_rows_models

from fsw_emu.model import aec, ce

TABLE = Path(__file__).resolve().parent.parent / "tests/vectors/damaged.toml"
HEAD = """\
# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

# Streams that decoders refuse, and how: written by tools/damaged_streams.py.
"""


def of_aec() -> Streams:
    """Code of one block of 8, without and with the preprocessor, in intervals of 1 block."""
    samples = np.arange(16, dtype=np.uint16) * 37 % 500
    whole = aec.encode(samples, bits=12, block_size=8, rsi=2, preprocess=True)
    given = {"bits": 12, "block_size": 8, "rsi": 2, "flags": 1, "n_samples": 16}
    for name, code in (
        ("nothing", b""),
        ("the last byte missing", whole[:-1]),
        ("an identifier alone", whole[:1]),
        ("unary codes without an end", octets("0001" + "0" * 12 + "1" * 3) + bytes(4)),
    ):
        yield Damaged(f"aec: {name}", "sxi_aec_decode_u16", "SHORT", code, tuple(given.items()))
    for name, bits, flags, text in (
        ("second extension beyond a sample", 1, 0, "0001" + "0001" + "1" * 3),
        ("second extension in the reference's place", 1, 1, "0001" + "0" + "01" + "1" * 3),
        ("split beyond a sample", 8, 0, "001" + "0" * 256 + "1" * 8),
        ("run beyond its interval", 8, 0, "0000" + "01" + "1" * 8),
        ("run beyond its segment", 8, 0, "0000" + "0" * 70 + "1"),
        ("more low bits than a sample has", 1, 0, "110" + "1" * 8 + "1" * 40),
    ):
        one = {"bits": bits, "block_size": 8, "rsi": 1, "flags": flags, "n_samples": 8}
        for function in ("sxi_aec_decode_u16", "sxi_aec_decode_u32"):
            kind = f"aec: {name}, in {function[-3:]}"
            yield Damaged(kind, function, "FORMAT", octets(text), tuple(one.items()))


def of_keys() -> Streams:
    code = aec.encode(np.zeros(32, np.uint16), bits=16, block_size=8, rsi=128, preprocess=True)
    for name, key, stream, science_len, status in (
        ("a digit 2 that is no stack", 0x20, code, 64, "FORMAT"),
        ("planes of a stack", 0x14112, code, 64, "FORMAT"),
        ("an unknown coder", 0xF0, code, 64, "FORMAT"),
        ("an unknown block size", 0x12010, code, 64, "FORMAT"),
        ("a digit beyond those of CCSDS 121", 0x110010, code, 64, "FORMAT"),
        ("plain data too short", 0, bytes(63), 64, "SHORT"),
        ("plain data too long", 0, bytes(65), 64, "LENGTH"),
        ("planes of no whole packet", 0x10110, code, 62, "LENGTH"),
        ("half a sample", 0x10010, code, 63, "LENGTH"),
        ("code that ends early", 0x10010, code[:1], 64, "SHORT"),
        ("code that no coder writes", 0x10010, bytes(40), 64, "SHORT"),
    ):
        given = (("key", key), ("science_len", science_len))
        yield Damaged(f"key: {name}", "sxi_key_decode", status, stream, given)


def of_entities() -> Streams:
    science = bytes(range(64))
    samples = np.frombuffer(science, ">u2").astype(np.uint16)
    code = aec.encode(samples, bits=16, block_size=8, rsi=128, preprocess=True)
    fields = {
        "version": 1, "build": 2, "sdp_version": 3, "coarse": 4, "fine_us": 5, "obsid": 6,
        "counter": 7, "members": 1, "key": 0x10010, "product": 2, "integrity": 0,
        "data_size": 64,
    }  # fmt: skip
    good = ce.close(fields, bytes(221), code, science)

    def at(place: int, value: int, size: int) -> bytes:
        return good[:place] + value.to_bytes(size, "big") + good[place + size :]

    flipped = bytearray(good)
    flipped[60] ^= 0x10
    for name, stream, status in (
        ("less than a header", good[:43], "SHORT"),
        ("its last byte missing", good[:-1], "SHORT"),
        ("a byte more", good + b"\0", "LENGTH"),
        ("an unknown product", at(28, 6, 1), "FORMAT"),
        ("no members", at(18, 0, 2), "FORMAT"),
        ("541 members", at(18, 541, 2), "FORMAT"),
        ("a member more", at(18, 2, 2), "LENGTH"),
        ("another size of group metadata", at(30, 99, 2), "LENGTH"),
        ("another size of frame metadata", at(32, 122, 2), "LENGTH"),
        ("another size of metadata", at(34, 220, 2), "LENGTH"),
        ("another size", at(20, len(good) - 1, 4), "LENGTH"),
        ("sizes that wrap", at(40, 2**32 - 1, 4), "LENGTH"),
        ("more science data than there is memory", at(36, 2**31, 4), "ROOM"),
        ("half a sample of science data", at(36, 63, 4), "LENGTH"),
        ("more science data than are coded", at(36, 640, 4), "SHORT"),
        ("an unknown key", at(24, 0xF0, 4), "FORMAT"),
        ("another key", at(24, 0x0, 4), "SHORT"),
        ("a bit of the metadata flipped", bytes(flipped), "CRC"),
        ("another checksum", at(len(good) - 2, 0, 2), "CRC"),
    ):
        given = (("out_len", 1024),)
        yield Damaged(f"entity: {name}", "sxi_entity_science", status, stream, given)


PARTS = (
    of_aec, of_keys, of_entities, of_rows_headers, of_rows_models, of_rows, of_events_headers,
    of_events, of_housekeeping, of_blocks,
)  # fmt: skip


def main() -> int:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    streams = [stream for part in PARTS for stream in part()]
    TABLE.write_text(HEAD + "".join(stream.toml() for stream in streams))
    print(f"{len(streams)} streams, {TABLE.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
