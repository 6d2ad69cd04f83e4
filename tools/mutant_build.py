# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Build the flight code with one change: only what the change touches, by the commands of the
real builds, so that flags and linker script are theirs."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from build_core import build
from mutant_plant import ROOT, SOURCES

RELEASE = ROOT / "build/release"
FLIGHT = ROOT / "build/leon3"


class NoBuild(Exception):
    """The compiler or the linker refuses; what it says."""


def run(command: list[str], cwd: Path) -> str:
    done = subprocess.run(  # noqa: S603
        command, cwd=cwd, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise NoBuild(done.stdout + done.stderr)
    return done.stdout


def build_unchanged() -> None:
    """The builds of the core as it is now, of which mutants are made; NoBuild."""
    for said in (build(RELEASE), build(FLIGHT, cross="leon3")):
        if said:
            raise NoBuild(said)


def users(name: str, folder: Path = SOURCES) -> list[str]:
    """The .c files that a file takes part in, by the private headers that they include."""
    if name.endswith(".c"):
        return [name]
    found: set[str] = set()
    for path in sorted(folder.iterdir()):
        if f'#include "{name}"' in path.read_text():
            found.update(users(path.name, folder))
    return sorted(found)


@dataclass(frozen=True)
class Product:
    """One build of the core that mutants are made of: its folder and what comes out of it."""

    folder: Path
    target: str  # file name of the library or program
    compile: dict[str, list[str]]  # source name -> command
    link: list[str]

    @classmethod
    def of(cls, folder: Path, target: str) -> Product:
        """Read the commands of a build folder; NoBuild."""
        ninja = str(Path(sys.executable).with_name("ninja"))
        said = run([ninja, "-C", str(folder), "-t", "commands", target], folder)
        commands = [shlex.split(line) for line in said.splitlines()]
        of_core = {
            Path(command[-1]).name: command
            for command in commands
            if "-c" in command and (folder / command[-1]).resolve().parent == SOURCES
        }
        return cls(folder, target, of_core, commands[-1])

    def objects(self, sources: Path, names: list[str], out: Path) -> dict[str, Path]:
        """Compile these files of a folder of sources into out; NoBuild."""
        out.mkdir(parents=True, exist_ok=True)
        made = {}
        for name in names:
            command = [*self.compile[name][:-1], str(sources / name)]
            made[name] = out / f"{name}.o"
            for flag, path in (("-o", made[name]), ("-MF", out / "d"), ("-MQ", out / "d")):
                command[command.index(flag) + 1] = str(path)
            run(command, self.folder)
        return made

    def linked(self, objects: dict[str, Path], out: Path) -> Path:
        """The library or program, with these objects instead of the build's own; NoBuild."""
        instead = {self._own(name): str(path) for name, path in objects.items()}
        command = [instead.get(word, word) for word in self.link]
        made = out / self.target
        command[command.index("-o") + 1] = str(made)
        run(command, self.folder)
        return made

    def same(self, objects: dict[str, Path]) -> bool:
        """Did the compiler make the code of the build's own objects?"""
        return all(
            path.read_bytes() == (self.folder / self._own(name)).read_bytes()
            for name, path in objects.items()
        )

    def _own(self, name: str) -> str:
        command = self.compile[name]
        return command[command.index("-o") + 1]


@dataclass(frozen=True)
class Built:
    """The host's library and the LEON3's program of a mutant; None where the compiler makes the
    same code of it as of the unchanged core."""

    name: str
    library: Path | None
    program: Path | None


@dataclass(frozen=True)
class Workshop:
    """Where mutants are built, each in a folder of its own."""

    folder: Path
    host: Product
    leon3: Product

    @classmethod
    def open(cls, folder: Path) -> Workshop:
        """An empty one, by the commands of the builds; NoBuild."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        host, leon3 = Product.of(RELEASE, "libsxi.so"), Product.of(FLIGHT, "sxi.elf")
        return cls(folder.resolve(), host, leon3)

    @property
    def unchanged(self) -> Built:
        return Built("unchanged", RELEASE / self.host.target, FLIGHT / self.leon3.target)

    def make(self, name: str, file: str, text: bytes) -> Built:
        """The core with another text of one file; NoBuild."""
        out = self.folder / name
        sources = out / "src"
        shutil.copytree(SOURCES, sources, dirs_exist_ok=True)
        (sources / file).write_bytes(text)
        made: list[Path | None] = []
        for product in (self.host, self.leon3):
            objects = product.objects(sources, users(file), out / product.folder.name)
            made.append(None if product.same(objects) else product.linked(objects, out))
        shutil.rmtree(sources)
        return Built(name, *made)
