# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What goes into a core and comes out of it, and the errors it raises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

WindowOrder = Literal["raster", "simulator"]
DataLen = Literal["payload", "packet"]
PixelOrder = Literal["big", "little"]
EventsCodec = Literal["events", "aec", "none", "auto"]
RowsKind = Literal["raw", "independent", "grouped", "aec", "auto"]
RowsPredictor = Literal["column", "west", "mean", "auto"]
HousekeepingCodec = Literal["hkdelta", "aec", "none", "auto"]

#: one event: pixel coordinates in the node and the 5x5 window in packet order [ADU]
EVENT_DTYPE = np.dtype([("row", "u2"), ("col", "u2"), ("pixels", "u2", (25,))])

#: header of one FEE packet; ``data_len`` is always the payload's
HEADER_DTYPE = np.dtype(
    [
        ("data_len", "u2"),
        ("frame_counter", "u2"),
        ("sequence", "u2"),
        ("mode", "u1"),
        ("last", "u1"),
        ("side", "u1"),
        ("ccd", "u1"),
        ("type", "u1"),
        ("spare", "u1"),
    ]
)

_STATUS_TEXT = {
    -1: "an argument is out of range",
    -2: "the output does not fit",
    -3: "the input ends too early",
    -4: "a field holds a value that it may not hold",
    -5: "a length field disagrees with the size",
    -6: "checksum mismatch",
    -7: "out of sequence",
    -8: "a sample does not fit its width",
}


class CoreError(ValueError):
    """A core function refused its input; ``status`` is its ``enum sxi_status``."""

    def __init__(self, function: str, status: int) -> None:
        super().__init__(f"{function}: {_STATUS_TEXT.get(status, f'status {status}')}")
        self.function = function
        self.status = status


class TargetError(RuntimeError):
    """A core elsewhere did not do what it was asked, for a reason that is not the function's."""


@dataclass(frozen=True)
class Detection:
    """Events and wandering-mask windows of one node frame, in raster order."""

    records: NDArray[Any]  # EVENT_DTYPE
    kinds: NDArray[np.uint8]  # 1 event, 3 wandering mask
    n_dropped: int  # events beyond the packet limit


@dataclass(frozen=True)
class FilterResult:
    """Which events the onboard filter keeps, and why it rejected the others."""

    keep: NDArray[np.bool_]
    n_bad: int
    n_centre: int
    n_ring_sum: int
    n_ring_count: int


@dataclass(frozen=True)
class FeePackets:
    """Packets read in bulk; rows of the arrays belong together.

    ``headers`` is defined where ``status`` is 0, ``events`` where the type is event or
    wandering mask as well.
    """

    headers: NDArray[Any]  # HEADER_DTYPE
    events: NDArray[Any]  # EVENT_DTYPE
    status: NDArray[np.int8]


@dataclass(frozen=True)
class AssembledFrame:
    """Pixels of one readout and what is missing from it."""

    pixels: NDArray[np.uint16]  # (planes, rows, cols)
    row_pixels: NDArray[np.uint16]  # (planes, rows): pixels received of each row
    n_packets: int
    n_missing: int
    n_rejected: int  # packets that did not belong where they claimed to


@dataclass(frozen=True)
class TmPacket:
    """Header fields of a PUS-A telemetry packet (time: seconds and microseconds)."""

    apid: int
    count: int
    type: int
    subtype: int
    destination: int
    coarse: int
    fine_us: int
    sync: int


@dataclass(frozen=True)
class CeHeader:
    """Header of a compression entity; the sizes are filled in when it is packed."""

    version: int
    build: int
    sdp_version: int
    coarse: int
    fine_us: int
    obsid: int
    counter: int
    members: int
    key: int
    product: int
    integrity: int
    data_size: int
    size: int = 0
    group_size: int = 0
    frames_size: int = 0
    compressed_meta_size: int = 0
    compressed_data_size: int = 0


@dataclass(frozen=True)
class CompressionEntity:
    """A compression entity taken apart; ``science`` are the original bytes."""

    header: CeHeader
    group: NDArray[np.uint32]  # (47,) fields in the order of packets.ce.GROUP_FIELDS
    frames: NDArray[np.uint32]  # (members, 57) fields, packets.ce.FRAME_FIELDS
    science: bytes


class LdtReceiver(Protocol):
    """Reassembles the transfers of one SDU id (service 13)."""

    @property
    def size(self) -> int:
        """Bytes received of the transfer under way."""

    @property
    def number(self) -> int:
        """Sequence number of its last part; 0 when none is under way."""

    def push(self, subtype: int, source: bytes) -> int:
        """Take the source data of one (13,1..4) packet: 0 more to come, 1 complete,
        2 aborted. CoreError as sxi_ldt_rx_push says."""

    def end(self) -> bytes:
        """End the transfer under way and return what came of it."""

    def data(self) -> bytes:
        """The bytes received so far (all of them after 1)."""
