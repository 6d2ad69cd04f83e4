# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The requirements of this project: whole as they are, and each damage to them is found."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import spec_tables
from conformance import test_spec_entities, test_spec_tables
from trace_cases import edit
from traceability.items import read_items
from traceability.matrix import join, read_project

from fsw_emu.core import Core

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the gate reads of this project, but for verdicts."""
    root = tmp_path_factory.mktemp("project")
    only_python = shutil.ignore_patterns("__pycache__", "vectors")
    shutil.copytree(ROOT / "tests", root / "tests", ignore=only_python)
    shutil.copytree(ROOT / "requirements", root / "requirements")
    shutil.copy(ROOT / "SPEC.md", root)
    for item in read_items(ROOT).values():
        for reference in item.references or ():
            (root / reference["path"]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / reference["path"], root / reference["path"])
    return root


@pytest.fixture
def project(copied: Path) -> Iterator[Path]:
    """The copy, put right again afterwards."""
    yield copied
    shutil.copy(ROOT / "SPEC.md", copied)
    for folder in ("requirements", "tests/unit", "tests/props", "tests/conformance"):
        for path in (ROOT / folder).glob("*.*"):
            if path.suffix in (".py", ".yml", ".toml"):
                shutil.copy(path, copied / folder)


def findings(root: Path) -> list[str]:
    return join(read_project(root)).findings


def test_nothing_is_missing(copied: Path) -> None:
    assert findings(copied) == []


def test_a_wrong_sentence_is_found(project: Path) -> None:
    edit(project / "SPEC.md", "two equal maxima lose both", "two equal maxima win both")
    (finding,) = findings(project)
    assert finding.startswith("EDU-3: SPEC.md:")


def test_a_wrong_row_is_found(project: Path) -> None:
    edit(project / "SPEC.md", "| 82 | sdpEvtCtr | u32 |", "| 82 | sdpEvtCtr | u16 |")
    (finding,) = findings(project)
    assert finding.startswith("CE-20: SPEC.md:")


def test_a_removed_test_is_found(project: Path) -> None:
    edit(project / "tests/props/test_filter.py", "def test_equality_passes", "def equality_passes")
    assert "FILT-3: without evidence: no test verifies it" in findings(project)


def test_a_removed_test_of_many_is_found(project: Path) -> None:
    edit(project / "tests/props/test_edu.py", "def test_mask_cycle", "def mask_cycle")
    (finding,) = (f for f in findings(project) if f.startswith("EDU-9"))
    assert "test_mask_cycle verified it at its review and does no more" in finding


def test_a_skipped_test_is_found(project: Path) -> None:
    skipped = '@pytest.mark.skip(reason="later")\ndef test_equality_passes'
    edit(project / "tests/props/test_filter.py", "def test_equality_passes", skipped)
    (finding,) = findings(project)
    assert finding == "FILT-3: without evidence: all its tests are skipped or expected to fail"


def test_a_deleted_item_is_found(project: Path) -> None:
    (project / "requirements/CE-16.yml").unlink()
    assert "CE-16: deleted; retire it instead" in findings(project)


def test_the_highest_id_is_not_deleted_unseen(project: Path) -> None:
    (project / "requirements/TM-12.yml").unlink()
    spec, ledger = project / "SPEC.md", project / "requirements/ledger.toml"
    (line,) = (line for line in spec.read_text().splitlines() if "[TM-12]" in line)
    words = line.partition("[TM-12]")[0].rpartition("] ")[2]
    edit(spec, f"{words}[TM-12]", "")
    kept = ledger.read_text()
    entry = kept[kept.index("TM-12 = ") : kept.index("]\n", kept.index("TM-12 = ")) + 2]
    edit(ledger, entry, "")
    assert "TM-12: an id that is nowhere, of those up to TM-12" in findings(project)


#: a test of the tables, and a number in SPEC.md that it has to find wrong
WRONG = [
    (test_spec_tables.test_nodes, "639 rows x 384", "640 rows x 384"),
    (test_spec_tables.test_fee_header, "protocol identifier 0xF0", "protocol identifier 0xF1"),
    (test_spec_tables.test_fee_header, "| 6-7 | frame counter", "| 8-9 | frame counter"),
    (test_spec_tables.test_fee_type_field, "[6:5] side", "[7:6] side"),
    (test_spec_tables.test_fee_type_field, "3 wandering mask", "2 wandering mask"),
    (test_spec_tables.test_event_payload, "column at 10, row at 12", "column at 12, row at 10"),
    (test_spec_tables.test_background_and_threshold, "{0,1,2,3,4,5,9", "{0,1,2,3,4,6,9"),
    (test_spec_tables.test_edge, "is 2 pixels or more", "is 3 pixels or more"),
    (test_spec_tables.test_wandering_mask, "beyond row 637", "beyond row 638"),
    (test_spec_tables.test_bad_pixel_mask, "bit 0x08 of byte 482", "bit 0x10 of byte 482"),
    (test_spec_tables.test_ring, "{6,7,8,11,13,16,17,18}", "{6,7,8,11,12,16,17,18}"),
    (
        test_spec_tables.test_first_rule_that_fails_counts,
        "EvtFilterCount1 [F",
        "EvtFilterCount2 [F",
    ),
    (test_spec_entities.test_entity_header, "| 20 | 4 | ce_size", "| 20 | 2 | ce_size"),
    (test_spec_entities.test_entity_header, "microseconds >> 8", "microseconds >> 7"),
    (test_spec_entities.test_products_and_integrity, "2 FT, 3 UV", "3 FT, 2 UV"),
    (test_spec_entities.test_housekeeping_words, "word at\n0x780", "word at\n0x782"),
    (test_spec_entities.test_pus_packet, "at most 886", "at most 888"),
    (test_spec_entities.test_pus_packet, "| 10-13 | seconds", "| 11-14 | seconds"),
    (test_spec_entities.test_transfer, "most 861 bytes", "most 862 bytes"),
    (test_spec_entities.test_checksums, "polynomial 0x1021", "polynomial 0x8005"),
]


@pytest.mark.parametrize(("test", "right", "wrong"), WRONG)
def test_a_wrong_number_is_found(
    core: Core, monkeypatch: pytest.MonkeyPatch, test: Any, right: str, wrong: str
) -> None:
    text = spec_tables.SPEC.read_text()
    assert right in text
    monkeypatch.setattr(spec_tables, "_text", lambda: text.replace(right, wrong, 1))
    with pytest.raises((AssertionError, ValueError, KeyError)):
        test(core)


def test_a_wrong_offset_of_metadata_is_found(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    text = spec_tables.SPEC.read_text().replace(
        "| 82 | sdpEvtCtr | u32 |", "| 82 | sdpEvtCtr | u16 |"
    )
    monkeypatch.setattr(spec_tables, "_text", lambda: text)
    with pytest.raises(AssertionError):
        test_spec_entities.test_metadata(core, "CE-20", test_spec_entities.GROUP_FIELDS)
