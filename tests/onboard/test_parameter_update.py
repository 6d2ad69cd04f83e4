# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 211: what is written reads back in housekeeping; what is refused changes nothing."""

from __future__ import annotations

import struct
import tomllib
from fnmatch import fnmatchcase
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw_emu.dpu.dpu import Dpu
from fsw_emu.interface.fields import unpack
from fsw_emu.interface.table import Interface, PoolItem, load, read
from fsw_emu.packets.pus import build_tc, read_tm
from fsw_emu.world.world import World

TABLE = load()
KEPT = TABLE.assumed["parameters"]["kept"]
#: number of the type, layout of a value and its spare, by the type of an item
LAYOUTS = {
    "cuc": (2, "7s3x"),
    "f32": (3, "f2x"),
    "i8": (4, "bx"),
    "i16": (5, "h4x"),
    "i32": (6, "i2x"),
    "u8": (7, "Bx"),
    "u16": (8, "H4x"),
    "u32": (9, "I2x"),
}
BOOL = (1, "Bx")


def extended() -> Interface:
    """The table with items of the types that the data pool has none of."""
    texts = (
        resources.files("fsw_emu.interface").joinpath(name).read_text("utf-8")
        for name in ("sxi.toml", "assumed.toml")
    )
    table, assumed = map(tomllib.loads, texts)
    table["pool"] |= {"900": "newI8 i8", "901": "newI32 i32", "902": "newCuc cuc"}
    return read(table, assumed)


WIDER = extended()
DPU = Dpu(World(noise_lsb=0.0), table=WIDER, booted=True)
MEASURED = {name for name in WIDER.pool if DPU.onboard.pool.is_measured(name)}


def is_parameter(item: PoolItem) -> bool:
    return item.name not in MEASURED and not any(fnmatchcase(item.name, kept) for kept in KEPT)


PARAMETERS = [item for item in WIDER.pool.values() if is_parameter(item)]


def packet(kind: int, layout: str, updates: list[tuple[int, int, Any]]) -> bytes:
    data = struct.pack(">HH", kind, len(updates))
    data += b"".join(struct.pack(f">IH{layout}", *update) for update in updates)
    return build_tc(apid=321, count=1, ack=0, type=211, subtype=1, data=data)


def values(type_: str) -> st.SearchStrategy[Any]:
    if type_ == "f32":
        return st.floats(width=32, allow_nan=False)
    if type_ == "cuc":
        return st.binary(min_size=7, max_size=7)
    size = int(type_[1:])
    return st.integers(0, 2**size - 1).map(
        lambda n: n - (n >> size - 1 << size) * (type_[0] == "i")
    )


@st.composite
def updates(draw: st.DrawFn) -> tuple[str, list[tuple[PoolItem, int, Any]]]:
    type_ = draw(st.sampled_from(sorted(LAYOUTS)))
    items = [item for item in PARAMETERS if (item.element or item.type).name == type_]
    some = draw(st.lists(st.sampled_from(items), min_size=1, max_size=8))
    return type_, [
        (item, draw(st.integers(0, max(item.n_elements, 1) - 1)), draw(values(type_)))
        for item in some
    ]


def failure(dpu: Dpu) -> str:
    names = {each.code: name for name, each in WIDER.failures.items()}
    reports = [tm for tm in map(read_tm, dpu.take_telemetry()) if tm.header.type == 1]
    return names[int.from_bytes(reports[0].data[4:6], "big")] if reports else ""


def bits(dpu: Dpu) -> dict[str, int]:
    return {item.name: dpu.onboard.pool.raw(item.name) for item in PARAMETERS}


def reported(dpu: Dpu, item: PoolItem) -> bytes:
    """The bytes of an item in a report that is made for it."""
    for name, more in (
        ("CreHk", {"Period": 0, "ParamId": [item.id]}),
        ("EnbHk", {}),
        ("DelHk", {}),
    ):
        data = dpu.table.telecommand_data(name, {"SidNoCal": 200, **more})
        command = dpu.table.telecommands[name]
        kind = {"type": command.type, "subtype": command.subtype}
        dpu.receive(build_tc(apid=321, count=1, ack=0, data=data, **kind))
        dpu.cycle()
    came = [read_tm(packet).data for packet in dpu.take_telemetry()]
    [report] = [data for data in came if data[:2] == b"\0\xc8"]
    return report[2:]


@pytest.mark.verifies("ASW-17")
@given(updates())
@settings(max_examples=80, deadline=None)
def test_what_is_written_reads_back(case: tuple[str, list[tuple[PoolItem, int, Any]]]) -> None:
    """In every type, item and element; nothing else changes. Lists of housekeeping apart: those
    change what is reported. What other services write over is no longer there."""
    type_, wanted = case
    wanted = [each for each in wanted if "dl" not in each[0].name]
    dpu = Dpu(World(noise_lsb=0.0), table=WIDER, booted=True)
    before = bits(dpu)
    kind, layout = LAYOUTS[type_]
    dpu.receive(packet(kind, layout, [(item.id, at, value) for item, at, value in wanted]))
    dpu.onboard.executor.cycle()
    assert failure(dpu) == ("" if wanted else "ACK_ILL_NDI")
    written: dict[str, bytearray] = {}
    for item, at, value in wanted:
        size = (item.element or item.type).bits // 8
        old = before[item.name].to_bytes(item.type.bits // 8, "big")
        octets = written.setdefault(item.name, bytearray(old))
        octets[at * size : (at + 1) * size] = struct.pack(f">{layout}", value)[:size]
    now = bits(dpu)
    moving = {"iaswCycleCnt", "NOfTcAcc", "NOfTcTerm", "SeqCntLastAccTcFromGrd", "SpW0BytesIn"}
    moving |= {"NOfAccFailedTc", "SeqCntLastAccFailTc", "rdlCycCntList"}
    moving |= {name for name in before if name.endswith("StateCnt")}
    for name, bits_before in before.items():
        if name not in written and name not in moving:
            assert now[name] == bits_before, name
    for name, octets in written.items():
        if name not in moving:
            assert now[name] == int.from_bytes(octets, "big")
            told = reported(dpu, WIDER.pool[name])
            assert told == bytes(octets) or dpu.onboard.pool.raw(name) != now[name]


@pytest.mark.parametrize(("value", "stored"), [(0, 0), (1, 1), (7, 1), (255, 1)])
def test_bool(value: int, stored: int) -> None:
    dpu = Dpu(World(noise_lsb=0.0), table=WIDER, booted=True)
    item = WIDER.pool["FRMdgEn"]
    dpu.receive(packet(*BOOL, [(item.id, 0, 9)]))
    dpu.receive(packet(*BOOL, [(item.id, 0, value)]))
    dpu.cycle()
    assert dpu.onboard.pool["FRMdgEn"] == stored


def identifier(name: str) -> int:
    return WIDER.pool[name].id


GOOD = (identifier("obsid"), 0, 77)


@pytest.mark.verifies("ASW-8")
@pytest.mark.parametrize(
    ("kind", "bad", "why"),
    [
        ("u32", (1, 0, 1), "ACK_ILL_DID"),
        ("u32", (identifier("ScrubAddrStart"), 0, 1), "ACK_ILL_DID"),
        ("u32", (identifier("MaxSteps"), 0, 1), "ACK_ILL_PTYP"),
        ("u32", (identifier("newI32"), 0, 1), "ACK_ILL_PTYP"),
        ("u32", (identifier("HctrlParOffset"), 0, 1), "ACK_ILL_PTYP"),
        ("u32", (identifier("RdlSidList"), 0, 1), "ACK_ILL_PTYP"),
        ("u32", (identifier("obsid"), 1, 1), "ACK_ILL_ELEM"),
        ("u32", (identifier("RdlDataItemList_9"), 125, 1), "ACK_ILL_ELEM"),
    ],
)
def test_what_is_refused_changes_nothing(kind: str, bad: Any, why: str) -> None:
    """However many good ones are beside it."""
    dpu = Dpu(World(noise_lsb=0.0), table=WIDER, booted=True)
    before = dpu.onboard.pool["obsid"]
    for several in ([bad], [GOOD, bad], [bad, GOOD], [GOOD, bad, GOOD]):
        dpu.receive(packet(*LAYOUTS[kind], several))
        dpu.cycle()
        assert failure(dpu) == why
        assert dpu.onboard.pool["obsid"] == before
    dpu.receive(packet(*LAYOUTS[kind], [GOOD]))
    dpu.cycle()
    assert dpu.onboard.pool["obsid"] == 77


@pytest.mark.parametrize("item", ["iaswState", "ProcNomSciNode", "AdcTempCcd"])
def test_states_and_measurements_are_no_parameters(item: str) -> None:
    dpu = Dpu(World(noise_lsb=0.0), booted=True)
    dpu.receive(packet(*LAYOUTS["u16"], [(identifier(item), 0, 3)]))
    assert failure(dpu) == "ACK_ILL_DID"


def test_number_and_type(rig: Any) -> None:
    assert rig.failure(rig.put(packet(*LAYOUTS["u8"], []))) == "ACK_ILL_NDI"
    assert rig.failure(rig.put(packet(10, "Bx", [(GOOD)]))) == "ACK_ILL_PTYP"
    assert rig.failure(rig.put(packet(8, "Bx", [GOOD]))) == "ACK_INCONS_LEN"


def test_every_type_has_its_telecommand() -> None:
    """The layouts here are those of the table."""
    for type_, (kind, layout) in {**LAYOUTS, "bool": BOOL}.items():
        [command] = [
            each for each in TABLE.telecommands.values() if each.type == 211 and each.key == kind
        ]
        value: Any = bytes(7) if type_ == "cuc" else 1
        data = struct.pack(f">HHIH{layout}", kind, 1, 9, 0, value)
        assert unpack(command.fields, data)["ParamId"] == [9]
