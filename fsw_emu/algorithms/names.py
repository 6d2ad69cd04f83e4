# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Algorithms as they are named: ``flight``, ``fair(limit=500)``, ``mine.py:keep(threshold=30)``."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from fsw_emu.algorithms.interface import Setup

Value = int | float | str | bool | None

_WHOLE = re.compile(r"(?P<name>[^\s(),=]+)(?:\((?P<options>[^()]*)\))?")
_OPTION = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<value>[^\s(),=]+)")
_WORDS: dict[str, Value] = {"true": True, "false": False, "none": None}
#: options of all algorithms, and the field of Setup that each stands for
_COMMON = {"threshold": "threshold_adu", "limit": "ccd_limit"}
_MOST_ADU = 0xFFFF
_MOST_EVENTS = 0xFFFFFF


@dataclass(frozen=True)
class Named:
    """A name and its options, in order of name."""

    name: str
    options: tuple[tuple[str, Value], ...] = ()

    def __str__(self) -> str:
        if not self.options:
            return self.name
        told = ",".join(f"{name}={text_of(value)}" for name, value in self.options)
        return f"{self.name}({told})"

    def setup(self, base: Setup) -> Setup:
        """What this one is told: ``threshold`` and ``limit`` (``none``: without) are those of the
        setup, the others are its own. ValueError for a value that cannot be."""
        told = {_COMMON[name]: value for name, value in self.options if name in _COMMON}
        own = {name: value for name, value in self.options if name not in _COMMON}
        threshold = told.get("threshold_adu", base.threshold_adu)
        limit = told.get("ccd_limit", base.ccd_limit)
        if type(threshold) is not int or not 1 <= threshold <= _MOST_ADU:
            raise ValueError(f"{self}: threshold is not within 1..{_MOST_ADU} ADU")
        if limit is not None and (type(limit) is not int or not 0 <= limit <= _MOST_EVENTS):
            raise ValueError(f"{self}: limit is neither none nor within 0..{_MOST_EVENTS}")
        return replace(base, threshold_adu=threshold, ccd_limit=limit, options=own)


def read_names(text: str) -> list[Named]:
    """Names with commas between; ValueError, in a line, where it cannot be read or one is there
    twice."""
    made = [read_name(part) for part in _split(text)]
    for i, one in enumerate(made):
        if str(one) in map(str, made[:i]):
            raise ValueError(f"{one}: named twice")
    return made


def read_name(text: str) -> Named:
    """One of them; ValueError."""
    whole = _WHOLE.fullmatch(text.strip())
    if whole is None:
        raise ValueError(f"{text.strip()!r} is no algorithm: name, or name(option=value,...)")
    options: dict[str, Value] = {}
    for part in filter(None, map(str.strip, (whole["options"] or "").split(","))):
        option = _OPTION.fullmatch(part)
        if option is None:
            raise ValueError(f"{part!r} of {text.strip()!r} is no option=value")
        if option["name"] in options:
            raise ValueError(f"{option['name']} of {text.strip()!r} is given twice")
        options[option["name"]] = read_value(option["value"])
    return Named(whole["name"], tuple(sorted(options.items())))


def read_value(text: str) -> Value:
    """A number where it reads as one, ``true``, ``false``, ``none``, else the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _split(text: str) -> list[str]:
    """At commas outside parentheses."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def text_of(value: Value) -> str:
    """As :func:`read_value` reads it."""
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)
