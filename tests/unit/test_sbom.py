# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Bills of materials: whole, of the schema, the same for the same, and the tools apart."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import sbom
import third_party

from fsw_emu.provenance import Checkout

NOW = Checkout("c0ffee", True, "abc")


def components(text: str) -> dict[str, Any]:
    return {component["name"]: component for component in json.loads(text)["components"]}


def test_the_product_is_what_it_needs_to_run(tmp_path: Path) -> None:
    text = sbom.product(NOW, tmp_path / "not built")
    assert sbom.fault(text) is None
    needed = {package.name: package for package in third_party.closure(third_party.run_time())}
    found = components(text)
    assert set(found) == {"python", *needed}
    for name, package in needed.items():
        assert found[name]["version"] == package.version
        assert package.licence in json.dumps(found[name]["licenses"])
    root = json.loads(text)["metadata"]["component"]
    assert {"name": "fsw-emu:tree", "value": "abc"} in root["properties"]
    graph = {entry["ref"]: entry for entry in json.loads(text)["dependencies"]}
    direct = {ref.split("/")[-1].split("@")[0] for ref in graph[root["bom-ref"]]["dependsOn"]}
    assert direct == {"python", *third_party.run_time()}
    assert "GPL" not in text


def test_the_flight_program_has_its_hash(tmp_path: Path) -> None:
    program = tmp_path / "sxi.elf"
    program.write_bytes(b"\x7fELF")
    found = components(sbom.product(NOW, program))["sxi.elf"]
    digest = hashlib.sha256(b"\x7fELF").hexdigest()
    assert found["hashes"] == [{"alg": "SHA-256", "content": digest}]


def test_tools_are_on_a_bill_of_their_own() -> None:
    text = sbom.tools(NOW)
    assert sbom.fault(text) is None
    found = components(text)
    assert set(third_party.present(third_party.development())) <= set(found)
    assert set(third_party.debian_versions()) <= set(found)
    licences = third_party.notice()
    told = {name: found[name] for name in licences if name in found}
    assert all("licenses" in component for component in told.values())


def test_debian_packages_have_their_versions() -> None:
    found = third_party.debian_versions()
    assert set(found) <= third_party.debian()
    assert all(version[0].isdigit() for version in found.values())
    assert bool(found) == (shutil.which("dpkg-query") is not None)


def test_the_same_gives_the_same_bytes_and_nothing_else_does(tmp_path: Path) -> None:
    texts = [sbom.product(NOW, tmp_path) for _ in range(2)]
    other = sbom.product(Checkout("c0ffee", True, "abd"), tmp_path)
    assert texts[0] == texts[1]
    serials = {json.loads(text)["serialNumber"] for text in (*texts, other)}
    assert len(serials) == 2
    assert "timestamp" not in texts[0]


@pytest.mark.parametrize(
    ("name", "value"), [("serialNumber", "none"), ("components", [{"name": "no type"}])]
)
def test_a_bill_against_the_schema_is_found(tmp_path: Path, name: str, value: Any) -> None:
    bill = json.loads(sbom.product(NOW, tmp_path)) | {name: value}
    assert sbom.fault(json.dumps(bill)) is not None


def test_the_command_writes_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["sbom.py", "--out", str(tmp_path / "new")])
    monkeypatch.setattr(sbom, "tools", sbom.product)
    assert sbom.main() == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"sbom.json", "sbom-tools.json"}
    monkeypatch.setattr(sbom, "product", lambda _: "{}")
    assert sbom.main() == 1
    assert capsys.readouterr().err.startswith("sbom.json: ")
