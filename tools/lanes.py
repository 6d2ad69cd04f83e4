# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Run all tests, and those of the core on every build of it; say how many passed on each.

Usage: lanes.py [-h] [--jobs N] [--list] [LANE...]

One suite, many machines: what one build can be asked, all can, bit for bit the same, and with the
same examples each time (pytest alone and `make fuzz` draw others). Builds go to build/LANE, what
pytest says to build/lanes/LANE.log, verdicts by test, with what was tested, to
build/lanes/LANE.xml. Exits 1 when a test fails anywhere.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parent))
from build_core import ROOT, build

from fsw_emu.report.junit import ENDED

TESTS = ["tests/props", "tests/fault", "tests/conformance"]
#: rooms of tests that take long; all others together take as long as one of them
LONG = (["tests/unit"], ["tests/hil", "tests/stateful"], ["tests/onboard"])


def all_parts() -> tuple[list[str], ...]:
    """All tests, in parts to be run beside each other."""
    rooms = {path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob("tests/*/test_*.py")}
    return (*LONG, sorted(rooms.difference(*LONG)))


@dataclass(frozen=True)
class Lane:
    """One build of the core and how to run it."""

    name: str
    what: str
    target: str
    options: dict[str, Any] = field(default_factory=dict)
    profile: str = "lanes"  # of hypothesis
    parts: tuple[list[str], ...] = (TESTS,)  # each a run of its own


LANES = [
    Lane("host", "all tests; the core gcc -O3, by Cython", "host", {}, "suite", all_parts()),
    Lane("leon3", "gcc -O2 for LEON3, on a bare machine", "elf", {"cross": "leon3"}, "suite"),
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


def build_lane(lane: Lane) -> str:
    """Build what a lane runs on; what the compiler said when it does not build."""
    (ROOT / "build/lanes").mkdir(parents=True, exist_ok=True)
    files = [
        ROOT / "build/lanes" / lane.name,
        *(part_path(lane, i) for i in range(len(lane.parts))),
    ]
    for file in files:  # those of an earlier run are not this one's
        file.with_suffix(".xml").unlink(missing_ok=True)
    return "" if lane.target == "host" else build(ROOT / "build" / lane.name, **lane.options)


def run(lane: Lane, part: int) -> Result:
    """Test one part of a lane."""
    start = time.monotonic()
    folder = ROOT / "build" / lane.name
    log = part_path(lane, part)
    verdicts = log.with_suffix(".xml")
    command = [sys.executable, "-m", "pytest", "-rs", f"--junitxml={verdicts}"]
    command += ["-o", "junit_family=xunit1"]  # which has the file of each test
    command += ["-p", "no:cacheprovider"]  # runs beside each other have no file in common
    if lane.target != "host":
        made = folder / ("libsxi.so" if lane.target == "lib" else "sxi.elf")
        command += ["--target", f"{lane.target}:{made}"]
        command += ["--every-function"] if lane.target != "lib" else []
    command += lane.parts[part]
    if lane.options.get("sanitise"):
        command = [sys.executable, str(ROOT / "tools/sanitised.py"), *command]
    env = {**os.environ, "HYPOTHESIS_PROFILE": lane.profile}
    with log.open("w") as out:
        code = subprocess.run(  # noqa: S603
            command, cwd=ROOT, env=env, check=False, stdout=out, stderr=subprocess.STDOUT
        ).returncode
    lines = log.read_text().splitlines() or [""]
    if code:
        tell_ending(verdicts, f"the run ended with exit code {code}")
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (\w+)", lines[-1])}
    bad = {word: n for word, n in counts.items() if word in ("failed", "error", "errors")}
    others = [f"{n} {word}" for word, n in counts.items() if word in (*bad, "skipped")]
    others += [f"({line})" for line in lines if line.startswith("SKIPPED")]
    seconds = time.monotonic() - start
    passed = counts.get("passed", 0)
    return Result(lane, passed, sum(bad.values()), ", ".join(others), code == 0, seconds)


def run_built(lane: Lane, part: int, built: dict[str, Future[str]]) -> Result:
    """Test a part of a lane once it is built, or tell why it is not."""
    said = built[lane.name].result()
    if said:
        part_path(lane, part).write_text(said)
        return Result(lane, 0, 0, "does not build", False, 0)
    return run(lane, part)


def part_path(lane: Lane, part: int) -> Path:
    """Where what pytest says of a part goes; a lane in one part has its own name."""
    name = lane.name if len(lane.parts) == 1 else f"{lane.name}-{part + 1}"
    return ROOT / "build/lanes" / f"{name}.log"


def joined(lane: Lane, parts: list[Result]) -> Result:
    """The result of a lane, whose files become one as well."""
    if len(parts) > 1:
        logs = [part_path(lane, i) for i in range(len(parts))]
        whole = ROOT / "build/lanes" / f"{lane.name}.log"
        whole.write_text("".join(log.read_text() for log in logs))
        join_verdicts([log.with_suffix(".xml") for log in logs], whole.with_suffix(".xml"))
        for log in logs:
            log.unlink()
    others = ", ".join(result.others for result in parts if result.others)
    passed, failed = (
        sum(each) for each in zip(*((r.passed, r.failed) for r in parts), strict=True)
    )
    good = all(result.ok for result in parts)
    return Result(lane, passed, failed, others, good, sum(result.seconds for result in parts))


def join_verdicts(parts: list[Path], whole: Path) -> None:
    """One JUnit file of several, which are removed; it tells when one of them is missing."""
    root = ElementTree.Element("testsuites")
    for part in parts:
        try:
            root.extend(ElementTree.parse(part).getroot().iter("testsuite"))  # noqa: S314 - our own
            part.unlink()
        except (OSError, ElementTree.ParseError):
            suite = ElementTree.SubElement(root, "testsuite", name=part.stem)
            said = f"{part.name} was not written"
            told = ElementTree.SubElement(suite, "properties")
            ElementTree.SubElement(told, "property", name=ENDED, value=said)
    ElementTree.ElementTree(root).write(whole, encoding="utf-8", xml_declaration=True)


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
        built = {lane.name: pool.submit(build_lane, lane) for lane in chosen}
        runs = {
            lane.name: [pool.submit(run_built, lane, i, built) for i in range(len(lane.parts))]
            for lane in chosen
        }
        for lane in chosen:
            result = joined(lane, [job.result() for job in runs[lane.name]])
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
