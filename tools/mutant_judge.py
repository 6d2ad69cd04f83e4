# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Run the tests on a mutant, loop after loop, until one of them fails."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mutant_build import Built
from mutant_plant import ROOT

FOLDERS = ("tests/props", "tests/fault", "tests/conformance")
#: tests of the whole chain and of the ground; the others ask single functions of the core
CHAIN = re.compile(r"test_(chain|ground|stranger)")
#: what tests a private header; other files are tested as the module that their names begin with
TESTED_AS = {"bits": "aec", "bytes": "fee"}
LOOPS = ("host", "chain", "leon3")
#: a single test may take this long [s]: ten times and more what the slowest one takes
TEST_S = {"host": 20, "chain": 20, "leon3": 120}


class NoVerdict(Exception):
    """The tests could not be run; what pytest says."""


@dataclass(frozen=True)
class Outcome:
    """What the tests made of a build: the first test that failed, "" where none did."""

    test: str = ""
    how: str = ""  # fails, crash, time-out

    @property
    def caught(self) -> bool:
        return self.how != ""


def core_tests() -> list[str]:
    """Files of tests that ask a core."""
    found = []
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).glob("test_*.py")):
            if re.search(r"\b(core|csxi)\b", path.read_text()):
                found.append(str(path.relative_to(ROOT)))
    return found


def files_of(loop: str, file: str) -> list[list[str]]:
    """The tests of a loop: those that ask a source file's module, which most often tell and are
    soon loaded, and the others."""
    stem = Path(file).stem
    module = TESTED_AS.get(stem, stem.partition("_")[0])
    asks = re.compile(rf"test_{module}[_.]|sxi_{module}_")
    tests = [
        t for t in core_tests() if loop == "leon3" or bool(CHAIN.search(t)) == (loop == "chain")
    ]
    own = [t for t in tests if asks.search(t) or asks.search((ROOT / t).read_text())]
    others = [t for t in tests if t not in own]
    return [own, others] if loop == "host" and own else [own + others]


def outcome(code: int, log: str) -> Outcome:
    """What a run of pytest -vv came to; NoVerdict."""
    if code == 0:
        return Outcome()
    failed = re.search(r"^(tests/\S+?::.*?) (?:FAILED|ERROR)\b", log, re.MULTILINE)
    begun = re.findall(r"^(tests/\S+?::\S+)", log, re.MULTILINE)
    if re.search(r"Timeout \(\d+:\d\d:\d\d\)!", log):
        return Outcome(begun[-1] if begun else "", "time-out")
    if code == 1 and failed:
        return Outcome(failed[1], "fails")
    if code < 0 and begun:
        return Outcome(begun[-1], "crash")
    raise NoVerdict(f"pytest ends with {code}: {log[-2000:]}")


def run_tests(
    tests: Sequence[str],
    log: Path,
    *,
    test_s: int,
    target: str = "host",
    options: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
) -> Outcome:
    """Run tests in a process of their own, up to the first that fails; NoVerdict.

    test_s: what a single test may take [s]. All that the tests started ends with them.
    """
    command = [sys.executable, "-m", "pytest", "-x", "-vv", "--tb=line", "-p", "no:cacheprovider"]
    command += ["-o", f"faulthandler_timeout={test_s}"]
    command += ["-o", "faulthandler_exit_on_timeout=true", *options, "--target", target, *tests]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as out:
        process = subprocess.Popen(  # noqa: S603
            command,
            cwd=ROOT,
            env={**os.environ, "HYPOTHESIS_PROFILE": "find", **(env or {})},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return outcome(code, log.read_text(errors="replace"))


def target_of(built: Built, loop: str) -> str | None:
    """What pytest calls the build; None where it is the unchanged core."""
    if loop == "leon3":
        return None if built.program is None else f"elf:{built.program}"
    return None if built.library is None else f"lib:{built.library}"


def judge(
    built: Built, file: str, folder: Path, loops: Sequence[str] = LOOPS
) -> tuple[str, Outcome]:
    """The loop that catches a mutant of a file and how, "" where none does; NoVerdict."""
    for loop in loops:
        target = target_of(built, loop)
        if target is None:
            continue
        for tests in files_of(loop, file):
            log = folder / built.name / f"{loop}.log"
            found = run_tests(tests, log, test_s=TEST_S[loop], target=target)
            if found.caught:
                return loop, found
    return "", Outcome()
