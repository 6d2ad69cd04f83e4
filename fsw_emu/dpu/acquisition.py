# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The world as the data pool tells it: converter, door, power, memory, time, load."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from fsw_emu.dpu.commands import Handler
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.interface.fields import Value
from fsw_emu.world.adc import Channel
from fsw_emu.world.door import Shutter, Status
from fsw_emu.world.fpga import STATUS
from fsw_emu.world.world import World

#: data-pool item of each channel of the converter (MIB v1.8.1)
ADC_ITEMS: Mapping[Channel, str] = {
    Channel.P3V9: "AdcP3V9",
    Channel.P3V3: "AdcP3V3",
    Channel.P3V3_LVDS: "AdcP3V3LVDS",
    Channel.P2V5: "AdcP2V5",
    Channel.P1V8: "AdcP1V8",
    Channel.P1V2: "AdcP1V2",
    Channel.REF_2V5: "AdcRef",
    Channel.TEMP1: "AdcTemp1",
    Channel.TEMP_CCD: "AdcTempCcd",
    Channel.TEMP_FEE: "AdcTempFee",
    Channel.I_FEE_ANA: "AdcIFeeAna",
    Channel.I_FEE_DIG: "AdcIFeeDig",
    Channel.I_DPU: "AdcIDpu",
    Channel.I_RSE: "AdcIRse",
    Channel.I_HEATER: "AdcIHeater",
    Channel.PSU_TEMP: "AdcPsuTemp",
}
#: PsuStatus, from the highest bit of a byte (MIB v1.8.1, DBS_HK)
PSU_BITS = (
    "spare",
    "FEE_ANA_OK",
    "FEE_DIG_OK",
    "FEE_ON",
    "PINPULLER_OK",
    "PINPULLER_ON",
    "RSE_OK",
    "PSU_OK",
)
#: PsuSts, likewise (MIB v1.8.1, DBS_ESSENTIAL_HK; of the application ASSUMED the same)
PSU_SHORT_BITS = (
    "spare",
    "spare",
    "FEE_OK",
    "FEE_ON",
    "PINPULLER_OK",
    "PINPULLER_ON",
    "RSE_OK",
    "PSU_OK",
)
_PAGE_BYTES = 4096
_CYCLE_US = 125_000
_U32 = 0xFFFFFFFF
#: before the door's electronics first answer
_NO_ANSWER = Status(Shutter(0), 0, 0, 0, 0, 0)


class Acquisition:
    """Makes items of the data pool measured ones. The door is asked each cycle: while it does not
    answer, what it said last stays (ASSUMED)."""

    def __init__(self, onboard: Onboard) -> None:
        self._onboard = onboard
        self._world = onboard.world
        self._assumed = onboard.table.assumed["acquisition"]
        self._door = _NO_ANSWER
        onboard.pool.measure(
            {**self._converter(), **self._rse(), **self._memory(), **self._time(), **self._rest()}
        )

    def handlers(self) -> Mapping[str, Handler]:
        return {}

    def cycle(self) -> None:
        """Ask the door."""
        status = self._world.door.status(self._world.cycle)
        if isinstance(status, Status):
            self._door = status

    def due(self) -> int | None:
        """Nothing by itself."""
        return None

    def skipped(self, n_cycles: int) -> None:  # noqa: ARG002
        """Only what the door said last counts."""
        self.cycle()

    def _converter(self) -> dict[str, Callable[[], Value]]:
        return {item: partial(self._world.adc, channel) for channel, item in ADC_ITEMS.items()}

    def _rse(self) -> dict[str, Callable[[], Value]]:
        return {
            "RseShutSts": lambda: int(self._door.shutter),
            "RseMotorTemp": lambda: self._door.motor_temp,
            "RseElecTemp": lambda: self._door.electronics_temp,
            "RsePerformedSteps": lambda: self._door.steps,
            "RseHeartbeatCnt": lambda: self._door.heartbeat,
            "RseSecSinceAcc": lambda: self._door.s_since_accepted,
        }

    def _memory(self) -> dict[str, Callable[[], Value]]:
        edac, heap = self._world.edac, self._assumed["heap_pages"]
        return {
            "EDACSingleFaults": lambda: edac.single_faults,
            "EDACDoubleFaults": lambda: edac.double_faults,
            "EDACLastSingleAddr": lambda: edac.last_single_address,
            "EDACLastDoubleAddr": lambda: edac.last_double_address,
            "ScrubAddrStart": lambda: edac.scrubbing.start,
            "ScrubAddrEnd": lambda: edac.scrubbing.end & _U32,
            "ScrubAddrPos": lambda: edac.position,
            "ScrubLen": lambda: min(edac.scrubbing.length, 0xFFFF),
            "HeapMemFree": lambda: min(self._free() * _PAGE_BYTES, _U32),
            "HeapMemUsed": lambda: max(heap - self._free(), 0) * _PAGE_BYTES,
        }

    def _free(self) -> int:
        return self._world.resources.free_pages

    def _time(self) -> dict[str, Callable[[], Value]]:
        world, clock = self._world, self._world.clock
        return {
            "CucCoarseTime": lambda: world.time.coarse,
            "CucFineTime": lambda: world.time.fine_us,
            "CucNotSynchronized": lambda: int(not clock.synchronised(world.now_ns)),
            "CucMissedTimeSyncCnt": lambda: clock.missed(world.now_ns) & _U32,
            "Uptime": self._uptime,
        }

    def _uptime(self) -> bytes:
        """Since the start of the software: seconds and nanoseconds, 4 bytes each (ASSUMED)."""
        s, ms = divmod(self._onboard.cycle * self._onboard.table.cycle_ms, 1000)
        return (s & _U32).to_bytes(4, "big") + (ms * 1_000_000).to_bytes(4, "big")

    def _rest(self) -> dict[str, Callable[[], Value]]:
        world, downlink = self._world, self._onboard.downlink
        return {
            "DpuMode": self._mode,
            "DpuUnit": lambda: self._assumed["dpu_unit"],
            "PsuSts": lambda: bits(psu(world), PSU_SHORT_BITS),
            "PsuStatus": lambda: bits(psu(world), PSU_BITS),
            "Core0Load": lambda: _load(world.resources.iasw_us),
            "Core1Load": lambda: _load(world.resources.sdp_us),
            "iaswExecutionTime": lambda: world.resources.iasw_us,
            "sdpExecutionTime": lambda: world.resources.sdp_us,
            "SpW0BytesOut": lambda: downlink.n_bytes & _U32,
        }

    def _mode(self) -> int:
        """Modes have the numbers of the application's states (MIB v1.8.1)."""
        if self._onboard.software == "DBS":
            return self._onboard.table.value("DpuMode", "DPU_SAFE")
        return self._onboard.pool["iaswState"] & 0xFF


def psu(world: World) -> dict[str, bool]:
    """What the power supply says of itself. A bit of PsuStatus that is set in the status register
    of the FPGA too is turned over (ASSUMED: how a scenario makes it fail)."""
    fee, rse = world.fee_on, world.door.powered
    said = {"FEE_ANA_OK": fee, "FEE_DIG_OK": fee, "FEE_ON": fee, "PINPULLER_OK": False}
    said |= {"PINPULLER_ON": False, "RSE_OK": rse, "PSU_OK": True}
    turned = world.fpga.read(STATUS)
    for place, name in enumerate(reversed(PSU_BITS)):
        if name != "spare":
            said[name] ^= bool(turned >> place & 1)
    return said | {"FEE_OK": said["FEE_ANA_OK"] and said["FEE_DIG_OK"]}


def bits(said: Mapping[str, bool], names: tuple[str, ...]) -> int:
    """As a number, the first name its highest bit; spares are 0."""
    return int("".join("01"[said.get(name, False)] for name in names), 2)


def _load(busy_us: int) -> int:
    """Per cent of a cycle, at most 100."""
    return min(busy_us * 100 // _CYCLE_US, 100)
