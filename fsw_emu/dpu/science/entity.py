# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Groups of frames become compression entities, entities become telemetry packets."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import CeHeader, Core, TmPacket
from fsw_emu.dpu.science.events import EventFrame, Rejected
from fsw_emu.dpu.science.images import FULL_FRAME, NODE_SHAPE
from fsw_emu.dpu.science.keys import Kind, compression_key
from fsw_emu.dpu.science.settings import AbsoluteThresholds, Settings
from fsw_emu.packets.ce import FRAME_FIELDS, GROUP_FIELDS, PRODUCTS

SDU_FRAMES, SDU_FULL_FRAME = 1, 2
MAX_BYTES = 65_535 * 861  # of a transfer: its parts have 16-bit numbers
SHUTTER_OPEN = 0x02  # RseShutSts bit 1
#: bits of the housekeeping words 0x780 and 0x788 that mean something (register map v0.38)
_HK_BITS = {"FRMHKspwStatus": 0x03FFFF3F, "FRMHKerrorFlags": 0x000007E3}
_MODE_FT, _BINNING_CODE = 3, {6: 2, 24: 3}


@dataclass(frozen=True)
class Entity:
    """One compression entity on its way down."""

    data: bytes
    header: CeHeader
    science: bytes  # as it was before coding
    packets: list[bytes]


@dataclass
class Group:
    """Frames that will share an entity."""

    product: str
    starts_us: list[int] = field(default_factory=list)
    frames: list[NDArray[np.uint32]] = field(default_factory=list)
    science: list[bytes] = field(default_factory=list)
    n_events: int = 0
    n_events_in: int = 0
    rejected: Rejected = field(default_factory=Rejected)
    has_masks: bool = False
    stacked: bool = False
    incomplete: bool = False
    mode: int = _MODE_FT


@dataclass
class _Counted:
    """What the event counters of group metadata stand at; they are u32."""

    n_in: int = 0
    rejected: Rejected = field(default_factory=Rejected)


class EntityWriter:
    """Numbers entities, from ``counter`` on, and telemetry packets, and builds both."""

    def __init__(self, core: Core, settings: Settings, *, counter: int = 0) -> None:
        self._core = core
        self._settings = settings
        self._ce_counter = counter
        self._tm_count = 0
        self._counted = _Counted()
        self.n_discarded = 0

    def frame_fields(self, start_us: int, hk: bytes, n_events: int) -> NDArray[np.uint32]:
        """The frame metadata of one frame."""
        fields = self._core.frame_hk(np.zeros(len(FRAME_FIELDS), np.uint32), hk)
        values = {
            "FrameDiscardCount": self.n_discarded,
            "LastFrameEvtCount": n_events,
            "sdpProductStarttimeCrs": start_us // 1_000_000,
            "sdpProductStarttimeFine": start_us % 1_000_000,
            "RseShutSts": SHUTTER_OPEN,
        }
        for name, value in values.items():
            fields[FRAME_FIELDS.index(name)] = value
        if self._settings.hk_reserved == "cleared":
            for name, bits in _HK_BITS.items():
                fields[FRAME_FIELDS.index(name)] &= bits
        return fields

    def close(self, group: Group, thresholds: AbsoluteThresholds | None) -> Entity:
        """The entity of a group, and its packets; ValueError for one that no transfer holds."""
        science = b"".join(group.science)
        coarse, fine_us = divmod(group.starts_us[0], 1_000_000)
        version, build, sdp_version = self._settings.versions
        header = CeHeader(
            version=version,
            build=build,
            sdp_version=sdp_version,
            coarse=coarse,
            fine_us=fine_us,
            obsid=self._settings.obsid,
            counter=self._ce_counter,
            members=len(group.frames),
            key=self._key(group),
            product=PRODUCTS.index(group.product),
            integrity=int(group.incomplete),
            data_size=len(science),
        )
        data = self._core.ce_pack(
            header, self._group_fields(group, thresholds), np.stack(group.frames), science
        )
        if len(data) > MAX_BYTES:
            raise ValueError(f"an entity of {len(data)} bytes: a transfer holds {MAX_BYTES}")
        self._ce_counter = (self._ce_counter + 1) & 0xFFFF
        packets = self._core.ldt_segment(
            data,
            self._packet(group),
            sdu_id=SDU_FULL_FRAME if group.product == "FF" else SDU_FRAMES,
        )
        self._tm_count = (self._tm_count + len(packets)) & 0x3FFF
        return Entity(data, self._core.ce_header(data), science, packets)

    def _key(self, group: Group) -> int:
        """How the science data of a group are to be coded."""
        settings = self._settings
        shapes = {"FT": NODE_SHAPE, "UV": settings.uv_shape, "FF": FULL_FRAME}
        events: Kind = "events" if group.product not in shapes else "image"
        return compression_key(
            settings.codec,
            "stack" if group.stacked else events,
            shape=shapes.get(group.product, (0, 0)),
            near_lossless=settings.near_lossless,
        )

    def _packet(self, group: Group) -> TmPacket:
        """Header of the first packet: sent when the last frame of the group has ended."""
        sent_us = group.starts_us[-1] + self._settings.frame_period_ms * 1000
        coarse, fine_us = divmod(sent_us, 1_000_000)
        return TmPacket(
            apid=321,
            count=self._tm_count,
            type=13,
            subtype=0,
            destination=self._settings.destination,
            coarse=coarse,
            fine_us=fine_us,
            sync=5,
        )

    def _count(self, group: Group) -> None:
        if self._settings.event_counters == "entity":
            self._counted = _Counted()
        self._counted.n_in += group.n_events_in
        self._counted.rejected += group.rejected

    def _group_fields(
        self, group: Group, thresholds: AbsoluteThresholds | None
    ) -> NDArray[np.uint32]:
        settings = self._settings
        events = group.product.startswith("ED")
        self._count(group)
        values: dict[str, int] = {
            f"FRMccd{ccd}{side}PixThreshold": settings.thresholds.get(f"{side}{ccd}", 0) * events
            for ccd in (2, 4)
            for side in "EF"
        }
        values |= {
            "FRMccd2Readout": 1,
            "FRMccd4Readout": 1,
            "FRMccdMode2Config": 1 if group.product == "FF" else _BINNING_CODE[settings.binning],
            "FRMccdModeConfig": settings.mode if settings.mode is not None else group.mode,
            "FRMeduWanderingMaskEn": int(group.has_masks),
            "FRMeventDetection": int(events),
            "FRMintSyncPeriod": settings.frame_period_ms,
            "FRMreadoutNodeSel": settings.node_bits,
            "NOfEvtDet": group.n_events,
            "sdpEvtCtr": 0 if settings.evt_ctr == "zero" else self._counted.n_in & 0xFFFFFFFF,
        }
        if events and thresholds is not None:
            bad, *counts = (count & 0xFFFFFFFF for count in self._counted.rejected.counts)
            values |= {
                "EvtBadPixelCount": bad,
                **{f"EvtFilterCount{i + 1}": count for i, count in enumerate(counts)},
                "EvtFilterN": thresholds.ring_count_max,
                "EvtFilterThr1": thresholds.centre_max,
                "EvtFilterThr2": thresholds.ring_sum_max,
                "EvtFilterThr3": thresholds.ring_max,
                "FeeBadPixelFilter": int(settings.bad_pixels is not None),
                "FeeEventFilterEnable": 1,
            }
        fields = np.zeros(len(GROUP_FIELDS), np.uint32)
        for name, value in values.items():
            fields[GROUP_FIELDS.index(name)] = value
        return fields


def add_events(group: Group, frame: EventFrame, fields: NDArray[np.uint32], start_us: int) -> None:
    """One more event frame in a group."""
    group.starts_us.append(start_us)
    group.frames.append(fields)
    group.science.append(frame.science)
    group.n_events += frame.n_kept
    group.n_events_in += sum(frame.n_in.values())
    group.rejected += frame.rejected
    group.has_masks |= frame.n_masks > 0
