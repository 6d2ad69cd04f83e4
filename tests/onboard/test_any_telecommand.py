# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Any telecommand that is served, with any values, is answered and ends."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsw_emu.dpu.boot import Boot
from fsw_emu.dpu.dpu import Dpu
from fsw_emu.interface.fields import Field
from fsw_emu.interface.parameter_crc import closed
from fsw_emu.interface.table import Telecommand, load
from fsw_emu.packets.pus import build_tc
from fsw_emu.world.world import World

TABLE = load()
SERVICES = {6, 20, 194, 197, 210, 212, 213}
CASES = [command for command in TABLE.telecommands.values() if command.type in SERVICES]
#: numbers at which ranges of memory begin and end, keys, sizes
EDGES = [0, 1, 2, 3, 4, 5, 852, 853, 0x14010, 0x1000000, 0x20000000, 0x20000FFC, 0x40000000]
EDGES += [0x407FFFFC, 0x60000000, 0x6003F080, 0x60040000, 0x6FFFFFFC, 0x70000000, 0xA0000000]
#: what lets loads be accepted, of the boot software and of the application
ARMS = (("DBS_TC_PARLOAD_ARM", "DBS_TC_LOAD_REG_ARM"), ("ParamLoadArm", "LoadRegisterArm"))
TERMINATED = {(1, 2), (1, 4), (1, 7), (1, 8)}


def numbers(field: Field) -> st.SearchStrategy[Any]:
    if field.type.kind == "f":
        return st.floats(width=32)
    near = [n for n in (*EDGES, field.least, field.most, field.default) if isinstance(n, int)]
    fits = [n + d for n in near for d in (-1, 0, 1) if 0 <= n + d <= field.type.most]
    any_of_type = st.integers(field.type.least, field.type.most)
    return st.one_of(st.sampled_from(fits), any_of_type) if fits else any_of_type


@st.composite
def packets(draw: st.DrawFn) -> bytes:
    command: Telecommand = draw(st.sampled_from(CASES))
    values: dict[str, Any] = {}
    at = 0
    while at < len(command.fields):
        field = command.fields[at]
        group = command.fields[at + 1 : at + 1 + field.counts]
        if group:
            values[group[0].name] = draw(st.binary(max_size=40))
        elif not field.is_spare:
            values[field.name] = field.default if field.fixed else draw(numbers(field))
        at += 1 + field.counts
    data = TABLE.telecommand_data(command.name, values, checked=False)
    if command.type == 20 and command.subtype == 3:
        data = closed(data)
    return build_tc(apid=321, count=1, type=command.type, subtype=command.subtype, data=data, ack=9)


@given(st.lists(packets(), max_size=15), st.booleans())
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
@pytest.mark.parametrize("booted", [False, True])
def test_each_is_answered_once(rig: Any, booted: bool, sent: list[bytes], skip: bool) -> None:
    rig = type(rig)(Dpu(World(noise_lsb=0.0), booted=booted))
    for name in ARMS[booted]:
        rig.send(name)
    rig.take()
    for packet in sent:
        software = rig.dpu.software
        rig.dpu.receive(packet)
        came = []
        for _ in range(200):  # the longest of them
            if skip:
                rig.dpu.run(1)
                came += rig.take()
            else:
                came += rig.run(1)
            if rig.dpu.onboard.executor.is_idle:
                break
        answers = [tm for tm in came if (tm.header.type, tm.header.subtype) in TERMINATED]
        assert len(answers) == 1
        assert rig.dpu.software is software or isinstance(rig.dpu.software, Boot)
        rig.dpu.run(17)  # a hand-over, where it was one
        rig.take()
