# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Cases of the functions behind the events: frames, images, coding, entities, telemetry."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from cycle_cases import Arguments, Case, array, noise, storm_events

from fsw_emu.core import CeHeader, default_core

ROWS, COLS = 639, 384
PAYLOAD = 768  # bytes of a data packet: one row of a node
KEY_RAW, KEY_EVENTS, KEY_IMAGE = 0x00, 0x13110, 0x13010  # key.h: none; CCSDS 121 in blocks of 32
HK_BYTES = 152
DATA = bytes(4000)
#: memory that functions work in; what it holds does not matter
WORK = np.zeros(1 << 17, np.uint16)


def _frame_cases() -> Iterator[Case]:
    rows = 64
    pixels, row_pixels = np.zeros((rows, COLS), np.uint16), np.zeros(rows, np.uint16)
    header = bytes([0x50, 0xF0, PAYLOAD >> 8, PAYLOAD & 0xFF, 0, 0])
    packets = b"".join(
        header + bytes([0, 0]) + (n + 1).to_bytes(2, "big") + bytes(PAYLOAD) for n in range(rows)
    )
    offsets = np.arange(rows, dtype=np.uint32) * (PAYLOAD + 10)
    lengths = np.full(rows, PAYLOAD + 10, np.uint32)

    def init(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        ctx = ffi.new("struct sxi_frame_asm *")
        memory = [array(ffi, "uint16_t", a.reshape(-1)) for a in (pixels, row_pixels)]
        return ctx, memory[0], pixels.size, memory[1], rows, rows, COLS, 1, PAYLOAD, 1, 0

    def prepared(ffi: Any, lib: Any) -> Any:
        arguments = init(ffi, lib)
        lib.sxi_frame_init(*arguments)
        return arguments[0]

    def push(ffi: Any, lib: Any) -> tuple[Any, ...]:
        packet = ffi.new("struct sxi_fee_header *", {"sequence": 1})
        return prepared(ffi, lib), packet, bytes(PAYLOAD), PAYLOAD

    def push_packets(ffi: Any, lib: Any) -> tuple[Any, ...]:
        where = [array(ffi, "uint32_t", a) for a in (offsets, lengths)]
        return prepared(ffi, lib), packets, len(packets), *where, rows, 0

    yield Case("sxi_frame_init", "64 rows", "call", 1, init)
    yield Case("sxi_frame_push", "one row", "pixel", PAYLOAD // 2, push)
    yield Case("sxi_frame_push_packets", "64 rows", "pixel", pixels.size, push_packets)
    yield Case("sxi_frame_packets", "", "call", 1, lambda f, lib: (prepared(f, lib),))
    yield Case("sxi_frame_missing", "", "call", 1, lambda f, lib: (prepared(f, lib),))


def _image_cases() -> Iterator[Case]:
    image = noise(128 * COLS)

    def case(function: str, *arguments: int) -> Case:
        def make(ffi: Any, _lib: Any) -> tuple[Any, ...]:
            pixels = array(ffi, "uint16_t", image)
            return pixels, 128, COLS, *arguments, ffi.new("uint16_t[]", image.size), image.size

        return Case(f"sxi_image_{function}", "noise", "pixel", image.size, make)

    yield case("crop", 0, 0, 128, COLS)
    yield case("bin", 4, 4)
    yield case("decimate", 1)
    yield Case(
        "sxi_image_stack", "noise", "pixel", image.size,
        lambda f, _l: (f.new("uint32_t[]", image.size), array(f, "uint16_t", image), image.size),
    )  # fmt: skip


def _work(ffi: Any, n: int) -> Any:
    """Room for n samples; u32 stays NULL, as no case is stacked."""
    return ffi.new("struct sxi_key_work *", {"u16": array(ffi, "uint16_t", WORK), "room": n})


def _science() -> dict[str, tuple[int, bytes]]:
    """Science data and their key: the storm's event packets, and an image."""
    packets = b"\0" * 10 + storm_events().astype(">u2").tobytes()
    packets = packets[: len(packets) // 64 * 64]
    return {
        "events": (KEY_EVENTS, packets),
        "image": (KEY_IMAGE, noise(32768).astype(">u2").tobytes()),
        "raw": (KEY_RAW, packets),
    }


def _key_cases() -> Iterator[Case]:
    parts: Callable[[Any], Any] = lambda f: f.new("struct sxi_key *", [0, 1, 1, 32, 1])  # noqa: E731
    yield Case("sxi_key_load", "events", "call", 1, lambda f, _l: (parts(f), KEY_EVENTS))
    yield Case("sxi_key_store", "events", "call", 1, lambda f, _l: (parts(f), f.new("uint32_t *")))
    yield Case("sxi_key_bound", "events", "call", 1, lambda _f, _l: (KEY_EVENTS, 60800))
    for name, (key, science) in _science().items():
        code = default_core().key_encode(key, science)
        n = len(science)

        def encode(ffi: Any, _lib: Any, key: int = key, data: bytes = science) -> tuple[Any, ...]:
            room = 2 * len(data)
            work = _work(ffi, len(data) // 2)
            return key, data, len(data), work, ffi.new("uint8_t[]", room), room

        def decode(
            ffi: Any, _lib: Any, key: int = key, data: bytes = code, n: int = n
        ) -> tuple[Any, ...]:
            return key, data, len(data), _work(ffi, n // 2), ffi.new("uint8_t[]", n), n

        yield Case("sxi_key_encode", name, "byte", n, encode)
        yield Case("sxi_key_decode", name, "byte", n, decode)


def _entity(key: int, science: bytes) -> tuple[CeHeader, Any, Any, bytes]:
    header = CeHeader(
        version=1, build=1, sdp_version=1, coarse=0, fine_us=0, obsid=1, counter=0,
        members=1, key=key, product=0, integrity=0, data_size=len(science),
    )  # fmt: skip
    group, frames = np.zeros(47, np.uint32), np.zeros((1, 57), np.uint32)
    return header, group, frames, default_core().ce_pack(header, group, frames, science)


def _entity_cases() -> Iterator[Case]:
    yield Case("sxi_entity_bound", "events", "call", 1, lambda _f, _l: (KEY_EVENTS, 12, 60800))
    for name, (key, science) in _science().items():
        header, group, frames, entity = _entity(key, science)
        n = len(science)

        def pack(
            ffi: Any, _lib: Any, header: CeHeader = header, group: Any = group,
            frames: Any = frames, data: bytes = science,
        ) -> tuple[Any, ...]:  # fmt: skip
            room = 2 * len(data) + 1000
            fields = [array(ffi, "uint32_t", a.reshape(-1)) for a in (group, frames)]
            head = ffi.new("struct sxi_ce_header *", dataclasses.asdict(header))
            work = _work(ffi, len(data) // 2)
            return head, *fields, data, len(data), work, ffi.new("uint8_t[]", room), room

        def take(ffi: Any, _lib: Any, data: bytes = entity, n: int = n) -> tuple[Any, ...]:
            return data, len(data), _work(ffi, n // 2), ffi.new("uint8_t[]", n), n

        yield Case("sxi_entity_pack", name, "byte", n, pack)
        yield Case("sxi_entity_science", name, "byte", n, take)


def _ce_cases() -> Iterator[Case]:
    key, science = _science()["events"]
    header, _, _, entity = _entity(key, science)
    n = len(science)
    coded = default_core().ce_header(entity).compressed_data_size - 2  # without the CRC

    def head(ffi: Any) -> Any:
        return ffi.new("struct sxi_ce_header *", dataclasses.asdict(header))

    def close(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        out = ffi.new("uint8_t[]", entity)
        return head(ffi), science, n, out, coded, len(entity)

    def fields(kind: str, size: int, count: int) -> Iterator[Case]:
        name = f"sxi_ce_{kind}"
        values: Callable[[Any], Any] = lambda f: f.new("uint32_t[]", count)  # noqa: E731
        out: Callable[[Any], Any] = lambda f: f.new("uint8_t[]", size)  # noqa: E731
        for verb in ("store", "load"):
            yield Case(
                f"{name}_{verb}", "zeros", "call", 1,
                lambda f, _l: (values(f), count, out(f), size),
            )  # fmt: skip

    yield Case("sxi_ce_close", "events", "byte", n, close)
    yield Case(
        "sxi_ce_check", "events", "byte", n, lambda _f, _l: (entity, len(entity), science, n)
    )
    yield Case(
        "sxi_ce_header_store",
        "events",
        "call",
        1,
        lambda f, _l: (head(f), f.new("uint8_t[44]"), 44),
    )
    yield Case("sxi_ce_header_load", "events", "call", 1, lambda f, _l: (head(f), entity[:44], 44))
    yield from fields("group", 100, 47)
    yield from fields("frame", 121, 57)
    hk = bytes(HK_BYTES)
    yield Case(
        "sxi_ce_frame_hk", "zeros", "call", 1,
        lambda f, _l: (f.new("uint32_t[57]"), 57, hk, HK_BYTES),
    )  # fmt: skip


def _packet_cases() -> Iterator[Case]:
    data = np.random.default_rng(4).bytes(861)

    def tm(ffi: Any) -> Any:
        return ffi.new("struct sxi_pus_tm *", {"apid": 321, "type": 13, "destination": 32})

    def out(ffi: Any) -> Any:
        return ffi.new("uint8_t[886]")

    def load(ffi: Any, lib: Any) -> tuple[Any, ...]:
        packet = out(ffi)
        size = lib.sxi_pus_tm_store(tm(ffi), data, len(data), packet, 886)
        return tm(ffi), packet, size

    def sender(ffi: Any, lib: Any) -> Any:
        tx = ffi.new("struct sxi_ldt_tx *")
        lib.sxi_ldt_tx_init(tx, 1, DATA, len(DATA), 861)
        return tx

    def receiver(ffi: Any, lib: Any) -> Any:
        rx = ffi.new("struct sxi_ldt_rx *")
        lib.sxi_ldt_rx_init(rx, 1, array(ffi, "uint8_t", room), len(room))
        return rx

    first = bytes([1, 0, 1, 3, 93]) + data
    room = WORK.view(np.uint8)

    def new_tx(ffi: Any) -> Any:
        return ffi.new("struct sxi_ldt_tx *")

    def case(function: str, name: str, unit: str, arguments: Arguments) -> Case:
        return Case(f"sxi_{function}", name, unit, 1, arguments)

    def next_part(ffi: Any, lib: Any) -> tuple[Any, ...]:
        return sender(ffi, lib), tm(ffi), out(ffi), 886

    def abort(ffi: Any, lib: Any) -> tuple[Any, ...]:
        return sender(ffi, lib), 1, tm(ffi), out(ffi), 886

    def take(ffi: Any, lib: Any) -> tuple[Any, ...]:
        return receiver(ffi, lib), 1, first, len(first)

    def new_rx(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        return ffi.new("struct sxi_ldt_rx *"), 1, array(ffi, "uint8_t", room), len(room)

    def begin(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        return new_tx(ffi), 1, DATA, len(DATA), 861

    def store(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        return tm(ffi), data, len(data), out(ffi), 886

    yield case("pus_tm_store", "largest", "packet", store)
    yield case("pus_tm_load", "largest", "packet", load)
    yield case("ldt_tx_init", "", "call", begin)
    yield case("ldt_tx_next", "largest", "packet", next_part)
    yield case("ldt_tx_abort", "", "packet", abort)
    yield case("ldt_rx_init", "", "call", new_rx)
    yield case("ldt_rx_push", "largest", "packet", take)
    yield case("ldt_rx_end", "", "call", lambda f, lib: (receiver(f, lib),))


def _bound_cases() -> Iterator[Case]:
    yield Case(
        "sxi_aec_bound", "J = 32", "call", 1,
        lambda f, _l: (f.new("struct sxi_aec *", [16, 32, 128, 1]), 65536),
    )  # fmt: skip


def telemetry_cases() -> Iterator[Case]:
    yield from _frame_cases()
    yield from _image_cases()
    yield from _bound_cases()
    yield from _key_cases()
    yield from _entity_cases()
    yield from _ce_cases()
    yield from _packet_cases()
