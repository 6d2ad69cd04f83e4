# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Lab files: what they mean, and how wrong ones are told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.cli.main import main
from hil.lab.file import TESTS, End, LabError, LabFile, read_lab
from hil.rmap.quirks import Quirks

EXAMPLES = Path(__file__).resolve().parents[2] / "docs/examples"
FULL = """\
seed = 3
dut = "dpu"
time_limit_s = 2.5
[node.fee]
is = "emulated"
options = { scene = "quiet" }
quirks = { status_is_key = true, max_read_bytes = 4, read_extra_bytes = 1, read_data_crc = false }
[node.dpu]
is = "gresb-server://127.0.0.1:1234"
telemetry = "pus-tcp://127.0.0.1:5570"
[link.science]
joins = ["fee", "dpu"]
faults = "plan.toml"
[link.telemetry]
joins = ["tests", "dpu.telemetry"]
"""
KEYS = sorted(set(re.findall(r"(\w+) = ", FULL)) - {"scene"})


def read(text: str, folder: Path) -> LabFile:
    (folder / "plan.toml").write_text("[[fault]]\nkind = 'drop'\nchance = 0.5\n")
    path = folder / "lab.toml"
    path.write_text(text)
    return read_lab(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab")


def test_all_keys(folder: Path) -> None:
    lab = read(FULL, folder)
    assert (lab.seed, lab.dut, lab.time_limit_s) == (3, "dpu", 2.5)
    assert lab.nodes["fee"].emulated
    assert lab.nodes["fee"].options == {"scene": "quiet"}
    assert lab.nodes["fee"].quirks == Quirks(
        status_is_key=True, max_read_bytes=4, read_extra_bytes=1, read_data_crc=False
    )
    assert lab.nodes["dpu"].addresses == {
        "": "gresb-server://127.0.0.1:1234",
        "telemetry": "pus-tcp://127.0.0.1:5570",
    }
    assert lab.links["science"].ends == (End("fee"), End("dpu"))
    assert lab.links["science"].faults is not None
    assert lab.links["science"].faults.rules[0].chance == 0.5
    assert lab.links["telemetry"].ends == (End(TESTS), End("dpu", "telemetry"))


@given(key=st.sampled_from(KEYS), at=st.integers(0, 20), letter=st.sampled_from("qz"))
def test_a_misspelt_key_is_told_with_what_was_meant(
    folder: Path, key: str, at: int, letter: str
) -> None:
    at %= len(key) + 1
    wrong = key[:at] + letter + key[at:]
    with pytest.raises(LabError) as caught:
        read(re.sub(rf"\b{key} = ", f"{wrong} = ", FULL, count=1), folder)
    assert f"'{wrong}' is unknown" in str(caught.value)
    assert f"did you mean '{key}'?" in str(caught.value) or len(key) < 3
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('is = "emulated"', "", "node.fee.is is missing"),
        ('is = "emulated"', 'is = "gresb"', "node.fee.is is 'emulated' or an address"),
        ('is = "emulated"', "is = 1", "node.fee.is is text, not 1"),
        ('["fee", "dpu"]', '["fee"]', "link.science.joins is two ends"),
        ('["fee", "dpu"]', '["fee", "fee"]', "fee to itself"),
        ('["fee", "dpu"]', '["fee", "dpo"]', "did you mean 'dpu'?"),
        ('["fee", "dpu"]', '["dpu.telemetry", "fee"]', "is joined by link.science"),
        ('["fee", "dpu"]', '["tests", "dpu"]', "node.fee: no link joins it"),
        ("plan.toml", "none.toml", "link.science.faults: "),
        ("status_is_key = true", "status_is_key = 1", "status_is_key is true or false, not 1"),
        ("max_read_bytes = 4", "max_read_bytes = 0", "max_read_bytes is at least 1"),
        ("max_read_bytes = 4", "max_read_bytes = true", "is a whole number, not True"),
        ("time_limit_s = 2.5", "time_limit_s = 0", "time_limit_s is more than 0"),
        ("time_limit_s = 2.5", "time_limit_s = nan", "time_limit_s is more than 0"),
        ("seed = 3", "seed = 3.0", "seed is a whole number, not 3.0"),
        ('dut = "dpu"', 'dut = "obc"', "dut: 'obc' is unknown; known are fee, dpu"),
        ("[node.fee]", "[node.tests]", "node.tests: no name of a node"),
        ("seed = 3", "node = 3", "lab.toml: "),
        ("seed = 3", "seed = ", "lab.toml: "),
    ],
)
def test_what_is_wrong_is_told_in_a_line(folder: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(LabError) as caught:
        read(FULL.replace(old, new, 1), folder)
    assert said in str(caught.value)
    assert "lab.toml: " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_emulated_node_is_one_that_there_is(folder: Path) -> None:
    with pytest.raises(LabError, match=r"'obc' is unknown; known are fee, dpu"):
        read('[node.obc]\nis = "emulated"\n', folder)
    assert read('[node.obc]\nis = "spw-tcp://127.0.0.1:1"\n', folder).dut == "obc"


def test_two_real_ends_are_for_the_bridge(folder: Path) -> None:
    real = FULL.replace('is = "emulated"', 'is = "gresb://127.0.0.1:1"')
    with pytest.raises(LabError, match="fsw-emu bridge"):
        read(real, folder)


def test_without_links_all_ends_are_joined_to_the_tests(folder: Path) -> None:
    lab = read('[node.dpu]\nis = "a://b"\ntelemetry = "c://d"\n', folder)
    assert {name: link.ends for name, link in lab.links.items()} == {
        "dpu": (End(TESTS), End("dpu")),
        "telemetry": (End(TESTS), End("dpu", "telemetry")),
    }


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (FULL, 0, ""),
        ("[node]", 2, "fsw-emu lab: {}: node: a lab has one at least, like [node.fee]\n"),
        (
            '[node.fee]\nis = "emulated"\noptions = { scne = "storm" }\n',
            2,
            "fsw-emu lab: {}: node.fee: options.scne is unknown; did you mean 'scene'?\n",
        ),
        (None, 2, "fsw-emu lab: {}: No such file or directory\n"),
    ],
)
def test_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, code: int, said: str
) -> None:
    (tmp_path / "plan.toml").touch()
    path = tmp_path / "lab.toml"
    if text is not None:
        path.write_text(text)
    assert main(["lab", str(path)]) == code
    out, err = capsys.readouterr()
    assert err == said.format(path)
    assert bool(out) is (code == 0)


def test_the_page_tells_the_same() -> None:
    page = (EXAMPLES.parent / "lab.md").read_text()
    text = (EXAMPLES / "emulated.toml").read_text()
    assert text.partition("\n\n")[2] in page
    for key in KEYS:
        assert re.search(rf"\b{key}\b", page), key


def test_one_line_makes_it_real(folder: Path) -> None:
    text = (EXAMPLES / "emulated.toml").read_text()
    emulated = read(text, folder)
    real = read(text.replace('"emulated"', '"gresb://192.168.1.20:1234"', 1), folder)
    assert emulated.links == real.links
    assert emulated.nodes["fee"].emulated
    assert real.nodes["fee"].addresses == {"": "gresb://192.168.1.20:1234"}
    assert real.nodes["fee"].quirks == emulated.nodes["fee"].quirks
