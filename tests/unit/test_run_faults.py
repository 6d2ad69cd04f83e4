# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu run`` when something is wrong: the use, the data, the disk, or its end."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from runs import error_of, run

from fsw_emu.cli.main import main
from fsw_emu.core import default_core
from fsw_emu.fee.front_end import FrontEnd, FrontEndSettings
from fsw_emu.packets import pcap
from fsw_emu.packets.capture import framed
from fsw_emu.packets.framings import gresb
from fsw_emu.scene import Scene


@pytest.mark.parametrize(
    ("args", "what"),
    [
        (["nowhere.gresb", "--out", "{tmp}"], "no such file"),
        (["{junk}", "--out", "{tmp}"], "not a recording"),
        (["{empty}", "--out", "{tmp}"], "not a recording"),
        (["{junk}", "--out", "{tmp}", "--scene", "quiet"], "belongs to a scene"),
        (["--out", "{tmp}", "--frames", "0"], "at least 1"),
        (["--out", "{tmp}", "--centre-max", "65536"], "65536 is not within"),
        (["--out", "{tmp}", "--pedestal", "9000"], "ring-sum-max"),
        (["--out", "{tmp}", "--t0", "yesterday"], "not a time"),
        (["--out", "{tmp}", "--group", "541"], "1..540"),
        (["--out", "{tmp}", "--nodes", "E3"], "is none of"),
        (["--out", "{junk}"], "junk"),
        (["--out", "{junk}/below"], "Not a directory"),
        (["--out", "{tmp}", "--bad-pixels", "{junk}"], "--bad-pixels"),
        (["--out", "{tmp}", "--mode", "16"], "--mode"),
        (["--out", "{tmp}", "--frame-period", "-1"], "-1"),
    ],
)
def test_wrong_use_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], args: list[str], what: str
) -> None:
    (tmp_path / "junk").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "empty").write_bytes(b"")
    places = {"tmp": tmp_path / "out", "junk": tmp_path / "junk", "empty": tmp_path / "empty"}
    assert what in error_of(capsys, *(a.format(**places) for a in args))


def test_a_full_disk_is_one_line_and_leaves_no_parts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync
    calls = []

    def full(fd: int) -> None:
        calls.append(fd)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        real(fd)

    monkeypatch.setattr(os, "fsync", full)
    assert "No space left" in error_of(capsys, "--frames", 2, "--group", 1, "--out", tmp_path)
    assert len(list((tmp_path / "ce").glob("*.ce"))) == 1
    assert not list(tmp_path.rglob("*.part"))
    assert not (tmp_path / "tm.bin").exists()


@pytest.mark.shared
@pytest.mark.parametrize("keep", [0.3, 0.77])
def test_truncated_recordings_are_reported(recordings: Path, tmp_path: Path, keep: float) -> None:
    data = gzip.decompress((recordings / "ft_event_detection_10_frames.gresb.gz").read_bytes())
    (tmp_path / "cut.gresb").write_bytes(data[: int(len(data) * keep)])
    code, summary = run(tmp_path / "out", tmp_path / "cut.gresb", "--simulator")
    assert code == 1
    assert summary["lossless"]
    assert summary["incomplete_frames"] == 1
    assert any("ends within a packet" in fault for fault in summary["faults"])


@pytest.mark.shared
def test_a_broken_gzip_gives_what_came(recordings: Path, tmp_path: Path) -> None:
    packed = (recordings / "ft_event_detection_10_frames.gresb.gz").read_bytes()
    (tmp_path / "cut.gresb.gz").write_bytes(packed[: len(packed) // 2])
    code, summary = run(tmp_path / "out", tmp_path / "cut.gresb.gz", "--simulator")
    assert code == 1
    assert summary["frames"] >= 2
    assert any("gzip" in fault for fault in summary["faults"])


def test_pcap_and_gresb_of_the_same_packets_give_the_same(tmp_path: Path) -> None:
    front_end = FrontEnd(default_core(), FrontEndSettings(threshold=25))
    frames = Scene("quiet", seed=3).node_frames(0)
    packets = front_end.event_readout(frames)
    pcap_file = pcap.file_header() + b"".join(
        pcap.record(framed(packet), time_ns=i) for i, packet in enumerate(packets)
    )
    (tmp_path / "link.pcap").write_bytes(pcap_file)
    (tmp_path / "link.gresb.gz").write_bytes(gzip.compress(b"".join(map(gresb.build, packets))))
    products = []
    for name in ("link.pcap", "link.gresb.gz"):
        code, summary = run(tmp_path / name[5:], tmp_path / name)
        assert (code, summary["frames"]) == (0, 1)
        products.append((tmp_path / name[5:] / "tm.bin").read_bytes())
    assert products[0] == products[1]


def test_an_error_end_of_packet_is_a_fault(tmp_path: Path) -> None:
    front_end = FrontEnd(default_core(), FrontEndSettings(threshold=25))
    packets = front_end.event_readout(Scene("quiet", seed=3).node_frames(0))
    framed = [gresb.build(packet, eep=i == 7) for i, packet in enumerate(packets)]
    (tmp_path / "link.gresb").write_bytes(b"".join(framed))
    code, summary = run(tmp_path / "out", tmp_path / "link.gresb")
    assert code == 1
    assert any("error end of packet" in fault for fault in summary["faults"])
    assert any("1 packets missing" in fault for fault in summary["faults"])


def test_orders_of_the_simulator_change_the_wire_and_not_the_images(tmp_path: Path) -> None:
    for name, options in {"a": [], "b": ["--pixel-order", "little"]}.items():
        run(tmp_path / name, "--scene", "quiet", "--frames", 1, "--image", "uv", *options)
    assert (tmp_path / "a" / "tm.bin").read_bytes() == (tmp_path / "b" / "tm.bin").read_bytes()
    _, raster = run(tmp_path / "c", "--scene", "quiet", "--frames", 1)
    _, other = run(tmp_path / "d", "--frames", 1, "--scene", "quiet", "--window-order", "simulator")
    assert raster["wandering_masks"] == other["wandering_masks"]
    with fits.open(tmp_path / "c/events.fits") as c, fits.open(tmp_path / "d/events.fits") as d:
        turn = [5 * (2 - dc) + dr + 2 for dr in range(-2, 3) for dc in range(-2, 3)]
        assert np.array_equal(c["WMASK"].data["PHAS"], d["WMASK"].data["PHAS"][:, turn])


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_killed_run_leaves_whole_files_only(tmp_path: Path, ending: signal.Signals) -> None:
    command = [sys.executable, "-m", "fsw_emu.cli.main", "run", "--frames", "100000",
               "--group", "1", "--out", str(tmp_path)]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        entities = tmp_path / "ce"
        while not list(entities.glob("*.ce")) and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(ending)
        try:
            _, error = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert len(error.splitlines()) == 1
    assert "interrupted" in error
    assert not list(tmp_path.rglob("*.part"))
    assert not (tmp_path / "tm.bin").exists()
    for path in entities.glob("*.ce"):
        default_core().ce_unpack(path.read_bytes())


def test_an_interrupt_before_there_is_a_command_is_silent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """While their modules are imported."""

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fsw_emu.cli.assumptions.add_parser", interrupted)
    assert main(["assumptions"]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_progress_bar_on_a_terminal_and_only_there(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path, "--scene", "quiet", "--frames", 2)
    assert "frame/s" not in capfd.readouterr().err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    run(tmp_path, "--scene", "quiet", "--frames", 2)
    assert "quiet scene" in capfd.readouterr().err


def test_faults_without_end_do_not_fill_the_memory(tmp_path: Path) -> None:
    junk = gresb.build(b"\x50\xf0\x00") * 30_000
    (tmp_path / "junk.gresb").write_bytes(junk)
    code, summary = run(tmp_path / "out", tmp_path / "junk.gresb")
    assert code == 1
    assert len(summary["faults"]) == 10_000
    assert summary["faults_not_listed"] == 20_000


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--nodes", "E2,E9"], "--nodes E2,E9: 'E9' is none of E2, F2, E4, F4"),
        (["--nodes", "e2"], "--nodes e2: 'e2' is none of E2, F2, E4, F4"),
        (["--bad-pixels", "README.md"], "--bad-pixels README.md: not a file of numpy's savez"),
    ],
)
def test_a_wrong_value_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    told = error_of(capsys, "--scene", "quiet", "--frames", 1, *options, "--out", tmp_path)
    assert told == f"fsw-emu run: {said}"


def test_pixels_that_are_no_flags_are_no_mask(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "frames.npz"
    np.savez(path, E2=np.full((639, 384), 100, np.uint16))
    options = ["--scene", "quiet", "--frames", 1, "--bad-pixels", path]
    assert error_of(capsys, *options, "--out", tmp_path).endswith("uint16 pixels, not flags")
