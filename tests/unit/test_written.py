# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What tools write from a rule is what the rule makes, and nothing else is taken for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from mutant_plant import SOURCES, candidates

TOOLS = Path(__file__).resolve().parents[2] / "tools"
#: what each of them writes
FILES = {
    "huffman_bank": "c_src/src/huffman_bank.c",
    "hkdelta_tables": "c_src/src/hkdelta_tables.c",
    "interface_header": "c_src/include/sxi/interface.h",
    "fee_names": "hil/fee/names.py",
    "wireshark_registers": "hil/wireshark/fee_registers.lua",
    "registers_page": "docs/registers.md",
    "compliance_page": "docs/compliance.md",
    "fdir_page": "docs/fdir.md",
    "spec_table": "SPEC.md",
    "mode_diagrams": "docs/modes.md",
}
CHANGES = [("huffman_bank", "0x2", "0x3"), ("hkdelta_tables", "25545", "25546")]


def run(tool: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(tool), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.verifies("HUF-4", "HKC-10")
@pytest.mark.parametrize("tool", FILES)
def test_what_is_there_is_what_the_rule_makes(tool: str) -> None:
    assert run(TOOLS / f"{tool}.py", "--check").returncode == 0


def test_tables_of_the_core_are_compared_here_and_get_no_mutants() -> None:
    written = {path.name for path in SOURCES.iterdir() if "Written by" in path.read_text()}
    assert written == {Path(path).name for path in FILES.values() if "c_src/src" in path}
    assert written
    assert not written & {mutant.file for mutant in candidates()}


@pytest.mark.parametrize(("tool", "right", "wrong"), CHANGES)
def test_another_table_is_found(tmp_path: Path, tool: str, right: str, wrong: str) -> None:
    text = (TOOLS.parent / FILES[tool]).read_text()
    copy, written = tmp_path / "tools" / f"{tool}.py", tmp_path / FILES[tool]
    for folder in (copy.parent, written.parent):
        folder.mkdir(parents=True)
    for name in (copy.name, "written.py"):
        (copy.parent / name).write_text((TOOLS / name).read_text())
    written.write_text(text.replace(right, wrong, 1))
    found = run(copy, "--check")
    assert found.returncode == 1
    assert written.name in found.stderr
    assert written.read_text() != text
    assert run(copy).returncode == 0
    assert written.read_text() == text
