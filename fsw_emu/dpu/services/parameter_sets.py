# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 20: parameter sets: ranges of the converter, the door, the thermal control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from fsw_emu.dpu.commands import Command, Handler
from fsw_emu.dpu.onboard import Onboard, Passive
from fsw_emu.dpu.services.memory import first_difference
from fsw_emu.interface.fields import Field, Value, pack, unpack
from fsw_emu.interface.parameter_crc import CRC_BYTES, ID_BYTES, parameter_crc
from fsw_emu.world.door import Parameters
from fsw_emu.world.memory import Full, MemoryId

REPORTED = (20, 2)
#: the event of the application that tells that a set is missing
MISSING = {
    "ADC_RANGES": "EVT_ADC_NORANGES",
    "RSE_PARAM": "EVT_RSE_NOPARAM",
    "HEAT_CTRL_IASW": "EVT_HCTRL_NOPARAM",
}


@dataclass(frozen=True)
class ParameterSet:
    """``fields``: between identifier and checksum, named as the data pool's items; ``address`` of
    its copy in MRAM, with the checksum."""

    name: str
    report: str
    fields: Sequence[Field]
    checksum: str
    address: int

    @property
    def size(self) -> int:
        """Bytes of the values."""
        return sum(field.type.bits for field in self.fields) // 8


class ParameterSets(Passive):
    """Serves both softwares. A software begins with what the copies in MRAM hold: as delivered
    where nothing was ever written there, and without a set where it is damaged (ASSUMED).

    Loading stays armed until it is disarmed, or until a reset (ASSUMED).
    """

    def __init__(self, onboard: Onboard) -> None:
        self._onboard = onboard
        self._memory = onboard.world.memory
        table = onboard.table
        by_id = {
            report.key: report
            for report in table.reports.values()
            if (report.type, report.subtype) == REPORTED
        }
        self._sets = {
            (id_ := table.value("ParamSetId", name)): ParameterSet(
                name,
                by_id[id_].name,
                by_id[id_].fields[1:-1],
                by_id[id_].fields[-1].name,
                table.assumed["parameter_sets"][name],
            )
            for name in MISSING
        }
        self.armed = False
        self._missing = {each.name for each in self._sets.values() if not self._restored(each)}
        if onboard.software == "IASW":
            for name in sorted(self._missing):
                onboard.events.report(MISSING[name])

    def has(self, name: str) -> bool:
        """Whether a set of ParamSetId is there."""
        return name not in self._missing

    def handlers(self) -> Mapping[str, Handler]:
        report = Handler(self._report)
        load = Handler(self._load, accept=self._accept)
        arm, disarm = Handler(self._arm), Handler(self._disarm)
        return {
            "RepParamValues": report,
            "DBS_TC_DUMP_PARAMETERS": report,
            "SetParValAdcRngs": load,
            "SetParValHeatCtl": load,
            "SetParValRsePar": load,
            "DBS_TC_PARLOAD_ADCRANGES": load,
            "DBS_TC_PARLOAD_RSEPARAM": load,
            "ParamLoadArm": arm,
            "DBS_TC_PARLOAD_ARM": arm,
            "ParamLoadDisarm": disarm,
            "DBS_TC_PARLOAD_DISARM": disarm,
        }

    def _arm(self, command: Command) -> None:  # noqa: ARG002
        self.armed = True

    def _disarm(self, command: Command) -> None:  # noqa: ARG002
        self.armed = False

    def _accept(self, command: Command) -> str | None:
        if not self.armed:
            return "ACK_NOT_ARMED"
        values, crc = _loaded(command)
        return None if parameter_crc(values) == crc else "ACK_INCONS_PCRC"

    def _load(self, command: Command) -> str | None:
        """Into MRAM, read back; then into the data pool and to who uses them."""
        set_ = self._set(command)
        values, crc = _loaded(command)
        copy = values + crc.to_bytes(CRC_BYTES, "big")
        try:
            self._memory.write(MemoryId.MRAM, set_.address, copy)
        except Full:
            return "ACK_PARLOAD_FAILURE"
        back = self._memory.read(MemoryId.MRAM, set_.address, len(copy))
        wrong = first_difference(copy, back, set_.address)
        if wrong is not None:
            self._onboard.events.report("EVT_PARLOAD_CMP", **wrong)
            return "ACK_PARLOAD_FAILURE"
        self._use(set_, values)
        self._missing.discard(set_.name)
        if set_.name == "RSE_PARAM":  # electronics without power take theirs later
            numbers = (self._onboard.pool[f.name] for f in set_.fields if not f.is_spare)
            self._onboard.world.door.configure(Parameters(*numbers), self._onboard.world.cycle)
        return None

    def _report(self, command: Command) -> None:
        set_ = self._set(command)
        pool = self._onboard.pool
        values: dict[str, Value] = {
            field.name: pool.real(field.name) if field.type.kind == "f" else pool[field.name]
            for field in set_.fields
            if not field.is_spare
        }
        crc = parameter_crc(pack(set_.fields, values))
        key = self._onboard.table.value("ParamSetId", set_.name)
        told = {"ParamSetId": key, **values, set_.checksum: crc}
        self._onboard.downlink.report(set_.report, told, destination=command.tc.source)

    def _set(self, command: Command) -> ParameterSet:
        return self._sets[command[command.definition.fields[0].name]]

    def _restored(self, set_: ParameterSet) -> bool:
        """Take a set from its copy; whether it is there."""
        copy = self._memory.read(MemoryId.MRAM, set_.address, set_.size + CRC_BYTES)
        values, crc = copy[:-CRC_BYTES], int.from_bytes(copy[-CRC_BYTES:], "big")
        if not any(copy):
            return True
        if parameter_crc(values) != crc:
            return False
        self._use(set_, values)
        return True

    def _use(self, set_: ParameterSet, values: bytes) -> None:
        for name, value in unpack(set_.fields, values).items():
            self._onboard.pool[name] = cast("Value", value)


def _loaded(command: Command) -> tuple[bytes, int]:
    """Values and checksum of a telecommand."""
    data = command.tc.data
    return data[ID_BYTES:-CRC_BYTES], int.from_bytes(data[-CRC_BYTES:], "big")
