# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What static analysers have against C sources: cppcheck with MISRA C:2012, clang-tidy, gcc.

The sources and their options are those of a build: compile_commands.json. clang-tidy and gcc look
at the core as the flight processor and as the host compile it, since which branches there are
hangs on the width of a word; cppcheck at all sources at once, as some rules ask for.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tqdm import tqdm

from fsw_emu.provenance import ROOT

CHECKS = ROOT / ".clang-tidy"
NAMES = ("MISRA", "cppcheck", "clang-tidy", "gcc -fanalyzer")
#: options of a compiler that tell what is compiled; -W: what it warns of, an analyser too
TAKEN = re.compile(r"-I|-D|-std=|-ffreestanding|-fbuiltin|-W(?!error|invalid-pch)")
SPARC_CLANG = ("--target=sparc-unknown-linux-gnu", "-mcpu=leon3")
SPARC_GCC = ("sparc64-linux-gnu-gcc", "-m32", "-mcpu=leon3")
SAID = re.compile(
    r"(?P<file>[^:\n]+):(?P<line>\d+):(?P<column>\d+): (?:warning|error): (?P<said>.*?)"
    r"(?: \[CWE-\d+\])? \[(?P<rule>[\w.=-]+)[\w.,=-]*\]"
)


class AnalyserError(RuntimeError):
    """An analyser could not do its work."""


@dataclass(frozen=True, order=True)
class Found:
    """One finding. rule: a number of MISRA C:2012 or the analyser's own name; line and column
    from 1, column 0 where the whole line is meant."""

    file: Path
    line: int
    column: int
    rule: str
    analyser: str
    said: str

    def __str__(self) -> str:
        name = self.file.relative_to(ROOT) if self.file.is_relative_to(ROOT) else self.file.name
        return f"{name}:{self.line}: {self.analyser} {self.rule} {self.said}".rstrip()


@dataclass(frozen=True)
class Unit:
    """A source file and the options that tell what it means; in_core: it is of every build."""

    source: Path
    options: tuple[str, ...] = ("-std=c99", "-ffreestanding")
    in_core: bool = True


def read_units(build: Path) -> list[Unit]:
    """The C sources of a build folder; AnalyserError where there is none."""
    try:
        commands = json.loads((build / "compile_commands.json").read_text())
    except (OSError, ValueError) as error:
        raise AnalyserError(f"no build in {build.name}: {error}") from error
    units = []
    for command in commands:
        folder = Path(command["directory"])
        source = (folder / command["file"]).resolve()
        if source.suffix == ".c":
            words = [word for word in shlex.split(command["command"]) if TAKEN.match(word)]
            options = [f"-I{(folder / w[2:]).resolve()}" if w[:2] == "-I" else w for w in words]
            units.append(Unit(source, tuple(options), "port" not in source.parts))
    return units


def run(command: Sequence[str | Path]) -> str:
    """What a program says, on both streams; AnalyserError where it fails."""
    try:
        done = subprocess.run(  # noqa: S603
            [str(word) for word in command], check=False, capture_output=True, text=True, cwd=ROOT
        )
    except OSError as error:
        raise AnalyserError(f"{command[0]}: {error.strerror}") from error
    if done.returncode:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise AnalyserError(f"{command[0]}: {lines[0] if lines else 'failed'}")
    return done.stdout + done.stderr


def cppcheck(units: Iterable[Unit]) -> list[Found]:
    """Its own checks and MISRA C:2012, for a processor of 32 bits and gcc."""
    units = list(units)
    options = {w for unit in units for w in unit.options if w[:2] in ("-I", "-D")}
    with tempfile.TemporaryDirectory() as folder:
        text = run(
            [
                *("cppcheck", "--std=c99", "--platform=unix32", "--addon=misra", "--enable=all"),
                *("--inconclusive", "--quiet", "--suppress=missingIncludeSystem"),
                *("-D__GNUC__=12", *sorted(options), f"--cppcheck-build-dir={folder}"),
                "--template={file}\t{line}\t{column}\t{id}\t{message}",
                *(unit.source for unit in units),
            ]
        )
    found = []
    for line in text.splitlines():
        file, _, rest = line.partition("\t")
        if not rest:
            raise AnalyserError(f"cppcheck: {line}")
        at, column, rule, said = rest.split("\t", 3)
        misra = rule.startswith("misra-c2012-")
        said = "" if misra else said
        name = rule.removeprefix("misra-c2012-")
        analyser = "MISRA" if misra else "cppcheck"
        found.append(Found(Path(file).resolve(), int(at), int(column), name, analyser, said))
    return found


def read_said(text: str, analyser: str) -> list[Found]:
    """Warnings as compilers write them; AnalyserError for one that does not tell its name."""
    found = []
    for line in filter(re.compile(r"\S+: (warning|error): ").match, text.splitlines()):
        m = SAID.fullmatch(line)
        if m is None:
            raise AnalyserError(f"{analyser}: {line}")
        at, column = int(m["line"]), int(m["column"])
        found.append(Found(Path(m["file"]).resolve(), at, column, m["rule"], analyser, m["said"]))
    return found


def clang_tidy(unit: Unit) -> list[Found]:
    """By the checks of .clang-tidy, as compiled for the flight processor and for the host."""
    machines = [SPARC_CLANG, ()] if unit.in_core else [SPARC_CLANG]
    ask = ["clang-tidy-19", "--quiet", f"--config-file={CHECKS}", unit.source, "--"]
    texts = [run([*ask, *machine, *unit.options]) for machine in machines]
    return [found for text in texts for found in read_said(text, "clang-tidy")]


def gcc(unit: Unit) -> list[Found]:
    """Its analyser of paths, -fanalyzer, by the flight processor's gcc and the host's."""
    compilers = [SPARC_GCC, ("gcc",)] if unit.in_core else [SPARC_GCC]
    ask = ["-fanalyzer", "-O2", "-fdiagnostics-plain-output", *unit.options]
    ask += ["-c", str(unit.source), "-o", "/dev/null"]
    texts = [run([*compiler, *ask]) for compiler in compilers]
    return [found for text in texts for found in read_said(text, "gcc -fanalyzer")]


def sources_of(units: Iterable[Unit]) -> list[Path]:
    """The files of the units and what they include, but for the compiler's own."""
    found = {Path(word) for unit in units for word in made_of(unit)}
    return sorted(path.resolve() for path in found)


def made_of(unit: Unit) -> list[str]:
    """What make would have to know of: the source and its headers."""
    return run([SPARC_GCC[0], "-MM", *unit.options, unit.source]).replace("\\\n", " ").split()[1:]


def analyse(units: Sequence[Unit], jobs: int) -> list[Found]:
    """All findings, each once, in order."""
    tasks: list[Callable[[], list[Found]]] = [partial(cppcheck, units)]
    tasks += [partial(tool, unit) for unit in units for tool in (clang_tidy, gcc)]
    with ThreadPoolExecutor(jobs) as pool:
        done = pool.map(lambda task: task(), tasks)
        bar = tqdm(done, total=len(tasks), disable=not sys.stderr.isatty(), leave=False)
        return sorted({found for result in bar for found in result})


def versions() -> dict[str, str]:
    """Of every analyser, as it says itself."""
    asked = {"cppcheck": "cppcheck", "clang-tidy": "clang-tidy-19", "gcc": "gcc"}
    asked["gcc, flight"] = SPARC_GCC[0]
    said = {name: run([tool, "--version"]) for name, tool in asked.items()}
    return {name: m[0] for name, t in said.items() if (m := re.search(r"\d+(\.\d+)+", t))}
