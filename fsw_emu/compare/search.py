# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Looks for calls that two sides answer differently, and makes each as small as it goes."""

from __future__ import annotations

import json
import random
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import hypothesis
from hypothesis.errors import HypothesisWarning, NoSuchExample
from hypothesis.strategies import SearchStrategy

from fsw_emu.compare.call import Call, Mismatch, mismatch, unanswered
from fsw_emu.compare.generate import calls
from fsw_emu.compare.side import Side
from fsw_emu.targets import signatures
from fsw_emu.targets._library import headers

EXAMPLES = 60  # of each function, a round
#: functions whose behaviour hangs on the data most take more
DEEP = {f"sxi_aec_{verb}_u{bits}": 4 for verb in ("encode", "decode") for bits in (16, 32)}
DEEP["sxi_edu_detect"] = 4
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
    n_unanswered: int = 0  # calls that neither side answered
    n_rounds: int = 0
    findings: list[Finding] = field(default_factory=list)
    measured: dict[str, list[Call]] = field(default_factory=dict)
    _answered: set[str] = field(default_factory=set)
    _silent: dict[str, Finding] = field(default_factory=dict)

    def compare(self, some: Sequence[Call]) -> list[Mismatch | None]:
        """The first difference of each call."""
        self.a.post(some)
        self.b.post(some)
        pairs = list(zip(some, self.a.answers(), self.b.answers(), strict=True))
        self.n_calls += len(pairs)
        found = [mismatch(a, b) for _, a, b in pairs]
        for call, a, b in pairs:
            if unanswered(a, b):
                self.n_unanswered += 1
                nothing = Mismatch("unanswered", a["fate"], b["fate"])
                self._silent.setdefault(call.function, Finding(call, nothing))
            else:
                self._answered.add(call.function)
        if self.n_rounds == 0:
            for (call, a, _), unlike in zip(pairs, found, strict=True):
                kept = self.measured.setdefault(call.function, [])
                if unlike is None and a.get("result", -1) >= 0 and len(kept) < KEPT:
                    kept.append(call)
        return found

    def unanswered(self) -> list[Finding]:
        """One call of each function of which neither side answered any: nothing is known of it."""
        return [found for name, found in self._silent.items() if name not in self._answered]

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
        """Draw calls, ask them all, and shrink a call for each difference that is not known.
        The same seed draws the same calls, so that shrinking begins where the difference is."""
        turn = f"{self.seed} {self.n_rounds}"
        asked = drawn(function, pointers, turn)
        texts = [json.dumps(call.arguments) for call in asked]
        answers = dict(zip(texts, self.compare(asked), strict=True))
        for _ in range(MOST):
            known = {f.what for f in self.findings}
            new = [m for m in answers.values() if m and f"{function}.{m.field}" not in known]
            if not new:
                return
            self._shrink(function, pointers, turn, new[0].field, answers)

    def _shrink(
        self,
        function: str,
        pointers: tuple[str, ...],
        turn: str,
        field: str,
        answers: dict[str, Mismatch | None],
    ) -> None:
        """Keep the smallest call with this difference; answers: those that are known already."""
        self.tell(f"found: {function}.{field}")
        end = time.monotonic() + SHRINK_S

        def differs(call: Call) -> bool:
            text = json.dumps(call.arguments)
            if text not in answers:
                if time.monotonic() > end:
                    return False
                answers[text] = self.compare([call])[0]
            difference = answers[text]
            return difference is not None and difference.field == field

        call = find(function, calls(function, pointers), differs, turn)
        if call is None:  # met while another difference was made small, or drawn anew otherwise
            unlike = [text for text, m in answers.items() if m and m.field == field]
            call = Call(function, json.loads(min(unlike, key=len)))
        difference = answers[json.dumps(call.arguments)]
        assert difference is not None  # noqa: S101
        self.findings.append(Finding(call, difference))


def find(
    function: str, strategy: SearchStrategy[Call], differs: Callable[[Call], bool], turn: str
) -> Call | None:
    """The smallest call that hypothesis finds; the same turn draws the same ones."""
    settings = hypothesis.settings(
        max_examples=EXAMPLES * DEEP.get(function, 1),
        database=None,
        deadline=None,
        derandomize=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
    )
    source = random.Random(turn)  # noqa: S311
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)
        try:
            found: Call = hypothesis.find(strategy, differs, settings=settings, random=source)
        except NoSuchExample:
            return None
    return found


@cache
def drawn(function: str, pointers: tuple[str, ...], turn: str) -> tuple[Call, ...]:
    """The calls of one turn, each once; kept, as several comparisons may ask them."""
    kept: dict[str, Call] = {}

    def collect(call: Call) -> bool:
        kept[json.dumps(call.arguments)] = call
        return False

    find(function, calls(function, pointers), collect, turn)
    return tuple(kept.values())
