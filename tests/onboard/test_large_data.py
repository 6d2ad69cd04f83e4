# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 13: entities down in packets that the ground puts together again, transfers up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsw_emu.core import TmPacket, default_core
from fsw_emu.interface.table import load
from fsw_emu.packets.pus import Tm
from fsw_emu.world.memory import MemoryId

PART_BYTES = 861
COMMANDED, SEQUENCE, MEMORY = 1, 2, 3


def transfer(data: bytes, sdu: int = 1) -> list[bytes]:
    """Telemetry of a transfer as the science chain makes it."""
    head = TmPacket(321, 7, 13, 0, 0, 0, 0, 5)
    return default_core().ldt_segment(data, head, sdu_id=sdu)


def put(rig: Any, data: bytes, sdu: int = 1) -> None:
    rig.dpu.software.instrument.large_data.sdus[sdu].put(transfer(data, sdu))


def down(came: list[Tm]) -> list[Tm]:
    return [tm for tm in came if tm.header.type == 13 and tm.header.subtype <= 3]


def rebuilt(parts: list[Tm]) -> bytes:
    """What the data parts say, one after the other; numbers count from 1."""
    data = b""
    for number, tm in enumerate(parts, 1):
        size = int.from_bytes(tm.data[3:5], "big")
        assert int.from_bytes(tm.data[1:3], "big") == number
        assert len(tm.data) == 5 + size <= 5 + PART_BYTES
        data += tm.data[5:]
    return data


def state(rig: Any, sdu: int = 1) -> str:
    value = rig.dpu.onboard.pool[f"sdu{sdu - 1}State"]
    return str(load().label("SduState", value))


def up(rig: Any, name: str, number: int, data: bytes, *, sdu: int = 1) -> list[Tm]:
    values = {"SduId": sdu, "SduSeqNmb": number, "SduDataPart": list(data)}
    return list(rig.send(name, SduDataPartLength=len(data), **values))


@pytest.mark.verifies("ASW-18")
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=st.binary(min_size=1, max_size=6000), rate=st.integers(1, 9), sdu=st.sampled_from([1, 2])
)
def test_what_goes_down_is_put_together_again(rig: Any, data: bytes, rate: int, sdu: int) -> None:
    rig.dpu.onboard.pool[f"sdu{sdu - 1}PcktRate"] = rate
    put(rig, data, sdu)
    n = -(-len(data) // PART_BYTES)
    came: list[Tm] = []
    for _ in range(-(-n // rate)):
        new = down(rig.run(1))
        assert 0 < len(new) <= rate
        came += new
    assert rebuilt(came) == data
    kinds = [tm.header.subtype for tm in came]
    assert kinds == ([1] + [2] * (n - 2) + [3] if n > 1 else [1])
    assert {tm.data[0] for tm in came} == {sdu}
    assert (state(rig, sdu), rig.dpu.onboard.pool[f"sdu{sdu - 1}BlockCnt"]) == ("SDU_INACTIVE", n)
    assert rig.dpu.onboard.pool[f"sdu{sdu - 1}RemSize"] == 0
    assert rig.dpu.onboard.pool[f"sdu{sdu - 1}Size"] == len(data)
    assert down(rig.run(3)) == []


def test_headers_are_of_this_downlink(rig: Any) -> None:
    put(rig, bytes(3 * PART_BYTES))
    count = rig.dpu.onboard.downlink.count(0)
    came = down(rig.run(1))
    assert [tm.primary.count for tm in came] == [count, count + 1, count + 2]
    assert all(tm.pec_ok for tm in came)


def test_both_units_go_down_beside_each_other(rig: Any) -> None:
    for sdu in (1, 2):
        rig.dpu.onboard.pool[f"sdu{sdu - 1}PcktRate"] = 1
        put(rig, bytes([sdu]) * 2000, sdu)
    came = down(rig.run(3))
    assert [tm.data[0] for tm in came] == [1, 2] * 3


def test_abort_holds_and_start_goes_on_from_the_beginning(rig: Any) -> None:
    rig.dpu.onboard.pool["sdu0PcktRate"] = 1
    data = bytes(range(256)) * 20
    put(rig, data)
    assert len(down(rig.run(2))) == 2
    assert state(rig) == "SDU_DOWN_TRANSFER"
    came = rig.send("DownAbort", SduId=1)
    assert rig.failure(came) == ""
    (aborted,) = [tm for tm in came if (tm.header.type, tm.header.subtype) == (13, 4)]
    assert rig.values("DownAbortRep", aborted) == {"SduId": 1, "ReasonCode": COMMANDED}
    assert (state(rig), down(came), down(rig.run(5))) == ("SDU_INACTIVE", [], [])
    assert rig.failure(rig.send("DownAbort", SduId=1)) == "ACK_WR_SDU_M"
    came = rig.send("StartDown", SduId=1)
    assert rig.failure(came) == ""
    assert rebuilt(down(came) + down(rig.run(10))) == data


def test_there_has_to_be_something_to_start(rig: Any) -> None:
    assert rig.failure(rig.send("StartDown", SduId=1)) == "ACK_SDU_NO_MEM"
    rig.dpu.onboard.pool["sdu0PcktRate"] = 1
    put(rig, bytes(5000))
    rig.run(1)
    assert rig.failure(rig.send("StartDown", SduId=1)) == "ACK_WR_SDU_M"


@pytest.mark.parametrize("name", ["StartDown", "DownAbort", "UpFirst", "UpInter", "UpLast"])
@pytest.mark.parametrize("sdu", [0, 3, 255])
def test_there_are_two_units(rig: Any, name: str, sdu: int) -> None:
    values: dict[str, Any] = {"SduId": sdu}
    if name.startswith("Up"):
        values |= {"SduSeqNmb": 1, "SduDataPartLength": 1, "SduDataPart": [1]}
    assert rig.failure(rig.send(name, **values)) == "ACK_ILL_SDUID"


@pytest.mark.parametrize("address", [0, 0x60500000])
def test_what_comes_up_is_kept(rig: Any, address: int) -> None:
    rig.dpu.onboard.pool["sdu1Addr"] = address
    parts = [bytes([n]) * (200 + n) for n in range(1, 6)]
    for number, part in enumerate(parts, 1):
        name = {1: "UpFirst", len(parts): "UpLast"}.get(number, "UpInter")
        assert rig.failure(up(rig, name, number, part, sdu=2)) == ""
        assert state(rig, 2) == ("SDU_INACTIVE" if name == "UpLast" else "SDU_UP_TRANSFER")
    whole = b"".join(parts)
    assert rig.dpu.software.instrument.large_data.sdus[2].uploaded == whole
    assert rig.dpu.onboard.pool["sdu1Size"] == len(whole)
    if address:
        assert rig.dpu.world.memory.read(MemoryId.RAM, address, len(whole)) == whole


@pytest.mark.parametrize("name", ["UpInter", "UpLast"])
def test_a_part_without_a_first_one_is_refused(rig: Any, name: str) -> None:
    assert rig.failure(up(rig, name, 2, b"x")) == "ACK_WR_SDU_M"


@pytest.mark.verifies("ASW-18")
@pytest.mark.parametrize(("name", "number"), [("UpInter", 1), ("UpInter", 3), ("UpLast", 0)])
def test_a_part_that_does_not_follow_ends_it(rig: Any, name: str, number: int) -> None:
    large = rig.dpu.software.instrument.large_data.sdus[1]
    up(rig, "UpFirst", 1, b"old")
    up(rig, "UpLast", 2, b"table")
    up(rig, "UpFirst", 1, b"new")
    came = up(rig, name, number, b"part")
    (aborted,) = [tm for tm in came if (tm.header.type, tm.header.subtype) == (13, 16)]
    assert rig.values("UpAbortRep", aborted) == {"SduId": 1, "ReasonCode": SEQUENCE}
    assert (state(rig), large.uploaded) == ("SDU_INACTIVE", b"oldtable")
    assert rig.failure(up(rig, "UpInter", 2, b"more")) == "ACK_WR_SDU_M"


def test_a_transfer_up_is_not_begun_twice_and_holds_what_goes_down(rig: Any) -> None:
    up(rig, "UpFirst", 1, b"a")
    put(rig, bytes(100))
    assert down(rig.run(3)) == []
    assert rig.failure(up(rig, "UpFirst", 1, b"a")) == "ACK_WR_SDU_M"
    assert rig.failure(rig.send("StartDown", SduId=1)) == "ACK_WR_SDU_M"
    assert len(down(up(rig, "UpLast", 2, b"b"))) == 1


def test_memory_that_is_not_there_aborts(rig: Any) -> None:
    rig.dpu.onboard.pool["sdu0Addr"] = 0x10
    up(rig, "UpFirst", 1, b"a")
    came = up(rig, "UpLast", 2, b"b")
    (aborted,) = [tm for tm in came if (tm.header.type, tm.header.subtype) == (13, 16)]
    assert rig.values("UpAbortRep", aborted) == {"SduId": 1, "ReasonCode": MEMORY}
    assert rig.dpu.software.instrument.large_data.sdus[1].uploaded == b""


def test_what_waits_is_bounded(rig: Any) -> None:
    rig.dpu.onboard.pool["sdu0PcktRate"] = 0
    most = load().assumed["large_data"]["most_bytes"]
    big = bytes(16 << 20)
    for _ in range(most // len(big)):
        put(rig, big)
    assert rig.events(rig.run(1)) == []
    put(rig, bytes(1))
    assert rig.events(rig.run(1)) == ["EVT_SDP_NOMEM"]
