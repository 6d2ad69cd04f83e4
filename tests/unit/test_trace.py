"""The gate of requirements: what is whole passes, each kind of fault is found by what it is."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from traceability import pages, review, spec
from traceability.matrix import Matrix, join, read_project

from fsw_emu.report.evidence import Verdict

ROOT = Path(__file__).resolve().parents[2]

SPEC = """# Specification

## 1. Open questions

| id | question | choices |
|---|---|---|
| A1 | order | raster; simulator |

## 2. Nodes

There are four nodes, and more
than one CCD. [NODE-1] The order is open (A1). [NODE-2]

| byte | field [NODE-3] |
|---|---|
| 0 | address |
| 1 | length [NODE-4] |

Faults are told:

* short packets; [NODE-5]
* long packets. [NODE-6]
"""
TESTS = """import pytest

@pytest.mark.verifies("NODE-1", "NODE-2")
@pytest.mark.parametrize("n", [1, 2])
def test_nodes(n): pass

@pytest.mark.verifies("NODE-2..5")
def test_order(): pass
"""
RESULTS = """<testsuites><testsuite>
<testcase classname="tests.test_nodes" name="test_nodes[1]"/>
<testcase classname="tests.test_nodes" name="test_nodes[2]"/>
<testcase classname="tests.test_nodes" name="test_order"/>
</testsuite></testsuites>
"""


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


REFERENCE = """ref: ''
references:
- path: SPEC.md
  type: file
  keyword: Faults are told"""


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


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


#: file, what stands there, what is put there, what is found
FAULTS: dict[str, tuple[str, str, str, str]] = {
    "a wrong word": ("SPEC.md", "four nodes", "five nodes", "NODE-1: SPEC.md:11 says another"),
    "a row twice": ("SPEC.md", "| A1 |", "| A1 | unit |\n| A1 |", "A1: two rows"),
    "a wrong row": ("SPEC.md", "0 | address", "0 | length", "NODE-3: SPEC.md:14 says another"),
    "a sentence without id": ("SPEC.md", " [NODE-2]", "", "11: a sentence without id: The order"),
    "a sentence more": ("SPEC.md", "The order", "They turn. The order", "without id: They turn."),
    "two ids in a row": ("SPEC.md", " [NODE-4]", " [NODE-4] [NODE-7]", "17: a row has 2 ids"),
    "a list item without id": ("SPEC.md", " [NODE-5]", "", "a sentence without id: short packets"),
    "a row without id": ("SPEC.md", " [NODE-3]", "", "16: a row without id: 0 | address"),
    "an id twice": ("SPEC.md", "[NODE-6]", "[NODE-5]", "NODE-5: twice"),
    "an id that no item has": ("SPEC.md", "[NODE-6]", "[NODE-7]", "NODE-7: in SPEC.md:22, but not"),
    "an item that SPEC has not": ("SPEC.md", "[NODE-6]", "[NODE-7]", "NODE-6: in requirements/,"),
    "an unknown assumption": ("SPEC.md", "(A1)", "(A2)", "NODE-2: A2 is no row of section 1"),
    "an assumption that is no source": (
        "requirements/NODE-2.yml", "IRD, ASSUMED A1", "IRD", "rests on A1, which is not among",
    ),
    "a source changed": ("requirements/NODE-1.yml", "IRD", "TN", "NODE-1: changed since its"),
    "words of an item": ("requirements/NODE-1.yml", "four", "two", "NODE-1: changed since its"),
    "no source": ("requirements/NODE-1.yml", "IRD", "''", "NODE-1: no source"),
    "a source that is none": ("requirements/NODE-1.yml", "IRD", "us", "source 'us' is none"),
    "no method": ("requirements/NODE-1.yml", "method: test", "method: hope", "method 'hope'"),
    "analysis of nothing": (
        "requirements/NODE-1.yml", "method: test", "method: analysis", "analysis without a ref",
    ),
    "a reference to nowhere": (
        "requirements/NODE-6.yml", "path: SPEC.md", "path: GONE.md", "GONE.md is not there",
    ),
    "a reference to words that are gone": (
        "requirements/NODE-6.yml", "Faults are told", "Nothing", "does not say 'Nothing'",
    ),
    "retired, but in SPEC": (
        "requirements/NODE-1.yml", "active: true", "active: false", "NODE-1: retired, but in SPEC",
    ),
    "an id that was given and taken back": (
        "requirements/ledger.toml", "NODE-3 =", "NODE-9 =", "NODE-9: deleted",
    ),
    "an item that no review has seen": (
        "requirements/ledger.toml", "NODE-3 =", "NODE-9 =", "NODE-3: not in requirements/ledger",
    ),
    "a gap in the numbers": (
        "requirements/ledger.toml", "NODE-3 =", "NODE-9 =", "NODE-8: an id that is nowhere",
    ),
    "a test that is gone": (
        "tests/test_nodes.py", "def test_nodes", "def nodes", "NODE-1: without evidence",
    ),
    "one test of two that is gone": (
        "tests/test_nodes.py", "def test_nodes", "def nodes",
        "NODE-2: tests/test_nodes.py::test_nodes verified it at its review and does no more",
    ),
    "a marker that is gone": (
        "tests/test_nodes.py", '"NODE-1", ', "", "NODE-1: without evidence: no test verifies it",
    ),
    "a marker of no requirement": (
        "tests/test_nodes.py", '"NODE-1"', '"NODE-1", "NODE-77"', "verifies NODE-77, which is no",
    ),
    "a marker twice": ("tests/test_nodes.py", '"NODE-1"', '"NODE-2"', "verifies the same twice"),
    "a marker of something else": (
        "tests/test_nodes.py", '"NODE-1", "NODE-2"', "*NAMES", "wants ids as they are",
    ),
    "a marker of a module": (
        "tests/test_nodes.py", "import pytest",
        'import pytest\npytestmark = pytest.mark.verifies("NODE-1")', "on test functions only",
    ),
    "a skipped test": (
        "tests/test_nodes.py", "@pytest.mark.para", "@pytest.mark.skip\n@pytest.mark.para",
        "NODE-1: without evidence: all its tests are skipped",
    ),
    "a test skipped on a condition": (
        "tests/test_nodes.py", "@pytest.mark.para", "@pytest.mark.skipif(True)\n@pytest.mark.para",
        "NODE-1: without evidence: all its tests are skipped",
    ),
    "a test expected to fail": (
        "tests/test_nodes.py", "@pytest.mark.para", "@pytest.mark.xfail\n@pytest.mark.para",
        "NODE-1: without evidence: all its tests are skipped or expected to fail",
    ),
    "a skipped module": (
        "tests/test_nodes.py", "import pytest", "import pytest\npytestmark = [pytest.mark.skip()]",
        "NODE-4: without evidence: all its tests are skipped",
    ),
}  # fmt: skip


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
    results(small, RESULTS.replace("/>", "><skipped/></testcase>"), "leon3")
    matrix = matrix_of(small)
    assert (matrix.findings, set(verdicts(matrix).values())) == ([], {"PASS"})
    results(small, RESULTS.replace("/>", "><failure/></testcase>"), "leon3")
    assert verdicts(matrix_of(small))["NODE-3"] == "FAIL"


def test_a_test_that_did_not_run_is_a_finding(small: Path) -> None:
    results(small, RESULTS.replace("test_order", "test_other"))
    (finding,) = (f for f in matrix_of(small).findings if f.startswith("NODE-3"))
    assert finding == "NODE-3: NOT RUN: tests/test_nodes.py::test_order NOT RUN"


def test_results_of_other_sources_do_not_count(small: Path) -> None:
    other = '<properties><property name="tree" value="c0ffee"/></properties>'
    results(small, RESULTS.replace("<testsuite>", f"<testsuite>{other}"))
    matrix = matrix_of(small)
    assert matrix.notes == ["lane host ran other sources: left out"]
    assert (matrix.lanes, matrix.findings, verdicts(matrix)["NODE-3"]) == ([], [], "NOT RUN")


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
