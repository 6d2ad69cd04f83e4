# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The errata scanner: seeded sequences, near misses, and random code against naive oracles."""

from __future__ import annotations

import dataclasses
import importlib
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
COMPILER = ["sparc64-linux-gnu-gcc", "-m32", "-mcpu=leon3", "-O2", "-ffreestanding", "-fno-pie"]
NOP = 0x01000000

#: one letter an instruction: other, load, word store, double store, atomic
WORDS = {
    "x": [NOP, 0x86004002, 0x05000000],  # nop ; add %g1, %g2, %g3 ; sethi 0, %g2
    "l": [0xC4004000, 0xC4184000, 0xC4804040],  # ld ; ldd ; lda 2
    "w": [0xC4204000, 0xC4284000, 0xC4304000, 0xC4A04040],  # st ; stb ; sth ; sta 2
    "d": [0xC4384000, 0xC4B84040],  # std ; stda 2
    "a": [0xC4684000, 0xC4784000, 0xC5E04162],  # ldstub ; swap ; casa
}
LETTER = {word: letter for letter, words in WORDS.items() for word in words}
SEQUENCE = re.compile(r"(?=[wa]x[wda]|d[wda])")


@pytest.fixture(scope="session")
def errata() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "tools"))
        return importlib.import_module("leon3_errata")


@pytest.fixture
def scan(errata: ModuleType, tmp_path: Path) -> Callable[[str], list[tuple[str, str]]]:
    """Assemble a text and give the place and the rule of each finding."""

    def scan_text(text: str) -> list[tuple[str, str]]:
        source, compiled = tmp_path / "seed.s", tmp_path / "seed.o"
        source.write_text(f"\t.type f, #function\nf:\n{text}\n")
        subprocess.run([*COMPILER, "-c", source, "-o", compiled], check=True)
        found = errata.scan_file(compiled)
        return [(f.where, f"{f.rule} {f.what.split(':')[0]}") for f in found]

    return scan_text


END = "nop; nop; nop"
STORES = {
    "word": ("st %g2, [%g1]; add %g2, 1, %g2; st %g2, [%g1 + 4]", 0, "A"),
    "byte": ("nop; stb %g2, [%g1]; nop; sth %g2, [%g1 + 4]", 4, "A"),
    "half": ("sth %g2, [%g1]; nop; std %g2, [%g1 + 8]", 0, "A"),
    "float": ("st %f0, [%g1]; nop; std %f0, [%g1 + 8]", 0, "A"),
    "alternate space": ("sta %g2, [%g1] 2; nop; stba %g2, [%g1] 2", 0, "A"),
    "double": ("std %g2, [%g1]; st %g2, [%g1 + 8]", 0, "B"),
    "double twice": ("nop; std %g2, [%g1]; std %g2, [%g1 + 8]", 4, "B"),
    "double then atomic": ("nop; nop; nop; std %g2, [%g1]; ldstub [%g1], %g3", 12, "B"),
    "atomic first": ("swap [%g1], %g2; nop; st %g2, [%g1]", 0, "A"),
    "branch between": ("st %g2, [%g1]; ba 1f; st %g2, [%g1]; nop; 1:", 0, "A"),
    "annulled if not taken": ("st %g2, [%g1]; be,a 1f; st %g2, [%g1]; nop; 1:", 0, "A"),
    "slot to target": ("ba 1f; st %g2, [%g1]; nop; nop; 1: nop; st %g2, [%g1]", 4, "A"),
    "slot to next": ("be 1f; st %g2, [%g1]; nop; st %g2, [%g1]; 1:", 4, "A"),
    "slot back": ("1: add %g1, 4, %g1; st %g2, [%g1]; nop; bne 1b; st %g2, [%g1]", 16, "A"),
    "annulling slot to target": ("be,a 1f; st %g2, [%g1]; nop; nop; 1: nop; st %g2, [%g1]", 4, "A"),
    "double to target": ("bne 1f; std %g2, [%g1]; nop; 1: st %g2, [%g1]", 4, "B"),
    "call": ("call g; st %g2, [%g1]; nop; nop; g: save; st %g2, [%sp]", 4, "A"),
    "double at a call": ("call g; std %g2, [%g1]; nop; nop; g: st %g2, [%g1]", 4, "B"),
    "slot that is branched to": ("be 2f; nop; ba 1f; 2: st %g2, [%g1]; nop; st %g2, [%g1]; 1:", 12,
                                 "A"),
    "after a block that never falls through": ("ba,a 1f; st %g2, [%g1]; nop; st %g2, [%g1]; 1:", 4,
                                               "A"),
    "return": ("retl; st %g2, [%g1]", 4, "into unknown code"),
    "call of another object": ("call elsewhere; st %g2, [%g1]", 4, "into unknown code"),
    "call by pointer": ("call %g3; std %g2, [%g1]", 4, "into unknown code"),
    "call of a global": ("call g; st %g2, [%g1]; nop; .global g; g: nop; st %g2, [%g1]", 4, "A"),
    "branch in a slot": ("1: be 2f; ba 1b; nop; 2:", 4, "branch in a delay slot"),
}  # fmt: skip
MISSES = {
    "two between": "st %g2, [%g1]; nop; nop; st %g2, [%g1]",
    "none between": "st %g2, [%g1]; st %g2, [%g1]; st %g2, [%g1]",
    "load between": "st %g2, [%g1]; ld [%g1], %g3; st %g2, [%g1]",
    "atomic between": f".align 16; {END}; st %g2, [%g1]; swap [%g1], %g2; st %g2, [%g1]",
    "double, one between": "std %g2, [%g1]; nop; st %g2, [%g1]",
    "double, load": "std %g2, [%g1]; ldd [%g1], %g2; st %g2, [%g1]",
    "loads": "ld [%g1], %g2; nop; ldd [%g1], %g2",
    "branch and slot between": "st %g2, [%g1]; ba 1f; nop; 1: st %g2, [%g1]",
    "branch and annulled slot between": "st %g2, [%g1]; ba,a 1f; st %g2, [%g1]; 1: st %g2, [%g1]",
    "never taken, slot annulled": "st %g2, [%g1]; bn,a 1f; st %g2, [%g1]; st %g2, [%g1]; 1:",
    "not executed by layout": "ba 1f; st %g2, [%g1]; nop; st %g2, [%g1]; 1:",
    "annulled where it would meet": "be,a 1f; st %g2, [%g1]; nop; st %g2, [%g1]; 1: nop; nop",
    "double before a branch": "std %g2, [%g1]; ba 1f; st %g2, [%g1]; 1:",
    "call with an empty slot": "st %g2, [%g1]; call elsewhere; nop; st %g2, [%g1]",
    "return with an empty slot": "st %g2, [%g1]; retl; nop",
}


@pytest.mark.parametrize("name", STORES)
def test_store_sequence_is_found(name: str, scan: Callable[[str], list[tuple[str, str]]]) -> None:
    text, offset, kind = STORES[name]
    found = scan(f"{text}; {END}")
    (where, what) = next(f for f in found if not f[1].startswith("tn-0011"))
    assert where == f"f+{offset:#x}"
    assert what.startswith(f"tn-0009 {kind}")
    assert sum(not what.startswith("tn-0011") for _, what in found) == 1


def test_delay_slot_that_begins_a_function(scan: Callable[[str], list[tuple[str, str]]]) -> None:
    found = scan(f"ba 1f; g: st %g2, [%g1]; nop; st %g2, [%g1]; 1: {END}")
    assert found == [("g+0x0", "tn-0009 A")]


@pytest.mark.parametrize("name", MISSES)
def test_near_miss_is_not(name: str, scan: Callable[[str], list[tuple[str, str]]]) -> None:
    assert scan(f"{MISSES[name]}; {END}") == []


@pytest.mark.verifies("A29")
def test_atomics(scan: Callable[[str], list[tuple[str, str]]]) -> None:
    whole = ".align 16; casa [%g1] 11, %g2, %g3; .align 16; swap [%g1], %g2; nop; nop; nop; nop"
    assert scan(f".align 16; {whole}; {END}") == []
    for atomic in ("casa [%g1] 11, %g2, %g3", "swap [%g1], %g2", "ldstub [%g1], %g2"):
        assert [where for where, _ in scan(f".align 16; nop; {atomic}; {END}")] == ["f+0x4"]
    assert [
        what for _, what in scan(f".align 16; nop; nop; nop; ba 1f; swap [%g1], %g2; 1: {END}")
    ] == ["tn-0011 swap c4784000 in a delay slot"]
    assert len(scan(f".align 4; swap [%g1], %g2; {END}")) == 1, "the linker may move it"


WAIT = ("1: lda [%g0] 2, %l3; srl %l3, 15, %l4; andcc %l4, 1, %g0; bne 1b; andn %l3, 3, %l4; "
        "wr %l0, %psr; nop; nop; nop; ")  # fmt: skip
OFF = "2: sta %l4, [%g0] 2; nop; or %l1, %l1, %l1; or %l2, %l2, %l2; sta %l3, [%g0] 2; nop; "
GUARDED = f".align 32; .rept 6; nop; .endr; {WAIT}.align 32; {OFF} jmp %l1; rett %l2; {END}"
BREACHES = {
    "bare": ("", f"jmp %l1; rett %l2; {END}"),
    "no jmpl": ("jmp %l1;", "nop;"),
    "between": ("jmp %l1;", "jmp %l1; nop;"),
    "another register": ("or %l1, %l1, %l1", "or %l0, %l0, %l0"),
    "changed register": ("or %l2, %l2, %l2", "or %l2, %l1, %l2"),
    "cache on too early": ("sta %l4, [%g0] 2; nop;", "sta %l3, [%g0] 2; nop;"),
    "cache stays off": ("sta %l3, [%g0] 2; nop;", "sta %l4, [%g0] 2; nop;"),
    "no nop": ("sta %l4, [%g0] 2; nop;", "sta %l4, [%g0] 2; or %l0, %l0, %l0;"),
    "other space": ("sta %l4, [%g0] 2", "sta %l4, [%g0] 12"),
    "other address": ("sta %l4, [%g0] 2", "sta %l4, [%g1] 2"),
    "not at a line": (".align 32; 2:", ".align 32; nop; 2:"),
    "lda elsewhere": (".rept 6", ".rept 5"),
    "no wait": ("bne 1b", "be 1b"),
    "other bit": ("%l3, 15", "%l3, 14"),
    "one bit of two": ("andn %l3, 3", "andn %l3, 1"),
    "value lost": ("wr %l0, %psr;", "wr %l0, %psr; mov 3, %l4;"),
    "value loaded over": ("wr %l0, %psr;", "wr %l0, %psr; ldd [%sp], %l2;"),
    "waits elsewhere": ("bne 1b", "bne f"),
    "test spoils the value": ("%l3, 15, %l4; andcc %l4", "%l3, 15, %l3; andcc %l3"),
    "entered late": ("rett %l2;", "rett %l2; ba 2b; nop;"),
}


def test_protected_return_is_no_finding(scan: Callable[[str], list[tuple[str, str]]]) -> None:
    assert scan(GUARDED) == []


@pytest.mark.parametrize("name", BREACHES)
def test_unprotected_return(name: str, scan: Callable[[str], list[tuple[str, str]]]) -> None:
    old, new = BREACHES[name]
    assert old in GUARDED
    text = GUARDED.replace(old, new, 1) if old else new
    assert [what[:7] for _, what in scan(text)] == ["tn-0018"]


def test_cache_that_stays_off(scan: Callable[[str], list[tuple[str, str]]]) -> None:
    one = GUARDED.replace("andn %l3, 3, %l4", "andn %l3, 3, %l3").replace("sta %l4", "sta %l3")
    assert [what[:7] for _, what in scan(one)] == ["tn-0018"]


def test_protection_that_the_linker_may_move(errata: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "seed.s").write_text(GUARDED)
    compiled = tmp_path / "seed.o"
    subprocess.run([*COMPILER, "-c", tmp_path / "seed.s", "-o", compiled], check=True)
    with compiled.open("rb") as stream:
        code = errata.read_code(errata.ELFFile(stream))[0]
    assert not errata.scan(code, "")
    found = errata.scan(dataclasses.replace(code, align=16), "")
    assert [f.rule for f in found] == ["tn-0018"]


SWITCH = """
int f(int n, int *p);
int f(int n, int *p)
{
    switch (n) {
    case 0: return *p;
    case 1: *p = 7; return p[3];
    case 2: return p[4] + p[1];
    case 3: p[1] = p[8] * 3; return 0;
    case 4: return p[9] - 1;
    case 5: p[2] = 3; return p[7];
    default: return -1;
    }
}
"""


def test_jump_table_is_no_code(errata: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "seed.c").write_text(SWITCH)
    compiled, program = tmp_path / "seed.o", tmp_path / "seed.elf"
    options = [*COMPILER, "-mfix-gr712rc"]
    subprocess.run([*options, "-c", tmp_path / "seed.c", "-o", compiled], check=True)
    link = ["-nostdlib", "-static", "-no-pie", "-Wl,-e,f,-Ttext=0x40000000"]
    subprocess.run([*options, *link, compiled, "-o", program], check=True)
    for path in (compiled, program):
        assert errata.scan_file(path) == []
        with path.open("rb") as stream:
            (code,) = errata.read_code(errata.ELFFile(stream))
        assert len(code.cases) == 6
        assert code.cases <= set(code.words)
        assert not code.cases & set(code.words.values())


def test_call_out_of_a_program_is_no_table(errata: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "seed.s").write_text(
        " .global f\nf: call 0x41000000\n st %g2, [%g1]\n nop\n nop\n nop\n"
    )
    program = tmp_path / "seed.elf"
    link = ["-nostdlib", "-static", "-no-pie", "-Wl,-e,f,-Ttext=0x40000000"]
    subprocess.run([*COMPILER, *link, tmp_path / "seed.s", "-o", program], check=True)
    assert [f.what.split(":")[0] for f in errata.scan_file(program)] == ["into unknown code"]


def test_delay_slot_that_a_table_names(errata: ModuleType) -> None:
    store = WORDS["w"][0]
    code = dict(enumerate([transfer("ba", False, 4), store, NOP, store, NOP, NOP, NOP, NOP]))
    words = {4 * i: word for i, word in code.items()}
    assert errata.scan(errata.Code(words), "") == []
    assert [f.where for f in errata.scan(errata.Code(words, cases={4}), "")] == ["+0x4"]


@given(st.lists(st.sampled_from(sorted(LETTER)), max_size=30))
def test_straight_line_as_by_eye(errata: ModuleType, words: list[int]) -> None:
    code = errata.Code(dict(zip(range(0, 160, 4), [*words, NOP, NOP, NOP], strict=False)))
    found = {f.where for f in errata.scan(code, "") if f.rule == "tn-0009"}
    letters = "".join(LETTER[word] for word in words)
    assert found == {f"+{4 * match.start():#x}" for match in SEQUENCE.finditer(letters)}


def transfer(kind: str, annul: bool, distance: int) -> int:
    """be, ba, bn or call over a distance in words."""
    if kind == "call":
        return 1 << 30 | distance & 0x3FFFFFFF
    condition = {"bn": 0, "be": 1, "ba": 8}[kind]
    return annul << 29 | condition << 25 | 2 << 22 | distance & 0x3FFFFF


@st.composite
def programs(draw: st.DrawFn) -> list[int | tuple[str, bool, int]]:
    """Words, and transfers to an index; no transfer is in a slot, and the end is quiet."""
    kinds = st.tuples(
        st.sampled_from(["be", "ba", "bn", "call"]), st.booleans(), st.integers(0, 15)
    )
    units: list[int | tuple[str, bool, int]] = []
    while len(units) < 14:
        if draw(st.integers(0, 3)) == 0:
            units.append(draw(kinds))
        units.append(draw(st.sampled_from(sorted(LETTER))))
    return units[:15] + [NOP] * 4


def run(units: list[int | tuple[str, bool, int]], choices: list[bool]) -> list[tuple[int, str]]:
    """Index and letter of what is executed when branches go as chosen; x if annulled."""
    trace, pc, npc, annulled = [], 0, 1, False
    for taken in choices:
        if pc >= len(units):
            break
        unit = units[pc]
        if annulled or isinstance(unit, int):
            trace.append((pc, "x" if annulled or isinstance(unit, tuple) else LETTER[unit]))
            pc, npc, annulled = npc, npc + 1, False
            continue
        kind, annul, target = unit
        trace.append((pc, "x"))
        taken = kind in {"ba", "call"} or (taken and kind == "be")
        annulled = annul and kind != "call" and (kind == "ba" or not taken)
        pc, npc = npc, target if taken else npc + 1
    return trace


@given(programs(), st.lists(st.booleans(), min_size=60, max_size=60))
def test_what_a_run_meets_is_found(
    errata: ModuleType, units: list[int | tuple[str, bool, int]], choices: list[bool]
) -> None:
    words = {
        4 * i: unit if isinstance(unit, int) else transfer(unit[0], unit[1], unit[2] - i)
        for i, unit in enumerate(units)
    }
    found = {f.where for f in errata.scan(errata.Code(words), "") if f.rule == "tn-0009"}
    trace = run(units, choices)
    met = SEQUENCE.finditer("".join(letter for _, letter in trace))
    assert {f"+{4 * trace[match.start()][0]:#x}" for match in met} <= found


def test_the_compiler_is_kept_from_it(errata: ModuleType, tmp_path: Path) -> None:
    source = tmp_path / "seed.c"
    source.write_text(
        "void f(volatile int *p, int a) { p[0] = a; p[1] = a + 5; p[2] = a - 3; p[3] = 0; }\n"
        "void g(volatile double *p, double a, double b) { p[0] = a; p[1] = b; p[2] = a; }\n"
    )
    found = []
    for options in ([], ["-mfix-gr712rc"]):
        compiled = tmp_path / "seed.o"
        subprocess.run([*COMPILER, *options, "-c", source, "-o", compiled], check=True)
        found.append({(f.rule, f.what.split(":")[0]) for f in errata.scan_file(compiled)})
    assert found[0] >= {("tn-0009", "A"), ("tn-0009", "B")}
    assert found[1] == set()


@pytest.mark.shared
def test_start_up_code_from_before_the_errata(
    errata: ModuleType, shared: Path, tmp_path: Path
) -> None:
    compiled = tmp_path / "crt0.o"
    subprocess.run([*COMPILER, "-c", shared / "leon3/crt0.S", "-o", compiled], check=True)
    found = [(f.where.split("+")[0], f.rule) for f in errata.scan_file(compiled)]
    assert ("_win_over", "tn-0009") in found
    assert {name for name, rule in found if rule == "tn-0018"} == {
        "_win_over",
        "_win_under",
        "_flush_win",
    }
