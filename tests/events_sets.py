# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Sets of event packets: as the FEE sends them, and stranger ones."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from hypothesis import strategies as st

SIDES = (7, 11, 13, 17)


def window(rng: np.random.Generator, level: int, spread: float, split: int | None) -> Any:
    """Noise on a pedestal, charge in the centre and, with split, in one of its sides."""
    pixels = rng.normal(level, spread, 25)
    pixels[12] += rng.uniform(60, 400)
    if split is not None:
        pixels[SIDES[split]] += 50 + 20 * spread
    return np.clip(np.rint(pixels), 0, 0xFFFF).astype(int)


def packet(words: list[int], pixels: Any) -> bytes:
    return struct.pack(">32H", *words, *(int(x) for x in pixels))


@st.composite
def event_sets(draw: st.DrawFn, max_events: int = 12) -> bytes:
    """Some frames of nodes: events in raster order, masks, empty packets, and what no FEE sends."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["events", "events", "filtered", "masks", "strange", "any"]))
    level, spread = draw(st.sampled_from([100, 500, 65530])), draw(st.sampled_from([0, 1, 5, 700]))
    n, per_run = draw(st.integers(1, max_events)), draw(st.integers(1, max_events))
    step = draw(st.sampled_from([1, 40, 900, 200_000]))
    made, position, sequence = [], 0, int(rng.integers(0, 0x10000))
    for i in range(n):
        if kind == "any":
            made.append(rng.bytes(64))
            continue
        if i % per_run == 0:
            position = int(rng.integers(2, 900))
        position = (position + int(rng.integers(1, 2 * step))) % (384 * 0x10000)
        sequence += 1 if kind != "filtered" else int(rng.integers(1, 40))
        is_mask = kind == "masks" and rng.random() < 0.2
        kind_bits = 0x0500 | (3 if is_mask else 1) | i // per_run % 4 << 4
        words = [0x50F0, 54, kind_bits, i // per_run // 4, sequence & 0xFFFF]
        words += [position % 384, position // 384]
        if kind == "strange" and rng.random() < 0.4:
            words[int(rng.integers(0, 7))] = int(rng.integers(0, 0x10000))
        split = int(rng.integers(0, 4)) if rng.random() < 0.4 else None
        pixels = window(rng, level + i // per_run, spread, split)
        if kind == "strange" and rng.random() < 0.3:
            pixels[int(rng.integers(0, 25))] = int(rng.integers(0, 0x10000))
        made.append(packet(words, np.zeros(25) if is_mask and spread == 5 else pixels))
    return b"".join(made)
