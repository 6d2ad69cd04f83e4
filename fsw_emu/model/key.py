# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The compression key: how science data are coded (ASSUMED: the flight's is not public).

Hexadecimal digits from the right: samples (0 u16, 2 stacked u32), coder. Of CCSDS 121 follow
arrangement, block size (0 8, 1 16, 3 32, 4 64) and preprocessor; of packets of rows shape, way and
the largest error in two digits. The digit 2 is in the key of stacks alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PACKET_WORDS = 32  # u16 in one event packet
AEC, ROWS, EVENTS = 1, 3, 4
WAYS = (0, 1, 3)  # of packets: own, chosen, CCSDS 121
#: rows and columns by the digit of the shape
SHAPES = {1: (639, 384), 3: (165, 96), 4: (160, 99), 5: (4511, 4608)}


@dataclass(frozen=True)
class Key:
    """The parts of a key; those that its coder does not have are 0."""

    stacked: int
    coder: int = 0
    planes: int = 0
    block_size: int = 0
    preprocess: int = 0
    rows: int = 0
    cols: int = 0
    way: int = 0
    near_lossless: int = 0


def valid_keys() -> dict[int, Key]:
    """All keys that there are, with their parts."""
    keys = {0x0: Key(stacked=0), 0x2: Key(stacked=1)}
    keys |= {way << 12 | 0x40: Key(0, EVENTS, way=way) for way in WAYS}
    for digit, block_size in ((0, 8), (1, 16), (3, 32), (4, 64)):
        for preprocess in (0, 1):
            coded = f"{preprocess}{digit}"
            keys[int(f"{coded}010", 16)] = Key(0, AEC, 0, block_size, preprocess)
            keys[int(f"{coded}110", 16)] = Key(0, AEC, 1, block_size, preprocess)
            keys[int(f"{coded}012", 16)] = Key(1, AEC, 0, block_size, preprocess)
    for m in range(16):
        error = "".join("0134"[two_bits] for two_bits in (m >> 2, m & 3))
        for digit, (rows, cols) in SHAPES.items():
            for way in WAYS:
                parts = Key(0, ROWS, rows=rows, cols=cols, way=way, near_lossless=m)
                keys[int(f"{error}{way}{digit}30", 16)] = parts
    return keys


def arrange(science: bytes, *, stacked: bool, planes: bool) -> NDArray[Any]:
    """Samples in the order in which the coder gets them: (n,) of uint16, uint32 if stacked.

    Planes are the columns of a table with a row for each packet of 64 bytes.
    """
    samples = np.frombuffer(science, ">u4" if stacked else ">u2")
    if planes:
        samples = samples.reshape(-1, PACKET_WORDS).T
    return samples.astype(samples.dtype.newbyteorder("=")).ravel()


def restore(samples: NDArray[Any], *, planes: bool) -> bytes:
    """The science data of arranged samples."""
    if planes:
        samples = samples.reshape(PACKET_WORDS, -1).T
    return samples.astype(samples.dtype.newbyteorder(">")).tobytes()
