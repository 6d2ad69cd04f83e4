# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The SRAM of the FEE: corrections, one word a row or column with a byte of each node, and frames,
one word a pixel and side, the two CCDs in its halves (register map v0.38)."""

from __future__ import annotations

SRAM_START, SRAM_END = 0x800000, 0xC00000
ROW_CORRECTIONS, N_ROW_CORRECTIONS = 0x800000, 1024
COLUMN_CORRECTIONS, N_COLUMN_CORRECTIONS = 0x801000, 512
#: by how many bits a node's correction is shifted in its word
CORRECTION_SHIFT = {"E4": 24, "F4": 16, "E2": 8, "F2": 0}
#: rows and columns of a node's frame, 6x6 binned
FRAME_SHAPE = (639, 384)
#: where the frames of each side begin
FRAMES = {"E": 0x801800, "F": 0x900C00}
#: by how many bits a pixel is shifted in its word
FRAME_SHIFT = {"2": 0, "4": 16}
