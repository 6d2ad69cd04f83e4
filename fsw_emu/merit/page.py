# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The comparison page: one HTML file that needs nothing else."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from html import escape
from string import Template

from fsw_emu.merit import words
from fsw_emu.merit.charts import Reference, charts, frame_code, style
from fsw_emu.merit.figures import BY_NAME, FIGURES, Figure
from fsw_emu.merit.intervals import FEWEST_PAIRS
from fsw_emu.merit.matched import EQUAL_TERMS, at_equal_terms, said
from fsw_emu.merit.summary import Case, Summary
from fsw_emu.report.page import STYLE

OPEN_CASES = 3  # shown at once; further ones open at a click
MAX_FAULTS = 100
CARD_COSTS = 3  # the first ones; the table has all
_SIGNS = {"better": "\N{BLACK UP-POINTING TRIANGLE}", "worse": "\N{BLACK DOWN-POINTING TRIANGLE}",
          "differs": "\N{BLACK DIAMOND}", "same": "\N{ALMOST EQUAL TO}"}  # fmt: skip
HEADLINES = tuple(figure for figure in FIGURES if figure.headline)


def page(
    summary: Summary,
    *,
    title: str = "Comparison of algorithms",
    provenance: Sequence[tuple[str, str]] = (),
    costs: Mapping[str, Mapping[str, float]] | None = None,
    references: Sequence[Reference] = (),
    failures: Sequence[str] | None = None,
    faults: Sequence[tuple[str, str]] = (),
) -> str:
    """The page.

    costs: of each algorithm that they are known of, amounts by name with the unit, as
    {"flight": {"LEON3 instructions a readout": 1.2e6}}. references: what theory predicts.
    failures: of ``judge``, None where no limits were given. faults: runs without a result, and
    why. Names may hold anything: they are escaped.
    """
    return _PAGE.substitute(
        title=escape(title),
        verdict=_verdict(failures),
        about=escape(_about(summary)),
        failures=_list("Limits not kept", failures or ()),
        faults=_list("Runs without a result", [f"{run}: {why}" for run, why in faults]),
        cards="".join(_card(summary, a, costs or {}) for a in summary.algorithms),
        board=_board(summary),
        cases="".join(
            _case(summary, case, references, is_open=i < OPEN_CASES)
            for i, case in enumerate(summary.cases)
        ),
        terms=_equal_terms(summary),
        costs=_costs(summary, costs or {}),
        details=_details(summary),
        methods=_methods(summary),
        provenance="".join(
            f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
            for name, value in provenance
        ),
    )


def _verdict(failures: Sequence[str] | None) -> str:
    if failures is None:
        return ""
    if failures:
        return f'<small class="bad">{words.plural(len(failures), "limit")} not kept</small>'
    return '<small class="good">all limits kept</small>'


def _about(summary: Summary) -> str:
    scenes = dict.fromkeys(case.scene for case in summary.cases)
    others = ", ".join(summary.algorithms[1:]) or "nothing"
    return (
        f"{summary.algorithms[0]} (baseline) against {others}; "
        f"{words.plural(len(scenes), 'scene')}: {', '.join(scenes)}; {words.seeds(summary)}, "
        "the same for all."
        if summary.algorithms
        else "No runs."
    )


def _list(title: str, told: Sequence[str]) -> str:
    if not told:
        return ""
    shown = "".join(f"<li>{escape(line)}</li>" for line in told[:MAX_FAULTS])
    more = len(told) - MAX_FAULTS
    rest = f"<li>and {more} more</li>" if more > 0 else ""
    return f'<h2 class="bad">{title}</h2><ul>{shown}{rest}</ul>'


def _card(summary: Summary, algorithm: str, costs: Mapping[str, Mapping[str, float]]) -> str:
    """An algorithm: how often it wins and loses, and what it costs."""
    head = f'<h3><i class="{style(summary, algorithm)}"></i>{escape(algorithm)}</h3>'
    told = "<p>baseline</p>"
    if algorithm != summary.baseline:
        counts = Counter(
            summary.verdict(figure.name, algorithm, case)
            for figure in HEADLINES
            for case in summary.cases
        )
        told = _too_few(summary, algorithm) or "".join(
            f'<p><b class="{kind}">{_SIGNS[verdict]} {counts[verdict]}</b> {name}</p>'
            for verdict, kind, name in (
                ("better", "good", "better"),
                ("worse", "bad", "worse"),
                ("same", "", words.SAME),
            )
            if counts[verdict] or verdict != "same"
        )
    price = "".join(
        f"<p>{_price(name, amount, costs.get(summary.baseline, {}))} {escape(name)}</p>"
        for name, amount in list(costs.get(algorithm, {}).items())[:CARD_COSTS]
    )
    return f'<section class="who">{head}<div>{told}</div><div>{price}</div></section>'


def _too_few(summary: Summary, algorithm: str) -> str:
    """That no case has the seeds to tell of an algorithm; "" where one has."""
    common = max(
        (
            len(
                {*summary.seeds.get((algorithm, case), ())}.intersection(
                    summary.seeds.get((summary.baseline, case), ())
                )
            )
            for case in summary.cases
        ),
        default=0,
    )
    if common >= FEWEST_PAIRS:
        return ""
    return f"<p>too few seeds to tell: {common} in common, {FEWEST_PAIRS} are needed</p>"


def _price(name: str, amount: float, base: Mapping[str, float]) -> str:
    """A cost, and how many times that of the baseline."""
    ratio = amount / base[name] if base.get(name) else None
    times = f" <small>\N{MULTIPLICATION SIGN}{ratio:.3g}</small>" if ratio else ""
    return f"<b>{words.amount(amount)}</b>{times}"


def _board(summary: Summary) -> str:
    """Where each algorithm wins and loses: headline figures by algorithm and case."""
    others = summary.algorithms[1:]
    if not others:
        return ""
    columns = [(algorithm, case) for algorithm in others for case in summary.cases]
    rows = []
    for figure in HEADLINES:
        verdicts = [summary.verdict(figure.name, *column) for column in columns]
        if not any(verdicts):
            continue
        cells = "".join(
            _mark(summary, figure, algorithm, case, verdict)
            for (algorithm, case), verdict in zip(columns, verdicts, strict=True)
        )
        name = f'<th title="{escape(figure.meaning)}">{escape(figure.name)}</th>'
        rows.append(f"<tr>{name}{cells}</tr>")
    if not rows:
        return ""
    span = len(summary.cases)
    head = "".join(
        f'<th colspan="{span}"><i class="{style(summary, a)}"></i>{escape(a)}</th>' for a in others
    )
    cases = "".join(f"<th>{escape(str(case))}</th>" for _, case in columns)
    return (
        f'<h2>Against {escape(summary.baseline)}</h2><div class="wide"><table class="board">'
        f"<tr><th></th>{head}</tr><tr><th></th>{cases}</tr>{''.join(rows)}</table></div>"
        f'<p class="dim">Green is better, red is worse; {_SIGNS["same"]} is {words.SAME}.</p>'
    )


def _mark(summary: Summary, figure: Figure, algorithm: str, case: Case, verdict: str) -> str:
    entry = summary.entry(figure.name, algorithm, case)
    if entry is None or entry.difference is None:
        return '<td class="dim">not told</td>'
    told = _SIGNS["same"] if verdict == "same" else words.change(figure, entry.difference)
    title = escape(words.tested(figure, entry))
    return f'<td class="{verdict}" title="{title}">{told}</td>'


def _case(summary: Summary, case: Case, references: Sequence[Reference], *, is_open: bool) -> str:
    shown = " open" if is_open else ""
    return (
        f'<details class="case"{shown}><summary>{escape(str(case))}</summary>'
        f"{_matrix(summary, case)}{frame_code(summary, case)}"
        f"{charts(summary, case, references)}</details>"
    )


def _matrix(summary: Summary, case: Case) -> str:
    """Headline figures, a column for each algorithm."""
    rows = []
    for figure in HEADLINES:
        cells = [_cell(summary, figure, algorithm, case) for algorithm in summary.algorithms]
        if any(cells):
            name = f'<th title="{escape(figure.meaning)}">{escape(figure.name)}</th>'
            rows.append(f"<tr>{name}{''.join(cell or '<td></td>' for cell in cells)}</tr>")
    head = "".join(
        f'<th><i class="{style(summary, a)}"></i>{escape(a)}</th>' for a in summary.algorithms
    )
    return (
        f'<div class="wide"><table class="matrix"><tr><th></th>{head}</tr>{"".join(rows)}'
        "</table></div>"
    )


def _cell(summary: Summary, figure: Figure, algorithm: str, case: Case) -> str:
    entry = summary.entry(figure.name, algorithm, case)
    if entry is None:
        return ""
    ends = words.interval(figure, entry.estimate)
    shown = f"<b>{words.value(figure, entry.estimate)}</b><small>{ends}</small>"
    verdict = summary.verdict(figure.name, algorithm, case)
    if not verdict or entry.difference is None:
        return f"<td>{shown}</td>"
    told = "not significant" if verdict == "same" else words.change(figure, entry.difference)
    chip = f'<em class="{verdict}">{_SIGNS[verdict]} {told}</em>'
    return f'<td title="{escape(words.tested(figure, entry))}">{shown}{chip}</td>'


def _equal_terms(summary: Summary) -> str:
    """What settings that enclose the terms tell."""
    rows, why = [], defaultdict(list)
    for terms in EQUAL_TERMS:
        where = f"{terms.figure} are {terms.target:g}{BY_NAME[terms.figure].unit}"
        if terms.is_loss:
            where = f"{100 * terms.target:g} % of isolated photons are lost"
        named = f"{terms.asked} where {where}"
        for scene in dict.fromkeys(case.scene for case in summary.cases):
            found = at_equal_terms(summary, terms, scene)
            for name, (settings, at) in found.items():
                if at is not None:
                    asked = BY_NAME[terms.asked]
                    rows.append(
                        f"<tr><td>{escape(named)}</td><td>{escape(scene)}</td><td>{escape(name)}"
                        f"</td><td><b>{words.value(asked, at)}</b></td>"
                        f"<td>{words.interval(asked, at)}</td><td>{len(settings)}</td></tr>"
                    )
            if told := said(found):
                why[f"{named}: {told}"].append(scene)
    table = ""
    if rows:
        head = "".join(
            f"<th>{name}</th>"
            for name in ("figure", "scene", "algorithm", "value", "95 %", "settings")
        )
        table = (
            f'<div class="wide"><table class="list"><tr>{head}</tr>{"".join(rows)}</table></div>'
        )
    notes = "".join(
        f"<li>{escape(line)} ({escape(', '.join(scenes))})</li>" for line, scenes in why.items()
    )
    return f"{table}{f'<ul class=dim>{notes}</ul>' if notes else ''}" or "<p>No runs.</p>"


def _costs(summary: Summary, costs: Mapping[str, Mapping[str, float]]) -> str:
    names = list(dict.fromkeys(name for each in costs.values() for name in each))
    if not names:
        return '<p class="dim">No costs were given.</p>'
    base = costs.get(summary.baseline, {})
    rows = []
    for algorithm in summary.algorithms:
        cells = []
        for name in names:
            amount = costs.get(algorithm, {}).get(name)
            if amount is None:
                cells.append('<td class="dim">not told</td>')
                continue
            cells.append(f"<td>{_price(name, amount, base)}</td>")
        who = f'<i class="{style(summary, algorithm)}"></i>{escape(algorithm)}'
        rows.append(f"<tr><th>{who}</th>{''.join(cells)}</tr>")
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    return (
        f'<div class="wide"><table class="matrix"><tr><th></th>{head}</tr>{"".join(rows)}'
        "</table></div>"
    )


def _details(summary: Summary) -> str:
    """Every entry there is."""
    order = {figure.name: i for i, figure in enumerate(FIGURES)}
    rows = []
    for key, entry in sorted(
        summary.entries.items(),
        key=lambda item: (summary.cases.index(item[0].case), order[item[0].figure]),
    ):
        figure = BY_NAME[key.figure]
        cells = (
            str(key.case), key.figure, key.part, key.algorithm,
            words.value(figure, entry.estimate), words.interval(figure, entry.estimate),
            f"{entry.estimate.trials:,.6g}", words.tested(figure, entry),
        )  # fmt: skip
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    names = ("case", "figure", "part", "algorithm", "value", "95 %", "trials", "against baseline")
    head = "".join(f"<th>{name}</th>" for name in names)
    return f'<div class="wide"><table class="list"><tr>{head}</tr>{"".join(rows)}</table></div>'


def _methods(summary: Summary) -> str:
    measured = {key.figure for key in summary.entries}
    return "".join(
        f"<dt>{escape(figure.name)}</dt><dd>{escape(figure.meaning)}. "
        f"{figure.better.value.capitalize()} is better.</dd>"
        if figure.better.value != "neither"
        else f"<dt>{escape(figure.name)}</dt><dd>{escape(figure.meaning)}.</dd>"
        for figure in FIGURES
        if figure.name in measured
    )


_LOOK = """<style>
h1 small{font-size:15px;font-weight:600;margin-left:8px}h3{font-size:17px;margin:0 0 4px}
.about,.dim{color:var(--dim)}.about{margin:4px 0 16px}main>h2{margin:28px 0 8px}
.a0{--c:#64748b}.a1{--c:#d9480f}.a2{--c:#2563eb}.a3{--c:#9333ea}.a4{--c:#a16207}.a5{--c:#0891b2}
.a6{--c:#be185d}.a7{--c:#65432b}.ref{--c:var(--ink)}
@media(prefers-color-scheme:dark){.a0{--c:#94a3b8}.a1{--c:#fb923c}.a2{--c:#60a5fa}
.a3{--c:#c084fc}.a4{--c:#facc15}.a5{--c:#22d3ee}.a6{--c:#f472b6}.a7{--c:#c8a27c}}
.line{stroke:var(--c);stroke-width:2}.dashed{stroke-dasharray:5 4;stroke-width:1.5}
.fill,.part{fill:var(--c)}.band{fill:var(--c);opacity:.16}circle.fill{stroke:var(--card)}
rect.fill{opacity:.75}.whisker{stroke:var(--ink);stroke-width:1.4;fill:none}
svg .ink{fill:var(--ink)}svg .onpart{fill:#fff;font-weight:600;paint-order:stroke;
stroke:#0007;stroke-width:2px}
.whos{display:grid;grid-template-columns:repeat(auto-fit,minmax(250px,1fr));gap:12px}
.who{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 16px}
.who p{margin:1px 0;color:var(--dim);font-size:13.5px}.who b{color:var(--ink);font-size:15px}
.who b.good{color:var(--good)}.who b.bad{color:var(--bad)}.who div+div{margin-top:6px}
.board{width:100%;border-collapse:separate;border-spacing:3px}.board td,.board th{border:0;
padding:3px 8px}.board td{text-align:center;border-radius:5px;white-space:nowrap;font-size:13px;
color:var(--dim);background:var(--bg)}.board tr:nth-child(-n+2) th{text-align:center}
.board tr:first-child th{color:var(--ink);font-weight:600}.board td.better{background:var(--win);
color:var(--good);font-weight:600}.board td.worse{background:var(--lose);color:var(--bad);
font-weight:600}
:root{--win:#d3f1ea;--lose:#fbe0de}@media(prefers-color-scheme:dark){:root{--win:#12403a;
--lose:#4a1f22}}path.line.a0{stroke-width:4;opacity:.6}
h3 i,th i{display:inline-block;width:11px;height:11px;border-radius:3px;background:var(--c);
margin-right:7px}
.case{margin:22px 0}.case>summary{font-size:19px;font-weight:600;cursor:pointer;margin-bottom:8px}
.wide{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:8px;
padding:6px 16px;margin-bottom:16px}
.matrix,.list{width:100%}.matrix th,.matrix td{padding:5px 14px 5px 0;vertical-align:top}
.matrix tr:last-child>*,.list tr:last-child>*{border-bottom:0}.matrix tr:first-child th{
color:var(--ink);font-weight:600}.matrix td{white-space:nowrap}
.matrix small{color:var(--dim);margin-left:8px;font-size:12px}
.matrix em{font-style:normal;font-size:12px;display:block;color:var(--dim)}
.matrix em.better{color:var(--good);font-weight:600}.matrix em.worse{color:var(--bad);
font-weight:600}.list{font-size:12.5px}.list td,.list th{padding:2px 12px 2px 0}
dt{font-weight:600;margin-top:6px}dd{margin:0;color:var(--dim)}
.methods{columns:2;column-gap:32px}.methods>*{break-inside:avoid}dt{break-after:avoid}
@media(max-width:800px){.methods{columns:1}}
@media print{.case:not([open])>*{display:block}}
</style>"""

_PAGE = Template(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>fsw-emu: $title</title>
<meta name="viewport" content="width=device-width">
"""
    + STYLE
    + _LOOK
    + """</head><body><main>
<h1>$title $verdict</h1>
<p class="about">$about</p>
$failures
<div class="whos">$cards</div>
$board
$cases
<h2>At equal terms</h2>$terms
<h2>What it costs</h2>$costs
$faults
<h2>How it is measured</h2>
<p>An event on a track is the particle's, one centred on a firing hot pixel is the hot pixel's. Of
the others, photons choose from bright to faint: each the nearest event that has it in the 3x3
pixels around its centre. What they leave is a hot pixel's too where its centre leaks a sigma of the
noise or more. What nobody owns is false. Intervals are 95 %: Clopper-Pearson of shares,
Garwood of rates, widened where runs differ by more than chance (from five seeds on). Differences
from the baseline are taken over the same seeds, five or more (jackknife, Student's t), and called
significant below 5 % after Holm's correction, over all headline figures of the page or all parts of
one figure.</p>
<dl class="methods">$methods</dl>
<details><summary>All numbers</summary>$details</details>
<h2>Provenance</h2><table class="from">$provenance</table>
</main></body></html>
"""
)
