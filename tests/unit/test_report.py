# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu report`` as a review board meets it: a page, a PDF, verdicts that tell."""

from __future__ import annotations

import html
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.cli.main import main
from fsw_emu.provenance import Checkout, checkout
from fsw_emu.report.evidence import Evidence, Table, Verdict, write
from fsw_emu.report.verification import PROCEDURES, Outcome, gather
from fsw_emu.report.verification_page import ReportParts, build_verification

NOTHING = Table("none", ["a"], [])
PARTS = ReportParts("0", Checkout("c" * 40, True, "t"), {"product": "x"}, {}, NOTHING, NOTHING, [])


class Page(HTMLParser):
    """Tags that are open, and what a page would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "img", "br"):
            self.open.append(tag)
        self.fetched += [v or "" for k, v in attrs if k in ("src", "href") and v and v[0] != "#"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_page_and_pdf_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        Evidence("static", Verdict.PASS, "all well", {"rules": "143"}),
        tmp_path / "evidence",
        checkout(),
    )
    out = tmp_path / "report"
    assert main(["report", "--build", str(tmp_path), "--out", str(out)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1].startswith("INCONCLUSIVE: ")
    assert sum(line.startswith("NOT RUN") for line in said) == len(PROCEDURES) - 1
    page = (out / "verification.html").read_text()
    assert "all well" in page
    assert Page(page).fetched == []
    assert (out / "verification.pdf").read_bytes().startswith(b"%PDF-")
    assert sum(path.stat().st_size for path in out.iterdir()) < 5_000_000


def test_a_failed_procedure_is_the_exit_code(tmp_path: Path) -> None:
    write(
        Evidence("trace", Verdict.FAIL, "no", findings=["EDU-1"]), tmp_path / "evidence", checkout()
    )
    options = ["--build", str(tmp_path), "--out", str(tmp_path), "--no-pdf"]
    assert main(["report", *options]) == 1
    assert "EDU-1" in (tmp_path / "verification.html").read_text()


def test_without_the_tool_for_pdf_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    assert main(["report", "--build", str(tmp_path), "--out", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("fsw-emu report: no PDF without weasyprint")
    assert main(["report", "--build", str(tmp_path), "--out", str(tmp_path), "--no-pdf"]) == 0


def test_a_folder_that_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").write_text("a file")
    assert main(["report", "--out", str(tmp_path / "out"), "--no-pdf"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@given(st.text(max_size=30), st.lists(st.text(max_size=8), min_size=1, max_size=3))
def test_any_text_is_shown_not_obeyed(said: str, cells: list[str]) -> None:
    table = Table(said, cells, [cells])
    found = Evidence("x", Verdict.FAIL, said, {said: said}, [said], {said: said}, [table])
    page = build_verification([Outcome(PROCEDURES[0], found)], PARTS)
    assert Page(page).open == []
    assert html.escape(said) in page


def test_the_page_tells_every_procedure_and_its_verdict(tmp_path: Path) -> None:
    page = build_verification(gather(tmp_path, tmp_path, checkout()), PARTS)
    for procedure in PROCEDURES:
        assert html.escape(procedure.title) in page
    assert len(re.findall('class="v NOT-RUN">NOT RUN', page)) == len(PROCEDURES)
    assert "changed since" in page
