# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a science run is set up with: the flight data pool, as far as the chain uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fsw_emu.core import DataLen, PixelOrder, WindowOrder
from fsw_emu.dpu.science.keys import MAX_NEAR_LOSSLESS, NEAR_LOSSLESS, Codec
from fsw_emu.packets.fee import NODE_BITS, NODES

# The readings of open questions (SPEC.md, section 1), the default first.
SequenceAfterHk = Literal["goes-on", "restarts"]
HkLastFlag = Literal["ignored", "clears-f2"]
EndMarker = Literal["sent", "absent"]
PedestalFrom = Literal["masks", "windows"]
FrameTime = Literal["index", "counter"]
StackMembers = Literal["one", "all"]
HkReserved = Literal["kept", "cleared"]
EventCounters = Literal["entity", "running"]
EvtCtr = Literal["seen", "zero"]


@dataclass(frozen=True)
class FilterSettings:
    """Thresholds of the event filter [ADU], raw as on board (EvtFilterThr1..3, EvtFilterN).

    Those that are None follow the pedestal: centre and ring are increments over it, the ring
    sum over 8 times it (ASSUMED). ``pedestal`` None: the median of the wandering masks, or of
    the outer pixels of the windows, of the first frame that has any (ASSUMED).
    """

    centre_max: int | None = None
    ring_sum_max: int | None = None
    ring_max: int | None = None
    ring_count_max: int = 4
    pedestal: int | None = None
    pedestal_from: PedestalFrom = "masks"
    centre_increment: int = 600  # 3 keV at 5 eV/ADU: above any X-ray of the band
    ring_sum_increment: int = 600
    ring_increment: int = 25  # 5 sigma of the read noise

    def absolute(self, pedestal: int) -> AbsoluteThresholds:
        """The thresholds on board for a pedestal; ValueError beyond 16 bit."""
        derived = AbsoluteThresholds(
            centre_max=_or(self.centre_max, pedestal + self.centre_increment),
            ring_sum_max=_or(self.ring_sum_max, 8 * pedestal + self.ring_sum_increment),
            ring_max=_or(self.ring_max, pedestal + self.ring_increment),
            ring_count_max=self.ring_count_max,
        )
        for name, value in vars(derived).items():
            if not 0 <= value <= 0xFFFF:
                flag = "--" + name.replace("_", "-")
                raise ValueError(f"{flag} {value} is not within 0..65535, as on board")
        return derived

    @property
    def needs_pedestal(self) -> bool:
        return None in (self.centre_max, self.ring_sum_max, self.ring_max)


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


@dataclass(frozen=True)
class AbsoluteThresholds:
    """What the filter compares with [ADU, count]: u16 each."""

    centre_max: int
    ring_sum_max: int
    ring_max: int
    ring_count_max: int


@dataclass(frozen=True)
class Interface:
    """How the FEE's packets are to be read; the defaults are the real interface's."""

    data_len: DataLen = "payload"
    window_order: WindowOrder = "raster"
    pixel_order: PixelOrder = "big"
    sequence_after_hk: SequenceAfterHk = "goes-on"  # of event packets; image packets go on
    hk_last_flag: HkLastFlag = "ignored"  # clears-f2: F2 of an image counts as ended by it
    end_marker: EndMarker = "sent"  # an empty event packet for the frame after those of its nodes


@dataclass(frozen=True)
class Settings:
    """A science run. Times are SMILE's: seconds since 2018-01-01 UTC."""

    filter: FilterSettings = FilterSettings()
    interface: Interface = Interface()
    codec: Codec = "aec"
    near_lossless: int = 0  # [ADU] most that a pixel of an image may be off
    t0_s: int = 264_384_000  # 2026-05-19T00:00:00Z, the day of launch
    frame_period_ms: int = 10_000  # int_sync_period
    nodes: tuple[str, ...] = NODES
    binning: Literal[6, 24] = 6
    mode: int | None = None  # FEE mode of the set-up; None: as the packets say
    event_filter: bool = True  # off: bad pixels are all that events are rejected for
    masks: bool = True  # product ED_WP rather than ED
    event_frames_per_entity: int = 12
    stack: int = 1  # image frames summed into one entity
    obsid: int = 1
    thresholds: Mapping[str, int] = field(default_factory=dict)  # [ADU] by node, for metadata
    bad_pixels: dict[str, bytes] | None = None  # mask by node
    frame_time: FrameTime = "index"  # what counts the frames that time goes by
    missing_pixel: int = 0xFFFF  # [ADU] what a pixel holds that never came
    stack_members: StackMembers = "one"
    uv_shape: tuple[int, int] = (165, 96)  # rows, columns of a node, 24x24 binned
    hk_reserved: HkReserved = "kept"  # bits of the two housekeeping words without a meaning
    versions: tuple[int, int, int] = (1, 1, 1)  # version, build, sdp_version; flight's not public
    event_counters: EventCounters = "entity"  # what group metadata count over
    entity_events: int = 65_535  # most events an entity tells of: NOfEvtDet is 16 bit
    destination: int = 0  # destination id of telemetry
    evt_ctr: EvtCtr = "seen"  # sdpEvtCtr: events before the filter, or nothing

    def __post_init__(self) -> None:
        if not 1 <= self.event_frames_per_entity <= 540:
            raise ValueError(f"{self.event_frames_per_entity} frames an entity: 1..540 fit")
        if self.stack < 1 or (self.stack_members == "all" and self.stack > 540):
            raise ValueError(f"a stack of {self.stack} frames")
        if not self.nodes or set(self.nodes) - set(NODES):
            raise ValueError(f"nodes {self.nodes}: a choice of {', '.join(NODES)}")
        if not 1 <= self.frame_period_ms <= 0xFFFFF:
            raise ValueError(f"frame period {self.frame_period_ms} ms: 1..1048575 (20 bit)")
        if self.near_lossless and self.codec not in NEAR_LOSSLESS:
            which = " or ".join(f"--codec {codec}" for codec in NEAR_LOSSLESS)
            raise ValueError(f"--near-lossless {self.near_lossless}: needs {which}")
        for name, value, most in (
            ("--near-lossless", self.near_lossless, MAX_NEAR_LOSSLESS),
            ("--missing-pixel", self.missing_pixel, 0xFFFF),
            ("--destination", self.destination, 0xFF),
            ("--entity-events", self.entity_events, 0xFFFF),
            *(("--threshold", threshold, 0xFFFF) for threshold in self.thresholds.values()),
            *(("--entity-versions", version, 0xFFFF) for version in self.versions),
        ):
            if not 0 <= value <= most:
                raise ValueError(f"{name} {value} is not within 0..{most}")

    @property
    def node_bits(self) -> int:
        return sum(NODE_BITS[node] for node in self.nodes)

    def start_us(self, frame: int) -> int:
        """Start of a frame [us since the epoch], which is not before the epoch."""
        return max(self.t0_s * 1_000_000 + frame * self.frame_period_ms * 1000, 0)
