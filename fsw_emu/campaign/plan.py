# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a campaign runs: every algorithm on every scene, point of the grid and seed."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fsw_emu.algorithms.names import Named, Value, text_of
from fsw_emu.algorithms.resolve import digest, is_built_in
from fsw_emu.algorithms.seat import Limits
from fsw_emu.provenance import canonical

#: of what a run's address is made; another number when that changes
FORMAT = 1

Overrides = tuple[tuple[str, Value], ...]


@dataclass(frozen=True)
class Run:
    """One algorithm on one scene; the same inputs have the same address, and the same result."""

    named: Named
    plug_in: str  # SHA-256 of what a user's algorithm brings along; "" for ours
    scene: str
    point: str  # of the grid, as text
    seed: int
    inputs: bytes  # canonical JSON

    @property
    def address(self) -> str:
        """SHA-256 of the inputs."""
        return hashlib.sha256(self.inputs).hexdigest()

    def __str__(self) -> str:
        at = f" at {self.point}" if self.point else ""
        return f"{self.named} on {self.scene}{at}, seed {self.seed}"


@dataclass(frozen=True)
class Unit:
    """Runs on the same exposures, which are made once for all of them."""

    scene: str
    overrides: Overrides
    seed: int
    readouts: int
    runs: tuple[Run, ...]
    limits: Limits
    folder: Path  # of the command: paths of plug-ins are relative to it
    code: str


@dataclass(frozen=True)
class Plan:
    """A campaign. ValueError, in a line, for what cannot be one."""

    algorithms: tuple[Named, ...]  # the first is the baseline
    scenes: tuple[str, ...]
    seeds: int  # 1, 2, ...: the same sky for every algorithm
    readouts: int
    overrides: Overrides = ()
    grid: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    limits: Limits = field(default_factory=Limits)
    folder: Path = field(default_factory=Path.cwd)
    most_runs: int = 10_000

    def __post_init__(self) -> None:
        for what, count in (("--seeds", self.seeds), ("--frames", self.readouts)):
            if count < 1:
                raise ValueError(f"{what} {count}: at least 1 is asked for")
        self._check_words()
        names = [name for name, _ in (*self.overrides, *self.grid)]
        for what, given in (("scene", self.scenes), ("parameter", names)):
            if twice := [one for i, one in enumerate(given) if one in given[:i]]:
                raise ValueError(f"{what} {twice[0]} is given twice")
        if self.n_runs > self.most_runs:
            points = math.prod(len(values) for _, values in self.grid)
            parts = f"{len(self.scenes)} scenes x {points} points x {self.seeds} seeds"
            parts = f"{parts} x {len(self.algorithms)} algorithms"
            raise ValueError(f"{parts}: {self.n_runs} runs, and --most-runs is {self.most_runs}")

    def _check_words(self) -> None:
        """What addresses and tables cannot hold: numbers that are none, half surrogate pairs."""
        for word in (*self.scenes, *(one.name for one in self.algorithms)):
            if not word.isprintable():
                raise ValueError(f"{word!r}: a name that does not print")
        options = [option for one in self.algorithms for option in one.options]
        on_grid = [(name, value) for name, values in self.grid for value in values]
        for name, value in (*self.overrides, *on_grid, *options):
            bad = isinstance(value, float) and not math.isfinite(value)
            if bad or not f"{name}{value}".isprintable():
                shown = f"{name}={value}".encode("unicode_escape").decode()
                raise ValueError(f"{shown}: a number or a word that prints is asked for")

    @property
    def n_runs(self) -> int:
        """How many there are."""
        points = math.prod(len(values) for _, values in self.grid)
        return len(self.scenes) * points * self.seeds * len(self.algorithms)

    def points(self) -> Iterator[Overrides]:
        """Of the grid; one of nothing where there is none."""
        names = [name for name, _ in self.grid]
        for values in itertools.product(*(values for _, values in self.grid)):
            yield tuple(zip(names, values, strict=True))

    def units(self, code: str) -> list[Unit]:
        """All of it. code: what the sources are known by; ValueError for an algorithm that is not
        there."""
        plug_ins = {str(one): digest(one.name, self.folder) for one in self.algorithms}
        return [
            self._unit(code, plug_ins, scene, point, seed)
            for scene in self.scenes
            for point in self.points()
            for seed in range(1, self.seeds + 1)
        ]

    def _unit(
        self, code: str, plug_ins: Mapping[str, str], scene: str, point: Overrides, seed: int
    ) -> Unit:
        overrides = tuple(sorted((*self.overrides, *point)))
        told = ", ".join(f"{name}={text_of(value)}" for name, value in point)
        common: dict[str, Any] = {
            "format": FORMAT,
            "code": code,
            "scene": scene,
            "overrides": dict(overrides),
            "seed": seed,
            "readouts": self.readouts,
        }
        runs = []
        for named in self.algorithms:
            limits = None if is_built_in(named.name) else vars(self.limits)
            of_run = {
                "algorithm": named.name,
                "options": dict(named.options),
                "plug_in": plug_ins[str(named)],
                "limits": limits,
            }
            inputs = canonical(common | of_run)
            runs.append(Run(named, plug_ins[str(named)], scene, told, seed, inputs))
        made, limit = tuple(runs), self.limits
        return Unit(scene, overrides, seed, self.readouts, made, limit, self.folder, code)
