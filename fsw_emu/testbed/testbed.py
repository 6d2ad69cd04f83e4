# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A session in virtual time: telecommands by name, cycles as fast as they go, telemetry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fsw_emu.core import Core, default_core
from fsw_emu.dpu.dpu import Dpu
from fsw_emu.packets.pus import build_tc
from fsw_emu.testbed.fee import EmulatedFee, Fee
from fsw_emu.testbed.link import FeeLink
from fsw_emu.testbed.sky import WorldSky
from fsw_emu.world.numbers import CYCLE_NS, CYCLES_PER_S
from fsw_emu.world.scenario import Scenario
from fsw_emu.world.world import World

_COUNTS = 1 << 14


class NoFee:
    """Nothing at the other end of the link."""

    def power(self, on: bool, now_ns: int) -> None:
        pass

    def received(self, items: Sequence[Any], now_ns: int) -> Sequence[Any]:  # noqa: ARG002
        return []

    def due_ns(self) -> int | None:
        return None

    def produce(self, now_ns: int) -> Sequence[Any]:  # noqa: ARG002
        return []

    def link(self, up: bool) -> None:
        pass

    def stick(self, field: str, value: int | None) -> None:
        pass

    def freeze(self, on: bool) -> None:
        pass

    def raise_flag(self, name: str) -> None:
        pass


class Testbed:
    """Dpu, FEE and world. Deterministic: the same calls give the same telemetry.

    fee: another end of the link; the emulated electronics, which see the world's sky, if None.
    booted: in the application; else in the boot software. scenario: of a world of its own.
    draws: windows of events are drawn without a frame, for long runs.
    """

    __test__ = False  # no test for pytest

    def __init__(
        self,
        *,
        world: World | None = None,
        scenario: Scenario | None = None,
        fee: Fee | None = None,
        core: Core | None = None,
        seed: int = 1,
        booted: bool = False,
        draws: bool = False,
    ) -> None:
        core = core or default_core()
        self.world = world or World(scenario=scenario, seed=seed)
        self.dpu = Dpu(self.world, core=core, booted=booted)
        self.sky = WorldSky(self.world, seed=seed, period_ms=self._period_ms, draws=draws)
        self.fee: Fee = EmulatedFee(core, self.sky, seed=seed) if fee is None else fee
        self.link = FeeLink(self.fee, seed=seed, burst=self._burst)
        self.n_run = 0  # cycles that were not left out
        self._telemetry: list[bytes] = []
        self._counts: dict[int, int] = {}

    @property
    def mode(self) -> str:
        """Of the application; DPU_SAFE in the boot software."""
        onboard = self.dpu.onboard
        if onboard.software == "DBS":
            return "DPU_SAFE"
        return onboard.table.label("IaswState", onboard.pool["iaswState"])

    @property
    def n_frames(self) -> int:
        """Readouts that the emulated FEE has begun; 0 for another one."""
        return self.fee.n_frames if isinstance(self.fee, EmulatedFee) else 0

    def packet(self, name: str, *, ack: int = 0b1111, source: int = 0, **values: Any) -> bytes:
        """A telecommand of the table, with the next sequence count of its source. FieldError,
        KeyError."""
        command = self.dpu.table.telecommands[name]
        data = self.dpu.table.telecommand_data(name, values)
        count = self._counts.get(source, 0)
        self._counts[source] = (count + 1) % _COUNTS
        return build_tc(
            apid=self.dpu.table.apid,
            count=count,
            type=command.type,
            subtype=command.subtype,
            ack=ack,
            source=source,
            data=data,
        )

    def send(self, name: str, *, ack: int = 0b1111, source: int = 0, **values: Any) -> None:
        """A telecommand arrives now; it is begun in the next cycle."""
        self.dpu.receive(self.packet(name, ack=ack, source=source, **values))

    def run(self, seconds: float) -> None:
        """Let time pass; cycles in which nothing is due are left out. ValueError: less than 0."""
        if seconds < 0:
            raise ValueError("time does not go back")
        self._go(self.world.cycle + round(seconds * CYCLES_PER_S), lambda: False)

    def until(self, so: Callable[[], bool], *, within: float) -> bool:
        """Let time pass until something is so, at most ``within`` seconds; whether it is."""
        return so() or self._go(self.world.cycle + round(within * CYCLES_PER_S), so)

    def take(self) -> list[bytes]:
        """Telemetry since the last call, in order."""
        taken, self._telemetry = self._telemetry, []
        return [*taken, *self.dpu.take_telemetry()]

    def _go(self, end: int, so: Callable[[], bool]) -> bool:
        while (left := end - self.world.cycle) > 0:
            due = self._due()
            self.dpu.skip(min(due - 1, left))
            if due > left:
                return False
            self.cycle()
            if so():
                return True
        return False

    def cycle(self) -> None:
        """The next 125 ms, whatever is due in them."""
        self.n_run += 1
        self.dpu.cycle()
        now_ns = self.world.now_ns
        for act in self.world.take_acts():
            self.link.act(act, now_ns)
        self.link.power(self.world.fee_on, now_ns)
        self.dpu.fee_received(self.link.exchange(list(self.dpu.take_fee()), now_ns))
        self._telemetry += self.dpu.take_telemetry()

    def _due(self) -> int:
        """Cycles until something is due, 1 or more."""
        due_ns = self.link.due_ns()
        if due_ns is None:
            return self.dpu.due()
        ahead = -(-(due_ns - self.world.now_ns) // CYCLE_NS)
        return max(min(self.dpu.due(), ahead), 1)

    def _period_ms(self) -> int:
        fee = self.fee
        if isinstance(fee, EmulatedFee):
            return fee.memory.get("int_sync_period")
        return self.dpu.onboard.pool["FRMintSyncPeriod"]

    def _burst(self, rate: float) -> None:
        self.sky.burst = rate
