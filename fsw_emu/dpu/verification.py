# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 1: reports of telecommands, by the bits that ask for them; failures always."""

from __future__ import annotations

from fsw_emu.dpu.commands import Command, received
from fsw_emu.dpu.downlink import Downlink
from fsw_emu.interface.table import Interface
from fsw_emu.packets.pus import ACCEPTANCE, COMPLETION, START


class Verification:
    """Says what became of each telecommand. Reports go to the destination that is the command's
    source (ASSUMED)."""

    def __init__(self, table: Interface, downlink: Downlink) -> None:
        self._table = table
        self._downlink = downlink

    def accepted(self, command: Command) -> None:
        if command.tc.ack & ACCEPTANCE:
            self._succeeded("SuccAccRep", command)

    def started(self, command: Command) -> None:
        if command.tc.ack & START:
            self._succeeded("SuccStartRep", command)

    def terminated(self, command: Command) -> None:
        if command.tc.ack & COMPLETION:
            self._succeeded("SuccTermRep", command)

    def not_accepted(self, packet: bytes, failure: str) -> None:
        code = self._table.failures[failure].code
        source = packet[9] if len(packet) > 9 else 0
        values = {**received(packet), "TcFailureCodeAcc": code}
        self._downlink.report("FailedAccRep", values, destination=source)

    def not_started(self, command: Command, failure: str) -> None:
        self._failed("FailedStartRep", "TcFailureCodeStrt", command, failure)

    def not_terminated(self, command: Command, failure: str) -> None:
        self._failed("FailedTermRep", "TcFailureCodeTerm", command, failure)

    def _succeeded(self, report: str, command: Command) -> None:
        values = {"TcPcktId": command.identification, "TcPcktSeqCtrl": command.sequence}
        self._downlink.report(report, values, destination=command.tc.source)

    def _failed(self, report: str, field: str, command: Command, failure: str) -> None:
        values = {
            "TcPcktId": command.identification,
            "TcPcktSeqCtrl": command.sequence,
            field: self._table.failures[failure].code,
            "TcType": command.tc.type,
            "TcSubType": command.tc.subtype,
        }
        self._downlink.report(report, values, destination=command.tc.source)
