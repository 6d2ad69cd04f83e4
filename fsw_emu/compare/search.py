"""Looks for calls that two sides answer differently, and makes each as small as it goes."""

from __future__ import annotations

import json
import random
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import hypothesis
from hypothesis.errors import HypothesisWarning, NoSuchExample

from fsw_emu.compare.call import Call, Mismatch, mismatch
from fsw_emu.compare.generate import calls
from fsw_emu.compare.side import Side
from fsw_emu.targets import signatures
from fsw_emu.targets._library import headers

EXAMPLES = 60  # of each function, a round
SHRINK_S = 5.0
MOST = 6  # differences told of one function
KEPT = 6  # calls that both answered alike, kept to be measured


@dataclass(frozen=True)
class Finding:
    """The smallest call known with a difference, and the difference."""

    call: Call
    mismatch: Mismatch

    @property
    def what(self) -> str:
        return f"{self.call.function}.{self.mismatch.field}"


@dataclass
class Search:
    """What was asked so far. tell: takes a line on the progress."""

    a: Side
    b: Side
    seed: int = 1
    tell: Callable[[str], None] = lambda _line: None
    n_calls: int = 0
    n_rounds: int = 0
    findings: list[Finding] = field(default_factory=list)
    measured: dict[str, list[Call]] = field(default_factory=dict)

    def compare(self, call: Call) -> Mismatch | None:
        """The first difference of one call."""
        self.a.post(call)
        self.b.post(call)
        a, b = self.a.answer(), self.b.answer()
        self.n_calls += 1
        found = mismatch(a, b)
        kept = self.measured.setdefault(call.function, [])
        if self.n_rounds == 0 and found is None and a.get("result", -1) >= 0 and len(kept) < KEPT:
            kept.append(call)
        return found

    def run(self, seconds: float) -> None:
        """All functions in rounds, one at least, until the time is over."""
        end = time.monotonic() + seconds
        functions = signatures.functions(headers())
        while self.n_rounds == 0 or time.monotonic() < end:
            for i, (function, (_, parameters)) in enumerate(functions.items()):
                if self.n_rounds and time.monotonic() > end:
                    return
                self.tell(f"{function} ({i + 1} of {len(functions)}, round {self.n_rounds + 1})")
                self._function(function, tuple(p.name for p in parameters if p.pointer))
            self.n_rounds += 1

    def _function(self, function: str, pointers: tuple[str, ...]) -> None:
        """Look for differences of one function that are not known yet."""
        strategy = calls(function, pointers)
        while sum(f.call.function == function for f in self.findings) < MOST:
            answers: dict[str, Mismatch | None] = {}
            known = {f.what for f in self.findings}
            found: list[str] = []  # the difference that is being made smaller
            end = [float("inf")]

            def differs(
                call: Call,
                answers: dict[str, Mismatch | None] = answers,
                known: set[str] = known,
                found: list[str] = found,
                end: list[float] = end,
            ) -> bool:
                text = json.dumps(call.arguments)
                if text not in answers:
                    if time.monotonic() > end[0]:
                        return False
                    answers[text] = self.compare(call)
                difference = answers[text]
                what = f"{function}.{difference.field}" if difference else ""
                if not what or what in known or (found and found[0] != what):
                    return False
                if not found:
                    found.append(what)
                    end[0] = time.monotonic() + SHRINK_S
                return True

            call = self._find(strategy, differs)
            if call is None:
                return
            difference = answers[json.dumps(call.arguments)]
            assert difference is not None  # noqa: S101
            self.findings.append(Finding(call, difference))
            self.tell(f"found: {self.findings[-1].what}")

    def _find(
        self,
        strategy: hypothesis.strategies.SearchStrategy[Call],
        differs: Callable[[Call], bool],
    ) -> Call | None:
        """The smallest call that hypothesis finds."""
        settings = hypothesis.settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            derandomize=False,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
        )
        source = random.Random(f"{self.seed} {self.n_rounds}")  # noqa: S311
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HypothesisWarning)
            try:
                found: Call = hypothesis.find(strategy, differs, settings=settings, random=source)
            except NoSuchExample:
                return None
        return found


def replay(a: Side, b: Side, call: Call) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """Both outcomes of one call."""
    return a.ask(call), b.ask(call)
