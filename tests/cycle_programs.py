# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Short LEON3 programs under QEMU with the cycle model, and what the model writes about them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT / "tools/cycle_model"
# fmt: off
STRICT = (
    "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wcast-align",
    "-Wcast-qual", "-Wvla", "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes", "-Werror",
)
TARGET = (
    "-m32", "-mcpu=leon3", "-mfix-gr712rc", "-O2", "-ffreestanding", "-fno-pie",
    "-fno-stack-protector", "-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none",
    "-Wl,-z,noexecstack",
)
SYSTEM = (
    "-M", "leon3_generic", "-m", "16M", "-display", "none", "-monitor", "none", "-serial", "null",
)
# fmt: on
EXIT_USER = "mov 1, %g1\n clr %o0\n ta 0x10\n nop"
#: shuts the emulated machine down: a trap while traps are off
EXIT_SYSTEM = "rd %psr, %g2\n andn %g2, 0x20, %g2\n wr %g2, 0, %psr\n nop\n nop\n nop\n ta 0\n nop"


def command(name: str) -> str:
    path = shutil.which(name)
    assert path, f"{name} is not installed"
    return path


def run(*words: str | Path) -> str:
    return subprocess.run(
        [str(word) for word in words], check=True, capture_output=True, text=True, timeout=60
    ).stdout


def plugin_version(qemu: str) -> int:
    major, minor = re.findall(r"version (\d+)\.(\d+)", run(command(qemu), "--version"))[0]
    return 4 if (int(major), int(minor)) >= (9, 1) else 1


@dataclass(frozen=True)
class Window:
    n: int
    instructions: int
    cycles: int
    icache_misses: int
    dcache_misses: int
    loads: int
    stores: int
    lowest_store: int


def windows(path: Path) -> list[Window]:
    return [
        Window(*(int(word, 0) for word in line.split())) for line in path.read_text().splitlines()
    ]


def per_address(path: Path) -> dict[int, tuple[int, int]]:
    rows = [[int(word, 0) for word in line.split()] for line in path.read_text().splitlines()]
    assert rows == sorted(rows)
    return {pc: (count, cycles) for pc, count, cycles in rows}


@dataclass(frozen=True)
class Program:
    elf: Path
    symbols: dict[str, int]

    def arguments(self, plugin: Path, **options: object) -> str:
        given = {
            "begin": hex(self.symbols["begin"]),
            "end": hex(self.symbols["end"]),
            "out": self.elf.parent / "windows",
            "per_pc": self.elf.parent / "per_pc",
        } | options
        return ",".join([str(plugin), *(f"{name}={value}" for name, value in given.items())])

    def measure(self, plugin: Path, **options: object) -> list[Window]:
        arguments = self.arguments(plugin, **options)
        run(command("qemu-sparc"), "-cpu", "LEON3", "-plugin", arguments, self.elf)
        return windows(self.elf.parent / "windows")


def build_plugin(path: Path, *, version: int) -> Path:
    """The plugin for a version of QEMU's interface, with the warnings of the flight code."""
    sources = [MODEL / "leon3_cycles.c", MODEL / "pipeline.c"]
    flags = ["-std=c99", "-D_POSIX_C_SOURCE=200809L", "-O2", "-fPIC", "-shared"]
    run(command("gcc"), *flags, f"-DQPV={version}", *STRICT, "-o", path, *sources)
    return path


def link(source: Path, elf: Path, *, text: int = 0x40000000, extra: Sequence[str] = ()) -> Program:
    gcc, nm = command("sparc64-linux-gnu-gcc"), command("sparc64-linux-gnu-nm")
    run(gcc, *TARGET, *extra, f"-Wl,-Ttext={text:#x}", "-o", elf, source)
    rows = [line.split() for line in run(nm, elf).splitlines()]
    return Program(elf, {row[2]: int(row[0], 16) for row in rows})


def assemble(folder: Path, body: str, *, before: str = "", after: str = EXIT_USER) -> Program:
    """A program that measures body. %l0 points to 64 KiB of zeros, %l1 to the label `there`."""
    source = folder / "program.S"
    source.write_text(
        f"""
        .global _start, begin, end, array
        .text
        .align 4096
_start: set array, %l0
        set there, %l1
        {before}
        .align 4096
begin:  {body}
there:
end:    {after}
        .bss
        .align 4096
array:  .skip 65536
        .section .note.GNU-stack,"",@progbits
"""
    )
    return link(source, folder / "program")
