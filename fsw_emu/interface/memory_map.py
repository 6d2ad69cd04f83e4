# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What both sides of the link know of the onboard memory (ground calibration files)."""

from __future__ import annotations

from collections.abc import Mapping

#: a mask has a bit for each pixel of a node, row by row, the most significant bit first
MASK_ROWS, MASK_COLUMNS = 639, 384
MASK_BYTES = MASK_ROWS * MASK_COLUMNS // 8
#: where those in MRAM begin, by node
BAD_PIXEL_MASKS: Mapping[str, int] = {
    "E2": 0x40644C00,
    "F2": 0x4064CC00,
    "E4": 0x40654C00,
    "F4": 0x4065CC00,
}
