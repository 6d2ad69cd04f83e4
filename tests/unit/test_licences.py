# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Every file and every package has its licence told, and what lacks one is found."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable
from email.message import Message
from pathlib import Path

import licences
import pytest
import third_party
from licences import TEXT, annotate, faults, judge, lint, missing, unnoticed, with_header
from third_party import Package

from fsw_emu.report.evidence import Evidence, Verdict

ROOT = Path(__file__).resolve().parents[2]
KINDS = {
    "a.py": '#!/usr/bin/env python3\n"""What it does."""\n\nimport os\n',
    "a.pyx": '# cython: language_level=3\n"""What it does."""\n',
    "a.c": "/* What it does. */\nint a;\n",
    "a.S": "/* Start. */\n",
    "functions.def": "/* The functions. */\n",
    "a.toml": "# Why.\n[a]\n",
    "Makefile": "# make a\na:\n",
    "a.md": "# Title\n",
    "a.html": "<!doctype html>\n<html></html>\n",
    ".ci/run": "#!/usr/bin/env bash\nexec make\n",
    "__init__.py": '"""A room."""\n',
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project with a file of each kind and no header."""
    (tmp_path / "LICENSES").mkdir()
    shutil.copy(ROOT / "LICENSES/Apache-2.0.txt", tmp_path / "LICENSES")
    for name, text in KINDS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / ".ci/run").chmod(0o755)
    return tmp_path


def test_every_file_has_its_licence() -> None:
    assert list(faults(lint())) == []


def test_the_licence_is_the_licence() -> None:
    assert (ROOT / "LICENSE").read_bytes() == (ROOT / "LICENSES/Apache-2.0.txt").read_bytes()


def test_headers_make_a_project_compliant(tree: Path) -> None:
    before = lint(tree)
    assert missing(before) == sorted(KINDS)
    assert judge(before, []).verdict is Verdict.FAIL
    assert all(done for _, done in annotate(missing(before), tree))
    after = lint(tree)
    assert list(faults(after)) == []
    assert judge(after, []).verdict is Verdict.PASS
    assert (tree / ".ci/run").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    "change", [lambda text: text.replace("Apache-2.0", "GPL-2.0-only"), lambda _: "int a;\n"]
)
def test_another_licence_or_none_is_found(tree: Path, change: Callable[[str], str]) -> None:
    list(annotate(KINDS, tree))
    (tree / "a.c").write_text(change((tree / "a.c").read_text()))
    assert judge(lint(tree), []).verdict is Verdict.FAIL


@pytest.mark.parametrize("name", KINDS)
def test_a_header_changes_nothing_else(name: str) -> None:
    text = KINDS[name]
    headed = with_header(name, text)
    assert headed is not None
    assert with_header(name, headed) == headed
    first, rest = text.split("\n", 1)
    lines = headed.split("\n")
    if first.startswith(("#!", "<!doctype")):
        assert lines.pop(0) == first
        text = rest
    assert [any(t in line for t in TEXT) for line in lines[:3]] == [True, True, False]
    assert "\n".join(lines[3:]) == text
    if name.endswith(".py"):
        assert ast.get_docstring(ast.parse(headed)) == ast.get_docstring(ast.parse(KINDS[name]))


@pytest.mark.parametrize(("name", "text"), [("a.png", ""), ("a.json", "{}"), ("a.md", "---\na: 1")])
def test_what_can_carry_no_header_gets_none(tmp_path: Path, name: str, text: str) -> None:
    assert with_header(name, text) is None
    (tmp_path / name).write_bytes(b"\x89\xff" if name == "a.png" else text.encode())
    before = (tmp_path / name).read_bytes()
    assert list(annotate([name], tmp_path)) == [(name, False)]
    assert (tmp_path / name).read_bytes() == before


def test_the_notice_has_what_is_used() -> None:
    rows = third_party.notice()
    brought = {package.name for package in third_party.closure(third_party.run_time())}
    assert third_party.run_time() < brought
    assert set(rows) == brought | third_party.development() | third_party.debian()


def test_a_package_without_its_row_is_found() -> None:
    rows = {"good": "MIT", "changed": "MIT", "gone": "MIT", "cppcheck": "GPL-3.0-or-later"}
    packages = [
        Package("good", "1", "MIT", ()),
        Package("changed", "1", "GPL-2.0-only", ()),
        Package("new", "1", "MIT", ()),
    ]
    assert list(unnoticed(rows, packages, ["cppcheck", "other"])) == [
        "NOTICE.md: changed is MIT, its metadata say GPL-2.0-only",
        "NOTICE.md: no row for new",
        "NOTICE.md: no row for other",
        "NOTICE.md: gone is not used",
    ]


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ([("License-Expression", "MIT-0"), ("License", "other")], "MIT-0"),
        ([("License", "BSD 3-Clause License")], "BSD-3-Clause"),
        ([("License", "LGPLv3"), ("Classifier", "License :: Other")], "LGPL-3.0-only"),
        ([("License", "Permission is\ngranted"), ("Classifier", "License :: MIT License")], "MIT"),
        ([("License", "x" * 61), ("Classifier", "License :: OSI :: BSD License")], "BSD License"),
        ([("License", "UNKNOWN"), ("Classifier", "Topic :: Other")], "unknown"),
    ],
)
def test_licences_as_metadata_tell(fields: list[tuple[str, str]], licence: str) -> None:
    message = Message()
    for name, value in fields:
        message[name] = value
    assert third_party.licence(message) == licence


def test_the_gate_fails_for_a_notice_that_lacks_a_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = {"files_total": 9, "used_licenses": ["Apache-2.0"], "compliant": True}
    none = {"missing_copyright_info": [], "missing_licensing_info": []}
    report = {"summary": summary, "non_compliant": none, "reuse_spec_version": "3.3"}
    kept: list[Evidence] = []
    monkeypatch.setattr(licences, "lint", lambda: report)
    monkeypatch.setattr(licences, "write", kept.append)
    monkeypatch.setattr("sys.argv", ["licences.py"])
    assert licences.main() == 0
    rows = third_party.notice()
    rows.pop("numpy")
    monkeypatch.setattr(third_party, "notice", lambda: rows)
    assert licences.main() == 1
    assert "no row for numpy" in capsys.readouterr().out
    monkeypatch.undo()
    monkeypatch.setattr(licences, "REUSE", Path("no reuse here"))
    monkeypatch.setattr(licences, "write", kept.append)
    monkeypatch.setattr("sys.argv", ["licences.py"])
    assert licences.main() == 1
    assert [e.verdict for e in kept] == [Verdict.PASS, Verdict.FAIL, Verdict.ERROR]
