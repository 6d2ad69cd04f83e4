# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Search the inputs that take a function of the core the most cycles on the flight processor.

Usage: high_water.py [-h] [--trials N] [--seed S] [FUNCTION...]

A hill climb from inputs of many characters; what it finds is kept in tests/vectors/high_water.npz,
where tools/cycles.py takes it from, if it is worse than what is there.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from cycle_cases import HIGH_WATER, SEARCHED, Case
from cycles import FLIGHT, Meter, meter
from numpy.typing import NDArray
from tqdm import tqdm

Input = NDArray[Any]
SHAPES = {
    "sxi_edu_detect": (24, 40),
    "sxi_filter_events": (64, 27),
    "sxi_aec_encode_u16": (2048,),
    "sxi_aec_encode_u32": (2048,),
    "sxi_aec_decode_u16": (2048,),
    "sxi_aec_decode_u32": (2048,),
}


def characters(rng: np.random.Generator, shape: tuple[int, ...], most: int) -> list[Input]:
    """Where climbs begin."""
    n = int(np.prod(shape))
    even = np.arange(n) % 2
    flat = [
        rng.integers(0, most, n, endpoint=True),
        np.where(even, most, 0),
        np.where(rng.random(n) < 0.03, rng.integers(0, most, n), 0),
        500 + 100 * (np.arange(n) % 2) * (np.arange(n) // shape[-1] % 2),
    ]
    flat += [np.clip(rng.normal(most / 2, 2.0**s, n).round(), 0, most) for s in range(0, 15, 2)]
    flat += [(rng.geometric(2.0**-s, n) - 1).clip(max=most) for s in range(1, 12, 2)]
    return [values.reshape(shape).astype(np.uint64) for values in flat]


def changed(rng: np.random.Generator, values: Input, most: int) -> Input:
    """A neighbour: some samples anew, some swapped, a stretch copied or shifted."""
    flat = values.reshape(-1).copy()
    n = len(flat)
    first, length = int(rng.integers(n)), int(2 ** rng.uniform(0, np.log2(n)))
    part = slice(first, min(first + length, n))
    size = len(flat[part])
    what = rng.integers(5)
    if what == 0:
        flat[part] = rng.integers(0, most, size, endpoint=True)
    elif what == 1:
        source = int(rng.integers(n - size + 1))
        flat[part] = flat[source : source + size].copy()
    elif what == 2:
        flat[part] = np.clip(
            flat[part].astype(float) + rng.normal(0, 2.0 ** rng.integers(0, 15), size), 0, most
        ).round()
    elif what == 3:
        flat[part] = flat[first]
    else:
        at = rng.integers(0, n, max(size // 8, 1))
        flat[at] = rng.integers(0, most, len(at), endpoint=True)
    return flat.reshape(values.shape)


class Climb:
    """Towards the most cycles a unit."""

    def __init__(self, function: str, target: Meter) -> None:
        self.make: Callable[[Input, str], Case] = SEARCHED[function]
        self.dtype = np.uint32 if function.endswith("u32") else np.uint16
        self.most = int(np.iinfo(self.dtype).max)
        self.target = target

    def cost(self, values: Input) -> float:
        case = self.make(values.astype(self.dtype), "trial")
        return self.target.count(case).cycles / case.units

    def run(
        self, rng: np.random.Generator, starts: list[Input], trials: int
    ) -> tuple[float, Input]:
        """The best of trials neighbours, from the best of the starts."""
        best = max(((self.cost(s), i) for i, s in enumerate(starts)), default=(0.0, 0))
        cost, values = best[0], starts[best[1]]
        for _ in tqdm(range(trials), disable=not sys.stderr.isatty(), leave=False):
            trial = changed(rng, values, self.most)
            found = self.cost(trial)
            if found >= cost:
                cost, values = found, trial
        return cost, values.astype(self.dtype)


def save(vectors: dict[str, Input]) -> None:
    """The file whole, or as it was."""
    memory = io.BytesIO()
    np.savez_compressed(memory, **vectors)
    HIGH_WATER.parent.mkdir(parents=True, exist_ok=True)
    part = HIGH_WATER.with_suffix(".part")
    part.write_bytes(memory.getvalue())
    part.replace(HIGH_WATER)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("functions", nargs="*", metavar="FUNCTION", help="default: all searched")
    parser.add_argument("--trials", type=int, default=2000, metavar="N", help="default 2000")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="default 1")
    args = parser.parse_args()
    unknown = set(args.functions) - set(SEARCHED)
    if unknown:
        parser.error(f"not searched: {', '.join(sorted(unknown))}")
    vectors: dict[str, Input] = {}
    if HIGH_WATER.exists():
        with np.load(HIGH_WATER, allow_pickle=False) as kept:
            vectors = dict(kept.items())
    for function in args.functions or SEARCHED:
        rng = np.random.default_rng(args.seed)
        with meter(Path(FLIGHT / "sxi.elf")) as target:
            climb = Climb(function, target)
            starts = characters(rng, SHAPES[function], climb.most)
            if function in vectors:
                starts.insert(0, vectors[function].astype(np.uint64))
            before = climb.cost(starts[0]) if function in vectors else 0.0
            cost, values = climb.run(rng, starts, args.trials)
        print(f"{function:24} {before:10.2f} -> {max(cost, before):10.2f} cycles a unit")
        if cost > before:
            vectors[function] = values
            save(vectors)
    return 0


if __name__ == "__main__":
    sys.exit(main())
