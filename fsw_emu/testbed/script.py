# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""An observation by telecommands, step by step: boot, stand-by, pre-science, science, stop."""

from __future__ import annotations

from collections.abc import Callable

from fsw_emu.dpu.application import Application
from fsw_emu.testbed.testbed import Testbed

#: how long each step may take [s] (ASSUMED: more than the times of assumed.toml need)
BOOT_S, MODE_S, DOOR_S = 10.0, 60.0, 120.0


class Stuck(RuntimeError):
    """A step did not come to its end."""


def boot(bed: Testbed) -> None:
    """From the boot software, once it answers, to the application. Stuck."""
    bed.send("DBS_TC_TEST_CONNECTION", ack=0b1001)
    bed.run(1)
    bed.send("DBS_TC_BOOT_IASW")
    _until(bed, lambda: isinstance(bed.dpu.software, Application), BOOT_S, "the application")


def stand_by(bed: Testbed) -> None:
    """The FEE is off. Stuck."""
    bed.send("IaModeGotoStby")
    _until(bed, lambda: _is_in(bed, "SIA_STANDBY", fee="SFE_OFF"), MODE_S, "stand-by")


def open_door(bed: Testbed) -> None:
    """Stuck."""
    number = bed.dpu.table.assumed["door"]["commands"]["open"]
    bed.send("ProcStrRseConfig", ProcRseCmdId=number)
    _until(bed, lambda: _state(bed, "RseState", "rseState") == "SRS_OPEN", DOOR_S, "an open door")


def prepare(bed: Testbed) -> None:
    """Pre-science: the FEE is set up. Stuck."""
    bed.send("IaModePreSci")
    _until(bed, lambda: _is_in(bed, "SIA_PRE_SCIENCE", fee="SFE_STANDBY"), MODE_S, "pre-science")


def observe(bed: Testbed) -> None:
    """Science: the FEE reads out. Stuck."""
    bed.send("IaModeStrtSci")
    _until(bed, lambda: _is_in(bed, "SIA_SCIENCE", fee="SFE_SCIENCE"), MODE_S, "science")


def take_frames(bed: Testbed, n_frames: int) -> None:
    """Until so many more frames have come whole. Stuck."""
    begun = _n_frames(bed)
    within = (n_frames + 2) * bed.dpu.onboard.pool["FRMintSyncPeriod"] / 1000
    _until(bed, lambda: _n_frames(bed) >= begun + n_frames, within, f"{n_frames} frames")


def end_observation(bed: Testbed) -> None:
    """Back to pre-science: what is left of the science goes down. Stuck."""
    bed.send("IaModeStpSci")
    _until(bed, lambda: _is_in(bed, "SIA_PRE_SCIENCE", fee="SFE_STANDBY"), MODE_S, "pre-science")
    bed.run(1)


def stop(bed: Testbed) -> None:
    """Controlled switch-off: FEE off, door closed. Stuck."""
    bed.send("IaModeContrSwOff")

    def is_over() -> bool:
        closed = _state(bed, "RseState", "rseState") == "SRS_CLOSED"
        return closed and _is_in(bed, "SIA_STOP", fee="SFE_OFF")

    _until(bed, is_over, DOOR_S, "the stop")
    bed.run(1)


def _until(bed: Testbed, so: Callable[[], bool], within: float, what: str) -> None:
    if not bed.until(so, within=within):
        raise Stuck(f"no {what.removeprefix('an ').removeprefix('the ')} within {within:g} s")


def _is_in(bed: Testbed, mode: str, *, fee: str) -> bool:
    return (
        _state(bed, "IaswState", "iaswState") == mode and _state(bed, "FeeState", "feeState") == fee
    )


def _state(bed: Testbed, enumeration: str, item: str) -> str:
    return bed.dpu.table.label(enumeration, bed.dpu.onboard.pool[item])


def _n_frames(bed: Testbed) -> int:
    software = bed.dpu.software
    return software.instrument.observation.n_frames if isinstance(software, Application) else 0
