# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 5: which events are reported, against a set."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw_emu.dpu.dpu import Dpu
from fsw_emu.interface.fields import Field
from fsw_emu.interface.table import load
from fsw_emu.packets.pus import build_tc, read_tm
from fsw_emu.world.world import World

TABLE = load()
EVENTS = sorted(TABLE.events.values(), key=lambda event: event.id)
#: by the ranges of the database: drivers, boot software, application
OF_DRIVERS, OF_BOOT, OF_APPLICATION = range(256, 512), range(512, 768), range(768, 1024)
NAMES = {
    "IASW": {True: "Enb", False: "Dis"},
    "DBS": {True: "DBS_TC_ENABLE_EVENT", False: "DBS_TC_DISABLE_EVENT"},
}
IDS = st.lists(st.sampled_from([event.id for event in EVENTS]), min_size=1, max_size=4)


def has(software: str, identifier: int) -> bool:
    own = OF_BOOT if software == "DBS" else OF_APPLICATION
    return identifier in own or identifier in OF_DRIVERS


def packet(*, on: bool, ids: list[int]) -> bytes:
    data = bytes(2) + len(ids).to_bytes(2, "big")
    data += b"".join(each.to_bytes(2, "big") + bytes(2) for each in ids)
    return build_tc(apid=321, count=1, ack=0, type=5, subtype=5 if on else 6, data=data)


def answer(dpu: Dpu) -> str:
    """The failure, if any."""
    dpu.cycle()
    names = {each.code: name for name, each in TABLE.failures.items()}
    for tm in map(read_tm, dpu.take_telemetry()):
        if tm.header.type == 1:
            return names[int.from_bytes(tm.data[4:6], "big")]
    return ""


def zeros(fields: tuple[Field, ...]) -> dict[str, Any]:
    """Values for all but the counter, which is filled in."""
    names = [field.name for field in fields if not field.is_spare]
    return {name: 0 for name in names if name not in ("EvtErrCnt", "EVT_ERR_CNT")}


@pytest.mark.verifies("ASW-13")
@given(
    software=st.sampled_from(["IASW", "DBS"]),
    deeds=st.lists(st.tuples(st.booleans(), IDS), max_size=20),
)
@settings(max_examples=40, deadline=None)
def test_lists_count_wholly_or_not_at_all(software: str, deeds: list[tuple[bool, Any]]) -> None:
    dpu, disabled = Dpu(World(noise_lsb=0.0), booted=software == "IASW"), set[int]()
    for on, ids in deeds:
        dpu.receive(packet(on=on, ids=ids))
        failed = answer(dpu)
        if not all(has(software, each) for each in ids):
            assert failed == "ACK_ILL_EID"
        elif on:
            assert failed == ("" if disabled.issuperset(ids) else "ACK_EID_ENB")
            disabled -= set(ids) if not failed else set()
        else:
            assert failed == ("ACK_EID_DIS" if disabled.intersection(ids) else "")
            disabled |= set(ids) if not failed else set()
        for event in EVENTS:
            if has(software, event.id):
                assert dpu.onboard.events.is_enabled(event.name) == (event.id not in disabled)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: str(event.name))
def test_an_event_that_is_disabled_is_counted_and_not_reported(event: Any) -> None:
    software = "IASW" if has("IASW", event.id) else "DBS"
    dpu = Dpu(World(noise_lsb=0.0), booted=software == "IASW")
    dpu.receive(packet(on=False, ids=[event.id]))
    dpu.cycle()
    dpu.take_telemetry()
    dpu.onboard.events.report(event.name, **zeros(event.fields))
    assert not dpu.take_telemetry()
    dpu.receive(packet(on=True, ids=[event.id]))
    dpu.cycle()
    dpu.onboard.events.report(event.name, **zeros(event.fields))
    [tm] = map(read_tm, dpu.take_telemetry())
    assert (tm.header.type, tm.header.subtype) == (5, event.severity)
    assert tm.data[:2] == event.id.to_bytes(2, "big")
    if any(field.name in ("EvtErrCnt", "EVT_ERR_CNT") for field in event.fields):
        assert tm.data[2] == 2
    assert dpu.onboard.pool["ErrCnt"] == 2 * (event.severity > 1)


@pytest.mark.parametrize(
    ("which", "name", "ids", "failure"),
    [
        ("rig", "Enb", [], "ACK_ILL_RCNT"),
        ("rig", "Dis", [831] * 101, "ACK_ILL_RCNT"),
        ("rig", "Dis", [831] * 100, ""),
        ("rig", "Dis", [831, 255], "ACK_ILL_EID"),
        ("rig", "Dis", [752], "ACK_ILL_EID"),
        ("boot_rig", "DBS_TC_DISABLE_EVENT", [752], ""),
        ("boot_rig", "DBS_TC_DISABLE_EVENT", [804], "ACK_ILL_EID"),
        ("boot_rig", "DBS_TC_DISABLE_EVENT", [256] * 17, "ACK_ILL_RCNT"),
        ("boot_rig", "DBS_TC_ENABLE_EVENT", [256], "ACK_EID_ENB"),
    ],
)
def test_failures(
    which: str, name: str, ids: list[int], failure: str, request: pytest.FixtureRequest
) -> None:
    rig = request.getfixturevalue(which)
    field = "EvtId" if which == "rig" else "EVENT_ID"
    assert rig.failure(rig.send(name, **{field: ids})) == failure
