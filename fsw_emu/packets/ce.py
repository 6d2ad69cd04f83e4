# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Compression entities: names of products and metadata fields, and of their files."""

from __future__ import annotations

HEADER_BYTES, GROUP_BYTES, FRAME_BYTES = 44, 100, 121

#: products by number
PRODUCTS = ("ED", "UNKNOWN", "FT", "UV", "FF", "ED_WP")
ED, UNKNOWN, FT, UV, FF, ED_WP = range(6)

#: metadata of a group of frames, in the order of the layout
GROUP_FIELDS = (
    "FRMccd2EPixThreshold",
    "FRMccd2FPixThreshold",
    "FRMccd2Readout",
    "FRMccd4EPixThreshold",
    "FRMccd4FPixThreshold",
    "FRMccd4Readout",
    "FRMccdMode2Config",
    "FRMccdModeConfig",
    "FRMchargeInjectionEn",
    "FRMchargeInjectionGap",
    "FRMchargeInjectionWidth",
    "FRMcorrectionBypass",
    "FRMcorrectionType",
    "FRMeduWanderingMaskEn",
    "FRMeventDetection",
    "FRMimgClkDir",
    "FRMintSyncPeriod",
    "FRMpixOffset",
    "FRMreadoutNodeSel",
    "sdpDiffAxis",
    "sdpDiffMethod",
    "EvtBadPixelCount",
    "EvtFilterCount1",
    "EvtFilterCount2",
    "EvtFilterCount3",
    "EvtFilterN",
    "EvtFilterThr1",
    "EvtFilterThr2",
    "EvtFilterThr3",
    "FeeBadPixelFilter",
    "FeeEventFilterEnable",
    "sdpAriPar1",
    "sdpAriPar2",
    "sdpBinX",
    "sdpBinY",
    "sdpCropB",
    "sdpCropT",
    "sdpCropX",
    "sdpCropY",
    "sdpDecimN",
    "sdpEvtCeil",
    "sdpEvtCtr",
    "sdpEvtFloor",
    "sdpGolombPar1",
    "sdpGolombPar2",
    "sdpOffsetSignal",
    "NOfEvtDet",
)

#: metadata of one frame, in the order of the layout
FRAME_FIELDS = (
    "AdcTempCcd",
    "FrameDiscardCount",
    "LastFrameEvtCount",
    "FRMHK1v2dMon",
    "FRMHK2v5aMon",
    "FRMHK2v5dMon",
    "FRMHK3v3bMon",
    "FRMHK3v3dMon",
    "FRMHK5vbNegMon",
    "FRMHK5vbPosMon",
    "FRMHK5vrefMon",
    "FRMHKboardId",
    "FRMHKccd2EPixFullSun",
    "FRMHKccd2FPixFullSun",
    "FRMHKccd2TsA",
    "FRMHKccd2VddMon",
    "FRMHKccd2VgdMon",
    "FRMHKccd2VodMonE",
    "FRMHKccd2VodMonF",
    "FRMHKccd2VogMon",
    "FRMHKccd2VrdMonE",
    "FRMHKccd2VrdMonF",
    "FRMHKccd4EPixFullSun",
    "FRMHKccd4FPixFullSun",
    "FRMHKccd4TsB",
    "FRMHKccd4VddMon",
    "FRMHKccd4VgdMon",
    "FRMHKccd4VodMonE",
    "FRMHKccd4VodMonF",
    "FRMHKccd4VogMon",
    "FRMHKccd4VrdMonE",
    "FRMHKccd4VrdMonF",
    "FRMHKcmicCorr",
    "FRMHKerrorFlags",
    "FRMHKfpgaMajorVersion",
    "FRMHKfpgaMinorVersion",
    "FRMHKfpgaOpMode",
    "FRMHKframeCounter",
    "FRMHKigHiMon",
    "FRMHKprt1",
    "FRMHKprt2",
    "FRMHKprt3",
    "FRMHKprt4",
    "FRMHKprt5",
    "FRMHKspwStatus",
    "FRMHKvan1PosRaw",
    "FRMHKvan2PosRaw",
    "FRMHKvan3NegMon",
    "FRMHKvccd",
    "FRMHKvccdPosRaw",
    "FRMHKvclkPosRaw",
    "FRMHKvdigRaw",
    "FRMHKviclk",
    "FRMHKvrclkMon",
    "sdpProductStarttimeCrs",
    "sdpProductStarttimeFine",
    "RseShutSts",
)


def entity_bytes(start: bytes) -> int:
    """Size that an entity claims in its header; ValueError for less than a header."""
    if len(start) < HEADER_BYTES:
        raise ValueError(f"{len(start)} bytes are less than an entity header")
    return int.from_bytes(start[20:24], "big")


def entity_key(start: bytes) -> int:
    """Compression key in an entity's header; ValueError for less than a header."""
    if len(start) < HEADER_BYTES:
        raise ValueError(f"{len(start)} bytes are less than an entity header")
    return int.from_bytes(start[24:28], "big")


def is_rows(key: int) -> bool:
    """Whether science data are packets of rows."""
    return key & 0xFF == 0x30


def is_packets(key: int) -> bool:
    """Whether science data are packets of rows or events, each of which can be read alone."""
    return is_rows(key) or key & 0xFF == 0x40


def coder_name(key: int) -> str:
    """What codes science data, in words."""
    names = {0x10: "CCSDS 121", 0x30: "colmean", 0x40: "events"}
    ways = {1: "auto", 3: "CCSDS 121 in packets"}
    own = names.get(key & 0xF0, "none")
    return ways.get(key >> 12 & 0xF, own) if is_packets(key) else own


def near_lossless(key: int) -> int:
    """Most that a sample may be off [ADU]; 0 but for packets of rows."""
    if not is_rows(key):
        return 0
    low, high = key >> 16 & 0xF, key >> 20 & 0xF
    return low - (low > 1) + 4 * (high - (high > 1))


def is_stacked(key: int) -> bool:
    """Whether samples are stacked u32: the ground software looks for a hex digit 2."""
    return "2" in f"{key:x}"


def ce_filename(
    *, obsid: int, counter: int, coarse: int, fine_us: int, packet_count: int, product: int
) -> str:
    """File name of an entity; packet_count is the sequence count of its first packet."""
    time = f"{coarse:09d}{fine_us >> 8 << 8:06d}"
    name = PRODUCTS[product]
    return f"{obsid:010d}_{counter:05d}_{time}_{packet_count:05d}_SXI-SCI-{name}.ce"
