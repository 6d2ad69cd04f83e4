# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The front-end electronics in science: frames in, SpaceWire packets out.

Packet sequences: FEE section of SPEC.md. One sequence counter runs through a readout, the
housekeeping packet first; the frame counter goes up with each readout (MSSL-IF-109, -110).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import EVENT_DTYPE, HEADER_DTYPE, Core, DataLen, PixelOrder, WindowOrder

NODES = ("E2", "F2", "E4", "F4")
DATA, EVENT, HK = 0, 1, 2
MODE_FT, MODE_FF = 3, 4
HK_PAYLOAD = 152
SIDE_BOTH = 2
#: whose threshold the public simulator takes
_EXCHANGED = {"F2": "E4", "E4": "F2"}
#: window in the simulator's order at each place of the raster order, and the other way round
_SIMULATOR = np.array([5 * (2 - dc) + dr + 2 for dr in range(-2, 3) for dc in range(-2, 3)])
_REORDER = {"raster": _SIMULATOR, "simulator": np.argsort(_SIMULATOR)}


@dataclass(frozen=True)
class FrontEndSettings:
    """Registers of the FEE as far as science uses them (register map v0.38)."""

    threshold: int | Mapping[str, int]  # [ADU] ccdX_Y_pix_threshold: of all nodes, or of each
    event_limit: int | None = None  # event_pkt_limit, per CCD and frame
    wandering_mask: bool = True  # edu_wandering_mask_en
    window_order: WindowOrder = "raster"
    pixel_order: PixelOrder = "big"
    data_len: DataLen = "payload"
    packet_size: int = 778  # with the header: one row of 384 pixels
    full_sun_threshold: int = 0xFFFF  # full_sun_pix_threshold [ADU]
    # The readings of open questions (SPEC.md, section 1), the default first.
    threshold_equality: Literal["passes", "fails"] = "passes"  # of a pixel at threshold + median
    threshold_registers: Literal["own", "exchanged"] = (
        "own"  # exchanged: F2 and E4 take the other's
    )
    background_set: Literal["window", "raster", "simulator"] = "window"  # whose indices
    sequence_after_hk: Literal["goes-on", "restarts"] = "goes-on"  # of event packets
    event_hk: Literal["sent", "omitted"] = "sent"  # before event packets
    end_marker: Literal["sent", "absent"] = "sent"  # one more empty packet for the frame


class FrontEnd:
    """One FEE; every readout moves its counters and its wandering mask on."""

    def __init__(self, core: Core, settings: FrontEndSettings) -> None:
        self._core = core
        self._settings = settings
        self._mask = (2, 2)
        self._frame_counter = 0
        self._sequence = 0
        self.n_dropped = 0  # events beyond the packet limit

    def event_readout(self, frames: Mapping[str, NDArray[np.uint16]]) -> list[bytes]:
        """Packets of one readout with event detection; frames by node, (rows, cols) [ADU].

        Housekeeping, then for each node events and wandering mask in raster order and an
        empty last packet, and one more empty last packet for the frame.
        """
        packets = [self._begin(MODE_FT, frames)]
        if self._settings.event_hk == "omitted":
            packets, self._sequence = [], 0
        if self._settings.sequence_after_hk == "restarts":
            self._sequence = 0
        used = {"2": 0, "4": 0}
        for node in NODES:
            if node in frames:
                packets += self._node_events(node, frames[node], used)
        if self._settings.end_marker == "sent":
            packets += self._empty([node for node in NODES if node in frames][-1])
        self._mask = self._core.mask_step(*self._mask)
        return packets

    def image_readout(self, frames: Mapping[str, NDArray[np.uint16]]) -> list[bytes]:
        """Packets of one frame transfer: housekeeping, then the rows of each node."""
        packets = [self._begin(MODE_FT, frames)]
        for node in NODES:
            if node in frames:
                side, ccd = int(node[0] == "E"), int(node[1] == "4")
                packets += self._data(frames[node], MODE_FT, side, ccd)
        self._mask = self._core.mask_step(*self._mask)
        return packets

    def full_frame_readout(self, image: NDArray[np.uint16], ccd: int) -> list[bytes]:
        """Packets of one full frame of CCD 2 or 4, sides interleaved pixel by pixel."""
        packets = [self._begin(MODE_FF, {})]
        return packets + self._data(image, MODE_FF, SIDE_BOTH, int(ccd == 4))

    def _begin(self, mode: int, frames: Mapping[str, NDArray[np.uint16]]) -> bytes:
        self._frame_counter = (self._frame_counter + 1) & 0xFFFF
        self._sequence = 0
        header = self._headers(1, mode=mode, last=1, side=0, ccd=0, kind=HK)
        header["data_len"] = HK_PAYLOAD
        return self._core.fee_header(header, data_len=self._settings.data_len) + self._hk(
            mode, frames
        )

    def _hk(self, mode: int, frames: Mapping[str, NDArray[np.uint16]]) -> bytes:
        """Registers 0x700..0x797; analogue channels read 0."""
        hk = bytearray(HK_PAYLOAD)
        hk[128:132] = 1, self._frame_counter & 0x3F, 0, 1  # link 1, time code, link running
        hk[132:134] = self._frame_counter.to_bytes(2, "big")
        hk[135] = mode
        for i, node in enumerate(("F2", "E2", "F4", "E4")):
            frame = frames.get(node)
            if frame is not None:
                bright = int((frame > self._settings.full_sun_threshold).sum())
                hk[144 + 2 * i : 146 + 2 * i] = min(bright, 0xFFFF).to_bytes(2, "big")
        return bytes(hk)

    def _node_events(
        self, node: str, frame: NDArray[np.uint16], used: dict[str, int]
    ) -> list[bytes]:
        limit = self._settings.event_limit
        order, background = self._settings.window_order, self._settings.background_set
        found = self._core.detect_events(
            frame,
            threshold=self._threshold(node),
            limit=None if limit is None else limit - used[node[1]],
            window_order=order if background == "window" else background,
            mask=self._mask if self._settings.wandering_mask else None,
        )
        used[node[1]] += int((found.kinds == EVENT).sum())
        self.n_dropped += found.n_dropped
        records = found.records
        if background not in ("window", order):
            records["pixels"] = records["pixels"][:, _REORDER[order]]
        return self._build(node, records, found.kinds, last=0) + self._empty(node)

    def _threshold(self, node: str) -> int:
        """What the EDU of a node compares with [ADU]. More than T is at least T + 1."""
        exchanged = self._settings.threshold_registers == "exchanged"
        register = _EXCHANGED.get(node, node) if exchanged else node
        threshold = self._settings.threshold
        adu = threshold if isinstance(threshold, int) else threshold[register]
        return adu + (self._settings.threshold_equality == "fails")

    def _empty(self, node: str) -> list[bytes]:
        """The empty event packet that ends a node, and a frame."""
        return self._build(node, np.zeros(1, EVENT_DTYPE), np.array([EVENT], np.uint8), last=1)

    def _build(
        self, node: str, events: NDArray[Any], kinds: NDArray[np.uint8], *, last: int
    ) -> list[bytes]:
        side, ccd = int(node[0] == "E"), int(node[1] == "4")
        headers = self._headers(len(events), mode=MODE_FT, last=last, side=side, ccd=ccd, kind=0)
        headers["type"] = kinds
        headers["data_len"] = 54
        built = self._core.fee_build_events(headers, events, data_len=self._settings.data_len)
        return [built[i : i + 64] for i in range(0, len(built), 64)]

    def _data(self, image: NDArray[np.uint16], mode: int, side: int, ccd: int) -> list[bytes]:
        payload = self._settings.packet_size - 10
        wire = image.astype(">u2" if self._settings.pixel_order == "big" else "<u2").tobytes()
        count = -(-len(wire) // payload)
        headers = self._headers(count, mode=mode, last=0, side=side, ccd=ccd, kind=DATA)
        headers["data_len"] = payload
        headers["data_len"][-1] = len(wire) - (count - 1) * payload
        headers["last"][-1] = 1
        header = self._core.fee_header
        rule = self._settings.data_len
        return [
            header(headers[i], data_len=rule) + wire[i * payload : (i + 1) * payload]
            for i in range(count)
        ]

    def _headers(
        self, n: int, *, mode: int, last: int, side: int, ccd: int, kind: int
    ) -> NDArray[Any]:
        headers = np.zeros(n, HEADER_DTYPE)
        headers["frame_counter"] = self._frame_counter
        headers["sequence"] = (self._sequence + np.arange(n)) & 0xFFFF
        headers["mode"], headers["last"] = mode, last
        headers["side"], headers["ccd"], headers["type"] = side, ccd, kind
        self._sequence = (self._sequence + n) & 0xFFFF
        return headers
