# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Mutants of the flight code: one change each, caught by a test or explained."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import mutants
import planted
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutant_build import Built, NoBuild, Workshop
from mutant_judge import NoVerdict, Outcome, files_of, judge, outcome, run_tests
from mutant_known import judge_known, known
from mutant_plant import SOURCES, Mutant, candidates, parse, queues
from mutant_report import (
    KnownResult,
    Result,
    evidence,
    explanations,
    figures,
    findings,
    write_list,
)
from tree_sitter import Node

from fsw_emu.compare.compare import Comparison, Found
from fsw_emu.provenance import checkout
from fsw_emu.report.evidence import Verdict

ALL = candidates()
CAUGHT = Outcome("tests/props/test_filter.py::test_agrees_with_the_model", "fails")


def find(file: str, function: str, told: str) -> Mutant:
    (mutant,) = (m for m in ALL if (m.file, m.function, m.told) == (file, function, told))
    return mutant


def tokens(node: Node) -> Iterator[tuple[int, int, bytes | None]]:
    """The leaves of a syntax tree; comments are none."""
    if node.child_count == 0 and node.type != "comment":
        yield node.start_byte, node.end_byte, node.text
    for child in node.children:
        yield from tokens(child)


@given(mutant=st.sampled_from(ALL))
def test_a_mutant_is_one_change_that_parses(mutant: Mutant) -> None:
    text = (SOURCES / mutant.file).read_bytes()
    changed = mutant.apply(text)
    tree = parse(changed)
    assert not tree.has_error
    end = mutant.start + len(mutant.after)
    assert changed[: mutant.start] + changed[end:] == text[: mutant.start] + text[mutant.end :]
    before, after = list(tokens(parse(text))), list(tokens(tree))
    same = [t for start, stop, t in before if stop <= mutant.start or start >= mutant.end]
    left = [t for start, stop, t in after if stop <= mutant.start or start >= end]
    assert same == left
    is_token = mutant.after not in (";", "(0)", "(1)", "break;")
    assert len(before) - len(same) == 1 or not is_token
    assert b"#" not in text[mutant.start : mutant.end]


def test_every_function_has_some() -> None:
    units = {(m.file, m.function) for m in ALL}
    for path in SOURCES.glob("*.[ch]"):
        begin = r"^[a-z][\w ]*?[ *](\w+)\([^;{]*\)\n\{\n(.*?)^\}"
        for name, body in re.findall(begin, path.read_text(), re.M | re.DOTALL):
            hands_on = re.fullmatch(r"[\w\s]*(\[\w+\];\s*)?return \w+\([\w\s,()]*\);\s*", body)
            assert hands_on or (path.name, name) in units


def test_comments_and_lines_elsewhere_change_no_key(tmp_path: Path) -> None:
    for path in SOURCES.iterdir():
        text = path.read_text().replace(";\n", "; /* why */\n", 40)
        (tmp_path / path.name).write_text("/* more */\n\n" + text)
    assert [m.key for m in candidates(tmp_path)] == [m.key for m in ALL]
    assert len({m.key for m in ALL}) == len({m.name for m in ALL}) == len(ALL)


def test_a_seed_tells_the_order() -> None:
    assert queues(ALL, 1) == queues(reversed(ALL), 1) != queues(ALL, 2)
    assert sum(map(len, queues(ALL, 1))) == len(ALL)


class Pretended(Workshop):
    """Compiles nothing: every other mutant does not build, or builds to the same code."""

    def make(self, name: str, file: str, text: bytes) -> Built:
        assert text != (SOURCES / file).read_bytes()
        if name[0] in "0123":
            raise NoBuild(name)
        return Built(name, None if name[0] in "4567" else Path(file), None)


def test_those_that_do_not_count_are_replaced(tmp_path: Path) -> None:
    workshop = Pretended(tmp_path, None, None)  # type: ignore[arg-type]
    units = queues(ALL, 1)
    planted = [mutant for mutant, _ in mutants.plant(units, 900, workshop, 1)]
    assert len(planted) == len(set(planted)) == 900
    assert all(mutant.name[0] not in "01234567" for mutant in planted)
    ready = {(m.file, m.function) for m in ALL if m.name[0] not in "01234567"}
    assert {(m.file, m.function) for m in planted} == ready
    few = [unit[:2] for unit in units[:3]]
    assert len(mutants.plant(few, 900, workshop, 2)) <= 6


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop.open(tmp_path_factory.mktemp("mutants") / "new")


def test_a_planted_mutant_is_caught(workshop: Workshop) -> None:
    told = "> -> >=  in  return count > ctx->ring_count_max ? RING_COUNT : KEPT;"
    mutant = find("filter.c", "classify", told)
    built = mutants.build_mutant(mutant, workshop)
    assert built is not None
    assert built.program is not None
    loop, found = judge(built, mutant.file, workshop.folder)
    assert (loop, found.how) == ("host", "fails")
    assert found.test.startswith("tests/props/test_filter.py::")


def test_what_hangs_is_caught_in_time(workshop: Workshop) -> None:
    mutant = find("edu.c", "scan_frame", "row += rows; -> ;  in  row += rows;")
    built = mutants.build_mutant(mutant, workshop)
    assert built is not None
    test = "tests/props/test_edu.py::test_equality_passes_and_a_plateau_does_not"
    log = workshop.folder / "log"
    found = run_tests([test], log, test_s=2, target=f"lib:{built.library}")
    assert found == Outcome(test, "time-out")


def test_the_same_code_does_not_count(workshop: Workshop) -> None:
    text = (SOURCES / "bits.h").read_bytes()
    built = workshop.make("same", "bits.h", b"\n" + text)
    assert (built.library, built.program) == (None, None)
    with pytest.raises(NoBuild, match="error"):
        workshop.make("wrong", "bits.h", text.replace(b"uint32_t n", b"uint33_t n"))


def test_how_a_run_of_the_tests_ends() -> None:
    begun = "tests/props/test_crc.py::test_a[1 2] PASSED [ 5%]\ntests/props/test_crc.py::test_b "
    assert outcome(0, begun) == Outcome()
    assert outcome(1, f"{begun}FAILED [9%]\n").test == "tests/props/test_crc.py::test_b"
    crash = outcome(-11, f"{begun}Fatal Python error: Segmentation fault")
    assert crash == Outcome("tests/props/test_crc.py::test_b", "crash")
    assert outcome(1, f"{begun}\nTimeout (0:00:20)!\n").how == "time-out"
    for code, log in ((2, "INTERNALERROR"), (4, "file not found"), (1, "no test"), (5, "")):
        with pytest.raises(NoVerdict):
            outcome(code, log)


def test_files_of_the_module_come_first() -> None:
    own, others = files_of("host", "edu.c")
    assert own[0] == "tests/props/test_edu.py"
    assert "tests/conformance/test_high_water.py" in own
    (every,) = files_of("leon3", "edu.c")
    (chain,) = files_of("chain", "edu.c")
    assert sorted(own + others + chain) == sorted(every)
    assert every[0] == own[0]
    assert "tests/props/test_chain.py" in chain
    assert "tests/props/test_aec.py" in files_of("host", "bits.h")[0]
    assert "tests/props/test_rows.py" in files_of("host", "rows_lines.c")[0]


def test_tests_that_fail_anyway_tell_nothing(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutants, "judge", lambda *_: ("host", CAUGHT))
    with pytest.raises(NoVerdict, match="on the unchanged core"):
        mutants.check_unchanged(workshop, ["chain"], 1)


CHOSEN = [unit[0] for unit in queues(ALL, 1)[:40]]
ALL_CAUGHT = [Result(mutant, "host", CAUGHT, 1.0) for mutant in CHOSEN]
ONE_MISSED = [replace(ALL_CAUGHT[0], loop="", outcome=Outcome()), *ALL_CAUGHT[1:]]
KEYS = {mutant.key for mutant in ALL}


def test_a_miss_needs_an_explanation() -> None:
    missed = CHOSEN[0]
    assert findings(ALL_CAUGHT, [], {}, KEYS) == []
    (line,) = findings(ONE_MISSED, [], {}, KEYS)
    assert line.startswith(f"missed: {missed.where} {missed.function}: {missed.told}")
    explained = {missed.key: "why"}
    assert findings(ONE_MISSED, [], explained, KEYS) == []
    made = evidence("mutants", 5 * ONE_MISSED, [], {}, explained, KEYS)
    assert (made.verdict, made.findings) == (Verdict.PASS, [])
    row = [missed.name, missed.where, missed.function, missed.told, "why"]
    assert made.tables[0].rows == 5 * [row]
    few = evidence("mutants", ALL_CAUGHT, [], {}, {}, KEYS)
    assert (few.verdict, few.findings) == (Verdict.FAIL, ["planted 40, fewer than 200"])
    sample = evidence("mutant-sample", ONE_MISSED, [], {}, {}, KEYS)
    assert sample.verdict is Verdict.FAIL
    assert sample.said.startswith("sample of 40 by --seed 1: 39 of 40")


def test_what_has_no_verdict_makes_the_verdict_error(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And takes no other mutant along."""

    def one(built: Built, *_: object) -> tuple[str, Outcome]:
        if built.name == CHOSEN[1].name:
            raise NoVerdict("pytest ends with 4: no such option\nand more")
        return "host", CAUGHT

    monkeypatch.setattr(mutants, "judge", one)
    results = mutants.judged([(m, Built(m.name, None, None)) for m in CHOSEN], workshop, 2)
    assert [r.loop for r in results].count("host") == len(CHOSEN) - 1
    made = evidence("mutant-sample", results, [], {}, {}, KEYS)
    assert made.verdict is Verdict.ERROR
    said = "pytest ends with 4: no such option"
    assert made.findings == [f"no verdict: {CHOSEN[1].name} {CHOSEN[1].where}: {said}"]
    assert (made.figures["without verdict"], made.figures["missed, equivalent or not"]) == (
        "1",
        "0",
    )
    write_list(results, tmp_path / "list.csv")
    assert (tmp_path / "list.csv").read_text().count("no verdict") == 1


def test_fewer_than_asked_and_none_are_findings() -> None:
    few = evidence("mutant-sample", ALL_CAUGHT, [], {}, {}, KEYS, asked=41)
    assert (few.verdict, few.findings) == (
        Verdict.FAIL,
        ["planted 40, fewer than the 41 asked for"],
    )
    assert figures([], [])["caught"] == "0"
    assert evidence("mutant-sample", [], [], {}, {}, KEYS).verdict is Verdict.FAIL


def test_a_sample_hangs_on_the_sources_and_can_be_repeated() -> None:
    assert mutants.seed_of("00000102" + 56 * "a") == 0x102
    assert mutants.seed_of("") == 1
    (line,) = findings(ONE_MISSED, [], {}, KEYS, seed=258)
    assert line.endswith(f"(mutant {CHOSEN[0].name}, --seed 258)")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Procedures of which evidence is kept; nothing is built or run."""
    kept: list[str] = []
    for tool in (mutants, planted):
        monkeypatch.setattr(tool, "write", lambda made: kept.append(f"{made.verdict}"))
    monkeypatch.setattr(mutants, "build_unchanged", lambda: None)
    nothing = Pretended(Path(), None, None)  # type: ignore[arg-type]
    monkeypatch.setattr(mutants.Workshop, "open", lambda _folder: nothing)
    monkeypatch.setattr(mutants, "check_unchanged", lambda *_: None)
    monkeypatch.setattr(mutants, "write_list", lambda *_: None)
    monkeypatch.setattr(mutants, "judged_known", lambda *_: [])
    monkeypatch.setattr(mutants, "build_mutant", lambda m, _: Built(m.name, None, None))
    monkeypatch.setattr(mutants, "judge", lambda *_: ("host", CAUGHT))
    return kept


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (["--sample", "20"], 1),
        (["--sample", "19"], 0),
        (["--only", "crc.c"], 0),
        ([], 1),
    ],
)
def test_a_part_is_no_evidence(
    options: list[str],
    kept: int,
    written: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(mutants, "explanations", dict)
    monkeypatch.setattr("sys.argv", ["mutants.py", *options])
    assert mutants.main() == 0
    assert written == kept * ["PASS"]
    seed = mutants.seed_of(checkout().tree) if "--sample" in options else 1
    assert f"seed: {seed}\n" in capsys.readouterr().out


@pytest.mark.parametrize("place", ["nothing.c", "crc.c:99999"])
def test_an_empty_choice_is_wrong_use(
    place: str,
    written: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["mutants.py", "--only", place])
    assert mutants.main() == 2
    assert capsys.readouterr().err == f"mutants: --only {place}: nothing can be planted there\n"
    monkeypatch.setattr("sys.argv", ["planted.py", "--only", place])
    with pytest.raises(SystemExit) as ended:
        planted.main()
    assert (ended.value.code, written) == (2, [])


class Sides:
    """What ``planted`` compares: names of targets only."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def __enter__(self) -> tuple[str, ...]:
        return self.names

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("options", "differs", "verdict"),
    [
        ([], lambda a, b: a != b, ["PASS"]),
        ([], lambda _a, _b: True, ["FAIL"]),  # the control too
        ([], lambda _a, _b: False, ["FAIL"]),
        (["--only", "edu"], lambda a, b: a != b, []),
    ],
)
def test_planted_changes_have_a_control(
    options: list[str],
    differs: Callable[[str, str], bool],
    verdict: list[str],
    written: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def compare(sides: tuple[str, str], *_: object, **__: object) -> Comparison:
        return Comparison(*sides, [Found("it", "", "1", "2", {})] if differs(*sides) else [])

    monkeypatch.setattr(planted, "Sides", Sides)
    monkeypatch.setattr(planted, "compare", compare)
    monkeypatch.setattr(planted, "scenes", list)
    monkeypatch.setattr(planted.Libraries, "__init__", lambda *_: None)
    monkeypatch.setattr(planted.Libraries, "build", lambda _, name, *__: f"lib:{name}")
    monkeypatch.setattr(planted, "as_program", lambda *_: "leon3:new")
    monkeypatch.setattr("sys.argv", ["planted.py", *options])
    assert planted.main() == ("FAIL" in verdict)
    assert written == verdict
    said = capsys.readouterr().out
    control = "control: the unchanged core differs from itself: it: 1, 2"
    assert (control in said) == differs("lib:old", "lib:old")


def test_an_explanation_lasts_as_long_as_its_line() -> None:
    explained = {CHOSEN[0].key: "why"}
    (line,) = findings(ONE_MISSED[1:], [], explained, KEYS - {CHOSEN[0].key})
    assert line.startswith("explanation expired: ")
    (line,) = findings(ALL_CAUGHT, [], explained, KEYS)
    assert line.startswith("explained as equivalent, but caught: ")


def test_too_few_are_caught_however_explained() -> None:
    results = [replace(r, loop="", outcome=Outcome()) for r in ALL_CAUGHT[:3]] + ALL_CAUGHT[3:]
    (line,) = findings(results, [], {m.key: "why" for m in CHOSEN[:3]}, KEYS)
    assert line == "caught 37 of 40, less than 95%"


def test_explanations_are_of_this_code() -> None:
    assert set(explanations()) <= KEYS


def test_every_known_defect_has_its_place() -> None:
    defects, without = known()
    assert {d.row for d in defects} | set(without) == set(range(1, 14))
    for defect in defects:
        assert defect.apply().count(defect.after) >= 1
        assert bool(defect.tests) == defect.file.endswith(".py")
    gone = replace(defects[0], before="not there")
    with pytest.raises(NoVerdict, match="is not there once"):
        gone.apply()
    lost = [KnownResult(defects[0], "", Outcome()), KnownResult(gone, "", Outcome(), "gone")]
    assert len(findings(ALL_CAUGHT, lost, {}, KEYS)) == 2


def test_a_known_defect_of_a_python_file_is_caught(workshop: Workshop) -> None:
    defect = next(d for d in known()[0] if d.file == "fsw_emu/dpu/science/readout.py")
    loop, found = judge_known(defect, workshop)
    assert (loop, found.how) == ("host", "fails")
    assert found.test.startswith("tests/props/test_chain.py::")
    shutil.rmtree(workshop.folder / defect.name)
