# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""FITS files, read back by astropy and by cfitsio."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any, BinaryIO

import fitsio
import numpy as np
import pytest
from astropy.io import fits
from downlink import downlink, entity, event_entity, image

from fsw_emu import atomic
from fsw_emu.core import Core
from fsw_emu.ground.events import TABLE_DTYPE
from fsw_emu.ground.fits import write_events, write_images
from fsw_emu.ground.images import ImageProduct
from fsw_emu.ground.run import process
from fsw_emu.packets.ce import FF, FT, UV

FORMATS = ["D", "J", "B", "I", "I", "1A", "25I"]


def event_rows(n: int) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(n)
    rows = np.zeros(n, TABLE_DTYPE)
    rows["TIME"] = rng.uniform(0, 2**32, n)
    rows["CCDFRAME"] = rng.integers(0, 2**31, n)
    rows["CCDNR"] = rng.choice([2, 4], n)
    rows["RAWX"], rows["RAWY"] = rng.integers(0, 384, n), rng.integers(0, 639, n)
    rows["AMP"] = rng.choice([b"E", b"F"], n)
    rows["PHAS"] = rng.integers(0, 0x10000, (n, 25))
    if n:
        rows["PHAS"][0, :4] = [0, 0x7FFF, 0x8000, 0xFFFF]
    return rows


def assert_whole(path: Path) -> None:
    """Checksums fit: astropy warns otherwise, and warnings are errors."""
    with fits.open(path, checksum=True) as hdus:
        hdus.verify("exception")
        for hdu in hdus:
            assert {"CHECKSUM", "DATASUM"} <= set(hdu.header)
            assert hdu.verify_checksum() == 1
            assert hdu.verify_datasum() == 1
            assert "DATE" not in hdu.header


@pytest.mark.verifies("GND-2", "GND-7", "GND-8")
@pytest.mark.parametrize(("n_events", "n_masks"), [(0, 0), (1, 0), (1000, 17)])
def test_event_table_reads_back(tmp_path: Path, n_events: int, n_masks: int) -> None:
    path = tmp_path / "events.fits"
    tables = {"EVENTS": event_rows(n_events), "WMASK": event_rows(n_masks)}
    write_events(path, tables["EVENTS"], tables["WMASK"], cards=[("OBS_ID", "0042", "id")])
    assert_whole(path)
    with fits.open(path) as hdus, fitsio.FITS(path) as other:
        assert [h.name for h in hdus[1:]] == ["EVENTS", "WMASK"][: 2 if n_masks else 1]
        for hdu in hdus[1:]:
            rows = tables[hdu.name]
            assert list(hdu.columns.names) == list(TABLE_DTYPE.names or ())
            assert list(hdu.columns.formats) == FORMATS
            assert hdu.header["TZERO7"] == 32768
            assert hdu.header["OBS_ID"] == "0042"
            assert (hdu.header["TIMESYS"], hdu.header["MJDREFI"]) == ("UTC", 58119)
            again = other[hdu.name].read() if len(rows) else rows
            for name in TABLE_DTYPE.names or ():
                assert np.array_equal(hdu.data[name], rows[name].astype(hdu.data[name].dtype)), name
                assert np.array_equal(again[name], rows[name].astype(again[name].dtype)), name


@pytest.mark.verifies("GND-5..8")
@pytest.mark.parametrize("dtype", ["u2", "u4"])
@pytest.mark.parametrize("shape", [(165, 96), (3, 165, 96)])
def test_node_images_read_back(tmp_path: Path, dtype: str, shape: tuple[int, ...]) -> None:
    top = np.iinfo(dtype).max
    planes = {}
    for i, node in enumerate(("E2", "F2", "E4", "F4")):
        planes[node] = image(shape, dtype=dtype) + np.array(i, dtype)
        planes[node].flat[:3] = [0, top // 2 + 1, top]
    path = tmp_path / "image.fits"
    write_images(path, ImageProduct(planes, planes["E2"][..., ::-1]), cards=[])
    assert_whole(path)
    with fits.open(path) as hdus, fitsio.FITS(path) as other:
        assert [h.name for h in hdus[1:]] == [*planes, "FOCALPLANE"]
        for name, plane in [*planes.items(), ("FOCALPLANE", planes["E2"][..., ::-1])]:
            assert hdus[name].data.dtype == np.dtype(dtype)
            assert np.array_equal(hdus[name].data, plane)
            assert np.array_equal(other[name].read(), plane)
        assert hdus["E2"].header["FLIPROWS"] is True
        assert hdus["F4"].header["FLIPCOLS"] is False
        assert "E4 columns flipped" in str(hdus["FOCALPLANE"].header["COMMENT"])


@pytest.mark.verifies("GND-3..8")
def test_files_of_a_stream_tell_where_they_come_from(core: Core, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    ft = rng.integers(0, 0x10000, (4, 639, 384), np.uint16).astype(">u2")
    ff = image((4511, 4608))
    sent = [
        event_entity(core, [4, 0, 6]),
        entity(core, ft.tobytes(), product=FT, counter=1),
        entity(core, image((2, 165, 96)).tobytes(), product=UV, counter=2, nodes=8 | 1),
    ]
    tm = downlink(core, sent)
    tm += downlink(core, [entity(core, ff.tobytes(), product=FF, counter=3)], count=len(tm),
                   sdu_id=2)  # fmt: skip
    result = process([b"".join(tm)], tmp_path, core)
    assert result.faults == ()
    files = {p.name: p for p in result.files if p.suffix == ".fits"}
    assert sorted(files) == [
        "events.fits", "image_00001_FT.fits", "image_00002_UV.fits", "image_00003_FF.fits",
    ]  # fmt: skip
    for path in files.values():
        assert_whole(path)
    with fits.open(files["events.fits"]) as hdus:
        header = hdus["EVENTS"].header
        assert (header["OBS_ID"], header["PRODUCT"]) == ("0000000042", "ED_WP")
        assert (header["NFRAMES"], header["NENTITY"], header["CEKEY"]) == (3, 1, "0x00000000")
        assert hdus["EVENTS"].data["CCDFRAME"].tolist() == [0] * 4 + [2] * 6
        assert len(hdus["WMASK"].data) == 12
    with fits.open(files["image_00001_FT.fits"]) as hdus:
        assert (hdus["E4"].header["CECOUNT"], hdus[0].header["PRODUCT"]) == (1, "FT")
        assert hdus[0].header["DATE-OBS"] == "2018-01-01T00:33:20.249856"
        assert np.array_equal(hdus["F2"].data, ft[1])
        assert hdus["FOCALPLANE"].shape == (1278, 768)
    with fits.open(files["image_00002_UV.fits"]) as hdus:
        assert [h.name for h in hdus[1:]] == ["F2", "E4"]
    with fits.open(files["image_00003_FF.fits"]) as hdus:
        assert np.array_equal(hdus["F"].data, ff[:, ::2])
        assert hdus["FOCALPLANE"].shape == (4511, 4608)
    assert result.last_image is not None
    assert result.last_image.shape == (4511, 4608)


@pytest.mark.verifies("GND-8")
def test_two_writes_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.fits", "b.fits"):
        write_events(tmp_path / name, event_rows(50), event_rows(3), cards=[])
    assert (tmp_path / "a.fits").read_bytes() == (tmp_path / "b.fits").read_bytes()


# Whole or not at all


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    atomic.write_atomic(path, b"old")
    with atomic.atomic_file(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "file"
    atomic.write_atomic(path, b"old")

    def fill_up(file: BinaryIO) -> None:
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"), atomic.atomic_file(path) as file:
        fill_up(file)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_an_oserror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The part file is one to which nothing can be written."""
    path = tmp_path / "events.fits"
    monkeypatch.setattr(atomic.os, "getpid", lambda: 1)
    (tmp_path / ".events.fits.1.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space"):
        write_events(path, event_rows(5000), event_rows(0), cards=[])
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_folder_is_an_oserror(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"a file")
    with pytest.raises(OSError, match="out"):
        atomic.write_atomic(tmp_path / "out" / "file", b"")
