# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the cycle counts of packets of rows are taken of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from cycle_cases import Case, array, noise
from numpy.typing import NDArray

from fsw_emu.core import RowsKind, default_core

COLS, ROWS = 384, 20
KINDS: dict[RowsKind, int] = {"independent": 1, "grouped": 2, "aec": 3}
PACKET_BYTES: dict[RowsKind, int] = {"independent": 1024, "grouped": 4096, "aec": 4096}


def coder(ffi: Any, lib: Any, kind: RowsKind, predictor: int = 0, near_lossless: int = 0) -> Any:
    """A context that knows its parameters; its arrays live as long as what owns them here."""
    arrays = [ffi.new(f"{ctype}[]", COLS) for ctype in ("int16_t", "int32_t", "uint16_t")]
    above = ffi.new("uint16_t[]", COLS)
    names = ("columns", "means", "line")
    fields = {
        "frames": 1, "rows": ROWS, "cols": COLS, "kind": KINDS[kind], "predictor": predictor,
        "near_lossless": near_lossless, "packet_bytes": PACKET_BYTES[kind], "block_size": 64,
        "room": COLS, "above": above, **dict(zip(names, arrays, strict=True)),
    }  # fmt: skip
    ctx = ffi.new("struct sxi_rows *", fields)
    _OWNED[ctx] = [*arrays, above]
    lib.sxi_rows_init(ctx)
    return ctx


_OWNED: dict[Any, Any] = {}


def _learned(ffi: Any, lib: Any, rows: Any, kind: RowsKind, *how: int) -> Any:
    """The context with its group's model, as a coder of that kind has it."""
    ctx = coder(ffi, lib, kind, *how)
    if kind == "grouped":
        out = ffi.new("uint8_t[]", 1024)
        lib.sxi_rows_learn(ctx, rows, ROWS)
        lib.sxi_rows_tabulate(ctx, rows, ROWS)
        lib.sxi_rows_model(ctx, out, 1024)
    return ctx


def _encode(name: str, values: NDArray[np.uint16], kind: RowsKind, *how: int) -> Case:
    options = dict(zip(("predictor", "near_lossless"), how, strict=False))
    predictor = ("column", "west", "mean")[options.get("predictor", 0)]
    packet = default_core().rows_encode(
        values.reshape(1, ROWS, COLS), kind=kind, predictor=predictor,  # type: ignore[arg-type]
        near_lossless=options.get("near_lossless", 0), packet_bytes=PACKET_BYTES[kind],
    )[1 if kind == "grouped" else 0]  # fmt: skip
    rows = packet[8]

    def arguments(ffi: Any, lib: Any) -> tuple[Any, ...]:
        samples = array(ffi, "uint16_t", values)
        ctx = _learned(ffi, lib, samples, kind, *how)
        size = PACKET_BYTES[kind]
        return ctx, samples, 0, 0, ffi.new("uint8_t[]", size), size, ffi.new("uint32_t *")

    return Case("sxi_rows_encode", name, "sample", rows * COLS, arguments)


def _decode(name: str, values: NDArray[np.uint16], kind: RowsKind) -> Case:
    packets = default_core().rows_encode(
        values.reshape(1, ROWS, COLS), kind=kind, packet_bytes=PACKET_BYTES[kind]
    )
    packet = packets[1 if kind == "grouped" else 0]
    n = packet[8] * COLS

    def arguments(ffi: Any, lib: Any) -> tuple[Any, ...]:
        columns = ffi.new("int16_t[]", COLS)
        ctx = ffi.new("struct sxi_rows_decoder *", [COLS, columns])
        _OWNED[ctx] = columns
        if kind == "grouped":
            lib.sxi_rows_load_model(ctx, packets[0], len(packets[0]))
        return ctx, packet, len(packet), ffi.new("uint16_t[]", n), n

    return Case("sxi_rows_decode", name, "sample", n, arguments)


def _learning(function: str, values: NDArray[np.uint16], name: str = "noise") -> Case:
    def arguments(ffi: Any, lib: Any) -> tuple[Any, ...]:
        samples = array(ffi, "uint16_t", values)
        ctx = coder(ffi, lib, "grouped")
        if function != "learn":
            lib.sxi_rows_learn(ctx, samples, ROWS)
            lib.sxi_rows_tabulate(ctx, samples, 0 if name == "first" else 1)
        return ctx, samples, ROWS

    return Case(f"sxi_rows_{function}", name, "sample", ROWS * COLS, arguments)


def _model_cases(values: NDArray[np.uint16]) -> Iterator[Case]:
    packet = default_core().rows_encode(values.reshape(1, ROWS, COLS))[0]

    def of(arguments: Callable[[Any, Any, Any], tuple[Any, ...]]) -> Any:
        def made(ffi: Any, lib: Any) -> tuple[Any, ...]:
            samples = array(ffi, "uint16_t", values)
            ctx = coder(ffi, lib, "grouped")
            lib.sxi_rows_learn(ctx, samples, ROWS)
            return arguments(ffi, ctx, samples)

        return made

    def decoder(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        columns = ffi.new("int16_t[]", COLS)
        ctx = ffi.new("struct sxi_rows_decoder *", [COLS, columns])
        _OWNED[ctx] = columns
        return ctx, packet, len(packet)

    out: Callable[[Any], Any] = lambda ffi: ffi.new("uint8_t[]", 4096)  # noqa: E731
    yield Case("sxi_rows_init", "group", "call", 1, of(lambda _f, ctx, _s: (ctx,)))
    yield Case("sxi_rows_model_bound", "group", "call", 1, of(lambda _f, ctx, _s: (ctx,)))
    yield Case("sxi_rows_model", "noise", "call", 1, of(lambda f, ctx, _s: (ctx, out(f), 4096)))
    yield Case(
        "sxi_rows_choose", "noise", "sample", ROWS * COLS,
        of(lambda f, ctx, samples: (ctx, samples, ROWS, out(f), 4096)),
    )  # fmt: skip
    yield Case(
        "sxi_rows_parse", "model", "byte", len(packet),
        lambda ffi, _lib: (ffi.new("struct sxi_rows_packet *"), packet, len(packet)),
    )  # fmt: skip
    yield Case("sxi_rows_load_model", "noise", "call", 1, decoder)


def rows_cases() -> Iterator[Case]:
    """Each function of rows.h; the first case of one is what it is for."""
    values = noise(ROWS * COLS)
    random = np.random.default_rng(2).integers(0, 65536, ROWS * COLS, dtype=np.uint16)
    rare = noise(ROWS * COLS, sigma=9)  # of a narrow table, many beyond its direct symbols
    yield _encode("grouped", values, "grouped")
    yield _encode("independent", values, "independent")
    yield _encode("west", values, "grouped", 1)
    yield _encode("mean", values, "grouped", 2)
    yield _encode("near", values, "grouped", 2, 2)
    yield _encode("wide", rare, "grouped")
    yield _encode("random", random, "independent")
    yield _encode("aec", values, "aec")
    for kind in KINDS:
        yield _decode(kind, values, kind)
    yield _decode("random", random, "independent")
    yield _learning("learn", values)
    yield _learning("tabulate", values)
    yield _learning("tabulate", values, "first")  # which say how many low bits the table has
    yield from _model_cases(values)
