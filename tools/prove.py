# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Prove what can be proven of bit reader and writer, headers, and the steps of one sample.

Usage: prove.py [-h] [--bits 1..16]

The steps of one sample are tried for all samples there are. Each prove_NAME() of tests/cbmc is
given to CBMC, where it is installed; where not, that part is skipped, and said to be. Exits 1 when
something does not hold.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROOFS = ROOT / "tests/cbmc"
INCLUDES = [f"-I{ROOT / room}" for room in ("c_src/include", "c_src/src", "tests/fuzz")]
#: file of proofs -> sources of the core that it needs
SOURCES = {
    "bits": ("huffman", "huffman_bank"),
    "headers": ("ce", "crc", "fee"),
    "steps": (),
}
CHECKS = [
    *("--bounds-check", "--pointer-check", "--pointer-overflow-check", "--signed-overflow-check"),
    *("--undefined-shift-check", "--div-by-zero-check", "--unwinding-assertions"),
]
UNWIND = 105  # the longest loop: bits of a reader's bytes
MOST_SECONDS = 1800


def proofs() -> dict[str, list[str]]:
    """Names of the proofs, by file."""
    return {
        stem: re.findall(r"^void (prove_\w+)\(", (PROOFS / f"{stem}.c").read_text(), re.MULTILINE)
        for stem in SOURCES
    }


def try_all(bits: int) -> str:
    """What does not hold, of all samples of up to so many bits; or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/exhaustive"
        source = str(PROOFS / "exhaustive.c")
        for command in (
            ["gcc", "-std=c99", "-O3", "-Werror", *INCLUDES, source, "-o", program],
            [program, str(bits)],
        ):
            done = subprocess.run(  # noqa: S603
                command, check=False, capture_output=True, text=True
            )
            if done.returncode:
                return done.stderr
    print("\n".join(f"ok   all of {line}" for line in done.stdout.splitlines()))
    return ""


def bounded(cbmc: str, stem: str, name: str) -> str:
    """What CBMC says against a proof, or nothing."""
    of_core = [str(ROOT / f"c_src/src/{source}.c") for source in SOURCES[stem]]
    command = [cbmc, "--function", name, "--unwind", str(UNWIND), *CHECKS, *INCLUDES]
    done = subprocess.run(  # noqa: S603
        [*command, str(PROOFS / f"{stem}.c"), *of_core],
        check=False,
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
    )
    return f"{done.stdout}{done.stderr}\nexit {done.returncode}\n" if done.returncode else ""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bits", type=int, default=16, choices=range(1, 17), metavar="1..16")
    args = parser.parse_args()
    failed = try_all(args.bits)
    print(failed, end="")
    cbmc = shutil.which("cbmc")
    n_proofs = sum(map(len, proofs().values()))
    if cbmc is None:
        print(f"skipped: {n_proofs} bounded proofs, as CBMC (cbmc) is not installed")
        return 1 if failed else 0
    for stem, names in proofs().items():
        for name in names:
            against = bounded(cbmc, stem, name)
            print(f"{'FAIL' if against else 'ok  '} {name}", flush=True)
            print(against, end="")
            failed += against
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
