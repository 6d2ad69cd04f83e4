# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Licences of the project's files and of what it uses. Usage: licences.py [-h] [--annotate]

Every file has its copyright and licence (REUSE 3.3, judged by reuse), and NOTICE.md has a row,
with the licence that is told by the package itself, for each package that pyproject.toml and
cross_tools.py ask for and that comes with those. Writes the evidence `licences`; exits 1 where
something is missing. --annotate first puts a header into files that have none and can carry one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import third_party

from fsw_emu.atomic import write_atomic
from fsw_emu.report.evidence import Evidence, Table, Verdict, write

ROOT = Path(__file__).resolve().parent.parent
REUSE = Path(sys.executable).with_name("reuse")
TAGS = {
    "SPDX-FileCopyrightText": "2026 fsw-emu contributors",
    "SPDX-License-Identifier": "Apache-2.0",
}
TEXT = tuple(f"{tag}: {value}" for tag, value in TAGS.items())

#: how a comment of one line begins and ends
HASH, C, MARKUP, LUA = ("# ", ""), ("/* ", " */"), ("<!-- ", " -->"), ("-- ", "")
BY_NAME = {"Makefile": HASH, ".gitignore": HASH, ".clang-tidy": HASH, "run": HASH}
BY_SUFFIX = {
    **dict.fromkeys((".build", ".ini", ".pxd", ".pxi", ".py", ".pyx", ".sh", ".toml"), HASH),
    **dict.fromkeys((".S", ".c", ".css", ".def", ".h", ".ld"), C),
    **dict.fromkeys((".html", ".md"), MARKUP),
    ".lua": LUA,
    **dict.fromkeys((".yaml", ".yml"), HASH),
}
#: first lines before which nothing may stand, and what they belong to
FIRST = ("#!", "<!doctype", "<?xml")


def lint(root: Path = ROOT) -> dict[str, Any]:
    """What reuse has to say of a folder; OSError or ValueError where it cannot tell."""
    command = [REUSE, "--root", ".", "lint", "--json"]
    done = subprocess.run(  # noqa: S603
        command, cwd=root, check=False, capture_output=True, text=True
    )
    if not done.stdout:
        raise ValueError(done.stderr.strip() or "reuse says nothing")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def missing(report: dict[str, Any]) -> list[str]:
    """Files without copyright or licence."""
    found = report["non_compliant"]
    return sorted({*found["missing_copyright_info"], *found["missing_licensing_info"]})


def faults(report: dict[str, Any]) -> Iterator[str]:
    """What a report has against the files, a line each."""
    if not report["summary"]["compliant"] and not any(report["non_compliant"].values()):
        yield "not compliant, in a way that only `reuse lint` tells"
    for name in missing(report):
        yield f"{name}: no copyright or licence"
    for kind, names in report["non_compliant"].items():
        if not kind.startswith("missing_") or kind == "missing_licenses":
            yield from (f"{name}: {kind.replace('_', ' ')}" for name in names)


def with_header(name: str, text: str) -> str | None:
    """The text of a file with a header, if it has none yet; None for kinds that carry none."""
    path = Path(name)
    style = BY_NAME.get(path.name) or BY_SUFFIX.get(path.suffix)
    if style is None or (style is MARKUP and text.startswith("---")):  # front matter comes first
        return None
    if all(line in text[:400] for line in TEXT):
        return text
    begin, end = style
    header = "".join(f"{begin}{line}{end}\n" for line in TEXT)
    first, rest = "", text
    if text.lower().startswith(FIRST):
        first, _, rest = text.partition("\n")
        first += "\n"
    return f"{first}{header}\n{rest}" if rest else first + header


def annotate(names: Iterable[str], root: Path = ROOT) -> Iterator[tuple[str, bool]]:
    """Give files their headers; which of them have one now. Modes stay as they are."""
    for name in names:
        path = root / name
        try:
            text = with_header(name, path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            text = None
        if text is not None:
            mode = path.stat().st_mode & 0o777
            write_atomic(path, text.encode())
            path.chmod(mode)
        yield name, text is not None


def unnoticed(
    rows: dict[str, str], packages: Iterable[third_party.Package], other: Iterable[str]
) -> Iterator[str]:
    """What NOTICE.md lacks or tells otherwise than packages do; ``other``: names alone."""
    known: set[str] = set(other)
    for package in packages:
        known.add(package.name)
        said = rows.get(package.name)
        if said is not None and said != package.licence:
            yield f"NOTICE.md: {package.name} is {said}, its metadata say {package.licence}"
    yield from (f"NOTICE.md: no row for {name}" for name in sorted(known - set(rows)))
    yield from (f"NOTICE.md: {name} is not used" for name in sorted(set(rows) - known))


def used() -> tuple[tuple[third_party.Package, ...], list[str]]:
    """Packages as installed, and the names of what is not or is not Python's."""
    needed = third_party.closure(third_party.run_time())
    others = third_party.development() - {package.name for package in needed}
    here = third_party.present(others)
    packages = (*needed, *(third_party.installed(name) for name in here))
    return packages, sorted(third_party.debian() | others - set(here))


def judge(
    report: dict[str, Any],
    notice: Iterable[str],
    needed: Iterable[third_party.Package] = (),
    seconds: float = 0.0,
) -> Evidence:
    """The verdict on the files and the notice; ``needed``: what is told as needed to run."""
    findings = [*faults(report), *notice]
    total = report["summary"]["files_total"]
    licences = ", ".join(report["summary"]["used_licenses"])
    good = not findings
    return Evidence(
        "licences",
        Verdict.PASS if good else Verdict.FAIL,
        f"{total} files, {licences}; every package used is in NOTICE.md"
        if good
        else f"{len(findings)} findings",
        {
            "files": str(total),
            "with copyright and licence": str(total - len(missing(report))),
            "licences of the project": licences,
            "packages in NOTICE.md": str(len(third_party.notice())),
        },
        findings,
        {"reuse": version("reuse"), "REUSE": report["reuse_spec_version"]},
        [
            Table(
                "Needed to run",
                ("package", "version", "licence"),
                [(package.name, package.version, package.licence) for package in needed],
                "Installed beside the product, not shipped with it; NOTICE.md has the others.",
            )
        ],
        seconds,
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--annotate", action="store_true", help="add the headers that are missing")
    args = parser.parse_args()
    began = time.monotonic()
    try:
        if args.annotate:
            for name, done in annotate(missing(lint())):
                print(name if done else f"{name}: carries no header; REUSE.toml has to name it")
        packages, names = used()
        notice = unnoticed(third_party.notice(), packages, names)
        needed = third_party.closure(third_party.run_time())
        evidence = judge(lint(), notice, needed, time.monotonic() - began)
    except (OSError, ValueError, PackageNotFoundError) as error:
        evidence = Evidence("licences", Verdict.ERROR, f"cannot tell: {error}")
    write(evidence)
    for finding in evidence.findings:
        print(finding)
    print(f"licences: {evidence.verdict}: {evidence.said}")
    return 0 if evidence.verdict is Verdict.PASS else 1


if __name__ == "__main__":
    sys.exit(main())
