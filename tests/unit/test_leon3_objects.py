# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What is asked of the flight core's objects and of programs: each rule seeded, the core judged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
C_SRC = ROOT / "c_src"
COMPILER = [
    *("sparc64-linux-gnu-gcc", "-m32", "-mcpu=leon3", "-mfix-gr712rc", "-O2", "-std=c99"),
    *("-ffreestanding", "-fbuiltin", "-fno-pie", "-fno-stack-protector"),
    *("-fno-asynchronous-unwind-tables", f"-I{C_SRC / 'include'}"),
    f"-I{C_SRC / 'port/freestanding'}",
]
LINK = ["-nostdlib", "-static", "-no-pie", "-Wl,-e,f", "-Wl,--build-id=none"]


def judge(*args: str | Path) -> tuple[int, list[dict[str, str]], str]:
    """Exit status, findings and text of check_leon3.py."""
    report = Path(str(args[1])).parent / "report.json"
    command = [sys.executable, ROOT / "tools/check_leon3.py", *args, "--json", report]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr
    return done.returncode, json.loads(report.read_text()), done.stdout


def compiled(folder: Path, text: str, *options: str, suffix: str = ".c") -> Path:
    source, target = folder / f"seed{suffix}", folder / "seed.o"
    source.write_text(text)
    subprocess.run([*COMPILER, *options, "-c", source, "-o", target], check=True)
    return target


OBJECTS = {
    "initialised": ("int x = 3;", (), "writable-data", "x"),
    "zero": ("int x;", (), "writable-data", "x"),
    "common": ("int x;", ("-fcommon",), "writable-data", "x"),
    "static": ("int f(void) { static int n; return ++n; }", (), "writable-data", "n.0"),
    "own section": ("int x __attribute__((section(\".mine\"))) = 1;", (), "writable-data", ".mine"),
    "malloc": ("void *malloc(unsigned); void *f(void) { return malloc(4) ; }", (),
               "undefined-symbol", "malloc"),
    "64-bit division": ("long long f(long long a, long long b) { return a / b; }", (),
                        "undefined-symbol", "__divdi3"),
    "unsigned 64-bit division": (
        "unsigned long long f(unsigned long long a, unsigned long long b) { return a / b; }", (),
        "undefined-symbol", "__udivdi3",
    ),
    "float": ("float f(float a, float b) { return a + b; }", (), "float", "f"),
    "double": ("double f(const double *a) { return a[0] * 3; }", (), "float", "f"),
    "version 9": ("long long f(long long a, int n) { return a >> n; }",
                  ("-mcpu=v9", "-mv8plus"), "v9", "f"),
    "header of version 9": ("long long f(long long a, int n) { return a >> n; }",
                            ("-mcpu=v9", "-mv8plus"), "machine", "header"),
}  # fmt: skip


@pytest.mark.parametrize("name", OBJECTS)
def test_fault_in_an_object(name: str, tmp_path: Path) -> None:
    text, options, rule, where = OBJECTS[name]
    status, found, printed = judge("--objects", compiled(tmp_path, text, *options))
    assert status == 1
    assert (rule, where) in {(f["rule"], f["where"].split("+")[0]) for f in found}
    assert f" {rule}: " in printed


LATER = [
    *("flushw", "saved", "restored", "membar 15", "sllx %g1, 3, %g2", "srlx %g1, %g2, %g3"),
    *("srax %g1, 3, %g2", "movne %icc, %g1, %g2", "movrz %g1, %g2, %g3", "popc %g1, %g2"),
    *("mulx %g1, %g2, %g3", "sdivx %g1, %g2, %g3", "udivx %g1, %g2, %g3", "ldx [%g1], %g2"),
    *("stx %g2, [%g1]", "ldsw [%g1], %g2", "lduwa [%g1] %asi, %g2", "prefetch [%g1], 1"),
    *("rd %asi, %g1", "rd %pc, %g1", "wr %g1, 0, %asi", "rdpr %tba, %g1", "wrpr %g1, 0, %pil"),
    *("ta %xcc, 1", "done", "retry", "sir 1", "ba %xcc, w0; nop", "brz %g1, w0; nop"),
    *("be,pt %icc, w0; nop", "ldxa [%g1] 4, %g2", "stxa %g2, [%g1] 4"),
]
FLOATS = [
    *("fadds %f1, %f2, %f3", "fcmps %f1, %f2", "fbe w0; nop", "ld [%g1], %f1", "ldd [%g1], %f2"),
    *(
        "st %f1, [%g1]; nop; nop",
        "std %f2, [%g1]; nop",
        "ld [%g1], %fsr",
        "st %fsr, [%g1]; nop; nop",
    ),
]
COPROCESSOR = [f".word {word}" for word in (0x01C00000, 0x81B00000, 0x81B80000, 0xC1800000)]
VERSION_8 = [
    *("rd %wim, %g1", "rd %psr, %g1", "rd %tbr, %l4", "rd %y, %g1", "rd %asr17, %g1", "stbar"),
    *("wr %g1, 0, %psr", "wr %g0, 0xfc0, %psr", "wr %g1, 2, %wim", "wr %g1, %tbr", "wr %g1, %y"),
    *("wr %g1, %asr19", "ta 3", "ta 0x83", "flush %g0", "sll %g1, 31, %g2", "sra %g1, %g2, %g3"),
    *("umul %g1, %g2, %g3", "sdivcc %g1, %g2, %g3", "mulscc %g1, 4, %g2", "taddcctv %g1, 4, %g2"),
    *("ldd [%g1], %g2", "ldsha [%g1] 4, %g2", "save %sp, -96, %sp", "unimp 8", "addx %g1, 1, %g2"),
    *("xnorcc %g1, 1, %g2", "subx %g1, 1, %g2", "sethi 4, %g1", "bleu,a w0; nop"),
]


def rules_of(lines: list[str], folder: Path) -> dict[str, set[str]]:
    """The rules that the first word of each line breaks, the errata aside."""
    text = "".join(f"w{i}: {line}\n" for i, line in enumerate(lines))
    seed = compiled(folder, text, "-Wa,-Av9a", suffix=".s")
    _, found, _ = judge("--objects", seed)
    return {
        line: {f["rule"] for f in found if f["where"] == f"w{i}+0x0" and f["rule"][:3] != "tn-"}
        for i, line in enumerate(lines)
    }


@pytest.mark.parametrize(
    ("rules", "lines"),
    [({"v9"}, LATER), ({"float"}, FLOATS), ({"coprocessor"}, COPROCESSOR), (set(), VERSION_8)],
)
def test_word_of_an_instruction_set(rules: set[str], lines: list[str], tmp_path: Path) -> None:
    assert rules_of(lines, tmp_path) == dict.fromkeys(lines, rules)


PROGRAMS = {
    "heap": "int sbrk(int n); int sbrk(int n) { return n; } int f(void) { return sbrk(3); }",
    "libgcc": "long long __divdi3(long long a, long long b);"
    "long long __divdi3(long long a, long long b) { return a + b; }"
    "long long f(long long a) { return __divdi3(a, 7); }",
    "float": "float x; float f(float a) { return a + x; }",
}


@pytest.mark.parametrize("rule", PROGRAMS)
def test_fault_in_a_program(rule: str, tmp_path: Path) -> None:
    program = tmp_path / "seed.elf"
    seed = compiled(tmp_path, PROGRAMS[rule])
    subprocess.run([*COMPILER, *LINK, seed, "-o", program], check=True)
    status, found, _ = judge("--elf", program)
    assert status == 1
    assert {f["rule"] for f in found} == {rule}


def test_sequence_that_only_the_program_tells(tmp_path: Path) -> None:
    """Across a call into another object: the program knows the target."""
    seed = (
        "\t.global f, g\nf:\n call g\n std %g2, [%g1]\ng:\n {}\n nop\n st %g2, [%g1]\n nop\n nop\n"
    )
    for first, rules in (("nop", set()), ("st %g2, [%g1 + 8]", {"tn-0009"})):
        (tmp_path / "seed.s").write_text(seed.format(first))
        program = tmp_path / "seed.elf"
        subprocess.run([*COMPILER, *LINK, tmp_path / "seed.s", "-o", program], check=True)
        _, found, _ = judge("--elf", program)
        assert {f["rule"] for f in found if "B:" in f["what"]} == rules


def test_little_endian_or_wide_is_another_machine(tmp_path: Path) -> None:
    (tmp_path / "seed.c").write_text("int f(void) { return 1; }")
    for command in (["sparc64-linux-gnu-gcc", "-m64"], ["cc"]):
        target = tmp_path / "seed.o"
        subprocess.run([*command, "-c", tmp_path / "seed.c", "-o", target], check=True)
        _, found, _ = judge("--objects", target)
        assert "machine" in {f["rule"] for f in found}


@pytest.fixture(scope="session")
def core_objects(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("leon3")
    objects = []
    for source in sorted((C_SRC / "src").glob("*.c")):
        objects.append(folder / f"{source.stem}.o")
        subprocess.run([*COMPILER, "-c", source, "-o", objects[-1]], check=True)
    return objects


def test_the_core(core_objects: list[Path]) -> None:
    status, found, printed = judge("--objects", *core_objects)
    assert (status, found) == (0, [])
    assert printed.splitlines() == [
        f"{rule}: none"
        for rule in (
            *("undefined-symbol", "writable-data", "machine", "float", "coprocessor", "v9"),
            *("tn-0009", "tn-0011", "tn-0018"),
        )
    ]


def test_the_core_is_judged_as_a_whole(core_objects: list[Path]) -> None:
    """What an object calls of another is asked for when that one is not given."""
    _, found, _ = judge("--objects", *(path for path in core_objects if path.stem != "crc"))
    assert ("undefined-symbol", "sxi_crc16") in {(f["rule"], f["where"]) for f in found}
