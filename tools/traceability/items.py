# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The requirements as doorstop keeps them: source, method and evidence, with a fingerprint each.

``requirements/`` is one doorstop document, one item an id. What a review accepted is its
fingerprint (text, source, method, references) and, in ``requirements/ledger.toml``, the tests that
verified it. The ledger has every id that was ever given: an item is retired, never deleted.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

import doorstop

from fsw_emu.atomic import write_atomic
from traceability.spec import Requirement

METHODS = ("test", "analysis", "inspection")
FOLDER = "requirements"
LEDGER = "ledger.toml"

Items = dict[str, doorstop.Item]
Ledger = dict[str, list[str]]


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
    """Tests by id, as the last review found them; OSError, ValueError."""
    return tomllib.loads((root / FOLDER / LEDGER).read_text())


def write_ledger(root: Path, ledger: Ledger) -> None:
    lines = ["# Every id that was given, and the tests of it at its last review: tools/trace.py\n"]
    for name in sorted(ledger, key=in_order):
        lines.append(f"{name} = {json.dumps(sorted(ledger[name]), indent=2)}\n")
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
    ledger[str(item.uid)] = sorted(tests)


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


def deleted(items: Items, ledger: Ledger) -> list[str]:
    """Ids that were given and have no item, or have one and are not in the ledger."""
    found = [f"{name}: deleted; retire it instead" for name in ledger if name not in items]
    found += [f"{name}: not in {FOLDER}/{LEDGER}" for name in items if name not in ledger]
    known = ledger.keys() | items.keys()
    highest = {in_order(name)[0]: 0 for name in known}
    for prefix, number in map(in_order, known):
        highest[prefix] = max(highest[prefix], number)
    for prefix, last in highest.items():
        missing = [f"{prefix}-{n}" for n in range(1, last + 1) if f"{prefix}-{n}" not in known]
        found += [f"{name}: an id that is nowhere, below {prefix}-{last}" for name in missing]
    return found
