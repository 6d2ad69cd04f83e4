# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The page of a telemetry budget: what fits, what is dropped, how late it arrives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from string import Template

from fsw_emu.report.charts import Axis, Series, line_chart
from fsw_emu.report.page import STYLE, card, figure

HEAD = ("product", "made", "received", "waiting", "dropped", "half within", "99 % within", "latest")


@dataclass(frozen=True)
class ContactsPage:
    """cards: (name, value); rows: under HEAD; storage over time; passes, alarms, plan: rows of
    text."""

    cards: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[str]]
    times_h: Sequence[float]
    stored_mbytes: Sequence[float]
    alarms: Sequence[tuple[str, str]]
    passes: Sequence[tuple[str, str]]
    dropped: bool


def build_contacts_page(page: ContactsPage) -> str:
    """One HTML file that needs nothing else."""
    most = max([*page.stored_mbytes, 1e-3])
    chart = line_chart(
        Axis("hours since the first perigee", 0, max([*page.times_h, 1])),
        Axis("waiting on board [MB]", 0, most * 1.05),
        [Series("stored", "one", page.times_h, page.stored_mbytes)],
        "telemetry waiting on board over time",
    )
    note = "It rises while the spacecraft is far out and falls in each dump near perigee."
    return _PAGE.substitute(
        verdict="some is dropped" if page.dropped else "all fits",
        verdict_class="bad" if page.dropped else "good",
        cards="".join(card(name, value) for name, value in page.cards),
        figures=figure("Mass memory", chart, note),
        table=_table(HEAD, page.rows),
        alarms=_table(("storm begins", "its alarm"), page.alarms),
        passes=_table(("pass", "when and at what rate"), page.passes),
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table class='lab'><tr>{names}</tr>{body}</table>" if rows else "<p>None.</p>"


_PAGE = Template(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>fsw-emu: contacts</title>
<meta name="viewport" content="width=device-width">
"""
    + STYLE
    + """<style>main>h2{margin-top:26px}.lab{width:100%}.lab td,
.lab th{text-align:left;padding-right:12px}
.figures{columns:1;max-width:760px}</style></head><body><main>
<h1>Contacts <small class="$verdict_class">$verdict</small></h1>
<div class="cards">$cards</div>
<div class="figures">$figures</div>
<h2>Products, the first to go down first</h2>$table
<h2>Alarms</h2>$alarms
<h2>Passes</h2>$passes
</main></body></html>
"""
)
