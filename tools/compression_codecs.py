# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Coders that compression is measured by, ours and those of others behind the same two calls: no
command, see bench_compression.py."""

from __future__ import annotations

import ctypes
import gc
import os
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

import fsw_emu
from fsw_emu.core import default_core

Stack = NDArray[np.uint16]
#: units of others in one piece, as the facts of housekeeping have them
HK_UNIT = 20


@dataclass(frozen=True)
class Coder:
    """A name, what it makes of data, and what comes back of that."""

    name: str
    encode: Callable[[Any], list[bytes]]
    decode: Callable[[list[bytes], Any], Any]  # and the data, for their shape


@dataclass(frozen=True)
class Cost:
    """What a coder made of some data: coded bytes; rates in original MB of CPU time [MB/s], heap of
    encoding besides what comes out [KiB], where measured."""

    coded: int
    encode_mb_s: float | None = None
    decode_mb_s: float | None = None
    heap_kib: float | None = None


def measure(coder: Coder, data: Any, *, timed: bool = False, seconds: float = 0.4) -> Cost:
    """Code, decode and compare; ValueError where that is not the same."""
    coded = coder.encode(data)
    if not _same(coder.decode(coded, data), data):
        raise ValueError(f"{coder.name} is not lossless")
    size = sum(map(len, coded))
    if not timed:
        return Cost(size)
    n_bytes = sum(map(len, data)) if isinstance(data, list) else memoryview(data).nbytes
    encode, decode = partial(coder.encode, data), partial(coder.decode, coded, data)
    return Cost(
        size,
        n_bytes / least(encode, seconds) / 1e6,
        n_bytes / least(decode, seconds) / 1e6,
        max(heap_kib(encode) - size / 1024, 0),
    )


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, np.ndarray):
        return bool(np.array_equal(ours, theirs))
    return bool(ours == theirs)


def least(call: Callable[[], Any], seconds: float) -> float:
    """Shortest CPU time of one call [s]."""
    call()
    shortest, stop = 1e9, time.perf_counter() + seconds
    while time.perf_counter() < stop:
        start = time.process_time()
        call()
        shortest = min(shortest, time.process_time() - start)
    return shortest


def heap_kib(call: Callable[[], Any]) -> float:
    """By how much a process grows at most while it is called, what comes out included [KiB].

    In a child, which has used the coder before: libraries are loaded, their tables made, and what
    they gave back is no longer kept for them."""
    read, write = os.pipe()
    gc.collect()
    child = os.fork()
    if not child:
        call()
        ctypes.CDLL(None).malloc_trim(0)
        before = _status("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # the highest mark begins anew
        result = call()
        os.write(write, struct.pack("d", max(_status("VmHWM") - before, 0)))
        del result
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as answer:
        told = answer.read()
    os.waitpid(child, 0)
    return float(struct.unpack("d", told)[0])


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line for line in lines if line.startswith(name)).split()[1])


# Frames


def ours_of_frames(name: str, **options: Any) -> Coder:
    return Coder(
        name,
        partial(fsw_emu.compress_frames, **options),
        lambda coded, _: fsw_emu.decompress_frames(coded)[0],
    )


def _each(name: str, encode: Callable[[Any], Any], decode: Callable[[bytes, Any], Any]) -> Coder:
    """A coder of images, frame by frame."""
    return Coder(
        name,
        lambda stack: [bytes(encode(frame)) for frame in stack],
        lambda coded, stack: np.stack(
            [
                np.asarray(decode(data, frame)).reshape(frame.shape)
                for data, frame in zip(coded, stack, strict=True)
            ]
        ),
    )


def _of_bytes(decode: Callable[..., bytes]) -> Callable[[bytes, Any], Any]:
    return lambda data, frame: np.frombuffer(decode(data, out=frame.nbytes), np.uint16)


LIBAEC = "libaec, J 64"
AEC = {"bitspersample": 16, "blocksize": 64, "rsi": 128, "flags": 8}


def peers_of_frames() -> list[Coder]:
    """One thread each, at the settings that are best for their size unless named."""
    ic = imagecodecs
    return [
        _each(
            LIBAEC,
            lambda x: ic.aec_encode(x, **AEC),
            lambda data, x: np.frombuffer(ic.aec_decode(data, out=x.nbytes, **AEC), np.uint16),
        ),
        _each(
            "Rice (rcomp, 32)",
            lambda x: ic.rcomp_encode(x, nblock=32),
            lambda data, x: ic.rcomp_decode(data, shape=x.shape, dtype=x.dtype, nblock=32),
        ),
        _each("JPEG-LS", ic.jpegls_encode, lambda data, _: ic.jpegls_decode(data)),
        _each(
            "JPEG XL, effort 3",
            lambda x: ic.jpegxl_encode(x, lossless=True, effort=3, numthreads=1),
            lambda data, _: ic.jpegxl_decode(data, numthreads=1),
        ),
        _each(
            "JPEG 2000",
            lambda x: ic.jpeg2k_encode(x, level=0, reversible=True, numthreads=1),
            lambda data, _: ic.jpeg2k_decode(data, numthreads=1),
        ),
        *(
            _each(name, partial(encode, level=level), _of_bytes(decode))
            for name, encode, decode, level in (
                ("zstd -3", ic.zstd_encode, ic.zstd_decode, 3),
                ("zstd -19", ic.zstd_encode, ic.zstd_decode, 19),
                ("lz4", ic.lz4_encode, ic.lz4_decode, 1),
                ("zlib -6", ic.zlib_encode, ic.zlib_decode, 6),
            )
        ),
    ]


def our_aec() -> Coder:
    """CCSDS 121 without packets: libaec's bytes."""
    core = default_core()
    return _each(
        "aec",
        lambda x: core.aec_encode(x, block_size=64),
        lambda data, x: core.aec_decode(data, x.size, block_size=64),
    )


# Events and housekeeping: data are bytes, or a list of packets


def ours_of_events() -> list[Coder]:
    core = default_core()
    return [
        Coder(
            name,
            partial(core.events_encode, codec=codec),
            lambda coded, _: core.events_decode(coded)[0],
        )
        for name, codec in (("events", "events"), ("aec, packets", "aec"))
    ]


def ours_of_housekeeping() -> list[Coder]:
    core = default_core()
    return [
        Coder(
            name,
            partial(core.hk_encode, codec=codec),
            lambda coded, _: core.hk_decode(coded)[0],
        )
        for name, codec in (("hkdelta", "hkdelta"), ("aec, packets", "aec"))
    ]


def peers_of_events() -> list[Coder]:
    """The whole list in 32 planes, the arrangement that is best for each of them."""
    ic = imagecodecs

    def planes(packets: bytes) -> NDArray[np.uint16]:
        return np.ascontiguousarray(np.frombuffer(packets, ">u2").reshape(-1, 32).T).astype("<u2")

    def packets(data: Any) -> bytes:
        return np.frombuffer(data, "<u2").reshape(32, -1).T.astype(">u2").tobytes()

    return [
        Coder(
            f"{LIBAEC}, planes",
            lambda x: [bytes(ic.aec_encode(planes(x), **AEC))],
            lambda coded, x: packets(ic.aec_decode(coded[0], out=len(x) + 128, **AEC)[: len(x)]),
        ),
        *(
            Coder(
                f"{name}, planes",
                lambda x, encode=encode, level=level: [bytes(encode(planes(x), level=level))],
                lambda coded, x, decode=decode: packets(decode(coded[0], out=len(x))),
            )
            for name, encode, decode, level in _GENERAL
        ),
    ]


def peers_of_housekeeping() -> list[Coder]:
    """Twenty packets in one piece, all of which a loss costs."""

    def units(packets: Sequence[bytes]) -> list[bytes]:
        return [b"".join(packets[i : i + HK_UNIT]) for i in range(0, len(packets), HK_UNIT)]

    def apart(data: bytes, size: int) -> list[bytes]:
        return [data[i : i + size] for i in range(0, len(data), size)]

    return [
        Coder(
            f"{name}, {HK_UNIT} packets a piece",
            lambda x, encode=encode, level=level: [bytes(encode(u, level=level)) for u in units(x)],
            lambda coded, x, decode=decode: apart(b"".join(map(decode, coded)), len(x[0])),
        )
        for name, encode, decode, level in _GENERAL
    ]


_GENERAL = (
    ("zstd -19", imagecodecs.zstd_encode, imagecodecs.zstd_decode, 19),
    ("zlib -9", imagecodecs.zlib_encode, imagecodecs.zlib_decode, 9),
    ("lz4hc -9", imagecodecs.lz4_encode, imagecodecs.lz4_decode, 9),
)


# Damage

#: what comes of coded data: the stack, and which rows (n, rows) are told to be right
Checked = tuple[Stack, NDArray[np.bool_]]


def libaec_checked(coded: list[bytes], shape: tuple[int, int, int]) -> Checked:
    """Frame by frame; where libaec notices, the frame is told as lost."""
    stack = np.zeros(shape, np.uint16)
    ok = np.zeros(shape[:2], bool)
    for frame, data, rows in zip(stack, coded, ok, strict=True):
        try:
            got = imagecodecs.aec_decode(data, out=frame.nbytes, **AEC)
        except (RuntimeError, ValueError):
            continue
        rows[:] = len(got) == frame.nbytes
        frame.reshape(-1).view(np.uint8)[: len(got)] = np.frombuffer(got, np.uint8)
    return stack, ok


def damage(
    stack: Stack, coded: list[bytes], decode: Callable[[list[bytes]], Checked], n: int
) -> tuple[float, float]:
    """Flip one bit at a time: mean share of a frame that is lost, and share of the flips after
    which a row is wrong and nothing tells [%]."""
    rng = np.random.default_rng(1)
    ends = np.cumsum([len(each) for each in coded])
    lost = silent = 0.0
    for at in rng.integers(0, ends[-1], n):
        which = int(np.searchsorted(ends, at, "right"))
        damaged = bytearray(coded[which])
        damaged[int(at - ends[which])] ^= 1 << int(rng.integers(8))
        there, ok = decode([*coded[:which], bytes(damaged), *coded[which + 1 :]])
        wrong = (there != stack).any(axis=2)
        lost += (wrong | ~ok).sum() / stack.shape[1]
        silent += bool((wrong & ok).any())
    return 100 * lost / n, 100 * silent / n
