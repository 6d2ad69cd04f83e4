"""``fsw-emu run`` as a user meets it: counts, files, errors, exit codes."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import stranger
from astropy.io import fits

from fsw_emu.cli.main import main
from fsw_emu.core import default_core
from fsw_emu.fee.front_end import FrontEnd, FrontEndSettings
from fsw_emu.packets import gresb, pcap
from fsw_emu.packets.capture import framed
from fsw_emu.scene import Scene


def run(out: Path, *args: object) -> tuple[int, dict[str, Any]]:
    code = main(["run", *map(str, args), "--out", str(out)])
    return code, json.loads((out / "summary.json").read_text())


def error_of(capsys: pytest.CaptureFixture[str], *args: object) -> str:
    """The one line on stderr of a command that is wrong use."""
    assert main(["run", *map(str, args)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("fsw-emu run: ")
    return lines[0]


RECORDINGS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "evsim_seed1": (
        ["--centre-max", "5000", "--ring-sum-max", "5600", "--ring-max", "700"],
        {"frames": 1, "hk_packets": 1, "wandering_masks": 4, "events_kept": 792,
         "events_in": {"E2": 287, "F2": 265, "E4": 351, "F4": 357}},
    ),
    "evsim_seed1_limit300": (
        [],
        {"frames": 1, "hk_packets": 1, "wandering_masks": 3,
         "events_in": {"E2": 287, "F2": 13, "E4": 300, "F4": 0}},
    ),
    "ft_event_detection_10_frames": (
        ["--centre-max", "5000", "--ring-sum-max", "1200", "--ring-max", "200"],
        {"frames": 10, "hk_packets": 0, "wandering_masks": 40, "events_kept": 4372,
         "events_in": {"E2": 1974, "F2": 1987, "E4": 2022, "F4": 1949}},
    ),
    "ft_1_frame": ([], {"frames": 1, "hk_packets": 1, "stray_packets": 2, "images": 1,
                        "packets": 2559, "missing_rows": 0}),
    "ftp_pattern_1_frame": ([], {"frames": 1, "hk_packets": 1, "images": 1, "packets": 2557}),
}  # fmt: skip


@pytest.mark.verifies("FEE-18", "A12")
@pytest.mark.shared
@pytest.mark.parametrize("name", RECORDINGS)
@pytest.mark.parametrize("codec", ["none", "aec"])
def test_documented_counts(recordings: Path, tmp_path: Path, name: str, codec: str) -> None:
    options, expected = RECORDINGS[name]
    path = recordings / f"{name}.gresb.gz"
    code, summary = run(tmp_path, path, "--simulator", "--codec", codec, *options)
    assert code == 0
    assert {key: summary[key] for key in expected} == expected
    assert summary["lossless"]
    assert summary["incomplete_frames"] == 0
    assert not summary["faults"] + summary["ground_faults"]


@pytest.mark.shared
def test_quirks_are_faults_without_their_options(recordings: Path, tmp_path: Path) -> None:
    code, summary = run(tmp_path, recordings / "evsim_seed1.gresb.gz")
    assert code == 1
    assert "sequence 0, expected 1" in summary["faults"][0]


@pytest.mark.shared
def test_pattern_image_comes_down(recordings: Path, tmp_path: Path) -> None:
    run(tmp_path, recordings / "ftp_pattern_1_frame.gresb.gz", "--simulator")
    with fits.open(tmp_path / "image_00000_FT.fits") as hdus:
        row, col = np.indices((639, 384))
        for ccd, side, node in ((0, 1, "E2"), (0, 0, "F2"), (1, 1, "E4"), (1, 0, "F4")):
            low = ccd << 12 | side << 10 | row % 32 << 5 | col % 32
            assert np.array_equal(hdus[node].data & 0x1FFF, low)


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("storm")
    code, summary = run(out, "--scene", "storm", "--frames", 3, "--codec", "none", "--seed", 5)
    assert code == 0
    return out, summary


@pytest.mark.verifies("A9")
def test_scene_summary_is_consistent(storm: tuple[Path, dict[str, Any]]) -> None:
    out, summary = storm
    n_in = sum(summary["events_in"].values())
    assert summary["frames"] == 3
    assert summary["lossless"] is True
    assert n_in == summary["events_kept"] + sum(summary["rejected"].values())
    assert 0.3 * n_in < summary["events_kept"] < n_in
    assert summary["bytes_tm"] == (out / "tm.bin").stat().st_size
    assert summary["bytes_ce"] == sum(p.stat().st_size for p in (out / "ce").glob("*.ce"))
    assert summary["pedestal_from"] == "wandering mask"
    assert 490 < summary["pedestal"] < 510
    assert all((out / name).exists() for name in summary["files"])


@pytest.mark.verifies("GND-1", "CE-30", "CE-31")
def test_a_stranger_reads_the_products(storm: tuple[Path, dict[str, Any]]) -> None:
    """From the published layout alone: telemetry, service 13, entity, events."""
    out, summary = storm
    packets = stranger.read_tm((out / "tm.bin").read_bytes())
    assert len(packets) == summary["tm_packets"]
    (sdu,) = stranger.read_sdus(packets)
    (path,) = (out / "ce").glob("*.ce")
    assert sdu.data == path.read_bytes()
    entity = stranger.read_entity(sdu.data)
    assert len(entity.frames) == summary["frames"]
    assert entity.group["NOfEvtDet"] == summary["events_kept"]
    assert entity.group["EvtFilterThr1"] == summary["filter"]["centre_max"]
    events = stranger.read_events(entity.science)
    assert sum(event.kind == 1 for event in events) == summary["events_kept"]
    assert sum(event.kind == 3 for event in events) == summary["wandering_masks"]


@pytest.mark.verifies("GND-2", "GND-3", "A12")
def test_events_fits(storm: tuple[Path, dict[str, Any]]) -> None:
    out, summary = storm
    with fits.open(out / "events.fits", checksum=True) as hdus:
        table = hdus["EVENTS"].data
        assert len(table) == summary["events_kept"]
        assert list(table.names) == ["TIME", "CCDFRAME", "CCDNR", "RAWX", "RAWY", "AMP", "PHAS"]
        assert set(np.unique(table["CCDNR"])) == {2, 4}
        start = 264_384_000.0
        assert set(np.unique(table["TIME"])) == {start, start + 10, start + 20}
        assert table["PHAS"].shape == (len(table), 25)
        assert np.all(table["PHAS"][:, 12] <= summary["filter"]["centre_max"])
        assert len(hdus["WMASK"].data) == summary["wandering_masks"]


def test_the_report_needs_nothing_else(storm: tuple[Path, dict[str, Any]]) -> None:
    page = (storm[0] / "report.html").read_text()
    assert page.count("<svg") >= 5
    assert "data:image/png;base64," in page
    assert not re.search(r'(src|href)="(?!data:)', page)


@pytest.mark.verifies("CE-19", "GND-8")
def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        run(tmp_path / name, "--scene", "quiet", "--frames", 2, "--seed", 9)
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*.*"))
    files.remove(Path("manifest.json"))  # tells when it was made
    assert len(files) >= 5
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@pytest.mark.parametrize("image", ["ft", "uv", "ff"])
@pytest.mark.parametrize("codec", ["none", "aec"])
def test_images_of_the_scene(tmp_path: Path, image: str, codec: str) -> None:
    code, summary = run(tmp_path, "--frames", 1, "--image", image, "--codec", codec)
    assert code == 0
    assert (summary["images"], summary["lossless"]) == (1, True)
    assert summary["missing_rows"] == 0
    (path,) = tmp_path.glob("image_*.fits")
    with fits.open(path) as hdus:
        shape = {"ft": (1278, 768), "uv": (330, 192), "ff": (4511, 4608)}[image]
        assert hdus["FOCALPLANE"].data.shape == shape


@pytest.mark.verifies("CE-34")
def test_stacked_images(tmp_path: Path) -> None:
    code, summary = run(tmp_path, "--frames", 3, "--image", "uv", "--stack", 2)
    assert code == 0
    assert (summary["images"], summary["ce_count"], summary["lossless"]) == (3, 2, True)
    with fits.open(tmp_path / "image_00000_UV.fits") as hdus:
        assert hdus["E2"].data.dtype.itemsize == 4
        assert 950 < np.median(hdus["E2"].data) < 1050


@pytest.mark.verifies("CE-14")
def test_groups_of_frames(tmp_path: Path) -> None:
    code, summary = run(tmp_path, "--scene", "quiet", "--frames", 5, "--group", 2)
    assert code == 0
    assert (summary["ce_count"], summary["lossless"]) == (3, True)


@pytest.mark.verifies("CE-28", "CE-29", "A14")
def test_two_nodes_and_no_masks(tmp_path: Path) -> None:
    options = ["--scene", "quiet", "--frames", 2, "--nodes", "E2,F4", "--no-masks",
               "--pedestal", 500]  # fmt: skip
    code, summary = run(tmp_path, *options)
    assert code == 0
    assert summary["events_in"]["F2"] == summary["events_in"]["E4"] == 0
    assert summary["wandering_masks"] == 0
    assert next((tmp_path / "ce").glob("*.ce")).name.endswith("_SXI-SCI-ED.ce")


@pytest.mark.verifies("A9")
def test_without_masks_the_windows_tell_the_pedestal(tmp_path: Path) -> None:
    code, summary = run(tmp_path, "--scene", "quiet", "--frames", 2, "--no-masks")
    assert code == 0
    assert summary["pedestal_from"] == "event windows"
    assert 490 < summary["pedestal"] < 510


def test_header_counted_packets(tmp_path: Path) -> None:
    options = ["--scene", "quiet", "--frames", 2, "--data-len", "packet"]
    code, summary = run(tmp_path, *options)
    assert code == 0
    assert summary["lossless"]


def test_bad_pixels_reject(tmp_path: Path) -> None:
    np.savez(tmp_path / "bad.npz", E2=np.ones((639, 384), bool))
    _, summary = run(tmp_path / "out", "--frames", 1, "--bad-pixels", tmp_path / "bad.npz")
    assert summary["rejected"]["bad_pixel"] == summary["events_in"]["E2"] > 0


def test_event_limit(tmp_path: Path) -> None:
    _, summary = run(tmp_path, "--frames", 1, "--event-limit", 300)
    n_in = summary["events_in"]
    assert n_in["E2"] + n_in["F2"] == n_in["E4"] + n_in["F4"] == 300


def test_all_rejected_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, "--frames", 1, "--centre-max", 1, "--ring-sum-max", 1, "--ring-max", 1)
    assert "every event was rejected" in capsys.readouterr().err


def test_a_second_run_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    run(tmp_path, "--frames", 3, "--group", 1)
    mine = tmp_path / "ce" / "mine.txt"
    mine.write_text("keep")
    _, summary = run(tmp_path, "--frames", 1, "--group", 1)
    assert sorted(p.name for p in (tmp_path / "ce").iterdir()) == sorted(
        [name := Path(summary["files"][1]).name, f"{name}.json", "mine.txt"]
    )


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
        (["--out", "{tmp}", "--nodes", "E3"], "choice of"),
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
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert len(error.splitlines()) == 1
    assert "interrupted" in error
    assert not list(tmp_path.rglob("*.part"))
    assert not (tmp_path / "tm.bin").exists()
    for path in entities.glob("*.ce"):
        default_core().ce_unpack(path.read_bytes())


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
