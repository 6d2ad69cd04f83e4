# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The data processing unit: the software that runs on it, and the world below."""

from __future__ import annotations

from collections.abc import Sequence

from fsw_emu.core import Core, default_core
from fsw_emu.dpu import image, resets
from fsw_emu.dpu.application import Application
from fsw_emu.dpu.boot import Boot
from fsw_emu.dpu.fee_port import Received
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.dpu.resets import Reset
from fsw_emu.interface.table import Interface, Software, load
from fsw_emu.packets.ccsds import PRIMARY_HEADER_BYTES, read_primary_header
from fsw_emu.packets.spacewire import Item
from fsw_emu.world.world import World


class Dpu:
    """Telecommands in, telemetry out; a cycle is 125 ms of onboard time. Neither I/O nor clock.

    It starts in the boot software, or with ``booted`` in the application's first cycle.
    """

    def __init__(
        self,
        world: World,
        *,
        table: Interface | None = None,
        core: Core | None = None,
        booted: bool = False,
    ) -> None:
        self.table = table or load()
        self.world = world
        self._core = core or default_core()
        self._wait = 0  # cycles until the application's first one
        self._reset: Reset | None = None  # that has been asked for
        self._sent: list[bytes] = []  # by software that no longer runs
        image.burn(self.table, world.memory)
        self._software: Boot | Application = self._boot(Reset("POWER_ON"))
        if booted:
            self._start()
        else:
            self._software.start()

    @property
    def software(self) -> Boot | Application:
        """What runs now."""
        return self._software

    @property
    def onboard(self) -> Onboard:
        """What the running software's services share."""
        return self._software.onboard

    def receive(self, packet: bytes) -> None:
        """A packet from the link of the payload module: accepted or refused at once. What is no
        telecommand of this APID is reported as an event."""
        self.onboard.pool.add("SpW0BytesIn", len(packet))
        if len(packet) < PRIMARY_HEADER_BYTES:
            return  # nothing to answer to
        header = read_primary_header(packet)
        if header.apid != self.table.apid or not header.telecommand or header.version:
            self.onboard.events.report("EVT_CMD_INV_APID", WrongApid=header.apid)
            return
        self.onboard.executor.receive(packet)

    def cycle(self) -> None:
        """The next 125 ms."""
        self.world.advance(1)
        if self._wait:
            self._wait -= 1
            if not self._wait:
                self._start()
        self._software.cycle()
        if self._reset is not None:
            self._sent += self.onboard.downlink.take()
            self._wait, reset, self._reset = 0, self._reset, None
            self._software = self._boot(reset)
            self._software.start()

    def run(self, n_cycles: int, *, to_telemetry: bool = False) -> int:
        """So many cycles; those in which nothing is due are left out, with the same telemetry.

        to_telemetry: none after the first that leaves telemetry to take. How many passed.
        """
        start = self.world.cycle
        end = start + n_cycles
        while (left := end - self.world.cycle) > 0:
            due = self.due()
            self.skip(min(due - 1, left))
            if due > left:
                break
            self.cycle()
            if to_telemetry and (self._sent or self.onboard.downlink.waiting):
                break
        return self.world.cycle - start

    def skip(self, n_cycles: int) -> None:
        """Let cycles pass in which nothing is due; who asks has seen to that by ``due``."""
        if n_cycles > 0:
            self.world.advance(n_cycles)
            self._software.skipped(n_cycles)
            self._wait -= min(n_cycles, self._wait)

    def take_telemetry(self) -> Sequence[bytes]:
        """Packets since the last call, in the order in which they were made."""
        sent, self._sent = self._sent, []
        return sent + self.onboard.downlink.take()

    def fee_received(self, items: Sequence[Received]) -> None:
        """What came over the link to the FEE; the boot software does not look at it."""
        if isinstance(self._software, Application):
            self._software.instrument.port.received(items)

    def take_fee(self) -> Sequence[Item]:
        """What goes out over the link to the FEE since the last call, in order."""
        if isinstance(self._software, Application):
            return self._software.instrument.port.take()
        return ()

    def due(self) -> int:
        """How many cycles from now something is due: ``run`` leaves out those before."""
        reset = None if self._reset is None else 1
        dues = (self._software.due(), self.world.due_cycles(), self._wait or None, reset)
        return min((due for due in dues if due is not None), default=1 << 30)

    def hand_over(self) -> None:
        """TC(210,4): the application starts in a while."""
        self._wait = self.table.assumed["commands"]["boot_cycles"]

    def reset(self, kind: str = "TC_RESET", *, trap: int = 0, software_trap: int = 0) -> None:
        """To the boot software, at the end of this cycle or of the next. ``kind`` is a name of
        ResetType: what an exception or a watchdog does on board, a test does here. KeyError."""
        self.table.value("ResetType", kind)
        self._reset = Reset(kind, trap, software_trap)

    def _shared(self, software: Software) -> Onboard:
        return Onboard(self.table, self.world, self._core, software, self.reset)

    def _boot(self, reset: Reset) -> Boot:
        world = self.world
        sync = world.clock.sync(world.now_ns)
        resets.write(self.table, world.memory, reset, time=world.time, sync=sync)
        world.fee_on = False
        for loop in (1, 2):
            world.heaters.set(loop, world.heaters.law.low_v)
        return Boot(self._shared("DBS"), self.hand_over)

    def _start(self) -> None:
        self._sent += self.onboard.downlink.take()
        shared = self._shared("IASW")
        shared.downlink.follow(self.onboard.downlink)
        application = Application(shared)
        self._software = application
        application.start()
