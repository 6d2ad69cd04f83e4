# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Thresholds that follow the charge lost on the way to the readout (ASSUMED A84)."""

from __future__ import annotations


def thresholds(threshold: int, *, loss: int, transfers: int, least: int, n_rows: int) -> list[int]:
    """Threshold [ADU] of each row: what is left of it after (row + 1) * transfers transfers.

    loss: of a transfer [2^-32]; least: [ADU], no result is below it and ``threshold``.
    Levels have 16 bits below 1 ADU; what a transfer loses is rounded down.
    """
    level, made = threshold * 65536, []
    for _ in range(n_rows):
        for _ in range(transfers):
            level -= level * loss // 2**32
        made.append(max((level + 32768) // 65536, min(least, threshold)))
    return made
