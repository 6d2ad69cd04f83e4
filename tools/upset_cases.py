# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What upsets are tried on: small requests to every group of public functions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from upset_cases_artefacts import artefacts_cases
from upset_cases_classify import classify_cases
from upset_cases_find import find_cases
from upset_cases_housekeeping import housekeeping_cases
from upset_cases_look import look_cases
from upset_cases_maps import maps_cases
from upset_cases_packets import events_cases, rows_cases
from upset_cases_storm import storm_cases

from fsw_emu.core import EVENT_DTYPE, HEADER_DTYPE, CeHeader, CoreError, default_core
from fsw_emu.targets.prepared import Case

SIDE = 64
KEY_PLANES, KEY_IMAGE = 0x13110, 0x13010  # key.h: CCSDS 121 in blocks of 32, preprocessed
AEC = [16, 32, 128, 1]  # bits, block size, interval, preprocessor
HEADER = CeHeader(
    version=1, build=2, sdp_version=3, coarse=4, fine_us=512, obsid=6, counter=7,
    members=2, key=KEY_PLANES, product=0, integrity=0, data_size=0,
)  # fmt: skip
Arguments = tuple[Any, ...]


def _array(ffi: Any, ctype: str, values: NDArray[Any]) -> Any:
    """A copy of values."""
    made = ffi.new(f"{ctype}[]", values.nbytes // ffi.sizeof(ctype))
    ffi.memmove(made, np.ascontiguousarray(values), values.nbytes)
    return made


def _refused(check: Callable[[bytes], object]) -> Callable[[bytes, int], bool]:
    """Does this core refuse the product?"""

    def refused(out: bytes, size: int) -> bool:
        try:
            check(out[:size])
        except CoreError:
            return True
        return False

    return refused


def _frame() -> NDArray[np.uint16]:
    """Noise with single events, some of them with bright neighbours."""
    rng = np.random.default_rng(1)
    frame = rng.normal(500, 5, (SIDE, SIDE)).round().astype(np.uint16)
    rows, cols = (rng.choice(np.arange(3, SIDE - 3, 5), 40) for _ in range(2))
    frame[rows, cols] += rng.integers(60, 900, 40, dtype=np.uint16)
    frame[rows[:9], cols[:9] + 1] += np.uint16(40)
    return frame


def _events() -> NDArray[Any]:
    return default_core().detect_events(_frame(), threshold=50).records


def _packets() -> bytes:
    events = _events()
    headers = np.zeros(len(events), HEADER_DTYPE)
    headers["type"], headers["sequence"] = 1, np.arange(len(events))
    return default_core().fee_build_events(headers, events)


def _fee_cases() -> Iterator[Case]:
    packets = _packets()
    n = len(packets) // 64
    where = np.arange(n, dtype=np.uint32) * 64, np.full(n, 64, np.uint32)

    def parse(ffi: Any, _lib: Any) -> Arguments:
        offsets, lengths = (_array(ffi, "uint32_t", a) for a in where)
        headers = ffi.new("struct sxi_fee_header[]", n)
        events = ffi.new("struct sxi_event[]", n)
        return (
            packets,
            len(packets),
            offsets,
            lengths,
            n,
            0,
            headers,
            events,
            ffi.new("int8_t[]", n),
        )

    def build(ffi: Any, lib: Any) -> Arguments:
        read = parse(ffi, lib)
        lib.sxi_fee_parse(*read)
        return read[6], read[7], n, 0, ffi.new("uint8_t[]", 64 * n), 64 * n

    yield Case("sxi_fee_parse", "events", parse, counts=True)
    yield Case("sxi_fee_build_events", "events", build)


def _event_cases() -> Iterator[Case]:
    frame, events = _frame(), _events()
    assert events.dtype == EVENT_DTYPE
    room = SIDE * SIDE // 4
    mask = np.zeros(30672, np.uint8)
    mask[::97] = 0x11

    def detect(ffi: Any, _lib: Any) -> Arguments:
        view = ffi.new("struct sxi_frame *", [_array(ffi, "uint16_t", frame), SIDE, SIDE])
        ctx = ffi.new("struct sxi_edu *", {"threshold": 50, "limit": 0xFFFFFFFF, "mask_row": 2,
                                           "mask_col": 7})  # fmt: skip
        return ctx, view, ffi.new("struct sxi_event[]", room), ffi.new("uint8_t[]", room), room

    def keep(ffi: Any, _lib: Any) -> Arguments:
        bad = _array(ffi, "uint8_t", mask)
        ctx = ffi.new("struct sxi_filter *", [1200, 4600, 525, 4, bad, len(mask)])
        records = _array(ffi, "struct sxi_event", events)
        return ctx, records, len(events), ffi.new("uint8_t[]", len(events))

    def masked(ffi: Any) -> tuple[Any, int]:
        return _array(ffi, "uint8_t", mask), len(mask)

    yield Case("sxi_edu_detect", "events and mask", detect)
    yield Case(
        "sxi_edu_mask_step",
        "wrap",
        lambda f, _l: (f.new("uint16_t *", 2), f.new("uint16_t *", 382)),
    )
    yield Case("sxi_filter_events", "with bad pixels", keep)
    yield Case("sxi_badpix_count", "some", lambda f, _l: masked(f))
    yield Case("sxi_badpix_set", "one", lambda f, _l: (*masked(f), 10, 20, 1))


def _frame_cases() -> Iterator[Case]:
    rows, payload = 16, 2 * SIDE
    pixels = _frame()[:rows].astype(">u2")
    packets = b"".join(
        bytes([0x50, 0xF0, 0, payload, 0, 0, 0, 0, 0, n + 1]) + row.tobytes()
        for n, row in enumerate(pixels)
    )
    where = np.arange(rows, dtype=np.uint32) * (payload + 10), np.full(rows, payload + 10, "u4")

    def prepared(ffi: Any, lib: Any) -> Any:
        ctx = ffi.new("struct sxi_frame_asm *")
        memory = ffi.new("uint16_t[]", rows * SIDE), ffi.new("uint16_t[]", rows)
        lib.sxi_frame_init(
            ctx, memory[0], rows * SIDE, memory[1], rows, rows, SIDE, 1, payload, 1, 0
        )
        return ctx

    def push(ffi: Any, lib: Any) -> Arguments:
        offsets, lengths = (_array(ffi, "uint32_t", a) for a in where)
        return prepared(ffi, lib), packets, len(packets), offsets, lengths, rows, 0

    yield Case("sxi_frame_push_packets", "16 rows", push, counts=True)
    yield Case("sxi_frame_missing", "all", lambda f, lib: (prepared(f, lib),))


def _image_cases() -> Iterator[Case]:
    image = _frame()

    def case(verb: str, *arguments: int) -> Case:
        def made(ffi: Any, _lib: Any) -> Arguments:
            out = ffi.new("uint16_t[]", image.size)
            return _array(ffi, "uint16_t", image), SIDE, SIDE, *arguments, out, image.size

        return Case(f"sxi_image_{verb}", "frame", made)

    def stack(ffi: Any, _lib: Any) -> Arguments:
        sums = _array(ffi, "uint32_t", image.astype(np.uint32) * 7)
        return sums, _array(ffi, "uint16_t", image), image.size

    yield case("crop", 8, 8, 48, 48)
    yield case("bin", 4, 4)
    yield case("decimate", 2)
    yield Case("sxi_image_stack", "frame", stack)


def _aec_cases() -> Iterator[Case]:
    for width in (16, 32):
        samples = _frame().reshape(-1)[:2048].astype(f"u{width // 8}")
        code = default_core().aec_encode(samples, bits=width, block_size=32)
        room = 2 * samples.nbytes

        def encode(ffi: Any, _lib: Any, samples: Any = samples, room: int = room) -> Arguments:
            width = samples.itemsize * 8
            params = ffi.new("struct sxi_aec *", [width, *AEC[1:]])
            values = _array(ffi, f"uint{width}_t", samples)
            return params, values, samples.size, ffi.new("uint8_t[]", room), room

        def decode(ffi: Any, _lib: Any, samples: Any = samples, code: bytes = code) -> Arguments:
            width = samples.itemsize * 8
            params = ffi.new("struct sxi_aec *", [width, *AEC[1:]])
            return params, code, len(code), ffi.new(f"uint{width}_t[]", 2048), 2048

        yield Case(f"sxi_aec_encode_u{width}", "frame", encode)
        yield Case(f"sxi_aec_decode_u{width}", "frame", decode)


def _work(ffi: Any, science: bytes) -> Any:
    n = len(science) // 2
    return ffi.new("struct sxi_key_work *", {"u16": ffi.new("uint16_t[]", n), "room": n})


def _key_cases() -> Iterator[Case]:
    image = _frame().astype(">u2").tobytes()
    for key, science in ((KEY_PLANES, _packets()), (KEY_IMAGE, image)):
        n = len(science)
        code = default_core().key_encode(key, science)

        def encode(ffi: Any, _lib: Any, key: int = key, science: bytes = science) -> Arguments:
            room = 2 * len(science)
            work = _work(ffi, science)
            return key, science, len(science), work, ffi.new("uint8_t[]", room), room

        def decode(
            ffi: Any, _lib: Any, key: int = key, science: bytes = science, code: bytes = code
        ) -> Arguments:
            out = ffi.new("uint8_t[]", len(science))
            return key, code, len(code), _work(ffi, science), out, len(science)

        yield Case("sxi_key_encode", f"{key:#x}, {n} bytes", encode)
        yield Case("sxi_key_decode", f"{key:#x}, {n} bytes", decode)
    yield Case("sxi_key_load", "planes", lambda f, _l: (f.new("struct sxi_key *"), KEY_PLANES))


def _entity_cases() -> Iterator[Case]:
    core, science = default_core(), _packets()
    n = len(science)
    rng = np.random.default_rng(2)
    group = rng.integers(0, 256, 47, dtype=np.uint32)
    frames = rng.integers(0, 128, (2, 57), dtype=np.uint32)
    header = dataclasses.replace(HEADER, data_size=n)
    entity = core.ce_pack(header, group, frames, science)
    coded = core.key_encode(KEY_PLANES, science)
    refused = _refused(core.ce_unpack)
    fields = dataclasses.asdict(header)

    def pack(ffi: Any, _lib: Any) -> Arguments:
        metadata = [_array(ffi, "uint32_t", a.reshape(-1)) for a in (group, frames)]
        head, work = ffi.new("struct sxi_ce_header *", fields), _work(ffi, science)
        return head, *metadata, science, n, work, ffi.new("uint8_t[]", 2 * n), 2 * n

    def take(ffi: Any, _lib: Any) -> Arguments:
        return entity, len(entity), _work(ffi, science), ffi.new("uint8_t[]", n), n

    def close(ffi: Any, _lib: Any) -> Arguments:
        out = _array(ffi, "uint8_t", np.frombuffer(entity, np.uint8))
        head = ffi.new("struct sxi_ce_header *", fields)
        return head, science, n, out, len(coded), len(entity)

    def loaded(kind: str, data: bytes, count: int) -> Case:
        return Case(
            f"sxi_ce_{kind}_load", "entity's",
            lambda f, _l: (f.new("uint32_t[]", count), count, data, len(data)),
        )  # fmt: skip

    hk = rng.bytes(152)
    yield Case("sxi_entity_pack", "events", pack, refused)
    yield Case("sxi_entity_science", "events", take)
    yield Case("sxi_ce_close", "events", close, refused)
    yield Case("sxi_ce_check", "events", lambda _f, _l: (entity, len(entity), science, n))
    yield Case(
        "sxi_ce_header_load", "entity's",
        lambda f, _l: (f.new("struct sxi_ce_header *"), entity[:44], 44),
    )  # fmt: skip
    yield loaded("group", entity[44:144], 47)
    yield loaded("frame", entity[144:265], 57)
    yield Case("sxi_ce_frame_hk", "noise", lambda f, _l: (f.new("uint32_t[57]"), 57, hk, len(hk)))


def _telemetry_cases() -> Iterator[Case]:
    core = default_core()
    data = np.random.default_rng(4).bytes(500)
    refused = _refused(core.tm_parse)
    part = bytes([1, 0, 1, 0, 200]) + data[:200]

    def tm(ffi: Any) -> Any:
        return ffi.new("struct sxi_pus_tm *", {"apid": 321, "type": 13, "coarse": 99, "sync": 5})

    def out(ffi: Any) -> Any:
        return ffi.new("uint8_t[886]")

    def load(ffi: Any, lib: Any) -> Arguments:
        packet = out(ffi)
        size = lib.sxi_pus_tm_store(tm(ffi), data, len(data), packet, 886)
        return ffi.new("struct sxi_pus_tm *"), bytes(ffi.buffer(packet, size)), size

    def send(ffi: Any, lib: Any) -> Arguments:
        tx = ffi.new("struct sxi_ldt_tx *")
        memory = ffi.from_buffer("uint8_t[]", data)
        lib.sxi_ldt_tx_init(tx, 1, memory, len(data), 200)
        return tx, tm(ffi), out(ffi), 886

    def receive(ffi: Any, lib: Any) -> Arguments:
        rx, memory = ffi.new("struct sxi_ldt_rx *"), ffi.new("uint8_t[500]")
        lib.sxi_ldt_rx_init(rx, 1, memory, 500)
        return rx, 1, part, len(part)

    signed = data + core.crc16(data).to_bytes(2, "big")
    yield Case(
        "sxi_crc16", "packet with its CRC", lambda _f, _l: (0xFFFF, signed, len(signed)),
        lambda _out, result: result != 0,
    )  # fmt: skip
    yield Case("sxi_crc8", "bytes", lambda _f, _l: (0, data, len(data)))
    yield Case(
        "sxi_pus_tm_store", "500 bytes", lambda f, _l: (tm(f), data, 500, out(f), 886), refused
    )
    yield Case("sxi_pus_tm_load", "500 bytes", load)
    yield Case("sxi_ldt_tx_next", "first of 3", send, refused)
    yield Case("sxi_ldt_rx_push", "first", receive)


def upset_cases() -> list[Case]:
    """All of them, the largest in a few tens of kilobytes."""
    groups = (
        _fee_cases, _event_cases, _frame_cases, _image_cases, _aec_cases, _key_cases,
        _entity_cases, _telemetry_cases, housekeeping_cases, rows_cases,
        classify_cases, find_cases, maps_cases, artefacts_cases, storm_cases, look_cases,
    )  # fmt: skip
    return [*(case for group in groups for case in group()), *events_cases(_packets())]
