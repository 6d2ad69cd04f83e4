# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""FITS files of the ground segment. The same data give the same bytes: no clock in them."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.atomic import atomic_file
from fsw_emu.ground.events import LostEvents
from fsw_emu.ground.images import FOCAL_PLANE, ImageProduct, LostRows

#: one header card: keyword, value, comment
Card = tuple[str, Any, str]

#: in place of the time that astropy would put beside a checksum
_WHEN = "of this HDU"

_TIME_CARDS: tuple[Card, ...] = (
    ("TELESCOP", "SMILE", "mission"),
    ("INSTRUME", "SXI", "Soft X-ray Imager"),
    ("TIMESYS", "UTC", "time system"),
    ("MJDREFI", 58119, "2018-01-01T00:00:00 UTC, time zero"),
    ("MJDREFF", 0.0, "fraction of the reference day"),
    ("DATEREF", "2018-01-01T00:00:00", "time zero"),
    ("TIMEUNIT", "s", "unit of times; leap seconds are not counted"),
)

_EVENT_COMMENTS = (
    "RAWX is the column, RAWY the row of the centre within the readout node,",
    "6x6 binned pixels from 0; (0, 0) is the pixel read first of its node.",
    "CCDFRAME numbers the frames of the stream from 0. TIME: start of the frame.",
    "PHAS is the 5x5 window in the order of the packet, its centre is index 12.",
)
_IMAGE_COMMENTS = (
    "Rows count along NAXIS2, columns along NAXIS1. Node images are as read:",
    "the first pixel is the one read first. Nothing is flipped in them.",
)
_FOCAL_PLANE_COMMENTS = (
    "Lower rows CCD4: F4 | E4 columns flipped. Upper rows CCD2: E2 rows flipped",
    "| F2 rows and columns flipped.",
)
_FULL_FRAME_COMMENTS = (
    "F are the even columns of the data, E the odd ones, both as read.",
    "FOCALPLANE is F | E with its columns flipped.",
)
#: (rows flipped, columns flipped) of each node on the way to the focal plane
_FLIPS = {
    "E2": (True, False),
    "F2": (True, True),
    "E4": (False, True),
    "F4": (False, False),
    "E": (False, True),
    "F": (False, False),
}


def write_events(
    path: Path,
    events: NDArray[Any],
    masks: NDArray[Any],
    *,
    cards: Sequence[Card],
    lost: Sequence[tuple[int, LostEvents]] = (),
) -> None:
    """Write the event table (extension EVENTS) and, where there are masks, WMASK. Events that
    did not come, with the ce_counter of their entity, are told by a card of each header and by
    the table LOSTEVTS.

    events, masks: ground.events.TABLE_DTYPE.
    Raises OSError; then there is no file.
    """
    if lost:
        n = sum(of.number for _, of in lost)
        cards = [*cards, ("NLOST", n, "events, masks that did not come: LOSTEVTS")]
    tables = [_table(events, "EVENTS", cards)]
    if len(masks):
        tables.append(_table(masks, "WMASK", cards))
    if lost:
        tables.append(_lost_events(lost, cards))
    _write(path, tables, cards)


def write_images(
    path: Path, images: ImageProduct, *, cards: Sequence[Card], lost: Sequence[LostRows] = ()
) -> None:
    """Write one image extension a node (E2, ...; for FF: F, E) and FOCALPLANE where there is
    one. Several images of a node are a cube. Rows that did not come are told by a card of each
    header and by the table LOSTROWS. Raises OSError; then there is no file."""
    if lost:
        n = sum(rows.last - rows.first + 1 for rows in lost)
        cards = [*cards, ("NLOST", n, "rows that did not come hold 65535: see LOSTROWS")]
    extensions = [_image(name, plane, cards) for name, plane in images.planes.items()]
    if images.focal_plane is not None:
        extensions.append(_image(FOCAL_PLANE, images.focal_plane, cards))
        full_frame = "F" in images.planes
        _comment(extensions[-1], _FULL_FRAME_COMMENTS if full_frame else _FOCAL_PLANE_COMMENTS)
    if lost:
        extensions.append(_lost_rows(lost, cards))
    _write(path, extensions, cards)


def _astropy() -> Any:
    """astropy.io.fits, imported when needed: that takes longer than most commands."""
    return importlib.import_module("astropy.io.fits")


def _table(rows: NDArray[Any], name: str, cards: Sequence[Card]) -> Any:
    fits = _astropy()

    columns = [
        fits.Column("TIME", "D", unit="s", array=rows["TIME"]),
        fits.Column("CCDFRAME", "J", array=rows["CCDFRAME"]),
        fits.Column("CCDNR", "B", array=rows["CCDNR"]),
        fits.Column("RAWX", "I", unit="pixel", array=rows["RAWX"]),
        fits.Column("RAWY", "I", unit="pixel", array=rows["RAWY"]),
        fits.Column("AMP", "1A", array=rows["AMP"]),
        fits.Column("PHAS", "25I", unit="adu", bzero=32768, array=rows["PHAS"]),
    ]
    table = fits.BinTableHDU.from_columns(columns, name=name)
    table.header.extend([*_TIME_CARDS, *cards])
    _comment(table, _EVENT_COMMENTS)
    return table


def _lost_rows(lost: Sequence[LostRows], cards: Sequence[Card]) -> Any:
    fits = _astropy()

    columns = [
        fits.Column("NODE", "2A", array=[rows.node for rows in lost]),
        fits.Column("IMAGE", "J", array=[rows.image for rows in lost]),
        fits.Column("FIRST", "J", unit="pixel", array=[rows.first for rows in lost]),
        fits.Column("LAST", "J", unit="pixel", array=[rows.last for rows in lost]),
    ]
    table = fits.BinTableHDU.from_columns(columns, name="LOSTROWS")
    table.header.extend([*_TIME_CARDS, *cards])
    return table


def _lost_events(lost: Sequence[tuple[int, LostEvents]], cards: Sequence[Card]) -> Any:
    fits = _astropy()

    columns = [
        fits.Column("ENTITY", "J", array=[entity for entity, _ in lost]),
        fits.Column("FIRST", "J", array=[of.first for _, of in lost]),
        fits.Column("NUMBER", "J", array=[of.number for _, of in lost]),
        fits.Column(
            "CCDFRAME", "J", array=[-1 if of.frame is None else of.frame for _, of in lost]
        ),
        fits.Column("NODE", "2A", array=[of.node or "" for _, of in lost]),
    ]
    table = fits.BinTableHDU.from_columns(columns, name="LOSTEVTS")
    table.header.extend([*_TIME_CARDS, *cards])
    return table


def _image(name: str, pixels: NDArray[Any], cards: Sequence[Card]) -> Any:
    fits = _astropy()

    image = fits.ImageHDU(np.ascontiguousarray(pixels), name=name)
    image.header["BUNIT"] = ("adu", "unit of the pixels")
    image.header.extend([*_TIME_CARDS, *cards])
    if name in _FLIPS:
        rows, columns = _FLIPS[name]
        image.header["FLIPROWS"] = (rows, "rows are flipped in the focal plane")
        image.header["FLIPCOLS"] = (columns, "columns are flipped in the focal plane")
    _comment(image, _IMAGE_COMMENTS)
    return image


def _comment(hdu: Any, lines: Sequence[str]) -> None:
    for line in lines:
        hdu.header.add_comment(line)


def _write(path: Path, extensions: Sequence[Any], cards: Sequence[Card]) -> None:
    fits = _astropy()

    primary = fits.PrimaryHDU()
    primary.header.extend([*_TIME_CARDS, *cards])
    hdus = fits.HDUList([primary, *extensions])
    for hdu in hdus:
        hdu.add_datasum(when=_WHEN)
        hdu.add_checksum(when=_WHEN, override_datasum=True)
    with atomic_file(path) as file:
        hdus.writeto(file)
