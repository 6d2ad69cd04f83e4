# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Products tell what they are made of; the same sources give the same objects anywhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import fields, replace
from hashlib import sha256
from pathlib import Path

import astropy
import build_record
import fitsio
import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

import fsw_emu.targets
from fsw_emu import provenance as p
from fsw_emu.cli.main import main
from fsw_emu.cli.recorder import FrameClock
from fsw_emu.dpu.science.settings import FilterSettings, Settings
from fsw_emu.packets.pcapng import PcapngReader

ROOT = Path(__file__).resolve().parents[2]
BUILD = p.Build("host core", "objects", "ab" * 32, "gcc 12", "-O3" + " -fa-long-flag" * 12)
ORIGIN = p.Provenance(
    version="1.2",
    sources=p.Sources("c0ffee" * 6 + "c0ff", True),
    onboard=BUILD,
    ground=BUILD,
    parameters=p.Parameters("storm-01234567", "01" * 32),
    seed=5,
    inputs=(p.Input("a.gresb", 7, "cd" * 32),),
    packages={"numpy": "2.0"},
)
git_free = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=n", "-c", "user.email=e", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=git_free)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "fsw_emu").mkdir()
    (tmp_path / "fsw_emu/a.py").write_text("1")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "a")
    return tmp_path


# Sources


def test_what_makes_products_makes_a_checkout_dirty(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = p.Sources(git(repository, "rev-parse", "HEAD"), False)
    assert p.sources(repository) == clean
    (repository / "out").mkdir()
    (repository / "out/tm.bin").write_text("a product")
    monkeypatch.setenv("GIT_DIR", str(repository / "elsewhere"))  # as within a hook
    assert p.sources(repository) == clean
    (repository / "fsw_emu/b.py").write_text("new")
    assert p.sources(repository) == replace(clean, dirty=True)


def test_somebody_elses_repository_is_not_ours(repository: Path) -> None:
    (repository / "site-packages").mkdir()
    assert p.sources(repository / "site-packages") == p.Sources("", False)
    assert p.checkout.__wrapped__(repository / "site-packages") == p.Checkout("", False, "")


def test_an_installed_package_tells_the_commit_of_its_build(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = {"version": "3.4", "commit": "beef", "dirty": True}
    monkeypatch.setattr(p, "build_record", lambda _: record)
    monkeypatch.setattr(p, "sources", lambda: p.Sources("", False))
    assert p.software.__wrapped__() == ("3.4", p.Sources("beef", True))
    monkeypatch.setattr(p, "sources", lambda: p.Sources("feed", False))
    assert p.software.__wrapped__() == ("3.4", p.Sources("feed", False))


# Parameter sets


def test_any_other_setting_is_another_set() -> None:
    sets = [Settings(), replace(Settings(), filter=FilterSettings(pedestal=1))]
    for name, value in {"codec": "none", "mode": 3, "bad_pixels": {"E2": b"\0"}}.items():
        sets.append(replace(Settings(), **{name: value}))
    sets.append(replace(Settings(), bad_pixels={"E2": b"\1"}))
    told = [p.parameter_set("storm", {"chain": one}) for one in sets]
    assert len({one.id for one in told}) == len({one.sha256 for one in told}) == len(sets)
    assert p.parameter_set("storm", {"chain": Settings()}) == told[0]


@given(st.dictionaries(st.text(), st.integers() | st.floats(allow_nan=False) | st.text()))
def test_a_set_is_its_values_in_any_order(values: dict[str, object]) -> None:
    values = {name: v for name, v in values.items() if v not in (float("inf"), -float("inf"))}
    one = p.parameter_set("a", values)
    assert p.parameter_set("a", dict(reversed(values.items()))) == one
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    assert one.sha256 == sha256(text.encode()).hexdigest()
    assert one.id == f"a-{one.sha256[:8]}"


# Renderings


def test_every_field_is_in_every_rendering() -> None:
    assert set(p.as_json(ORIGIN)) == {field.name for field in fields(p.Provenance)}
    values = [str(row.value) for row in p.rows(ORIGIN)]
    for told in ("fsw-emu 1.2", ORIGIN.sources.commit, "True", BUILD.name, BUILD.sha256,
                 BUILD.compiler, BUILD.flags, "storm-01234567", "01" * 32, "5", "a.gresb",
                 "cd" * 32, "numpy 2.0"):  # fmt: skip
        assert told in values
    cards = p.fits_cards(ORIGIN)
    assert len({keyword for keyword, _, _ in cards}) == len(cards) == len(p.named(ORIGIN))
    assert all(re.fullmatch("[A-Z0-9]{1,8}", keyword) for keyword, _, _ in cards)


@settings(max_examples=15)
@given(st.text(min_size=1, max_size=90))
def test_any_name_of_a_file_fits_a_header(name: str) -> None:
    origin = replace(ORIGIN, inputs=(p.Input(name, 1, "00" * 32),))
    header = fits.Header(fits.Card(*card) for card in p.fits_cards(origin))
    again = fits.Header.fromstring(header.tostring())
    assert dict(again) == {keyword: value for keyword, value, _ in p.fits_cards(origin)}
    assert all("\n" not in value for _, value in p.named(origin))


# Products


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made")
    options = ["--image", "uv", "--frames", "1", "--seed", "8", "--record", "fee.pcapng"]
    assert main(["run", *options, "--out", str(out)]) == 0
    return out


def test_all_products_tell_the_same(made: Path) -> None:
    (sidecar,) = (made / "ce").glob("*.json")
    told = [json.loads(path.read_text())["provenance"]
            for path in (made / "summary.json", sidecar, made / "manifest.json")]  # fmt: skip
    assert told[0] == told[1] == told[2]
    origin = told[0]
    host = fsw_emu.targets.build("host")
    assert origin["ground"] == origin["onboard"] == vars(host)
    assert re.fullmatch("[0-9a-f]{64}", host.sha256)
    assert "-O3" in host.flags
    assert origin["packages"] == {"astropy": astropy.__version__, "numpy": np.__version__}
    assert (origin["seed"], origin["inputs"]) == (8, [])
    page = (made / "report.html").read_text()
    reader = PcapngReader()
    reader.feed((made / "fee.pcapng").read_bytes())
    for value in (host.sha256, origin["parameters"]["sha256"], origin["sources"]["commit"]):
        assert f"<td>{value}</td>" in page
        assert f": {value}\n" in reader.comment


def test_another_reader_finds_it_in_every_fits_header(made: Path) -> None:
    origin = json.loads((made / "summary.json").read_text())["provenance"]
    (path,) = made.glob("*.fits")
    with fits.open(path, checksum=True) as hdus:
        hdus.verify("exception")
        n_hdus = len(hdus)
    with fitsio.FITS(str(path)) as file:
        assert len(file) == n_hdus == 6
        for hdu in file:
            header = hdu.read_header()
            assert header["OBFLAGS"] == origin["onboard"]["flags"]
            assert header["GDSHA"] == origin["ground"]["sha256"]
            assert header["PARAMID"] == origin["parameters"]["id"]
            assert header["COMMIT"] == (origin["sources"]["commit"] or "unknown")
            assert bool(header["DIRTY"]) == origin["sources"]["dirty"]
            assert header["SEED"] == 8


def test_captures_have_the_emulated_time(tmp_path: Path) -> None:
    options = ["--scene", "quiet", "--frames", "3", "--t0", "2018-01-01T00:00:10Z"]
    main(["run", *options, "--record", "fee.pcapng", "--out", str(tmp_path)])
    records = PcapngReader().feed((tmp_path / "fee.pcapng").read_bytes())
    assert [ns // 10**9 - 1_514_764_800 for ns in sorted({r.time_ns for r in records})] == [
        10, 20, 30,
    ]  # fmt: skip


def test_the_emulated_time_goes_by_whole_packets_and_forward() -> None:
    """None of the FEE's, a piece of one, a late one: they have the time that was reached."""
    clock = FrameClock(Settings(t0_s=0))

    def seconds(packet: bytes) -> int:
        return clock.time_ns(packet) // 10**9 - 1_514_764_800

    def fee(counter: int) -> bytes:
        return bytes([0x50, 0xF0, 0, 0, 0, 0, counter >> 8, counter & 0xFF, 0, 0])

    told = [fee(0xFFFF), fee(0xFFFF)[:4], b"", b"\x50\x01" + bytes(8), fee(0), fee(0xFFFF), fee(1)]
    assert [seconds(packet) for packet in told] == [0, 0, 0, 0, 10, 10, 20]


def test_a_capture_stays_in_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("../fee.pcapng", str(tmp_path / "fee.pcapng"), "", "..", "tm.bin", ".pcapng"):
        assert main(["run", "--record", name, "--out", str(tmp_path / "out")]) == 2
        assert "--record" in capsys.readouterr().err


def test_verdicts_tell_what_was_tested(tmp_path: Path) -> None:
    xml = tmp_path / "verdicts.xml"
    one = "tests/unit/test_public.py::test_options_are_by_name_only"
    command = [sys.executable, "-m", "pytest", one, f"--junitxml={xml}"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    told = {e.get("name"): e.get("value") for e in ET.parse(xml).iter("property")}  # noqa: S314
    assert told["ground objects sha256"] == fsw_emu.targets.build("host").sha256
    assert told["parameter set"].startswith("tests-")


# Builds


BUILD_BOTH = """
import sys
from pathlib import Path
sys.path.insert(0, "tools")
from build_core import build
source = Path(sys.argv[1])
said = build(source / "elf", cross="leon3", source=source)
sys.exit(said or build(source / "lib", optimise=1, source=source) or 0)
"""


def test_the_same_sources_in_another_folder_make_the_same(tmp_path: Path) -> None:
    """Another folder, mask and hash seed; the program bit for bit."""
    records, programs = [], []
    for name, seed, mask in (("a", "1", 0o022), ("a/much/longer/path of a clone", "2", 0o077)):
        source = tmp_path / name
        for part in ("c_src", "cross", "fsw_emu"):
            shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("*.py*"))
        for pyx in (ROOT / "fsw_emu").glob("*.p[xy]*"):
            shutil.copy(pyx, source / "fsw_emu")
        for part in ("meson.build", "pyproject.toml"):
            shutil.copy(ROOT / part, source)
        env = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C", "TZ": f"X{seed}"}
        command = [sys.executable, "-c", BUILD_BOTH, str(source)]
        subprocess.run(command, cwd=ROOT, env=env, umask=mask, check=True)
        programs.append((source / "elf/sxi.elf").read_bytes())
        for path in ("elf/sxi.elf.json", "lib/libsxi.so.json"):
            records.append(json.loads((source / path).read_text()))
    assert programs[0] == programs[1]
    assert records[:2] == records[2:]
    assert records[0]["objects"] != records[1]["objects"]


def test_a_changed_source_is_another_hash(tmp_path: Path) -> None:
    objects = [tmp_path / "a.o", tmp_path / "b.o"]
    for path in objects:
        path.write_bytes(path.name.encode())
    before = build_record.objects_hash(objects)
    assert build_record.objects_hash(objects[::-1]) == before
    objects[1].write_bytes(b"other")
    assert build_record.objects_hash(objects) != before


def test_flags_are_those_that_make_the_code() -> None:
    command = "ccache cc -Ix/y -I z -DA=1 -Wall -Werror -O2 -MD -MQ a.o -MF a.d -o a.o -c ../a.c"
    assert build_record.flags_of(command) == "-DA=1 -O2"


def test_a_record_belongs_to_its_file(tmp_path: Path) -> None:
    library = ROOT / "build/release/libsxi.so"
    copy = tmp_path / "vendor.so"
    shutil.copy(library, copy)
    unknown = fsw_emu.targets.build(f"lib:{copy}")
    assert (unknown.of, unknown.flags) == ("file", "unknown")
    assert unknown.sha256 == sha256(copy.read_bytes()).hexdigest()
    assert "GCC" in unknown.compiler or "clang" in unknown.compiler
    record = {"file": unknown.sha256, "objects": "0" * 64, "compiler": "cc", "flags": "-O1"}
    (tmp_path / "vendor.so.json").write_text(json.dumps(record))
    known = fsw_emu.targets.build(f"lib:{copy}")
    assert known == p.Build("lib vendor.so", "objects", "0" * 64, "cc", "-O1")
    copy.write_bytes(copy.read_bytes() + b"\0")
    assert fsw_emu.targets.build(f"lib:{copy}").of == "file"
    (tmp_path / "vendor.so.json").write_text("[]")
    copy.write_bytes(b"no ELF file")
    assert fsw_emu.targets.build(f"lib:{copy}").compiler == "unknown"
