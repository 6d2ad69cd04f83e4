# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the application runs: FEE, door, science, and the services that command them."""

from __future__ import annotations

from collections.abc import Sequence

from fsw_emu.dpu.fee_port import FeePort
from fsw_emu.dpu.modes.application import Modes
from fsw_emu.dpu.modes.door import DoorControl
from fsw_emu.dpu.modes.fee import FeeControl
from fsw_emu.dpu.modes.science import NominalScience
from fsw_emu.dpu.observation import Observation
from fsw_emu.dpu.onboard import Onboard, Service
from fsw_emu.dpu.services.large_data import LargeData
from fsw_emu.dpu.services.modes import ModeCommands
from fsw_emu.dpu.services.procedures import Procedures


class Instrument:
    """Made once for each start of the application. ``services``: in the order of a cycle; the
    port comes behind what commands the FEE, large data behind what makes entities."""

    def __init__(self, onboard: Onboard) -> None:
        self.large_data = LargeData(onboard)
        self.observation = Observation(onboard, self.large_data.deliver)
        self.port = FeePort(onboard, self.observation.feed)
        self.fee = FeeControl(onboard, self.port, self.observation)
        self.door = DoorControl(onboard)
        self.science = NominalScience(onboard, self.fee)
        self.modes = Modes(onboard, self.fee, self.door, self.science)
        self.procedures = Procedures(onboard, self.fee, self.door)
        self.services: Sequence[Service] = (
            ModeCommands(onboard, self.modes),
            self.procedures,
            self.door,
            self.port,
            self.large_data,
        )
