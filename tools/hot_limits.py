# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The limits of c_src/src/hot.c, from scipy's Poisson distribution.

Usage: hot_limits.py [-h]

One row for each class of rates, for windows of 4, 8, 16 and 32 readouts: the fewest events of one
pixel whose chance, a pixel and readout, is within the budget of SPEC.md section 18.4.
"""

from __future__ import annotations

import argparse

from scipy.stats import poisson

READOUTS_A_DAY = 21600  # of 4 s
WRONG_A_DAY = 1e-4  # of the pixels that are alive
SHARES = {4: 14 / 15, 8: 1 / 45, 16: 1 / 45, 32: 1 / 45}  # the first acts most often
CLASSES = range(-13, -3)  # powers of two [events a pixel and readout]


def limit(rate: float, window: int) -> int:
    """Events in so many readouts that make a pixel hot, or window + 1. The last of them comes
    in the readout that is judged, so the others come in one less."""
    chance = WRONG_A_DAY / READOUTS_A_DAY * SHARES[window]
    for n in range(2, window + 1):
        if rate * poisson.sf(n - 2, (window - 1) * rate) <= chance:
            return n
    return window + 1


def main() -> int:
    description, _, usage = (__doc__ or "").partition("\n")
    argparse.ArgumentParser(
        description=description,
        epilog=usage,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()
    for power in CLASSES:
        row = ", ".join(str(limit(2.0**power, window)) for window in SHARES)
        print(f"    {{{row}}}, /* 2^{power} */")
    print(f"    {{{', '.join(str(window + 1) for window in SHARES)}}}, /* beyond */")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
