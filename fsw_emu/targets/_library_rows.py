# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""LibraryCore, third part: packets of rows."""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import RowsKind, RowsPredictor
from fsw_emu.packets.received import MOST_SAMPLES, SAMPLES_A_BYTE, packet_list, stack_shape
from fsw_emu.targets._library import Library, as_array, choice, ranged

_KIND = ("raw", "independent", "grouped", "aec", "auto")
_PREDICTOR = ("column", "west", "mean", "auto")
_LEARN_EVERY = 4  # rows
_BAND = 8  # rows that are tabulated together
_BAND_EVERY = 64
_CHOOSE_SHARE = 16  # of a frame's rows is tried each way
_TRY_ALL = 512  # samples for each column, and 64 more: all is tried of what is smaller


class RowsFunctions(Library):
    """Packets of rows."""

    def rows_encode(
        self,
        stack: NDArray[np.uint16],
        *,
        kind: RowsKind = "grouped",
        predictor: RowsPredictor = "column",
        near_lossless: int = 0,
        packet_bytes: int = 5120,
        group: int = 16,
        block_size: int = 64,
    ) -> list[bytes]:
        if isinstance(stack, np.ndarray) and stack.size > MOST_SAMPLES:
            raise ValueError(f"stack of {stack.shape}: more than 2^31 samples")
        stack = as_array(stack, np.uint16, 3, "stack")
        shape = [
            ranged(n, most, what)
            for n, most, what in zip(
                stack.shape, (4096, 0xFFFF, 0xFFFF), ("frames", "rows", "columns"), strict=True
            )
        ]
        if not ranged(group, 4096, "group"):
            raise ValueError("group: 0")
        wide = near_lossless and kind in ("aec", "auto")
        coder = _Coder(
            self,
            {
                **dict(zip(("frames", "rows", "cols"), shape, strict=True)),
                "near_lossless": ranged(near_lossless, 15, "near_lossless"),
                "packet_bytes": ranged(packet_bytes, 0xFFFF, "packet_bytes"),
                "block_size": ranged(block_size, 64, "block_size"),
                "room": max(shape[2], 4096) if wide else shape[2],
            },
            choice(kind, _KIND, "kind"),
            choice(predictor, _PREDICTOR, "predictor"),
        )
        return [
            packet
            for first in range(0, len(stack), group)
            for packet in coder.group(stack[first : first + group], first)
        ]

    def rows_decode(
        self, packets: Iterable[bytes], *, shape: tuple[int, int, int] | None = None
    ) -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
        given = [(packet, self._parsed(packet)) for packet in packet_list(packets)]
        came = [(packet, parsed) for packet, parsed in given if parsed is not None]
        shape = stack_shape(
            (
                ((p.frames, p.rows, p.cols), min(p.n_samples, SAMPLES_A_BYTE * p.length))
                for _, p in came
            ),
            shape,
        )
        whole = [(packet, p) for packet, p in came if (p.frames, p.rows, p.cols) == shape]
        stack, ok = np.zeros(shape, np.uint16), np.zeros(shape[:2], np.bool_)
        columns = np.zeros(shape[2], np.int16)
        decoder = self.new(
            "sxi_rows_decoder", room=len(columns), columns=self.at(columns, "int16_t")
        )
        models = _Models(
            {
                (p.frame, p.model_id): packet
                for packet, p in whole
                if p.kind == self.lib.SXI_ROWS_MODEL
            }
        )
        pieces: dict[tuple[int, int], NDArray[np.bool_]] = {}
        for packet, p in whole:
            if p.kind == self.lib.SXI_ROWS_MODEL or not self._has_model(decoder, p, models):
                continue
            samples = np.empty(p.n_samples, np.uint16)
            n = self.lib.sxi_rows_decode(
                decoder,
                self.bytes_at(packet),
                len(packet),
                self.at(samples, "uint16_t"),
                p.n_samples,
            )
            if n >= 0:
                stack[p.frame].reshape(-1)[p.first : p.first + n] = samples
                _note(p, ok, pieces)
        return stack, ok

    def _parsed(self, packet: bytes) -> Any:
        parsed = self.new("sxi_rows_packet")
        status = self.lib.sxi_rows_parse(parsed, self.bytes_at(packet), len(packet))
        return parsed if status == 0 else None

    def _has_model(self, decoder: Any, packet: Any, models: _Models) -> bool:
        """Whether the decoder has what a packet refers to, or has it now."""
        if packet.kind != self.lib.SXI_ROWS_GROUPED:
            return True
        model = models.of(packet)
        if model is None:
            return False
        if model is not models.loaded:
            status = self.lib.sxi_rows_load_model(decoder, self.bytes_at(model), len(model))
            models.loaded = model if status == 0 else None
        return models.loaded is not None


class _Models:
    """Model packets by the first frame of their group, and id: ids are only nearly unique."""

    def __init__(self, packets: dict[tuple[int, int], bytes]) -> None:
        self._packets = packets
        self.loaded: bytes | None = None  # by the decoder
        self._begins = sorted({frame for frame, _ in packets})

    def of(self, packet: Any) -> bytes | None:
        """The model of the group that a packet's frame lies in, if that is what it refers to."""
        group = bisect.bisect_right(self._begins, packet.frame)
        if not group:
            return None
        return self._packets.get((self._begins[group - 1], packet.model_id))


def _note(p: Any, ok: NDArray[np.bool_], pieces: dict[tuple[int, int], NDArray[np.bool_]]) -> None:
    """The rows that a packet brings; one in pieces is there when all its columns are."""
    row, col = divmod(p.first, p.cols)
    if p.n_samples >= p.cols:
        ok[p.frame, row : row + p.n_samples // p.cols] = True
        return
    have = pieces.setdefault((p.frame, row), np.zeros(p.cols, np.bool_))
    have[col : col + p.n_samples] = True
    ok[p.frame, row] |= have.all()


class _Coder:
    """A coder's context and memory, for one group after the other."""

    def __init__(
        self, library: Library, parameters: dict[str, int], kind: int, predictor: int
    ) -> None:
        self._library, self._kind, self._predictor = library, kind, predictor
        room = parameters["room"]
        self._memory: dict[str, NDArray[Any]] = {
            "columns": np.zeros(room, np.int16),
            "means": np.zeros(room, np.int32),
            "line": np.zeros(room, np.uint16),
            "above": np.zeros(room, np.uint16),
        }
        arrays = {
            name: library.at(array, f"{array.dtype}_t") for name, array in self._memory.items()
        }
        self._ctx = library.new("sxi_rows", **parameters, **arrays)

    def _call(self, function: str, *arguments: Any) -> int:
        call = getattr(self._library.lib, f"sxi_rows_{function}")
        return self._library.count("rows_encode", call(self._ctx, *arguments))

    def _with_rows(self, function: str, rows: NDArray[np.uint16], *more: Any) -> int:
        samples = np.ascontiguousarray(rows).reshape(-1)
        n = samples.size // self._ctx.cols
        return self._call(function, self._library.at(samples, "uint16_t"), n, *more)

    def group(self, frames: NDArray[np.uint16], first: int) -> list[bytes]:
        """Packets of one group, its model among them."""
        kind, predictor = self._kind, self._predictor
        auto = kind == _KIND.index("auto") or predictor == _PREDICTOR.index("auto")
        if not auto or frames.size >= _TRY_ALL * (self._ctx.cols + 64):
            return self._group(frames, first, kind, predictor)
        kinds = ("grouped", "independent") if _KIND[kind] == "auto" else (_KIND[kind],)
        ways = [(k, p) for k in kinds for p in range(3)] + [("aec", 0), ("raw", 0)]
        made = (self._group(frames, first, _KIND.index(k), p) for k, p in ways)
        return min(made, key=lambda packets: sum(map(len, packets)))

    def _group(
        self, frames: NDArray[np.uint16], first: int, kind: int, predictor: int
    ) -> list[bytes]:
        ctx, lib, at = self._ctx, self._library.lib, self._library.bytes_at
        auto = kind == _KIND.index("auto")
        ctx.kind = lib.SXI_ROWS_GROUPED if auto else kind
        if ctx.kind == lib.SXI_ROWS_GROUPED and ctx.cols > lib.SXI_ROWS_MAX_MODEL_COLS:
            ctx.kind = lib.SXI_ROWS_INDEPENDENT
        auto = auto or predictor == _PREDICTOR.index("auto")
        ctx.predictor = predictor % _PREDICTOR.index("auto")
        ctx.first_frame = first
        self._call("init")
        out = bytearray(max(ctx.packet_bytes, lib.sxi_rows_model_bound(ctx)))
        starts = range(0, ctx.rows, _BAND_EVERY)
        if ctx.kind == lib.SXI_ROWS_GROUPED:
            self._with_rows("learn", frames[:, ::_LEARN_EVERY])
        if auto:
            middle, n = ctx.rows // 2, max(ctx.rows // _CHOOSE_SHARE, 1)
            some = np.concatenate(frames[:, middle : middle + n])[:0xFFFF]
            self._with_rows("choose", some, at(out), len(out))
        model = []
        if ctx.kind == lib.SXI_ROWS_GROUPED:
            for band in (frame[r : r + _BAND] for frame in frames for r in starts):
                self._with_rows("tabulate", band)
            model = [bytes(out[: self._call("model", at(out), len(out))])]
        made, repeated = [*model], False
        following = self._library.ffi.new("uint32_t *")
        for number, frame in enumerate(frames, first):
            samples = self._library.at(frame, "uint16_t")
            following[0] = 0
            while following[0] < frame.size:
                size = self._call(
                    "encode", samples, number, following[0], at(out), len(out), following
                )
                made.append(bytes(out[:size]))
                done = (number - first) * frame.size + following[0]
                if not repeated and done >= frames.size // 2:
                    made += model
                    repeated = True
        return made
