# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The requirements as doorstop keeps them: source, method and evidence, with a fingerprint each.

``requirements/`` is one doorstop document, one item an id. What a review accepted is its
fingerprint (text, source, method, references) and, in ``requirements/ledger.toml``, the tests that
verified it. The ledger has every id that was ever given, and the highest number of each prefix:
an item is retired, never deleted.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import doorstop

from fsw_emu.atomic import write_atomic
from traceability.spec import Requirement

METHODS = ("test", "analysis", "inspection")
FOLDER = "requirements"
LEDGER = "ledger.toml"
HIGHEST = "highest"  # a table of the ledger

Items = dict[str, doorstop.Item]


@dataclass
class Ledger:
    """What reviews kept: the tests by id; by prefix the highest number that was ever given."""

    tests: dict[str, list[str]] = field(default_factory=dict)
    highest: dict[str, int] = field(default_factory=dict)

    def keep(self, name: str, tests: Iterable[str]) -> None:
        """An id with its tests."""
        prefix, number = in_order(name)
        self.tests[name] = sorted(tests)
        self.highest[prefix] = max(number, self.highest.get(prefix, 0))


def _document(root: Path) -> doorstop.Document:
    return doorstop.Document(str(root / FOLDER), root=str(root))


def read_items(root: Path) -> Items:
    """All items by id, retired ones too; OSError and doorstop's errors."""
    items = {str(item.uid): item for item in _document(root)}
    for item in items.values():
        item.load()
        item.auto = False
    return items


def read_ledger(root: Path) -> Ledger:
    """What the last reviews kept; OSError, ValueError."""
    found = tomllib.loads((root / FOLDER / LEDGER).read_text())
    highest = found.pop(HIGHEST, {})
    return Ledger(found, highest)


def write_ledger(root: Path, ledger: Ledger) -> None:
    lines = ["# Every id that was given, and the tests of it at its last review: tools/trace.py\n"]
    for name in sorted(ledger.tests, key=in_order):
        lines.append(f"{name} = {json.dumps(ledger.tests[name], indent=2)}\n")
    lines.append(f"\n# The highest number that was ever given\n[{HIGHEST}]\n")
    lines += [f"{prefix} = {number}\n" for prefix, number in sorted(ledger.highest.items())]
    write_atomic(root / FOLDER / LEDGER, "".join(lines).encode())


def in_order(name: str) -> tuple[str, int]:
    """EDU-9 before EDU-10."""
    prefix, _, number = name.partition("-")
    return prefix, int(number)


def add(root: Path, requirement: Requirement, source: str, method: str) -> doorstop.Item:
    """An item for an id that is new in SPEC.md."""
    item = doorstop.Item.new(
        None, _document(root), str(root / FOLDER), str(root), requirement.id, auto=False
    )
    item.set_attributes({"source": source, "method": method})
    return item


def accept(
    item: doorstop.Item, requirement: Requirement | None, tests: Iterable[str], ledger: Ledger
) -> None:
    """Say that an item was looked at: it takes the words of SPEC.md, a fingerprint and its tests.
    Without words there it is retired."""
    item.auto = False
    if requirement is not None:
        item.text = requirement.text
        item.level = f"{requirement.section}.{in_order(requirement.id)[1]}"
    item.active = requirement is not None
    item.review()
    item.save()
    ledger.keep(str(item.uid), tests)


def faults(root: Path, items: Items, spec: Mapping[str, Requirement]) -> list[str]:
    """What is wrong with the items, by themselves and beside SPEC.md."""
    found = []
    for name, requirement in spec.items():
        item = items.get(name)
        if item is None:
            found.append(f"{name}: in SPEC.md:{requirement.line}, but not in {FOLDER}/")
        elif not item.active:
            found.append(f"{name}: retired, but in SPEC.md:{requirement.line}")
        elif item.text != requirement.text:
            found.append(f"{name}: SPEC.md:{requirement.line} says another thing than the item")
    for name, item in items.items():
        if not item.active:
            continue
        if name not in spec:
            found.append(f"{name}: in {FOLDER}/, but not in SPEC.md")
        if not item.reviewed:
            found.append(f"{name}: changed since its review")
        if item.attribute("method") not in METHODS:
            found.append(f"{name}: method {item.attribute('method')!r}, not {', '.join(METHODS)}")
        found += [f"{name}: {fault}" for fault in _references(root, item)]
    return found


def _references(root: Path, item: doorstop.Item) -> list[str]:
    """References that lead nowhere."""
    found = []
    for reference in item.references or ():
        path, keyword = root / reference["path"], reference.get("keyword", "")
        if not path.is_file():
            found.append(f"{reference['path']} is not there")
        elif keyword not in path.read_text():
            found.append(f"{reference['path']} does not say {keyword!r}")
    return found


def deleted(items: Items, ledger: Ledger, given: Collection[str]) -> list[str]:
    """Ids that were given, by the ledger or the history of it, and have no item; items that are
    not in the ledger; numbers that are nowhere."""
    once = ledger.tests.keys() | set(given)
    missing = sorted(once - items.keys(), key=in_order)
    found = [f"{name}: deleted; retire it instead" for name in missing]
    found += [f"{name}: not in {FOLDER}/{LEDGER}" for name in items if name not in ledger.tests]
    known = once | items.keys()
    highest = dict(ledger.highest)
    for prefix, number in sorted(map(in_order, known)):
        if number > highest.get(prefix, 0):
            highest[prefix] = number
            found.append(f"{prefix}-{number}: above the highest number in {FOLDER}/{LEDGER}")
    for prefix, last in highest.items():
        gaps = [f"{prefix}-{n}" for n in range(1, last + 1) if f"{prefix}-{n}" not in known]
        found += [f"{name}: an id that is nowhere, of those up to {prefix}-{last}" for name in gaps]
    return found
