# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu run`` as a user meets it: counts, files, errors, exit codes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import stranger
from astropy.io import fits
from runs import run

from fsw_emu.cli.main import main

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


@pytest.mark.verifies("A70", "KEY-10", "GND-11")
@pytest.mark.parametrize(
    ("codec", "options", "keys"),
    [
        ("colmean", ("--image", "uv"), {"0x00000330"}),
        ("auto", ("--image", "uv", "--near-lossless", 3), {"0x00031330", "0x00041330"}),
        ("events", ("--image", "uv"), {"0x00014010"}),
        ("auto", ("--image", "uv", "--stack", 2), {"0x00014012"}),
        ("colmean", ("--scene", "quiet"), {"0x00014110"}),
        ("events", ("--scene", "quiet"), {"0x00000040"}),
        ("auto", ("--scene", "quiet"), {"0x00001040"}),
        ("aec-packets", ("--scene", "quiet"), {"0x00003040"}),
        ("aec-packets", ("--image", "uv"), {"0x00003330"}),
        ("aec-packets", ("--image", "uv", "--near-lossless", 3), {"0x00043330"}),
        ("aec-packets", ("--image", "uv", "--stack", 2), {"0x00014012"}),
    ],
)
def test_coders_of_packets(
    tmp_path: Path, codec: str, options: tuple[Any, ...], keys: set[str]
) -> None:
    code, summary = run(tmp_path, "--frames", 2, "--codec", codec, *options)
    assert (code, summary["lossless"], summary["codec"]) == (0, True, codec)
    assert summary["largest_error"] == summary["near_lossless"] == (3 if 3 in options else 0)
    assert all(ratio > 1.5 for ratio in summary["ratio_by_product"].values())
    for path in tmp_path.glob("*.fits"):
        with fits.open(path) as hdus:
            assert hdus[1].header["CEKEY"] in keys
            if codec != "events" and "--stack" not in options and "uv" in options:
                assert hdus[1].header["NEARLOSS"] == summary["near_lossless"]


@pytest.mark.parametrize(
    ("codec", "options", "coder"),
    [
        ("colmean", ("--scene", "quiet"), "CCSDS 121"),
        ("colmean", ("--image", "uv", "--stack", "2"), "CCSDS 121"),
        ("colmean", ("--image", "uv"), "colmean"),
        ("aec", ("--image", "uv"), "CCSDS 121"),
        ("aec-packets", ("--scene", "quiet"), "CCSDS 121 in packets"),
        ("auto", ("--scene", "quiet"), "auto"),
        ("none", ("--scene", "quiet"), "none"),
    ],
)
def test_the_coder_that_did_the_work_is_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    codec: str,
    options: tuple[str, ...],
    coder: str,
) -> None:
    near = ["--near-lossless", "2"] if codec in ("colmean", "auto") else []
    arguments = ["run", "--out", str(tmp_path), "--frames", "2", "--codec", codec, *options, *near]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert f"  compression {coder}: ratio " in out
    acts = bool(near) and coder == "colmean"
    assert ("off by 2 at most" in out) == acts
    no_effect = "  --near-lossless 2 had no effect: no images in packets of rows"
    assert (no_effect in out.splitlines()) == (bool(near) and not acts)


@pytest.mark.parametrize("codec", ["aec", "events", "none"])
def test_near_lossless_needs_packets_of_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], codec: str
) -> None:
    arguments = ["run", "--out", str(tmp_path), "--codec", codec, "--near-lossless", "2"]
    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    which = "--codec aec-packets or --codec auto or --codec colmean"
    assert line == f"fsw-emu run: --near-lossless 2: needs {which}"
    assert main([*arguments[:-3], "colmean", "--near-lossless", "16"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "fsw-emu run: --near-lossless 16 is not within 0..15"


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
