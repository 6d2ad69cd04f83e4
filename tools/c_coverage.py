# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What of the flight code the tests reach: statements, branches, MC/DC, and branches as it flies.

Usage: c_coverage.py [-h]

Runs the core's suite on two builds that clang has instrumented and on the LEON3 program as it
flies, watched by a plugin of QEMU. Fails on everything that never ran and has no exception beside
it in the source, on exceptions whose statement has changed, and on those that are not needed.
Pages with all counts go to build/coverage/index.html. See docs/coverage.md.
"""

from __future__ import annotations

import argparse
import html
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import coverage_host as host
import coverage_object as flight
from build_core import ROOT
from coverage_exceptions import Excuse, judge, read_all
from cycles import FLIGHT

from fsw_emu.atomic import write_atomic
from fsw_emu.provenance import checkout
from fsw_emu.report.evidence import Evidence, Table, Verdict, write

SOURCES = ROOT / "c_src/src"
FOLDER = ROOT / "build/coverage"
KINDS = ("line", *host.KINDS)
PORT = [ROOT / "c_src/port" / name for name in ("freestanding", "leon3", "ring")]
NOT_HERE = (
    "c_src/port runs on the other processors only: the LEON3's suite runs it, "
    "tools/check_leon3.py examines it; its branches have a table of their own."
)
NO_GATE = "For information: the verdict does not ask for these."


def run() -> tuple[dict[str, host.File], list[flight.Branch]]:
    """All three runs; RuntimeError when a build or a suite fails."""
    libraries = []
    for words in host.WORDS:
        print(f"building for words of {words} bits", flush=True)
        libraries.append(host.library(FOLDER / f"words{words}", words))
    with_lines = flight.with_lines(FLIGHT / "sxi.elf", FOLDER / "lines")
    edges = FOLDER / "edges.txt"
    edges.unlink(missing_ok=True)
    print("the core's suite on the LEON3, and on both builds of this processor", flush=True)
    plugin = f"{flight.edges_plugin()},out={edges}"
    on_leon3 = host.run_suite(f"elf:{FLIGHT / 'sxi.elf'}", FOLDER / "leon3.log", "--plugin", plugin)
    for built in libraries:
        finish(host.run_suite_on(built), built.with_suffix(".log"))
    exports = [host.export(built) for built in libraries]
    for words, built in zip(host.WORDS, libraries, strict=True):
        host.pages(built, FOLDER / f"pages{words}")
    finish(on_leon3, FOLDER / "leon3.log")
    names = [path.name for folder in (SOURCES, *PORT) for path in folder.iterdir()]
    return host.read(exports, SOURCES), flight.branches(with_lines, flight.read_edges(edges), names)


def finish(suite: subprocess.Popen[bytes], log: Path) -> None:
    code = suite.wait()
    ending = (log.read_text(errors="replace").splitlines() or [""])[-1]
    print(f"  {log.parent.name}/{log.stem}: {ending}", flush=True)
    if code:
        raise RuntimeError(f"the suite fails: {log}")


def share(counts: Sequence[tuple[int, int]]) -> str:
    """`97.5 % (39 of 40)`."""
    ran, n = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
    return f"{100 * ran / n if n else 100:.4g} % ({ran} of {n})"


def evidence(
    files: Mapping[str, host.File], branches: Sequence[flight.Branch], texts: Mapping[str, str]
) -> Evidence:
    """The verdict on what ran, with the exceptions that the sources hold, name -> text. Branches
    of other files are told and not judged."""
    port = [branch for branch in branches if branch.file not in texts]
    branches = [branch for branch in branches if branch.file in texts]
    excuses, findings = read_all(texts)
    gaps = [gap for name, file in files.items() for gap in file.gaps(name)]
    gaps += [branch.gap() for branch in branches if branch.ways < 2]
    findings = findings + judge(gaps, excuses)
    counts = {name: file.counts() for name, file in files.items()}
    figures = {kind: share([c[kind] for c in counts.values()]) for kind in KINDS}
    figures["object"] = share([(b.ways, 2) for b in branches])
    figures["exceptions"] = f"{len(excuses)} for {sum(e.n for e in excuses)} gaps"
    verdict = Verdict.FAIL if findings else Verdict.PASS
    open_gaps = f"{len(findings)} findings" if findings else "all the rest runs"
    said = f"{figures['mcdc']} MC/DC, {figures['object']} of LEON3 branches; {open_gaps}"
    tables = (per_file(counts, branches), per_function(branches), exceptions(excuses))
    tables += (per_function(port, "Branches of the port on the LEON3", NO_GATE),)
    return Evidence("coverage", verdict, said, figures, findings, tables=tables)


def per_file(
    counts: Mapping[str, Mapping[str, tuple[int, int]]], branches: Sequence[flight.Branch]
) -> Table:
    rows = [
        [
            name,
            *(share([counts[name][kind]]) for kind in KINDS),
            share([(b.ways, 2) for b in branches if b.file == name]),
        ]
        for name in sorted(counts)
    ]
    return Table("Coverage of the flight code", ("file", *KINDS, "LEON3 branches"), rows, NOT_HERE)


def per_function(
    branches: Sequence[flight.Branch], title: str = "Branches of the LEON3 program", note: str = ""
) -> Table:
    """Functions of the program with their conditional branches; what is inlined counts where
    it stands."""
    found = flight.by_function(branches)
    rows = [[*place, f"{seen} of {n}"] for place, (seen, n) in sorted(found.items())]
    return Table(title, ("file", "function", "ways"), rows, note)


def exceptions(excuses: Sequence[Excuse]) -> Table:
    rows = [[f"{e.file}:{e.line}", e.kind, str(e.n), e.reason] for e in excuses]
    return Table("What need not run", ("line", "kind", "gaps", "reason"), rows)


def index(found: Evidence) -> str:
    """A page that leads to those of llvm-cov."""
    links = "".join(
        f'<li><a href="pages{words}/index.html">with words of {words} bits</a></li>'
        for words in host.WORDS
    )
    tables = "".join(
        f"<h2>{html.escape(table.title)}</h2><table><tr>"
        + "".join(f"<th>{html.escape(cell)}</th>" for cell in table.head)
        + "".join(
            "</tr><tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row)
            for row in table.rows
        )
        + f"</tr></table><p>{html.escape(table.note)}</p>"
        for table in found.tables
    )
    said = html.escape(f"{found.verdict}: {found.said}")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Coverage</title>'
        "<style>body{font-family:sans-serif}td,th{padding:2px 9px;text-align:left}</style>"
        f"<h1>Coverage of the flight code</h1><p>{said}</p><ul>{links}</ul>{tables}</html>\n"
    )


def versions() -> dict[str, str]:
    """Of what builds, runs and counts."""
    tools = {
        "clang": "clang-19",
        "llvm-cov": "llvm-cov-19",
        "gcc": "sparc64-linux-gnu-gcc",
        "qemu": "qemu-system-sparc",
    }
    return {name: version(command) for name, command in tools.items()}


def version(command: str) -> str:
    try:
        said = subprocess.run(  # noqa: S603
            [command, "--version"], check=True, capture_output=True, text=True
        ).stdout
    except OSError:
        return "not installed"
    words = (word.strip("()") for word in said.split())
    return next((word for word in words if word[:1].isdigit() and "." in word), "unknown")


def main() -> int:
    checkout()  # kept: the sources that are judged, whatever is edited meanwhile
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.parse_args()
    start = time.monotonic()
    texts = {path.name: path.read_text() for path in SOURCES.iterdir()}
    try:
        found = evidence(*run(), texts)
    except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
        print(f"coverage: {error}", file=sys.stderr)
        found = Evidence("coverage", Verdict.ERROR, str(error).splitlines()[-1])
    else:
        write_atomic(FOLDER / "index.html", index(found).encode())
    found = replace(found, tools=versions(), seconds=round(time.monotonic() - start, 1))
    path = write(found)
    print("\n".join([*found.findings, *(f"{k:12} {v}" for k, v in found.figures.items())]))
    print(f"{found.verdict}: {found.said} ({path.relative_to(ROOT)})")
    return 0 if found.verdict is Verdict.PASS else 1


if __name__ == "__main__":
    sys.exit(main())
