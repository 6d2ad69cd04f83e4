# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The house rules that a machine can check: who imports whom, how long rooms may be."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: room -> the rooms of the project it may import (itself always)
MAY_IMPORT: dict[str, set[str]] = {
    "fsw_emu.model": set(),
    "fsw_emu.packets": set(),
    "fsw_emu.mib": set(),
    "fsw_emu.assumptions": set(),
    "fsw_emu.xtce": {"fsw_emu.interface"},
    "fsw_emu.atomic": set(),
    "fsw_emu.core": {"fsw_emu.targets"},  # the default core, and only there
    "fsw_emu.scene": {"fsw_emu.packets"},
    "fsw_emu.provenance": set(),
    "fsw_emu.report": {"fsw_emu.atomic", "fsw_emu.provenance"},
    "fsw_emu.fee": {"fsw_emu.packets", "fsw_emu.core"},
    "fsw_emu.dpu": {"fsw_emu.packets", "fsw_emu.core", "fsw_emu.interface", "fsw_emu.world"},
    "fsw_emu.world": {"fsw_emu.packets", "fsw_emu.interface"},
    "fsw_emu.testbed": {
        "fsw_emu.packets",
        "fsw_emu.core",
        "fsw_emu.interface",
        "fsw_emu.world",
        "fsw_emu.dpu",
        "fsw_emu.fee",
        "fsw_emu.scene",
    },
    "fsw_emu.ground": {
        "fsw_emu.packets",
        "fsw_emu.core",
        "fsw_emu.atomic",
        "fsw_emu.provenance",
    },
    "fsw_emu.codecs": {"fsw_emu.packets", "fsw_emu.core"},
    "fsw_emu.manifest": {"fsw_emu.atomic", "fsw_emu.provenance"},
    "fsw_emu.targets": {
        "fsw_emu.packets",
        "fsw_emu.core",
        "fsw_emu.provenance",
        "fsw_emu._core",
    },
    "fsw_emu.compare": {
        "fsw_emu.packets",
        "fsw_emu.core",
        "fsw_emu.targets",
        "fsw_emu.dpu",
        "fsw_emu.fee",
        "fsw_emu.scene",
    },
    "fsw_emu.algorithms": {"fsw_emu.core", "fsw_emu.packets"},
    "fsw_emu.merit": {
        "fsw_emu.algorithms.interface",
        "fsw_emu.scene",
        "fsw_emu.core",
        "fsw_emu.report",
    },
    "fsw_emu.contact": {"fsw_emu.packets", "fsw_emu.world"},
    "fsw_emu.archive": {"fsw_emu.packets"},
    "fsw_emu.egse": {"fsw_emu.packets", "fsw_emu.interface"},
    "hil": {"fsw_emu.packets"},
}
#: what only composition roots put together
FOR_ROOTS = ("fsw_emu.testbed",)
#: what may import everything but tests and tools, and is imported by nothing
ROOTS = ("fsw_emu/cli", "fsw_emu/console", "fsw_emu/campaign", "hil/pytest_plugin")
#: what rooms may use from outside
OUTSIDE = {
    "fsw_emu.model": {"numpy"},
    "fsw_emu.packets": set(),
    "fsw_emu.interface": set(),
    "fsw_emu.mib": set(),
    "fsw_emu.scene": {"numpy"},
}
STANDARD = {"__future__"}


def modules(room: str) -> list[Path]:
    path = ROOT / room.replace(".", "/")
    if path.with_suffix(".py").exists():
        return [path.with_suffix(".py")]
    return [each for each in sorted(path.rglob("*.py")) if not is_root(each)]


def is_root(path: Path) -> bool:
    return path.relative_to(ROOT).as_posix().startswith(ROOTS)


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names.add(node.module or "")
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def is_standard(name: str) -> bool:
    import sys

    return name.split(".")[0] in sys.stdlib_module_names | STANDARD


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_rooms_import_only_what_they_may(room: str) -> None:
    allowed = MAY_IMPORT[room] | {room}
    for path in modules(room):
        for name in imports(path):
            if name.split(".")[0] in ("fsw_emu", "hil"):
                inside = any(name == a or name.startswith((a + ".", a + "_v3")) for a in allowed)
                assert inside or name == "fsw_emu", f"{path} imports {name}"
            elif room in OUTSIDE and not is_standard(name):
                assert name.split(".")[0] in OUTSIDE[room], f"{path} imports {name}"


def test_composition_roots_are_imported_by_nothing() -> None:
    for path in [*(ROOT / "fsw_emu").rglob("*.py"), *(ROOT / "hil").rglob("*.py")]:
        if is_root(path):
            continue
        assert not {
            n
            for n in imports(path)
            if n.startswith(
                ("fsw_emu.cli", "fsw_emu.console", "fsw_emu.campaign", "hil.pytest_plugin")
            )
        }, path


@pytest.mark.parametrize("room", FOR_ROOTS)
def test_only_roots_put_rooms_together(room: str) -> None:
    inside = modules(room)
    for path in [*(ROOT / "fsw_emu").rglob("*.py"), *(ROOT / "hil").rglob("*.py")]:
        if not is_root(path) and path not in inside:
            assert not {name for name in imports(path) if name.startswith(room)}, path


def test_rooms_are_not_too_large() -> None:
    for pattern, most in (
        ("*.py", 400),
        ("*.pyx", 400),
        ("*.pxi", 400),
        ("*.c", 500),
        ("*.h", 500),
    ):
        for folder in ("fsw_emu", "hil", "tools", "c_src", "tests"):
            for path in (ROOT / folder).rglob(pattern):
                lines = len(path.read_text().splitlines())
                assert lines <= most, f"{path}: {lines} lines"


def test_pages_are_two_clicks_from_the_readme() -> None:
    """And every file that a page points to is there."""
    near, pages = {ROOT / "README.md"}, set((ROOT / "docs").glob("*.md"))
    for _ in range(2):
        for page in [page for page in near if page.suffix == ".md"]:
            for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
                assert (page.parent / link).exists() or link.startswith("build/"), f"{page}: {link}"
                near.add((page.parent / link).resolve())
    assert not pages - near


def test_flight_code_is_freestanding() -> None:
    """Only the compiler's own headers and string.h, which every target has."""
    allowed = {"<stdbool.h>", "<stddef.h>", "<stdint.h>", "<string.h>"}
    with_library = ROOT / "c_src/port/linux/main.c"  # a Linux process of another processor
    for path in set((ROOT / "c_src").rglob("*.[ch]")) - {with_library}:
        for line in path.read_text().splitlines():
            if line.startswith("#include <"):
                assert line.split()[1] in allowed, f"{path}: {line}"


def test_no_function_is_too_long() -> None:
    for folder in ("fsw_emu", "hil", "tools"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef):
                    length = (node.end_lineno or 0) - node.lineno + 1
                    assert length <= 66, f"{path}: {node.name} has {length} lines"
