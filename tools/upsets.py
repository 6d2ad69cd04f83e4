# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Flip bits of an emulated flight processor's memory and tell what came of each.

Usage: upsets.py [-h] [--flips N] [--seed S] [--elf FILE] [--json FILE] [--html FILE]

Every flip hits a table, a structure, an array or the request ring's page, before a request or
while it runs (docs/upsets.md). Exits 1 when the target hung, ended, or went on wrongly.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from tqdm import tqdm
from upset_cases import upset_cases

from fsw_emu.report.charts import bar_chart, number
from fsw_emu.report.page import STYLE, card, figure
from fsw_emu.targets import flight_program
from fsw_emu.targets.upsets import OUTCOMES, REGIONS, Campaign, Upset

MEANING = {
    "no effect": "the answer is right",
    "status": "a negative status, a refused or trapped request, a rejected packet, a hit guard",
    "detected by crc": "the answer is wrong, and the product's own check says so",
    "silent": "the answer is wrong, or memory was changed that was nobody's; nothing said so",
    "hang": "no answer, or a wrong one after the flip was undone",
}


@dataclass(frozen=True)
class Count:
    """What came of a campaign."""

    seed: int
    flips: int
    regions: dict[str, dict[str, int]]  # region, outcome
    kinds: dict[str, dict[str, int]]  # outcome, kind
    functions: dict[str, dict[str, int]]  # function, outcome
    silent: dict[str, dict[str, int]]  # function, place
    stray: int
    hangs: list[str]


def tell(upset: Upset) -> str:
    """One flip in words."""
    hit = upset.flip
    when = "during" if hit.during else "before"
    return (
        f"{upset.case.function}: {hit.place.region} {hit.place.name}, byte "
        f"{hit.address - hit.place.address} bit {hit.bit}, {when} the request: {upset.kind}"
    )


def _table(pairs: Sequence[tuple[str, str]]) -> dict[str, dict[str, int]]:
    counted = Counter(pairs)
    rows: dict[str, dict[str, int]] = {row: {} for row, _ in sorted(counted)}
    for (row, column), n in sorted(counted.items()):
        rows[row][column] = n
    return rows


def count(upsets: Sequence[Upset], seed: int) -> Count:
    silent = [u for u in upsets if u.outcome == "silent"]
    told = [u for u in upsets if u.kind and u.outcome != "hang"]
    return Count(
        seed=seed,
        flips=len(upsets),
        regions=_table([(u.flip.place.region, u.outcome) for u in upsets]),
        kinds=_table([(u.outcome, u.kind) for u in told]),
        functions=_table([(u.case.function, u.outcome) for u in upsets]),
        silent=_table(
            [(u.case.function, f"{u.flip.place.region} {u.flip.place.name}") for u in silent]
        ),
        stray=sum(u.stray for u in upsets),
        hangs=[tell(u) for u in upsets if u.outcome == "hang"],
    )


def _outcomes(row: dict[str, int]) -> list[int]:
    return [row.get(outcome, 0) for outcome in OUTCOMES]


def print_count(done: Count) -> None:
    print(f"{'region':<24}" + "".join(f"{name:>17}" for name in OUTCOMES))
    for region in REGIONS:
        row = _outcomes(done.regions.get(region, {}))
        print(f"{region:<24}" + "".join(f"{n:>17}" for n in row))
    totals = [sum(r.get(outcome, 0) for r in done.regions.values()) for outcome in OUTCOMES]
    print(f"{'all':<24}" + "".join(f"{n:>17}" for n in totals))
    for outcome, kinds in done.kinds.items():
        print(f"\n{outcome}: " + ", ".join(f"{n} {kind}" for kind, n in kinds.items()))
    print(f"\n{done.stray} flips changed memory that was nobody's")
    print("\nsilent, by function")
    for function, places in sorted(done.silent.items(), key=lambda item: -sum(item[1].values())):
        where = ", ".join(f"{place} {n}" for place, n in places.items())
        print(f"{sum(places.values()):>6} {function:<24} {where}")
    for hang in done.hangs:
        print(f"HANG {hang}")


def page(done: Count) -> str:
    """The same for people, as one HTML file."""
    totals = {o: sum(r.get(o, 0) for r in done.regions.values()) for o in OUTCOMES}
    figures = []
    for outcome in OUTCOMES[:-1]:
        rows = [(region, float(done.regions.get(region, {}).get(outcome, 0))) for region in REGIONS]
        chart = bar_chart(rows, "flips", f"{outcome}, by what was hit")
        figures.append(figure(outcome.capitalize(), chart, f"By what was hit: {MEANING[outcome]}."))
    head = "".join(f"<td>{escape(outcome)}</td>" for outcome in OUTCOMES)
    functions = "".join(
        f"<tr><th>{escape(name)}</th>" + "".join(f"<td>{n}</td>" for n in _outcomes(row)) + "</tr>"
        for name, row in done.functions.items()
    )
    hangs = "".join(f"<li>{escape(hang)}</li>" for hang in done.hangs)
    cards = "".join(card(outcome, number(n)) for outcome, n in totals.items())
    verdict = f"{len(done.hangs)} hangs" if done.hangs else "no hang"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>fsw-emu: upsets</title>'
        f"{STYLE}</head><body><main><h1>{number(done.flips)} single-event upsets "
        f'<small class="{"bad" if done.hangs else "good"}">{verdict}</small></h1>'
        f'<div class="cards">{cards}</div><div class="figures">{"".join(figures)}</div>'
        f"<ul>{hangs}</ul><h2>By function</h2>"
        f"<table><tr><th></th>{head}</tr>{functions}</table></main></body></html>\n"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--flips", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--elf", type=Path, help="a LEON3 program other than build/leon3/sxi.elf")
    parser.add_argument("--json", type=Path, help="write all counts")
    parser.add_argument("--html", type=Path, help="write a page")
    args = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as others end before `head`
    campaign = Campaign(args.elf or flight_program(), upset_cases())
    try:
        flips = campaign.run(args.flips, seed=args.seed)
        bar = tqdm(flips, total=args.flips, unit="flip", leave=False, disable=None)
        done = count(list(bar), args.seed)
    finally:
        campaign.close()
    print_count(done)
    if args.json:
        args.json.write_text(json.dumps(vars(done), indent=2) + "\n")
    if args.html:
        args.html.write_text(page(done))
    return 1 if done.hangs else 0


if __name__ == "__main__":
    sys.exit(main())
