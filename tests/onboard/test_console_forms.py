# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telecommands from what was filled in."""

from __future__ import annotations

import json
from binascii import crc_hqx
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw_emu.console.telecommands import FormError, catalogue, packet
from fsw_emu.interface.table import load
from fsw_emu.packets.pus import read_tc

TABLE = load()
CATALOGUE = {each["name"]: each for each in catalogue(TABLE)}


def made(name: str, fields: dict[str, Any] | None = None, **options: Any) -> bytes:
    return packet(TABLE, {"name": name, "fields": fields or {}, **options}, count=7)[1]


def filled(name: str) -> dict[str, str]:
    """What the page has in its fields at first, something where it has nothing."""
    fields = {}
    for each in CATALOGUE[name]["fields"]:
        default = "" if each["default"] is None else str(each["default"])
        if each["several"]:
            default = "00 01 02 03" if each["kind"] == "octets" else "1"
            if each["enumeration"]:
                default = next(iter(TABLE.enumerations[each["enumeration"]]))
        elif each["kind"] == "time":
            default = "now"
        elif each["enumeration"] and not default:
            default = next(iter(TABLE.enumerations[each["enumeration"]]))
        fields[each["name"]] = default or "1"
    return fields


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_telecommand_can_be_filled_in(name: str) -> None:
    json.dumps(CATALOGUE[name])
    tc = read_tc(made(name, filled(name), ack=9, source=1))
    command = TABLE.telecommands[name]
    assert (tc.type, tc.subtype, tc.ack, tc.source) == (command.type, command.subtype, 9, 1)
    assert tc.pec_ok
    assert tc.primary.count == 7


def test_bytes_are_those_of_the_definition() -> None:
    """Written by hand: headers and data of TC(17,1), TC(3,131), TC(6,2), TC(5,6)."""
    assert made("AreYouAlive")[:-2].hex() == "1941c007000519110100"
    assert made("ModHkPeriod", {"SidNoCal": "2", "Period": "0x20"})[10:-2].hex() == "00020020"
    load_ = {"WriteMemoryId": "MEM_WR_RAM", "StartAddress": "0x60000000", "BlockData": "deadbeef"}
    assert made("Load", load_)[10:-2].hex() == "00016000000000000004deadbeef0000"
    dis = {"EvtId": "EVT_INIT_SUCC, 769"}
    assert made("Dis", dis)[10:-2].hex() == "000000020304000003010000"


def test_times_and_names_of_parameters() -> None:
    now = datetime(2018, 1, 1, 0, 1, 0, 500_000, tzinfo=UTC)
    for text in ("now", "60.5", "2018-01-01T00:01:00.5Z"):
        form = {"name": "TimeUpdt", "fields": {"ObtTime": text}}
        _, tc = packet(TABLE, form, count=0, now=now)
        assert tc[10:-2].hex() == "0000003c07a12000"
    tc = made("CreHk", {"SidNoCal": "9", "ParamId": "AdcP3V9 AdcP3V3"})
    assert tc[10:-2].hex() == "0009000000000002" + "".join(
        f"{TABLE.pool[name].id:08x}" for name in ("AdcP3V9", "AdcP3V3")
    )


def test_a_checksum_of_parameters_is_the_right_one_unless_given() -> None:
    fields = {"P3V9WarnLowerLimit": "77", "ADCParamCrc": "auto"}
    data = made("SetParValAdcRngs", fields)[10:-2]
    assert crc_hqx(data[2:-2], 0xFFFF) == int.from_bytes(data[-2:], "big") != 0
    assert made("SetParValAdcRngs", {**fields, "ADCParamCrc": "5"})[10:-2][-2:] == b"\0\5"


@pytest.mark.parametrize(
    ("name", "fields", "field"),
    [
        ("DBS_TC_SET_HKREP_FREQ", {"HK_REP_SID": "99"}, "HK_REP_SID"),
        ("DBS_TC_SET_HKREP_FREQ", {"HK_REP_SID": "103"}, "HK_REP_SID"),
        ("EnbHk", {"SidNoCal": "65536"}, "SidNoCal"),
        ("EnbHk", {"SidNoCal": "-1"}, "SidNoCal"),
        ("EnbHk", {"SidNoCal": "one"}, "SidNoCal"),
        ("EnbHk", {}, "SidNoCal"),
        ("EnbHk", {"Period": "1"}, "Period"),
        ("AlgoStrt", {"AlgoId": "NO_ALGO"}, "AlgoId"),
        ("AlgoStrt", {"AlgoId": "3"}, "AlgoId"),
        ("Load", {"WriteMemoryId": "1", "BlockData": "xy"}, "BlockData"),
        ("Load", {"WriteMemoryId": "1", "BlockData": "00"}, "BlockData"),
        ("Load", {"WriteMemoryId": "1", "BlockData": "00" * 853}, ""),
        ("Dis", {"EvtId": "1 " * 101}, "EvtId"),
        ("TimeUpdt", {"ObtTime": "tomorrow"}, "ObtTime"),
        ("ParamUpdtFloat", {"ParamId": "1", "ArrayElemId": "0", "ParamValueFloat": "x"},
         "ParamValueFloat"),
        ("NoSuch", {}, ""),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_field(name: str, fields: Any, field: str) -> None:
    with pytest.raises(FormError) as error:
        made(name, fields)
    assert error.value.field == field or name == "Load"
    assert "\n" not in str(error.value)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@settings(max_examples=60)
@given(
    st.dictionaries(st.sampled_from(["name", "fields", "ack", "source", "x"]), junk)
    | st.builds(
        lambda name, texts: {"name": name, "fields": dict(zip(filled(name), texts, strict=False))},
        st.sampled_from(sorted(CATALOGUE)),
        st.lists(junk, max_size=6),
    )
)
def test_any_form_is_a_packet_or_an_error_that_tells(form: dict[str, Any]) -> None:
    try:
        _, tc = packet(TABLE, form, count=0)
    except FormError:
        return
    assert read_tc(tc).pec_ok
