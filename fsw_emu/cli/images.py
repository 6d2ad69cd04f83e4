# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Image files as stacks of 16-bit samples: FITS and .npy, mapped, so that any size will do."""

from __future__ import annotations

import importlib
import math
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

POSSIBLE = "images of 8 or 16 bits (uint8, uint16, int16) in 2 to 4 dimensions"
_FITS_BLOCK = 2880
_CARD = 80
_SUMS = ("CHECKSUM", "DATASUM ")
_DTYPES = ("|u1", "<u2", ">u2", "<i2", ">i2")
_SIGN = 0x8000


@dataclass(frozen=True)
class Images:
    """Frames of a file as they are stored, (n, rows, cols), and what is needed to write the
    file again; ``zero``: the sample that means 0."""

    stored: NDArray[Any]
    zero: int
    image: dict[str, Any]

    def samples(self, first: int, last: int) -> NDArray[np.uint16]:
        """Frames first..last-1 as unsigned samples; int16 is shifted by 32,768."""
        frames = np.ascontiguousarray(self.stored[first:last])
        if frames.dtype.kind == "u":
            return frames.astype(np.uint16, copy=False)
        return frames.astype(np.int16, copy=False).view(np.uint16) ^ np.uint16(_SIGN)


def stored(samples: NDArray[np.uint16], dtype: str) -> bytes:
    """Samples as the file has them."""
    if np.dtype(dtype).kind == "u":
        return samples.astype(dtype).tobytes()
    return (samples ^ np.uint16(_SIGN)).view(np.int16).astype(dtype).tobytes()


def open_images(path: Path, *, lossless: bool) -> Images:
    """The images of a file. OSError, or ValueError that says what is possible.

    lossless: that all bytes of the file have to come back."""
    if path.exists() and not path.is_file():
        raise ValueError("no file but a folder, a pipe or a device; images are read from files")
    with path.open("rb") as file:
        start = file.read(6)
    if start == b"\x93NUMPY":
        images, at = _open_npy(path)
    elif start == b"SIMPLE":
        images, at = _open_fits(path, lossless=lossless)
    else:
        raise ValueError("neither a FITS file nor .npy")
    with path.open("rb") as file:
        if lossless and head(images.image, images.stored.shape) != file.read(at):
            raise ValueError("a header that would not come back byte for byte")
        file.seek(at + images.stored.nbytes)
        more = tail(images.image, images.stored.nbytes)
        if more != file.read(len(more) + 1):
            raise ValueError("more than an image in it, which would not come back")
    return images


def _open_npy(path: Path) -> tuple[Images, int]:
    """The images, and where they begin."""
    array = np.load(path, mmap_mode="r")
    stack = _as_stack(array)
    if not array.flags.c_contiguous:
        raise ValueError("an array in Fortran's order; possible is that of C")
    at = array.offset
    with path.open("rb") as file:
        header = file.read(at).decode("latin-1")
    image = {"file": "npy", "dtype": array.dtype.str, "shape": array.shape, "header": header}
    return Images(stack, _SIGN if array.dtype.kind == "i" else 0, image), at


def _open_fits(path: Path, *, lossless: bool) -> tuple[Images, int]:
    """The images, and where they begin."""
    fits = importlib.import_module("astropy.io.fits")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is wrong with it is told below
        with fits.open(path, lazy_load_hdus=False) as hdus:
            images = [hdu for hdu in hdus if hdu.is_image and hdu.header["NAXIS"]]
            if len(images) != 1 or isinstance(images[0], fits.CompImageHDU):
                raise ValueError(f"{len(images)} images in it; possible is a file with one")
            header, where = images[0].header, images[0].fileinfo()
    dtype = {8: "|u1", 16: ">i2"}.get(header["BITPIX"])
    if dtype is None:
        raise ValueError(f"samples of BITPIX {header['BITPIX']}; possible are {POSSIBLE}")
    if "BLANK" in header and not lossless:
        raise ValueError("it marks pixels by BLANK, which near-lossless coding would not keep")
    shape = tuple(header[f"NAXIS{i}"] for i in range(header["NAXIS"], 0, -1))
    with path.open("rb") as file:
        primary = file.read(where["hdrLoc"])
        cards = file.read(where["datLoc"] - where["hdrLoc"])
    image = {
        "file": "fits",
        "dtype": dtype,
        "shape": shape,
        "header": _cards(cards, lossless=lossless),
        "primary": _cards(primary, lossless=True),
    }
    signed = dtype == ">i2" and not header.get("BZERO")
    if not math.prod(shape):
        raise ValueError(f"no pixel in it; possible are {POSSIBLE}")
    array = np.memmap(path, dtype, "r", where["datLoc"], shape)
    return Images(_as_stack(array), _SIGN if signed else 0, image), where["datLoc"]


def _cards(block: bytes, *, lossless: bool) -> str:
    """A header as it is, but for sums of data that will be others."""
    text = block.decode("ascii")
    cards = [text[i : i + _CARD] for i in range(0, len(text), _CARD)]
    return "".join(card for card in cards if lossless or not card.startswith(_SUMS)).rstrip()


def _as_stack(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.str not in _DTYPES or not 2 <= array.ndim <= 4 or not array.size:
        what = f"{array.dtype} of shape {array.shape}"
        raise ValueError(f"{what}; possible are {POSSIBLE}")
    if max(array.shape[-2:]) > 65535:
        raise ValueError("possible are frames of up to 65,535 rows and columns")
    return array.reshape(-1, *array.shape[-2:]) if array.ndim != 3 else array


def head(image: dict[str, Any], stack: tuple[int, int, int]) -> bytes:
    """What a file has before its samples; ValueError for what `open_images` never tells.

    stack: frames, rows and columns."""
    try:
        shape = tuple(image["shape"])
        if (
            image["dtype"] in _DTYPES
            and all(type(n) is int for n in shape)
            and 2 <= len(shape) <= 4
            and (math.prod(shape[:-2]), *shape[-2:]) == stack
            and min(shape) > 0
        ):
            return _HEADS[image["file"]](image)
    except (KeyError, TypeError, AttributeError, UnicodeError):
        pass
    raise ValueError("of an image file that no fsw-emu compress reads")


def _npy_head(image: dict[str, Any]) -> bytes:
    header: bytes = image["header"].encode("latin-1")
    return header


def _fits_head(image: dict[str, Any]) -> bytes:
    return b"".join(_padded(image[key].encode("ascii")) for key in ("primary", "header"))


_HEADS = {"npy": _npy_head, "fits": _fits_head}


def tail(image: dict[str, Any], n_bytes: int) -> bytes:
    """What a file has after n_bytes of samples."""
    return bytes(-n_bytes % _FITS_BLOCK) if image["file"] == "fits" else b""


def _padded(block: bytes) -> bytes:
    return block + b" " * (-len(block) % _FITS_BLOCK)
