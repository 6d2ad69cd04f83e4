# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Run all tests, and those of the core on every build of it; say how many passed on each.

Usage: lanes.py [-h] [--jobs N] [--list] [LANE...]

One suite, many machines: what one build can be asked, all can, bit for bit the same. Builds
go to build/LANE, what pytest says to build/lanes/LANE.log, verdicts by test, with what was tested,
to build/lanes/LANE.xml. Exits 1 when a test fails anywhere.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parent))
from build_core import ROOT, build

from fsw_emu.report.junit import ENDED

TESTS = ["tests/props", "tests/fault", "tests/conformance"]


@dataclass(frozen=True)
class Lane:
    """One build of the core and how to run it."""

    name: str
    what: str
    target: str
    options: dict[str, Any] = field(default_factory=dict)
    profile: str = "lanes"  # of hypothesis


LANES = [
    Lane("host", "all tests; the core gcc -O3, by Cython", "host", {}, "default"),
    Lane("leon3", "gcc -O2 for LEON3, on a bare machine", "elf", {"cross": "leon3"}, "default"),
    Lane("leon3-clang", "clang for GR712RC, on a bare machine", "elf", {"cross": "leon3-clang"}),
    Lane("asan", "gcc -O1, ASan and UBSan", "lib", {"sanitise": True, "optimise": 1}),
    Lane("gcc-O0", "gcc -O0", "lib", {"optimise": 0}),
    Lane("release", "gcc -O3, as it ships", "lib"),
    Lane("leon3-user", "gcc -O2 for LEON3, as a process", "user", {"cross": "leon3-user"}),
    Lane("powerpc", "gcc -O2 for PowerPC, with a C library", "user", {"cross": "powerpc"}),
    Lane("clang", "clang -O2", "lib", {"optimise": 2, "cc": "clang-19"}),
    Lane("gcc-O2", "gcc -O2", "lib", {"optimise": 2}),
]


@dataclass(frozen=True)
class Result:
    """What one lane came to."""

    lane: Lane
    passed: int
    failed: int
    others: str  # failed, skipped ... as pytest says it
    ok: bool
    seconds: float


def run(lane: Lane) -> Result:
    """Build and test one lane."""
    start = time.monotonic()
    folder = ROOT / "build" / lane.name
    log = ROOT / "build/lanes" / f"{lane.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    verdicts = log.with_suffix(".xml")
    verdicts.unlink(missing_ok=True)  # those of an earlier run are not this one's
    command = [sys.executable, "-m", "pytest", "-rs", f"--junitxml={verdicts}"]
    command += ["-o", "junit_family=xunit1"]  # which has the file of each test
    if lane.target != "host":
        said = build(folder, **lane.options)
        if said:
            log.write_text(said)
            return Result(lane, 0, 0, "does not build", False, time.monotonic() - start)
        made = folder / ("libsxi.so" if lane.target == "lib" else "sxi.elf")
        command += ["--target", f"{lane.target}:{made}", *TESTS]
        command += ["--every-function"] if lane.target != "lib" else []
    if lane.options.get("sanitise"):
        command = [sys.executable, str(ROOT / "tools/sanitised.py"), *command]
    env = {**os.environ, "HYPOTHESIS_PROFILE": lane.profile}
    with log.open("w") as out:
        code = subprocess.run(  # noqa: S603
            command, cwd=ROOT, env=env, check=False, stdout=out, stderr=subprocess.STDOUT
        ).returncode
    lines = log.read_text().splitlines() or [""]
    ending = lines[-1]
    if code:
        tell_ending(verdicts, f"the run ended with exit code {code}")
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (\w+)", ending)}
    bad = {word: n for word, n in counts.items() if word in ("failed", "error", "errors")}
    others = ", ".join(f"{n} {word}" for word, n in counts.items() if word in (*bad, "skipped"))
    others += "".join(f" ({line})" for line in lines if line.startswith("SKIPPED"))
    seconds = time.monotonic() - start
    return Result(lane, counts.get("passed", 0), sum(bad.values()), others, code == 0, seconds)


def tell_ending(verdicts: Path, what: str) -> None:
    """Add to a JUnit file what no test tells: its run ended badly, though all of them passed."""
    try:
        tree = ElementTree.parse(verdicts)  # noqa: S314 - our own file
    except (OSError, ElementTree.ParseError):
        return  # no verdict, or none that can be read
    for suite in tree.getroot().iter("testsuite"):
        properties = suite.find("properties")
        if properties is None:
            properties = ElementTree.SubElement(suite, "properties")
        ElementTree.SubElement(properties, "property", name=ENDED, value=what)
    tree.write(verdicts, encoding="utf-8", xml_declaration=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lanes", nargs="*", metavar="LANE", help="default: all")
    # one more than processors: the host's tests often wait for other processes
    parser.add_argument("--jobs", type=int, default=1 + (os.cpu_count() or 1), help="at a time")
    parser.add_argument("--list", action="store_true", help="say what there is")
    args = parser.parse_args()
    if args.list:
        print("\n".join(f"{lane.name:12} {lane.what}" for lane in LANES))
        return 0
    unknown = set(args.lanes) - {lane.name for lane in LANES}
    if unknown:
        parser.error(f"no such lane: {', '.join(sorted(unknown))}")
    chosen = [lane for lane in LANES if not args.lanes or lane.name in args.lanes]
    for lane in LANES:  # the host's tests use these while their own lanes run
        if lane.name in ("release", "leon3"):
            build(ROOT / "build" / lane.name, **lane.options)
    failed = []
    passed = n_failed = 0
    with ThreadPoolExecutor(args.jobs) as pool:
        for result in pool.map(run, chosen):
            mark = "ok  " if result.ok else "FAIL"
            others = f", {result.others}" if result.others else ""
            print(
                f"{mark} {result.lane.name:12} {result.lane.what:40} {result.passed} passed"
                f"{others}  {result.seconds:.0f} s",
                flush=True,
            )
            passed += result.passed
            if not result.ok:
                failed.append(result.lane.name)
                n_failed += max(result.failed, 1)
    for name in failed:
        print(f"\nbuild/lanes/{name}.log ends:")
        print("\n".join((ROOT / f"build/lanes/{name}.log").read_text().splitlines()[-40:]))
    print(f"\n{passed} passed, {n_failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
