# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a review does: accept requirements as they are, begin new ones."""

from __future__ import annotations

from traceability import items
from traceability.matrix import Project


def review(project: Project, names: list[str]) -> None:
    """Accept requirements as they are now; without names nothing is written."""
    for name in names:
        item = project.items.get(name)
        if item is None:
            raise ValueError(f"{name}: no such item; --add it")
        tests = [test.id for test in project.tests_of(name)]
        items.accept(item, project.spec.requirements.get(name), tests, project.ledger)
    if names:
        items.write_ledger(project.root, project.ledger)


def add(project: Project, name: str, source: str, method: str) -> None:
    """Begin an item for an id that SPEC.md has."""
    requirement = project.spec.requirements.get(name)
    if requirement is None or _was_used(project, name):
        raise ValueError(f"{name}: write it into SPEC.md first, under a number never used")
    project.items[name] = items.add(project.root, requirement, source, method)
    review(project, [name])


def _was_used(project: Project, name: str) -> bool:
    prefix, number = items.in_order(name)
    below = number <= project.ledger.highest.get(prefix, 0)
    return below or name in project.items or name in project.given
