# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a row of the table of open questions is, and the three kinds of them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

#: where a choice acts: the emulated front-end electronics, reading a recording, the science
#: chain on board, the ground; the tools of the emulated processor
Place = Literal["front end", "recording", "onboard", "ground", "tools"]


@dataclass(frozen=True)
class Choice:
    """One answer: its value on the command line or a word for it, what that means, and what
    it sets among the options of ``fsw-emu run`` (attribute -> value)."""

    value: str
    words: str = ""
    sets: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return f"{self.value}: {self.words}" if self.words else self.value


@dataclass(frozen=True)
class Assumption:
    """One open question. ``choices``: the default first; alone where nothing chooses.

    options: the flags of ``fsw-emu run`` that choose, or of a tool. argument: how argparse
    takes the flag, for those that are made from this table. changes: products and counters.
    """

    id: str
    question: str
    choices: tuple[Choice, ...]
    options: tuple[str, ...]
    acts: tuple[Place, ...]
    changes: str
    source: str
    argument: Mapping[str, Any] | None = None

    @property
    def alternatives(self) -> tuple[str, ...]:
        return tuple(choice.text for choice in self.choices)

    @property
    def can_be_flipped(self) -> bool:
        """Whether a run has a choice here."""
        return len(self.choices) > 1


def one_of(
    id: str,  # noqa: A002
    flag: str,
    question: str,
    *choices: tuple[str, str],
    acts: tuple[Place, ...],
    changes: str,
    source: str,
) -> Assumption:
    """A flag with a few values, each with what it means; the default first."""
    made = tuple(Choice(value, words, {_attribute(flag): value}) for value, words in choices)
    argument = {"choices": [choice.value for choice in made]}
    return Assumption(id, question, made, (flag,), acts, changes, source, argument)


def given(
    id: str,  # noqa: A002
    flag: str,
    question: str,
    default: tuple[str, str, Any],
    other: tuple[str, str, Any],
    *,
    takes: tuple[str, Callable[[str], Any]],
    acts: tuple[Place, ...],
    changes: str,
    source: str,
) -> Assumption:
    """A flag that takes any value: the default and another (text, words, value). ``takes``:
    metavar and type."""
    made = tuple(
        Choice(text, words, {_attribute(flag): value}) for text, words, value in (default, other)
    )
    argument = {"metavar": takes[0], "type": takes[1], "default": default[2]}
    return Assumption(id, question, made, (flag,), acts, changes, source, argument)


def stands(
    id: str,  # noqa: A002
    question: str,
    choice: str,
    *,
    options: tuple[str, ...] = (),
    acts: tuple[Place, ...] = (),
    changes: str,
    source: str,
) -> Assumption:
    """A question that no option of a run answers."""
    return Assumption(id, question, (Choice(choice),), options, acts, changes, source)


def numbers(*counts: int) -> Callable[[str], tuple[int, ...]]:
    """The type of an argument of so many numbers with commas between."""

    def numbers_of(text: str) -> tuple[int, ...]:
        parts = text.split(",")
        if len(parts) not in counts or not all(part.isdecimal() for part in parts):
            many = " or ".join(map(str, counts))
            raise argparse.ArgumentTypeError(f"{text!r}: {many} numbers with commas between")
        return tuple(map(int, parts))

    return numbers_of


def _attribute(flag: str) -> str:
    return flag.removeprefix("--").replace("-", "_")
