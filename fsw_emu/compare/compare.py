# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A comparison of two targets: chain, functions, cost, vectors."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fsw_emu.compare.chain import ChainInput, ChainResult, load_result, save_input
from fsw_emu.compare.deltas import (
    Sizes,
    Work,
    deepest_stacks,
    file_of,
    is_flight,
    sizes,
    work,
)
from fsw_emu.compare.search import Finding, Search
from fsw_emu.compare.side import Side
from fsw_emu.compare.telemetry import Difference, differences
from fsw_emu.compare.vector import call_vector, chain_vector
from fsw_emu.core import TargetError

SHRINK_S = 10.0


@dataclass(frozen=True)
class Found:
    """One distinct difference: where it came first, both values, the smallest input known that
    shows it (as a vector file holds it)."""

    what: str
    where: str
    a: str
    b: str
    vector: dict[str, object]


@dataclass
class Comparison:
    """What came of it. unanswered: both fates by input of the chain that neither ended;
    n_unanswered: calls that neither answered; missing: figures that a side cannot tell, and
    why."""

    a: str
    b: str
    found: list[Found] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    n_packets: int = 0
    unanswered: dict[str, tuple[str, str]] = field(default_factory=dict)
    n_calls: int = 0
    n_unanswered: int = 0
    n_functions: int = 0
    n_lost: tuple[int, int] = (0, 0)
    sizes: tuple[Sizes, Sizes] | None = None
    stacks: tuple[dict[str, int], dict[str, int]] = field(default_factory=lambda: ({}, {}))
    work: tuple[dict[str, Work], dict[str, Work]] = field(default_factory=lambda: ({}, {}))
    missing: dict[str, str] = field(default_factory=dict)


class Sides:
    """Both targets at once, in a folder of their own for what goes between. TargetError when one
    does not start."""

    def __init__(self, a: str, b: str) -> None:
        self.a = Side(a)
        try:
            self.b = Side(b)
        except TargetError:
            self.a.close()
            raise
        self._folder = tempfile.TemporaryDirectory(prefix="fsw-emu-diff-")
        self.folder = Path(self._folder.name)

    def __enter__(self) -> Sides:
        return self

    def __exit__(self, *_error: object) -> None:
        self.a.close()
        self.b.close()
        self._folder.cleanup()

    def chain(self, source: ChainInput) -> tuple[ChainResult, ChainResult]:
        """Run the science chain on both, at the same time."""
        given = self.folder / "input.npz"
        save_input(source, given)
        outs = [self.folder / f"{name}.npz" for name in "ab"]
        for side, out in zip((self.a, self.b), outs, strict=True):
            side.post_chain(given, out)
        results = [load_result(s.answer(), o) for s, o in zip((self.a, self.b), outs, strict=True)]
        return results[0], results[1]


def compare(
    sides: Sides,
    inputs: Sequence[ChainInput],
    *,
    seconds: float,
    seed: int = 1,
    tell: Callable[[str], None] = lambda _line: None,
) -> Comparison:
    """Run both sides on the inputs and on calls drawn for so many seconds."""
    made = Comparison(sides.a.name, sides.b.name)
    for source in inputs:
        tell(f"chain: {source.name}")
        _compare_chain(sides, source, made, tell)
    if inputs and len(made.unanswered) == len(inputs):  # nothing is known of the chain
        first = inputs[0]
        fates = made.unanswered[first.name]
        made.found.append(Found("chain.unanswered", first.name, *fates, chain_vector(first)))
    search = Search(sides.a, sides.b, seed=seed, tell=tell)
    search.run(seconds)
    made.found += [_found(finding) for finding in (*search.findings, *search.unanswered())]
    made.n_calls, made.n_functions = search.n_calls, len(search.measured)
    made.n_unanswered = search.n_unanswered
    made.n_lost = sides.a.n_lost, sides.b.n_lost
    _cost(made, search, tell)
    return made


def _found(finding: Finding) -> Found:
    at = finding.mismatch
    return Found(finding.what, at.path, str(at.a), str(at.b), call_vector(finding.call))


def _compare_chain(
    sides: Sides, source: ChainInput, made: Comparison, tell: Callable[[str], None]
) -> None:
    """Differences of one input that are not known yet, and the fewest packets that show them."""
    a, b = sides.chain(source)
    made.inputs.append(source.name)
    if a.fate and b.fate:
        made.unanswered[source.name] = a.fate, b.fate
    made.n_packets += max(len(a.packets), len(b.packets))
    known = {found.what for found in made.found}
    new = [d for d in differences(a, b) if d.what not in known]
    if not new:
        return
    tell(f"chain: fewest packets of {source.name}")
    small, shown = _fewest(sides, source, new)
    for difference in new:
        first = shown.get(difference.what)
        kept = small if first is not None else source
        made.found.append(
            Found(
                difference.what,
                f"{source.name}: {difference.where}",
                difference.a,
                difference.b,
                chain_vector(kept),
            )
        )


def _fewest(
    sides: Sides, source: ChainInput, wanted: Sequence[Difference]
) -> tuple[ChainInput, dict[str, Difference]]:
    """Leave out ever smaller stretches of packets while the first difference stays; what the
    smallest input shows."""
    end = time.monotonic() + SHRINK_S
    shown = {d.what: d for d in wanted}
    size = len(source.packets) // 2
    while size and time.monotonic() < end:
        at = 0
        while at < len(source.packets) and time.monotonic() < end:
            packets = [*source.packets[:at], *source.packets[at + size :]]
            less = replace(source, packets=packets)
            found = {d.what: d for d in differences(*sides.chain(less))} if packets else {}
            if wanted[0].what in found:
                source, shown = less, found
            else:
                at += size
        size //= 2
    return source, shown


def _cost(made: Comparison, search: Search, tell: Callable[[str], None]) -> None:
    """Code, stack and cycles, as far as the two kinds of target can tell."""
    names = made.a, made.b
    try:
        made.sizes = sizes(file_of(names[0])), sizes(file_of(names[1]))
        made.stacks = deepest_stacks(names[0]), deepest_stacks(names[1])
    except (OSError, ValueError) as error:
        made.missing["code"] = str(error)
        return
    if made.sizes[0].machine != made.sizes[1].machine:
        made.missing["code"] = "the builds are for different processors"
    if not all(made.stacks):
        made.missing["stack"] = "read from code for SPARC only"
    unflown = [name for name in names if not is_flight(name)]
    if unflown:
        made.missing["cycles"] = f"{unflown[0]} does not run on the emulated flight processor"
        return
    try:
        made.work = tuple(work(n, search.measured, tell) for n in names)  # type: ignore[assignment]
    except (OSError, TargetError) as error:
        made.missing["cycles"] = str(error)
