# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The onboard event filter, written to be read (rule of the public FEE library)."""

from __future__ import annotations

from collections.abc import Sequence

RING = (6, 7, 8, 11, 13, 16, 17, 18)
CENTRE = 12


def cause(
    pixels: Sequence[int],
    *,
    bad: bool,
    centre_max: int,
    ring_sum_max: int,
    ring_max: int,
    ring_count_max: int,
) -> str:
    """Why an event is rejected: the first of the rules that fails, or ``kept``."""
    ring = [int(pixels[k]) for k in RING]
    if bad:
        return "bad"
    if int(pixels[CENTRE]) > centre_max:
        return "centre"
    if sum(ring) > ring_sum_max:
        return "ring_sum"
    if sum(pixel > ring_max for pixel in ring) > ring_count_max:
        return "ring_count"
    return "kept"
