# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A small walker over the raw tables of a SCOS-2000 database, to judge `fsw_emu.mib` with: it
packs telemetry and takes packets apart, bit by bit, and imports nothing of the project."""

from __future__ import annotations

import struct
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

#: bits of the types that the database of SMILE SXI has
WHOLE = {**{pfc: 4 + pfc for pfc in range(13)}, 13: 24, 14: 32, 15: 48, 16: 64}


def table(folder: Path, name: str) -> list[list[str]]:
    """Rows of 24 fields, so that none is too short."""
    path = folder / f"{name}.dat"
    lines = path.read_text().splitlines() if path.exists() else []
    rows = [line.split("\t") for line in lines if line.strip()]
    return [row + [""] * (24 - len(row)) for row in rows]


def width(ptc: int, pfc: int) -> int:
    if ptc in (3, 4):
        return WHOLE[pfc]
    if ptc == 9:
        return 8 * {18: 7, 17: 6, 16: 5, 15: 4}[pfc]
    return {1: 1, 2: pfc, 5: 32, 6: pfc, 7: 8 * pfc, 8: 8 * pfc}[ptc]


def meaning(ptc: int, bits: str) -> Any:
    """The raw value of a field."""
    number = int(bits, 2)
    if ptc == 4 and bits[0] == "1":
        return number - (1 << len(bits))
    if ptc == 5:
        return struct.unpack(">f", number.to_bytes(4, "big"))[0]
    if ptc == 7:
        return number.to_bytes(len(bits) // 8, "big")
    return number


@dataclass
class Packed:
    """A telemetry packet and what is in it: name, raw value."""

    packet: bytes
    expected: list[tuple[str, Any]] = field(default_factory=list)


class TelemetryPacker:
    """Packets of every definition, with random content."""

    def __init__(self, folder: Path) -> None:
        self.types = {row[0]: (int(row[4]), int(row[5])) for row in table(folder, "pcf")}
        self.pids = {int(row[5]): row for row in table(folder, "pid")}
        self.pics = {(row[0], row[1]): row for row in table(folder, "pic")}
        self.places: dict[int, list[list[str]]] = defaultdict(list)
        for row in table(folder, "plf"):
            self.places[int(row[1])].append(row)
        self.structures: dict[str, list[list[str]]] = defaultdict(list)
        for row in sorted(table(folder, "vpd"), key=lambda row: int(row[1])):
            self.structures[row[0]].append(row)

    def pack(self, spid: int, random: Random, crc: Any) -> Packed:
        """One packet: sequence count, time and parameters random, counters 0..5."""
        pid = self.pids[spid]
        bits = dict.fromkeys(range(18 * 8), "0")
        self._put(bits, 0, 0x0800 | int(pid[2]), 16)
        self._put(bits, 16, 0xC000 | random.getrandbits(14), 16)
        self._put(bits, 48, 0x10, 8)
        self._put(bits, 56, int(pid[0]), 8)
        self._put(bits, 64, int(pid[1]), 8)
        self._put(bits, 80, random.getrandbits(32), 32)
        self._put(bits, 112, random.randrange(1_000_000), 24)
        expected = self._variable(pid, bits, random)
        fields = []
        for name, _, byte, bit, *_ in self.places[spid]:
            at, n = 8 * int(byte) + int(bit), width(*self.types[name])
            self._put(bits, at, random.getrandbits(n), n)
            fields.append((at, name, n))
        for at, n, value in self._identification(pid):
            self._put(bits, at, value, n)
        size = (max(bits) + 8) // 8
        text = "".join(bits.get(at, "0") for at in range(8 * size))
        data = bytearray(int(text, 2).to_bytes(size, "big"))
        data[4:6] = (size + 2 - 7).to_bytes(2, "big")
        for at, name, n in sorted(fields):
            expected.append((name, meaning(self.types[name][0], text[at : at + n])))
        return Packed(bytes(data) + crc(bytes(data)).to_bytes(2, "big"), expected)

    def _identification(self, pid: list[str]) -> list[tuple[int, int, int]]:
        pic = self.pics.get((pid[0], pid[1]))
        if pic is None:
            return []
        pairs = ((pic[2], pic[3], pid[3]), (pic[4], pic[5], pid[4]))
        return [(8 * int(at), int(n), int(value)) for at, n, value in pairs if int(at) >= 0]

    def _variable(
        self, pid: list[str], bits: dict[int, str], random: Random
    ) -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = []
        at = 8 * int(pid[9])

        def put(rows: list[list[str]]) -> None:
            nonlocal at
            index = 0
            while index < len(rows):
                row = rows[index]
                ptc, pfc = self.types[row[2]]
                n, size = width(ptc, pfc), int(row[3] or 0)
                number = random.randrange(6) if size else random.getrandbits(n)
                self._put(bits, at, number, n)
                found.append((row[2], meaning(ptc, f"{number:0{n}b}")))
                at += n
                for _ in range(number if size else 0):
                    put(rows[index + 1 : index + 1 + size])
                index += 1 + size

        put(self.structures[pid[8]] if pid[8] != "-1" else [])
        return found

    @staticmethod
    def _put(bits: dict[int, str], at: int, value: int, n: int) -> None:
        for i, bit in enumerate(f"{value:0{n}b}"):
            bits[at + i] = bit


class TelecommandWalker:
    """Takes the application data of telecommands apart."""

    def __init__(self, folder: Path) -> None:
        self.commands = {row[0]: row for row in table(folder, "ccf")}
        self.parameters = {row[0]: row for row in table(folder, "cpc")}
        self.rows: dict[str, list[list[str]]] = defaultdict(list)
        for row in sorted(table(folder, "cdf"), key=lambda row: int(row[4])):
            self.rows[row[0]].append(row)

    def walk(self, name: str, data: bytes) -> list[tuple[str, Any]]:
        """Parameters with raw values; areas by their description. All bits are used."""
        text = f"{int.from_bytes(data, 'big'):0{8 * len(data)}b}" if data else ""
        found: list[tuple[str, Any]] = []
        at = 0

        def take(rows: list[list[str]]) -> None:
            nonlocal at
            index = 0
            while index < len(rows):
                row = rows[index]
                n, size = int(row[3]), int(row[5] or 0)
                field = text[at : at + n]
                assert len(field) == n, f"{name} is too short"
                at += n
                if row[1] == "A":
                    assert int(field, 2) == int(row[8] or "0", 16)
                else:
                    ptc = int(self.parameters[row[6]][2])
                    found.append((row[6], meaning(ptc, field)))
                for _ in range(int(field, 2) if size else 0):
                    take(rows[index + 1 : index + 1 + size])
                index += 1 + size

        take(self.rows[name])
        assert at == len(text), f"{name} has {len(text) - at} bits too many"
        return found


@dataclass
class Walked:
    """A telemetry packet: its row of pid by description, and what is in it: description of the
    parameter, raw value."""

    name: str
    spid: int
    values: list[tuple[str, Any]] = field(default_factory=list)

    def __getitem__(self, name: str) -> Any:
        (value,) = (value for each, value in self.values if each == name)
        return value


class TelemetryWalker:
    """Takes telemetry packets with a checksum of two bytes apart."""

    def __init__(self, folder: Path) -> None:
        self.parameters = {row[0]: row for row in table(folder, "pcf")}
        self.pics = {(row[0], row[1]): row for row in table(folder, "pic")}
        self.pids: dict[tuple[int, ...], list[list[str]]] = defaultdict(list)
        for row in table(folder, "pid"):
            self.pids[int(row[0]), int(row[1]), int(row[2])].append(row)
        self.places: dict[str, list[list[str]]] = defaultdict(list)
        for row in table(folder, "plf"):
            self.places[row[1]].append(row)
        self.structures: dict[str, list[list[str]]] = defaultdict(list)
        for row in sorted(table(folder, "vpd"), key=lambda row: int(row[1])):
            self.structures[row[0]].append(row)

    def walk(self, packet: bytes, kind: tuple[int, int], apid: int) -> list[Walked]:
        """A packet of this type, subtype and APID, as every row of pid has it that it fits: rows
        are told apart by what pic says."""
        pic = self.pics.get((str(kind[0]), str(kind[1])))
        found = []
        for pid in self.pids[*kind, apid]:
            if pic is None or self._identified(packet, pic, pid):
                found.append(self._walked(packet, pid))
        return found

    def _identified(self, packet: bytes, pic: list[str], pid: list[str]) -> bool:
        pairs = ((pic[2], pic[3], pid[3]), (pic[4], pic[5], pid[4]))
        return all(
            int.from_bytes(packet[int(at) : int(at) + int(n) // 8], "big") == int(value)
            for at, n, value in pairs
            if int(at) >= 0
        )

    def _walked(self, packet: bytes, pid: list[str]) -> Walked:
        text = "".join(f"{byte:08b}" for byte in packet[:-2])
        found = Walked(pid[6], int(pid[5]))
        if pid[8] != "-1":
            at = self._variable(self.structures[pid[8]], text, 8 * int(pid[9]), found)
            assert at == len(text), f"{found.name}: {len(text) - at} bits too many"
            return found
        ends = [8 * int(pid[9])]
        for name, _, byte, bit, *_ in self.places[pid[5]]:
            ptc, pfc = int(self.parameters[name][4]), int(self.parameters[name][5])
            at = 8 * int(byte) + int(bit)
            ends.append(at + width(ptc, pfc))
            assert ends[-1] <= len(text), f"{found.name} is too short for {name}"
            found.values.append((self.parameters[name][1], meaning(ptc, text[at : ends[-1]])))
        assert (max(ends) + 7) // 8 * 8 == len(text), f"{found.name} is too long"
        return found

    def _variable(self, rows: list[list[str]], text: str, at: int, found: Walked) -> int:
        index = 0
        while index < len(rows):
            row = rows[index]
            ptc, pfc = int(self.parameters[row[2]][4]), int(self.parameters[row[2]][5])
            n, size = width(ptc, pfc), int(row[3] or 0)
            bits = text[at : at + n]
            assert len(bits) == n, f"{found.name} is too short for {row[2]}"
            at += n
            found.values.append((self.parameters[row[2]][1], meaning(ptc, bits)))
            for _ in range(int(bits, 2) if size else 0):
                at = self._variable(rows[index + 1 : index + 1 + size], text, at, found)
            index += 1 + size
        return at
