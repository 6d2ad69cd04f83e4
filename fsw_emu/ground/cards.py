# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Header cards that tell where the data of a FITS file come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fsw_emu.core import CeHeader, CompressionEntity
from fsw_emu.ground.entities import entity_time, group_value, start_times
from fsw_emu.ground.fits import Card
from fsw_emu.ground.reading import FineTime
from fsw_emu.packets.ce import FF, PRODUCTS, is_rows, is_stacked, near_lossless


def event_cards(headers: Sequence[CeHeader], *, n_frames: int, fine_time: FineTime) -> list[Card]:
    """Cards of the events of several entities, at least one."""
    return [
        ("OBS_ID", _list(f"{h.obsid:010d}" for h in headers), "observation id"),
        ("PRODUCT", _list(PRODUCTS[h.product] for h in headers), "products"),
        ("CEKEY", _list(_hex(h.key) for h in headers), "compression keys"),
        ("CEFIRST", headers[0].counter, "ce_counter of the first entity"),
        ("CELAST", headers[-1].counter, "ce_counter of the last entity"),
        ("NENTITY", len(headers), "compression entities"),
        ("NFRAMES", n_frames, "frames, those without events included"),
        ("DATE-OBS", _iso(headers[0], fine_time), "time of the first entity, UTC"),
    ]


def image_cards(entity: CompressionEntity, *, fine_time: FineTime) -> list[Card]:
    """Cards of the images of one entity."""
    header = entity.header
    cards: list[Card] = [
        ("OBS_ID", f"{header.obsid:010d}", "observation id"),
        ("PRODUCT", PRODUCTS[header.product], "product"),
        ("CEKEY", _hex(header.key), "compression key"),
        ("CECOUNT", header.counter, "ce_counter"),
        ("CEINTEG", header.integrity, "ce_integrity as told on board, 0 is good"),
        ("NMEMBERS", header.members, "frames in the entity"),
        ("STACKED", is_stacked(header.key), "frames were added up"),
        ("DATE-OBS", _iso(header, fine_time), "time of the entity, UTC"),
        ("TSTART", start_times(entity, fine_time)[0], "start of the first frame [s]"),
    ]
    if is_rows(header.key):
        cards.append(("NEARLOSS", near_lossless(header.key), "[adu] most that a pixel is off"))
    ccds = [ccd for ccd in (2, 4) if group_value(entity, f"FRMccd{ccd}Readout")]
    if header.product == FF and len(ccds) == 1:
        cards.append(("CCD", ccds[0], "CCD read out"))
    return cards


def _iso(header: CeHeader, fine_time: FineTime) -> str:
    """As FITS has it: UTC without a zone."""
    return entity_time(header, fine_time).iso().removesuffix("Z")


def _hex(key: int) -> str:
    return f"0x{key:08X}"


def _list(values: Iterable[str]) -> str:
    """Each value once, in the order of coming."""
    return ",".join(dict.fromkeys(values))
