# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Compression entities: taken apart, decoded and checked by the core."""

from __future__ import annotations

from fsw_emu.core import CeHeader, CompressionEntity, Core, CoreError
from fsw_emu.ground.reading import FineTime
from fsw_emu.ground.transfers import Transfer
from fsw_emu.packets.ce import FRAME_FIELDS, GROUP_FIELDS
from fsw_emu.packets.fault import Fault
from fsw_emu.packets.pus import SmileTime

_START_SECONDS = FRAME_FIELDS.index("sdpProductStarttimeCrs")
_START_FINE = FRAME_FIELDS.index("sdpProductStarttimeFine")
_FINE_PER_SECOND = {"microseconds": 1_000_000, "binary": 1 << 24}


def unpack(core: Core, transfer: Transfer) -> CompressionEntity | Fault:
    """The entity in a transfer, or why there is none."""
    try:
        return core.ce_unpack(transfer.data)
    except CoreError as error:
        return Fault(transfer.position, "entity", str(error))


def group_value(entity: CompressionEntity, field: str) -> int:
    """One field of the group metadata by its name."""
    return int(entity.group[GROUP_FIELDS.index(field)])


def frame_values(entity: CompressionEntity, field: str) -> list[int]:
    """One field of the metadata of every frame by its name."""
    return [int(value) for value in entity.frames[:, FRAME_FIELDS.index(field)]]


def start_times(entity: CompressionEntity, fine_time: FineTime = "microseconds") -> list[float]:
    """When each frame began [s since 2018-01-01 UTC], from its metadata."""
    fine = entity.frames[:, _START_FINE] / _FINE_PER_SECOND[fine_time]
    return [float(value) for value in entity.frames[:, _START_SECONDS] + fine]


def entity_time(header: CeHeader, fine_time: FineTime = "microseconds") -> SmileTime:
    """The time in a header, whose fine part is the upper 16 of 24 bits."""
    return SmileTime(header.coarse, header.fine_us * 1_000_000 // _FINE_PER_SECOND[fine_time])
