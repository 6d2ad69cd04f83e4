# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Inject faults into a million packets between FEE and DPU, and tell what became of each.

Usage: campaign.py [-h] [--packets N] [--seed S] [--json FILE]

RMAP transactions and FEE packets cross one faulty link; two thirds are FEE packets. Exits 1 when a
fault was neither found nor harmless, a counter is not what the faults make it, or memory grows by
more than 8 MB in the second half.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from campaign_rig import Campaign, rss_bytes

#: what the process may grow by from half time to its end
MORE_RSS_BYTES = 8_000_000


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--packets", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the result")
    args = parser.parse_args(argv)
    start = time.perf_counter()
    campaign = Campaign(args.packets, args.seed)
    asyncio.run(campaign.run())
    result = report(campaign)
    result |= {"seconds": round(time.perf_counter() - start, 1), "seed": args.seed}
    half, end = campaign.memory_bytes, rss_bytes()
    result["memory_bytes"] = {"half time": half, "end": end}
    grown = end > half + MORE_RSS_BYTES
    tail = f", BUT {MORE_RSS_BYTES / 1e6:.0f} MB more at most" if grown else ""
    memory = f"memory {half / 1e6:.0f} MB at half time, {end / 1e6:.0f} MB at end{tail}"
    print(f"{result['seconds']} s, {memory}")
    if args.json is not None:
        args.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0 if result["exact"] and not grown else 1


def report(campaign: Campaign) -> dict[str, Any]:
    """Print the table; the result as data."""
    crossed = campaign.there.n_in + campaign.back.n_in
    total = campaign.injector.counts.total()
    print(f"{crossed:,} packets and time-codes, {total:,} faults ({total / crossed:.2%})\n")
    for (kind, who, what), n in sorted(campaign.verdicts.counts.items()):
        print(f"{kind:18} {n:6,}  {who}: {what}")
    print()
    checks = campaign.checks()
    for name, (counted, wanted) in checks.items():
        tail = f"{counted}" if counted == wanted else f"{counted}, BUT {wanted}"
        print(f"{name}: {tail}")
    return {
        "packets": crossed,
        "injected": dict(campaign.injector.counts),
        "verdicts": [
            {"kind": kind, "by": who, "what": what, "count": n}
            for (kind, who, what), n in sorted(campaign.verdicts.counts.items())
        ],
        "checks": {name: {"counted": c, "wanted": w} for name, (c, w) in checks.items()},
        "exact": all(counted == wanted for counted, wanted in checks.values()),
    }


if __name__ == "__main__":
    sys.exit(main())
