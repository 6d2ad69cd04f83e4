# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Entities of which parts are missing: what can be read of them, and what is lost.

Packets of rows and of events each decode alone. Lost rows hold 65,535, lost events zeros.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import CeHeader, CompressionEntity, Core
from fsw_emu.ground.transfers import Transfer
from fsw_emu.packets import coded
from fsw_emu.packets.ce import FRAME_BYTES, GROUP_BYTES, HEADER_BYTES, PRODUCTS, is_packets, is_rows
from fsw_emu.packets.fault import Fault

#: what is lost: rows of images (images, rows), or 64-byte packets (packets,)
Lost = NDArray[np.bool_]

MISSING_PIXEL = 0xFFFF
EVENT_BYTES = 64
_CRC_BYTES = 2
_SHAPE_AT = 9  # in the header of a packet of rows
_MOST_IMAGES, _MOST_EVENTS = 4096, 0xFFFFFF
_MOST_BYTES = 1 << 28  # of science data: more than any transfer brings
#: rows, columns and the digit of the packet's shape by that of the key
_SHAPES = {1: (639, 384, 1), 3: (165, 96, 2), 4: (160, 99, 3), 5: (4511, 4608, 4)}


@dataclass(frozen=True)
class Salvaged:
    """What came of an entity, and what did not."""

    entity: CompressionEntity
    lost: Lost


def salvage(core: Core, transfer: Transfer) -> Salvaged | Fault:
    """What came of the entity in a transfer with holes, or why nothing can be made of it."""
    try:
        header = core.ce_header(transfer.data)
        metadata = HEADER_BYTES + GROUP_BYTES + header.members * FRAME_BYTES
        if any(begin < metadata for begin, _ in transfer.holes):
            where = f"entity {header.counter} ({PRODUCTS[header.product]})"
            return Fault(transfer.position, where, "a part of its metadata is missing: it is lost")
        bare = _without_science(transfer.data[:metadata])
        entity = core.ce_unpack(bare)
        science, lost = _science(core, transfer, header, metadata)
    except ValueError as error:
        return Fault(transfer.position, "entity", f"nothing can be read of what came: {error}")
    return Salvaged(CompressionEntity(header, entity.group, entity.frames, science), lost)


def _without_science(metadata: bytes) -> bytes:
    """The same header and metadata as an entity of no science data: those have no coder."""
    size = len(metadata).to_bytes(4, "big")
    return metadata[:20] + size + bytes(4) + metadata[28:36] + bytes(8) + metadata[HEADER_BYTES:]


def _science(core: Core, transfer: Transfer, header: CeHeader, begin: int) -> tuple[bytes, Lost]:
    """Science data as far as they came, and what is lost; ValueError when nothing came."""
    end, holes = len(transfer.data) - _CRC_BYTES, transfer.holes
    where: dict[str, Any] = {"begin": begin, "end": end, "holes": holes}
    core.key_decode(header.key, b"", 0)  # refuses a key that there is not
    if header.data_size > _MOST_BYTES:
        raise ValueError(f"{header.data_size} bytes of science data")
    if is_rows(header.key):
        return _rows(core, transfer.data, header, where)
    n, rest = divmod(header.data_size, EVENT_BYTES)
    if rest or not 0 < n <= _MOST_EVENTS or not is_packets(header.key):
        raise ValueError(f"{header.data_size} bytes are no set of event packets")
    packets = coded.whole_packets(transfer.data, coded.EVENTS, fits=_is_of(n), **where)
    science, ok = core.events_decode(packets, total=n)
    return science, ~ok


def _is_of(n_events: int) -> Any:
    """Whether a packet of events is of so many."""
    count = n_events.to_bytes(3, "big")
    return lambda packet: packet[3:6] == count


def _rows(core: Core, data: bytes, header: CeHeader, where: dict[str, Any]) -> tuple[bytes, Lost]:
    rows, cols, shape = _SHAPES[header.key >> 8 & 0xF]
    n, rest = divmod(header.data_size, 2 * rows * cols)
    if rest or not 0 < n <= _MOST_IMAGES:
        raise ValueError(f"{header.data_size} bytes are no whole number of images")

    def fits(packet: bytes) -> bool:
        return packet[_SHAPE_AT] == shape and int.from_bytes(packet[3:5], "big") >> 4 == n - 1

    packets = coded.whole_packets(data, coded.ROWS, fits=fits, **where)
    stack, ok = core.rows_decode(packets, shape=(n, rows, cols))
    stack[~ok] = MISSING_PIXEL
    return stack.astype(">u2").tobytes(), ~ok
