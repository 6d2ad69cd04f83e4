# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The names that others build on, as they are written in the README."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np

import fsw_emu

README = Path(__file__).resolve().parents[2] / "README.md"


def test_one_import_is_enough() -> None:
    samples = np.arange(64, dtype=np.uint16)
    coded = fsw_emu.codecs.aec.encode(samples)
    assert np.array_equal(fsw_emu.codecs.aec.decode(coded, 64), samples)
    assert fsw_emu.targets.open("host").crc16(b"123456789") == 0x29B1


def test_events_have_the_published_form() -> None:
    frame = np.full((9, 9), 100, np.uint16)
    frame[4, 5] = 200
    events = fsw_emu.detect_events(frame, threshold=50)
    assert events.dtype == [("row", "u2"), ("col", "u2"), ("pixels", "u2", (25,))]
    assert (events["row"][0], events["col"][0], events["pixels"][0, 12]) == (4, 5, 200)


def test_options_are_by_name_only() -> None:
    for function in (
        fsw_emu.detect_events,
        fsw_emu.filter_events,
        fsw_emu.codecs.aec.encode,
        fsw_emu.codecs.aec.decode,
    ):
        kinds = [p.kind for p in inspect.signature(function).parameters.values()]
        assert kinds.count(inspect.Parameter.KEYWORD_ONLY) >= 3


def test_the_ten_lines_of_the_readme_run() -> None:
    code = README.read_text().split("```python\n")[1].split("```")[0]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "events" in done.stdout
