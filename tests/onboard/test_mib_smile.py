# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The reader against the database of SMILE SXI: all telemetry decoded, all telecommands built."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import crcmod.predefined
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mib_walker import TelecommandWalker, TelemetryPacker, table
from spacepackets.ccsds import SpacePacketHeader

from fsw_emu.mib import Conventions, Database, Raw

EPOCH = datetime(2018, 1, 1, tzinfo=UTC)
SMILE = Conventions(fine="microseconds", epoch=EPOCH, dfhsize_from="packet")
N_TELEMETRY, N_TELECOMMANDS = 186, 94  # rows of pid and ccf, counted by hand

#: a seed a test: drawing thousands of values one by one would take long
RANDOMS = st.integers(0, 2**32 - 1).map(Random)

#: rows of cvs: the report, and the acknowledge bit that asks for it
STAGES = {"0": ((1, 1), 1), "2": ((1, 3), 2), "1": ((1, 7), 8)}

crc16 = crcmod.predefined.mkCrcFun("crc-ccitt-false")


@pytest.fixture(scope="module")
def mib(shared: Path) -> Path:
    return shared / "mib"


@cache
def read(mib: Path) -> Database:
    return Database.read(mib, SMILE)


@cache
def texts(mib: Path, name: str) -> dict[str, list[tuple[float, float, str]]]:
    found = defaultdict(list)
    for row in table(mib, name):
        if name == "pas":
            row = [row[0], row[2], row[2], row[1]]
        found[row[0]].append((float(row[1]), float(row[2]), row[3]))
    return found


@cache
def curves(mib: Path) -> dict[str, tuple[list[float], list[float]]]:
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in table(mib, "cap"):
        found[row[0]].append((float(row[1]), float(row[2])))
    return {
        name: tuple(map(list, zip(*sorted(points), strict=True)))  # type: ignore[misc]
        for name, points in found.items()
    }


def same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b):
        return True
    return bool(a == b)


def engineering(mib: Path, row: list[str], raw: Any) -> Any:
    """What a raw value means, straight from the tables; ... where this does not know."""
    if row[4] == "9":
        seconds, fine = raw >> 24, raw & 0xFFFFFF
        if fine >= 1_000_000:
            return None
        return EPOCH + timedelta(seconds=seconds, microseconds=fine)
    if not row[11]:
        return raw
    if row[9] == "S":
        found = [text for low, high, text in texts(mib, "txp")[row[11]] if low <= raw <= high]
        return found[0] if found else None
    xs, ys = curves(mib)[row[11]]
    if xs[0] <= raw <= xs[-1]:
        return pytest.approx(np.interp(raw, xs, ys), abs=1e-9)
    i, j = (0, 1) if raw < xs[0] else (-2, -1)
    return pytest.approx(np.polyval(np.polyfit([xs[i], xs[j]], [ys[i], ys[j]], 1), raw), rel=1e-6)


@pytest.mark.shared
def test_it_has_all_definitions(mib: Path) -> None:
    database = read(mib)
    assert len(database.packets) == N_TELEMETRY == len(table(mib, "pid"))
    assert len(database.commands) == N_TELECOMMANDS == len(table(mib, "ccf"))
    assert len(database.parameters) == len(table(mib, "pcf"))


@pytest.mark.verifies("ASW-32")
@pytest.mark.shared
@settings(max_examples=6)
@given(random=RANDOMS)
def test_every_telemetry_definition_is_decoded(mib: Path, random: Random) -> None:
    database, packer = read(mib), TelemetryPacker(mib)
    rows = {row[0]: row for row in table(mib, "pcf")}
    decoded_spids = set()
    for spid, pid in packer.pids.items():
        packed = packer.pack(spid, random, crc16)
        decoded = database.telemetry(packed.packet)
        assert decoded.spid == spid
        assert decoded.description == pid[6].strip()
        assert decoded.crc_ok
        raws = [(each.name, each.raw) for each in decoded.parameters]
        assert len(raws) == len(packed.expected)
        for (name, raw), (name_too, raw_too) in zip(raws, packed.expected, strict=True):
            assert name == name_too
            assert same(raw, raw_too), f"{spid} {name}"
        for each in decoded.parameters[:200]:
            wanted = engineering(mib, rows[each.name], each.raw)
            assert same(each.value, wanted) or each.value == wanted, f"{spid} {each.name}"
        assert decoded.unread_bits in range(8)
        seconds = int.from_bytes(packed.packet[10:14], "big")
        fine = int.from_bytes(packed.packet[14:17], "big")
        assert decoded.time == EPOCH + timedelta(seconds=seconds, microseconds=fine)
        decoded_spids.add(spid)
    assert len(decoded_spids) == N_TELEMETRY


@pytest.mark.shared
@settings(max_examples=6)
@given(random=RANDOMS)
def test_what_is_cut_or_changed_is_told(mib: Path, random: Random) -> None:
    database, packer = read(mib), TelemetryPacker(mib)
    for spid in packer.pids:
        packet = bytearray(packer.pack(spid, random, crc16).packet)
        packet[-1] ^= 1 << random.randrange(8)
        assert not database.telemetry(bytes(packet)).crc_ok
        if len(packet) <= 20:
            continue
        cut = bytearray(packet[: random.randrange(9, len(packet) - 2)])
        cut[4:6] = (len(cut) - 7).to_bytes(2, "big") if len(cut) >= 7 else b"\0\0"
        with pytest.raises(ValueError, match=r"bits|no such packet|ends at"):
            database.telemetry(bytes(cut))


@pytest.mark.shared
def test_an_unknown_packet_is_told(mib: Path) -> None:
    packet = bytearray.fromhex("0941c005000d10110200000003e803d09005f3f9")
    assert read(mib).telemetry(bytes(packet)).description == "SASW AreYouAliveRep"
    packet[8] = 99
    with pytest.raises(ValueError, match=r"TM\(17,99\) of APID 321: no such packet"):
        read(mib).telemetry(bytes(packet))


class Values:
    """Values inside the ranges of the raw tables."""

    def __init__(self, mib: Path, random: Random) -> None:
        self.mib, self.random = mib, random
        self.parameters = {row[0]: row for row in table(mib, "cpc")}
        self.heads = {row[0]: row for row in table(mib, "prf")}
        self.ranges: dict[str, list[list[str]]] = defaultdict(list)
        for row in table(mib, "prv"):
            self.ranges[row[0]].append(row)

    def one(self, name: str, n_bits: int) -> tuple[Any, Any]:
        """What to give, and the raw value it becomes."""
        row, random = self.parameters[name], self.random
        if row[7] == "T":
            low, _, text = random.choice(self._texts(row))
            return random.choice([text, text.lower(), int(low), Raw(int(low))]), int(low)
        if row[2] == "5":
            real = float(np.float32(random.uniform(-1e6, 1e6)))
            return real, real
        low, high = self._bounds(row, n_bits)
        number = random.choice([low, high, random.randint(low, high)])
        if row[2] == "9":
            number = random.getrandbits(32) << 24 | random.randrange(1_000_000)
            seconds = timedelta(seconds=number >> 24, microseconds=number & 0xFFFFFF)
            return random.choice([Raw(number), EPOCH + seconds]), number
        return random.choice([number, Raw(number), str(number), hex(number)]), number

    def _texts(self, row: list[str]) -> list[tuple[float, float, str]]:
        allowed = {each[1] for each in self.ranges[row[8]]}
        found = [one for one in texts(self.mib, "pas")[row[10]] if not allowed or one[2] in allowed]
        first: dict[str, tuple[float, float, str]] = {}
        for each in found:
            first.setdefault(each[2].lower(), each)
        return list(first.values())

    def _bounds(self, row: list[str], n_bits: int) -> tuple[int, int]:
        least = -(1 << n_bits - 1) if row[2] == "4" else 0
        bounds = least, least + (1 << n_bits) - 1
        if row[8]:
            radix = 16 if self.heads[row[8]][4] == "H" else 10
            each = self.random.choice(self.ranges[row[8]])
            bounds = int(each[1], radix), int(each[2] or each[1], radix)
        return bounds

    def of(self, walker: TelecommandWalker, name: str) -> tuple[dict[str, Any], Counter[str]]:
        """Values for all editable parameters, 1..4 in groups; and how many of each."""
        given: dict[str, list[Any]] = defaultdict(list)
        self.raws: dict[str, list[Any]] = defaultdict(list)
        rows, index = walker.rows[name], 0
        while index < len(rows):
            row = rows[index]
            size = int(row[5] or 0)
            group = [each for each in rows[index + 1 : index + 1 + size] if each[1] == "E"]
            if size:
                self._repeat(row, group, given)
            elif row[1] == "E":
                self._add(row, given)
            index += 1 + size
        return dict(given), Counter({key: len(each) for key, each in given.items()})

    def _repeat(self, row: list[str], group: list[list[str]], given: dict[str, list[Any]]) -> None:
        low, high = self._bounds(self.parameters[row[6]], int(row[3]))
        n = self.random.randint(max(low, 1), min(high, 4)) if row[1] == "E" else 1
        self.raws[row[6]].append(n)
        if self.random.random() < 0.5:
            given[row[6]].append(n)  # else it is counted
        for _ in range(n):
            for each in group:
                self._add(each, given)

    def _add(self, row: list[str], given: dict[str, list[Any]]) -> None:
        what, raw = self.one(row[6], int(row[3]))
        given[row[6]].append(what)
        self.raws[row[6]].append(raw)


@pytest.mark.shared
@settings(max_examples=10)
@given(random=RANDOMS)
def test_every_telecommand_is_built(mib: Path, random: Random) -> None:
    database, walker = read(mib), TelecommandWalker(mib)
    values = Values(mib, random)
    descriptions = {row[0]: row[1] for row in table(mib, "cpc")}
    linked = defaultdict(set)
    for row in table(mib, "cvp"):
        linked[row[0]].add(row[2])
    built = set()
    for name, ccf in walker.commands.items():
        given, _ = values.of(walker, name)
        count, ack = random.getrandbits(14), random.getrandbits(4)
        by = random.choice([lambda key: key, descriptions.__getitem__, str.lower])
        command = database.telecommand(
            random.choice([name, name.lower(), ccf[1], ccf[1].upper()]),
            {by(key): each if len(each) > 1 else each[0] for key, each in given.items()},
            ack=ack,
            count=count,
            header={"SrcId": 7},
        )
        packet = command.packet
        header = SpacePacketHeader.unpack(packet)
        assert (header.apid, header.seq_count) == (int(ccf[8]), count)
        assert header.packet_len == len(packet)
        assert header.sec_header_flag
        assert header.packet_type == 1
        assert packet[6:10] == bytes([0x10 | ack, int(ccf[6]), int(ccf[7]), 7])
        assert crc16(packet) == 0
        raws: dict[str, list[Any]] = defaultdict(list)
        for key, raw in walker.walk(name, packet[10:-2]):
            raws[key].append(raw)
        for key, each in values.raws.items():
            assert raws[key] == each, f"{name} {key}"
        assert [(a.name, a.raw) for a in command.arguments] == walker.walk(name, packet[10:-2])
        asked = {STAGES[one][0] for one in linked[name] if STAGES[one][1] & ack}
        assert {stage.report for stage in command.stages} == asked
        built.add(name)
    assert len(built) == N_TELECOMMANDS


@pytest.mark.shared
def test_without_values_the_defaults_of_the_database_are_taken(mib: Path) -> None:
    """The vector is from facts of the interface, section 9.1."""
    database = read(mib)
    command = database.telecommand("SASW AreYouAliveCmd", count=1)
    assert command.packet.hex() == "1941c001000519110100db8e"
    assert [(s.report, s.timeout_s) for s in command.stages] == [((1, 1), 20), ((1, 7), 50)]
    load = database.telecommand("DBS_TC_LOAD_MEMORY")
    assert [a.raw for a in load.arguments][1:3] == [0x60000000, 4]
    assert len(load.packet) == 10 + 10 + 4 + 2 + 2


@pytest.mark.shared
def test_values_out_of_range_are_refused(mib: Path) -> None:
    """Every parameter with a range, in every telecommand that has it."""
    database, walker, random = read(mib), TelecommandWalker(mib), Random(7)
    values = Values(mib, random)
    n_refused = 0
    for name in walker.commands:
        for row in walker.rows[name]:
            cpc = values.parameters.get(row[6])
            if row[1] != "E" or cpc is None:
                continue
            given, _ = values.of(walker, name)
            low, high = values._bounds(cpc, int(row[3])) if cpc[7] != "T" else (0, 0)
            for bad in ("NO_SUCH_TEXT", Raw(61_234)) if cpc[7] == "T" else (low - 1, high + 1):
                if cpc[2] in ("5", "9"):
                    bad = "much"
                attempt = {**given, row[6]: [bad]}
                with pytest.raises(ValueError, match=r"not in the allowed|fit|is not|neither") as e:
                    database.telecommand(name, attempt)
                shown = bad.value if isinstance(bad, Raw) else bad
                assert str(e.value).startswith(cpc[1]), str(e.value)
                assert str(shown) in str(e.value)
                n_refused += 1
    assert n_refused > 500
