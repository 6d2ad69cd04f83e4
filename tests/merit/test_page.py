# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The comparison page: whole, escaped, in words; looked at in a browser without a screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import merit_fake as fake
import pytest
from playwright.sync_api import Browser, sync_playwright

from fsw_emu.merit import words
from fsw_emu.merit.charts import Reference
from fsw_emu.merit.measure import Measure
from fsw_emu.merit.page import page
from fsw_emu.merit.summary import Summary, summarise

CHROMIUM = "/usr/bin/chromium"  # of Debian: tools/cross_tools.py --all
#: end tags that HTML does without
VOID = {"meta", "br"}
NASTY = "<script>alert('x')</script>&\"mine\".py"


class Whole(HTMLParser):
    """Tags that open and close as they should, and what stands between."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@cache
def toys() -> Summary:
    rows = [
        (name, scene, seed, "", measure)
        for scene in fake.SCENES
        for name in fake.TOYS
        for seed in range(8)
        for measure in fake.run(name, scene, seed)
    ]
    return summarise(rows)


def test_the_page_is_whole_and_alone() -> None:
    reference = Reference("predicted", "efficiency", [(0.1, 0.1), (0.2, 0.9), (2.5, 1.0)])
    rate = Reference("predicted", "false events", [(0.0, 1.4)], "quiet")
    text = page(
        toys(),
        provenance=[("commit", "abc")],
        costs={"flight": {"cycles": 2e6}, "fair": {"cycles": 3e6, "bytes": 640}},
        references=[reference, rate],
        failures=[],
    )
    whole = Whole(text)
    assert "all limits kept" in whole.words
    assert words.SAME in whole.words
    assert "Dashed: as predicted." in whole.words
    tags = [tag for tag, _ in whole.seen]
    assert not {"script", "link", "iframe", "object", "img"} & set(tags)
    assert not [a for _, attrs in whole.seen for a in attrs if a.startswith(("on", "src", "href"))]
    assert not re.search(r"\b(nan|inf|None)\b", text)
    assert tags.count("svg") >= 14  # seven of each case, or more
    for shown in ("uneven loss", "hot suppression", "Not matched, one setting only"):
        assert shown in whole.words


def test_verdicts_of_the_toys() -> None:
    made = toys()
    quiet, storm = made.cases
    assert made.verdict("uneven loss", "fair", storm) == "better"
    assert made.verdict("uneven loss", "fair", quiet) == "same"
    assert made.verdict("hot pixels kept", "tree", quiet) == "better"
    assert made.verdict("bytes per photon", "tree", storm) == "better"


def test_names_are_escaped_wherever_they_stand() -> None:
    made = toys()
    rows = [
        (name.replace("fair", NASTY), scene.replace("storm", NASTY), seed, NASTY, measure)
        for name in ("flight", "fair")
        for scene in fake.SCENES
        for seed in range(4)
        for measure in [*fake.run("flight", "quiet", seed, readouts=2),
                        Measure("grade mix", NASTY, 9, 3), Measure("counts", NASTY, 4, 2)]
    ]  # fmt: skip
    text = page(
        summarise(rows),
        title=NASTY,
        provenance=[(NASTY, NASTY)],
        costs={NASTY: {NASTY: 3.0}},
        references=[Reference(NASTY, "efficiency", [(0.1, 0.1), (2.5, 1.0)])],
        failures=[NASTY],
        faults=[(NASTY, NASTY)],
    )
    whole = Whole(text)
    assert "script" not in [tag for tag, _ in whole.seen]
    assert "<script" not in text
    assert NASTY in whole.words
    assert made.baseline == "flight"


def test_pages_of_little() -> None:
    """No runs; one algorithm; one seed; figures that never occurred."""
    assert "No runs." in Whole(page(summarise([]))).words
    alone = [("flight", "quiet", 1, "", m) for m in fake.run("flight", "quiet", 1, readouts=1)]
    assert "baseline" in Whole(page(summarise(alone))).words
    two = [*alone, ("fair", "quiet", 1, "", Measure("photons kept", "", 10, 5))]
    told = Whole(page(summarise(two))).words
    assert "fair" in told
    nothing = [("a", "quiet", 1, "", Measure("photons kept", "", 0, 0))]
    assert "Comparison" in Whole(page(summarise(nothing))).words


def test_too_few_seeds_are_told_instead_of_no_difference() -> None:
    names = ("flight", "fair")
    runs = {(n, s): fake.run(n, "quiet", s, readouts=1) for n in names for s in range(5)}
    for n_seeds, says in ((4, True), (5, False)):
        rows = [
            (n, "quiet", s, "", m) for (n, s), all_ in runs.items() if s < n_seeds for m in all_
        ]
        told = Whole(page(summarise(rows))).words
        assert ("too few seeds to tell: 4 in common, 5 are needed" in told) == says
        assert ("0 better" in told) != says


def test_frame_code_is_told_once_a_case() -> None:
    told = Whole(page(toys())).words
    assert told.count("Frame code: ") == len(toys().cases)
    assert re.search(r"Frame code: \d\.\d+\xa0bits/pixel \(", told)


def test_grades_are_drawn_of_those_that_have_them() -> None:
    rows = [
        ("flight", "quiet", 1, "", Measure("photon share", "", 9, 9)),
        *(
            ("ladder", "quiet", 1, "", Measure("grade mix", g, 9, n))
            for g, n in (("0", 6), ("2", 3))
        ),
        ("ladder", "quiet", 1, "", Measure("grade mix", "", 9, 9)),
    ]
    chart = page(summarise(rows)).split("Grade mix")[1]
    assert "ladder" in chart.split("</figure>")[0]
    assert "flight" not in chart.split("</figure>")[0]


def test_limits_and_runs_that_failed_are_told() -> None:
    text = page(toys(), failures=["efficiency is 0.1"], faults=[("x", "hung")] * 150)
    told = Whole(text).words
    assert "1 limit not kept" in told
    assert "efficiency is 0.1" in told
    assert "and 50 more" in told


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_browser_shows_it(browser: Browser, tmp_path: Path, scheme: str, width: int) -> None:
    """Without complaint, asking for nothing, no wider than the screen, words on their ground."""
    (tmp_path / "index.html").write_text(page(toys(), failures=[]))
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 800},
    )
    shown, asked, complaints = context.new_page(), list[str](), list[str]()
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("console", lambda message: complaints.append(message.text))
    shown.on("pageerror", lambda error: complaints.append(str(error)))
    shown.goto((tmp_path / "index.html").as_uri())
    assert complaints == []
    assert len(asked) == 1
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert shown.locator("td.better").first.is_visible()
    ground = shown.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(17, 21, 28)" if scheme == "dark" else "rgb(246, 247, 249)")
    beside = shown.evaluate(
        """() => [...document.querySelectorAll('svg')].flatMap(svg => {
        const box = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('text')].filter(t => {
          const b = t.getBoundingClientRect();
          return b.left < box.left - 1 || b.right > box.right + 1;
        }).map(t => t.textContent)})"""
    )
    assert beside == []  # no word is cut by the edge of its chart
    context.close()
