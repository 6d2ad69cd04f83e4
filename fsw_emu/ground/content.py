# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a product holds, apart from where it comes from."""

from __future__ import annotations

import hashlib
import importlib
from pathlib import Path
from typing import Any

from fsw_emu.provenance import is_card

#: cards that follow from others
_NOT_CONTENT = {"CHECKSUM", "DATASUM"}


def content_digest(path: Path) -> str:
    """SHA-256 of a product without its provenance: of FITS files the cards and the data of each
    HDU, of others the bytes. OSError."""
    if path.suffix != ".fits":
        return hashlib.sha256(path.read_bytes()).hexdigest()
    fits: Any = importlib.import_module("astropy.io.fits")
    digest = hashlib.sha256()
    with fits.open(path, memmap=False, do_not_scale_image_data=True) as hdus:
        for hdu in hdus:
            for card in hdu.header.cards:
                if card.keyword not in _NOT_CONTENT and not is_card(card.keyword):
                    digest.update(f"{card.keyword}={card.value!r}\n".encode())
            if hdu.data is not None:
                digest.update(hdu.data.tobytes())
    return digest.hexdigest()
