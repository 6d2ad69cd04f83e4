# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a command tells about itself: its options, its inputs, its place and time."""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsw_emu.targets
from fsw_emu import manifest
from fsw_emu.provenance import Build, Input, Provenance, named, parameter_set, provenance

#: what a parsed command line holds besides the options that decide what is made
_NOT_OPTIONS = ("command", "run", "parser", "out", "manifest")


class Began:
    """The moment a command began, for the part of its manifest that stands apart."""

    def __init__(self) -> None:
        self._when = datetime.now(UTC)
        self._ticks = time.perf_counter()

    def apart(self, args: argparse.Namespace) -> dict[str, Any]:
        """The clock, the machine, and paths as they were given."""
        system = os.uname()
        return {
            "started": self._when.isoformat(timespec="seconds"),
            "seconds": round(time.perf_counter() - self._ticks, 3),
            "python": platform.python_version(),
            "platform": f"{system.sysname} {system.release} {system.machine}",
            "folder": str(Path.cwd()),
            "paths": {name: str(value) for name, value in paths_of(args).items()},
        }


def paths_of(args: argparse.Namespace) -> dict[str, Path]:
    """The options that name a file of the machine, the target's included."""
    named = {n: v for n, v in vars(args).items() if n not in _NOT_OPTIONS and isinstance(v, Path)}
    _, _, target = getattr(args, "target", "").partition(":")
    return named | ({"target": Path(target)} if target else {})


class MadeOf:
    """What the products of a command are made of, and their manifest.

    inputs: files by the option that names them; a list may be empty until its file is read.
    """

    def __init__(
        self,
        args: argparse.Namespace,
        *,
        onboard: Build | None,
        kind: str,
        parameters: Mapping[str, Any],
        seed: int | None,
        inputs: Mapping[str, Sequence[Input]],
    ) -> None:
        self._args, self._inputs = args, inputs
        self._onboard, self._ground = onboard, fsw_emu.targets.build("host")
        self._parameters, self._seed = parameters, seed
        self._set = parameter_set(kind, parameters)

    def provenance(self) -> Provenance:
        """As far as it is known by now: a file not read yet has a hash of zeros."""
        paths = paths_of(self._args)
        inputs = []
        for name, files in self._inputs.items():
            if name in paths:
                inputs.append(files[0] if files else Input(paths[name].name, 0, "0" * 64))
        return provenance(
            onboard=self._onboard,
            ground=self._ground,
            parameters=self._set,
            seed=self._seed,
            inputs=inputs,
        )

    def comment(self) -> str:
        """A line for each field."""
        return "\n".join(f"{name}: {value}" for name, value in named(self.provenance()))

    def write_manifest(self, began: Began, names: Iterable[str]) -> None:
        """The last file of a command: all others in its folder, and what they are made of."""
        manifest.write(
            self._args.out,
            names,
            self.provenance(),
            command={"name": self._args.command, "options": self._options()},
            parameters=self._parameters,
            apart=began.apart(self._args),
        )

    def _options(self) -> dict[str, Any]:
        """All options by name. Files are what they hold, not where they are."""
        given = vars(self._args).items()
        options = {name: value for name, value in given if name not in _NOT_OPTIONS}
        for name, path in paths_of(self._args).items():
            if files := self._inputs.get(name):
                options[name] = asdict(files[0])
            else:
                options[name] = f"{options[name].partition(':')[0]}:{path.name}"
        return options
