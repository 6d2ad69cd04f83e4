# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Compression entities: header, metadata, checksum (ground pipeline; register map v0.38)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from fsw_emu.model.crc import crc16
from fsw_emu.model.key import EVENTS, ROWS, valid_keys

SHORT, FORMAT, LENGTH = -3, -4, -5
MAX_MEMBERS = 540

HEADER_FIELDS = (
    "version", "build", "sdp_version", "coarse", "fine", "obsid", "counter", "members", "size",
    "key", "product", "integrity", "group_size", "frames_size", "compressed_meta_size",
    "data_size", "compressed_data_size",
)  # fmt: skip
_HEADER = struct.Struct(">HHHIHIHHIIBBHHHII")

_GROUP = """
    FRMccd2EPixThreshold u16, FRMccd2FPixThreshold u16, FRMccd2Readout u8,
    FRMccd4EPixThreshold u16, FRMccd4FPixThreshold u16, FRMccd4Readout u8,
    FRMccdMode2Config u8, FRMccdModeConfig u8, FRMchargeInjectionEn u8,
    FRMchargeInjectionGap u16, FRMchargeInjectionWidth u16, FRMcorrectionBypass u8,
    FRMcorrectionType u8, FRMeduWanderingMaskEn u8, FRMeventDetection u8, FRMimgClkDir u8,
    FRMintSyncPeriod u32, FRMpixOffset u8, FRMreadoutNodeSel u8,
    sdpDiffAxis u8, sdpDiffMethod u8,
    EvtBadPixelCount u32, EvtFilterCount1 u32, EvtFilterCount2 u32, EvtFilterCount3 u32,
    EvtFilterN u16, EvtFilterThr1 u16, EvtFilterThr2 u16, EvtFilterThr3 u16,
    FeeBadPixelFilter u8, FeeEventFilterEnable u8,
    sdpAriPar1 u32, sdpAriPar2 u32, sdpBinX u16, sdpBinY u16, sdpCropB u16, sdpCropT u16,
    sdpCropX u16, sdpCropY u16, sdpDecimN u32, sdpEvtCeil u16, sdpEvtCtr u32, sdpEvtFloor u16,
    sdpGolombPar1 u32, sdpGolombPar2 u32, sdpOffsetSignal i16, NOfEvtDet u16
"""

_FRAME = """
    AdcTempCcd u16, FrameDiscardCount u32, LastFrameEvtCount u32,
    FRMHK1v2dMon u16, FRMHK2v5aMon u16, FRMHK2v5dMon u16, FRMHK3v3bMon u16, FRMHK3v3dMon u16,
    FRMHK5vbNegMon u16, FRMHK5vbPosMon u16, FRMHK5vrefMon u16, FRMHKboardId u8,
    FRMHKccd2EPixFullSun u16, FRMHKccd2FPixFullSun u16, FRMHKccd2TsA u16, FRMHKccd2VddMon u16,
    FRMHKccd2VgdMon u16, FRMHKccd2VodMonE u16, FRMHKccd2VodMonF u16, FRMHKccd2VogMon u16,
    FRMHKccd2VrdMonE u16, FRMHKccd2VrdMonF u16,
    FRMHKccd4EPixFullSun u16, FRMHKccd4FPixFullSun u16, FRMHKccd4TsB u16, FRMHKccd4VddMon u16,
    FRMHKccd4VgdMon u16, FRMHKccd4VodMonE u16, FRMHKccd4VodMonF u16, FRMHKccd4VogMon u16,
    FRMHKccd4VrdMonE u16, FRMHKccd4VrdMonF u16,
    FRMHKcmicCorr u16, FRMHKerrorFlags u32, FRMHKfpgaMajorVersion u8, FRMHKfpgaMinorVersion u8,
    FRMHKfpgaOpMode u8, FRMHKframeCounter u16, FRMHKigHiMon u16,
    FRMHKprt1 u16, FRMHKprt2 u16, FRMHKprt3 u16, FRMHKprt4 u16, FRMHKprt5 u16,
    FRMHKspwStatus u32, FRMHKvan1PosRaw u16, FRMHKvan2PosRaw u16, FRMHKvan3NegMon u16,
    FRMHKvccd u16, FRMHKvccdPosRaw u16, FRMHKvclkPosRaw u16, FRMHKvdigRaw u16, FRMHKviclk u16,
    FRMHKvrclkMon u16, sdpProductStarttimeCrs u32, sdpProductStarttimeFine u32, RseShutSts u8
"""


def _layout(text: str) -> dict[str, int]:
    """Bits of each field; negative where it is signed."""
    pairs = [field.split() for field in text.split(",")]
    return {name: int(kind[1:]) * (-1 if kind[0] == "i" else 1) for name, kind in pairs}


GROUP = _layout(_GROUP)
FRAME = _layout(_FRAME)

#: what the halves of housekeeping registers measure: [31:16], [15:0]
_HK_HALVES = {
    0x710: ("ccd2TsA", "ccd4TsB"),
    0x714: ("prt1", "prt2"),
    0x718: ("prt3", "prt4"),
    0x71C: ("prt5", None),
    0x720: ("ccd4VodMonE", "ccd4VogMon"),
    0x724: ("ccd4VrdMonE", "ccd2VodMonE"),
    0x728: ("ccd2VogMon", "ccd2VrdMonE"),
    0x72C: ("ccd4VrdMonF", "ccd4VddMon"),
    0x730: ("ccd4VgdMon", "ccd2VrdMonF"),
    0x734: ("ccd2VddMon", "ccd2VgdMon"),
    0x738: ("vccd", "vrclkMon"),
    0x73C: ("viclk", "ccd4VodMonF"),
    0x740: ("5vbPosMon", "5vbNegMon"),
    0x744: ("3v3bMon", "2v5aMon"),
    0x748: ("3v3dMon", "2v5dMon"),
    0x74C: ("1v2dMon", "5vrefMon"),
    0x750: ("vccdPosRaw", "vclkPosRaw"),
    0x754: ("van1PosRaw", "van3NegMon"),
    0x758: ("van2PosRaw", "vdigRaw"),
    0x75C: ("igHiMon", "ccd2VodMonF"),
    0x784: ("frameCounter", None),
    0x790: ("ccd2FPixFullSun", "ccd2EPixFullSun"),
    0x794: ("ccd4FPixFullSun", "ccd4EPixFullSun"),
}

#: fields of other sizes: register, highest and lowest bit; the whole words are ASSUMED
_HK_BITS = {
    "spwStatus": (0x780, 31, 0),
    "fpgaOpMode": (0x784, 6, 0),
    "errorFlags": (0x788, 31, 0),
    "cmicCorr": (0x78C, 28, 17),
    "boardId": (0x78C, 16, 12),
    "fpgaMajorVersion": (0x78C, 11, 8),
    "fpgaMinorVersion": (0x78C, 7, 0),
}


def fits(layout: dict[str, int], values: Sequence[int]) -> bool:
    """Whether every value fits its field; negative ones are 32-bit two's complements."""
    return all(
        value < 1 << abs(bits) or (bits < 0 and value >= (1 << 32) - (1 << -bits - 1))
        for bits, value in zip(layout.values(), values, strict=True)
    )


def pack(layout: dict[str, int], values: Sequence[int]) -> bytes:
    """Metadata as bytes; ValueError for a value that does not fit."""
    if not fits(layout, values):
        raise ValueError("a value is beyond its field")
    return b"".join(
        (value & (1 << abs(bits)) - 1).to_bytes(abs(bits) // 8, "big")
        for bits, value in zip(layout.values(), values, strict=True)
    )


def frame_hk(hk: bytes) -> dict[str, int]:
    """Frame metadata from a housekeeping payload; registers that are not whole count as 0."""
    whole = hk[: len(hk) // 4 * 4].ljust(152, b"\0")
    word = {0x700 + at: int.from_bytes(whole[at : at + 4], "big") for at in range(0, 152, 4)}
    fields = {}
    for register, (high, low) in _HK_HALVES.items():
        fields[high] = word[register] >> 16
        if low is not None:
            fields[low] = word[register] & 0xFFFF
    for name, (register, top, bottom) in _HK_BITS.items():
        fields[name] = word[register] >> bottom & (1 << top - bottom + 1) - 1
    return {f"FRMHK{name}": value for name, value in fields.items()}


def pack_header(fields: dict[str, int]) -> bytes:
    """The 44 bytes; of ``fine_us`` [us] the upper 16 of 24 bits are kept."""
    values = {**fields, "fine": fields["fine_us"] >> 8}
    return _HEADER.pack(*[values[name] for name in HEADER_FIELDS])


def read_header(data: bytes) -> dict[str, int]:
    """The fields of a header that passed the check."""
    fields = dict(zip(HEADER_FIELDS, _HEADER.unpack_from(data), strict=True))
    fields["fine_us"] = fields.pop("fine") << 8
    return fields


def check_header(data: bytes) -> int:
    """0 for a header that agrees with itself, or the status that says why not."""
    if len(data) < _HEADER.size:
        return SHORT
    read = read_header(data)
    if read["product"] > 5 or not 1 <= read["members"] <= MAX_MEMBERS:
        return FORMAT
    frames = 121 * read["members"]
    sizes = (read["group_size"], read["frames_size"], read["compressed_meta_size"])
    if sizes != (100, frames, 100 + frames):
        return LENGTH
    if read["size"] != 44 + 100 + frames + read["compressed_data_size"]:
        return LENGTH
    return 0


def close(fields: dict[str, int], metadata: bytes, coded: bytes, science: bytes) -> bytes:
    """A whole entity around coded science data; the header's sizes are filled in.

    Keys other than 0 and 2 (no coder) end with a CRC-16 over header, metadata and the science
    data as they were, or as they are sent where the coder makes packets.
    """
    crc_bytes = 0 if fields["key"] in (0, 2) else 2
    sizes = {
        "group_size": 100,
        "frames_size": len(metadata) - 100,
        "compressed_meta_size": len(metadata),
        "data_size": len(science),
        "compressed_data_size": len(coded) + crc_bytes,
        "size": 44 + len(metadata) + len(coded) + crc_bytes,
    }
    parts = valid_keys().get(fields["key"])
    checked = coded if parts is not None and parts.coder in (ROWS, EVENTS) else science
    entity = pack_header({**fields, **sizes}) + metadata
    crc = crc16(entity + checked).to_bytes(2, "big")
    return entity + coded + (crc if crc_bytes else b"")
