# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Open questions of the application software and of what lies under it."""

from __future__ import annotations

from fsw_emu.assumptions.row import Assumption, stands

_NAMES = "the database has names and numbers alone"


def _stands(number: int, question: str, choice: str, changes: str, source: str) -> Assumption:
    return stands(f"A{number}", question, choice, changes=changes, source=source)


APPLICATION: tuple[Assumption, ...] = (
    _stands(
        71,
        "modes, and the transitions between them",
        "the tables of [docs/modes.md](docs/modes.md)",
        "which telecommands are refused, and when the FEE and the door are commanded",
        _NAMES,
    ),
    _stands(
        72,
        "defaults of the data pool, limits, confirmation counts, periods, motor times",
        "`fsw_emu/interface/assumed.toml`, each with its reason",
        "housekeeping, when checks suspect and fail",
        "some telecommands have defaults; the rest is not public",
    ),
    _stands(
        73,
        "when a telecommand begins",
        "in the next cycle of 125 ms, in order; 512 may wait; the application starts 16 cycles "
        "after its hand-over",
        "times of reports; ACK_PCRL1_FULL",
        "cycle and failure codes are public, the queue is not",
    ),
    _stands(
        74,
        "destination of telemetry, sources of telecommands",
        "reports of a telecommand go to its source, the rest to 0; source 0 is the ground, 1 the "
        "payload module",
        "destination and sequence counts; which counter a telecommand counts in",
        "destinations 0x00, 0x20, 0x30, 0x40 and two counters of sources are named",
    ),
    _stands(
        75,
        "which failure tells of which field",
        "the one whose name is like the field's; in the order of the packet",
        "codes of TM(1,2)",
        _NAMES,
    ),
    _stands(
        76,
        "checksum, arming and place of parameter sets",
        "CRC-16 as of packets over the set without it; arming lasts until disarming or a reset; "
        "copies in MRAM from 0x40700000",
        "which loads are taken",
        _NAMES,
    ),
    _stands(
        77,
        "what an application and a segment look like in memory",
        "a mark at 0x60040000, which the boot software finds; a segment has identifier, "
        "destination, size and checksum before it",
        "TC(210,4), TC(213,1)",
        "the failure events name these fields; no program of the flight is emulated",
    ),
    _stands(
        78,
        "compression of memory by TC(212,2)",
        "the configuration is a key of section 8.4",
        "bytes of compressed memory",
        "the flight encoding is not public (A7)",
    ),
    _stands(
        79,
        "elements of arrays in the data pool, and items that are boolean",
        "`assumed.toml`, section arrays; any u8 takes a boolean",
        "TC(211,1)",
        "the database has octet strings",
    ),
    _stands(
        80,
        "the world under the application: clock, heat, door, memory, orbit, upsets",
        "`fsw_emu/world/assumed.toml`, each with its reason",
        "everything that is measured",
        "calibrations, addresses and states are public, what they measure is not",
    ),
    _stands(
        81,
        "codes of commands to the door, reasons of aborted transfers",
        "open 1, close 2, halt 3, configure 4, emergency 5; commanded 1, sequence 2, memory 3",
        "TC(198,1); TM(13,4), TM(13,16)",
        _NAMES,
    ),
)
