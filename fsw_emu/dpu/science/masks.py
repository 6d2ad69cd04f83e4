# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Bad-pixel masks, read as sources disagree about it: what the flight code then sees.

Masks are made as the calibration files have them, one a node, most significant bit first, and so
the flight code reads them. A reading by other rules is the same as this one with other masks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

MaskBits = Literal["msb", "lsb", "lsb32"]
MaskPer = Literal["node", "ccd"]

_GROUP_BITS = {"lsb": 8, "lsb32": 32}


def as_read(
    masks: Mapping[str, bytes], *, bits: MaskBits = "msb", per: MaskPer = "node"
) -> dict[str, bytes]:
    """Masks by node (30,672 bytes each) as another rule reads the same bytes.

    bits: lsb takes each byte, lsb32 each big-endian word of 32 bits, from its least significant
    bit on. per: ccd has one mask for both sides, in which the pixels of either are marked.
    """
    read = {node: _reversed(mask, bits) for node, mask in masks.items()}
    if per == "node":
        return read
    either = {ccd: [mask for node, mask in read.items() if node[1] == ccd] for ccd in "24"}
    return {
        f"{side}{ccd}": np.bitwise_or.reduce([np.frombuffer(m, np.uint8) for m in found]).tobytes()
        for ccd, found in either.items()
        if found
        for side in "EF"
    }


def _reversed(mask: bytes, order: MaskBits) -> bytes:
    if order == "msb":
        return mask
    pixels = np.unpackbits(np.frombuffer(mask, np.uint8))
    return np.packbits(pixels.reshape(-1, _GROUP_BITS[order])[:, ::-1]).tobytes()
