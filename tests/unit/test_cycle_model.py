# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The cycle model on short programs whose cycles are counted by hand."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from cycle_programs import (
    EXIT_SYSTEM,
    EXIT_USER,
    SYSTEM,
    Program,
    Window,
    assemble,
    build_plugin,
    command,
    link,
    per_address,
    plugin_version,
    run,
    windows,
)
from hypothesis import given, settings
from hypothesis import strategies as st

SUBCC = "subcc %g0, %g0, %g0\n"


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plugin") / "leon3_cycles.so"
    return build_plugin(path, version=plugin_version("qemu-sparc"))


@pytest.mark.parametrize("version", [1, 4])
def test_every_interface_version_is_built_without_a_warning(version: int, tmp_path: Path) -> None:
    build_plugin(tmp_path / "leon3_cycles.so", version=version)


def test_one_plugin_serves_both_emulators() -> None:
    assert plugin_version("qemu-sparc") == plugin_version("qemu-system-sparc")


#: body, instructions executed, cycles with the usual settings, cycles with bp=0 and lddel=2
SEQUENCES = {
    "nop": ("nop", 1, 1, 1),
    "sethi": ("sethi 1, %o0\n add %o0, %o0, %o1", 2, 2, 2),
    "load": ("ld [%l0], %o0\n nop", 2, 2, 2),
    "load, use": ("ld [%l0], %o0\n add %o0, 1, %o1", 2, 3, 4),
    "load, use as second": ("lduh [%l0], %o0\n add %g0, %o0, %o1", 2, 3, 4),
    "load, wait, use": ("ldub [%l0], %o0\n nop\n add %o0, 1, %o1", 3, 3, 4),
    "load, use, use": ("ld [%l0], %o0\n add %o0, 1, %o1\n add %o0, 1, %o1", 3, 4, 5),
    "load of nothing": ("ld [%l0], %g0\n add %g0, 1, %o1", 2, 2, 2),
    "load, store of it": ("ld [%l0], %o0\n st %o0, [%l0]", 2, 3, 3),
    "load double": ("ldd [%l0], %o0", 1, 2, 2),
    "store byte": ("stb %g0, [%l0]", 1, 2, 2),
    "store": ("st %g0, [%l0]", 1, 2, 2),
    "store double": ("std %g0, [%l0]", 1, 3, 3),
    "swap": ("swap [%l0], %o0", 1, 3, 3),
    "ldstub": ("ldstub [%l0], %o0", 1, 3, 3),
    "umul": ("umul %l0, %l0, %o0", 1, 5, 5),
    "udiv": ("udiv %g0, %l0, %o0", 1, 35, 35),
    "read y": ("rd %y, %o0", 1, 1, 1),
    "read the register that is no %l1": ("ld [%l0], %l1\n rd %asr17, %o0", 2, 2, 2),
    "jump": ("jmpl %l1, %g0\n nop\n unimp 0", 2, 4, 4),
    "call": ("call there\n nop\n unimp 0", 2, 2, 2),
    "always": ("ba 1f\n nop\n unimp 0\n1: nop", 3, 3, 3),
    "always, annulled": ("ba,a 1f\n unimp 0\n1: nop", 2, 3, 3),
    "never, annulled": ("bn,a 1f\n unimp 0\n1: nop", 2, 3, 3),
    "never": (SUBCC + "bn 1f\n nop\n1: nop", 4, 4, 4),
    "taken": (SUBCC + "be 1f\n nop\n unimp 0\n1: nop", 4, 4, 6),
    "taken, one between": (SUBCC + "nop\n be 1f\n nop\n unimp 0\n1: nop", 5, 5, 6),
    "taken, two between": (SUBCC + "nop\n nop\n be 1f\n nop\n unimp 0\n1: nop", 6, 6, 6),
    "taken, store between": (SUBCC + "st %g0, [%l0]\n be 1f\n nop\n1: nop", 5, 6, 6),
    "taken, mulscc": (SUBCC + "mulscc %g0, %g0, %g0\n be 1f\n nop\n unimp 0\n1: nop", 5, 5, 7),
    "taken, taddcc": (SUBCC + "taddcc %g0, %g0, %g0\n be 1f\n nop\n unimp 0\n1: nop", 5, 5, 7),
    "taken to its slot": (SUBCC + "be 1f\n1: nop\n nop", 5, 5, 7),
    "not taken": (SUBCC + "bne 1f\n nop\n nop\n1: nop", 5, 7, 7),
    "not taken, one between": (SUBCC + "nop\n bne 1f\n nop\n nop\n1: nop", 6, 7, 7),
    "taken, slot kept": (SUBCC + "nop\n nop\n be,a 1f\n nop\n1: nop", 6, 6, 6),
    "not taken, annulled": (SUBCC + "nop\n nop\n bne,a 1f\n unimp 0\n1: nop", 5, 6, 6),
    "not taken, annulled, near": (SUBCC + "bne,a 1f\n unimp 0\n1: nop", 3, 6, 6),
    "outcome after the end": (SUBCC + "bne there\n nop", 3, 3, 5),
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_cycles_are_those_counted_by_hand(name: str, plugin: Path, tmp_path: Path) -> None:
    body, instructions, usual, slow = SEQUENCES[name]
    program = assemble(tmp_path, body, before="wr %g0, %y\n nop\n nop\n nop")
    for options, cycles in (({}, usual), ({"bp": 0, "lddel": 2}, slow)):
        (window,) = program.measure(plugin, **options)
        assert (window.instructions, window.cycles) == (instructions, cycles)


@pytest.mark.verifies("A28")
def test_multiplication_takes_what_is_set(plugin: Path, tmp_path: Path) -> None:
    program = assemble(tmp_path, "umul %l0, %l0, %o0\n smulcc %l0, 3, %o0")
    assert program.measure(plugin, mul=2)[0].cycles == 4


#: instruction, cycles, register it loads, registers it reads
STRAIGHT = [
    ("nop", 1, None, set()),
    ("add %o0, %o1, %o2", 1, None, {"o0", "o1"}),
    ("xor %o3, 7, %o0", 1, None, {"o3"}),
    ("ld [%l0], %o0", 1, "o0", {"l0"}),
    ("ldsb [%l0], %o1", 1, "o1", {"l0"}),
    ("st %o0, [%l0 + 8]", 2, None, {"l0"}),
    ("std %o2, [%l0 + 16]", 3, None, {"l0"}),
    ("umul %o1, %o3, %o3", 5, None, {"o1", "o3"}),
    ("sll %o2, %o0, %o1", 1, None, {"o2", "o0"}),
]


@settings(max_examples=15)
@given(body=st.lists(st.sampled_from(STRAIGHT), min_size=1, max_size=60))
def test_straight_code_costs_its_instructions_and_load_stalls(
    body: list[tuple[str, int, str | None, set[str]]],
    plugin: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    program = assemble(tmp_path_factory.mktemp("straight"), "\n".join(text for text, *_ in body))
    (window,) = program.measure(plugin)
    stalls = sum(a[2] in b[3] for a, b in zip(body, body[1:], strict=False) if a[2])
    assert window.cycles == sum(cycles for _, cycles, *_ in body) + stalls
    assert window.instructions == len(body)
    assert window.loads == sum(text.startswith("ld") for text, *_ in body)
    assert window.stores == sum(text.startswith("st") for text, *_ in body)


SWEEP = """set {passes}, %o2
1:      set {size}, %o1
2:      subcc %o1, 4, %o1
        bne 2b
        ld [%l0 + %o1], %g0
        subcc %o2, 1, %o2
        bne 1b
        nop"""


@pytest.mark.verifies("A28")
@pytest.mark.parametrize(
    ("size", "passes", "misses"),
    [(16, 3, 1), (8192, 2, 512), (16384, 2, 1024), (20480, 2, 2560), (32768, 3, 6144)],
)
def test_data_misses_of_a_cyclic_sweep(
    size: int, passes: int, misses: int, plugin: Path, tmp_path: Path
) -> None:
    """What fits misses once a line; a cyclic sweep of more than all ways misses every time."""
    program = assemble(tmp_path, SWEEP.format(size=size, passes=passes))
    (ideal,) = program.measure(plugin)
    (real,) = program.measure(plugin, dcache=1, dmiss=7)
    assert (ideal.dcache_misses, real.dcache_misses, real.icache_misses) == (0, misses, 0)
    assert real.cycles == ideal.cycles + 7 * misses
    assert real.loads == passes * size // 4


def test_least_recently_used_way_is_replaced(plugin: Path, tmp_path: Path) -> None:
    """Four lines of one set, the first used again 300 times, a fifth: the second has gone."""
    set_base = [f"set {k * 4096}, %o{k}" for k in range(5)]
    fill = [f"ld [%l0 + %o{k}], %g0" for k in range(4)]
    hot = ["ld [%l0], %g0"] * 300
    tail = ["ld [%l0 + %o4], %g0", *fill[:1], *fill[2:], *fill[1:2]]
    program = assemble(tmp_path, "\n".join([*set_base, *fill, *hot, *tail]))
    (window,) = program.measure(plugin, dcache=1)
    assert window.dcache_misses == 4 + 1 + 1


def test_an_atomic_is_a_load_and_a_store(plugin: Path, tmp_path: Path) -> None:
    program = assemble(tmp_path, "swap [%l0], %o0\n ldstub [%l0 + 16], %o0\n ldd [%l0], %o0")
    (window,) = program.measure(plugin, dcache=1)
    assert (window.loads, window.stores, window.dcache_misses) == (3, 2, 2)


def test_a_store_brings_nothing_into_the_cache(plugin: Path, tmp_path: Path) -> None:
    program = assemble(tmp_path, "st %g0, [%l0]\n ld [%l0], %o0\n st %g0, [%l0]\n ld [%l0], %o0")
    assert program.measure(plugin, dcache=1)[0].dcache_misses == 1


@pytest.mark.verifies("A28")
@pytest.mark.parametrize(("lines", "misses"), [(1, 1 + 2), (511, 1 + 512), (768, 1 + 2 * 769)])
def test_instruction_misses_of_a_loop(
    lines: int, misses: int, plugin: Path, tmp_path: Path
) -> None:
    """A line, then two passes over lines of eight instructions and three of one line more."""
    body = f"""ba 1f
        nop
        .align 4096
1:      .rept {lines * 8}
        nop
        .endr
        subcc %o2, 1, %o2
        bne 1b
        nop"""
    program = assemble(tmp_path, body, before="mov 2, %o2")
    (ideal,) = program.measure(plugin)
    (real,) = program.measure(plugin, icache=1)
    assert real.icache_misses == misses
    assert real.cycles == ideal.cycles + 20 * misses  # the default of imiss


LOOP = "mov 3, %o5\n st %g0, [%l0]\n ld [%l0 + 64], %o0"


def test_equal_windows_give_equal_lines_whatever_ran_before(plugin: Path, tmp_path: Path) -> None:
    again = f"st %g0, [%l0 + 8]\n subcc %o5, 1, %o5\n bne begin\n ld [%l0], %o0\n {EXIT_USER}"
    program = assemble(tmp_path, "umul %o0, %l0, %o1\n ld [%l0], %o0", before=LOOP, after=again)
    first, second, third = program.measure(plugin, icache=1, dcache=1)
    assert [w.n for w in (first, second, third)] == [1, 2, 3]
    assert first.cycles == 5 + 1 + 20 + 12
    assert len({(w.cycles, w.icache_misses, w.loads) for w in (first, second, third)}) == 1
    warm = program.measure(plugin, icache=1, dcache=1, warm=1)
    assert [w.cycles for w in warm] == [first.cycles, 6, 6]


def test_nothing_outside_the_window_counts(plugin: Path, tmp_path: Path) -> None:
    program = assemble(tmp_path, "nop\n nop", before=LOOP, after=f"{LOOP}\n {EXIT_USER}")
    (window,) = program.measure(plugin, icache=1, dcache=1, stack="0x1000:0x80000000")
    assert window == Window(1, 2, 2 + 20, 1, 0, 0, 0, 0x80000000)
    begin = program.symbols["begin"]
    assert per_address(tmp_path / "per_pc") == {begin: (1, 21), begin + 4: (1, 1)}


def test_a_window_runs_from_the_last_begin(plugin: Path, tmp_path: Path) -> None:
    """As when a trap leaves a window and its end is never reached."""
    leave = "subcc %o5, 1, %o5\n bne begin\n nop\n umul %l0, %l0, %o0"
    (window,) = assemble(tmp_path, leave, before="mov 3, %o5").measure(plugin)
    assert (window.n, window.instructions, window.cycles) == (1, 4, 1 + 1 + 1 + 5 + 2)


def test_a_program_that_never_ends_its_window_writes_no_line(plugin: Path, tmp_path: Path) -> None:
    program = assemble(tmp_path, f"nop\n {EXIT_USER}")
    assert program.measure(plugin) == []
    assert len(per_address(tmp_path / "per_pc")) == 4


def test_lowest_store_of_a_range(plugin: Path, tmp_path: Path) -> None:
    program = assemble(
        tmp_path, "st %g0, [%l0 + 32]\n std %g0, [%l0 + 8]\n stb %g0, [%l0 + 81]\n st %g0, [%l0]"
    )
    low = program.symbols["array"]
    for start, lowest in ((4, 8), (9, 32), (33, 81), (82, 96)):
        (window,) = program.measure(plugin, stack=f"{low + start:#x}:{low + 96:#x}")
        assert window.lowest_store == low + lowest
        assert (window.loads, window.stores) == (0, 4)


KERNEL = """
static unsigned memory[700];
static unsigned long long product;
static __attribute__((noinline)) unsigned step(unsigned x, unsigned n)
{
    return (x & 1u) ? x * 1664525u + n : x / (n | 1u) + (unsigned)(product >> (n & 31u));
}
static __attribute__((noinline)) unsigned sort(unsigned char *at, unsigned n)
{
    for (unsigned i = 1; i < n; i++)
        for (unsigned k = i; k > 0 && at[k - 1] > at[k]; k--) {
            unsigned char kept = at[k];
            at[k] = at[k - 1];
            at[k - 1] = kept;
        }
    return at[n / 2];
}
__attribute__((used, noinline)) void kernel(void)
{
    unsigned x = 12345u;
    for (unsigned i = 0; i < 700; i++) {
        x = step(x, i);
        memory[i] = x;
        product += (unsigned long long)x * i;
    }
    memory[0] = sort((unsigned char *)memory, 150);
}
__asm__(".global _start, begin, end\\n_start: sub %sp, 128, %sp\\nbegin: call kernel\\n nop\\n"
        "mov 1, %g1\\n clr %o0\\nend: ta 0x10\\n nop");
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Program:
    folder = tmp_path_factory.mktemp("kernel")
    (folder / "kernel.c").write_text(KERNEL)
    return link(folder / "kernel.c", folder / "kernel")


def test_three_runs_are_equal_and_addresses_sum_to_windows(plugin: Path, kernel: Program) -> None:
    results = []
    for _ in range(3):
        (window,) = kernel.measure(plugin, icache=1, dcache=1)
        results.append((window, (kernel.elf.parent / "per_pc").read_bytes()))
    assert results[0] == results[1] == results[2]
    rows = per_address(kernel.elf.parent / "per_pc").values()
    assert (sum(r[0] for r in rows), sum(r[1] for r in rows)) == (
        window.instructions,
        window.cycles,
    )
    assert window.instructions > 50_000


@pytest.mark.shared
@pytest.mark.parametrize("options", ["", "bp=0", "bp=0,lddel=2", "lddel=2,mul=4"])
def test_results_are_those_of_the_model_that_the_rtl_judged(
    options: str, plugin: Path, kernel: Program, shared: Path, tmp_path: Path
) -> None:
    folder = shared / "leon3" / "plugin"
    judged, out = tmp_path / "judged.so", tmp_path / "judged.csv"
    version = f"-DQPV={plugin_version('qemu-sparc')}"
    run(command("gcc"), "-O2", "-fPIC", "-shared", version, folder / "leoncost.c", "-o", judged)
    arguments = ",".join(filter(None, [str(judged), f"out={out}", options]))
    run(command("qemu-sparc"), "-cpu", "LEON3", "-plugin", arguments, kernel.elf)
    rows = (line.split(",") for line in out.read_text().splitlines())
    expected = {int(pc, 16): (int(n), int(cycles)) for pc, n, cycles in rows}
    for outside in ("_start", "end"):
        expected.pop(kernel.symbols[outside])
    kernel.measure(plugin, **dict(word.split("=") for word in options.split(",") if word))
    assert per_address(kernel.elf.parent / "per_pc") == expected


BODY = "ld [%l0], %o0\n add %o0, 1, %o0\n st %o0, [%l0]"
ALL_CACHES = {"icache": 1, "dcache": 1}


def test_a_whole_machine_counts_as_a_program_does(plugin: Path, tmp_path: Path) -> None:
    (tmp_path / "user").mkdir()
    expected = assemble(tmp_path / "user", BODY).measure(plugin, **ALL_CACHES)
    program = assemble(tmp_path, BODY, after=EXIT_SYSTEM)
    arguments = program.arguments(plugin, **ALL_CACHES)
    qemu = command("qemu-system-sparc")
    run(qemu, *SYSTEM, "-plugin", arguments, "-kernel", program.elf)
    assert windows(tmp_path / "windows") == expected
    assert len(per_address(tmp_path / "per_pc")) == 3


def test_compare_and_swap_of_a_supervisor(plugin: Path, tmp_path: Path) -> None:
    program = assemble(tmp_path, "casa [%l0] 0xb, %g0, %o0", after=EXIT_SYSTEM)
    arguments = program.arguments(plugin)
    run(command("qemu-system-sparc"), *SYSTEM, "-plugin", arguments, "-kernel", program.elf)
    assert windows(tmp_path / "windows") == [Window(1, 1, 3, 0, 0, 1, 1, 0)]


def test_lines_are_there_at_once_and_termination_loses_nothing(
    plugin: Path, tmp_path: Path
) -> None:
    program = assemble(tmp_path, BODY, after="ba end\n nop")
    arguments = program.arguments(plugin, **ALL_CACHES)
    words = [command("qemu-system-sparc"), *SYSTEM, "-plugin", arguments]
    machine = subprocess.Popen([*words, "-kernel", str(program.elf)])
    try:
        deadline = time.monotonic() + 20
        while not ((tmp_path / "windows").exists() and windows(tmp_path / "windows")):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert not (tmp_path / "per_pc").exists()
    finally:
        machine.terminate()
        machine.wait(20)
    assert [w.instructions for w in windows(tmp_path / "windows")] == [3]
    assert len(per_address(tmp_path / "per_pc")) == 3


@pytest.mark.parametrize(
    "options",
    [
        {"begin": "3"},
        {"begin": "0x100000000"},
        {"mul": "0"},
        {"mul": "x"},
        {"lddel": "3"},
        {"imiss": "-1"},
        {"bp": "1 "},
        {"stack": "9"},
        {"stack": "9:8"},
        {"speed": "1"},
        {"out": "/nowhere/windows"},
    ],
)
def test_wrong_arguments_are_refused(options: dict[str, str], plugin: Path, tmp_path: Path) -> None:
    program = assemble(tmp_path, "nop")
    with pytest.raises(subprocess.CalledProcessError):
        program.measure(plugin, **options)
