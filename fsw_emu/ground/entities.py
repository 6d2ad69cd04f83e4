"""Compression entities: taken apart, decoded and checked by the core."""

from __future__ import annotations

from fsw_emu.core import CompressionEntity, Core, CoreError
from fsw_emu.ground.transfers import Transfer
from fsw_emu.packets.ce import FRAME_FIELDS, GROUP_FIELDS
from fsw_emu.packets.fault import Fault

_START_SECONDS = FRAME_FIELDS.index("sdpProductStarttimeCrs")
_START_MICROSECONDS = FRAME_FIELDS.index("sdpProductStarttimeFine")


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


def start_times(entity: CompressionEntity) -> list[float]:
    """When each frame began [s since 2018-01-01 UTC], from its metadata."""
    seconds = entity.frames[:, _START_SECONDS]
    microseconds = entity.frames[:, _START_MICROSECONDS]
    return [float(value) for value in seconds + microseconds / 1e6]
