# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The verification report: one HTML page that needs nothing else, made to be printed too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from string import Template

from fsw_emu.provenance import Checkout
from fsw_emu.report.evidence import Evidence, Table, Verdict
from fsw_emu.report.page import STYLE
from fsw_emu.report.verification import Outcome, overall

MAX_FINDINGS = 100
#: a figure, with a unit or not
_NUMBER = re.compile(r"-?\d[\d,]*(\.\d+)?( [a-zA-Z%]+)?")
_COLOURS = {"green": "PASS", "amber": "INCONCLUSIVE", "red": "FAIL"}


@dataclass(frozen=True)
class ReportParts:
    """What the page shows besides procedures: the item (name -> value) and the environment, open
    assumptions, compliance and what is not claimed, as tables."""

    version: str
    sources: Checkout
    item: Mapping[str, str]
    environment: Mapping[str, str]
    builds: Table
    assumptions: Table
    compliance: Sequence[Table]


def build_verification(outcomes: Sequence[Outcome], parts: ReportParts) -> str:
    """The page."""
    verdict = overall(outcomes)
    run = [o for o in outcomes if o.evidence.verdict is not Verdict.NOT_RUN]
    sections = [
        ("Item and version", _pairs(parts.item)),
        ("Environment", _pairs(parts.environment) + _tools(outcomes) + _table(parts.builds)),
        ("Procedures and verdicts", _procedures(outcomes) + _VERDICTS),
        ("Findings", _findings(outcomes)),
        *((o.procedure.title, _detail(o)) for o in run if _has_detail(o.evidence)),
        ("Open assumptions", _table(parts.assumptions)),
        ("Compliance, and what is not claimed", "".join(map(_table, parts.compliance))),
    ]
    numbered = [(f"s{i}", f"{i} {title}", body) for i, (title, body) in enumerate(sections, 1)]
    return _PAGE.substitute(
        version=escape(parts.version),
        commit=escape(_commit(parts.sources)),
        verdict=_chip(verdict),
        contents="".join(f'<li><a href="#{a}">{escape(t)}</a></li>' for a, t, _ in numbered),
        body="".join(
            f'<section id="{anchor}"><h2>{escape(title)}</h2>{body}</section>'
            for anchor, title, body in numbered
        ),
    )


def _commit(sources: Checkout) -> str:
    if not sources.commit:
        return "sources unknown"
    return f"commit {sources.commit[:12]}{', changed since' if sources.dirty else ''}"


def _chip(verdict: str) -> str:
    return f'<b class="v {verdict.replace(" ", "-")}">{escape(verdict)}</b>'


def _pairs(pairs: Mapping[str, str]) -> str:
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in pairs.items()
    )
    return f'<table class="pairs">{rows}</table>'


def _procedures(outcomes: Iterable[Outcome]) -> str:
    rows = "".join(
        f"<tr><td>{escape(o.procedure.title)}{' (optional)' if o.procedure.optional else ''}</td>"
        f"<td>{_chip(o.evidence.verdict)}</td><td>{escape(o.evidence.said)}</td>"
        f"<td><code>{escape(o.procedure.command)}</code></td>"
        f"<td class='n'>{_seconds(o.evidence.seconds)}</td></tr>"
        for o in outcomes
    )
    head = "<th>procedure</th><th>verdict</th><th>found</th><th>command</th><th>time</th>"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds else ""


def _findings(outcomes: Iterable[Outcome]) -> str:
    found = [
        (f"{o.procedure.title}, {o.evidence.verdict}", line)
        for o in outcomes
        for line in o.evidence.findings
    ]
    if not found:
        return '<p class="good">No procedure has anything against the product.</p>'
    items = "".join(f"<li>{escape(t)}: {escape(line)}</li>" for t, line in found[:MAX_FINDINGS])
    more = len(found) - MAX_FINDINGS
    return f"<ul>{items}</ul>" + (f"<p>{more} more in the evidence files.</p>" if more > 0 else "")


def _has_detail(evidence: Evidence) -> bool:
    return bool(evidence.figures or evidence.tables)


def _detail(outcome: Outcome) -> str:
    evidence = outcome.evidence
    said = f"<p>{_chip(evidence.verdict)} {escape(evidence.said)}</p>"
    return said + _pairs(evidence.figures) + "".join(map(_table, evidence.tables))


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in table.head)
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in table.rows)
    note = f"<p class='note'>{escape(table.note)}</p>" if table.note else ""
    return (
        f"<h3>{escape(table.title)}</h3>{note}"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _cell(text: str) -> str:
    """Verdicts and lights in colour, figures to the right."""
    if text in list(Verdict):
        return f"<td>{_chip(text)}</td>"
    if text in _COLOURS:
        return f'<td><b class="v {_COLOURS[text]}">{escape(text)}</b></td>'
    kind = " class='n'" if _NUMBER.fullmatch(text) else " class='k'" if len(text) < 13 else ""
    return f"<td{kind}>{escape(text)}</td>"


def _tools(outcomes: Iterable[Outcome]) -> str:
    versions: dict[str, str] = {}
    for outcome in outcomes:
        versions |= outcome.evidence.tools
    if not versions:
        return ""
    return "<h3>Tools of the procedures</h3>" + _pairs(dict(sorted(versions.items())))


_VERDICTS = """<p class="note">PASS: done, and nothing found. FAIL: something found. INCONCLUSIVE:
done, but on other sources than these, or not whole. ERROR: it could not be done. NOT RUN: not done;
a skipped test is not run, never passed.</p>"""

_PAGE = Template(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>fsw-emu: verification report</title>
<meta name="viewport" content="width=device-width">
"""
    + STYLE
    + """<style>
h2{font-size:19px;margin:30px 0 10px}h3{font-size:15px;margin:18px 0 6px}
nav ol{list-style:none;padding:0;columns:3;font-size:14px}a{color:inherit}
.v{font-size:12px;padding:1px 8px;border-radius:9px;border:1px solid;white-space:nowrap}
.PASS{color:var(--good)}.FAIL,.ERROR{color:var(--bad)}.INCONCLUSIVE{color:var(--one)}
.NOT-RUN{color:var(--dim)}.note{color:var(--dim);font-size:13px;max-width:80ch}
td{vertical-align:top;overflow-wrap:break-word}.pairs td{overflow-wrap:anywhere}
.k{white-space:nowrap}.n{text-align:right;white-space:nowrap}
.pairs th{white-space:nowrap;vertical-align:top}section{overflow-x:auto}
table{font-size:13px}code{font-size:12px}thead{display:table-header-group}
@page{size:A4;margin:16mm 14mm 18mm;@bottom-left{content:"fsw-emu $version, $commit";
font:8pt sans-serif;color:#667085}@bottom-right{content:counter(page) " / " counter(pages);
font:8pt sans-serif;color:#667085}}
@media print{body{font-size:9pt;background:none}main{padding:0;max-width:none}
h1{font-size:20pt}h2{font-size:13pt;break-after:avoid}h3{font-size:10.5pt;break-after:avoid}
table{font-size:7.5pt;width:100%}td,th{padding:2px 8px 2px 0}tr{break-inside:avoid}
code,.note{font-size:7.5pt}.v{font-size:7pt;padding:0 4px}nav ol{columns:2;font-size:9pt}
section{overflow:visible}}
</style></head><body><main>
<h1>Verification report <small>$verdict</small></h1>
<p>fsw-emu $version, $commit: a testbed for the onboard software of the Soft X-ray Imager of SMILE.
No board has run it.</p>
<nav><ol>$contents</ol></nav>
$body
</main></body></html>
"""
)
