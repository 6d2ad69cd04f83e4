# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""LibraryCore, second half: frames, coding, entities, telemetry."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import (
    AssembledFrame,
    CeHeader,
    CompressionEntity,
    CoreError,
    DataLen,
    LdtReceiver,
    PixelOrder,
    TmPacket,
)
from fsw_emu.targets._library import Library, as_array, choice, ranged

_DATA_LEN = ("payload", "packet")
_PIXEL_ORDER = ("big", "little")
_ROWS_ARRAYS = {"columns": np.int16, "means": np.int32, "line": np.uint16, "above": np.uint16}


class FrameFunctions(Library):
    """Frame assembly and images."""

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
        if not (0 < rows <= 0xFFFF and 0 < cols <= 0xFFFF and 0 < nodes <= 16):
            raise ValueError(f"frame of {rows} x {cols} pixels, nodes {nodes}")
        pixels = np.full((nodes.bit_count(), rows, cols), fill, np.uint16)
        row_pixels = np.zeros((nodes.bit_count(), rows), np.uint16)
        ctx = self.new("sxi_frame_asm")
        status = self.lib.sxi_frame_init(
            ctx,
            self.at(pixels, "uint16_t"),
            pixels.size,
            self.at(row_pixels, "uint16_t"),
            row_pixels.size,
            rows,
            cols,
            nodes,
            packet_payload,
            first_sequence,
            choice(pixel_order, _PIXEL_ORDER, "pixel_order"),
        )
        self.count("assemble_frame", status)
        offsets = as_array(offsets, np.uint32, 1, "offsets")
        lengths = as_array(lengths, np.uint32, 1, "lengths")
        if len(offsets) != len(lengths):
            raise ValueError(f"offsets and lengths differ: {len(offsets)}, {len(lengths)}")
        if (offsets > len(buffer)).any() or (lengths > len(buffer) - offsets).any():
            raise ValueError("a packet does not lie in the buffer")
        accepted = self.lib.sxi_frame_push_packets(
            ctx,
            self.bytes_at(buffer),
            len(buffer),
            self.at(offsets, "uint32_t"),
            self.at(lengths, "uint32_t"),
            len(offsets),
            choice(data_len, _DATA_LEN, "data_len"),
        )
        n_rejected = len(offsets) - self.count("assemble_frame", accepted)
        missing = self.lib.sxi_frame_missing(ctx)
        return AssembledFrame(pixels, row_pixels, ctx.n_packets, missing, n_rejected)

    def image_crop(
        self, image: NDArray[np.uint16], *, top: int, left: int, rows: int, cols: int
    ) -> NDArray[np.uint16]:
        image = as_array(image, np.uint16, 2, "image")
        shape = (ranged(rows, 0xFFFF, "rows"), ranged(cols, 0xFFFF, "cols"))
        return self._image("crop", image, (top, left, rows, cols), shape)

    def image_bin(self, image: NDArray[np.uint16], *, rows: int, cols: int) -> NDArray[np.uint16]:
        image = as_array(image, np.uint16, 2, "image")
        if rows < 1 or cols < 1:
            raise ValueError(f"bins of {rows} x {cols} pixels")
        shape = (image.shape[0] // rows, image.shape[1] // cols)
        return self._image("bin", image, (rows, cols), shape)

    def image_decimate(self, image: NDArray[np.uint16], *, step: int) -> NDArray[np.uint16]:
        image = as_array(image, np.uint16, 2, "image")
        if step < 1:
            raise ValueError(f"step {step}")
        shape = (-(-image.shape[0] // step), -(-image.shape[1] // step))
        return self._image("decimate", image, (step,), shape)

    def _image(
        self, what: str, image: NDArray[np.uint16], args: tuple[int, ...], shape: tuple[int, int]
    ) -> NDArray[np.uint16]:
        out = np.empty(shape, np.uint16)
        function = getattr(self.lib, f"sxi_image_{what}")
        pointers = (self.at(image, "uint16_t"), *image.shape, *args, self.at(out, "uint16_t"))
        self.count(f"image_{what}", function(*pointers, out.size))
        return out

    def image_stack(
        self, stack: NDArray[np.uint32], image: NDArray[np.uint16]
    ) -> NDArray[np.uint32]:
        if stack.dtype != np.uint32 or image.dtype != np.uint16:
            raise TypeError(f"stack of {stack.dtype}, image of {image.dtype}")
        if stack.shape != image.shape:
            raise ValueError(f"stack of {stack.shape}, image of {image.shape}")
        out = np.array(stack, np.uint32, order="C")
        samples = np.ascontiguousarray(image)
        status = self.lib.sxi_image_stack(
            self.at(out, "uint32_t"), self.at(samples, "uint16_t"), out.size
        )
        self.count("image_stack", status)
        return out


class CodingFunctions(Library):
    """CCSDS 121, the compression key, entities."""

    def _aec(self, bits: int, block_size: int, rsi: int, preprocess: bool, restricted: bool) -> Any:
        flags = (self.lib.SXI_AEC_PREPROCESS if preprocess else 0) | (
            self.lib.SXI_AEC_RESTRICTED if restricted else 0
        )
        return self.new("sxi_aec", bits=bits, block_size=block_size, rsi=rsi, flags=flags)

    def aec_encode(
        self,
        samples: NDArray[Any],
        *,
        bits: int = 16,
        block_size: int = 16,
        rsi: int = 128,
        preprocess: bool = True,
        restricted: bool = False,
    ) -> bytes:
        if not isinstance(samples, np.ndarray) or samples.dtype.kind != "u":
            raise TypeError("samples: expected an array of unsigned integers")
        params = self._aec(bits, block_size, rsi, preprocess, restricted)
        width = 16 if bits <= 16 else 32
        if samples.size and int(samples.max()) >> width:
            raise CoreError("aec_encode", -8)
        values = np.ascontiguousarray(samples, f"u{width // 8}").reshape(-1)
        room = self.lib.sxi_aec_bound(params, len(values))
        if room == 0 and len(values):
            raise CoreError("aec_encode", -1)
        out = bytearray(max(room, 1))
        encode = getattr(self.lib, f"sxi_aec_encode_u{width}")
        size = encode(
            params, self.at(values, f"uint{width}_t"), len(values), self.bytes_at(out), room
        )
        return bytes(out[: self.count("aec_encode", size)])

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
        params = self._aec(bits, block_size, rsi, preprocess, restricted)
        if n_samples > (len(data) * 8 + 1) * 4096:
            raise CoreError("aec_decode", -3)
        width = 16 if bits <= 16 else 32
        out = np.empty(ranged(n_samples, 0x7FFFFFFF, "n_samples"), f"u{width // 8}")
        decode = getattr(self.lib, f"sxi_aec_decode_u{width}")
        status = decode(
            params, self.bytes_at(data), len(data), self.at(out, f"uint{width}_t"), n_samples
        )
        self.count("aec_decode", status)
        return out

    def _work(self, key: int, science_len: int) -> tuple[Any, list[Any]]:
        """Working memory of the coder of a key, and what it lives in."""
        parts = self.new("sxi_key")
        self.count("key", self.lib.sxi_key_load(parts, ranged(key, 0xFFFFFFFF, "key")))
        work = self.new("sxi_key_work")
        alive: list[Any] = []
        if parts.coder == self.lib.SXI_KEY_EVENTS:
            work.events, work.events_decoder = alive[:] = (
                self.new("sxi_events"),
                self.new("sxi_events_decoder"),
            )
        elif parts.coder:
            width = 4 if parts.stacked else 2
            work.room = science_len // width
            samples = np.empty(work.room, f"u{width}")
            setattr(work, f"u{width * 8}", self.at(samples, f"uint{width * 8}_t"))
            alive.append(samples)
        if parts.coder == self.lib.SXI_KEY_ROWS:
            room = max(parts.cols, self.lib.SXI_KEY_ROWS_PACKET_BYTES)
            arrays = {name: np.empty(room, dtype) for name, dtype in _ROWS_ARRAYS.items()}
            memory = {name: self.at(a, f"{a.dtype}_t") for name, a in arrays.items()}
            work.rows = rows = self.new("sxi_rows", room=room, **memory)
            columns = memory["columns"]
            work.rows_decoder = decoder = self.new("sxi_rows_decoder", room=room, columns=columns)
            alive += [rows, decoder, *arrays.values()]
        return work, alive

    def key_encode(self, key: int, science: bytes) -> bytes:
        work, _alive = self._work(key, len(science))
        out = bytearray(max(self.lib.sxi_key_bound(key, len(science)), 1))
        size = self.lib.sxi_key_encode(
            key, self.bytes_at(science), len(science), work, self.bytes_at(out), len(out)
        )
        return bytes(out[: self.count("key_encode", size)])

    def key_decode(self, key: int, data: bytes, science_size: int) -> bytes:
        if ranged(science_size, 0x7FFFFFFF, "science_size") > (len(data) * 8 + 1) * 4096 * 4:
            raise CoreError("key_decode", -3)
        work, _alive = self._work(key, science_size)
        out = bytearray(max(science_size, 1))
        status = self.lib.sxi_key_decode(
            key, self.bytes_at(data), len(data), work, self.bytes_at(out), science_size
        )
        return bytes(out[: self.count("key_decode", status)])

    def _header(self, pointer: Any) -> CeHeader:
        return CeHeader(**{name: getattr(pointer, name) for name in CeHeader.__match_args__})

    def ce_pack(
        self,
        header: CeHeader,
        group: NDArray[np.uint32],
        frames: NDArray[np.uint32],
        science: bytes,
    ) -> bytes:
        group = as_array(group, np.uint32, 1, "group")
        frames = as_array(frames, np.uint32, 2, "frames")
        fields = (self.lib.SXI_CE_GROUP_FIELDS, self.lib.SXI_CE_FRAME_FIELDS)
        if frames.shape != (header.members, fields[1]) or group.shape != fields[:1]:
            raise ValueError(
                f"{header.members} members: group of {group.shape}, frames of {frames.shape} fields"
            )
        pointer = self.new(
            "sxi_ce_header", **{name: getattr(header, name) for name in CeHeader.__match_args__}
        )
        work, _alive = self._work(header.key, len(science))
        bound = self.lib.sxi_entity_bound(header.key, header.members, len(science))
        out = bytearray(max(bound, 1))
        size = self.lib.sxi_entity_pack(
            pointer,
            self.at(group, "uint32_t"),
            self.at(frames, "uint32_t"),
            self.bytes_at(science),
            len(science),
            work,
            self.bytes_at(out),
            len(out),
        )
        return bytes(out[: self.count("ce_pack", size)])

    def ce_header(self, entity: bytes) -> CeHeader:
        pointer = self.new("sxi_ce_header")
        status = self.lib.sxi_ce_header_load(pointer, self.bytes_at(entity), len(entity))
        self.count("ce_header", status)
        return self._header(pointer)

    def ce_unpack(self, entity: bytes) -> CompressionEntity:
        header = self.ce_header(entity)
        if header.size != len(entity):
            raise CoreError("ce_unpack", -5 if len(entity) > header.size else -3)
        group = np.empty(self.lib.SXI_CE_GROUP_FIELDS, np.uint32)
        frames = np.empty((header.members, self.lib.SXI_CE_FRAME_FIELDS), np.uint32)
        memory = self.bytes_at(entity)
        at, size = self.lib.SXI_CE_HEADER_BYTES, self.lib.SXI_CE_GROUP_BYTES
        status = self.lib.sxi_ce_group_load(
            self.at(group, "uint32_t"), len(group), memory + at, size
        )
        self.count("ce_unpack", status)
        for frame in frames:
            at, size = at + size, self.lib.SXI_CE_FRAME_BYTES
            status = self.lib.sxi_ce_frame_load(
                self.at(frame, "uint32_t"), len(frame), memory + at, size
            )
            self.count("ce_unpack", status)
        if header.data_size > (header.compressed_data_size * 8 + 1) * 4096 * 4:
            raise CoreError("ce_unpack", -3)
        work, _alive = self._work(header.key, header.data_size)
        science = bytearray(max(header.data_size, 1))
        size = self.lib.sxi_entity_science(
            memory, len(entity), work, self.bytes_at(science), header.data_size
        )
        return CompressionEntity(
            header, group, frames, bytes(science[: self.count("ce_unpack", size)])
        )

    def frame_hk(self, fields: NDArray[np.uint32], hk: bytes) -> NDArray[np.uint32]:
        out = as_array(fields, np.uint32, 1, "fields").copy()
        status = self.lib.sxi_ce_frame_hk(
            self.at(out, "uint32_t"), len(out), self.bytes_at(hk), len(hk)
        )
        self.count("frame_hk", status)
        return out


class TelemetryFunctions(Library):
    """PUS packets and large data transfer."""

    def _tm(self, packet: TmPacket) -> Any:
        return self.new(
            "sxi_pus_tm", **{name: getattr(packet, name) for name in TmPacket.__match_args__}
        )

    def tm_build(self, packet: TmPacket, data: bytes) -> bytes:
        out = bytearray(self.lib.SXI_PUS_TM_MAX_BYTES)
        size = self.lib.sxi_pus_tm_store(
            self._tm(packet), self.bytes_at(data), len(data), self.bytes_at(out), len(out)
        )
        return bytes(out[: self.count("tm_build", size)])

    def tm_parse(self, packet: bytes) -> tuple[TmPacket, bytes]:
        tm = self.new("sxi_pus_tm")
        status = self.lib.sxi_pus_tm_load(tm, self.bytes_at(packet), len(packet))
        size = self.count("tm_parse", status)
        fields = {name: getattr(tm, name) for name in TmPacket.__match_args__}
        return TmPacket(**fields), bytes(packet[-2 - size : -2])

    def ldt_segment(
        self, data: bytes, packet: TmPacket, *, sdu_id: int, part: int = 861
    ) -> list[bytes]:
        tx, tm = self.new("sxi_ldt_tx"), self._tm(packet)
        memory = self.bytes_at(data)
        status = self.lib.sxi_ldt_tx_init(tx, sdu_id, memory, len(data), part)
        self.count("ldt_segment", status)
        packets = []
        out = bytearray(self.lib.SXI_PUS_TM_MAX_BYTES)
        while size := self.count(
            "ldt_segment", self.lib.sxi_ldt_tx_next(tx, tm, self.bytes_at(out), len(out))
        ):
            packets.append(bytes(out[:size]))
            tm.count = (tm.count + 1) & 0x3FFF
        return packets

    def ldt_abort(self, packet: TmPacket, *, sdu_id: int, reason: int) -> bytes:
        tx, out = self.new("sxi_ldt_tx"), bytearray(self.lib.SXI_PUS_TM_MAX_BYTES)
        memory = self.bytes_at(b"\0")
        self.count("ldt_abort", self.lib.sxi_ldt_tx_init(tx, sdu_id, memory, 1, 1))
        size = self.lib.sxi_ldt_tx_abort(
            tx, ranged(reason, 0xFFFF, "reason"), self._tm(packet), self.bytes_at(out), len(out)
        )
        return bytes(out[: self.count("ldt_abort", size)])

    def ldt_receiver(self, sdu_id: int, room: int = 65535 * 861) -> LdtReceiver:
        return _Receiver(self, sdu_id, room)


class _Receiver:
    def __init__(self, library: Library, sdu_id: int, room: int) -> None:
        self._library = library
        self._buffer = np.empty(room, np.uint8)
        self._rx = library.new("sxi_ldt_rx")
        memory = library.at(self._buffer, "uint8_t")
        status = library.lib.sxi_ldt_rx_init(self._rx, sdu_id, memory, room)
        library.count("ldt_receiver", status)

    @property
    def size(self) -> int:
        return int(self._rx.size)

    @property
    def number(self) -> int:
        return int(self._rx.number)

    def push(self, subtype: int, source: bytes) -> int:
        library = self._library
        status = library.lib.sxi_ldt_rx_push(
            self._rx, subtype, library.bytes_at(source), len(source)
        )
        return library.count("ldt_receiver", status)

    def end(self) -> bytes:
        library = self._library
        size = library.count("ldt_receiver", library.lib.sxi_ldt_rx_end(self._rx))
        return self._buffer[:size].tobytes()

    def data(self) -> bytes:
        return self._buffer[: self.size].tobytes()
