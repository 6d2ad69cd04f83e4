# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The interface table: fields there and back, and the table beside the database it is from."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.interface.fields import Field, FieldError, FieldType, Value, pack, unpack
from fsw_emu.interface.table import Interface, load
from fsw_emu.packets import pus

TABLE = load()
MIB = Path(__file__).resolve().parents[3] / "shared" / "mib"
shared = [
    pytest.mark.shared,
    pytest.mark.skipif(not MIB.is_dir(), reason="needs ../shared/mib"),
]


def values_of(type_: FieldType) -> st.SearchStrategy[Value]:
    if type_.kind == "oct":
        return st.binary(min_size=type_.bits // 8, max_size=type_.bits // 8)
    if type_.kind == "f":
        return st.floats(width=32, allow_nan=False)
    return st.integers(type_.least, type_.most)


@st.composite
def telecommands(draw: st.DrawFn) -> tuple[str, dict[str, object]]:
    """A telecommand with any values that its types hold."""
    command = draw(st.sampled_from(sorted(TABLE.telecommands.values(), key=lambda c: c.name)))
    values: dict[str, object] = {}
    at = 0
    while at < len(command.fields):
        field = command.fields[at]
        group = command.fields[at + 1 : at + 1 + field.counts]
        if not group and not field.is_spare:
            values[field.name] = field.default if field.fixed else draw(values_of(field.type))
        n = draw(st.integers(0, 20)) if group else 0
        if group:
            values[field.name] = n
        for each in group:
            if each.is_spare:
                continue
            several = draw(st.lists(values_of(each.type), min_size=n, max_size=n))
            octets = len(group) == 1 and each.type.bits == 8
            values[each.name] = bytes(several) if octets else several
        at += 1 + field.counts
    return command.name, values


@given(telecommands())
def test_fields_there_and_back(case: tuple[str, dict[str, object]]) -> None:
    name, values = case
    fields = TABLE.telecommands[name].fields
    data = TABLE.telecommand_data(name, values, checked=False)  # type: ignore[arg-type]
    assert unpack(fields, data) == values
    for wrong in (data[:-1], data + b"\0"):
        if wrong != data:
            with pytest.raises(FieldError):
                unpack(fields, wrong)


@given(st.sampled_from(["u8", "u16", "u24", "i8", "i16", "i32", "bool", "cuc"]), st.integers())
def test_integers_that_do_not_fit_are_refused(type_: str, value: int) -> None:
    fields = [Field.of(f"x {type_}")]
    if type_ == "bool":
        fields.append(Field.of("spare u7"))
    fits = fields[0].type.least <= value <= fields[0].type.most
    if fits:
        assert unpack(fields, pack(fields, {"x": value})) == {"x": value}
        return
    with pytest.raises(FieldError):
        pack(fields, {"x": value})


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, "EvtId: has no value|NEvtId"),
        ({"EvtId": ["EVT_NOT"]}, "EvtId: 'EVT_NOT' is none of"),
        ({"EvtId": [1]}, "EvtId: 1 is out of range"),
        ({"EvtId": 831}, "EvtId: is several, not one"),
        ({"EvtId": [831], "NEvtId": 2}, "NEvtId: is 1, as many as follow"),
        ({"EvtId": [831], "Evt": 2}, "Evt: no such field"),
    ],
)
def test_what_does_not_fit_is_told(values: dict[str, object], why: str) -> None:
    if not values:
        assert TABLE.telecommand_data("Enb", {}) == bytes(4)
        return
    with pytest.raises(FieldError, match=why):
        TABLE.telecommand_data("Enb", values)  # type: ignore[arg-type]


@pytest.mark.verifies("ASW-2")
def test_packets_are_as_the_table_says() -> None:
    assert (TABLE.tm_max_bytes, TABLE.tc_max_bytes) == (pus.TM_MAX_BYTES, pus.TC_MAX_BYTES)
    assert TABLE.value("TimeSync", "SYNC") == pus.SYNCHRONISED


@pytest.mark.verifies("ASW-1")
def test_names_are_one_each() -> None:
    codes = [failure.code for failure in TABLE.failures.values()]
    assert len(set(codes)) == len(codes)
    assert len({(c.of, c.type, c.subtype, c.key) for c in TABLE.telecommands.values()}) == 94
    assert len(TABLE.events_by_id) == len(TABLE.events) == 112
    for report in TABLE.reports.values():
        for field in report.fields:
            assert field.enumeration is None or field.enumeration in TABLE.enumerations


def rows(table: str) -> list[list[str]]:
    text = (MIB / f"{table}.dat").read_text(encoding="latin1")
    return [line.split("\t") for line in text.splitlines()]


@pytest.mark.parametrize("table", [TABLE])
class TestBesideTheDatabase:
    """Walks the tables anew; nothing of the reader in fsw_emu/mib."""

    pytestmark = shared

    @pytest.mark.verifies("ASW-1")
    def test_telecommands(self, table: Interface) -> None:
        elements = defaultdict(list)
        for row in rows("cdf"):
            elements[row[0]].append(row)
        parameters = {row[0]: row for row in rows("cpc")}
        commands = {command.mib: command for command in table.telecommands.values()}
        found = rows("ccf")
        assert {row[0] for row in found} == set(commands)
        for row in found:
            command = commands[row[0]]
            assert [command.type, command.subtype] == [int(row[6]), int(row[7])]
            layout = [
                (
                    "spare" if each[1] == "A" else parameters[each[6]][1],
                    int(each[3]),
                    int(each[5] or 0),
                )
                for each in sorted(elements[row[0]], key=lambda each: int(each[4]))
            ]
            assert [(f.name, f.type.bits, f.counts) for f in command.fields] == layout

    def test_fixed_telemetry(self, table: Interface) -> None:
        parameters = {row[0]: row for row in rows("pcf")}
        places = defaultdict(list)
        for row in rows("plf"):
            places[row[1]].append((int(row[2]) * 8 + int(row[3]), row[0]))
        variable = {row[0] for row in rows("vpd")}
        n_seen = 0
        for row in rows("pid"):
            if row[5] in variable:
                continue
            type_, subtype, key = int(row[0]), int(row[1]), int(row[3])
            fields: list[Field] = []
            at = 18 * 8
            if type_ == 5:
                event = table.events_by_id[key]
                assert event.severity == subtype
                fields = [Field.of("EvtId u16"), *event.fields]
            elif type_ == 1 and key:
                stage = {2: "acceptance", 4: "start", 8: "termination"}[subtype]
                name = next(n for n, f in table.failures.items() if f.code == key)
                assert table.failures[name].stage == stage
                assert name in row[6]
            if not fields:
                fields = next(
                    list(each.fields)
                    for each in table.reports.values()
                    if (each.type, each.subtype) == (type_, subtype)
                    and (each.key is None or each.key == key)
                )
            mine = {}
            for field in fields:
                mine[at] = field
                at += field.type.bits
            for place, parameter in places[row[5]]:
                ptc, pfc = parameters[parameter][4], parameters[parameter][5]
                bits = {"1": 1, "3": int(pfc) + 4, "5": 32, "9": 56, "2": int(pfc)}[ptc]
                bits = {16: 16, 17: 24, 18: 32}.get(bits, bits) if ptc == "3" else bits
                assert mine[place].type.bits == bits, (row[6], parameter)
                name = mine[place].name
                assert name in ("spare", "EvtId") or name == parameters[parameter][1] or type_ == 1
            n_seen += 1
        assert n_seen == 180

    def test_data_pool(self, table: Interface) -> None:
        n_seen = 0
        for row in rows("pcf"):
            if row[2]:
                item = table.pool_by_id[int(row[2])]
                assert item.name == row[1]
                kinds = {"1": "u", "2": "u", "3": "u", "4": "i", "5": "f", "7": "oct", "9": "u"}
                assert item.type.kind == kinds[row[4]]
                n_seen += 1
        assert n_seen == len(table.pool) == 744

    def test_enumerations(self, table: Interface) -> None:
        names = {row[0]: row[1].removeprefix("CrFw").removesuffix("_t") for row in rows("txf")}
        values = defaultdict(set)
        for row in rows("txp"):
            values[names[row[0]]].add(int(row[1]))
        for name, enumeration in table.enumerations.items():
            if name in values and name != "EvtId":
                assert set(enumeration.values()) == values[name]
