# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What tools/fuzz.py makes of libFuzzer's last words."""

from __future__ import annotations

import fuzz
import pytest

CLEAN = """\
#1048576 pulse  cov: 301 ft: 900 corp: 505/20Kb lim: 512 exec/s: 30842 rss: 443Mb
#10000000 DONE   cov: 303 ft: 912 corp: 512/21Kb lim: 512 exec/s: 31000 rss: 443Mb
Done 10000000 runs in 322 second(s)
stat::number_of_executed_units: 10000000
stat::average_exec_per_sec:     31055
"""
CRASHED = """\
#2048 pulse  cov: 182 ft: 300 corp: 112/9Kb lim: 128 exec/s: 1024 rss: 40Mb
tests/fuzz/aec.c:51: other == status
==7== ERROR: libFuzzer: deadly signal
artifact_prefix='findings/aec-'; Test unit written to findings/aec-crash-0123
stat::number_of_executed_units: 2100
"""


def test_a_clean_run() -> None:
    assert fuzz.told("aec", CLEAN, 0) == fuzz.Result(
        "aec", 10_000_000, 31_055, coverage=303, corpus=512, seconds=322, finding=""
    )


@pytest.mark.parametrize(
    ("log", "finding"),
    [
        (CRASHED, "findings/aec-crash-0123: tests/fuzz/aec.c:51: other == status"),
        ("", f"{fuzz.FOLDER / 'aec.log'}: stopped"),
    ],
)
def test_a_finding_is_told_with_its_input(log: str, finding: str) -> None:
    assert fuzz.told("aec", log, 77).finding == finding


def test_every_target_is_on_the_page() -> None:
    page = (fuzz.ROOT / "docs/fuzzing.md").read_text()
    assert all(f"`{target}`" in page for target in fuzz.targets())
