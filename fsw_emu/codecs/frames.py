# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Stacks of frames in packets of rows that each decode alone (SPEC.md, section 8.7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import RowsKind, RowsPredictor, default_core
from fsw_emu.packets.received import MOST_SAMPLES

FrameCodec = Literal["colmean", "aec", "none", "auto"]

#: codecs, and what the core calls them
KINDS: dict[FrameCodec, RowsKind] = {
    "colmean": "grouped",
    "aec": "aec",
    "none": "raw",
    "auto": "auto",
}
#: ways to code a packet that needs no other
_INDEPENDENT: tuple[tuple[RowsKind, RowsPredictor], ...] = (
    ("independent", "column"), ("independent", "west"), ("independent", "mean"),
    ("aec", "column"), ("raw", "column"),
)  # fmt: skip
#: bytes of a packet unless told: a loss costs its rows
PACKET_BYTES, INDEPENDENT_PACKET_BYTES = 5120, 1024


def compress_frames(
    stack: NDArray[np.uint16],
    *,
    codec: FrameCodec = "colmean",
    near_lossless: int = 0,
    independent: bool = False,
    packet_bytes: int | None = None,
    predictor: RowsPredictor = "column",
) -> list[bytes]:
    """Code frames as packets of rows.

    stack: (n, rows, cols) uint16 [ADU], n up to 4,096 frames. codec: ``colmean`` predicts by the
    mean of each column, ``aec`` is CCSDS 121.0-B-3, ``none`` sends samples as they are, ``auto``
    takes what is shortest: in each group, or for the middle frame where packets are independent.
    near_lossless: largest error of a sample [ADU], 0..15; 0 is lossless. independent: ``colmean``
    without the model that packets of a group share, so that each needs nothing else.
    packet_bytes: at most so many each, 64..65535; by default 5,120, or 1,024 of independent ones.
    predictor: of ``colmean``; where the level changes within columns ``west`` or ``mean`` fit
    better.

    Raises TypeError for another dtype, ValueError for another shape or a parameter out of range.
    """
    if not isinstance(stack, np.ndarray) or stack.dtype != np.uint16:
        raise TypeError(f"frames are an array of uint16, not {_kind_of(stack)}")
    if stack.ndim != 3 or not stack.size:
        raise ValueError(f"frames are (n, rows, cols), not {stack.shape}")
    if stack.size > MOST_SAMPLES:
        raise ValueError(f"frames have up to 2^31 samples, not {stack.size}")
    if packet_bytes is None:
        packet_bytes = INDEPENDENT_PACKET_BYTES if independent else PACKET_BYTES
    for name, value, possible in (
        ("codec", codec, KINDS),
        ("predictor", predictor, get_args(RowsPredictor)),
        ("near_lossless", near_lossless, range(16)),
        ("packet_bytes", packet_bytes, range(64, 65536)),
        ("number of frames", len(stack), range(1, 4097)),
    ):
        if value not in possible:
            raise ValueError(f"{name} is {_listed(possible)}, not {value!r}")
    code = partial(
        default_core().rows_encode, near_lossless=near_lossless, packet_bytes=packet_bytes
    )
    if not independent or codec not in ("colmean", "auto"):
        return code(stack, kind=KINDS[codec], predictor=predictor)
    if codec == "auto":
        kind, predictor = min(_INDEPENDENT, key=lambda way: _size(code, stack, *way))
        return code(stack, kind=kind, predictor=predictor)
    return code(stack, kind="independent", predictor=predictor)


def decompress_frames(
    packets: Sequence[bytes], *, shape: tuple[int, int, int] | None = None
) -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
    """Recover frames from packets of rows, in any order, also repeated.

    shape: (n, rows, cols) if it is known; else that of most packets. Packets of others are left
    out as damaged ones are. Returns the stack of that shape and ok (n, rows), False where a row was
    lost or damaged: its samples are 0. Raises ValueError when no packet is whole, and without shape
    for more than 2^24 samples of which less than 1/64 came.
    """
    return default_core().rows_decode(packets, shape=shape)


def _size(
    code: Callable[..., list[bytes]],
    stack: NDArray[np.uint16],
    kind: RowsKind,
    predictor: RowsPredictor,
) -> int:
    middle = len(stack) // 2
    return sum(map(len, code(stack[middle : middle + 1], kind=kind, predictor=predictor)))


def _listed(possible: Iterable[Any]) -> str:
    if isinstance(possible, range):
        return f"{possible[0]} to {possible[-1]}"
    return f"one of {', '.join(possible)}"


def _kind_of(thing: object) -> str:
    return str(thing.dtype) if isinstance(thing, np.ndarray) else type(thing).__name__
