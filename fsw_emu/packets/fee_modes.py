# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Modes and commands of the FEE: what ccd_mode_config says and execute_op starts (register map
v0.38, cfg 21); the code of the mode is in the headers of its packets."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal

TrapPumpCodes = Literal["library", "register-map"]


class Mode(IntEnum):
    """Codes that sources agree on."""

    ON = 0x0
    FTP = 0x1  # frame transfer, test pattern
    STANDBY = 0x2
    FT = 0x3  # frame transfer
    FF = 0x4  # full frame of one CCD
    SOFT_RESET = 0x7  # a command
    IMMEDIATE_ON = 0x8  # a command
    FF_SIMULATION = 0x9
    EVENT_SIMULATION = 0xA


#: parallel trap pumping 1 and 2, serial trap pumping 1 and 2: sources disagree (ASSUMED)
TRAP_PUMPING: dict[TrapPumpCodes, tuple[int, int, int, int]] = {
    "library": (0xB, 0xC, 0xD, 0xE),
    "register-map": (0xC, 0xE, 0xD, 0xF),
}

#: ccd_mode2_config
UNBINNED, BINNED_6, BINNED_24 = 1, 2, 3
