# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a check sees, and what it says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from fsw_emu.dpu.onboard import Onboard
from fsw_emu.interface.fields import Value

#: states of the FEE in which it reads out, and in which it answers
FEE_READS_OUT = ("SFE_SCIENCE", "SFE_SIMULATION")
FEE_ANSWERS = ("SFE_ON", "SFE_STANDBY", *FEE_READS_OUT)


class Fee(Protocol):
    """The link to the FEE: what went wrong on it, by kind, and the last housekeeping."""

    @property
    def errors(self) -> Mapping[str, int]: ...

    @property
    def housekeeping(self) -> bytes: ...


class Science(Protocol):
    """Frames of the operation that goes on. ``n_frames``: that have ended, whole or not;
    ``n_incorrect``: what was wrong with their packets or was missing of them."""

    @property
    def n_frames(self) -> int: ...

    @property
    def n_incorrect(self) -> int: ...


@dataclass(frozen=True)
class Report:
    """An event and its parameters."""

    event: str
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One look at what is watched. ``notes`` are reported in any case, ``suspected`` when the
    check becomes so by this look, ``failed`` when it fails by it."""

    bad: bool
    notes: tuple[Report, ...] = ()
    suspected: tuple[Report, ...] = ()
    failed: tuple[Report, ...] = ()


GOOD = Finding(False)


class Look:
    """The unit as one check sees it; ``memory`` is its own and begins anew when it is enabled."""

    def __init__(self, onboard: Onboard, fee: Fee, science: Science) -> None:
        self.onboard = onboard
        self.pool = onboard.pool
        self.world = onboard.world
        self.fee = fee
        self.science = science
        self.memory: dict[str, int] = {}
        value = onboard.table.value
        self._reads_out = {value("FeeState", name) for name in FEE_READS_OUT}
        self._answers = {value("FeeState", name) for name in FEE_ANSWERS}
        self._science = value("IaswState", "SIA_SCIENCE")

    @property
    def fee_answers(self) -> bool:
        """Whether the FEE is in a state in which it does."""
        return self.pool["feeState"] in self._answers

    @property
    def fee_reads_out(self) -> bool:
        """Whether it reads out."""
        return self.pool["feeState"] in self._reads_out

    @property
    def in_science(self) -> bool:
        """Whether the application is."""
        return self.pool["iaswState"] == self._science

    def before(self, key: str, value: int) -> int:
        """What was remembered under a key, now the value is; the value itself the first time."""
        last = self.memory.get(key, value)
        self.memory[key] = value
        return last

    def in_a_row(self, key: str, is_so: bool) -> int:
        """How many looks one after the other it has been so."""
        self.memory[key] = self.memory.get(key, 0) + 1 if is_so else 0
        return self.memory[key]
