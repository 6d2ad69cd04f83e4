# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Give every decoder of the flight core any bytes, with libFuzzer. Usage:

fuzz.py [-h] [--target T]... [--runs N | --seconds S] [--words 64 | 32] [--json FILE]

Each C file of tests/fuzz is a target. It begins from tests/fuzz/corpus/T and from what earlier runs
found (build/fuzz); AddressSanitizer and UndefinedBehaviorSanitizer watch. Exits 1 when a target
fails, with the path of the input that makes it fail: give it to the target's program to see how,
and put it into the corpus when that is mended.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from build_core import ROOT
from coverage_host import WORDS

CLANG = "clang-19"
FOLDER = ROOT / "build/fuzz"
HARNESSES = ROOT / "tests/fuzz"
CORPUS = HARNESSES / "corpus"
FLAGS = [
    *("-std=c99", "-g", "-O2", "-ffreestanding", "-fbuiltin", "-Wall", "-Wextra", "-Werror"),
    *("-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all"),
    "-fno-sanitize-coverage=trace-cmp",  # two thirds of the time; edges are found sooner without
]
INCLUDES = [f"-I{ROOT / folder}" for folder in ("c_src/include", "c_src/src", "tests/fuzz")]
#: bytes of an input, where 512 are too many to be quick or too few to hold a packet
MOST_BYTES = {"entity": 640, "pus": 1024, "proofs": 128, "events": 256, "hkdelta": 320, "rows": 256}
SECONDS_AN_INPUT, MEMORY_MB = 10, 1024
#: freed memory is kept apart for a MiB, not for 256, and nobody keeps who asked for it: fresh pages
#: and stacks cost two thirds of the time
QUICK = "quarantine_size_mb=1:thread_local_quarantine_size_kb=64:malloc_context_size=0"


@dataclass(frozen=True)
class Result:
    """What one target came to."""

    target: str
    runs: int
    per_second: int
    coverage: int  # edges
    corpus: int  # inputs that reach something of their own
    seconds: float
    finding: str  # path of the input that fails, and why; or nothing


def targets() -> list[str]:
    return sorted(path.stem for path in HARNESSES.glob("*.c"))


def build(names: Iterable[str], words: int) -> dict[str, Path]:
    """The programs, by target."""
    folder = FOLDER / f"words{words}"
    folder.mkdir(parents=True, exist_ok=True)
    flags = [*FLAGS, *WORDS[words], *INCLUDES]
    sources = sorted((ROOT / "c_src/src").glob("*.c"))
    objects = [folder / f"core_{source.stem}.o" for source in sources]
    commands = [
        [CLANG, *flags, "-c", str(source), "-o", str(compiled)]
        for source, compiled in zip(sources, objects, strict=True)
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(made, commands))
    core = folder / "core.a"  # of which a target takes what it does not have itself
    core.unlink(missing_ok=True)
    made(["ar", "rcs", str(core), *map(str, objects)])
    programs = {name: folder / name for name in names}
    for name, program in programs.items():
        made([CLANG, *flags, str(HARNESSES / f"{name}.c"), str(core), "-o", str(program)])
    return programs


def made(command: list[str]) -> None:
    done = subprocess.run(  # noqa: S603
        command, cwd=ROOT, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr)


def fuzz(name: str, program: Path, limit: list[str]) -> Result:
    """One target, until its limit of runs or seconds."""
    found = FOLDER / "corpus" / name
    findings = FOLDER / "findings"
    for folder in (found, findings):
        folder.mkdir(parents=True, exist_ok=True)
    command = [str(program), *limit, f"-max_len={MOST_BYTES.get(name, 512)}"]
    command += [f"-timeout={SECONDS_AN_INPUT}", f"-rss_limit_mb={MEMORY_MB}"]
    command += ["-print_final_stats=1", f"-artifact_prefix={findings}/{name}-", str(found)]
    command += [str(CORPUS / name)] if (CORPUS / name).is_dir() else []
    env = {**os.environ, "UBSAN_OPTIONS": "print_stacktrace=1", "ASAN_OPTIONS": QUICK}
    log = FOLDER / f"{name}.log"
    with log.open("w") as out:
        code = subprocess.run(  # noqa: S603
            command, cwd=ROOT, env=env, check=False, stdout=out, stderr=subprocess.STDOUT
        ).returncode
    return told(name, log.read_text(errors="replace"), code)


def told(name: str, log: str, code: int) -> Result:
    """What libFuzzer says at its end."""

    def last(pattern: str) -> int:
        return int((re.findall(pattern, log) or ["0"])[-1])

    runs = last(r"number_of_executed_units: (\d+)")
    seconds = last(r"Done \d+ runs in (\d+) second")
    finding = ""
    if code:
        inputs = re.findall(r"Test unit written to (\S+)", log)
        errors = re.findall(r"(?:ERROR|SUMMARY): .*|.*\.c:\d+: .*", log)
        finding = f"{(inputs or [FOLDER / f'{name}.log'])[-1]}: {(errors or ['stopped'])[0]}"
    return Result(
        target=name,
        runs=runs,
        per_second=last(r"average_exec_per_sec:\s+(\d+)"),
        coverage=last(r"cov: (\d+)"),
        corpus=last(r"corp: (\d+)"),
        seconds=seconds,
        finding=finding,
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", action="append", choices=targets(), help="default: all")
    limit = parser.add_mutually_exclusive_group()
    limit.add_argument("--runs", type=int, help="inputs a target")
    limit.add_argument("--seconds", type=int, default=60, help="a target; default: 60")
    parser.add_argument("--words", type=int, default=64, choices=WORDS, help="bits; default: 64")
    parser.add_argument("--json", type=Path, help="write the figures")
    args = parser.parse_args()
    limits = [f"-runs={args.runs}"] if args.runs else [f"-max_total_time={args.seconds}"]
    results = []
    for name, program in build(args.target or targets(), args.words).items():
        result = fuzz(name, program, limits)
        results.append(result)
        print(
            f"{'FAIL' if result.finding else 'ok  '} {name:10} {result.runs:>11,} runs "
            f"{result.per_second:>9,} a second  {result.coverage:>5} edges  "
            f"{result.corpus:>5} inputs  {result.finding}",
            flush=True,
        )
    if args.json is not None:
        args.json.write_text(json.dumps([asdict(result) for result in results], indent=1) + "\n")
    return 1 if any(result.finding for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
