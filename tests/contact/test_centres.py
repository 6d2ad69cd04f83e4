# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Two science centres have the same products, of whole telemetry; all else is told."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.cli.contacts import packet_at
from fsw_emu.cli.main import main
from fsw_emu.contact.centres import Dump, arrival, dumps_of, merged
from fsw_emu.core import Core
from fsw_emu.ground.run import process
from fsw_emu.ground.telemetry import TelemetryReader
from fsw_emu.packets.pus import SmileTime, build_tm


def packet(count: int, second: int, apid: int = 321, data: bytes = b"") -> bytes:
    return build_tm(
        apid=apid, count=count % 16384, type=13, subtype=2, time=SmileTime(second, 0), data=data
    )


@given(
    seed=st.integers(0, 999),
    n=st.integers(1, 80),
    first=st.sampled_from([0, 16370, 5]),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_dumps_does_not_matter(seed: int, n: int, first: int, order: Any) -> None:
    stream = [packet(first + i, i // 3, data=bytes([i])) for i in range(n)]
    dumps = dumps_of(stream, ["A", "B"], seed=seed, overlap=5)
    assert {p for dump in dumps for p in dump.packets} == set(stream)
    order.shuffle(dumps)
    assert merged(dumps) == stream
    assert merged(arrival(dumps, {"A"})) == merged(arrival(dumps, {"B"}))


def test_dumps_that_disagree_are_told() -> None:
    dumps = [Dump("A", (packet(1, 1, data=b"a"),)), Dump("B", (packet(1, 1, data=b"b"),))]
    with pytest.raises(ValueError, match="APID 321 count 1"):
        merged(dumps)


@pytest.fixture(scope="module")
def telemetry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    scene = ["--scene", "storm", "--frames", "3", "--group", "1"]
    assert main(["run", *scene, "--out", str(out)]) == 0
    return out / "tm.bin"


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def centres(telemetry: Path, out: Path, *more: str) -> int:
    return main(["contacts", "--telemetry", str(telemetry), "--out", str(out), *more])


def test_both_centres_make_the_same(telemetry: Path, tmp_path: Path, core: Core) -> None:
    assert centres(telemetry, tmp_path) == 0
    process(telemetry, tmp_path / "direct", core)
    esa, cas, direct = (hashes(tmp_path / name) for name in ("ESA", "CAS", "direct"))
    assert esa == cas == direct
    assert len(esa) >= 2


def test_what_lay_in_a_folder_is_not_compared(telemetry: Path, tmp_path: Path) -> None:
    (tmp_path / "ESA").mkdir()
    (tmp_path / "ESA/of before.fits").write_text("old")
    assert centres(telemetry, tmp_path) == 0


def flipped(data: bytes, n: int) -> bytes:
    damaged = bytearray(data)
    for i in range(n):
        damaged[len(data) * (2 * i + 1) // (2 * n)] ^= 0xFF
    return bytes(damaged)


@pytest.mark.parametrize("n", [1, 30])
def test_damaged_telemetry_is_no_proof(
    telemetry: Path, tmp_path: Path, capsys: Any, n: int
) -> None:
    damaged = tmp_path / "tm.bin"
    damaged.write_bytes(flipped(telemetry.read_bytes(), n))
    assert centres(damaged, tmp_path / "out") == 1
    said = capsys.readouterr()
    assert "checksum mismatch" in said.err
    assert "both centres have the same" not in said.out


@pytest.mark.parametrize("which", ["middle", "last"])
def test_missing_packets_are_told(telemetry: Path, tmp_path: Path, capsys: Any, which: str) -> None:
    data = telemetry.read_bytes()
    packets = [packet_at(data, each.position) for each in TelemetryReader().feed(data)]
    del packets[len(packets) // 2 if which == "middle" else -1]
    less = tmp_path / "tm.bin"
    less.write_bytes(b"".join(packets))
    assert centres(less, tmp_path / "out") == 1
    said = capsys.readouterr()
    assert f"fsw-emu contacts: {less}: " in said.err
    assert "damaged or not whole" in said.out


def test_no_product_is_no_success(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "tm.bin").write_bytes(build_tm(
        apid=321, count=0, type=3, subtype=25, time=SmileTime(1, 0), data=b"housekeeping"
    ))  # fmt: skip
    assert centres(tmp_path / "tm.bin", tmp_path / "out") == 1
    said = capsys.readouterr()
    assert "no product came of it" in said.err
    assert "same" not in said.out


def plan_file(path: Path, before: str, after: str) -> Path:
    text = (Path(__file__).parents[2] / "fsw_emu/contact/plan.toml").read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    return path


def test_one_centre_is_not_compared_with_itself(
    telemetry: Path, tmp_path: Path, capsys: Any
) -> None:
    for name in ("ESA", "esa"):
        plan = plan_file(tmp_path / "plan.toml", 'centre = "CAS"', f'centre = "{name}"')
        assert centres(telemetry, tmp_path / "out", "--plan", str(plan)) == 2
        assert capsys.readouterr().err.count("\n") == 1
        assert not (tmp_path / "out").exists()


def test_a_centre_may_have_two_stations(telemetry: Path, tmp_path: Path, capsys: Any) -> None:
    third = (
        '[[pass]]\nstation = "Kiruna"\ncentre = "ESA"\nfrom_perigee_min = 70\nminutes = 5\n[alert]'
    )
    plan = plan_file(tmp_path / "plan.toml", "[alert]", third)
    assert centres(telemetry, tmp_path / "out", "--plan", str(plan)) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["CAS", "ESA"]
    assert "6 dumps" in capsys.readouterr().out
