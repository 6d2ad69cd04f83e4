# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The coders as codecs of numcodecs, for chunks of Zarr arrays; found by their entry points."""

from __future__ import annotations

import struct
from typing import Any, ClassVar

import numpy as np
from numcodecs.abc import Codec
from numcodecs.compat import ensure_bytes, ensure_ndarray, ndarray_copy
from numpy.typing import NDArray

from fsw_emu.codecs.frames import compress_frames, decompress_frames
from fsw_emu.core import default_core

#: bits of a sample, samples; a CRC-16 over all ends the chunk
_AEC_HEADER = struct.Struct(">BQ")
_CRC_BYTES = 2
_MOST_SAMPLES = 8192  # that a byte of code can stand for, and more


class Colmean(Codec):  # type: ignore[misc]
    """Packets of rows: chunks of uint16 whose last two axes are rows and columns.

    near_lossless, predictor: as :func:`fsw_emu.compress_frames` has them. A chunk has at most
    4,096 frames. Chunks that lost rows raise ValueError: Zarr has no place for half of one.
    """

    codec_id: ClassVar[str] = "fsw_emu.colmean"

    def __init__(self, *, near_lossless: int = 0, predictor: str = "column") -> None:
        self.near_lossless = near_lossless
        self.predictor = predictor

    def encode(self, buf: Any) -> bytes:
        """One chunk. TypeError for another type than uint16, ValueError for fewer axes than 2."""
        chunk = _in_memory_order(buf)
        if chunk.ndim < 2:
            raise ValueError(f"a chunk has rows and columns, this one is {chunk.shape}")
        stack = chunk.reshape(-1, *chunk.shape[-2:])
        if stack.dtype == np.dtype(">u2"):
            stack = stack.astype(np.uint16)
        options: dict[str, Any] = {"predictor": self.predictor, "packet_bytes": 65535}
        return b"".join(compress_frames(stack, near_lossless=self.near_lossless, **options))

    def decode(self, buf: Any, out: Any = None) -> Any:
        """The chunk as (n, rows, cols), of whatever shape it was. ValueError when damaged."""
        stack, ok = decompress_frames(_split(ensure_bytes(buf)))
        if not ok.all():
            raise ValueError(f"{int((~ok).sum())} of {ok.size} rows of a chunk are damaged")
        return ndarray_copy(stack, out)


def _in_memory_order(buf: Any) -> NDArray[Any]:
    """An array as it lies in memory, which is what Zarr expects back: for one in Fortran's order
    the axes are the other way round."""
    chunk: NDArray[Any] = ensure_ndarray(buf)
    return chunk if chunk.flags.c_contiguous else chunk.T


def _split(data: bytes) -> list[bytes]:
    """Packets of rows, by their lengths (SPEC.md, section 8.7)."""
    packets = []
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at + 1 : at + 3])
        if not length or at + length > len(data):
            raise ValueError("a chunk that is damaged, or not coded by colmean")
        packets.append(data[at : at + length])
        at += length
    return packets


class Aec(Codec):  # type: ignore[misc]
    """CCSDS 121.0-B-3: chunks of uint8, uint16 or uint32 of any shape.

    block_size: 8, 16, 32 or 64 samples. Damaged chunks raise ValueError.
    """

    codec_id: ClassVar[str] = "fsw_emu.aec"

    def __init__(self, *, block_size: int = 32) -> None:
        self.block_size = block_size

    def encode(self, buf: Any) -> bytes:
        """One chunk. TypeError for another type."""
        chunk = _in_memory_order(buf)
        if chunk.dtype.kind != "u" or chunk.itemsize > 4:
            raise TypeError(f"chunks are uint8, uint16 or uint32, not {chunk.dtype}")
        samples = chunk.astype(chunk.dtype.newbyteorder("="), copy=False).reshape(-1)
        bits = 8 * chunk.itemsize
        core = default_core()
        coded = core.aec_encode(samples, bits=bits, block_size=self.block_size)
        data = _AEC_HEADER.pack(bits, samples.size) + coded
        return data + core.crc16(data).to_bytes(_CRC_BYTES)

    def decode(self, buf: Any, out: Any = None) -> Any:
        """The chunk's samples in a row. ValueError when damaged."""
        data = ensure_bytes(buf)
        core = default_core()
        if len(data) < _AEC_HEADER.size + _CRC_BYTES or core.crc16(data):
            raise ValueError("a chunk that is damaged, or not coded by aec")
        bits, n_samples = _AEC_HEADER.unpack_from(data)
        coded = data[_AEC_HEADER.size : -_CRC_BYTES]
        if bits not in (8, 16, 32) or n_samples > _MOST_SAMPLES * len(coded):
            raise ValueError("a chunk that no aec coder writes")
        samples = core.aec_decode(coded, n_samples, bits=bits, block_size=self.block_size)
        return ndarray_copy(samples.astype(f"u{bits // 8}", copy=False), out)
