# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Which tests verify what, read from their sources, and how they ended, from JUnit files."""

from __future__ import annotations

import ast
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fsw_emu.report.evidence import Verdict

MARKER = "verifies"
_RANGE = re.compile(r"([A-Z]+-?)([0-9]+)\.\.([0-9]+)")
_LEAVES_OUT = {"skip", "skipif", "xfail"}
_WORST_FIRST = (Verdict.FAIL, Verdict.ERROR, Verdict.NOT_RUN, Verdict.PASS)


@dataclass
class Test:
    """One test function: what it verifies, and whether a marker may leave it out."""

    id: str  # tests/props/test_edu.py::test_mask_cycle
    verifies: tuple[str, ...]
    left_out: bool
    verdicts: dict[str, Verdict] = field(default_factory=dict)  # by lane


@dataclass
class Found:
    """All tests, and markers that say nothing."""

    tests: list[Test] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


def read_tests(root: Path) -> Found:
    """The tests of a project."""
    found = Found()
    for path in sorted((root / "tests").rglob("test_*.py")):
        name = path.relative_to(root).as_posix()
        tree = ast.parse(path.read_text(), name)
        nodes = list(ast.walk(tree))
        names = _names(tree.body, nodes)
        of_module = {mark for mark, _ in _marks(_of_module(tree), names)}
        n_used = 0
        for node in nodes:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
                marks = _marks(node.decorator_list, names)
                ids = [ids for mark, ids in marks if mark == MARKER]
                n_used += len(ids)
                if not all(ids):
                    found.findings.append(f"{name}::{node.name}: {MARKER} wants ids as they are")
                left_out = bool(_LEAVES_OUT & (of_module | {mark for mark, _ in marks}))
                verifies = tuple(one for some in ids for said in some for one in _ids(said))
                found.tests.append(Test(f"{name}::{node.name}", verifies, left_out))
        uses = [n for n in nodes if isinstance(n, ast.Attribute) and n.attr == MARKER]
        if len(uses) != n_used:
            found.findings.append(f"{name}: {MARKER} counts on test functions only")
    return found


def _ids(said: str) -> list[str]:
    """`EDU-3`, or all of `TM-1..11`."""
    several = _RANGE.fullmatch(said)
    if not several:
        return [said]
    return [f"{several[1]}{n}" for n in range(int(several[2]), int(several[3]) + 1)]


def _of_module(tree: ast.Module) -> list[ast.expr]:
    """The expressions of pytestmark."""
    for node in tree.body:
        targets, value = _assigned(node)
        if value is not None and "pytestmark" in targets:
            return value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
    return []


def _assigned(node: ast.stmt) -> tuple[list[str], ast.expr | None]:
    """What an assignment names, and its value; of another statement nothing."""
    if isinstance(node, ast.Assign):
        return [ast.unparse(target) for target in node.targets], node.value
    if isinstance(node, ast.AnnAssign):
        return [ast.unparse(node.target)], node.value
    return [], None


def _names(body: Iterable[ast.stmt], nodes: Iterable[ast.AST]) -> dict[str, str]:
    """What names of a module stand for: pytest, what is imported from it, its marks."""
    names = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {one.asname or one.name: one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    for statement in body:
        targets, value = _assigned(statement)
        means = _dotted(value, names) if value is not None else ""
        if means.startswith("pytest.mark"):
            names |= dict.fromkeys(targets, means)
    return names


def _dotted(expression: ast.expr, names: Mapping[str, str]) -> str:
    """A name, or what is called by it, as pytest has it: `pytest.mark.skip` for `mark.skip(...)`
    after `from pytest import mark`."""
    called = expression.func if isinstance(expression, ast.Call) else expression
    first, dot, rest = ast.unparse(called).partition(".")
    return f"{names.get(first, first)}{dot}{rest}"


def _marks(
    decorators: Iterable[ast.expr], names: Mapping[str, str]
) -> list[tuple[str, tuple[str, ...]]]:
    """Names of pytest marks with their arguments, where these are strings."""
    marks = []
    for decorator in decorators:
        call = decorator if isinstance(decorator, ast.Call) else None
        name = _dotted(decorator, names)
        if name.startswith("pytest.mark."):
            values = [a.value for a in call.args if isinstance(a, ast.Constant)] if call else []
            plain = call is not None and len(values) == len(call.args) and not call.keywords
            ids = tuple(v for v in values if isinstance(v, str)) if plain else ()
            marks.append((name.removeprefix("pytest.mark."), ids))
    return marks


def read_results(tests: Iterable[Test], folder: Path, tree: str) -> tuple[list[str], list[str]]:
    """Give each test its verdict in each lane that left a JUnit file there. The lanes; and those
    of which the file does not tell that they ran the sources of this hash, and no others: they do
    not count. Of unknown sources, "", none does."""
    by_id = {test.id: test for test in tests}
    lanes: list[str] = []
    stale: list[str] = []
    for path in sorted(folder.glob("*.xml")):
        results = ElementTree.parse(path)  # noqa: S314  (pytest wrote it)
        trees = {p.get("value") for p in results.iter("property") if p.get("name") == "tree"}
        (lanes if tree and trees == {tree} else stale).append(path.stem)
        for case in results.iter("testcase") if path.stem in lanes else ():
            module = case.get("classname", "").replace(".", "/")
            file = case.get("file", f"{module}.py")  # the name of the class ends with its own
            test = by_id.get(f"{file}::{case.get('name', '').partition('[')[0]}")
            if test:
                so_far = test.verdicts.get(path.stem, Verdict.PASS)
                test.verdicts[path.stem] = worst([so_far, _verdict(case)])
    return lanes, stale


def _verdict(case: ElementTree.Element) -> Verdict:
    ends = {child.tag for child in case}
    for tag, verdict in (
        ("failure", Verdict.FAIL),
        ("error", Verdict.ERROR),
        ("skipped", Verdict.NOT_RUN),
    ):
        if tag in ends:
            return verdict
    return Verdict.PASS


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Of several; of none it is NOT RUN."""
    given = set(verdicts)
    return next((verdict for verdict in _WORST_FIRST if verdict in given), Verdict.NOT_RUN)
