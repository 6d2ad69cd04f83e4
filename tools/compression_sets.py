# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Write the synthetic sets that compression is measured on. Usage: compression_sets.py [-h] DIR

Seeded: the same files everywhere. ft_s{3,5,10,20}.u16: stacks of four node frames (639 x 384,
little endian) at that read noise [ADU]: pedestal, a fixed pattern of columns, a ramp of rows, X-ray
events, tracks of cosmic rays. events_s5.bin: event packets of 64 bytes. hk152.bin: housekeeping
packets of 152 bytes, whose last two are random and so cannot become smaller.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS, COLS = 639, 384
SIGMAS = (3, 5, 10, 20)
FRAMES = 4
N_EVENTS, N_TRACKS = 300, 30
SINGLE = 0.7  # share of events whose charge stays in one pixel
SIDES = ((0, 1), (1, 0), (0, -1), (-1, 0))  # where the rest of a split event goes (row, col)
WINDOW_SIDES = (11, 13, 7, 17)  # the same in a window of 25 pixels
PACKET = np.dtype(
    [
        ("spw", ">u2"), ("length", ">u2"), ("mode", "u1"), ("type", "u1"), ("frame", ">u2"),
        ("sequence", ">u2"), ("col", ">u2"), ("row", ">u2"), ("pixels", ">u2", (25,)),
    ]
)  # fmt: skip
HK_PACKETS, HK_BYTES, HK_CHANNELS = 4000, 152, 60


def to_samples(values: NDArray[np.float64]) -> NDArray[np.uint16]:
    return np.clip(np.rint(values), 0, 65535).astype("<u2")


def frames(sigma: float) -> NDArray[np.uint16]:
    """Four frames (4, 639, 384) [ADU] of one column pattern."""
    return np.stack([frame(sigma, 1000 * int(sigma) + i) for i in range(FRAMES)])


def frame(sigma: float, seed: int) -> NDArray[np.uint16]:
    rng = np.random.default_rng(seed)
    pattern = np.random.default_rng(7).normal(0, 1, COLS)
    ramp = np.linspace(0, 4, ROWS)
    image = 500 + (pattern + ramp[:, None]) + rng.normal(0, sigma, (ROWS, COLS))
    for _ in range(N_EVENTS):
        _add_event(image, rng)
    for _ in range(N_TRACKS):
        _add_track(image, rng)
    return to_samples(image)


def _add_event(image: NDArray[np.float64], rng: np.random.Generator) -> None:
    energy = rng.uniform(40, 400)
    row, col = rng.integers(1, ROWS - 1), rng.integers(1, COLS - 1)
    if rng.random() < SINGLE:
        image[row, col] += energy
        return
    share = rng.uniform(0.5, 0.95)
    down, right = SIDES[rng.integers(4)]
    image[row, col] += share * energy
    image[row + down, col + right] += (1 - share) * energy


def _add_track(image: NDArray[np.float64], rng: np.random.Generator) -> None:
    length, angle = rng.exponential(8) + 1, rng.uniform(0, np.pi)
    from_row, from_col = rng.uniform(0, ROWS), rng.uniform(0, COLS)
    for step in np.arange(0, length, 0.5):
        row, col = int(from_row + step * np.sin(angle)), int(from_col + step * np.cos(angle))
        if 0 <= row < ROWS and 0 <= col < COLS:
            image[row, col] += rng.gamma(3, 60)


def event_packets(sigma: float = 5) -> bytes:
    """Event packets of 64 bytes: 8 frames of 4 nodes, about 280 events each."""
    rng = np.random.default_rng(42)
    nodes = [(frame, node) for frame in range(8) for node in range(4)]
    return b"".join(_node_events(rng, sigma, *each).tobytes() for each in nodes)


def _node_events(rng: np.random.Generator, sigma: float, frame: int, node: int) -> NDArray[Any]:
    n = int(rng.poisson(280))
    packets = np.zeros(n, PACKET)
    packets["spw"], packets["length"], packets["mode"] = 0x50F0, 54, 5
    packets["type"] = 1 | (node >> 1) << 4 | (node & 1) << 5
    packets["frame"], packets["sequence"] = 100 + frame, np.arange(n)
    places = np.sort(rng.choice((ROWS - 4) * (COLS - 4), n, replace=False))
    packets["row"], packets["col"] = places // (COLS - 4) + 2, places % (COLS - 4) + 2
    pixels = 100 + rng.normal(0, sigma, (n, 25))
    for window, energy in zip(pixels, rng.uniform(40, 400, n), strict=True):
        share = 1.0
        if rng.random() >= SINGLE:
            share = rng.uniform(0.5, 0.95)
            window[WINDOW_SIDES[rng.integers(4)]] += (1 - share) * energy
        window[12] += share * energy
    packets["pixels"] = to_samples(pixels)
    return packets


def housekeeping() -> list[bytes]:
    """4000 packets of 152 bytes: a PUS header, 60 channels that are constant, toggle, are noisy
    or drift, counters, and a checksum that is random."""
    rng = np.random.default_rng(9)
    base = rng.integers(200, 60000, HK_CHANNELS).astype(float)
    kind = rng.integers(0, 4, HK_CHANNELS)
    drift = np.zeros(HK_CHANNELS)
    packets = []
    for i in range(HK_PACKETS):
        drift += np.where(kind == 3, rng.normal(0, 0.3, HK_CHANNELS), 0)
        values = base + drift + np.where(kind == 2, rng.normal(0, 0.5, HK_CHANNELS), 0)
        values += np.where(kind == 3, rng.normal(0, 1, HK_CHANNELS), 0)
        values += np.where(kind == 1, rng.random(HK_CHANNELS) < 0.02, 0)
        head = bytes.fromhex("096c") + (0xC000 | i).to_bytes(2) + bytes.fromhex("009110031900")
        time = (0x2A000000 + 8 * i).to_bytes(4) + bytes.fromhex("8000")
        tail = bytes.fromhex("a5030001") + (i // 20).to_bytes(2) + bytes([i // 500 % 2])
        channels = to_samples(values).astype(">u2").tobytes()
        checksum = int(rng.integers(0, 65536)).to_bytes(2)
        packets.append((head + time + channels + tail).ljust(HK_BYTES - 2, b"\0") + checksum)
    return packets


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="made if absent")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for sigma in SIGMAS:
        (folder / f"ft_s{sigma}.u16").write_bytes(frames(sigma).tobytes())
    (folder / "events_s5.bin").write_bytes(event_packets())
    (folder / "hk152.bin").write_bytes(b"".join(housekeeping()))


if __name__ == "__main__":
    main()
