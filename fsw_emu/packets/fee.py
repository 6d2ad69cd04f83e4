# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Header of a FEE packet (MSSL-SMILE-SXI-IRD-0001 as public code reads it)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

HEADER_BYTES = 10
WINDOW_BYTES = 54  # column, row and 5x5 pixels: payload of event and wandering-mask packets

#: what the length field counts (A2)
DataLen = Literal["payload", "packet"]
#: readout nodes in the order of the readout (MSSL-IF-122) with their bits of readout_node_sel
NODE_BITS = {"E2": 2, "F2": 1, "E4": 8, "F4": 4}
NODES = tuple(NODE_BITS)
#: packet types by number
TYPES = ("data", "event", "housekeeping", "wandering mask")
DATA, EVENT, HOUSEKEEPING, WANDERING_MASK = range(4)


def node_name(side: int, ccd: int) -> str:
    """Name of a node; side 2 (both, interleaved) is EF, side 3 (reserved) ??."""
    return ("F", "E", "EF", "??")[side] + ("2", "4")[ccd]


@dataclass(frozen=True)
class FeeHeader:
    """The ten bytes; data_len is what the wire says, which may count the header as well."""

    address: int
    protocol: int
    data_len: int
    mode: int
    last: bool
    side: int
    ccd: int
    type: int
    frame_counter: int
    sequence: int

    @property
    def node(self) -> str:
        return node_name(self.side, self.ccd)

    def to_bytes(self) -> bytes:
        field = self.mode << 8 | self.last << 7 | self.side << 5 | self.ccd << 4 | self.type
        return struct.pack(
            ">BBHHHH",
            self.address,
            self.protocol,
            self.data_len,
            field,
            self.frame_counter,
            self.sequence,
        )


def read_fee_header(packet: bytes) -> FeeHeader:
    """Read the first ten bytes, whatever they say; ValueError for fewer."""
    if len(packet) < HEADER_BYTES:
        raise ValueError(f"{len(packet)} bytes are less than a FEE packet header")
    address, protocol, data_len, field, frame, sequence = struct.unpack_from(">BBHHHH", packet)
    return FeeHeader(
        address=address,
        protocol=protocol,
        data_len=data_len,
        mode=field >> 8 & 15,
        last=bool(field >> 7 & 1),
        side=field >> 5 & 3,
        ccd=field >> 4 & 1,
        type=field & 3,
        frame_counter=frame,
        sequence=sequence,
    )
