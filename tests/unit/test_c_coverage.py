# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The coverage gate: what never ran, on small programs, and what an exception excuses."""

from __future__ import annotations

import subprocess
from pathlib import Path

import c_coverage
import coverage_host as host
import coverage_object as flight
import pytest
from c_coverage import evidence, index
from coverage_exceptions import Source, read
from coverage_host import File
from cycle_programs import EXIT_USER, STRICT, assemble, command, link, plugin_version, run
from elftools.elf.elffile import ELFFile

from fsw_emu.provenance import checkout
from fsw_emu.report.evidence import Verdict, write
from fsw_emu.report.evidence import read as evidence_file

CODE = """int pick(int a, int b);
int pick(int a, int b)
{
    if (a > 0 && b > 0) {@
        return 1;
    }
    return 0;
}
int main(void)
{
    return CALLS;
}
"""
ALL = ["pick(0, 1)", "pick(1, 0)", "pick(1, 1)"]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[int, File]:
    """What ran of `pick` without its call of this number; 3: with all."""
    files = {}
    for left_out in range(4):
        folder = tmp_path_factory.mktemp("c")
        calls = " + ".join(call for i, call in enumerate(ALL) if i != left_out)
        (folder / "pick.c").write_text(CODE.replace("CALLS", calls).replace("@", ""))
        built = folder / "pick.so"
        run(command("clang-19"), *host.FLAGS, "-O1", folder / "pick.c", "-o", built)
        env = {"LLVM_PROFILE_FILE": str(built.with_suffix(".profraw"))}
        subprocess.run([built], env=env, check=False)
        files[left_out] = host.read([host.export(built)], folder)["pick.c"]
    return files


def said(file: File) -> list[tuple[str, int]]:
    return [(gap.kind, gap.line) for gap in file.gaps("pick.c")]


def test_all_of_it_ran(measured: dict[int, File]) -> None:
    assert said(measured[3]) == []
    counts = measured[3].counts()
    assert {kind: ran == n for kind, (ran, n) in counts.items()} == dict.fromkeys(counts, True)
    assert (counts["branch"], counts["mcdc"]) == ((4, 4), (2, 2))


@pytest.mark.parametrize(
    ("left_out", "gaps"),
    [
        (0, [("branch", 4), ("mcdc", 4)]),  # a is never false
        (1, [("branch", 4), ("mcdc", 4)]),  # b is never false
        (2, [("branch", 4), ("mcdc", 4), ("mcdc", 4), ("statement", 4)]),  # never both
    ],
)
def test_what_never_ran_is_told(
    measured: dict[int, File], left_out: int, gaps: list[tuple[str, int]]
) -> None:
    assert sorted(said(measured[left_out])) == gaps
    found = evidence({"pick.c": measured[left_out]}, [], {"pick.c": CODE})
    assert found.verdict is Verdict.FAIL
    assert all(line.startswith("pick.c:4: ") for line in found.findings)
    assert len(found.findings) == len(gaps)


def test_two_builds_cover_together(tmp_path: Path) -> None:
    """What either ran has run, in whatever order they are read."""

    def function(*ran: tuple[int, int]) -> dict[str, object]:
        ways = [[4, 9, 4, 14, *ran[0], 0, 0, 4], [4, 18, 4, 23, *ran[1], 0, 0, 4]]
        name = str(tmp_path / "pick.c")
        regions = [[4, 25, 6, 6, min(ran[1]), 0, 0, 0]]
        return {"filenames": [name], "regions": regions, "branches": ways, "mcdc_records": []}

    def export(*ran: tuple[int, int]) -> tuple[dict[str, object], str]:
        return {"data": [{"functions": [function(*ran)]}]}, f"SF:{tmp_path}/pick.c\nDA:4,1\n"

    one, other = export((1, 0), (0, 7)), export((0, 3), (2, 1))
    for pair in ([one, other], [other, one]):
        (file,) = host.read(pair, tmp_path).values()
        assert said(file) == []
    assert len(said(host.read([one], tmp_path)["pick.c"])) == 3
    assert host.read([one], tmp_path / "elsewhere") == {}


STATEMENT = Source("pick.c", CODE.replace("@", "")).digest(4)


def verdict(file: File, comment: str, *, code: str = CODE) -> tuple[Verdict, list[str]]:
    text = code.replace("@", f" /* {comment} */" if comment else "")
    found = evidence({"pick.c": file}, [], {"pick.c": text})
    return found.verdict, list(found.findings)


def test_an_exception_excuses_what_it_names(measured: dict[int, File]) -> None:
    file = measured[0]
    assert verdict(file, f"uncovered branch mcdc {STATEMENT}: a > 0 here") == (Verdict.PASS, [])
    passed, findings = verdict(file, f"uncovered branch {STATEMENT}: a > 0 here")
    assert (passed, len(findings)) == (Verdict.FAIL, 1)
    assert "mcdc" in findings[0]


def test_an_exception_counts_its_gaps(measured: dict[int, File]) -> None:
    file = measured[2]
    good = f"uncovered branch statement mcdc*2 {STATEMENT}: never both"
    assert verdict(file, good)[0] is Verdict.PASS
    assert verdict(file, good.replace("*2", ""))[0] is Verdict.FAIL
    (line,) = verdict(file, good.replace("*2", "*3"))[1]
    assert "not needed: 2 gaps, not 3" in line


def test_an_exception_expires_with_its_statement(measured: dict[int, File]) -> None:
    comment = f"uncovered branch mcdc {STATEMENT}: a > 0 here"
    changed = CODE.replace("b > 0", "b > 1")
    _, findings = verdict(measured[0], comment, code=changed)
    assert verdict(measured[0], comment, code=changed)[0] is Verdict.FAIL
    assert [line.split(":")[1] for line in findings] == ["4", "4"]
    assert all("has expired" in line for line in findings)
    spaced = CODE.replace("a > 0 && b", "a > 0 &&  b")
    assert verdict(measured[0], comment, code=spaced)[0] is Verdict.PASS


def test_an_exception_for_what_runs_is_not_needed(measured: dict[int, File]) -> None:
    passed, (line,) = verdict(measured[3], f"uncovered mcdc {STATEMENT}: never")
    assert passed is Verdict.FAIL
    assert "not needed" in line


@pytest.mark.parametrize(
    "comment", ["uncovered 3f9a: why", "uncovered branch: why", "uncovered branch 3f9a:",
                "uncovered lines 3f9a: why", "uncovered branch 3f9: why",
                f"uncovered object*0 {STATEMENT}: why"]
)  # fmt: skip
def test_a_comment_that_is_no_exception_fails(measured: dict[int, File], comment: str) -> None:
    passed, (line,) = verdict(measured[3], comment)
    assert (passed, line.startswith("pick.c:4: no exception")) == (Verdict.FAIL, True)


def test_a_comment_of_its_own_speaks_of_the_next_code() -> None:
    comments = "/* uncovered object*2 0000: for\n * two reasons */\n\n/* and */\n"
    text = f"int a;\n{comments}while (x &&\n y) {{"
    (excuse,), wrong = read("x.c", text)
    assert (excuse.line, excuse.n, excuse.reason) == (6, 2, "for two reasons")
    assert excuse.digest_now == Source("x.c", "while (x && y) {").digest(1)
    assert wrong == []


def test_branches_of_the_program_are_judged_too() -> None:
    both = flight.Branch(0x40000000, "pick", "pick.c", 4, 3, 4)
    one = flight.Branch(0x40000010, "pick", "pick.c", 4, 3, 0)
    text = CODE.replace("@", "")
    assert evidence({}, [both], {"pick.c": text}).verdict is Verdict.PASS
    found = evidence({}, [both, one], {"pick.c": text})
    assert found.verdict is Verdict.FAIL
    assert found.findings == ["pick.c:4: object: 0x40000010 (pick) always branches"]
    assert found.figures["object"] == "75 % (3 of 4)"
    excused = CODE.replace("@", f" /* uncovered object {STATEMENT}: never */")
    assert evidence({}, [both, one], {"pick.c": excused}).verdict is Verdict.PASS
    assert evidence({}, [both], {"pick.c": excused}).verdict is Verdict.FAIL


def test_branches_of_the_port_are_told_and_not_judged() -> None:
    ring = flight.Branch(0x40000000, "ring_serve", "ring.c", 4, 3, 0)
    core = flight.Branch(0x40000010, "pick", "pick.c", 4, 3, 4)
    found = evidence({}, [ring, core], {"pick.c": CODE.replace("@", "")})
    assert found.verdict is Verdict.PASS
    assert found.figures["object"] == "100 % (2 of 2)"
    rows = {table.title: table.rows for table in found.tables}
    assert rows["Branches of the port on the LEON3"] == [["ring.c", "ring_serve", "1 of 2"]]
    assert rows["Branches of the LEON3 program"] == [["pick.c", "pick", "2 of 2"]]


def test_tables_are_text_and_the_page_has_them(measured: dict[int, File]) -> None:
    excused = CODE.replace("@", f" /* uncovered object {STATEMENT}: a < b */")
    one = flight.Branch(0x40000010, "pick<", "pick.c", 4, 3, 0)
    found = evidence({"pick.c": measured[3]}, [one], {"pick.c": excused})
    cells = [cell for table in found.tables for row in table.rows for cell in row]
    assert all(isinstance(cell, str) for cell in cells)
    assert {len(row) - len(t.head) for t in found.tables for row in t.rows} == {0}
    page = index(found)
    assert "a &lt; b" in page
    assert "pick&lt;" in page
    assert "PASS" in page


@pytest.mark.parametrize(
    ("left_out", "verdict", "code"),
    [(3, Verdict.PASS, 0), (0, Verdict.FAIL, 1), (None, Verdict.ERROR, 1)],
)
def test_the_gate_writes_its_verdict_and_fails_on_all_others(
    measured: dict[int, File],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    left_out: int | None,
    verdict: Verdict,
    code: int,
) -> None:
    done = []

    def ran() -> tuple[dict[str, File], list[flight.Branch]]:
        done.append("measured")
        if left_out is None:
            raise RuntimeError("the suite fails: a.log")
        return {"pick.c": measured[left_out]}, []

    (tmp_path / "src").mkdir()
    (tmp_path / "src/pick.c").write_text(CODE.replace("@", ""))
    monkeypatch.setattr("sys.argv", ["c_coverage.py"])
    monkeypatch.setattr(c_coverage, "run", ran)
    monkeypatch.setattr(c_coverage, "checkout", lambda: done.append("sources kept"))
    monkeypatch.setattr(c_coverage, "versions", dict)
    monkeypatch.setattr(c_coverage, "SOURCES", tmp_path / "src")
    monkeypatch.setattr(c_coverage, "FOLDER", tmp_path)
    monkeypatch.setattr(c_coverage, "ROOT", tmp_path)
    monkeypatch.setattr(c_coverage, "write", lambda found: write(found, tmp_path, checkout()))
    assert c_coverage.main() == code
    assert done == ["sources kept", "measured"]
    assert evidence_file("coverage", tmp_path).verdict is verdict
    assert (tmp_path / "index.html").exists() == (verdict is not Verdict.ERROR)


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plugin") / "branch_edges.so"
    flags = ["-std=c99", "-D_POSIX_C_SOURCE=200809L", "-O2", "-fPIC", "-shared", *STRICT]
    for version in (5 - plugin_version("qemu-sparc"), plugin_version("qemu-sparc")):
        run(command("gcc"), *flags, f"-DQPV={version}", "-o", path, flight.SOURCE)
    return path


#: body; taken and not taken of each conditional branch in it
EDGES = {
    "always and never": ("ba 1f\n nop\n1: bn 2f\n nop\n2: nop", []),
    "taken": ("subcc %g0, 0, %g0\n be 1f\n nop\n unimp 0\n1: nop", [(1, 0)]),
    "not taken": ("subcc %g0, 0, %g0\n bne 1f\n nop\n nop\n1: nop", [(0, 1)]),
    "slot annulled": ("subcc %g0, 0, %g0\n bne,a 1f\n unimp 0\n nop\n1: nop", [(0, 1)]),
    "slot kept": ("subcc %g0, 0, %g0\n be,a 1f\n nop\n unimp 0\n1: nop", [(1, 0)]),
    "never reached": ("ba 1f\n nop\n be 1f\n nop\n1: nop", []),
    "loop": ("mov 5, %o1\n1: subcc %o1, 1, %o1\n bne 1b\n nop", [(4, 1)]),
    "loop, annulled": ("mov 5, %o1\n1: subcc %o1, 1, %o1\n bne,a 1b\n nop", [(4, 1)]),
    "loop of its own slot": ("mov 5, %o1\n1: bne 1b\n subcc %o1, 1, %o1", None),
    "fall-through joined": (
        "mov 4, %o1\n1: andcc %o1, 1, %g0\n be 2f\n nop\n"
        " subcc %o1, 0, %g0\n2: subcc %o1, 1, %o1\n bne 1b\n nop",
        [(2, 2), (3, 1)],
    ),
    "across a page": ("ba 1f\n nop\n .align 4096\n .skip 4092\n1: be 2f\n nop\n nop\n2: nop", None),
    "call in between": (
        "mov 3, %o1\n1: call 2f\n subcc %o1, 1, %o1\n bne 1b\n nop\n ba 3f\n nop\n"
        "2: retl\n nop\n3: nop",
        [(2, 1)],
    ),
}


@pytest.mark.parametrize("name", EDGES)
def test_edges_are_those_counted_by_hand(name: str, plugin: Path, tmp_path: Path) -> None:
    body, edges = EDGES[name]
    program = assemble(tmp_path, body, after=EXIT_USER, before="subcc %g0, 1, %g0")
    out = tmp_path / "edges"
    run(command("qemu-sparc"), "-cpu", "LEON3", "-plugin", f"{plugin},out={out}", program.elf)
    found = flight.read_edges(out)
    with program.elf.open("rb") as file:
        known = flight.conditional_branches(ELFFile(file))
    assert set(found) <= set(known)
    if edges is None:  # one branch, that goes one way whatever ran before
        assert len(known) == 1
        assert sum(found[known[0]]) >= 1
    else:
        assert list(found.values()) == edges


@pytest.mark.parametrize("arguments", ["", ",in=x", ",out=x,out=y"])
def test_wrong_arguments_are_refused(arguments: str, plugin: Path, tmp_path: Path) -> None:
    program = assemble(tmp_path, "nop")
    with pytest.raises(subprocess.CalledProcessError):
        run(command("qemu-sparc"), "-plugin", f"{plugin}{arguments}", program.elf)


def test_branches_have_their_source_lines(tmp_path: Path, plugin: Path) -> None:
    """Of a loop that runs five times and a condition that holds in none."""
    source = tmp_path / "loop.c"
    source.write_text(
        "volatile unsigned n = 5;\n__attribute__((used)) void loop(void)\n{\n"
        "    while (n > 0u) {\n        n--;\n        if (n == 9u) {\n            n = 0u;\n"
        "        }\n    }\n}\n"
        '__asm__(".global _start\\n_start: sub %sp, 128, %sp\\n call loop\\n nop\\n"\n'
        '        "mov 1, %g1\\n clr %o0\\n ta 0x10\\n nop");\n'
    )
    program = link(source, tmp_path / "loop", extra=("-g",))
    out = tmp_path / "edges"
    run(command("qemu-sparc"), "-cpu", "LEON3", "-plugin", f"{plugin},out={out}", program.elf)
    found = flight.branches(program.elf, flight.read_edges(out), ["loop.c"])
    assert {b.function for b in found} == {"loop"}
    assert {b.line for b in found if b.ways == 2} <= {4, 9}
    (never,) = (b for b in found if b.line == 6)
    assert never.ways == 1
    assert never.gap().kind == "object"
    assert flight.branches(program.elf, {}, ["other.c"]) == []
