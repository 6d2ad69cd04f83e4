# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""An EGSE in virtual time and over a link."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from egse_peers import run, served
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.dpu.dpu import Dpu
from fsw_emu.egse.client import CommandFailed, Egse, NotSeen
from fsw_emu.egse.lines import LinkLine, VirtualLine
from fsw_emu.egse.received import Decoder
from fsw_emu.interface.fields import FieldError
from fsw_emu.interface.table import Telecommand, load
from fsw_emu.packets.pus import SmileTime, build_tm
from fsw_emu.packets.spacewire import SpwPacket, TimeCode
from fsw_emu.world.world import World
from hil.ports import open_link

TABLE = load()


def unit(*, booted: bool = True) -> tuple[Egse, Dpu]:
    dpu = Dpu(World(noise_lsb=0.0), booted=booted)
    return Egse(VirtualLine(dpu)), dpu


def in_virtual_time(test: Callable[[Egse, Dpu], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(test(*unit()))


def test_a_connection_test_and_its_stages() -> None:
    async def main(egse: Egse, dpu: Dpu) -> None:
        sent = await egse.send("AreYouAlive", ack=0b1011)
        assert (await sent.accepted()).at_s == 0
        came = await egse.expect(service=17, subtype=2, within=2.0)
        assert (came.name, came.kind, came.at_s) == ("AreYouAliveRep", (17, 2), 0.125)
        assert (await sent.started())["TcPcktSeqCtrl"] == 0xC000
        await sent.terminated()
        assert dpu.world.cycle == 1  # no more time passed than was needed

    in_virtual_time(main)


def test_what_failed_is_told_by_its_name() -> None:
    async def main(egse: Egse, _: Dpu) -> None:
        sent = await egse.send("AreYouAlive", source=99)
        with pytest.raises(CommandFailed, match=r"AreYouAlive: acceptance .*ACK_ILL_SRC") as failed:
            await sent.terminated()
        assert (failed.value.stage, failed.value.failure) == ("acceptance", "ACK_ILL_SRC")
        assert await sent.failed() == "ACK_ILL_SRC"
        fine = await egse.send("AreYouAlive")
        with pytest.raises(NotSeen, match="it was completed"):
            await fine.failed()

    in_virtual_time(main)


def test_what_did_not_come_in_time() -> None:
    """The error tells what came instead; onboard time has passed, and no longer than that."""

    async def main(egse: Egse, dpu: Dpu) -> None:
        await egse.send("AreYouAlive", ack=0b1000, source=99)
        with pytest.raises(NotSeen) as error:
            await egse.expect(service=17, subtype=2, within=0.9)
        assert str(error.value).startswith(
            "no TM(17,2) within 0.9 s; came instead: TM(1,2) FailedAccRep ACK_ILL_SRC"
        )
        assert dpu.world.cycle == 8

    in_virtual_time(main)


def test_hours_pass_in_seconds() -> None:
    async def main(egse: Egse, dpu: Dpu) -> None:
        with pytest.raises(NotSeen):
            await egse.expect(service=17, subtype=2, within=3600.0)
        assert dpu.world.cycle == 3600 * 8
        await egse.wait(1.0)
        assert dpu.world.cycle == 3601 * 8

    in_virtual_time(main)


def test_each_packet_is_expected_once_and_in_any_order() -> None:
    async def main(egse: Egse, _: Dpu) -> None:
        await egse.send("AreYouAlive")
        await egse.expect(service=1, subtype=7)
        await egse.expect(service=17)
        await egse.expect(service=1, subtype=1)
        with pytest.raises(NotSeen):
            await egse.expect(service=17, within=0.5)
        await egse.send("AreYouAlive")
        await egse.wait(0.5)
        with pytest.raises(NotSeen, match=r"nothing came|came instead"):
            await egse.expect(service=17, within=0.5)

    in_virtual_time(main)


def test_expected_by_names_and_values() -> None:
    async def main(egse: Egse, dpu: Dpu) -> None:
        dpu.onboard.events.report("EVT_THRD_OR", ThrdId=1, ThrdOrSize=7)
        dpu.onboard.events.report("EVT_THRD_OR", ThrdId=1, ThrdOrSize=9)
        event = await egse.expect(name="EVT_THRD_OR", ThrdOrSize=9)
        assert (event["ThrdOrSize"], str(event)) == (9, "TM(5,3) EVT_THRD_OR")
        with pytest.raises(ValueError, match="has no field Size"):
            await egse.expect(name="EVT_THRD_OR", Size=9)
        with pytest.raises(ValueError, match="KSK"):
            await egse.expect(name="HK_EXTENDED_IASW", iaswState="KSK")
        with pytest.raises(KeyError):
            await egse.expect(name="EVT_NONE")
        with pytest.raises(KeyError):
            await egse.send("NoSuchCommand")
        with pytest.raises(FieldError):
            await egse.send("AlgoStrt", AlgoId=9)

    in_virtual_time(main)


def test_stages_that_were_not_asked_for() -> None:
    async def main(egse: Egse, _: Dpu) -> None:
        sent = await egse.send("AreYouAlive", ack=0)
        with pytest.raises(ValueError, match="asks for no report of its start"):
            await sent.started()

    in_virtual_time(main)


def sample(command: Telecommand) -> dict[str, Any]:
    """Values that the table allows, where a field has no default."""
    values: dict[str, Any] = {}
    repeated = 0
    for field in command.fields:
        inside, repeated = repeated > 0, max(repeated - 1, 0)
        repeated = field.counts or repeated
        if field.is_spare or field.counts or (field.default is not None and not inside):
            continue
        names = TABLE.enumerations.get(field.enumeration or "", {})
        value = next(iter(names.values()), field.least or 0)
        values[field.name] = [value] if inside else value
    return values


@pytest.mark.parametrize("name", [n for n, c in TABLE.telecommands.items() if c.of == "IASW"])
def test_every_telecommand_of_the_application_is_answered(name: str) -> None:
    """By its acceptance, or by a failure that the table names."""
    answered(name, booted=True)


@pytest.mark.parametrize("name", [n for n, c in TABLE.telecommands.items() if c.of == "DBS"])
def test_every_telecommand_of_the_boot_software_is_answered(name: str) -> None:
    answered(name, booted=False)


def answered(name: str, *, booted: bool) -> None:
    async def main() -> None:
        egse, _ = unit(booted=booted)
        sent = await egse.send(name, ack=0b1111, **sample(TABLE.telecommands[name]))
        try:
            await sent.accepted()
        except CommandFailed as failed:
            failure = TABLE.failures[failed.failure]
            assert failure.stage == "acceptance"
        alive = await egse.send("AreYouAlive")
        await alive.terminated(within=30)

    asyncio.run(main())


def test_over_a_link() -> None:
    async def main() -> None:
        async with served("pus-tcp-server://127.0.0.1:0", speed=10) as (_, at):
            link = await open_link(at[0].replace("-server", ""))
            egse = Egse(LinkLine(link))
            sent = await egse.send("AreYouAlive")
            assert (await egse.expect(service=17, subtype=2)).name == "AreYouAliveRep"
            await sent.terminated()
            with pytest.raises(NotSeen, match=r"no EVT_INIT_FAIL within 0\.1 s"):
                await egse.expect(name="EVT_INIT_FAIL", within=0.1)
            await link.close()
            with pytest.raises(ConnectionError):
                await egse.send("AreYouAlive")
            with pytest.raises(ConnectionError):
                await egse.expect(service=17)

    run(main)


class Silent:
    """A link that carries nothing."""

    def attach(self, receiver: Any) -> None:
        pass

    def send(self, items: Any) -> None:
        pass

    async def drain(self) -> None:
        pass


def test_what_is_no_telemetry_is_counted() -> None:
    async def main() -> None:
        line = LinkLine(Silent())
        egse = Egse(line)
        line.received([SpwPacket(b"\xfe\x01\0\0"), SpwPacket(b"\xfe\x02\0\0abc"), TimeCode(3)])
        assert (line.strange, egse.strange, egse.seen) == (1, 1, [])

    run(main)


@given(type_=st.integers(0, 255), subtype=st.integers(0, 255), data=st.binary(max_size=60))
def test_any_telemetry_is_read(type_: int, subtype: int, data: bytes) -> None:
    packet = build_tm(
        apid=TABLE.apid, count=0, type=type_, subtype=subtype, time=SmileTime(1, 2), data=data
    )
    received = DECODER.read(packet, 1.5)
    assert received.kind == (type_, subtype)
    assert received.tm.data == data
    assert str(received).startswith(f"TM({type_},{subtype})")


DECODER = Decoder(TABLE)


@given(strides=st.lists(st.integers(1, 12), min_size=1, max_size=20))
def test_the_application_starts_in_the_same_cycle_however_cycles_are_grouped(
    strides: list[int],
) -> None:
    async def main() -> None:
        egse, dpu = unit(booted=False)
        await egse.send("DBS_TC_BOOT_IASW")
        for stride in strides:
            dpu.run(stride)
            started = dpu.world.cycle >= 1 + TABLE.assumed["commands"]["boot_cycles"]
            assert (dpu.onboard.software == "IASW") == started

    asyncio.run(main())
