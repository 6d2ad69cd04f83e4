# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Every telecommand of the table, with every field at its bounds and just over them."""

from __future__ import annotations

import pytest
from telecommand_cases import (
    COUNTERS,
    TABLE,
    changed,
    data_of,
    groups,
    packet,
    points,
    snapshot,
)

from fsw_emu.dpu.dpu import Dpu
from fsw_emu.interface.parameter_crc import closed
from fsw_emu.interface.table import Telecommand
from fsw_emu.packets.pus import Tm, read_tm
from fsw_emu.world.world import World

ACCEPTANCE_FAILURES = {f.code for f in TABLE.failures.values() if f.stage == "acceptance"}
#: what a refusal may change
TOLD = {"NOfAccFailedTc", "SeqCntLastAccFailTc"}
LONGEST = 120  # cycles of a command that ends, at the bounds of its fields
ENDS = {(1, 4), (1, 7), (1, 8)}
CODES_OF_BAD_PACKETS = {
    "crc": ("ACK_INCONS_CRC", {"crc": 1}),
    "length field": ("ACK_INCONS_LEN", {"length": 7}),
    "source": ("ACK_ILL_SRC", {"source": 9}),
}


def unit(software: str) -> Dpu:
    dpu = Dpu(World(noise_lsb=0.0), booted=software == "IASW")
    dpu.take_telemetry()
    return dpu


def taken(dpu: Dpu) -> list[Tm]:
    return [read_tm(each) for each in dpu.take_telemetry()]


def verification(came: list[Tm]) -> list[tuple[int, int]]:
    return [(t.header.type, t.header.subtype) for t in came if t.header.type == 1]


def send(dpu: Dpu, sent: bytes) -> tuple[list[Tm], set[str]]:
    """What came at once, and what in the data pool changed by it, if it was refused."""
    before = snapshot(dpu.onboard.pool)
    dpu.receive(sent)
    came = taken(dpu)
    if verification(came) == [(1, 1)]:
        return came, set()
    return came, changed(before, snapshot(dpu.onboard.pool))


def finish(dpu: Dpu) -> list[Tm]:
    came: list[Tm] = []
    software = dpu.software
    for _ in range(LONGEST):
        dpu.cycle()
        came += taken(dpu)
        if dpu.software is not software or dpu.onboard.executor.is_idle:
            return came
    raise AssertionError(f"not over after {LONGEST} cycles")


def check_refused(came: list[Tm], by_it: set[str]) -> int:
    """Refused, and nothing else; the code."""
    assert verification(came) == [(1, 2)]
    assert by_it <= TOLD | {"SpW0BytesIn"}
    (report,) = (tm for tm in came if tm.header.type == 1)
    code = int.from_bytes(report.data[4:6], "big")
    assert code in ACCEPTANCE_FAILURES
    return code


SWEPT = [pytest.param(c, id=c.name) for c in TABLE.telecommands.values()]


@pytest.mark.parametrize("command", SWEPT)
def test_every_field_at_and_over_its_bounds(command: Telecommand) -> None:
    dpu = unit(command.of)
    for field, group in groups(command):
        for each in group or (field,):
            if each.is_spare:
                continue
            for point in points(each):
                if each.fixed and point.value == each.default:
                    continue
                data = data_of(command, {each.name: point.value})
                if (command.type, command.subtype) == (20, 3):
                    data = closed(data)
                    dpu.receive(packet(20, 128, b"", ack=0))
                    dpu.cycle()
                    dpu.take_telemetry()
                came, by_it = send(dpu, packet(command.type, command.subtype, data))
                if not point.within or (1, 2) in verification(came):
                    check_refused(came, by_it)
                    continue
                assert verification(came) == [(1, 1)], (point, came)
                rest = verification(finish(dpu))
                assert len([kind for kind in rest if kind in ENDS]) == 1, point
                if dpu.onboard.software != command.of:
                    dpu = unit(command.of)


@pytest.mark.parametrize("command", SWEPT)
def test_counts_that_do_not_fit_what_follows(command: Telecommand) -> None:
    dpu = unit(command.of)
    for field, group in groups(command):
        if not group:
            continue
        for n in (0, 2, 255, field.type.most):
            data = data_of(command, {field.name: n}, n_times=1)
            came, by_it = send(dpu, packet(command.type, command.subtype, data))
            check_refused(came, by_it)


@pytest.mark.parametrize("command", SWEPT)
def test_packets_that_are_wrong(command: Telecommand) -> None:
    """Each as the rules of acceptance say; the command itself could have been accepted."""
    dpu = unit(command.of)
    data = data_of(command, {})
    for failure, wrong in CODES_OF_BAD_PACKETS.values():
        came, by_it = send(dpu, packet(command.type, command.subtype, data, **wrong))
        assert check_refused(came, by_it) == TABLE.failures[failure].code
    for other in (data[:-1], data + b"\0"):
        if other != data:
            came, by_it = send(dpu, packet(command.type, command.subtype, other))
            check_refused(came, by_it)
    came, by_it = send(dpu, packet(command.type, 255, data))
    assert check_refused(came, by_it) == TABLE.failures["ACK_ILL_SUBT"].code
    came, by_it = send(dpu, packet(255, command.subtype, data))
    assert check_refused(came, by_it) == TABLE.failures["ACK_ILL_TYPE"].code
    came, by_it = send(dpu, packet(command.type, command.subtype, data, apid=322))
    assert [t.header.type for t in came] == [5]
    assert came[0].data[:2] == TABLE.events["EVT_CMD_INV_APID"].id.to_bytes(2, "big")
    assert not by_it & {*COUNTERS, "SeqCntLastAccFailTc"}


@pytest.mark.parametrize("ack", range(16))
@pytest.mark.parametrize(
    ("software", "name"), [("DBS", "DBS_TC_TEST_CONNECTION"), ("IASW", "AreYouAlive")]
)
def test_acknowledge_bits(software: str, name: str, ack: int) -> None:
    """Bit 0 acceptance, bit 1 start, bit 3 completion (ECSS-E-70-41A)."""
    dpu = unit(software)
    command = TABLE.telecommands[name]
    came, _ = send(dpu, packet(command.type, command.subtype, b"", ack=ack))
    came += finish(dpu)
    wanted = [(1, s) for bit, s in ((1, 1), (2, 3), (8, 7)) if ack & bit]
    assert verification(came) == wanted


@pytest.mark.parametrize("software", ["DBS", "IASW"])
def test_any_size(software: str) -> None:
    """From nothing to more than a packet may have; what has no header is not answered."""
    dpu = unit(software)
    for size in range(40):
        came, by_it = send(dpu, packet(17, 1, b"")[:6].ljust(size, b"\0")[:size])
        if size < 6:
            assert came == []
            continue
        code = check_refused(came, by_it)
        assert code in {TABLE.failures[f].code for f in ("ACK_INCONS_LEN", "ACK_INCONS_CRC")}
    came, by_it = send(dpu, packet(17, 1, bytes(1025)))
    assert check_refused(came, by_it) == TABLE.failures["ACK_INCONS_LEN"].code
