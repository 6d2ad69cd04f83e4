# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Statements, branches and MC/DC conditions of the core, as clang's instrumentation saw them run.

Two instrumented builds run the core's suite in this processor: one with the words that it has,
one with words of 32 bits as the flight processor has them. What either ran counts as run; a
condition that is constant in a build does not count there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from build_core import ROOT, build

KINDS = ("statement", "branch", "mcdc")
FLAGS = ["-fprofile-instr-generate", "-fcoverage-mapping", "-fcoverage-mcdc"]
#: words -> what makes them so: clang's own stdint.h asks these
WORDS = {
    64: [],
    32: [
        *("-U__UINTPTR_TYPE__", "-D__UINTPTR_TYPE__=unsigned"),
        *("-U__UINTPTR_MAX__", "-D__UINTPTR_MAX__=0xffffffffU"),
    ],
}
TESTS = ["tests/props", "tests/fault", "tests/conformance"]

Span = tuple[int, int, int, int]  # line, column to line, column


@dataclass(frozen=True, order=True)
class Gap:
    """Something that never ran; kind: of KINDS or `object`. file: below the sources' folder."""

    file: str
    line: int
    kind: str
    what: str


@dataclass
class File:
    """What ran of one file; each key is a place, each value whether it ran (both ways)."""

    lines: dict[int, bool] = field(default_factory=dict)
    statements: dict[Span, bool] = field(default_factory=dict)
    ways: dict[Span, tuple[bool, bool]] = field(default_factory=dict)
    decisions: dict[Span, list[bool]] = field(default_factory=dict)
    deciding: set[Span] = field(default_factory=set)  # those of the ways that decisions join

    def conditions(self, span: Span) -> list[Span]:
        """The conditions of a decision that are not constant."""
        first, last = span[:2], span[2:]
        return sorted(s for s in self.deciding if first <= s[:2] and s[2:] <= last)

    def counts(self) -> dict[str, tuple[int, int]]:
        """By kind, and `line`: how many ran, of how many."""
        ways = [way for both in self.ways.values() for way in both]
        return {
            "line": (sum(self.lines.values()), len(self.lines)),
            "statement": (sum(self.statements.values()), len(self.statements)),
            "branch": (sum(ways), len(ways)),
            "mcdc": (
                sum(sum(shown) for shown in self.decisions.values()),
                sum(len(self.conditions(span)) for span in self.decisions),
            ),
        }

    def gaps(self, name: str) -> list[Gap]:
        """All that never ran."""
        found = [
            Gap(name, span[0], "statement", f"column {span[1]} never runs")
            for span, ran in self.statements.items()
            if not ran
        ]
        for span, ways in self.ways.items():
            found += [
                Gap(name, span[0], "branch", f"column {span[1]} is never {value}")
                for value, seen in zip(("true", "false"), ways, strict=True)
                if not seen
            ]
        for span, shown in self.decisions.items():
            conditions = self.conditions(span)
            places = [s for s, ok in zip(conditions, shown, strict=False) if not ok]
            for place in places[: len(conditions) - sum(shown)]:
                what = f"column {place[1]} of line {place[0]} never decides alone"
                found.append(Gap(name, span[0], "mcdc", what))
        return sorted(found)


def read(exports: Iterable[tuple[Mapping[str, Any], str]], folder: Path) -> dict[str, File]:
    """What ran of the files below folder, by any of the exports of llvm-cov: its JSON and its
    lcov text."""
    files: dict[str, File] = defaultdict(File)
    for report, lcov in exports:
        _read_lines(lcov, folder, files)
        for function in report["data"][0]["functions"]:
            path = Path(function["filenames"][0])
            if path.is_relative_to(folder):
                _read_function(function, files[str(path.relative_to(folder))])
    return dict(files)


def _read_lines(lcov: str, folder: Path, files: dict[str, File]) -> None:
    lines: dict[int, bool] = {}
    for row in lcov.splitlines():
        word, _, value = row.partition(":")
        if word == "SF":
            path = Path(value)
            inside = path.is_relative_to(folder)
            lines = files[str(path.relative_to(folder))].lines if inside else {}
        elif word == "DA":
            line, count = (int(number) for number in value.split(",")[:2])
            lines[line] = lines.get(line, False) or count > 0


def _read_function(function: Mapping[str, Any], file: File) -> None:
    code_region, condition_of_decision = 0, 6
    for *place, count, _, _, kind in function["regions"]:
        span: Span = tuple(place)
        if kind == code_region and span[:2] != span[2:]:  # else what a macro leaves
            file.statements[span] = file.statements.get(span, False) or count > 0
    for *place, true, false, _, _, kind in function["branches"]:
        span = tuple(place)
        if kind == condition_of_decision:
            file.deciding.add(span)
        before = file.ways.get(span, (False, False))
        file.ways[span] = before[0] or true > 0, before[1] or false > 0
    for *place, _, _, shown in function["mcdc_records"]:
        span = tuple(place)
        old = file.decisions.get(span, [False] * len(shown))
        file.decisions[span] = [a or b for a, b in zip(old, shown, strict=True)]


def library(folder: Path, words: int) -> Path:
    """The instrumented core for these words; RuntimeError with what the tools say."""
    said = build(folder, cc="clang-19", optimise=1, extra=[*FLAGS, *WORDS[words]])
    if said:
        raise RuntimeError(said)
    return folder / "libsxi.so"


def run_suite(target: str, log: Path, *options: str, **environment: str) -> subprocess.Popen[bytes]:
    """The core's suite on a target, begun: the same examples each time."""
    env = {**os.environ, "HYPOTHESIS_PROFILE": "lanes", **environment}
    command = [sys.executable, "-m", "pytest", "--target", target, *options, *TESTS]
    with log.open("wb") as out:
        return subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT
        )


def run_suite_on(built: Path) -> subprocess.Popen[bytes]:
    """The same on an instrumented library; beside it the profile and a log."""
    profile = str(built.with_suffix(".profraw"))
    return run_suite(f"lib:{built}", built.with_suffix(".log"), LLVM_PROFILE_FILE=profile)


def export(built: Path) -> tuple[Mapping[str, Any], str]:
    """What the suite left beside the library, as llvm-cov exports it."""
    profile = built.with_suffix(".profdata")
    _tool("llvm-profdata-19", "merge", built.with_suffix(".profraw"), "-o", profile)
    common = [built, f"-instr-profile={profile}"]
    report = json.loads(_tool("llvm-cov-19", "export", *common))
    return report, _tool("llvm-cov-19", "export", "-format=lcov", *common)


def pages(built: Path, folder: Path) -> None:
    """The sources with their counts, as llvm-cov shows them."""
    options = ["-format=html", "-show-branches=count", "-show-mcdc", f"-output-dir={folder}"]
    profile = built.with_suffix(".profdata")
    _tool("llvm-cov-19", "show", built, f"-instr-profile={profile}", *options)


def _tool(*words: str | Path) -> str:
    command = [str(word) for word in words]
    return subprocess.run(  # noqa: S603
        command, check=True, capture_output=True, text=True
    ).stdout
