# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The compression key: how science data are coded (ASSUMED: the flight's is not public).

Hexadecimal digits from the right: samples (0 u16, 2 stacked u32), coder, arrangement, block
size (0 8, 1 16, 3 32, 4 64), preprocessor. The digit 2 is in the key of stacks alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PACKET_WORDS = 32  # u16 in one event packet


@dataclass(frozen=True)
class Key:
    """The parts of a key; without a coder the block size is 0."""

    stacked: int
    coder: int = 0
    planes: int = 0
    block_size: int = 0
    preprocess: int = 0


def valid_keys() -> dict[int, Key]:
    """All keys that there are, with their parts."""
    keys = {0x0: Key(stacked=0), 0x2: Key(stacked=1)}
    for digit, block_size in ((0, 8), (1, 16), (3, 32), (4, 64)):
        for preprocess in (0, 1):
            coded = f"{preprocess}{digit}"
            keys[int(f"{coded}010", 16)] = Key(0, 1, 0, block_size, preprocess)
            keys[int(f"{coded}110", 16)] = Key(0, 1, 1, block_size, preprocess)
            keys[int(f"{coded}012", 16)] = Key(1, 1, 0, block_size, preprocess)
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
