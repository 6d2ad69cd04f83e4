# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Reader of SCOS-2000 databases (MIB): telemetry packets to values, values to telecommands.

    database = Database.read(Path("mib"), Conventions(fine="microseconds"))
    decoded = database.telemetry(packet)
    command = database.telecommand("NAME", {"PARAMETER": 5, "LIST": [1, 2, 3]})

It knows no mission, and shares no code with what makes packets elsewhere: it is their judge.
"""

from fsw_emu.mib.arguments import Argument, Raw
from fsw_emu.mib.build import Telecommand
from fsw_emu.mib.commands import (
    CommandParameter,
    Element,
    HeaderField,
    TelecommandDefinition,
    Verification,
)
from fsw_emu.mib.database import Database
from fsw_emu.mib.decode import Decoded, Sample
from fsw_emu.mib.packets import TelemetryPacket
from fsw_emu.mib.parameters import Limit, TelemetryParameter
from fsw_emu.mib.rows import MibError
from fsw_emu.mib.stream import PacketSplitter, Piece
from fsw_emu.mib.times import Conventions

__all__ = [
    "Argument",
    "CommandParameter",
    "Conventions",
    "Database",
    "Decoded",
    "Element",
    "HeaderField",
    "Limit",
    "MibError",
    "PacketSplitter",
    "Piece",
    "Raw",
    "Sample",
    "Telecommand",
    "TelecommandDefinition",
    "TelemetryPacket",
    "TelemetryParameter",
    "Verification",
]
