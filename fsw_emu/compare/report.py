# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A comparison as text and as JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from fsw_emu.compare.compare import Comparison, Found
from fsw_emu.compare.intended import Judgement

MOST_ROWS = 12


def vector_name(found: Found) -> str:
    """A file name that tells the difference."""
    kept = "".join(c if c.isalnum() or c in "._-" else "_" for c in found.what)
    digest = hashlib.sha256(found.what.encode()).hexdigest()[:6]
    return f"{kept}.{digest}.json"


def as_text(made: Comparison, judgement: Judgement, vectors: str) -> str:
    """Findings first, then cost, then what could not be told."""
    lines = [
        f"a  {made.a}",
        f"b  {made.b}",
        f"chain      {len(made.inputs)} inputs, {made.n_packets} telemetry packets",
        f"functions  {made.n_functions}, {made.n_calls} calls",
    ]
    if any(made.n_lost):
        lines.append(f"lost       a {made.n_lost[0]} times, b {made.n_lost[1]} times")
    for found in made.found:
        meant = judgement.meant.get(found.what)
        lines.append(f"\n{'intended' if meant else 'DIFFERS'}  {found.what}")
        lines.append(f"  {found.where}: a {_short(found.a)}, b {_short(found.b)}")
        if meant:
            lines.append(f"  {meant.reason} (until {meant.expires})")
        else:
            lines.append(f"  --replay {vectors}/{vector_name(found)}")
    lines += [f"expired: {d.what}, on {d.expires}: {d.reason}" for d in judgement.expired]
    lines += [f"met nothing: intended {d.what}: {d.reason}" for d in judgement.unmatched]
    lines += ["", *_cost(made)]
    n = len(judgement.unmeant)
    plural = "" if n == 1 else "s"
    said = f"\n{n or 'no'} difference{plural}, {len(judgement.meant)} intended"
    lines.append("; neither side answered ".join([said, *_unanswered(made)]))
    return "\n".join(lines)


def _unanswered(made: Comparison) -> Iterator[str]:
    """What was asked and not compared, as nobody answered; nothing where there is none."""
    counts = (made.n_unanswered, "call"), (len(made.unanswered), "chain input")
    told = [f"{n} {what}{'' if n == 1 else 's'}" for n, what in counts if n]
    if told:
        yield " and ".join(told)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _cost(made: Comparison) -> Iterator[str]:
    """Lines on code, constants, stack, cycles; only functions that differ."""
    for what in ("code", "stack", "cycles"):
        if what in made.missing:
            yield f"{what:12} -  ({made.missing[what]})"
    if made.sizes is not None:
        a, b = made.sizes
        if "code" in made.missing:
            yield f"code         {a.code} and {b.code} bytes"
            yield f"constants    {a.read_only} and {b.read_only} bytes"
        else:
            yield f"code         {_delta(a.code, b.code)} bytes"
            yield f"constants    {_delta(a.read_only, b.read_only)} bytes"
            for what in ("functions", "constants"):
                sides = _core_only(getattr(a, what), getattr(b, what))
                yield from _rows("code" if what == "functions" else what, *sides, "bytes")
    if "stack" not in made.missing:
        yield from _summary("stack", *made.stacks, "bytes")
    if "cycles" not in made.missing:
        for figure in ("instructions", "cycles"):
            a_sum, b_sum = ({n: getattr(w, figure) for n, w in s.items()} for s in made.work)
            yield from _summary(figure, a_sum, b_sum, "on the same calls")


def _core_only(
    a: Mapping[str, int], b: Mapping[str, int]
) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Names of both, and public ones: what else is in a file around the core is left out."""
    names = {*a} & {*b} | {name for name in {*a, *b} if name.startswith("sxi_")}
    return {n: v for n, v in a.items() if n in names}, {n: v for n, v in b.items() if n in names}


def _summary(what: str, a: Mapping[str, int], b: Mapping[str, int], unit: str) -> Iterator[str]:
    if a == b:
        yield f"{what:12} the same, {len(a)} functions"
    yield from _rows(what, a, b, unit)


def _rows(what: str, a: Mapping[str, int], b: Mapping[str, int], unit: str) -> Iterator[str]:
    """The largest deltas by name."""
    unlike = [name for name in sorted({*a, *b}) if a.get(name) != b.get(name)]
    ordered = sorted(unlike, key=lambda n: -abs(b.get(n, 0) - a.get(n, 0)))
    for name in ordered[:MOST_ROWS]:
        yield f"{what:12} {name} {_delta(a.get(name), b.get(name))} {unit}"
    if len(ordered) > MOST_ROWS:
        yield f"{what:12} and {len(ordered) - MOST_ROWS} more, see --json"


def _delta(a: int | None, b: int | None) -> str:
    if a is None or b is None:
        return f"{'none' if a is None else a} -> {'none' if b is None else b}"
    return f"{a} -> {b} ({b - a:+d})" if a != b else f"{a}, both"


def as_json(made: Comparison, judgement: Judgement) -> dict[str, Any]:
    """All of it, by name; a figure that a side cannot tell is null."""
    found = []
    for difference in made.found:
        meant = judgement.meant.get(difference.what)
        reason = None if meant is None else {"reason": meant.reason, "expires": f"{meant.expires}"}
        found.append({**asdict(difference), "intended": reason})
    return {
        "a": made.a,
        "b": made.b,
        "inputs": made.inputs,
        "calls": made.n_calls,
        "functions": made.n_functions,
        "unanswered": {"calls": made.n_unanswered, "inputs": [*made.unanswered]},
        "lost": made.n_lost,
        "differences": found,
        "expired": _declared(judgement.expired),
        "met_nothing": _declared(judgement.unmatched),
        "sizes": None if made.sizes is None else [asdict(s) for s in made.sizes],
        "stack_bytes": None if "stack" in made.missing else made.stacks,
        "work": None
        if "cycles" in made.missing
        else [{n: asdict(w) for n, w in side.items()} for side in made.work],
        "missing": made.missing,
    }


def _declared(some: Iterable[Any]) -> list[dict[str, str]]:
    return [{"what": d.what, "reason": d.reason, "expires": str(d.expires)} for d in some]
