# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the cycle counts are taken of: for each public function, inputs and their size in units."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import EVENT_DTYPE, HEADER_DTYPE, default_core

HIGH_WATER = Path(__file__).resolve().parent.parent / "tests/vectors/high_water.npz"
Arguments = Callable[[Any, Any], tuple[Any, ...]]  # of cffi's interface and the target's functions

AEC = [16, 32, 128, 1]  # 16 bits, blocks of 32, intervals of 128 blocks, preprocessor


@dataclass(frozen=True)
class Case:
    """One input of one function. arguments may call other functions to prepare a context."""

    function: str
    name: str
    unit: str
    units: int
    arguments: Arguments


def array(ffi: Any, ctype: str, values: Any) -> Any:
    """The memory of contiguous values, which must outlive it."""
    return ffi.from_buffer(f"{ctype}[]", values)


def noise(n: int, seed: int = 1, sigma: float = 5) -> NDArray[np.uint16]:
    """The reference of the compression figures: round(500 + N(0, sigma))."""
    return np.random.default_rng(seed).normal(500, sigma, n).round().astype(np.uint16)


def storm_frame(events: int = 950) -> NDArray[np.uint16]:
    """A node with so many separate events on noise of 5 ADU."""
    rng = np.random.default_rng(1)
    frame = noise(639 * 384).reshape(639, 384).copy()
    cells = rng.choice(211 * 126, events, replace=False)
    frame[3 + 3 * (cells // 126), 3 + 3 * (cells % 126)] += rng.integers(
        60, 400, events, dtype=np.uint16
    )
    return frame


def storm_events() -> NDArray[np.uint16]:
    """Its events as rows of row, column and 25 pixels."""
    found = default_core().detect_events(storm_frame(), threshold=60).records
    return np.frombuffer(found.tobytes(), np.uint16).reshape(-1, 27)


def detect(frame: NDArray[np.uint16], name: str) -> Case:
    rows, cols = frame.shape

    def arguments(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        pixels = array(ffi, "uint16_t", frame)
        view = ffi.new("struct sxi_frame *", {"pixels": pixels, "n_rows": rows, "n_cols": cols})
        ctx = ffi.new("struct sxi_edu *", {"threshold": 60, "limit": 0xFFFFFFFF})
        room = -(-rows // 2) * -(-cols // 2)
        out = ffi.new("struct sxi_event[]", room)
        return ctx, view, out, ffi.NULL, room

    return Case("sxi_edu_detect", name, "pixel", frame.size, arguments)


def filter_events(events: NDArray[np.uint16], name: str) -> Case:
    bad_pixels = np.zeros(30672, np.uint8)

    def arguments(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        mask = array(ffi, "uint8_t", bad_pixels)
        ctx = ffi.new("struct sxi_filter *", [1100, 4600, 525, 4, mask, 30672])
        records = array(ffi, "struct sxi_event", events)
        return ctx, records, len(events), ffi.new("uint8_t[]", len(events))

    return Case("sxi_filter_events", name, "event", len(events), arguments)


def aec_encode(samples: NDArray[Any], name: str) -> Case:
    width = samples.dtype.itemsize * 8

    def arguments(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        params = ffi.new("struct sxi_aec *", [width, *AEC[1:]])
        room = samples.nbytes + samples.nbytes // 8 + 64
        values = array(ffi, f"uint{width}_t", samples)
        return params, values, samples.size, ffi.new("uint8_t[]", room), room

    return Case(f"sxi_aec_encode_u{width}", name, "sample", samples.size, arguments)


def aec_decode(samples: NDArray[Any], name: str) -> Case:
    width = samples.dtype.itemsize * 8
    code = default_core().aec_encode(samples, bits=width, block_size=AEC[1], rsi=AEC[2])

    def arguments(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        params = ffi.new("struct sxi_aec *", [width, *AEC[1:]])
        out = ffi.new(f"uint{width}_t[]", samples.size)
        return params, ffi.from_buffer("uint8_t[]", code), len(code), out, samples.size

    return Case(f"sxi_aec_decode_u{width}", name, "sample", samples.size, arguments)


#: functions whose inputs are searched: input -> case
SEARCHED: dict[str, Callable[[Any, str], Case]] = {
    "sxi_edu_detect": detect,
    "sxi_filter_events": filter_events,
    "sxi_aec_encode_u16": aec_encode,
    "sxi_aec_encode_u32": aec_encode,
    "sxi_aec_decode_u16": aec_decode,
    "sxi_aec_decode_u32": aec_decode,
}


def _searched_cases() -> Iterator[Case]:
    frame = noise(639 * 384).reshape(639, 384)
    yield detect(frame, "quiet")
    yield detect(storm_frame(), "storm")
    yield filter_events(storm_events(), "storm")
    wide = noise(16384).astype(np.uint32) << 12
    for make in (aec_encode, aec_decode):
        yield make(noise(65536), "noise")
        yield make(np.full(16384, 500, np.uint16), "constant")
        random = np.random.default_rng(2).integers(0, 65536, 16384, dtype=np.uint16)
        yield make(random, "random")
        yield make(wide, "noise")
    with np.load(HIGH_WATER, allow_pickle=False) as vectors:
        for function, make in SEARCHED.items():
            yield make(vectors[function], "high water")


def _crc_cases() -> Iterator[Case]:
    data = np.random.default_rng(3).bytes(4096)
    for name, seed in (("sxi_crc16", 0xFFFF), ("sxi_crc8", 0)):
        yield Case(name, "random", "byte", len(data), lambda _f, _l, s=seed: (s, data, len(data)))


def storm_packets() -> bytes:
    """The storm's events as FEE packets."""
    rows = storm_events()
    headers = np.zeros(len(rows), HEADER_DTYPE)
    headers["type"], headers["sequence"] = 1, np.arange(len(rows))
    events = np.frombuffer(rows.tobytes(), EVENT_DTYPE)
    return default_core().fee_build_events(headers, events)


def _fee_cases() -> Iterator[Case]:
    packets = storm_packets()
    n = len(packets) // 64
    offsets = np.arange(n, dtype=np.uint32) * 64
    lengths = np.full(n, 64, np.uint32)

    def parse(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        where = [array(ffi, "uint32_t", a) for a in (offsets, lengths)]
        headers, events = (ffi.new(f"struct sxi_{t}[]", n) for t in ("fee_header", "event"))
        return packets, len(packets), *where, n, 0, headers, events, ffi.new("int8_t[]", n)

    def build(ffi: Any, lib: Any) -> tuple[Any, ...]:
        read = parse(ffi, lib)
        lib.sxi_fee_parse(*read)
        return read[6], read[7], n, 0, ffi.new("uint8_t[]", 64 * n), 64 * n

    def header(ffi: Any) -> Any:
        return ffi.new("struct sxi_fee_header *", {"type": 1})

    def event(ffi: Any) -> Any:
        return ffi.new("struct sxi_event *")

    out: Callable[[Any], Any] = lambda ffi: ffi.new("uint8_t[64]")  # noqa: E731
    one = packets[:64]
    yield Case("sxi_fee_parse", "storm", "packet", n, parse)
    yield Case("sxi_fee_build_events", "storm", "packet", n, build)
    yield Case("sxi_fee_header_load", "event", "packet", 1, lambda f, _l: (header(f), one, 64, 0))
    yield Case(
        "sxi_fee_header_store", "event", "packet", 1, lambda f, _l: (header(f), out(f), 64, 0)
    )
    yield Case(
        "sxi_fee_event_load", "event", "packet", 1,
        lambda f, _l: (header(f), event(f), one, 64, 0),
    )  # fmt: skip
    yield Case(
        "sxi_fee_event_store", "event", "packet", 1,
        lambda f, _l: (header(f), event(f), out(f), 64, 0),
    )  # fmt: skip


def _badpix_cases() -> Iterator[Case]:
    def mask(ffi: Any) -> Any:
        return ffi.new("uint8_t[]", 30672)

    def place(ffi: Any, row: int, col: int) -> tuple[Any, Any]:
        return ffi.new("uint16_t *", row), ffi.new("uint16_t *", col)

    yield Case("sxi_badpix_test", "last", "call", 1, lambda f, _l: (mask(f), 30672, 638, 383))
    yield Case("sxi_badpix_set", "last", "call", 1, lambda f, _l: (mask(f), 30672, 638, 383, 1))
    full = b"\xff" * 30672
    yield Case("sxi_badpix_count", "all", "byte", 30672, lambda _f, _l: (full, 30672))
    yield Case("sxi_edu_mask_step", "wrap", "call", 1, lambda f, _l: place(f, 637, 382))


def cases() -> Iterator[Case]:
    """Every public function, with at least one input."""
    from cycle_cases_artefacts import artefacts_cases
    from cycle_cases_classify import classify_cases
    from cycle_cases_events import events_cases
    from cycle_cases_find import find_cases
    from cycle_cases_housekeeping import housekeeping_cases
    from cycle_cases_look import look_cases
    from cycle_cases_maps import maps_cases
    from cycle_cases_rows import rows_cases
    from cycle_cases_storm import storm_cases
    from cycle_cases_telemetry import telemetry_cases

    yield from _searched_cases()
    yield from _crc_cases()
    yield from _fee_cases()
    yield from _badpix_cases()
    yield from events_cases()
    yield from rows_cases()
    yield from telemetry_cases()
    yield from housekeeping_cases()
    yield from classify_cases()
    yield from find_cases()
    yield from maps_cases()
    yield from artefacts_cases()
    yield from storm_cases()
    yield from look_cases()
