# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Plants ten changes of one operator each in the flight code; ``fsw-emu diff`` has to find all.

Usage: planted.py [-h] [--only NAME] [--seconds S]

Each is built as a shared library (one of them also as the LEON3 program) and compared with the
code as it is, function by function and as a chain; the code as it is against itself is the
control, which has to come out without difference. All of it: build/evidence/planted.json.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from build_core import build

from fsw_emu.compare.chain import scenes
from fsw_emu.compare.compare import Sides, compare
from fsw_emu.report.evidence import Evidence, Table, Verdict, write

ROOT = Path(__file__).resolve().parent.parent
FLIGHT = ROOT / "build/leon3/sxi.elf"
WITHIN_S = 300
CONTROL = "control"
SECONDS = 10.0  # of drawing calls; the half of what the command takes by default


@dataclass(frozen=True)
class Change:
    """One operator of one line; ``before`` is in the file exactly once."""

    name: str
    file: str
    before: str
    after: str


CHANGES = (
    Change("filter", "filter.c", "sum > ctx->ring_sum_max", "sum >= ctx->ring_sum_max"),
    Change("edu", "edu.c", "rank >= MEDIAN_RANK", "rank > MEDIAN_RANK"),
    Change("aec encoder", "aec_encode.c", "else if (split < raw)", "else if (split <= raw)"),
    Change("aec decoder", "aec_decode.h", "(m & 1U) <= theta", "(m & 1U) < theta"),
    Change("ce", "ce.c", "hk_word + 4U <= hk_len", "hk_word + 4U < hk_len"),
    Change("ldt", "ldt.c", "part > rx->room - held", "part >= rx->room - held"),
    Change("pus", "pus.c", "len > SXI_PUS_TM_MAX_BYTES", "len >= SXI_PUS_TM_MAX_BYTES"),
    Change("fee", "fee.c", "payload > MAX_HK_PAYLOAD", "payload >= MAX_HK_PAYLOAD"),
    Change("frame", "frame.c", "index < ctx->next", "index <= ctx->next"),
    Change("image", "image.c", "left > n_cols - crop_cols", "left >= n_cols - crop_cols"),
)


def change_source(text: str, change: Change) -> str:
    """The file with the change; ValueError where it does not fit (any more)."""
    if text.count(change.before) != 1:
        raise ValueError(f"{change.name}: {change.file} has {change.before!r} not exactly once")
    return text.replace(change.before, change.after)


class Libraries:
    """Shared libraries of the core in a folder, each with one file other than it is; compiled
    fast rather than as they fly."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sources = sorted((ROOT / "c_src/src").glob("*.c"))
        for source in self._sources:
            _compile(source, folder / f"{source.stem}.o")

    def build(self, name: str, change: Change | None = None) -> str:
        """The target that has the change, or none."""
        objects = {s.name: self._folder / f"{s.stem}.o" for s in self._sources}
        if change is not None:
            source = ROOT / "c_src/src" / change.file
            changed = self._folder / f"changed_{name}.c"
            changed.write_text(change_source(source.read_text(), change))
            objects[change.file] = changed.with_suffix(".o")
            _compile(changed, objects[change.file])
        library = self._folder / f"{name}.so"
        command = ["gcc", "-shared", "-o", str(library), *map(str, objects.values())]
        subprocess.run(command, check=True)  # noqa: S603
        return f"lib:{library}"


def _compile(source: Path, out: Path) -> None:
    command = ["gcc", "-std=c99", "-ffreestanding", "-fbuiltin", "-O1", "-fPIC", "-c", str(source)]
    command += [f"-I{ROOT / 'c_src/include'}", f"-I{ROOT / 'c_src/src'}", "-o", str(out)]
    subprocess.run(command, check=True)  # noqa: S603


def as_program(change: Change, folder: Path) -> str:
    """The same for the flight processor; RuntimeError where it cannot be built."""
    with tempfile.TemporaryDirectory(prefix="fsw-emu-planted-") as temporary:
        copy = Path(temporary)
        shutil.copytree(ROOT / "c_src", copy / "c_src")
        file = copy / "c_src/src" / change.file
        file.write_text(change_source(file.read_text(), change))
        for name in ("meson.build", "pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, copy / name)
        shutil.copytree(ROOT / "cross", copy / "cross")
        said = build(folder, cross="leon3", source=copy)
    if said:
        raise RuntimeError(said)
    return f"leon3:{folder / 'sxi.elf'}"


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def looked(
    pairs: Sequence[tuple[str, str, str]], seconds: float
) -> tuple[list[list[str]], list[str]]:
    """A row for each pair of targets, by the name of the change, and what is wrong: a change that
    is not found, a control in which something is."""
    rows, wrong = [], []
    inputs = scenes()
    for name, a, b in pairs:
        began = time.monotonic()
        with Sides(a, b) as sides:
            found = compare(sides, inputs, seconds=seconds).found
        kind = b.partition(":")[0]
        first = f"{found[0].what}: {found[0].a}, {found[0].b}" if found else "nothing"
        took = f"{time.monotonic() - began:.1f} s"
        rows.append([name, kind, str(len(found)), first[:90], took])
        if name == CONTROL and found:
            wrong.append(f"{CONTROL}: the unchanged core differs from itself: {first}")
        elif name != CONTROL and not found:
            wrong.append(f"{name} ({kind}): not found")
        print("  ".join(rows[-1]), flush=True)
    return rows, wrong


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", metavar="NAME", help="names that begin so; no evidence")
    parser.add_argument("--seconds", type=float, default=SECONDS, metavar="S")
    args = parser.parse_args()
    chosen = [c for c in CHANGES if c.name.startswith(args.only or "")]
    if not chosen:
        parser.error(f"--only {args.only}: none of {', '.join(c.name for c in CHANGES)}")
    start, cpu = time.monotonic(), _cpu_s()
    with tempfile.TemporaryDirectory(prefix="fsw-emu-planted-") as folder:
        libraries = Libraries(Path(folder))
        old = libraries.build("old")
        pairs = [(c.name, old, libraries.build(f"new{i}", c)) for i, c in enumerate(chosen)]
        if not args.only:
            program = as_program(CHANGES[0], Path(folder) / "leon3")
            pairs += [(CHANGES[0].name, f"leon3:{FLIGHT}", program), (CONTROL, old, old)]
        rows, wrong = looked(pairs, args.seconds)
    seconds, cpu = time.monotonic() - start, _cpu_s() - cpu
    planted = [row for row in rows if row[0] != CONTROL]
    n_found = sum(row[2] != "0" for row in planted)
    said = f"{n_found} of {len(planted)} planted changes found in {seconds:.0f} s"
    if seconds > WITHIN_S:
        wrong.append(f"{seconds:.0f} s, at most {WITHIN_S}")
    made = Evidence(
        "planted",
        Verdict.FAIL if wrong else Verdict.PASS,
        said,
        figures={"wall time": f"{seconds:.0f} s", "processor time": f"{cpu:.0f} s"},
        findings=wrong,
        tables=[Table("Planted changes", ["change", "as", "found", "first", "took"], rows)],
        seconds=seconds,
    )
    if not args.only:
        write(made)
    print("\n".join([f"{said}, {cpu:.0f} s of processor time", *wrong]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
