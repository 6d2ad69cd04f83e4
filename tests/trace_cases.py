# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A small project with requirements, and what may be wrong with it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

SPEC = """# Specification

## 1. Open questions

| id | question | choices |
|---|---|---|
| A1 | order | raster; simulator |

## 2. Nodes

There are four nodes, and more
than one CCD. [NODE-1] The order is open (A1). [NODE-2]

| byte | field [NODE-3] |
|---|---|
| 0 | address |
| 1 | length [NODE-4] |

Faults are told:

* short packets; [NODE-5]
* long packets. [NODE-6]
"""
TESTS = """import pytest

@pytest.mark.verifies("NODE-1", "NODE-2")
@pytest.mark.parametrize("n", [1, 2])
def test_nodes(n): pass

@pytest.mark.verifies("NODE-2..5")
def test_order(): pass
"""
TREE = "0ddba11"  # the hash of its sources
RESULTS = """<testsuites><testsuite>
<properties><property name="tree" value="0ddba11"/></properties>
<testcase classname="tests.test_nodes" name="test_nodes[1]"/>
<testcase classname="tests.test_nodes" name="test_nodes[2]"/>
<testcase classname="tests.test_nodes.TestThem" file="tests/test_nodes.py" name="test_order"/>
</testsuite></testsuites>
"""
REFERENCE = """ref: ''
references:
- path: SPEC.md
  type: file
  keyword: Faults are told"""

#: file, what stands there, what is put there, what is found
FAULTS: dict[str, tuple[str, str, str, str]] = {
    "a wrong word": ("SPEC.md", "four nodes", "five nodes", "NODE-1: SPEC.md:11 says another"),
    "a row twice": ("SPEC.md", "| A1 |", "| A1 | unit |\n| A1 |", "A1: two rows"),
    "a wrong row": ("SPEC.md", "0 | address", "0 | length", "NODE-3: SPEC.md:14 says another"),
    "a sentence without id": ("SPEC.md", " [NODE-2]", "", "11: a sentence without id: The order"),
    "a sentence more": ("SPEC.md", "The order", "They turn. The order", "without id: They turn."),
    "two ids in a row": ("SPEC.md", " [NODE-4]", " [NODE-4] [NODE-7]", "17: a row has 2 ids"),
    "a list item without id": ("SPEC.md", " [NODE-5]", "", "a sentence without id: short packets"),
    "a row without id": ("SPEC.md", " [NODE-3]", "", "16: a row without id: 0 | address"),
    "a heading without a number": ("SPEC.md", "Faults", "## More\n\nFaults", "19: a heading"),
    "a sentence under it": ("SPEC.md", "Faults are", "## More\n\nNew.\n\nFaults are", "id: New."),
    "section 1 once more": ("SPEC.md", "Faults are", "## 1. More\n\nFaults are", "19: a heading"),
    "an id twice": ("SPEC.md", "[NODE-6]", "[NODE-5]", "NODE-5: twice"),
    "an id that no item has": ("SPEC.md", "[NODE-6]", "[NODE-7]", "NODE-7: in SPEC.md:22, but not"),
    "an item that SPEC has not": ("SPEC.md", "[NODE-6]", "[NODE-7]", "NODE-6: in requirements/,"),
    "an unknown assumption": ("SPEC.md", "(A1)", "(A2)", "NODE-2: A2 is no row of section 1"),
    "an assumption that is no source": (
        "requirements/NODE-2.yml", "IRD, ASSUMED A1", "IRD", "rests on A1, which is not among",
    ),
    "a source changed": ("requirements/NODE-1.yml", "IRD", "TN", "NODE-1: changed since its"),
    "words of an item": ("requirements/NODE-1.yml", "four", "two", "NODE-1: changed since its"),
    "no source": ("requirements/NODE-1.yml", "IRD", "''", "NODE-1: no source"),
    "a source that is none": ("requirements/NODE-1.yml", "IRD", "us", "source 'us' is none"),
    "no method": ("requirements/NODE-1.yml", "method: test", "method: hope", "method 'hope'"),
    "analysis of nothing": (
        "requirements/NODE-1.yml", "method: test", "method: analysis", "analysis without a ref",
    ),
    "a reference to nowhere": (
        "requirements/NODE-6.yml", "path: SPEC.md", "path: GONE.md", "GONE.md is not there",
    ),
    "a reference to words that are gone": (
        "requirements/NODE-6.yml", "Faults are told", "Nothing", "does not say 'Nothing'",
    ),
    "retired, but in SPEC": (
        "requirements/NODE-1.yml", "active: true", "active: false", "NODE-1: retired, but in SPEC",
    ),
    "an id that was given and taken back": (
        "requirements/ledger.toml", "NODE-3 =", "NODE-9 =", "NODE-9: deleted",
    ),
    "an item that no review has seen": (
        "requirements/ledger.toml", "NODE-3 =", "NODE-9 =", "NODE-3: not in requirements/ledger",
    ),
    "a gap in the numbers": (
        "requirements/ledger.toml", "NODE-3 =", "NODE-9 =", "NODE-8: an id that is nowhere",
    ),
    "a highest number taken back": (
        "requirements/ledger.toml", "NODE = 6", "NODE = 5", "NODE-6: above the highest number",
    ),
    "a highest number that is gone": (
        "requirements/ledger.toml", "NODE = 6", "", "NODE-6: above the highest number",
    ),
    "a test that is gone": (
        "tests/test_nodes.py", "def test_nodes", "def nodes", "NODE-1: without evidence",
    ),
    "one test of two that is gone": (
        "tests/test_nodes.py", "def test_nodes", "def nodes",
        "NODE-2: tests/test_nodes.py::test_nodes verified it at its review and does no more",
    ),
    "a marker that is gone": (
        "tests/test_nodes.py", '"NODE-1", ', "", "NODE-1: without evidence: no test verifies it",
    ),
    "a marker of no requirement": (
        "tests/test_nodes.py", '"NODE-1"', '"NODE-1", "NODE-77"', "verifies NODE-77, which is no",
    ),
    "a marker twice": ("tests/test_nodes.py", '"NODE-1"', '"NODE-2"', "verifies the same twice"),
    "a marker of something else": (
        "tests/test_nodes.py", '"NODE-1", "NODE-2"', "*NAMES", "wants ids as they are",
    ),
    "a marker of a module": (
        "tests/test_nodes.py", "import pytest",
        'import pytest\npytestmark = pytest.mark.verifies("NODE-1")', "on test functions only",
    ),
    "a skipped test": (
        "tests/test_nodes.py", "@pytest.mark.para", "@pytest.mark.skip\n@pytest.mark.para",
        "NODE-1: without evidence: all its tests are skipped",
    ),
    "a test skipped on a condition": (
        "tests/test_nodes.py", "@pytest.mark.para", "@pytest.mark.skipif(True)\n@pytest.mark.para",
        "NODE-1: without evidence: all its tests are skipped",
    ),
    "a test expected to fail": (
        "tests/test_nodes.py", "@pytest.mark.para", "@pytest.mark.xfail\n@pytest.mark.para",
        "NODE-1: without evidence: all its tests are skipped or expected to fail",
    ),
    "a skipped module": (
        "tests/test_nodes.py", "import pytest", "import pytest\npytestmark = [pytest.mark.skip()]",
        "NODE-4: without evidence: all its tests are skipped",
    ),
}  # fmt: skip

#: what a test module says in place of "import pytest", and its decorator: each leaves a test out
SPELLINGS = {
    "mark": ("import pytest\nfrom pytest import mark", "@mark.skip"),
    "mark by another name": ("import pytest\nfrom pytest import mark as m", '@m.skip("later")'),
    "pytest by another name": ("import pytest\nimport pytest as pt", "@pt.mark.xfail"),
    "a name for marks": ("import pytest\nmark = pytest.mark", "@mark.skipif(True)"),
    "a name for a mark": ("import pytest\nlater = pytest.mark.skip", '@later(reason="so")'),
    "a name for its call": (
        "import pytest\nfrom pytest import mark\nlater = mark.skipif(True, reason='so')", "@later",
    ),
    "of the module, with a type": ("import pytest\npytestmark: list = [pytest.mark.skip]", ""),
    "of the module": ("import pytest\nfrom pytest import mark\npytestmark = mark.skip", ""),
}  # fmt: skip

#: properties of a JUnit file that do not tell that these sources ran
STALE = {
    "none": "",
    "another": '<property name="software" value="0ddba11"/>',
    "other sources": '<property name="tree" value="c0ffee"/>',
    "unknown sources": '<property name="tree" value=""/>',
    "two": '<property name="tree" value="0ddba11"/><property name="tree" value="c0ffee"/>',
}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def delete_the_last(root: Path) -> None:
    """All that tells of the highest id: sentence, item, entry of the ledger; no test has it."""
    edit(root / "SPEC.md", "* long packets. [NODE-6]\n", "")
    (root / "requirements/NODE-6.yml").unlink()
    edit(root / "requirements/ledger.toml", "NODE-6 = []\n", "")


def git(root: Path, *arguments: str) -> None:
    """A command of git in a folder, whatever repository this runs for."""
    who = ("-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "commit.gpgsign=false")
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", *who, *arguments]
    subprocess.run(command, cwd=root, env=env, check=True, capture_output=True)
