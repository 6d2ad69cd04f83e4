# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Code the same samples with libaec and with the core, of every option of CCSDS 121.

Usage: aec_differential.py [-h] [--samples N] [--seed S] [--json FILE]

N samples of each width 1..32 and block size, with and without preprocessor, with and without the
restricted code options where there are any; interval lengths take turns. The bytes must be the
same, and come back as they were. Exits 1 with the first stream that differs.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from fsw_emu.core import Core, default_core

INTERVALS = (1, 2, 5, 63, 64, 65, 128, 1000, 4096)
LONGEST = 8192  # samples of a stream
PREPROCESS, RESTRICTED = 8, 16  # of libaec


@dataclass(frozen=True)
class Options:
    """What of CCSDS 121 a stream is coded with; the interval comes with each stream."""

    bits: int
    block_size: int
    preprocess: bool
    restricted: bool


def every_option() -> list[Options]:
    return [
        Options(bits, block_size, preprocess, restricted)
        for bits, block_size, preprocess, restricted in product(
            range(1, 33), (8, 16, 32, 64), (False, True), (False, True)
        )
        if bits <= 4 or not restricted
    ]


def streams(rng: np.random.Generator, bits: int, samples: int) -> Iterator[NDArray[Any]]:
    """So many samples: noise of any spread on any mean, outliers, stretches without change."""
    most, width = 2**bits - 1, 1 if bits <= 8 else 2 if bits <= 16 else 4
    normal = rng.standard_normal(4 * LONGEST)
    while samples > 0:
        n = min(int(2 ** rng.uniform(4, np.log2(LONGEST))), samples)
        first = int(rng.integers(len(normal) - n))
        values = normal[first : first + n] * 2.0 ** rng.uniform(-3, bits) + rng.uniform(0, most)
        if rng.random() < 0.5:  # the rarer the change, the longer the runs of zero blocks
            kept = rng.random(n) < 10 ** rng.uniform(-4, 0)
            at = np.maximum.accumulate(np.where(kept, np.arange(n), 0))
            values = values[at] if rng.random() < 0.5 else np.where(kept, values, 0)
        outliers = rng.integers(0, n, int(rng.integers(3)))
        values[outliers] = rng.integers(0, most, len(outliers), endpoint=True)
        yield np.clip(np.rint(values), 0, most).astype(f"u{width}")
        samples -= n


def libaec(samples: NDArray[Any], rsi: int, o: Options) -> bytes:
    flags = (PREPROCESS if o.preprocess else 0) | (RESTRICTED if o.restricted else 0)
    coded = imagecodecs.aec_encode(
        samples, bitspersample=o.bits, blocksize=o.block_size, rsi=rsi, flags=flags
    )
    return bytes(coded)


def difference(core: Core, o: Options, samples: int, seed: int) -> str:
    """What is not as libaec has it, of so many samples of one set of options; or nothing."""
    rng = np.random.default_rng([seed, o.bits, o.block_size, o.preprocess, o.restricted])
    for i, stream in enumerate(streams(rng, o.bits, samples)):
        rsi = INTERVALS[i % len(INTERVALS)]
        theirs = libaec(stream, rsi, o)
        if core.aec_encode(stream, rsi=rsi, **asdict(o)) != theirs:
            return f"{o} rsi={rsi}: stream {i}, seed {seed}: other bytes"
        if not np.array_equal(core.aec_decode(theirs, len(stream), rsi=rsi, **asdict(o)), stream):
            return f"{o} rsi={rsi}: stream {i}, seed {seed}: other samples"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=10**7, help="of each; default: 10^7")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures")
    args = parser.parse_args()
    core, begun, options = default_core(), time.monotonic(), every_option()
    for o in tqdm(options, disable=not sys.stderr.isatty()):
        different = difference(core, o, args.samples, args.seed)
        if different:
            print(different)
            return 1
    seconds = round(time.monotonic() - begun, 1)
    print(f"{len(options)} sets of options, {args.samples:,} samples each: same, {seconds} s")
    figures = {"options": len(options), "samples": args.samples, "seconds": seconds}
    if args.json is not None:
        args.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
