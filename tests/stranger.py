# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A reader of the product's telemetry by the public layout alone. It knows nothing of the
product, as whoever writes ground software would not."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any, NamedTuple


class Packet(NamedTuple):
    apid: int
    count: int
    type: int
    subtype: int
    destination: int
    time: float  # seconds since 2018-01-01
    synchronised: bool
    data: bytes


class Sdu(NamedTuple):
    sdu_id: int
    n_packets: int
    data: bytes


class Entity(NamedTuple):
    header: dict[str, Any]
    group: dict[str, int]
    frames: list[dict[str, int]]
    science: bytes


class Event(NamedTuple):
    kind: int  # 1 event, 3 wandering mask
    node: str
    frame: int
    sequence: int
    col: int
    row: int
    pixels: tuple[int, ...]


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        crc = byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ (0x1021 if crc & 0x8000 else 0)
        table.append(crc & 0xFFFF)
    return table


_CRC = _crc_table()


def _crc(data: bytes) -> int:
    crc = 0xFFFF
    for byte in data:
        crc = (crc << 8 & 0xFFFF) ^ _CRC[crc >> 8 ^ byte]
    return crc


def read_tm(stream: bytes) -> list[Packet]:
    """All packets of a stream in which one follows the other."""
    packets, at = [], 0
    while at < len(stream):
        ident, control, length = struct.unpack_from(">HHH", stream, at)
        packet = stream[at : at + length + 7]
        assert len(packet) == length + 7, "the stream ends within a packet"
        assert ident & 0xF800 == 0x0800, "not telemetry with a secondary header"
        assert control >> 14 == 3, "segmented"
        assert _crc(packet) == 0, "checksum"
        pus, kind, subtype, destination, coarse = struct.unpack_from(">BBBBI", packet, 6)
        assert pus == 0x10, "not PUS-A"
        assert packet[17] in (0, 5), "synchronisation"
        microseconds = int.from_bytes(packet[14:17], "big")
        assert microseconds < 1_000_000, "microseconds"
        packets.append(
            Packet(
                ident & 0x7FF, control & 0x3FFF, kind, subtype, destination,
                coarse + microseconds / 1e6, packet[17] == 5, packet[18:-2],
            )
        )  # fmt: skip
        at += length + 7
    return packets


def read_sdus(packets: Iterable[Packet]) -> list[Sdu]:
    """All transfers of service 13, in the order in which they began.

    One of a single packet is known by the next first packet of its SDU id, or the end.
    """
    sdus: list[Sdu] = []
    under_way: dict[int, int] = {}  # SDU id -> index in sdus
    for packet in packets:
        if packet.type != 13:
            continue
        assert packet.subtype in (1, 2, 3), "aborted"
        sdu_id, number, size = struct.unpack_from(">BHH", packet.data)
        part = packet.data[5:]
        assert len(part) == size, "part length"
        assert size <= 861, "part too long"
        if packet.subtype == 1:
            if sdu_id in under_way:
                assert sdus[under_way[sdu_id]].n_packets == 1, "no last part"
            under_way[sdu_id] = len(sdus)
            sdus.append(Sdu(sdu_id, 0, b""))
        so_far = sdus[under_way[sdu_id]]
        assert number == so_far.n_packets + 1, "a part is missing"
        sdus[under_way[sdu_id]] = Sdu(sdu_id, number, so_far.data + part)
        if packet.subtype == 3:
            del under_way[sdu_id]
    assert all(sdus[i].n_packets == 1 for i in under_way.values()), "no last part"
    return sdus


#: name and type by offset; u1, u2, u4 unsigned, i2 signed
_GROUP = """0:FRMccd2EPixThreshold:2 2:FRMccd2FPixThreshold:2 4:FRMccd2Readout:1
5:FRMccd4EPixThreshold:2 7:FRMccd4FPixThreshold:2 9:FRMccd4Readout:1 10:FRMccdMode2Config:1
11:FRMccdModeConfig:1 12:FRMchargeInjectionEn:1 13:FRMchargeInjectionGap:2
15:FRMchargeInjectionWidth:2 17:FRMcorrectionBypass:1 18:FRMcorrectionType:1
19:FRMeduWanderingMaskEn:1 20:FRMeventDetection:1 21:FRMimgClkDir:1 22:FRMintSyncPeriod:4
26:FRMpixOffset:1 27:FRMreadoutNodeSel:1 28:sdpDiffAxis:1 29:sdpDiffMethod:1
30:EvtBadPixelCount:4 34:EvtFilterCount1:4 38:EvtFilterCount2:4 42:EvtFilterCount3:4
46:EvtFilterN:2 48:EvtFilterThr1:2 50:EvtFilterThr2:2 52:EvtFilterThr3:2
54:FeeBadPixelFilter:1 55:FeeEventFilterEnable:1 56:sdpAriPar1:4 60:sdpAriPar2:4
64:sdpBinX:2 66:sdpBinY:2 68:sdpCropB:2 70:sdpCropT:2 72:sdpCropX:2 74:sdpCropY:2
76:sdpDecimN:4 80:sdpEvtCeil:2 82:sdpEvtCtr:4 86:sdpEvtFloor:2 88:sdpGolombPar1:4
92:sdpGolombPar2:4 96:sdpOffsetSignal:-2 98:NOfEvtDet:2"""

_FRAME = """0:AdcTempCcd:2 2:FrameDiscardCount:4 6:LastFrameEvtCount:4 10:FRMHK1v2dMon:2
12:FRMHK2v5aMon:2 14:FRMHK2v5dMon:2 16:FRMHK3v3bMon:2 18:FRMHK3v3dMon:2 20:FRMHK5vbNegMon:2
22:FRMHK5vbPosMon:2 24:FRMHK5vrefMon:2 26:FRMHKboardId:1 27:FRMHKccd2EPixFullSun:2
29:FRMHKccd2FPixFullSun:2 31:FRMHKccd2TsA:2 33:FRMHKccd2VddMon:2 35:FRMHKccd2VgdMon:2
37:FRMHKccd2VodMonE:2 39:FRMHKccd2VodMonF:2 41:FRMHKccd2VogMon:2 43:FRMHKccd2VrdMonE:2
45:FRMHKccd2VrdMonF:2 47:FRMHKccd4EPixFullSun:2 49:FRMHKccd4FPixFullSun:2 51:FRMHKccd4TsB:2
53:FRMHKccd4VddMon:2 55:FRMHKccd4VgdMon:2 57:FRMHKccd4VodMonE:2 59:FRMHKccd4VodMonF:2
61:FRMHKccd4VogMon:2 63:FRMHKccd4VrdMonE:2 65:FRMHKccd4VrdMonF:2 67:FRMHKcmicCorr:2
69:FRMHKerrorFlags:4 73:FRMHKfpgaMajorVersion:1 74:FRMHKfpgaMinorVersion:1
75:FRMHKfpgaOpMode:1 76:FRMHKframeCounter:2 78:FRMHKigHiMon:2 80:FRMHKprt1:2 82:FRMHKprt2:2
84:FRMHKprt3:2 86:FRMHKprt4:2 88:FRMHKprt5:2 90:FRMHKspwStatus:4 94:FRMHKvan1PosRaw:2
96:FRMHKvan2PosRaw:2 98:FRMHKvan3NegMon:2 100:FRMHKvccd:2 102:FRMHKvccdPosRaw:2
104:FRMHKvclkPosRaw:2 106:FRMHKvdigRaw:2 108:FRMHKviclk:2 110:FRMHKvrclkMon:2
112:sdpProductStarttimeCrs:4 116:sdpProductStarttimeFine:4 120:RseShutSts:1"""


def _fields(data: bytes, layout: str) -> dict[str, int]:
    fields = {}
    for entry in layout.split():
        at, name, size = entry.split(":")
        n, start = abs(int(size)), int(at)
        fields[name] = int.from_bytes(data[start : start + n], "big", signed=size[0] == "-")
    return fields


def read_entity(data: bytes) -> Entity:
    """A compression entity; its science data must not be compressed."""
    coarse, fine, obsid, counter, members, size, key, product, integrity = struct.unpack_from(
        ">IHIHHIIBB", data, 6
    )
    group_size, frames_size, meta_size, original, compressed = struct.unpack_from(
        ">HHHII", data, 30
    )
    assert size == len(data), "size"
    assert (group_size, frames_size) == (100, 121 * members), "metadata sizes"
    assert meta_size == group_size + frames_size, "compressed metadata"
    assert compressed == original == size - 44 - meta_size, "compressed science data"
    assert key in (0, 2), "compressed"
    frames = [data[at : at + 121] for at in range(144, 144 + frames_size, 121)]
    return Entity(
        header={
            "version": data[0:6],
            "time": coarse + (fine << 8) / 1e6,
            "obsid": obsid,
            "counter": counter,
            "members": members,
            "stacked": "2" in hex(key)[2:],
            "product": ("ED", "UNKNOWN", "FT", "UV", "FF", "ED_WP")[product],
            "integrity": integrity,
        },
        group=_fields(data[44:144], _GROUP),
        frames=[_fields(frame, _FRAME) for frame in frames],
        science=data[144 + frames_size :],
    )


def read_events(science: bytes) -> list[Event]:
    """Events and wandering masks of an ED or ED_WP entity."""
    assert len(science) % 64 == 0, "not whole packets"
    events = []
    for address, length, kind, frame, sequence, col, row, *pixels in struct.iter_unpack(
        ">7H25H", science
    ):
        assert (address, length) == (0x50F0, 54), "not an event packet"
        assert kind & 3 in (1, 3), "not an event"
        node = "FE"[kind >> 5 & 3] + "24"[kind >> 4 & 1]
        events.append(Event(kind & 3, node, frame, sequence, col, row, tuple(pixels)))
    return events


def check_counts(entity: Entity, events: list[Event]) -> None:
    """The metadata's counts are those of the events; masks are not counted."""
    n = sum(event.kind == 1 for event in events)
    assert sum(frame["LastFrameEvtCount"] for frame in entity.frames) == n
    assert entity.group["NOfEvtDet"] == n
