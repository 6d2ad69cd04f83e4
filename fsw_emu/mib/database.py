# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A SCOS-2000 database: what is read once, and used for every packet."""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Iterable, Mapping
from pathlib import Path

from fsw_emu.mib.build import Arguments, Telecommand, build
from fsw_emu.mib.commands import TelecommandDefinition, read_commands
from fsw_emu.mib.decode import Decoded, decode, header_of
from fsw_emu.mib.kinds import RawValue, Value, take_bits
from fsw_emu.mib.packets import (
    Criterion,
    Item,
    TelemetryPacket,
    by_key,
    read_criteria,
    read_packets,
    read_structures,
)
from fsw_emu.mib.parameters import TelemetryParameter, read_parameters
from fsw_emu.mib.rows import MibError
from fsw_emu.mib.times import Conventions, read_time, time_bits

_NOTHING_KNOWN: Mapping[str, RawValue] = {}
_AS_IT_IS: Mapping[str, int] = {}


class Database:
    """Definitions of telemetry and telecommands, and what they are for.

    parameters: of telemetry, by name (PCF_NAME)
    packets: of telemetry, by SPID
    commands: by name (CCF_CNAME)
    """

    def __init__(
        self,
        *,
        parameters: Mapping[str, TelemetryParameter],
        packets: Mapping[int, TelemetryPacket],
        criteria: Mapping[tuple[int, int], tuple[Criterion, ...]],
        structures: Mapping[int, tuple[Item, ...]],
        commands: Mapping[str, TelecommandDefinition],
        conventions: Conventions,
    ) -> None:
        self.parameters = parameters
        self.packets = packets
        self.structures = structures
        self.commands = commands
        self.conventions = conventions
        self._criteria = criteria
        self._by_key = by_key(packets.values())
        named = [one for one in reversed([*parameters.values()]) if one.onboard_id is not None]
        self._onboard = {one.onboard_id: one for one in named if one.onboard_id is not None}
        self._onboard_ids = {one.description: key for key, one in self._onboard.items()}
        self._onboard_ids |= {one.name: one.onboard_id or 0 for one in named}

    @classmethod
    def read(cls, folder: Path, conventions: Conventions | None = None) -> Database:
        """Read all tables of a folder; missing ones are empty.

        MibError for a row that is wrong, with file and line, and for a folder without a table of
        telemetry packets or telecommands; OSError.
        """
        folder = Path(folder)
        if not folder.is_dir():
            raise NotADirectoryError(20, "Not a directory", str(folder))
        parameters = read_parameters(folder)
        packets = read_packets(folder, parameters)
        commands = read_commands(folder)
        if not packets and not commands:
            raise MibError(f"{folder}: no SCOS-2000 database (no rows in pid.dat nor in ccf.dat)")
        return cls(
            parameters=parameters,
            packets=packets,
            criteria=read_criteria(folder),
            structures=read_structures(folder, parameters),
            commands=commands,
            conventions=conventions or Conventions(),
        )

    def identify(self, packet: bytes) -> TelemetryPacket | None:
        """The definition of a whole telemetry packet, None for one that the database has not.
        ValueError for what is no packet."""
        apid, _, type_, subtype = header_of(packet)
        candidates = self._by_key.get((type_, subtype, apid), ())
        criteria = [
            one for one in self._criteria.get((type_, subtype), ()) if one.apid in (None, apid)
        ]
        for criterion in criteria or [Criterion(None, None, None)]:
            try:
                pi1 = 0 if criterion.pi1 is None else take_bits(packet, *criterion.pi1)
                pi2 = 0 if criterion.pi2 is None else take_bits(packet, *criterion.pi2)
            except ValueError:
                continue
            for one in candidates:
                if (one.pi1, one.pi2) == (pi1, pi2):
                    return one
        return None

    def telemetry(
        self, packet: bytes, *, known: Mapping[str, RawValue] = _NOTHING_KNOWN
    ) -> Decoded:
        """Decode one whole packet. ValueError for an unknown packet, or one too short for its
        parameters; a wrong checksum is in the result.

        known: raw values of parameters of earlier packets, by name, for conditions on them
        """
        definition = self.identify(packet)
        apid, count, type_, subtype = header_of(packet)
        if definition is None:
            raise ValueError(
                f"TM({type_},{subtype}) of APID {apid}: no such packet in the database"
            )
        try:
            samples, unread = decode(
                packet,
                definition,
                conventions=self.conventions,
                structures=self.structures,
                onboard=self._onboard,
                known=known,
            )
        except ValueError as error:
            raise ValueError(f"{definition.name}: {error}") from None
        return Decoded(
            name=definition.name,
            description=definition.description,
            spid=definition.spid,
            apid=apid,
            count=count,
            type=type_,
            subtype=subtype,
            time=self._time(packet),
            crc_ok=not self.conventions.crc or crc_hqx(packet, 0xFFFF) == 0,
            parameters=samples,
            unread_bits=unread,
        )

    def _time(self, packet: bytes) -> Value:
        """Of the packet header; None where there is none, or no valid one."""
        pfc = self.conventions.time_pfc
        if pfc is None:
            return None
        try:
            field = take_bits(packet, 8 * self.conventions.time_byte, time_bits(pfc) or 0)
            return read_time(field, pfc, self.conventions, relative=False)
        except ValueError:
            return None

    def command(self, name: str) -> TelecommandDefinition:
        """A telecommand by name or description, by case first. ValueError for none or several."""
        exact = self.commands.get(name)
        if exact is not None:
            return exact
        by_description = [one for one in self.commands.values() if one.description == name]
        small = name.lower()
        found = by_description or [
            one
            for one in self.commands.values()
            if small in (one.name.lower(), one.description.lower())
        ]
        if not found:
            raise ValueError(f"there is no telecommand {name!r} in the database")
        if len(found) > 1:
            raise ValueError(f"{name!r} may be any of {_listed(one.name for one in found)}")
        return found[0]

    def telecommand(
        self,
        name: str,
        arguments: Arguments | None = None,
        *,
        ack: int | None = None,
        count: int = 0,
        header: Mapping[str, int] = _AS_IT_IS,
        crc: bool = True,
    ) -> Telecommand:
        """Build a telecommand. ValueError that names the field, the value and what is allowed.

        arguments: engineering values (or Raw ones) by name or description of the parameter; a
            sequence or "NAME[2]" for those in groups; what is not given has its default, a
            counter the number of values given for its group
        ack: acknowledge bits (8 completion, 4 progress, 2 start, 1 acceptance); None: as ccf says
        count: sequence count of the packet
        header: other header fields by name (PCDF_DESC or PCDF_PNAME)
        crc: whether the packet ends with a CRC-16/CCITT-FALSE
        """
        return build(
            self.command(name),
            arguments or {},
            ack=ack,
            count=count,
            header=header,
            crc=crc,
            conventions=self.conventions,
            onboard=self._onboard,
            onboard_ids=self._onboard_ids,
        )


def _listed(names: Iterable[str]) -> str:
    names = sorted(names)
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
