# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""How involved the functions of C sources are, by lizard: decisions, nesting, lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import lizard
from analysers import Found

#: McCabe's number 15: each term of a guard counts, and a guard of arguments is one thought;
#: 4 structures within one another; 60 lines as everywhere here
LIMITS = {"complexity": 15, "nesting": 4, "length": 60}


@dataclass(frozen=True)
class Measured:
    """One function: its place, McCabe's number, structures within one another, lines."""

    name: str
    file: Path
    line: int
    complexity: int
    nesting: int
    length: int

    def beyond(self) -> list[Found]:
        """What is more than its limit, at the function's first line."""
        return [
            Found(self.file, self.line, 0, rule, "lizard",
                  f"{self.name} has {getattr(self, rule)}, at most {most}")
            for rule, most in LIMITS.items()
            if getattr(self, rule) > most
        ]  # fmt: skip


def measure(sources: Iterable[Path]) -> list[Measured]:
    """All functions, the most involved first."""
    analysed = lizard.analyze_files(
        [str(path) for path in sources], exts=lizard.get_extensions(["ns"])
    )
    found = [
        Measured(
            function.name,
            Path(file.filename).resolve(),
            function.start_line,
            function.cyclomatic_complexity,
            function.max_nested_structures,
            function.end_line - function.start_line + 1,
        )
        for file in analysed
        for function in file.function_list
    ]
    return sorted(found, key=lambda one: (-one.complexity, -one.nesting, one.name))
