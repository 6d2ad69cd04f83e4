# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Stack bounds from gcc's call graphs, held against the frames that the machine code makes."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/stack_usage.py"
COMPILER = [
    *("sparc64-linux-gnu-gcc", "-m32", "-mcpu=leon3", "-mfix-gr712rc", "-O2", "-std=c99"),
    *("-ffreestanding", "-fbuiltin", "-fno-pie", "-fno-stack-protector"),
    *("-fno-asynchronous-unwind-tables", "-fcallgraph-info=su,da"),
]
OUTSIDE = "void outside(char *at);\n"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(TOOL.parent))
        return importlib.import_module("stack_usage")


def compiled(folder: Path, text: str, *, name: str = "unit", options: tuple[str, ...] = ()) -> Path:
    source = folder / f"{name}.c"
    source.write_text(text)
    target = folder / f"{name}.o"
    subprocess.run([*COMPILER, *options, "-c", source, "-o", target], check=True)
    return target.with_suffix(".ci")


def frames(graph: Path) -> dict[str, int]:
    """What each function subtracts from the stack pointer, from the object's instructions."""
    text = subprocess.run(
        ["sparc64-linux-gnu-objdump", "-d", graph.with_suffix(".o")],  # noqa: S607
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found: dict[str, int] = {}
    for line in text.splitlines():
        if label := re.match(r"[0-9a-f]+ <(\w+)>:", line):
            found[label[1]] = 0
            name = label[1]
        elif save := re.search(r"(?:save|add)\s+%sp, -(0x[0-9a-f]+|\d+), %sp", line):
            found[name] += int(save[1], 0)
    return found


def test_a_chain_adds_its_frames_and_a_fork_takes_the_deeper(
    tool: ModuleType, tmp_path: Path
) -> None:
    graph = compiled(
        tmp_path,
        OUTSIDE
        + """
        __attribute__((noinline)) void leaf(void) { char b[200]; outside(b); }
        __attribute__((noinline)) void small(void) { char b[40]; outside(b); leaf(); outside(b); }
        __attribute__((noinline)) void large(void) { char b[900]; outside(b); }
        void top(int x) { char b[8]; if (x) small(); else large(); outside(b); }
        """,
    )
    own = frames(graph)
    worst = tool.worst_stacks([graph], external={"outside": 1000})
    assert own["large"] > own["leaf"] + own["small"] > 200
    assert worst["leaf"] == own["leaf"] + 1000
    assert worst["small"] == own["small"] + own["leaf"] + 1000
    assert worst["top"] == own["top"] + own["large"] + 1000
    assert set(worst) == {"leaf", "small", "large", "top"}


def test_units_are_joined_and_a_leaf_costs_nothing(tool: ModuleType, tmp_path: Path) -> None:
    low = compiled(tmp_path, "int low(int x) { return x + 1; }", name="low")
    text = "int low(int x); int high(int x) { return low(x) + low(x + 1); }"
    high = compiled(tmp_path, text, name="high")
    assert tool.worst_stacks([tmp_path]) == {"high": frames(high)["high"], "low": 0}
    assert tool.worst_stacks([low, high]) == tool.worst_stacks([tmp_path])
    with pytest.raises(tool.StackError, match="high: calls low"):
        tool.worst_stacks([high])


def test_statics_of_two_units_may_share_a_name(tool: ModuleType, tmp_path: Path) -> None:
    text = OUTSIDE + "static __attribute__((noinline)) void same(void)"
    compiled(tmp_path, text + "{ char b[64]; outside(b); } void a(void) { same(); }", name="a")
    compiled(tmp_path, text + "{ char b[512]; outside(b); } void b(void) { same(); }", name="b")
    worst = tool.worst_stacks([tmp_path], external={"outside": 0})
    assert set(worst) == {"a", "a.c:same", "b", "b.c:same"}
    assert worst["b"] >= worst["a"] + 448


LIBRARY = {
    "memcpy": "struct s { int x[90]; }; void f(struct s *a, const struct s *b) { *a = *b; }",
    "memset": "void f(char *a) { for (int i = 0; i < 999; i++) a[i] = 0; }",
    "__udivdi3": "unsigned long long f(unsigned long long a, unsigned long long b) { return a/b; }",
}


@pytest.mark.parametrize("name", LIBRARY)
def test_calls_that_the_compiler_makes_by_itself_count(
    name: str, tool: ModuleType, tmp_path: Path
) -> None:
    graph = compiled(tmp_path, LIBRARY[name])
    with pytest.raises(tool.StackError, match=f"f: calls {name}, which has no known bound"):
        tool.worst_stacks([graph])
    assert tool.worst_stacks([graph], external={name: 96}) == {"f": frames(graph)["f"] + 96}


def test_what_the_files_define_counts_before_what_is_given(
    tool: ModuleType, tmp_path: Path
) -> None:
    compiled(tmp_path, LIBRARY["memcpy"])
    text = """void *memcpy(void *restrict a, const void *restrict b, unsigned n)
    { for (unsigned i = 0; i < n; i++) ((volatile char *)a)[i] = ((const char *)b)[i]; return a; }
    """
    compiled(tmp_path, text, name="memory")
    given = tool.worst_stacks([tmp_path], external={"memcpy": 5000})
    assert given == tool.worst_stacks([tmp_path])
    assert set(given) == {"f", "memcpy"}


REFUSED = {
    "recursion": ("int g(int n); int f(int n) { return n ? g(n - 1) + 1 : 0; }"
                  "int g(int n) { return n ? f(n - 1) * n : 1; }", "recursion: f -> g -> f"),
    "of itself": ("static __attribute__((noinline)) int f(int n)"
                  "{ return n < 2 ? n : f(n - 1) * n + f(n - 2); } int h(int n) { return f(n); }",
                  "recursion: unit.c:f -> unit.c:f"),
    "pointer": ("int f(int (*g)(int)) { return g(3) + 1; }", "f: calls __indirect_call"),
    "alloca": (OUTSIDE + "void f(unsigned n) { char b[n]; outside(b); }", "f: a stack of dynamic"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_bound_is_refused(name: str, tool: ModuleType, tmp_path: Path) -> None:
    text, message = REFUSED[name]
    options = ("-fno-optimize-sibling-calls", "-fno-inline")
    graph = compiled(tmp_path, text, options=options)
    with pytest.raises(tool.StackError, match=re.escape(message)):
        tool.worst_stacks([graph], external={"outside": 0})


def test_a_bound_may_be_given_for_calls_through_pointers(tool: ModuleType, tmp_path: Path) -> None:
    graph = compiled(tmp_path, REFUSED["pointer"][0])
    worst = tool.worst_stacks([graph], external={"__indirect_call": 400})
    assert worst == {"f": frames(graph)["f"] + 400}


def test_files_that_say_too_little_are_refused(tool: ModuleType, tmp_path: Path) -> None:
    graph = compiled(tmp_path, "int f(int x) { return x; }", options=("-fcallgraph-info",))
    whole = graph.read_text()
    with pytest.raises(tool.StackError, match="f: no stack figure"):
        tool.worst_stacks([graph])
    graph.write_text(whole[: whole.rindex("}")])
    with pytest.raises(tool.StackError, match="not a whole call graph"):
        tool.worst_stacks([graph])
    with pytest.raises(tool.StackError, match="holds no"):
        tool.worst_stacks([ROOT / "docs"])


def test_one_name_defined_twice_is_refused(tool: ModuleType, tmp_path: Path) -> None:
    graphs = [compiled(tmp_path, "int f(void) { return 1; }", name=name) for name in "ab"]
    with pytest.raises(tool.StackError, match="f: defined twice"):
        tool.worst_stacks(graphs)


def test_the_command_prints_a_table_and_writes_json(tmp_path: Path) -> None:
    graph = compiled(
        tmp_path, "int f(int (*g)(int)) { return g(3) + 1; } int l(void) { return 1; }"
    )
    command = [sys.executable, TOOL, tmp_path, "--json", tmp_path / "stack.json"]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert refused.stderr == "stack_usage: f: calls __indirect_call, which has no known bound\n"
    command += ["--external", "__indirect_call=4"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    size = frames(graph)["f"] + 4
    assert [line.split() for line in done.stdout.splitlines()] == [[str(size), "f"], ["0", "l"]]
    assert json.loads((tmp_path / "stack.json").read_text()) == {"f": size, "l": 0}
