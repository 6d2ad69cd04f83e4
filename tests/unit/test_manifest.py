# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A folder of products holds what its manifest says, and comes out the same again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu import manifest
from fsw_emu.cli.main import main
from fsw_emu.packets.framings import gresb
from fsw_emu.packets.recording import RecordingReader

SCENE = ["--scene", "quiet", "--frames", "2", "--seed", "4", "--record", "fee.pcapng"]
KINDS = ["tm.bin", "ce/*.ce", "ce/*.ce.json", "*.fits", "summary.json", "report.html",
         "fee.pcapng", "manifest.json"]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Products of every kind; nobody changes them."""
    out = tmp_path_factory.mktemp("made")
    assert main(["run", *SCENE, "--out", str(out)]) == 0
    return out


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "products"))


def forged(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a manifest as somebody would who knows how it is hashed."""
    body = json.loads(path.read_text())
    del body["sha256"]
    change(body)
    text = json.dumps(body, sort_keys=True, indent=1) + "\n"
    body["sha256"] = sha256(text.encode()).hexdigest()
    path.write_text(json.dumps(body, sort_keys=True, indent=1) + "\n")


def verify(capsys: pytest.CaptureFixture[str], folder: Path) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["verify", str(folder)])
    return code, *capsys.readouterr()


def test_all_that_was_written_is_listed(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = verify(capsys, made)
    assert (code, err) == (0, "")
    assert out == "7 of 7 products as they were written\n"
    for kind in KINDS:
        assert len(list(made.glob(kind))) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", [0, 0.5, -1])
def test_one_changed_byte_of_any_product_is_found(
    folder: Path, capsys: pytest.CaptureFixture[str], kind: str, at: float
) -> None:
    (path,) = folder.glob(kind)
    data = bytearray(path.read_bytes())
    data[-1 if at < 0 else int(at * len(data))] ^= 1
    path.write_bytes(data)
    code, _, err = verify(capsys, folder)
    assert (code, len(err.splitlines())) == (1, 1)
    assert path.name in err


def test_every_part_of_the_manifest_counts(made: Path, tmp_path: Path) -> None:
    data = (made / "manifest.json").read_bytes()
    changed = tmp_path / "manifest.json"
    for at in range(0, len(data), 11):
        changed.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 7]) + data[at + 1 :])
        with pytest.raises(manifest.ManifestError):
            manifest.read(changed)


@given(st.data())
def test_any_other_text_is_no_manifest(
    made: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    text = (made / "manifest.json").read_bytes()
    at = data.draw(st.integers(0, len(text)))
    to = data.draw(st.integers(at, min(at + 40, len(text))))
    other = (
        text[:at] + data.draw(st.binary(max_size=40) | st.sampled_from([b" ", b"\n"])) + text[to:]
    )
    path = tmp_path_factory.getbasetemp() / "other.json"
    path.write_bytes(other)
    if other == text:
        manifest.read(path)
    else:
        with pytest.raises(manifest.ManifestError):
            manifest.read(path)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"sha256": 1}', "[" * 100_000])
def test_what_is_no_manifest_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (folder / "manifest.json").write_text(text)
    code, _, err = verify(capsys, folder)
    assert (code, len(err.splitlines())) == (1, 1)


def test_no_manifest_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        code, _, err = verify(capsys, folder)
        assert (code, len(err.splitlines())) == (2, 1)


def test_missing_and_new_files_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "notes.txt").write_text("mine")
    code, out, _ = verify(capsys, folder)
    assert (code, out.splitlines()[0]) == (0, "not listed: notes.txt")
    (folder / "tm.bin").unlink()
    code, _, err = verify(capsys, folder)
    assert (code, err) == (1, "fsw-emu verify: tm.bin: missing\n")


@pytest.mark.parametrize(
    "name",
    ["../tm.bin", "/etc/passwd", "a/../../b", "", ".", "a\0b", "./tm.bin", "ce//x", "link/x"],
)
def test_a_manifest_does_not_lead_out_of_its_folder(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (folder / "link").symlink_to(folder.parent)
    (folder.parent / "x").write_bytes(b"precious")

    def change(body: dict[str, Any]) -> None:
        body["products"][0]["name"] = name

    forged(folder / "manifest.json", change)
    code, _, err = verify(capsys, folder)
    assert (code, len(err.splitlines())) == (1, 1)
    manifest.clear(folder, keep=[])
    assert (folder.parent / "x").read_bytes() == b"precious"


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.update(format=2),
        lambda body: body.update(products={}),
        lambda body: body.update(products=[1]),
        lambda body: body["products"][0].update(bytes="1"),
        lambda body: body["products"][0].update(more=1),
        lambda body: body.pop("apart"),
        lambda body: body["products"][0].update(name="ce"),
        lambda body: body["products"][0].update(name="x" * 5000),
        lambda body: body["products"][0].update(name="\ud800"),
        lambda body: body["products"][0].update(name="a\nb"),
    ],
)
def test_a_forged_manifest_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], change: Callable[[dict[str, Any]], None]
) -> None:
    forged(folder / "manifest.json", change)
    code, _, err = verify(capsys, folder)
    assert (code, len(err.splitlines())) == (1, 1)


# Again


def test_place_and_machine_have_no_say_in_products(made: Path, tmp_path: Path) -> None:
    """From the manifest, in another folder, with another zone, language, mask and hash seed."""
    again = tmp_path / "again"
    env = {**os.environ, "TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "7", "LANG": "C"}
    command = [sys.executable, "-m", "fsw_emu.cli.main", "run"]
    done = subprocess.run(
        [*command, "--from", str(made / "manifest.json"), "--out", "again"],
        cwd=tmp_path, env=env, umask=0o077, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "all 7 as in the manifest" in done.stdout
    names = [path.relative_to(made) for path in made.rglob("*") if path.is_file()]
    assert len(names) == 8
    one, two = (json.loads((out / "manifest.json").read_text()) for out in (made, again))
    names.remove(Path("manifest.json"))
    assert all((made / name).read_bytes() == (again / name).read_bytes() for name in names)
    assert one["apart"] != two["apart"]
    for body in (one, two):
        del body["apart"], body["sha256"]
    assert one == two


@pytest.fixture(scope="module")
def recorded(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a recording and a map of bad pixels: out, beside link.gresb and bad.npz."""
    folder = tmp_path_factory.mktemp("recorded")
    packets = RecordingReader().feed((made / "fee.pcapng").read_bytes())
    (folder / "link.gresb").write_bytes(b"".join(gresb.build(one.data) for one in packets))
    np.savez(folder / "bad.npz", E2=np.eye(639, 384, dtype=bool))
    options = ["--bad-pixels", folder / "bad.npz", "--pedestal", 500, "--out", folder / "out"]
    assert main(["run", str(folder / "link.gresb"), *map(str, options)]) == 0
    return folder


def test_inputs_are_told_by_what_they_hold(recorded: Path) -> None:
    found = manifest.read(recorded / "out/manifest.json")
    for option, name in {"recording": "link.gresb", "bad_pixels": "bad.npz"}.items():
        data = (recorded / name).read_bytes()
        told = {"name": name, "bytes": len(data), "sha256": sha256(data).hexdigest()}
        assert found.command["options"][option] == told
        assert told in found.provenance["inputs"]
        assert found.apart["paths"][option] == str(recorded / name)
    told_apart = {path.read_bytes() for path in (recorded / "out").rglob("*.*")
                  if path.name != "manifest.json"}  # fmt: skip
    assert not any(str(recorded).encode() in data for data in told_apart)


def test_inputs_may_move_but_not_change(
    recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = tmp_path / "link.gresb"
    shutil.copy(recorded / "link.gresb", moved)
    again = ["run", "--from", str(recorded / "out/manifest.json"), "--out", str(tmp_path / "out")]
    assert main([*again, str(moved)]) == 0
    assert "all 6 as in the manifest" in capsys.readouterr().out
    moved.write_bytes(moved.read_bytes()[:-1] + b"\1")
    shutil.rmtree(tmp_path / "out")
    assert main([*again, str(moved)]) == 1
    assert "not the file of" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    moved.unlink()
    assert main([*again, str(moved)]) == 2
    assert main([*again, "--codec", "none"]) == 2
    assert "brings its own options" in capsys.readouterr().err.splitlines()[-1]


def test_a_library_that_the_run_did_not_use_is_not_loaded(
    recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "libsxi.so").write_bytes(b"anything")

    def change(body: dict[str, Any]) -> None:
        body["command"]["options"]["target"] = "lib:libsxi.so"
        body["apart"]["paths"]["target"] = str(tmp_path / "libsxi.so")

    shutil.copytree(recorded / "out", tmp_path / "in")
    forged(tmp_path / "in/manifest.json", change)
    again = ["--from", str(tmp_path / "in/manifest.json"), "--out", str(tmp_path / "out")]
    assert main(["run", *again]) == 1
    assert "not the build of" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_another_product_than_the_manifest_says_is_told(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(body: dict[str, Any]) -> None:
        body["provenance"]["version"] = "0.0.9"
        body["products"][-1]["sha256"] = "0" * 64

    forged(folder / "manifest.json", change)
    again = ["--from", str(folder / "manifest.json"), "--out", str(tmp_path / "out")]
    assert main(["run", *again]) == 1
    err = capsys.readouterr().err
    assert "made by or of something else: version" in err
    assert "tm.bin: not as in the manifest" in err


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body["command"].update(name="ground"),
        lambda body: body["command"].pop("options"),
        lambda body: body["apart"].pop("paths"),
        lambda body: body["command"]["options"].update(codec="zip"),
        lambda body: body["command"]["options"].update(warp=9),
        lambda body: body["command"]["options"].update(help=True),
        lambda body: body["command"]["options"].update(t0={"name": "a"}),
    ],
)
def test_a_manifest_of_something_else_is_wrong_use(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    change: Callable[[dict[str, Any]], None],
) -> None:  # fmt: skip
    forged(folder / "manifest.json", change)
    again = ["--from", str(folder / "manifest.json"), "--out", str(tmp_path / "out")]
    assert main(["run", *again]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_run_does_not_remove_what_it_reads(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["run", "fee.pcapng"], ["ground", "tm.bin"]):
        assert main([command[0], str(folder / command[1]), "--out", str(folder)]) == 2
        assert "is a product of the run" in capsys.readouterr().err
    assert manifest.verify(folder).wrong == ()


def test_ground_products_have_a_manifest_too(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        assert main(["ground", str(made / "tm.bin"), "--out", str(tmp_path / name)]) == 0
    code, out, _ = verify(capsys, tmp_path / "a")
    assert (code, out) == (0, "3 of 3 products as they were written\n")
    products = [path for path in (tmp_path / "a").iterdir() if path.name != "manifest.json"]
    for path in products:  # the manifest tells when it was made, too
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    found = manifest.read(tmp_path / "a/manifest.json")
    assert found.provenance["onboard"] is None
    data = (made / "tm.bin").read_bytes()
    assert found.provenance["inputs"][0]["sha256"] == sha256(data).hexdigest()
