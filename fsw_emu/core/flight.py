# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The functions that fly: what a core can do of the public chain and of compression."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core.values import (
    AssembledFrame,
    CeHeader,
    CompressionEntity,
    DataLen,
    Detection,
    EventsCodec,
    FeePackets,
    FilterResult,
    HousekeepingCodec,
    LdtReceiver,
    PixelOrder,
    RowsKind,
    RowsPredictor,
    TmPacket,
    WindowOrder,
)


class FlightCore(Protocol):
    """Contracts: the headers in ``c_src/include/sxi``."""

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
