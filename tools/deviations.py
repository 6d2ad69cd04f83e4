# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Which findings are explained: the table of deviations in DESIGN.md, held against the sources.

An advisory rule of MISRA C:2012 may be disapplied for the whole project. Everything else is a
deviation with a number, which stands in a comment at the line, `/* D3 */`, unless the table names
the files or what such a place looks like. Nothing there may be more than is needed: a number
without a finding is itself a finding, and so is a rule that nothing breaks. What an analyser is
told not to say, no row can explain: words that silence one are findings too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from analysers import Found

from fsw_emu.provenance import ROOT

# MISRA C:2012: what may be disapplied (where amendments made it more than advice, it is not
# here), and what may not even be deviated from
ADVISORY = {
    "2.3", "2.4", "2.5", "2.6", "2.7", "4.2", "5.9", "8.7", "8.9", "8.11", "8.13", "10.5", "11.4",
    "11.5", "12.1", "12.3", "12.4", "13.3", "13.4", "15.1", "15.4", "15.5", "17.8", "18.4",
    "18.5", "19.2", "20.1", "20.5",
}  # fmt: skip
MANDATORY = {
    "9.1", "12.5", "13.6", "17.3", "17.4", "17.6", "19.1", "21.13", "21.17", "21.18", "21.19",
    "21.20", "22.2", "22.4", "22.5", "22.6",
}  # fmt: skip
REFERENCE = re.compile(r"/\*\s*(D\d+(?:, D\d+)*)\s*\*/")
#: what makes an analyser or a compiler say less, wherever it stands
SILENCING = re.compile(
    r"\bnolint\w*|\bcppcheck[-_]suppress\w*|#\s*lizard\s+\w+|(?-i:GENERATED CODE)"
    r"|\b_?pragma\b|^\s*#\s*(?:line\b|\d)"  # of a system header nothing is said
    r"|\b__(?:extension|clang_analyzer|cppcheck)__\b"
    r"|(?:\b__attribute(?:__)?\s*\(\((?:[^()]|\([^()]*\))*?|\[\[[^]]*?)"
    r"\b_*(?:no_\w*(?:saniti[sz]e|analysis)\w*|disable_saniti[sz]er_\w+|analyzer_noreturn"
    r"|suppress|unused|maybe_unused|fallthrough)_*\b",
    re.IGNORECASE | re.MULTILINE,
)
CONSTANT = r"[A-Z][A-Z0-9_]{2,}"
#: words of the table's third column -> what the line looks like, § at the finding's column
PLACES = {
    "at the line": None,
    "beside a constant in capitals": re.compile(
        rf".*({CONSTANT} §|§[^\w\s]+ (~|\(|\(uint32_t\))*{CONSTANT}\b).*"
    ),
    "a type without a tag": re.compile(r"\s*(enum|struct) §\{.*"),
    "numbers by `?:`": re.compile(r".*§=.* \? \d+U? : \d+U?( \}|, .*)?;"),
}


class TableError(ValueError):
    """The table in DESIGN.md cannot be read."""


@dataclass(frozen=True)
class Deviation:
    """A row: rules of any analyser, where (a key of PLACES) or in which files."""

    number: str
    rules: frozenset[str]
    where: str
    why: str
    files: frozenset[Path] = frozenset()

    def covers(self, found: Found) -> bool:
        """Is it one that needs no number at its line?"""
        if found.rule not in self.rules:
            return False
        pattern = PLACES.get(self.where)
        text = source_lines(found.file)[found.line - 1] if pattern else ""
        at = max(found.column - 1, 0)
        marked = f"{text[:at]}§{text[at:]}"
        return found.file in self.files or bool(pattern and pattern.fullmatch(marked))


@dataclass(frozen=True)
class Table:
    """disapplied: rule -> reason."""

    disapplied: Mapping[str, str]
    deviations: Mapping[str, Deviation]


@dataclass
class Judgement:
    """problems: one line each; explained: number or disapplied rule -> what it stands for."""

    problems: list[str] = field(default_factory=list)
    explained: dict[str, list[Found]] = field(default_factory=dict)


@cache
def source_lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def read_table(design: Path) -> Table:
    """The section "Deviations"; TableError where a row is not what it should be."""
    section = design.read_text().partition("\n## Deviations\n")[2].partition("\n## ")[0]
    disapplied: dict[str, str] = {}
    deviations: dict[str, Deviation] = {}
    for line in filter(re.compile(r"\| D?\d").match, section.splitlines()):
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if re.fullmatch(r"\d+\.\d+", cells[0]) and len(cells) == 3:
            disapplied[cells[0]] = cells[2]
        elif re.fullmatch(r"D\d+", cells[0]) and len(cells) == 4:
            row = read_row(*cells)
            if row.number in deviations:
                raise TableError(f"{row.number} stands twice in {design.name}")
            deviations[row.number] = row
        else:
            raise TableError(f"{design.name}: not a row: {line}")
    if not deviations and not disapplied:
        raise TableError(f"{design.name} has no table of deviations")
    return Table(disapplied, deviations)


def read_row(number: str, rules: str, where: str, why: str) -> Deviation:
    names = frozenset(rule.strip("` ") for rule in rules.split(","))
    if where in PLACES:
        return Deviation(number, names, where, why)
    files = frozenset((ROOT / name.strip("` ")).resolve() for name in where.split(","))
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        raise TableError(f"{number}: neither a file nor a place: {where}")
    return Deviation(number, names, where, why, files)


def references(sources: Iterable[Path]) -> dict[tuple[Path, int], list[str]]:
    """Numbers in comments, by file and line."""
    return {
        (path, line): found[1].split(", ")
        for path in sources
        for line, text in enumerate(source_lines(path), 1)
        if (found := REFERENCE.search(text))
    }


def silenced(sources: Iterable[Path]) -> list[str]:
    """Places where an analyser is told to say nothing."""
    problems = []
    for path in sources:
        text = "\n".join(source_lines(path))
        for found in SILENCING.finditer(text):
            word = " ".join(found[0].split())
            line = text.count("\n", 0, found.end()) + 1
            problems.append(f"{place_of(path, line)}: silenced without a deviation: {word}")
    return problems


def place_of(path: Path, line: int) -> str:
    """File and line, as findings begin."""
    return f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name}:{line}"


def judge(found: Sequence[Found], table: Table, sources: Sequence[Path]) -> Judgement:
    """Explain what can be; name what cannot, and what explains nothing."""
    at_line = references(sources)
    result = Judgement()
    used: set[tuple[Path, int, str]] = set()
    broken: set[tuple[str, str]] = set()
    for one in found:
        if one.rule in table.disapplied:
            result.explained.setdefault(one.rule, []).append(one)
            continue
        here = [table.deviations.get(n) for n in at_line.get((one.file, one.line), [])]
        numbered = [d for d in here if d and one.rule in d.rules]
        given = numbered or [d for d in table.deviations.values() if d.covers(one)]
        for deviation in given[:1]:
            result.explained.setdefault(deviation.number, []).append(one)
            used.add((one.file, one.line, deviation.number))
            broken.add((deviation.number, one.rule))
        if not given:
            result.problems.append(str(one))
    for (path, line), numbers in sorted(at_line.items()):
        place = place_of(path, line)
        for number in numbers:
            if number not in table.deviations:
                result.problems.append(f"{place}: {number} is not in DESIGN.md")
            elif (path, line, number) not in used:
                result.problems.append(f"{place}: {number} explains nothing here")
    result.problems += silenced(sources)
    result.problems += needless(table, result, broken)
    return result


def needless(table: Table, judged: Judgement, broken: set[tuple[str, str]]) -> list[str]:
    """What the table says without need, or may not say."""
    problems = [f"DESIGN.md: {r} is not advisory" for r in table.disapplied if r not in ADVISORY]
    problems += [f"DESIGN.md: nothing breaks {r}" for r in table.disapplied
                 if r not in judged.explained]  # fmt: skip
    for number, deviation in table.deviations.items():
        if number not in judged.explained:
            problems.append(f"DESIGN.md: {number} explains nothing")
            continue
        for rule in sorted(deviation.rules):
            if rule in MANDATORY:
                problems.append(f"DESIGN.md: {number}: {rule} is mandatory")
            if (number, rule) not in broken:
                problems.append(f"DESIGN.md: {number}: nothing breaks {rule} there")
    return problems
