# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The requirements in SPEC.md: what ends with an id from its section 2 on, and what should.

A sentence, list item, table or row of a table ends with an id in brackets, that of a table in its
head. A paragraph that ends with a colon leads into the list or table after it: each of their
requirements begins with its words. From section 2 on every heading has a number, so that none
ends the requirements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

ID = re.compile(r"\s*\[([A-Z]+-[0-9]+)\]")
ASSUMPTION = re.compile(r"\bA[0-9]+\b")
_HEADING = re.compile(r"#+ ([0-9]+(?:\.[0-9]+)?)\.? ")
_ITEM = re.compile(r"(?:\*|[0-9]+\.) ")
_NEXT_SENTENCE = re.compile(r"[a-z0-9)`*]\. +[A-Z(`*0-9]")
_RULE = re.compile(r"\|[-:| ]+")
FIRST_SECTION = 2


@dataclass(frozen=True)
class Requirement:
    """One id of SPEC.md: its words, without the line ends, and where they stand."""

    id: str
    text: str
    section: str
    line: int


@dataclass
class Specification:
    """What SPEC.md requires: by id, in its order; the assumptions by id, and those of them that
    are an option; what is wrong with it."""

    requirements: dict[str, Requirement] = field(default_factory=dict)
    assumptions: dict[str, str] = field(default_factory=dict)
    options: set[str] = field(default_factory=set)
    findings: list[str] = field(default_factory=list)


@dataclass
class _Block:
    """Lines that belong together: a paragraph, a list item, a table."""

    lines: list[str]
    line: int

    @property
    def text(self) -> str:
        return " ".join(line.strip() for line in self.lines)


def read(markdown: str) -> Specification:
    """The requirements of a specification."""
    spec = Specification()
    section, lead = "", ""
    for block in _blocks(markdown):
        first = block.lines[0]
        if first.startswith("#"):
            section, lead = _section(spec, section, block), ""
        elif not section:
            continue
        elif not _required(section):
            _assumptions(spec, block)
        elif first.startswith("|"):
            _table(spec, section, lead, block)
        elif _ITEM.match(first):
            _sentences(spec, section, lead, block)
        else:
            lead = ID.split(block.text)[-1].strip() if block.text.endswith(":") else ""
            _sentences(spec, section, "", block, lead)
    return spec


def _section(spec: Specification, before: str, block: _Block) -> str:
    """The number of a heading, none where it has none. Once requirements have begun they go on."""
    heading = _HEADING.match(block.lines[0])
    section = heading[1] if heading else ""
    if _required(before) and not _required(section):
        said = f"a heading without a number from {FIRST_SECTION} on: {block.lines[0]}"
        spec.findings.append(f"SPEC.md:{block.line}: {said}")
        return before
    return section


def _required(section: str) -> bool:
    """Whether all that a section says is a requirement."""
    return bool(section) and int(section.split(".")[0]) >= FIRST_SECTION


def _blocks(markdown: str) -> Iterator[_Block]:
    numbered = enumerate(markdown.splitlines(), 1)
    for blank, group in groupby(numbered, lambda pair: not pair[1].strip()):
        block: _Block | None = None
        for number, line in () if blank else group:
            if block is None or _ITEM.match(line) or line.startswith("#"):
                if block:
                    yield block
                block = _Block([], number)
            block.lines.append(line)
        if block:
            yield block


def _assumptions(spec: Specification, block: _Block) -> None:
    for line in block.lines:
        if line.startswith("| A"):
            name, question, choices = (cell.strip() for cell in line.split("|")[1:4])
            if name in spec.assumptions:
                spec.findings.append(f"{name}: two rows of the table of assumptions")
            spec.assumptions[name] = f"{question}: {choices}"
            spec.options |= {name} if "`--" in line else set()


def _sentences(
    spec: Specification, section: str, lead: str, block: _Block, leads_on: str = ""
) -> None:
    text = _ITEM.sub("", block.text, count=1) if _ITEM.match(block.text) else block.text
    pieces = ID.split(text)
    for words, name in zip(pieces[::2], pieces[1::2], strict=False):
        _add(spec, name, f"{lead} {words.strip()}".strip(), section, block.line)
        found = _NEXT_SENTENCE.search(words)
        if found:
            begins = words[: found.start() + 2].strip()
            spec.findings.append(f"SPEC.md:{block.line}: a sentence without id: {begins}")
    if pieces[-1].strip() != leads_on:
        without = pieces[-1].strip()
        spec.findings.append(f"SPEC.md:{block.line}: a sentence without id: {without}")


def _table(spec: Specification, section: str, lead: str, block: _Block) -> None:
    """Rows under the id of the head, and those with an id of their own."""
    head = ID.search(block.lines[0])
    rest, own = [ID.sub("", _row(block.lines[0]))], []
    for number, line in enumerate(block.lines[1:], block.line + 1):
        row = _row(line)
        names = ID.findall(row)
        if len(names) > 1:
            spec.findings.append(f"SPEC.md:{number}: a row has {len(names)} ids")
        elif names:
            own.append((names[0], f"{lead} {ID.sub('', row)}".strip(), section, number))
        elif not _RULE.fullmatch(line.strip()):
            rest.append(row)
            if not head:
                spec.findings.append(f"SPEC.md:{number}: a row without id: {row}")
    if head:
        _add(spec, head[1], f"{lead} {' // '.join(rest)}".strip(), section, block.line)
    for requirement in own:
        _add(spec, *requirement)


def _row(line: str) -> str:
    return line.strip().strip("|").strip()


def _add(spec: Specification, name: str, text: str, section: str, line: int) -> None:
    if name in spec.requirements:
        spec.findings.append(f"{name}: twice, SPEC.md:{spec.requirements[name].line} and {line}")
        return
    spec.requirements[name] = Requirement(name, text, section, line)
    for assumption in sorted(set(ASSUMPTION.findall(text)) - spec.assumptions.keys()):
        spec.findings.append(f"{name}: {assumption} is no row of section 1")
