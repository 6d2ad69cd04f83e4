# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The gate of requirements: what is whole passes, each kind of fault is found by what it is."""

from __future__ import annotations

import csv
import importlib.util
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trace_cases import (
    FAULTS,
    REFERENCE,
    RESULTS,
    SPEC,
    SPELLINGS,
    STALE,
    TESTS,
    TREE,
    delete_the_last,
    edit,
    git,
)
from traceability import pages, review, spec
from traceability.matrix import Matrix, join, read_project

from fsw_emu.provenance import Checkout
from fsw_emu.report.evidence import Evidence, Verdict

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of six requirements and two tests, reviewed."""
    root = tmp_path_factory.mktemp("small")
    (root / "tests").mkdir()
    (root / "requirements").mkdir()
    shutil.copy(ROOT / "requirements/.doorstop.yml", root / "requirements")
    (root / "requirements/ledger.toml").write_text("")
    (root / "SPEC.md").write_text(SPEC)
    (root / "tests/test_nodes.py").write_text(TESTS)
    project = read_project(root)
    for name in project.spec.requirements:
        source = "IRD, ASSUMED A1" if name == "NODE-2" else "IRD"
        review.add(project, name, source, "inspection" if name == "NODE-6" else "test")
    edit(root / "requirements/NODE-6.yml", "ref: ''", REFERENCE)
    review.review(read_project(root), ["NODE-6"])
    return root


@pytest.fixture
def small(reviewed: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(reviewed, tmp_path / "project"))


@pytest.fixture(autouse=True)
def sources(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash of its sources."""
    monkeypatch.setattr("traceability.matrix.checkout", lambda _: Checkout("", False, TREE))


def matrix_of(root: Path) -> Matrix:
    return join(read_project(root))


def results(root: Path, text: str = RESULTS, lane: str = "host") -> None:
    path = root / "build/lanes" / f"{lane}.xml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_whole_project_has_no_findings(small: Path) -> None:
    matrix = matrix_of(small)
    assert (matrix.findings, matrix.notes) == ([], [])
    texts = {row.id: row.text for row in matrix.requirements}
    assert list(texts) == ["NODE-1", "NODE-2", "NODE-3", "NODE-4", "NODE-5", "NODE-6"]
    assert texts["NODE-1"] == "There are four nodes, and more than one CCD."
    assert texts["NODE-3"] == "byte | field // 0 | address"
    assert texts["NODE-4"] == "1 | length"
    assert texts["NODE-6"] == "Faults are told: long packets."
    assert [test.id for test in matrix.rows["NODE-2"].tests] == [
        "tests/test_nodes.py::test_nodes", "tests/test_nodes.py::test_order",
    ]  # fmt: skip
    assert matrix.rows["A1"].rests_here == ["NODE-2"]


WORDS = st.text("abcdefg ,()", min_size=1, max_size=60).map(str.split).map(" ".join)


@given(st.lists(st.lists(WORDS.filter(bool), min_size=1, max_size=4), min_size=1, max_size=5))
def test_what_is_written_is_read(paragraphs: list[list[str]]) -> None:
    """Sentences in any paragraphs, broken into lines anywhere."""
    number, lines, expected = 0, ["## 2. Nodes", ""], []
    for sentences in paragraphs:
        said = []
        for sentence in sentences:
            number += 1
            expected.append((f"X-{number}", f"{sentence}."))
            said.append(f"{sentence}. [X-{number}]")
        lines += [*" ".join(said).replace(", ", ",\n").splitlines(), ""]
    read = spec.read("\n".join(lines))
    assert read.findings == []
    assert [(r.id, r.text) for r in read.requirements.values()] == expected


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found(small: Path, fault: str) -> None:
    file, old, new, found = FAULTS[fault]
    edit(small / file, old, new)
    matrix = matrix_of(small)
    assert any(found in finding for finding in matrix.findings), matrix.findings
    assert pages.evidence(matrix, 0).verdict is Verdict.FAIL


def test_an_option_needs_a_requirement_or_a_test(small: Path) -> None:
    edit(small / "SPEC.md", "\n## 2", "| A2 | unit | ADU | - |\n\n## 2")
    assert matrix_of(small).findings == []
    edit(small / "SPEC.md", "ADU | - |", "ADU | `--unit` |")
    assert matrix_of(small).findings == ["A2: without evidence: no test verifies it"]
    edit(small / "tests/test_nodes.py", '"NODE-1"', '"NODE-1", "A2"')
    assert matrix_of(small).findings == []


def test_a_deleted_item_is_found_a_retired_one_is_not(small: Path) -> None:
    edit(small / "SPEC.md", "* long packets. [NODE-6]\n", "")
    (small / "requirements/NODE-6.yml").rename(small / "kept.yml")
    assert matrix_of(small).findings == ["NODE-6: deleted; retire it instead"]
    (small / "kept.yml").rename(small / "requirements/NODE-6.yml")
    review.review(read_project(small), ["NODE-6"])
    assert matrix_of(small).findings == []
    assert not read_project(small).items["NODE-6"].active


def test_the_highest_id_is_not_deleted_unseen(small: Path) -> None:
    delete_the_last(small)
    assert matrix_of(small).findings == ["NODE-6: an id that is nowhere, of those up to NODE-6"]
    edit(small / "SPEC.md", "(A1). [NODE-2]", "(A1). [NODE-2] One more. [NODE-6]")
    with pytest.raises(ValueError, match="never used"):
        review.add(read_project(small), "NODE-6", "IRD", "test")


def test_git_tells_what_the_ledger_had(small: Path) -> None:
    git(small, "init", "--quiet")
    assert matrix_of(small).findings == []  # no commit yet
    git(small, "add", ".")
    git(small, "commit", "--quiet", "-m", "all")
    assert matrix_of(small).findings == []
    delete_the_last(small)
    edit(small / "requirements/ledger.toml", "NODE = 6", "NODE = 5")
    found = ["NODE-6: deleted; retire it instead", "NODE-6: above the highest number in "]
    assert all(any(f.startswith(one) for f in matrix_of(small).findings) for one in found)
    git(small, "commit", "--quiet", "-a", "-m", "gone")
    assert all(any(f.startswith(one) for f in matrix_of(small).findings) for one in found)
    edit(small / "SPEC.md", "(A1). [NODE-2]", "(A1). [NODE-2] One more. [NODE-6]")
    with pytest.raises(ValueError, match="never used"):
        review.add(read_project(small), "NODE-6", "IRD", "test")


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_marks_are_known_in_any_spelling(small: Path, spelling: str) -> None:
    head, decorator = SPELLINGS[spelling]
    edit(small / "tests/test_nodes.py", "import pytest", head)
    edit(small / "tests/test_nodes.py", "@pytest.mark.para", f"{decorator}\n@pytest.mark.para")
    left_out = "NODE-1: without evidence: all its tests are skipped or expected to fail"
    assert left_out in matrix_of(small).findings


def test_a_marker_counts_in_another_spelling(small: Path) -> None:
    edit(small / "tests/test_nodes.py", "import pytest", "import pytest\nfrom pytest import mark")
    edit(small / "tests/test_nodes.py", "@pytest.mark.verifies", "@mark.verifies")
    assert matrix_of(small).findings == []


def test_a_review_accepts_what_changed(small: Path) -> None:
    edit(small / "SPEC.md", "four nodes", "five nodes")
    edit(small / "tests/test_nodes.py", "def test_order", "def test_another")
    names = ["NODE-1", "NODE-2", "NODE-3", "NODE-4", "NODE-5"]
    assert {finding.split(":")[0] for finding in matrix_of(small).findings} == set(names)
    review.review(read_project(small), names)
    assert matrix_of(small).findings == []
    with pytest.raises(ValueError, match="NODE-9: no such item"):
        review.review(read_project(small), ["NODE-9"])


def test_an_id_is_added_once(small: Path) -> None:
    edit(small / "SPEC.md", "(A1). [NODE-2]", "(A1). [NODE-2] One more. [NODE-7]")
    edit(small / "tests/test_nodes.py", "NODE-2..5", "NODE-7")
    for name in ("NODE-1", "NODE-8"):
        with pytest.raises(ValueError, match="never used"):
            review.add(read_project(small), name, "IRD", "test")
    review.add(read_project(small), "NODE-7", "IRD", "test")
    assert matrix_of(small).rows["NODE-7"].text == "One more."
    assert not any("NODE-7" in finding for finding in matrix_of(small).findings)


def test_a_new_link_is_noted_until_its_review(small: Path) -> None:
    edit(small / "tests/test_nodes.py", "def test_order", "def test_order(): pass\n\n"
         '@pytest.mark.verifies("NODE-1")\ndef test_new')  # fmt: skip
    matrix = matrix_of(small)
    assert matrix.notes == ["NODE-1: tests/test_nodes.py::test_new is new since its review"]


# Verdicts


def verdicts(matrix: Matrix) -> dict[str, str]:
    return {row.id: str(row.verdict) for row in matrix.requirements}


def test_without_results_nothing_passes_but_what_was_inspected(small: Path) -> None:
    assert {v for name, v in verdicts(matrix_of(small)).items() if name != "NODE-6"} == {"NOT RUN"}
    assert verdicts(matrix_of(small))["NODE-6"] == "PASS"


@pytest.mark.parametrize(
    ("ending", "verdict"),
    [
        ("", "PASS"),
        ("<failure/>", "FAIL"),
        ("<error/>", "ERROR"),
        ("<skipped/>", "NOT RUN"),
        ('<skipped type="pytest.xfail"/>', "NOT RUN"),
        ("<failure/><error/>", "FAIL"),
    ],
)
def test_a_requirement_passes_if_all_its_tests_did(small: Path, ending: str, verdict: str) -> None:
    case = 'name="test_nodes[2]"'
    results(small, RESULTS.replace(f"{case}/>", f"{case}>{ending}</testcase>"))
    matrix = matrix_of(small)
    assert verdicts(matrix) == {
        "NODE-1": verdict, "NODE-2": verdict, "NODE-3": "PASS", "NODE-4": "PASS",
        "NODE-5": "PASS", "NODE-6": "PASS",
    }  # fmt: skip
    found = [finding.split(":")[0] for finding in matrix.findings]
    assert found == {"PASS": [], "NOT RUN": ["NODE-1"]}.get(verdict, ["NODE-1", "NODE-2"])


def test_other_lanes_may_skip_and_not_fail(small: Path) -> None:
    results(small)
    results(small, RESULTS.replace("/>\n", "><skipped/></testcase>\n"), "leon3")
    matrix = matrix_of(small)
    assert (matrix.findings, set(verdicts(matrix).values())) == ([], {"PASS"})
    results(small, RESULTS.replace("/>\n", "><failure/></testcase>\n"), "leon3")
    assert verdicts(matrix_of(small))["NODE-3"] == "FAIL"


def test_a_test_that_did_not_run_is_a_finding(small: Path) -> None:
    results(small, RESULTS.replace("test_order", "test_other"))
    found = matrix_of(small).findings
    assert "NODE-3: NOT RUN: tests/test_nodes.py::test_order NOT RUN" in found


@pytest.mark.parametrize("properties", STALE)
def test_results_of_other_sources_do_not_count(small: Path, properties: str) -> None:
    results(small, RESULTS.replace(f'<property name="tree" value="{TREE}"/>', STALE[properties]))
    matrix = matrix_of(small)
    assert matrix.notes == ["lane host ran other or unknown sources: left out"]
    assert (matrix.lanes, matrix.findings, verdicts(matrix)["NODE-3"]) == ([], [], "NOT RUN")


def test_of_unknown_sources_no_result_counts(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("traceability.matrix.checkout", lambda _: Checkout("", False, ""))
    results(small, RESULTS.replace(TREE, ""))
    assert matrix_of(small).lanes == []


def test_without_the_host_lane_the_gate_does_not_tell(small: Path) -> None:
    results(small, lane="leon3")
    said = pages.evidence(matrix_of(small), 0)
    assert (said.verdict, said.findings) == (Verdict.INCONCLUSIVE, [])
    assert said.said.endswith("lane host has not run these sources")
    results(small)
    assert pages.evidence(matrix_of(small), 0).verdict is Verdict.PASS
    results(small, RESULTS.replace(TREE, "c0ffee"))
    results(small, RESULTS.replace("/>\n", "><failure/></testcase>\n"), "leon3")
    assert "NODE-3: FAIL: in another lane" in matrix_of(small).findings


def test_a_test_of_several_that_did_not_run_is_noted(small: Path) -> None:
    results(
        small, RESULTS.replace('name="test_order"/>', 'name="test_order"><skipped/></testcase>')
    )
    edit(small / "tests/test_nodes.py", "NODE-2..5", "NODE-2")
    edit(small / "tests/test_nodes.py", '"NODE-1", ', '"NODE-1", "NODE-3", "NODE-4", "NODE-5", ')
    review.review(read_project(small), ["NODE-3", "NODE-4", "NODE-5"])
    matrix = matrix_of(small)
    assert matrix.findings == []
    assert matrix.notes == ["NODE-2: NOT RUN: tests/test_nodes.py::test_order NOT RUN"]
    said = pages.evidence(matrix, 0)
    assert said.verdict is Verdict.INCONCLUSIVE
    assert said.said.endswith("tests of 1 did not run")


# Pages


def test_the_matrix_goes_both_ways(small: Path, tmp_path: Path) -> None:
    results(small)
    matrix = matrix_of(small)
    pages.write_pages(matrix, tmp_path / "trace")
    page = (tmp_path / "trace/matrix.html").read_text()
    assert '<a href="#NODE-3">NODE-3</a>' in page
    assert '<a href="#tests/test_nodes.py::test_order">' in page
    assert "http" not in page
    with (tmp_path / "trace/requirements.csv").open() as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert rows["NODE-3"]["evidence"] == "tests/test_nodes.py::test_order"
    assert (rows["NODE-3"]["verdict"], rows["NODE-3"]["source"]) == ("PASS", "IRD")
    with (tmp_path / "trace/tests.csv").open() as file:
        tests = {row["test"]: row["verifies"].split() for row in csv.DictReader(file)}
    assert tests["tests/test_nodes.py::test_nodes"] == ["NODE-1", "NODE-2"]
    said = pages.evidence(matrix, 1.0)
    assert (said.verdict, said.figures["requirements"]) == (Verdict.PASS, "6")
    assert ("NODE-3", "2", "IRD", "test", "PASS", "1 test") in map(tuple, said.tables[0].rows)
    assert ("tests/test_nodes.py", "2", "NODE-1 NODE-2 NODE-3 NODE-4 NODE-5") in map(
        tuple, said.tables[1].rows
    )


def test_what_a_page_says_is_no_markup(small: Path, tmp_path: Path) -> None:
    edit(small / "SPEC.md", "four nodes", "<script>four</script> & nodes")
    pages.write_pages(matrix_of(small), tmp_path / "trace")
    page = (tmp_path / "trace/matrix.html").read_text()
    assert "&lt;script&gt;four&lt;/script&gt; &amp; nodes" in page


# The command


def command(
    root: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> tuple[int, list[Evidence]]:
    """What ``tools/trace.py`` returns for a project, and what it would keep."""
    kept: list[Evidence] = []
    made = importlib.util.spec_from_file_location("trace_command", ROOT / "tools/trace.py")
    assert made is not None
    assert made.loader is not None
    module = importlib.util.module_from_spec(made)
    made.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", root)
    monkeypatch.setattr(module, "write", kept.append)
    monkeypatch.setattr("sys.argv", ["trace.py", *arguments])
    return module.main(), kept


def test_the_command_passes_fails_and_reviews(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, (kept,) = command(small, monkeypatch)
    assert (code, kept.verdict, kept.procedure) == (0, Verdict.INCONCLUSIVE, "trace")
    assert "INCONCLUSIVE: every requirement has evidence" in capsys.readouterr().out
    results(small)
    code, (kept,) = command(small, monkeypatch)
    assert (code, kept.verdict) == (0, Verdict.PASS)
    assert (small / "build/trace/matrix.html").exists()
    edit(small / "SPEC.md", "four nodes", "five nodes")
    code, (kept,) = command(small, monkeypatch)
    assert (code, kept.verdict) == (1, Verdict.FAIL)
    assert "NODE-1: SPEC.md:11 says another thing than the item" in capsys.readouterr().out
    assert command(small, monkeypatch, "--review", "NODE-1")[0] == 0
    edit(small / "SPEC.md", "(A1). [NODE-2]", "(A1). [NODE-2] One more. [NODE-7]")
    edit(small / "tests/test_nodes.py", '"NODE-1"', '"NODE-7", "NODE-1"')
    assert command(small, monkeypatch, "--add", "NODE-7", "GS")[0] == 0
    ledger = small / "requirements/ledger.toml"
    ledger.write_text(ledger.read_text().replace(" = [", " =  ["))
    before = ledger.read_bytes()
    assert command(small, monkeypatch)[0] == 0
    assert ledger.read_bytes() == before  # the gate alone writes nothing there


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("build/lanes/host.xml", "<testsuites>"),
        ("requirements/ledger.toml", "NODE-1 = ["),
        ("requirements/NODE-1.yml", "active: ["),
        ("tests/test_nodes.py", "def ("),
    ],
)
def test_what_cannot_be_read_is_an_error(
    small: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    file: str,
    text: str,
) -> None:
    results(small)
    (small / file).write_text(text)
    code, (kept,) = command(small, monkeypatch)
    assert (code, kept.verdict) == (1, Verdict.ERROR)
    assert capsys.readouterr().err.startswith("trace.py: ")
