# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 1, and service 17 as what it reports on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsw_emu.interface.table import load
from fsw_emu.packets.pus import ACCEPTANCE, COMPLETION, START, Tm, build_tc

TABLE = load()


def kinds(came: list[Tm]) -> list[tuple[int, int]]:
    """Housekeeping, which comes by itself, left out."""
    return [(tm.header.type, tm.header.subtype) for tm in came if tm.header.type != 3]


@pytest.mark.verifies("ASW-9")
@pytest.mark.parametrize("which", ["boot_rig", "rig"])
def test_a_connection_test_is_answered_from_the_first_moment(
    which: str, request: pytest.FixtureRequest
) -> None:
    rig = request.getfixturevalue(which)
    name = "DBS_TC_TEST_CONNECTION" if which == "boot_rig" else "AreYouAlive"
    came = rig.send(name, ack=0b1001)
    assert kinds(came) == [(1, 1), (17, 2), (1, 7)]
    assert came[0].data == came[2].data == rig.packet(name, ack=0b1001)[:2] + b"\xc0\x01"


@pytest.mark.verifies("ASW-5")
@given(ack=st.integers(0, 15), source=st.sampled_from([0, 1]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_reports_are_those_that_were_asked_for(rig: Any, ack: int, source: int) -> None:
    came = rig.send("AreYouAlive", ack=ack, source=source)
    wanted = [(1, 1)] * bool(ack & ACCEPTANCE) + [(1, 3)] * bool(ack & START)
    assert kinds(came) == [*wanted, (17, 2), *[(1, 7)] * bool(ack & COMPLETION)]
    assert {tm.header.destination for tm in came if tm.header.type != 3} == {source}


def made(**changed: Any) -> bytes:
    return build_tc(**{"apid": TABLE.apid, "count": 7, "type": 17, "subtype": 1, **changed})


@pytest.mark.verifies("ASW-4")
@pytest.mark.parametrize(
    ("packet", "failure"),
    [
        (made()[:-1], "ACK_INCONS_LEN"),
        (made() + b"\0", "ACK_INCONS_LEN"),
        (made()[:-1] + b"\0", "ACK_INCONS_CRC"),
        (made(type=18), "ACK_ILL_TYPE"),
        (made(subtype=2), "ACK_ILL_SUBT"),
        (made(source=77), "ACK_ILL_SRC"),
        (made(data=b"\0"), "ACK_INCONS_LEN"),
        (made(type=5, subtype=5, data=b"\0\0\0\1\0\0\0\0"), "ACK_ILL_EID"),
        (made(type=5, subtype=5, data=b"\0\0\0\1\0\0\0"), "ACK_INCONS_LEN"),
        (made(type=20, subtype=3, data=b"\0\x09" + bytes(20)), "ACK_ILL_PSID"),
        (made(type=211, subtype=1, data=b"\0\x63" + bytes(20)), "ACK_ILL_PTYP"),
        (made(type=6, subtype=5, data=b"\0\x09" + bytes(10)), "ACK_ILL_MID"),
    ],
)
def test_what_is_refused(rig: Any, packet: bytes, failure: str) -> None:
    came = rig.put(packet)
    assert kinds(came) == [(1, 2)]
    assert rig.failure(came) == failure
    told = rig.values("FailedAccRep", came[0])
    assert told["TcPcktId"].to_bytes(2, "big") == packet[:2]
    assert told["TcReceivedBytes"] == len(packet)
    assert rig.dpu.onboard.pool["NOfAccFailedTc"] == 1
    assert rig.dpu.onboard.pool["NOfTcAcc"] == 0


@pytest.mark.verifies("ASW-6")
@pytest.mark.parametrize("packet", [made(apid=320), b"\x09" + made()[1:]])
def test_what_is_not_for_us_is_an_event(rig: Any, packet: bytes) -> None:
    assert rig.events(rig.put(packet)) == ["EVT_CMD_INV_APID"]


@pytest.mark.verifies("ASW-7")
def test_a_full_queue_refuses_and_loses_nothing(rig: Any) -> None:
    most = TABLE.assumed["commands"]["queue"]
    for _ in range(most + 3):
        rig.dpu.receive(rig.packet("AreYouAlive", ack=0b1000))
    came = rig.take()
    assert kinds(came) == [(1, 2)] * 3
    assert kinds(rig.run(1)) == [(17, 2), (1, 7)] * most


@given(st.binary(max_size=64))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_answered_or_ignored(rig: Any, packet: bytes) -> None:
    assert all(tm.pec_ok for tm in rig.put(packet))


def test_skipped_cycles_give_the_same(rig: Any) -> None:
    rig.dpu.run(1000)
    assert rig.dpu.onboard.cycle == 1000
    assert rig.dpu.onboard.pool["iaswCycleCnt"] == 1000


@pytest.mark.verifies("ASW-24")
def test_hand_over(boot_rig: Any) -> None:
    came = boot_rig.send("DBS_TC_BOOT_IASW", cycles=20)
    assert kinds(came) == [(1, 1), (1, 3), (1, 7), (5, 1)]
    assert boot_rig.events() == ["EVT_INIT_SUCC"]
    assert kinds(boot_rig.send("AreYouAlive", ack=0)) == [(17, 2)]


def test_counts_go_on_over_a_hand_over_and_begin_again_after_a_reset(boot_rig: Any) -> None:
    boot_rig.send("DBS_TC_BOOT_IASW", cycles=40)
    boot_rig.send("AreYouAlive")
    counts = [tm.primary.count for tm in boot_rig.seen if tm.header.destination == 0]
    assert counts == list(range(counts[0], counts[0] + len(counts)))
    boot_rig.send("ResetDpuSafe")
    came = boot_rig.send("DBS_TC_TEST_CONNECTION")
    assert came[0].primary.count < counts[-1]
