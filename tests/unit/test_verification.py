# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The verdict of all is no better than its worst part; what was skipped is not a pass."""

from __future__ import annotations

from pathlib import Path

import lanes
import pytest

from fsw_emu.provenance import Checkout
from fsw_emu.report.evidence import Evidence, Verdict, write
from fsw_emu.report.junit import suite
from fsw_emu.report.verification import PROCEDURES, SUITES, Outcome, gather, overall

NOW = Checkout("c0ffee", False, "abc")
PASSED = '<testcase classname="tests.a" name="test_{}" time="0"/>'
SKIPPED = '<testcase classname="tests.a" name="test_s"><skipped message="no board"/></testcase>'
FAILED = '<testcase classname="tests.a" name="test_f"><failure message="1 is 2&#10;x"/></testcase>'
BROKEN = '<testcase classname="tests.a" name="test_e"><error message="fixture"/></testcase>'


def junit_file(path: Path, *cases: str, tree: str = "abc") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        '<?xml version="1.0"?><testsuites><testsuite name="pytest" time="1.5"><properties>'
        f'<property name="tree" value="{tree}"/></properties>{"".join(cases)}'
        "</testsuite></testsuites>"
    )
    return path


def everything(tmp_path: Path, **verdicts: Verdict) -> list[Outcome]:
    for procedure in PROCEDURES:
        if procedure.name.startswith("suite "):
            junit_file(tmp_path / f"lanes/{procedure.name[6:]}.xml", PASSED)
        else:
            verdict = verdicts.get(procedure.name.replace("-", "_"), Verdict.PASS)
            if verdict is not Verdict.NOT_RUN:
                found = Evidence(procedure.name, verdict, "said", sources=NOW)
                write(found, tmp_path / "e", NOW)
    return gather(tmp_path / "e", tmp_path / "lanes", NOW)


def test_suites_are_the_lanes() -> None:
    assert list(SUITES) == [lane.name for lane in lanes.LANES]


def test_the_host_runs_every_room_once() -> None:
    [host] = [lane for lane in lanes.LANES if lane.name == "host"]
    rooms = [room for part in host.parts for room in part]
    there = {path.parent for path in (lanes.ROOT / "tests").rglob("test_*.py")}
    assert sorted(rooms) == sorted(path.relative_to(lanes.ROOT).as_posix() for path in there)


def test_parts_of_a_lane_become_one_run(tmp_path: Path) -> None:
    parts = [junit_file(tmp_path / f"{i}.xml", case) for i, case in enumerate((PASSED, FAILED))]
    lanes.join_verdicts(parts, tmp_path / "host.xml")
    assert suite("host", tmp_path / "host.xml", NOW).verdict is Verdict.FAIL
    assert not any(part.exists() for part in parts)
    lanes.join_verdicts(
        [junit_file(tmp_path / "0.xml", PASSED), tmp_path / "1.xml"], tmp_path / "host.xml"
    )
    told = suite("host", tmp_path / "host.xml", NOW)
    assert told.verdict is Verdict.ERROR
    assert "1.xml was not written" in told.said


def test_all_passed_is_a_pass(tmp_path: Path) -> None:
    assert overall(everything(tmp_path)) is Verdict.PASS


@pytest.mark.parametrize(
    ("name", "verdict", "whole"),
    [
        ("trace", Verdict.FAIL, Verdict.FAIL),
        ("trace", Verdict.ERROR, Verdict.ERROR),
        ("trace", Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        ("trace", Verdict.NOT_RUN, Verdict.INCONCLUSIVE),
        ("mutants", Verdict.NOT_RUN, Verdict.PASS),
        ("mutants", Verdict.FAIL, Verdict.FAIL),
    ],
)
def test_one_procedure_turns_the_whole(
    tmp_path: Path, name: str, verdict: Verdict, whole: Verdict
) -> None:
    assert overall(everything(tmp_path, **{name: verdict})) is whole


def test_nothing_run_is_inconclusive(tmp_path: Path) -> None:
    outcomes = gather(tmp_path, tmp_path, NOW)
    assert {o.evidence.verdict for o in outcomes} == {Verdict.NOT_RUN}
    assert overall(outcomes) is Verdict.INCONCLUSIVE


def test_a_skipped_test_is_no_pass(tmp_path: Path) -> None:
    found = suite("host", junit_file(tmp_path / "host.xml", PASSED, SKIPPED), NOW)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.said == "1 passed, 1 not run"
    assert found.tables[0].rows == [["tests.a.test_s", "no board"]]


def test_a_skipped_optional_lane_does_not_turn_the_run(tmp_path: Path) -> None:
    skipped = SKIPPED.replace("no board", "dual core: QEMU has one")
    found = suite("host", junit_file(tmp_path / "host.xml", PASSED, skipped), NOW)
    assert found.verdict is Verdict.PASS
    assert found.said == "1 passed, 1 not run"
    assert len(found.tables[0].rows) == 1


def test_a_suite_that_was_all_skipped_did_not_run(tmp_path: Path) -> None:
    assert suite("host", junit_file(tmp_path / "h.xml", SKIPPED), NOW).verdict is Verdict.NOT_RUN
    assert suite("host", junit_file(tmp_path / "h.xml"), NOW).verdict is Verdict.NOT_RUN


def test_failures_and_errors_show_where(tmp_path: Path) -> None:
    found = suite("host", junit_file(tmp_path / "h.xml", PASSED, FAILED, BROKEN), NOW)
    assert found.verdict is Verdict.FAIL
    assert list(found.findings) == ["tests.a.test_f: 1 is 2", "tests.a.test_e: fixture"]
    assert suite("host", junit_file(tmp_path / "h.xml", BROKEN), NOW).verdict is Verdict.ERROR


def test_a_suite_on_other_sources_does_not_count(tmp_path: Path) -> None:
    path = junit_file(tmp_path / "h.xml", PASSED, tree="older")
    assert suite("host", path, NOW).verdict is Verdict.INCONCLUSIVE


def test_a_broken_file_is_an_error(tmp_path: Path) -> None:
    for text in ("", "<a/>", "<testsuite"):
        (tmp_path / "h.xml").write_text(text)
        assert suite("host", tmp_path / "h.xml", NOW).verdict is Verdict.ERROR


def test_a_run_that_ends_badly_though_all_passed_is_an_error(tmp_path: Path) -> None:
    path = junit_file(tmp_path / "leon3.xml", PASSED)
    lanes.tell_ending(path, "the run ended with exit code 1")
    found = suite("leon3", path, NOW)
    assert found.verdict is Verdict.ERROR
    assert found.said == "1 passed; the run ended with exit code 1"


def test_a_run_without_verdicts_has_no_ending(tmp_path: Path) -> None:
    lanes.tell_ending(tmp_path / "none.xml", "x")
    (tmp_path / "part.xml").write_text("<testsuites><testsu")
    lanes.tell_ending(tmp_path / "part.xml", "x")
    assert suite("x", tmp_path / "part.xml", NOW).verdict is Verdict.ERROR


def test_without_git_no_suite_counts(tmp_path: Path) -> None:
    path = junit_file(tmp_path / "h.xml", PASSED, tree="")
    assert suite("host", path, Checkout("", False, "")).verdict is Verdict.INCONCLUSIVE
