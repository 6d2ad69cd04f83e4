# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What SPEC.md says, as numbers: tables by an id in their head or rows, sentences by theirs.

Its own reader, which knows nothing of the product or of the tools that trace requirements.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

SPEC = Path(__file__).resolve().parents[1] / "SPEC.md"


WIDTHS = {"u8": 1, "u16": 2, "u32": 4, "i16": 2}  # bytes


def integer(text: str) -> int:
    """4,608 or 0x50."""
    return int(text.replace(",", ""), 0)


@cache
def _text() -> str:
    return SPEC.read_text()


def sentence(name: str) -> str:
    """What stands before an id, back to the id before it or to a blank line, on one line."""
    before = " ".join(_text()[: _text().index(f"[{name}]")].split("\n\n")[-1].split())
    return re.split(r"\[[A-Z]+-\d+\]", before)[-1].strip()


def numbers(name: str) -> list[int]:
    """All of a sentence, in its order, but for those in a name (u16, A19, CRC-16) or in braces."""
    text = re.sub(r"\{.*?\}", "", sentence(name))
    found = re.findall(r"(?<![\w-])(?:0x[0-9A-F]+|\d[\d,]*\d|\d)", text)
    return [integer(number) for number in found]


def table(name: str) -> list[list[str]]:
    """Rows of the table that has this id in its head or in a row, without head and ids."""
    (found,) = (t for t in re.findall(r"(?:^\|.*\n)+", _text(), re.M) if f"[{name}]" in t)
    lines = [re.sub(r" \[[A-Z]+-\d+\]", "", line) for line in found.splitlines()[2:]]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def introduction(name: str) -> str:
    """The paragraph before a table."""
    before = _text()[: _text().index(f"[{name}]")]
    return before.split("\n\n")[-2].strip()


def braces(name: str) -> list[int]:
    """The numbers in the braces of a sentence."""
    (found,) = re.findall(r"\{([\d,]+)\}", sentence(name))
    return [int(n) for n in found.split(",")]


def choices(text: str) -> dict[str, int]:
    """`0 ED, 1 unknown` by name."""
    return {name.strip(): int(n) for n, name in re.findall(r"(\d+) ([^,;()|]+)", text)}


def place(text: str) -> tuple[int, int]:
    """First byte and number of bytes of `4-5`, `7, 8` or `6`."""
    ends = [int(n) for n in re.findall(r"\d+", text)]
    return ends[0], ends[-1] - ends[0] + 1


def at(data: bytes, where: tuple[int, int]) -> int:
    """The number in these bytes: the first of them, and how many."""
    return int.from_bytes(data[where[0] : where[0] + where[1]], "big")
