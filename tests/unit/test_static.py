# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The gate of static analysis: what it has to catch, planted."""

from __future__ import annotations

import importlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import analysers
import complexity
import deviations
import pytest
from analysers import AnalyserError, Found
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.provenance import ROOT
from fsw_emu.report.evidence import Verdict

static = importlib.import_module("static")
COMPILE = "sparc64-linux-gnu-gcc -m32 -mcpu=leon3 -mfix-gr712rc -std=c99 -ffreestanding -O2"
TABLE = """
## Deviations
| D1 | unusedFunction | at the line | nobody calls it |
| 15.5 | one exit | guards first |

## After
| D9 | not | of | it |
"""
CLEAN = """#include <stdint.h>

uint32_t half(uint32_t whole);

uint32_t half(uint32_t whole) /* D1 */
{
    if (whole == 0U) {
        return 0;
    }
    return whole / 2U;
}
"""
EACH = {  # what a gate on its own has to see, one fault of each kind
    "MISRA 7.1": "int32_t octal(void) /* D1 */\n{\n    return 010;\n}\n",
    "clang-tidy bugprone-branch-clone": (
        "uint32_t twins(uint32_t a) /* D1 */\n{\n    uint32_t b = a;\n"
        "    if (a > 3U) {\n        b = 2U;\n    } else {\n        b = 2U;\n    }\n"
        "    return b;\n}\n"
    ),
    "gcc -fanalyzer -Wanalyzer-null-dereference": (
        "uint32_t at_null(const uint32_t *p) /* D1 */\n{\n"
        "    if (p == 0) {\n        return *p;\n    }\n    return 0U;\n}\n"
    ),
    "lizard complexity": (
        "uint32_t twisted(uint32_t a) /* D1 */\n{\n    uint32_t n = 0U;\n"
        + "".join(f"    if (a > {i}U) {{\n        n++;\n    }}\n" for i in range(15))
        + "    return n;\n}\n"
    ),
    "cppcheck unusedFunction": "uint32_t lonely(void)\n{\n    return 4U;\n}\n",
}


def build(folder: Path, text: str) -> Path:
    """A build folder like that of the flight processor, of one source."""
    source = folder / "unit.c"
    source.write_text(text)
    for name in ("libsxi.a.p", "libmemory.a.p"):
        (folder / name).mkdir()
    made = folder / "libsxi.a.p/unit.o"
    command = [*COMPILE.split(), "-fcallgraph-info=su,da", "-w", "-c", str(source), "-o", str(made)]
    subprocess.run(command, check=True)
    link = ["sparc64-linux-gnu-ld", "-m", "elf32_sparc", "-e", "0", made, "-o", folder / "sxi.elf"]
    subprocess.run(link, check=True)
    commands = [{"directory": str(folder), "file": "unit.c", "command": COMPILE}]
    (folder / "compile_commands.json").write_text(json.dumps(commands))
    (folder / "DESIGN.md").write_text(TABLE)
    return folder


def test_what_is_explained_passes(tmp_path: Path) -> None:
    found = static.evidence(build(tmp_path, CLEAN), tmp_path / "DESIGN.md", 2)
    assert found.findings == []
    assert found.verdict is Verdict.PASS
    assert found.figures["findings of MISRA"] == "1"
    assert {"cppcheck", "clang-tidy", "gcc", "gcc, flight", "lizard"} == set(found.tools)
    stacks = next(table for table in found.tables if table.title == "Deepest stacks")
    assert "No recursion" in stacks.note


def test_each_kind_of_finding_fails(tmp_path: Path) -> None:
    heads = "".join(text.partition(" /*")[0].partition("\n")[0] + ";\n" for text in EACH.values())
    text = CLEAN.replace("\n\n", f"\n\n{heads}", 1) + "\n".join(EACH.values())
    found = static.evidence(build(tmp_path, text), tmp_path / "DESIGN.md", 2)
    assert found.verdict is Verdict.FAIL
    for kind in EACH:
        assert any(kind in finding for finding in found.findings), f"{kind}: {found.findings}"


@pytest.fixture
def gate(tmp_path: Path) -> Callable[..., list[str]]:
    """Problems of a source with findings at given lines, by a table."""

    def judge(text: str, found: list[tuple[int, str]], rows: str) -> list[str]:
        source, design = tmp_path / "unit.c", tmp_path / "DESIGN.md"
        source.write_text(text)
        design.write_text(f"\n## Deviations\n{rows}\n")
        deviations.source_lines.cache_clear()
        ones = [Found(source, line, 1, rule, "MISRA", "") for line, rule in found]
        return deviations.judge(ones, deviations.read_table(design), [source]).problems

    return judge


D1 = "| D1 | 10.1, 10.4 | at the line | so |\n"
BOTH = [(1, "10.1"), (2, "10.4")]


@pytest.mark.parametrize(
    ("text", "found", "rows", "problems"),
    [
        ("a /* D1 */\nb /* D1 */\n", BOTH, D1, []),
        ("a /* D1 */\nb\n", BOTH, D1, ["2: MISRA 10.4", "nothing breaks 10.4 there"]),
        ("a /* D1 */\nb /* D1 */\nc /* D1 */\n", BOTH, D1, ["3: D1 explains nothing here"]),
        ("a /* D1 */\nb /* D1, D2 */\n", BOTH, D1, ["2: D2 is not in DESIGN.md"]),
        ("a /* D1 */\nb /* D1 */\n", [*BOTH, (2, "8.4")], D1, ["2: MISRA 8.4"]),
        ("a\n", [], D1, ["D1 explains nothing"]),
        ("a\n", [(1, "15.5")], "| 15.5 | one exit | so |\n", []),
        ("a\n", [], "| 15.5 | one exit | so |\n", ["nothing breaks 15.5"]),
        ("a\n", [(1, "10.1")], "| 10.1 | operands | so |\n", ["10.1 is not advisory"]),
        ("a /* D1 */\n", [(1, "17.3")], "| D1 | 17.3 | at the line | so |\n", ["mandatory"]),
    ],
)
def test_the_table_and_the_lines_agree(
    gate: Any, text: str, found: Any, rows: str, problems: list[str]
) -> None:
    said = gate(text, found, rows)
    assert len(said) == len(problems), said
    for one, expected in zip(said, problems, strict=True):
        assert expected in one


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = b; // NOLINT", 1),
        ("a = b; /* NOLINT(bugprone-*) */ /* D1 */", 1),
        ("\n/* NOLINTNEXTLINE */\na = b;", 2),
        ("/* NOLINTBEGIN(cert-*) */", 1),
        ("// cppcheck-suppress misra-c2012-10.1", 1),
        ("/* cppcheck-suppress-file unusedFunction */", 1),
        ('#pragma GCC diagnostic ignored "-Wconversion"', 1),
        ("#  pragma clang diagnostic push", 1),
        ("#pragma GCC system_header", 1),
        ('_Pragma("GCC diagnostic push")', 1),
        ("/* #lizard forgives */", 1),
        ("/* #lizard forgive global */", 1),
        ("/* GENERATED CODE */", 1),  # lizard reads no further
        ('# 1 "/usr/include/a.h" 3', 1),
        ('#line 1 "a.h"', 1),
        ("#ifndef __clang_analyzer__", 1),
        ("#ifndef __CPPCHECK__", 1),
        ('__attribute__((no_sanitize("undefined"))) void f(void);', 1),
        ("__attribute__((used,\n    __no_sanitize_address__)) void f(void);", 2),
        ('__attribute__((section(".a"), unused)) static int a;', 1),
        ("[[clang::suppress]] a = b;", 1),
        ("__attribute__((fallthrough));", 1),
    ],
)
def test_what_silences_an_analyser_is_a_finding(gate: Any, text: str, line: int) -> None:
    rows = "| 15.5 | one exit | so |\n| D1 | 10.1 | at the line | so |\n"
    said = [one for one in gate(f"{text}\n", [], rows) if "silenced" in one]
    assert len(said) == 1, said
    assert said[0].startswith(f"unit.c:{line}: silenced without a deviation: ")


@pytest.mark.parametrize(
    "text",
    [
        '__attribute__((section(".ring"))) int unused;',
        "__attribute__((warn_unused_result)) int f(void);",
        "#include <stdint.h> /* 1 line, to suppress nothing */",
        "a[b[0]] = 1; /* generated code, splint, lizards */",
    ],
)
def test_other_words_silence_nothing(gate: Any, text: str) -> None:
    assert gate(f"{text}\n", [(1, "15.5")], "| 15.5 | one exit | so |\n") == []


def test_the_sources_are_kept_before_they_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def judged(*_: object) -> None:
        done.append("judged")
        raise AnalyserError("no build")

    monkeypatch.setattr("sys.argv", ["static.py"])
    monkeypatch.setattr(static, "checkout", lambda: done.append("sources kept"))
    monkeypatch.setattr(static, "evidence", judged)
    monkeypatch.setattr(static, "write", lambda _: done.append("written"))
    assert static.main() == 1
    assert done == ["sources kept", "judged", "written"]


@given(
    found=st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["10.1", "10.4"])), unique=True),
    numbered=st.sets(st.integers(1, 9)),
)
def test_a_number_is_needed_exactly_where_something_is_found(
    found: list[tuple[int, str]], numbered: set[int]
) -> None:
    path = ROOT / "tests/unit/none.c"
    ones = [Found(path, line, 1, rule, "MISRA", "") for line, rule in found]
    table = deviations.Table(
        {}, {"D1": deviations.Deviation("D1", frozenset({"10.1", "10.4"}), "at the line", "so")}
    )
    lines = ["/* D1 */" if line in numbered else "" for line in range(1, 10)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deviations, "source_lines", lambda _: lines)
        said = deviations.judge(ones, table, [path]).problems
    lines_of = {int(one.split(":")[1]) for one in said if one.startswith("tests")}
    assert lines_of == {line for line, _ in found} ^ numbered


@pytest.mark.parametrize(
    ("place", "text", "column", "covered"),
    [
        ("beside a constant in capitals", "if (n > MAX_SIDE) {", 7, True),
        ("beside a constant in capitals", "a = SXI_BYTES + n;", 15, True),
        ("beside a constant in capitals", "if (n > (uint32_t)most) {", 7, False),
        ("beside a constant in capitals", "x = a < b ? MAX_A : 2;", 7, False),
        ("a type without a tag", "enum {", 6, True),
        ("a type without a tag", "enum sxi {", 10, False),
        ("numbers by `?:`", "n = a > 2U ? 1 : 2;", 3, True),
        ("numbers by `?:`", "n = a > 2U ? b + c : 2U;", 3, False),
    ],
)
def test_places_are_narrow(
    tmp_path: Path, place: str, text: str, column: int, covered: bool
) -> None:
    source = tmp_path / "unit.c"
    source.write_text(text)
    deviations.source_lines.cache_clear()
    row = deviations.read_row("D1", "10.4", place, "so")
    assert row.covers(Found(source, 1, column, "10.4", "MISRA", "")) is covered
    assert not row.covers(Found(source, 1, column, "10.3", "MISRA", ""))


@pytest.mark.parametrize(
    "rows",
    ["", "| D1 | 10.1 | at the line |", "| D1 | 10.1 | somewhere | so |", f"{D1}{D1}"],
)
def test_a_table_that_is_none_is_said(gate: Any, rows: str) -> None:
    with pytest.raises(deviations.TableError):
        gate("a\n", [], rows)


def test_an_analyser_that_fails_is_an_error(tmp_path: Path) -> None:
    source = tmp_path / "unit.c"
    source.write_text("not C at all\n")
    for tool in (analysers.clang_tidy, analysers.gcc):
        with pytest.raises(AnalyserError):
            tool(analysers.Unit(source))
    with pytest.raises(AnalyserError, match="no build"):
        analysers.read_units(tmp_path)


def test_stack_and_limits(tmp_path: Path) -> None:
    tables = importlib.import_module("static_tables")
    deep = CLEAN.replace(
        "return whole / 2U", "volatile uint8_t a[2048]; a[whole] = 1U; return a[1]"
    )
    shown, findings, worst = tables.stacks([build(tmp_path, deep) / "libsxi.a.p"])
    assert worst > 2048
    assert len(findings) == 1
    assert "half takes" in findings[0]
    one = complexity.Measured("f", tmp_path / "unit.c", 3, 15, 4, 60)
    assert one.beyond() == []
    more = SimpleNamespace(complexity=16, nesting=5, length=61)
    assert len(complexity.Measured("f", one.file, 3, **vars(more)).beyond()) == 3
    assert [row[0] for row in shown[1].rows] == ["half"]


def test_every_file_of_the_core_is_looked_at() -> None:
    units = analysers.read_units(ROOT / "build/leon3")
    sources = analysers.sources_of(units)
    assert set((ROOT / "c_src/src").glob("*.[ch]")) <= set(sources)
    assert set((ROOT / "c_src/include").rglob("*.h")) <= set(sources)
    assert not [path for path in sources if "linux" in path.parts]
