# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""An observation by telecommands: it gives what it gave, and whoever has the database reads it."""

from __future__ import annotations

import struct
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import baselines_onboard
import crcmod.predefined
import pytest
from mib_walker import TelemetryWalker, Walked
from spacepackets.ccsds import PacketType, SpacePacketHeader

import baselines

APID, TM_MAX_BYTES = 321, 886
N_TELECOMMANDS = 8
STARTED = b"\x03\x04"  # EVT_INIT_SUCC
#: (1,3) is not asked for by the connection test
STAGES = {(1, 1): N_TELECOMMANDS, (1, 3): N_TELECOMMANDS - 1, (1, 7): N_TELECOMMANDS}
PRIME, STANDBY, PRE_SCIENCE, SCIENCE, STOP = 7, 5, 3, 4, 6
MODES = [(PRIME, STANDBY), (STANDBY, PRE_SCIENCE), (PRE_SCIENCE, SCIENCE)]
MODES += [(SCIENCE, PRE_SCIENCE), (PRE_SCIENCE, STOP)]

crc16 = crcmod.predefined.mkCrcFun("crc-ccitt-false")


@cache
def telemetry() -> list[bytes]:
    return baselines_onboard.observe()


def kind(packet: bytes) -> tuple[int, int]:
    return packet[7], packet[8]


def test_it_gives_what_it_gave() -> None:
    held = baselines.load(baselines_onboard.NAME)
    assert baselines.differences(held, baselines_onboard.measure()) == []


def test_headers_and_checksums() -> None:
    """By spacepackets; the secondary header is PUS-A with the time of this mission."""
    counts: dict[int, list[int]] = defaultdict(lambda: [-1])
    n_starts = 0
    times = []
    for packet in telemetry():
        header = SpacePacketHeader.unpack(packet)
        assert (header.packet_type, header.apid) == (PacketType.TM, APID)
        assert header.sec_header_flag
        assert header.data_len + 7 == len(packet) <= TM_MAX_BYTES
        assert crc16(packet) == 0
        version, *_, destination, coarse, fine = struct.unpack_from(">BBBBII", packet, 6)
        assert version == 0x10
        n_starts += kind(packet) == (5, 1) and packet[18:20] == STARTED  # counts go on
        counts[destination].append(header.seq_count)
        assert header.seq_count == (counts[destination][-2] + 1) % 16384
        times.append((coarse, fine >> 8))
    assert times == sorted(times)
    assert n_starts == 1


@pytest.fixture(scope="module")
def read(shared: Path) -> list[Walked]:
    """Every packet, by the one row of the database that it fits."""
    walker = TelemetryWalker(shared / "mib")
    found = []
    for packet in telemetry():
        (walked,) = walker.walk(packet, kind(packet), APID)
        found.append(walked)
    return found


@pytest.mark.shared
def test_telecommands_are_answered(read: list[Walked]) -> None:
    seen = Counter(kind(packet) for packet in telemetry())
    assert {stage: seen[stage] for stage in STAGES} == STAGES
    assert not any(seen[1, subtype] for subtype in (2, 4, 8))
    told = {
        stage: [w["TcPcktSeqCtrl"] & 0x3FFF for w, p in zip(read, telemetry(), strict=True)
                if kind(p) == stage]
        for stage in STAGES
    }  # fmt: skip
    assert told[1, 1] == list(range(N_TELECOMMANDS))
    assert sorted(told[1, 7]) == told[1, 1]


@pytest.mark.shared
def test_modes_follow_the_telecommands(read: list[Walked]) -> None:
    changes = [w for w in read if w.name.endswith("EVT_IASW_TR")]
    assert [(w["SrcIaswSt"], w["DestIaswSt"]) for w in changes] == MODES
    states = [w["iaswState"] for w in read if "HK_EXTENDED_IASW" in w.name]
    assert [state for i, state in enumerate(states) if states[i - 1 : i] != [state]] == [
        new for _, new in MODES
    ]


@pytest.mark.shared
def test_frames_are_counted_and_come_down(read: list[Walked]) -> None:
    parts = [(w, p) for w, p in zip(read, telemetry(), strict=True) if p[7] == 13]
    numbers = [w["SduSeqNmb"] for w, _ in parts]
    assert numbers == list(range(1, len(parts) + 1))
    assert [kind(p) for _, p in parts] == [(13, 1), *[(13, 2)] * (len(parts) - 2), (13, 3)]
    entity = b"".join(bytes(v for name, v in w.values if name == "SduDataPart") for w, _ in parts)
    assert len(entity) > 1000
    last = [w for w in read if "HK_EXTENDED_IASW" in w.name][-1]
    assert last["ceCounter"] == 1
