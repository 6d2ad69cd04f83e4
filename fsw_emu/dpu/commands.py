# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telecommands as they come: what is accepted, and why the rest is not (MIB v1.8.1, service 1)."""

from __future__ import annotations

from binascii import crc_hqx
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fsw_emu.interface.fields import FieldError, Value, unpack
from fsw_emu.interface.table import Interface, Software, Telecommand
from fsw_emu.packets.pus import TC_MAX_BYTES, TC_MIN_BYTES, Tc, read_tc

#: which failure tells of a wrong value of a field, by its enumeration or its name (ASSUMED)
FAILURE_OF = {
    "Sid": "ACK_ILL_SID",
    "SidNoCal": "ACK_ILL_SID",
    "HK_REP_SID": "ACK_ILL_SID",
    "Period": "ACK_ILL_PER",
    "HK_REP_PER": "ACK_ILL_PER",
    "ReadMemoryId": "ACK_ILL_MID",
    "WriteMemoryId": "ACK_ILL_MID",
    "DbsReadMemoryId": "ACK_ILL_MID",
    "DbsSwMemoryId": "ACK_ILL_MID",
    "StartAddress": "ACK_ILL_SADDR",
    "SW_START_ADDR": "ACK_ILL_SADDR",
    "CLR_START_ADDR": "ACK_ILL_SADDR",
    "BlockLength": "ACK_ILL_BLEN",
    "WR_BLOCK_LEN": "ACK_ILL_BLEN",
    "RD_BLOCK_LEN": "ACK_ILL_BLEN",
    "CH_BLOCK_LEN": "ACK_ILL_BLEN",
    "CLR_BLOCK_LEN": "ACK_ILL_BLEN",
    "NEvtId": "ACK_ILL_RCNT",
    "EVENT_REP_CNT": "ACK_ILL_RCNT",
    "EvtId": "ACK_ILL_EID",
    "ParamSetId": "ACK_ILL_PSID",
    "AlgoId": "ACK_ILL_AID",
    "Fid": "ACK_ILL_FID",
    "ProcId": "ACK_ILL_PR_ID",
    "ProcFeeNParams": "ACK_ILL_PR_PAR",
    "ProcFeeParamId": "ACK_ILL_PR_PAR",
    "ProcRseCmdId": "ACK_ILL_PR_PAR",
    "ParamType": "ACK_ILL_PTYP",
    "NParams": "ACK_ILL_NDI",
    "NParam": "ACK_ILL_NDI",
    "ParamId": "ACK_ILL_DID",
    "ArrayElemId": "ACK_ILL_ELEM",
    "SduId": "ACK_ILL_SDUID",
    "DataSize": "ACK_ILL_DSIZE",
}
#: the same of values of a parameter set, which have no failure of their own (ASSUMED)
PARAMETER_SET, FAILURE_OF_A_SET = (20, 3), "ACK_INCONS_PCRC"


@dataclass(frozen=True)
class Refused:
    """``failure`` by its name in the table."""

    failure: str


@dataclass(frozen=True)
class Command:
    """A telecommand that was accepted; ``values`` by field."""

    definition: Telecommand
    tc: Tc
    identification: int  # first and second word of the packet, which reports name it by
    sequence: int
    values: Mapping[str, Value | Sequence[Value]]

    @property
    def name(self) -> str:
        return self.definition.name

    def __getitem__(self, field: str) -> int:
        """The value of a field that is an integer; KeyError."""
        value = self.values[field]
        assert isinstance(value, int)  # noqa: S101  (who asks knows its type)
        return value

    def several(self, field: str) -> Sequence[int]:
        """The values of a repeated field of integers."""
        value: Any = self.values[field]
        return tuple(value)

    def octets(self, field: str) -> bytes:
        """The bytes of a repeated octet, or of an octet string."""
        value: Any = self.values[field]
        return bytes(value)


#: what comes of a check: nothing, or a failure by its name
Check = Callable[[Command], str | None]
#: what a command does: at once, or as a generator that goes on once a cycle and returns a failure
Run = Callable[[Command], str | Generator[None, None, str | None] | None]


def _fine(_: Command) -> None:
    return None


@dataclass(frozen=True)
class Handler:
    """What a telecommand does: ``accept`` at once when it comes, ``start`` when its turn has come,
    ``run`` then. The first two change nothing."""

    run: Run
    start: Check = _fine
    accept: Check = _fine


class Reader:
    """Telecommands of one software, found by type, subtype and key."""

    def __init__(self, table: Interface, software: Software, sources: Iterable[int]) -> None:
        self._table = table
        self._sources = frozenset(sources)
        self._found: dict[tuple[int, int], dict[int | None, Telecommand]] = defaultdict(dict)
        for command in table.telecommands.values():
            if command.of == software:
                self._found[command.type, command.subtype][command.key] = command
        self._types = frozenset(type_ for type_, _ in self._found)

    def read(self, packet: bytes) -> Command | Refused:
        """One packet with the APID of this software, checked as far as the table goes: length,
        checksum, type, subtype, source, fields."""
        if not TC_MIN_BYTES <= len(packet) <= TC_MAX_BYTES:
            return Refused("ACK_INCONS_LEN")
        try:
            tc = read_tc(packet)
        except ValueError:
            return Refused("ACK_INCONS_LEN")
        if not tc.pec_ok:
            return Refused("ACK_INCONS_CRC")
        if tc.type not in self._types:
            return Refused("ACK_ILL_TYPE")
        if (tc.type, tc.subtype) not in self._found:
            return Refused("ACK_ILL_SUBT")
        if tc.source not in self._sources:
            return Refused("ACK_ILL_SRC")
        return self._fields(packet, tc)

    def _fields(self, packet: bytes, tc: Tc) -> Command | Refused:
        by_key = self._found[tc.type, tc.subtype]
        definition = by_key.get(int.from_bytes(tc.data[:2], "big"), by_key.get(None))
        if definition is None:
            any_of_them = next(iter(by_key.values()))
            short = len(tc.data) < 2
            return Refused("ACK_INCONS_LEN" if short else failure_of(any_of_them, 0))
        try:
            values = unpack(definition.fields, tc.data)
        except FieldError:
            return Refused("ACK_INCONS_LEN")
        for at, field in enumerate(definition.fields):
            value = values.get(field.name, 0)
            several = value if isinstance(value, Sequence) else (value,)
            if not field.is_spare and not all(self._table.allows(field, v) for v in several):
                return Refused(failure_of(definition, at))
        identification, sequence = (int.from_bytes(packet[i : i + 2], "big") for i in (0, 2))
        return Command(definition, tc, identification, sequence, values)


def failure_of(definition: Telecommand, at: int) -> str:
    """The failure that tells of a wrong value of a field, by its place."""
    field = definition.fields[at]
    known = FAILURE_OF.get(field.enumeration or "") or FAILURE_OF.get(field.name)
    of_a_set = (definition.type, definition.subtype) == PARAMETER_SET
    return known or (FAILURE_OF_A_SET if of_a_set else "ACK_NOT_IMPL")


def received(packet: bytes) -> dict[str, int]:
    """What a report of a refused packet tells of it (MIB v1.8.1, TM(1,2)), zero where it is cut."""
    head = packet[:10].ljust(10, b"\0")
    whole = len(packet) >= TC_MIN_BYTES
    return {
        "TcPcktId": int.from_bytes(head[0:2], "big"),
        "TcPcktSeqCtrl": int.from_bytes(head[2:4], "big"),
        "TcType": head[7],
        "TcSubType": head[8],
        "TcLength": int.from_bytes(head[4:6], "big"),
        "TcReceivedBytes": min(len(packet), 0xFFFF),
        "TcReceivedCrc": int.from_bytes(packet[-2:], "big") if whole else 0,
        "TcCalculatedCrc": crc_hqx(packet[:-2], 0xFFFF) if whole else 0,
    }
