# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Which compression key science data get (SPEC.md, section 8.4)."""

from __future__ import annotations

from typing import Literal

Codec = Literal["aec", "aec-packets", "auto", "colmean", "events", "none"]
Kind = Literal["events", "image", "stack"]

NONE: dict[Kind, int] = {"events": 0x00000000, "image": 0x00000000, "stack": 0x00000002}
#: CCSDS 121.0-B-3; event packets in planes
AEC: dict[Kind, int] = {"events": 0x00014110, "image": 0x00014010, "stack": 0x00014012}
#: packets of events
EVENTS = 0x00000040
#: packets of rows: the digit of the shape by rows and columns, digits of the largest error
SHAPES = {(639, 384): 1, (165, 96): 3, (160, 99): 4, (4511, 4608): 5}
_ROWS, _ERROR = 0x30, (0, 1, 3, 4)
#: digit of the way that packets are coded, where it is not 0
_WAYS: dict[Codec, int] = {"aec-packets": 0x3000, "auto": 0x1000}

#: codecs that can lose: packets of rows alone
NEAR_LOSSLESS: tuple[Codec, ...] = ("aec-packets", "auto", "colmean")
MAX_NEAR_LOSSLESS = 15


def compression_key(
    codec: Codec, kind: Kind, *, shape: tuple[int, int] = (0, 0), near_lossless: int = 0
) -> int:
    """The key of science data. What a coder is not made for goes by CCSDS 121.

    shape: rows and columns of an image. near_lossless: 0..15 [ADU], of images by packets of rows.
    """
    if codec == "none":
        return NONE[kind]
    way = _WAYS.get(codec, 0)
    if kind == "events" and codec in ("aec-packets", "auto", "events"):
        return way | EVENTS
    if kind == "image" and codec in NEAR_LOSSLESS and shape in SHAPES:
        low, high = _ERROR[near_lossless & 3], _ERROR[near_lossless >> 2]
        return high << 20 | low << 16 | way | SHAPES[shape] << 8 | _ROWS
    return AEC[kind]
