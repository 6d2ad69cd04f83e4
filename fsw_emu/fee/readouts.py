# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""One readout in any mode, as the registers are when it begins (SPEC.md section 14)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import Core
from fsw_emu.fee.front_end import STRETCH_BYTES, FrontEnd, FrontEndSettings
from fsw_emu.fee.memory import FeeMemory
from fsw_emu.fee.sources import (
    BINNED_6,
    BINNED_24,
    UNBINNED,
    Image,
    Seen,
    SeenInWindows,
    full_frame_pattern,
    one_side,
    pattern,
)
from fsw_emu.packets import fee_modes
from fsw_emu.packets.fee import HEADER_BYTES, NODE_BITS, NODES, read_fee_header
from fsw_emu.packets.fee_modes import Mode

#: payloads of data packets are whole words
WORD_BYTES = 4


class Readouts:
    """Makes readouts. ``readings``: the answers to open questions; what registers say is taken
    from ``memory`` instead. recording: frames to send in place of what the CCDs see.

    ``n_looks`` counts readouts that looked at the CCDs.
    """

    def __init__(
        self,
        core: Core,
        memory: FeeMemory,
        seen: Seen,
        *,
        readings: FrontEndSettings,
        recording: Iterator[list[bytes]] | None = None,
        uv_shape: tuple[int, int] = BINNED_24,
    ) -> None:
        self.n_looks = 0
        self._memory = memory
        self._seen = seen
        self._readings = readings
        self._recording = recording
        self._uv_shape = uv_shape
        self._front_end = FrontEnd(core, readings, self._housekeeping)

    def restart(self) -> None:
        """Counters and wandering mask as after a reset."""
        self._front_end.restart()

    def begin(self, mode: int) -> Iterator[list[bytes]] | None:
        """The packets of one readout, in stretches, in a mode that reads out; None while what the
        CCDs see is not there yet."""
        get = self._memory.get
        self._front_end.settings = self._settings()
        if not get("digitise_en"):
            return self._front_end.image_stretches({}, mode)
        if mode == Mode.FF_SIMULATION:
            full = full_frame_pattern(self._ccd(), get("timecode_from_spw"))
            return self._front_end.full_frame_stretches(full, self._ccd(), mode)
        if mode == Mode.FTP:
            return self._front_end.image_stretches(self._patterns(), mode)
        if mode == Mode.EVENT_SIMULATION:
            frames = {node: self._memory.frame(node) for node in self._nodes()}
            return self._front_end.event_stretches(self._corrected(frames), mode)
        stretches = self._look(mode)
        self.n_looks += stretches is not None
        return stretches

    def _look(self, mode: int) -> Iterator[list[bytes]] | None:
        """A readout of what the CCDs see."""
        if self._recording is not None:
            return self._recorded(next(self._recording))
        if mode == Mode.FF:
            full = self._seen.full_frame(self.n_looks, self._ccd())
            if full is None:
                return None
            return self._front_end.full_frame_stretches(full, self._ccd(), mode)
        # Event detection is defined for 6x6 binning only; trap pumping sends its pixels.
        binned_6 = self._binning() not in (fee_modes.UNBINNED, fee_modes.BINNED_24)
        detects = mode == Mode.FT and bool(self._memory.get("event_detection")) and binned_6
        if detects and isinstance(self._seen, SeenInWindows) and not self._corrects():
            drawn = self._front_end.drawn_stretches(self._seen, self.n_looks, self._nodes(), mode)
            if drawn is not None:
                return drawn
        frames = self._seen_by_nodes()
        if frames is None:
            return None
        if detects:
            return self._front_end.event_stretches(frames, mode)
        return self._front_end.image_stretches(frames, mode)

    def _settings(self) -> FrontEndSettings:
        get = self._memory.get
        payload = (get("packet_size") - HEADER_BYTES) // WORD_BYTES * WORD_BYTES
        return replace(
            self._readings,
            threshold={
                node: get(f"ccd{node[1]}_{node[0].lower()}_pix_threshold") for node in NODES
            },
            event_limit=get("event_pkt_limit"),
            wandering_mask=bool(get("edu_wandering_mask_en")),
            packet_size=HEADER_BYTES + max(payload, WORD_BYTES),
            full_sun_threshold=get("full_sun_pix_threshold"),
        )

    def _binning(self) -> int:
        return self._memory.get("ccd_mode2_config")

    def _ccd(self) -> int:
        return 2 if self._memory.get("ccd_readout") == 1 else 4

    def _nodes(self) -> list[str]:
        selected = self._memory.get("readout_node_sel")
        return [node for node in NODES if selected & NODE_BITS[node]]

    def _patterns(self) -> dict[str, Image]:
        shapes = {fee_modes.UNBINNED: UNBINNED, fee_modes.BINNED_24: self._uv_shape}
        shape = shapes.get(self._binning(), BINNED_6)
        time_code = self._memory.get("timecode_from_spw")
        return {node: pattern(node, shape, time_code) for node in self._nodes()}

    def _seen_by_nodes(self) -> dict[str, Image] | None:
        """What the CCDs show at the binning that is set, by selected node."""
        binning, nodes, offset = self._binning(), self._nodes(), self._offset()
        if binning == fee_modes.UNBINNED:
            sides = {}
            for ccd in sorted({int(node[1]) for node in nodes}):
                full = self._seen.full_frame(self.n_looks, ccd)
                if full is None:
                    return None
                for i, side in enumerate("FE"):
                    sides[f"{side}{ccd}"] = one_side(full, i)
            return {node: sides[node] for node in nodes}
        if binning == fee_modes.BINNED_24:
            frames = self._seen.uv_frames(self.n_looks)
            if frames is None:
                return None
            return {node: corrected(frames[node], 0, offset) for node in nodes}
        frames = self._seen.node_frames(self.n_looks)
        if frames is None:
            return None
        return self._corrected({node: frames[node] for node in nodes})

    def _corrected(self, frames: Mapping[str, Image]) -> dict[str, Image]:
        """With the row and column corrections and the offset of the registers, 6x6 binned."""
        memory, offset = self._memory, self._offset()
        if memory.get("correction_bypass"):
            return {node: corrected(frame, 0, offset) for node, frame in frames.items()}
        sign = 1 if memory.get("correction_type") else -1
        done = {}
        for node, frame in frames.items():
            rows = memory.row_corrections(node)[: frame.shape[0]].astype(np.int32)
            columns = memory.column_corrections(node)[: frame.shape[1]].astype(np.int32)
            done[node] = corrected(frame, sign * (rows[:, None] + columns), offset)
        return done

    def _corrects(self) -> bool:
        """Whether pixels are changed before events are looked for."""
        return not self._memory.get("correction_bypass") or self._offset() != 0

    def _offset(self) -> int:
        """pix_offset is signed [ADU]."""
        value = self._memory.get("pix_offset")
        return value - 0x10000 if value & 0x8000 else value

    def _housekeeping(self, mode: int, frame_counter: int, full_sun: Mapping[str, int]) -> bytes:
        memory = self._memory
        memory.set("frame_counter", frame_counter)
        memory.set("fpga_op_mode", mode)
        for node in NODES:
            count = min(full_sun.get(node, 0), 0xFFFF)
            memory.set(f"ccd{node[1]}_{node[0].lower()}_pix_full_sun", count)
        return memory.housekeeping()

    def _recorded(self, packets: list[bytes]) -> Iterator[list[bytes]]:
        """A frame as it was recorded, its headers untouched."""
        self._memory.set("frame_counter", read_fee_header(packets[0]).frame_counter)
        stretch: list[bytes] = []
        size = 0
        for packet in packets:
            stretch.append(packet)
            size += len(packet)
            if size >= STRETCH_BYTES:
                yield stretch
                stretch, size = [], 0
        if stretch:
            yield stretch


def corrected(frame: Image, correction: NDArray[np.int32] | int, offset: int) -> Image:
    """A frame with a correction and an offset [ADU] added; what is beyond 16 bit is cut off
    there, once (ASSUMED A62)."""
    if isinstance(correction, int) and correction + offset == 0:
        return frame
    done: Image = np.clip(frame.astype(np.int32) + correction + offset, 0, 0xFFFF)
    return done.astype(np.uint16)
