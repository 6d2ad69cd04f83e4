# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The commands ``compress`` and ``decompress``: what comes back, also of damaged files."""

from __future__ import annotations

import errno
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from image_files import SHAPE, noise, npy, run

from fsw_emu import atomic

PAGE = Path(__file__).resolve().parents[2] / "docs/compression.md"
TYPES = ("u1", "<u2", ">u2", "<i2", ">i2")


@pytest.fixture
def compressed(tmp_path: Path) -> Path:
    """A file of small packets; the frames are beside it."""
    path = npy(tmp_path, noise())
    assert run("compress", path, "--packet-bytes", 256) == 0
    return tmp_path / "frames.npy.sxr"


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(40, 64), SHAPE, (2, 3, 10, 16)])
def test_a_file_becomes_what_it_was(tmp_path: Path, dtype: str, shape: tuple[int, ...]) -> None:
    frames = noise(shape, dtype)
    if frames.dtype.kind == "i":
        frames -= 100
    path = npy(tmp_path, frames)
    original = path.read_bytes()
    assert run("compress", path) == 0
    path.unlink()
    assert run("decompress", tmp_path / "frames.npy.sxr") == 0
    assert path.read_bytes() == original


@pytest.mark.parametrize("dtype", ["u1", "<u2", "<i2"])
@pytest.mark.parametrize("extension", [False, True])
def test_fits_files_keep_their_headers(tmp_path: Path, dtype: str, extension: bool) -> None:
    path, back = tmp_path / "a.fits", tmp_path / "b.fits"
    hdu = (fits.ImageHDU if extension else fits.PrimaryHDU)(noise(dtype=dtype))
    hdu.header["OBJECT"] = ("moon", "what it shows")
    hdu.header["HISTORY"] = "a long way"
    hdus = [fits.PrimaryHDU(), hdu] if extension else [hdu]
    fits.HDUList(hdus).writeto(path, checksum=True)
    assert run("compress", path, "--out", tmp_path / "c") == 0
    assert run("decompress", tmp_path / "c", "--out", back) == 0
    assert back.read_bytes() == path.read_bytes()
    assert run("compress", path, "--out", tmp_path / "c", "--near-lossless", 2) == 0
    assert run("decompress", tmp_path / "c", "--out", back) == 0
    with fits.open(back, checksum=True) as hdus:  # a wrong sum would warn
        error = np.abs(hdus[-1].data.astype(int) - noise())
        assert 0 < error.max() <= 2
        assert hdus[-1].header["OBJECT"] == "moon"


@pytest.mark.parametrize("codec", ["auto", "colmean", "aec", "none"])
@pytest.mark.parametrize("options", [(), ("--independent",)])
def test_every_codec(tmp_path: Path, codec: str, options: tuple[str, ...]) -> None:
    path = npy(tmp_path, noise())
    assert run("compress", path, "--codec", codec, *options, "--out", tmp_path / "c") == 0
    assert run("decompress", tmp_path / "c", "--out", tmp_path / "b.npy") == 0
    assert np.array_equal(np.load(tmp_path / "b.npy"), noise())


def test_sizes_are_told(compressed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("compress", compressed.with_suffix(""), "--out", compressed)
    bits = 8 * compressed.stat().st_size / noise().size
    said = capsys.readouterr().out
    assert f"{bits:.3f} bits/sample" in said
    assert "MB/s" in said


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda folder: npy(folder, np.zeros((4, 4), "f4")), "float32 of shape (4, 4); possible"),
        (lambda folder: npy(folder, np.zeros(4, "u2")), "shape (4,); possible"),
        (lambda folder: npy(folder, np.zeros((0, 4, 4), "u2")), "shape (0, 4, 4); possible"),
        (lambda folder: npy(folder, np.zeros((1, 65536), "u2")), "65,535 rows and columns"),
        (lambda folder: fits_file(folder, fits.PrimaryHDU()), "0 images in it; possible"),
        (lambda folder: fits_file(folder, *[fits.ImageHDU(noise())] * 2), "2 images in it"),
        (lambda folder: fits_file(folder, fits.PrimaryHDU(np.zeros((4, 4)))), "BITPIX -64"),
        (lambda folder: fits_file(folder, fits.PrimaryHDU(np.zeros(4, "i2"))), "shape (4,)"),
        (lambda folder: npy(folder, np.asfortranarray(noise())), "Fortran's order"),
        (lambda folder: longer(npy(folder, noise())), "more than an image"),
        (lambda folder: fits_file(folder, fits.PrimaryHDU(noise()), TABLE), "more than an image"),
        (lambda folder: longer(fits_file(folder, fits.PrimaryHDU(noise()))), "more than an image"),
        (lambda folder: folder, "a folder, a pipe or a device"),
        (lambda _: Path(__file__), "neither a FITS file nor .npy"),
        (lambda folder: folder / "absent.npy", "No such file"),
    ],
)
def test_others_are_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], make: Any, what: str
) -> None:
    assert run("compress", make(tmp_path), "--out", tmp_path / "c") == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert what in said
    assert not (tmp_path / "c").exists()


TABLE = fits.BinTableHDU.from_columns([fits.Column("TIME", "D", array=[1.0, 2.0])])


def longer(path: Path) -> Path:
    path.write_bytes(path.read_bytes() + bytes(2880))
    return path


def test_headers_of_other_writers_come_back(tmp_path: Path) -> None:
    """Of .npy files too, which numpy would write otherwise."""
    words = b"{'shape':(3,40,64),'fortran_order':False,'descr':'<u2'}\n"
    path, out = tmp_path / "a.npy", tmp_path / "b.npy"
    path.write_bytes(
        b"\x93NUMPY\1\0" + len(words).to_bytes(2, "little") + words + noise().tobytes()
    )
    assert run("compress", path) == 0
    assert run("decompress", tmp_path / "a.npy.sxr", "--out", out) == 0
    assert out.read_bytes() == path.read_bytes()


def test_frames_beyond_all_memory_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "frames.npy"
    np.lib.format.open_memmap(path, "w+", "u2", (40000, 60000))  # a hole
    assert run("compress", path) == 2
    assert "at most 2,147,483,648 samples" in capsys.readouterr().err


def piped(*words: object, given: bytes = b"") -> tuple[int, bytes, bytes]:
    command = [sys.executable, "-m", "fsw_emu.cli.main", *map(str, words)]
    done = subprocess.run(command, input=given, capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_pipes(compressed: Path) -> None:
    """Out and, compressed, in; what is said is beside the product."""
    path = compressed.with_suffix("")
    code, out, said = piped("compress", path, "--packet-bytes", 256, "--out", "/dev/stdout")
    assert (code, out) == (0, compressed.read_bytes())
    assert b"bits/sample" in said
    code, out, said = piped("decompress", "/dev/stdin", "--out", "/dev/stdout", given=out)
    assert (code, out) == (0, path.read_bytes())
    for words in (("compress", "/dev/stdin", "--out", "/dev/null"), ("decompress", "/dev/stdin")):
        code, out, said = piped(*words, given=path.read_bytes())
        assert (code, out, said.count(b"\n")) == (2, b"", 1)


def fits_file(folder: Path, *hdus: Any) -> Path:
    path = folder / "a.fits"
    first = [] if isinstance(hdus[0], fits.PrimaryHDU) else [fits.PrimaryHDU()]
    fits.HDUList([*first, *hdus]).writeto(path)
    return path


def test_marked_pixels_are_not_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hdu = fits.PrimaryHDU(noise(dtype="<i2"))
    hdu.header["BLANK"] = -1
    path = fits_file(tmp_path, hdu)
    assert run("compress", path) == 0
    assert run("compress", path, "--near-lossless", 1, "--out", tmp_path / "c") == 2
    assert "BLANK" in capsys.readouterr().err


def test_nothing_is_overwritten_unasked(
    compressed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("decompress", compressed) == 2
    assert "is there already" in capsys.readouterr().err
    assert run("decompress", compressed.with_suffix("")) == 2
    assert "--out" in capsys.readouterr().err
    assert run("compress", compressed.with_suffix("")) == 2
    assert "is there already" in capsys.readouterr().err
    for command in ("compress", "decompress"):
        path = compressed if command == "decompress" else compressed.with_suffix("")
        before = path.read_bytes()
        for out in (path, path.parent):
            assert run(command, path, "--out", out) == 2
            assert capsys.readouterr().err.count("\n") == 1
        assert path.read_bytes() == before


def test_a_full_disk_leaves_no_file(
    compressed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    before = compressed.read_bytes()
    assert run("compress", compressed.with_suffix(""), "--codec", "none", "--out", compressed) == 2
    assert "No space left" in capsys.readouterr().err
    assert compressed.read_bytes() == before
    assert sorted(p.name for p in compressed.parent.iterdir()) == ["frames.npy", "frames.npy.sxr"]


def test_the_python_of_the_page_runs(tmp_path: Path) -> None:
    code = "".join(re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.M | re.S))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "2532 of 2556 rows\n"
