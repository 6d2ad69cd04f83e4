# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a core can do, wherever it runs.

A *core* is one build of ``c_src`` behind these methods: in this process, loaded from a
shared library, or on another processor. Whatever processes data takes a core as an argument,
so that the same chain runs on each of them, bit for bit the same.

Inputs that a core refuses raise :class:`CoreError` with the status of the C function; inputs
of the wrong type or shape raise ``TypeError`` or ``ValueError`` before it is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
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


class Core(Protocol):
    """Every function of the flight core. Contracts: the headers in ``c_src/include/sxi``."""

    @property
    def name(self) -> str:
        """What to call this core in reports."""

    def crc16(self, data: bytes, seed: int = 0xFFFF) -> int: ...

    def crc8(self, data: bytes, seed: int = 0) -> int: ...

    def fee_parse(
        self,
        buffer: bytes | NDArray[np.uint8],
        offsets: NDArray[np.uint32],
        lengths: NDArray[np.uint32],
        *,
        data_len: DataLen = "payload",
    ) -> FeePackets: ...

    def fee_header(self, header: NDArray[Any], *, data_len: DataLen = "payload") -> bytes:
        """The 10 bytes of one packet header (one HEADER_DTYPE record)."""

    def fee_build_events(
        self, headers: NDArray[Any], events: NDArray[Any], *, data_len: DataLen = "payload"
    ) -> bytes: ...

    def detect_events(
        self,
        frame: NDArray[np.uint16],
        *,
        threshold: int,
        limit: int | None = None,
        window_order: WindowOrder = "raster",
        mask: tuple[int, int] | None = None,
    ) -> Detection:
        """Events and, with ``mask`` = (row, col), the wandering-mask window."""

    def mask_step(self, row: int, col: int) -> tuple[int, int]: ...

    def filter_events(
        self,
        events: NDArray[Any],
        *,
        centre_max: int,
        ring_sum_max: int,
        ring_max: int,
        ring_count_max: int = 4,
        bad_pixels: bytes | None = None,
    ) -> FilterResult:
        """``bad_pixels``: the node's mask of 30,672 bytes."""

    def bad_pixel(self, mask: bytes, row: int, col: int) -> bool: ...

    def bad_pixel_mask(self, pixels: NDArray[np.bool_]) -> bytes:
        """Mask of a (639, 384) boolean array."""

    def assemble_frame(
        self,
        buffer: bytes | NDArray[np.uint8],
        offsets: NDArray[np.uint32],
        lengths: NDArray[np.uint32],
        *,
        rows: int,
        cols: int,
        nodes: int,
        packet_payload: int,
        first_sequence: int = 1,
        pixel_order: PixelOrder = "big",
        data_len: DataLen = "payload",
        fill: int = 0xFFFF,
    ) -> AssembledFrame:
        """Pixels of the data packets of one readout; pixels that never came hold ``fill``."""

    def image_crop(
        self, image: NDArray[np.uint16], *, top: int, left: int, rows: int, cols: int
    ) -> NDArray[np.uint16]: ...

    def image_bin(
        self, image: NDArray[np.uint16], *, rows: int, cols: int
    ) -> NDArray[np.uint16]: ...

    def image_decimate(self, image: NDArray[np.uint16], *, step: int) -> NDArray[np.uint16]: ...

    def image_stack(
        self, stack: NDArray[np.uint32], image: NDArray[np.uint16]
    ) -> NDArray[np.uint32]:
        """A new stack: ``stack`` + ``image``, saturating."""

    def aec_encode(
        self,
        samples: NDArray[Any],
        *,
        bits: int = 16,
        block_size: int = 16,
        rsi: int = 128,
        preprocess: bool = True,
        restricted: bool = False,
    ) -> bytes: ...

    def aec_decode(
        self,
        data: bytes,
        n_samples: int,
        *,
        bits: int = 16,
        block_size: int = 16,
        rsi: int = 128,
        preprocess: bool = True,
        restricted: bool = False,
    ) -> NDArray[Any]:
        """uint16 for up to 16 bits, else uint32."""

    def rows_encode(
        self,
        stack: NDArray[np.uint16],
        *,
        kind: RowsKind = "grouped",
        predictor: RowsPredictor = "column",
        near_lossless: int = 0,
        packet_bytes: int = 5120,
        group: int = 16,
        block_size: int = 64,
    ) -> list[bytes]:
        """Packets of a stack (frames, rows, columns), up to 2^31 samples; of kind grouped each
        ``group`` frames have a model, sent twice, but are independent beyond 32,768 columns. Kind
        "auto" tries all kinds and predictors, whichever is given, for each group; predictor "auto"
        those of the kind, and for grouped and independent also AEC and raw packets."""

    def rows_decode(
        self, packets: Iterable[bytes], *, shape: tuple[int, int, int] | None = None
    ) -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
        """The stack, and (frames, rows) which rows came, of ``shape``, else of that of most whole
        packets; others are left out as damaged. In any order, repeated. ValueError when none is
        whole; without ``shape`` for more than 2^24 samples of which less than 1/64 came."""

    def hk_encode(
        self,
        packets: Iterable[bytes],
        *,
        codec: HousekeepingCodec = "hkdelta",
        full_every: int = 64,
    ) -> list[bytes]:
        """Code housekeeping packets of 2 to 1024 bytes: "hkdelta" and "none" (full packets) one for
        one, "aec" in blocks of up to ``full_every`` (256 at most) of one length. "auto" takes what
        is shortest for all of them."""

    def hk_decode(self, packets: Iterable[bytes]) -> tuple[list[bytes], NDArray[np.bool_]]:
        """The packets up to the last one that came, b"" and False where one did not. Coded packets
        in the order sent, repeated or damaged; those after 65,536 lost in a row are left out.
        ValueError when none is whole."""

    def key_encode(self, key: int, science: bytes) -> bytes: ...

    def key_decode(self, key: int, data: bytes, science_size: int) -> bytes: ...

    def events_encode(
        self, packets: bytes, *, codec: EventsCodec = "events", packet_bytes: int = 1024
    ) -> list[bytes]:
        """Event packets of 64 bytes each, back to back, in packets that each decode alone.
        ``auto`` takes the codec that makes them shortest."""

    def events_decode(
        self, packets: Iterable[bytes], *, total: int | None = None
    ) -> tuple[bytes, NDArray[np.bool_]]:
        """The event packets of a set of ``total``, else of what most whole packets say, in any
        order; others are left out as damaged. Those lost are zeros, and ``ok`` (n,) False.
        ValueError when none is whole; without ``total`` beyond 65,536 if less than 1/64 came."""

    def ce_pack(
        self,
        header: CeHeader,
        group: NDArray[np.uint32],
        frames: NDArray[np.uint32],
        science: bytes,
    ) -> bytes:
        """Code ``science`` as ``header.key`` says and close the entity around it. Data that
        the key would make larger go uncompressed, under the key that says so."""

    def ce_unpack(self, entity: bytes) -> CompressionEntity:
        """Take an entity apart, decode and check it."""

    def ce_header(self, entity: bytes) -> CeHeader:
        """Read the header of an entity, or of the beginning of one (44 bytes)."""

    def frame_hk(self, fields: NDArray[np.uint32], hk: bytes) -> NDArray[np.uint32]:
        """A copy of frame metadata with the FRMHK... fields taken from a FEE HK payload."""

    def tm_build(self, packet: TmPacket, data: bytes) -> bytes: ...

    def tm_parse(self, packet: bytes) -> tuple[TmPacket, bytes]: ...

    def ldt_segment(
        self, data: bytes, packet: TmPacket, *, sdu_id: int, part: int = 861
    ) -> list[bytes]:
        """All telemetry packets of one transfer; counts go up from ``packet.count``."""

    def ldt_abort(self, packet: TmPacket, *, sdu_id: int, reason: int) -> bytes: ...

    def ldt_receiver(self, sdu_id: int, room: int = 65535 * 861) -> LdtReceiver: ...


def default_core() -> Core:
    """The core in this process, in the build that suits this processor."""
    from fsw_emu.targets.host import host_core

    return host_core()
