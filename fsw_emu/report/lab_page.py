# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The report of a session of tests in a lab: one HTML file that needs nothing else."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from string import Template

import numpy as np

from fsw_emu.report.charts import Axis, Series, line_chart, number
from fsw_emu.report.page import STYLE, card, figure

BINS = 60
MAX_CHARTS = 40
#: columns of figures
_FIGURES = ("time", "count", "packets sent", "bytes sent", "packets received", "bytes received")
_WORST_FIRST = ("error", "failed", "skipped", "passed")


@dataclass(frozen=True)
class LabTest:
    """One test. seconds: of setting up, running and clearing away. timings_ms: samples by name.
    limits: in words, by name. said: why it did not pass. left: names of files."""

    name: str
    outcome: str  # passed, failed, skipped, error
    seconds: float
    requirements: Sequence[str] = ()
    said: str = ""
    timings_ms: Mapping[str, Sequence[float]] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (link, kind) -> count
    left: Sequence[str] = ()


@dataclass(frozen=True)
class LabPage:
    """What a report shows. ``lab``, ``provenance``: names and values; ``links``: (name, what it
    joins, packets and bytes sent, received); ``frames``: (title, svg, note)."""

    title: str
    tests: Sequence[LabTest]
    lab: Sequence[tuple[str, str]]
    links: Sequence[tuple[str, str, int, int, int, int]]
    frames: Sequence[tuple[str, str, str]]
    provenance: Sequence[tuple[str, str]]


def build_lab_page(page: LabPage) -> str:
    """The page."""
    outcomes = Counter(test.outcome for test in page.tests)
    bad = outcomes["failed"] + outcomes["error"]
    passed = bool(outcomes["passed"]) and not bad
    sections = [
        ("Tests", _tests(page.tests)),
        ("Requirements", _requirements(page.tests)),
        ("Times", _figures(_times(page.tests))),
        ("Frames seen", _figures([figure(*each) for each in page.frames], "figures small")),
        ("Faults injected", _faults(page.tests)),
        ("Links", _links(page.links)),
        ("The lab", _pairs(page.lab)),
        ("Provenance", _pairs(page.provenance)),
    ]
    return _PAGE.substitute(
        title=escape(page.title),
        verdict="passed" if passed else f"{bad} not passed" if bad else "nothing tested",
        verdict_class="good" if passed else "bad",
        cards="".join(card(name, number(value)) for name, value in _cards(page, outcomes)),
        body="".join(f"<h2>{title}</h2>{body}" for title, body in sections if body),
    )


def _cards(page: LabPage, outcomes: Counter[str]) -> list[tuple[str, int]]:
    verdicts = _verdicts(page.tests)
    cards = [(f"tests {outcome}", outcomes[outcome]) for outcome in reversed(_WORST_FIRST)]
    cards = [(name, count) for name, count in cards if count] or [("tests", 0)]
    if verdicts:
        verified = sum(worst == "passed" for worst, _ in verdicts.values())
        cards.append((f"of {len(verdicts)} requirements verified", verified))
    packets = sum(sent + received for _, _, sent, _, received, _ in page.links)
    faults = sum(sum(test.faults.values()) for test in page.tests)
    return [*cards, ("packets", packets), ("faults injected", faults)]


def _tests(tests: Sequence[LabTest]) -> str:
    rows = [
        f"<td>{_outcome(test.outcome)}</td><td><code>{escape(test.name)}</code>{_why(test)}</td>"
        f"<td>{escape(', '.join(test.requirements))}</td>"
        f"<td class='n'>{test.seconds:.2f} s</td>"
        for test in sorted(tests, key=lambda test: _WORST_FIRST.index(test.outcome))
    ]
    return _table(("", "test", "requirements", "time"), rows)


def _why(test: LabTest) -> str:
    left = f"<p>left: {escape(', '.join(test.left))}</p>" if test.left else ""
    return (f"<pre>{escape(test.said)}</pre>" if test.said else "") + left


def _verdicts(tests: Iterable[LabTest]) -> dict[str, tuple[str, list[str]]]:
    """By requirement: the worst outcome, and the tests."""
    found: dict[str, tuple[str, list[str]]] = {}
    for test in tests:
        for requirement in test.requirements:
            worst, names = found.get(requirement, ("passed", []))
            worst = min(worst, test.outcome, key=_WORST_FIRST.index)
            found[requirement] = (worst, [*names, test.name])
    return dict(sorted(found.items()))


def _requirements(tests: Sequence[LabTest]) -> str:
    rows = [
        f"<td>{escape(name)}</td><td>{_outcome(worst)}</td>"
        f"<td><code>{escape(', '.join(names))}</code></td>"
        for name, (worst, names) in _verdicts(tests).items()
    ]
    return _table(("id", "", "tests"), rows) if rows else ""


def _times(tests: Iterable[LabTest]) -> list[str]:
    charts = []
    for test in tests:
        for name, samples in test.timings_ms.items():
            title = f"{test.name.rpartition('::')[2]}{': ' if name else ''}{name}"
            charts.append(_times_chart(title, samples, test.limits.get(name, "")))
    return charts[:MAX_CHARTS]


def _times_chart(title: str, samples_ms: Sequence[float], limits: str) -> str:
    ordered = sorted(samples_ms)
    p50, p99 = (ordered[math.ceil(len(ordered) * share) - 1] for share in (0.5, 0.99))
    high = max(p99 * 1.25, 1e-6)
    counts, edges = np.histogram(ordered, bins=BINS, range=(0, high))
    x = [float(edge) for edge in np.repeat(edges, 2)[1:-1]]
    y = [float(count) for count in np.repeat(counts, 2)]
    beyond = sum(sample > high for sample in ordered)
    svg = line_chart(
        Axis("time [ms]", 0, high),
        Axis("samples", 0, max(float(counts.max()) * 1.05, 1.0)),
        [Series("samples", "one", x, y)],
        f"histogram of {title}",
    )
    note = f"{number(len(ordered))} samples: p50 {p50:.3g}, p99 {p99:.3g}, max {ordered[-1]:.3g} ms"
    note += f"; {beyond} beyond the chart" if beyond else ""
    return figure(title, svg, note + (f"; limits: {limits}." if limits else "."))


def _faults(tests: Sequence[LabTest]) -> str:
    rows = [
        f"<td><code>{escape(test.name)}</code></td><td>{escape(link)}</td>"
        f"<td>{escape(kind)}</td><td class='n'>{number(count)}</td>"
        for test in tests
        for (link, kind), count in sorted(test.faults.items())
    ]
    return _table(("test", "link", "kind", "count"), rows) if rows else "<p>None.</p>"


def _links(links: Sequence[tuple[str, str, int, int, int, int]]) -> str:
    rows = [
        f"<td>{escape(name)}</td><td>{escape(joins)}</td>"
        + "".join(f"<td class='n'>{number(value)}</td>" for value in values)
        for name, joins, *values in links
    ]
    head = ("link", "joins", "packets sent", "bytes sent", "packets received", "bytes received")
    return _table(head, rows)


def _outcome(outcome: str) -> str:
    kind = {"passed": "good", "skipped": ""}.get(outcome, "bad")
    return f"<b class='{kind}'>{escape(outcome)}</b>"


def _figures(figures: Sequence[str], style: str = "figures") -> str:
    return f"<div class='{style}'>{''.join(figures)}</div>" if figures else ""


def _pairs(pairs: Sequence[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><th>{escape(n)}</th><td>{escape(v)}</td></tr>" for n, v in pairs)
    return f"<table class='from'>{rows}</table>"


def _table(head: Sequence[str], rows: Sequence[str]) -> str:
    names = "".join(
        f"<th{' class=n' if name in _FIGURES else ''}>{escape(name)}</th>" for name in head
    )
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table class='lab'><tr>{names}</tr>{body}</table>"


_PAGE = Template(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>fsw-emu: $title</title>
<meta name="viewport" content="width=device-width">
"""
    + STYLE
    + """<style>
main>h2{margin-top:26px}.lab{width:100%}.lab td{vertical-align:top}.lab .n{text-align:right}
.lab td:first-child,.lab .n{white-space:nowrap}.lab th:last-child,.lab .n{padding-right:4px}
.small{columns:4}.small h2{font-size:13px;overflow-wrap:anywhere}.small .onmap{font-size:28px}
@media(max-width:800px){.small{columns:2}}
.lab code{overflow-wrap:anywhere}.lab p{margin:2px 0;color:var(--dim)}
pre{white-space:pre-wrap;font-size:12px;background:var(--card);border:1px solid var(--line);
border-radius:6px;padding:8px;margin:4px 0}
</style></head><body><main>
<h1>$title <small class="$verdict_class">$verdict</small></h1>
<div class="cards">$cards</div>
$body
</main></body></html>
"""
)
