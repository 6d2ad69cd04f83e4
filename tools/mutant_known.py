# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Defects known from elsewhere, planted here: tests/mutants_known.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mutant_build import Workshop
from mutant_judge import TEST_S, NoVerdict, Outcome, judge, run_tests
from mutant_plant import ROOT

KNOWN = ROOT / "tests/mutants_known.toml"


@dataclass(frozen=True)
class Defect:
    """One change of one file; tests: those that ask a Python file, none for C."""

    row: int
    what: str
    file: str
    before: str
    after: str
    tests: Sequence[str] = ()

    @property
    def name(self) -> str:
        return f"known-{self.row}-{Path(self.file).stem}-{len(self.before)}"

    def apply(self) -> str:
        """The file's text with the defect; NoVerdict where its place is gone."""
        text = (ROOT / self.file).read_text()
        if text.count(self.before) != 1:
            raise NoVerdict(f"{self.file}: {self.before.strip()!r} is not there once")
        return text.replace(self.before, self.after)


def known(path: Path = KNOWN) -> tuple[list[Defect], dict[int, str]]:
    """The defects, and why a row has none; OSError, ValueError, TypeError."""
    read = tomllib.loads(path.read_text())
    without = {entry["row"]: entry["why"] for entry in read.get("without", ())}
    return [Defect(**entry) for entry in read["defect"]], without


def judge_known(defect: Defect, workshop: Workshop) -> tuple[str, Outcome]:
    """The loop that catches it and how, "" where none does; NoVerdict, NoBuild."""
    text = defect.apply()
    if defect.file.startswith("c_src"):
        file = Path(defect.file).name
        return judge(workshop.make(defect.name, file, text.encode()), file, workshop.folder)
    folder = workshop.folder / defect.name
    folder.mkdir(parents=True, exist_ok=True)
    overlay = folder / Path(defect.file).name
    overlay.write_text(text)
    module = defect.file.removesuffix(".py").replace("/", ".")
    env = {"MUTANT_MODULE": module, "MUTANT_FILE": str(overlay), "PYTHONPATH": str(ROOT / "tools")}
    options = ("-p", "mutant_overlay")
    limit = TEST_S["chain"] * 6
    found = run_tests(defect.tests, folder / "log", test_s=limit, options=options, env=env)
    return ("host" if found.caught else ""), found
