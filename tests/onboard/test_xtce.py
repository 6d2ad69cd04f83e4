# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The XTCE export, judged by a decoder that knows nothing of us."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from space_packet_parser.xtce.definitions import XtcePacketDefinition

from fsw_emu.interface.fields import Field, pack
from fsw_emu.interface.table import load
from fsw_emu.packets.pus import SmileTime, build_tm
from fsw_emu.xtce import export

TABLE = load()
XTCE = "{http://www.omg.org/spec/XTCE/20180204}"


def layouts() -> list[tuple[str, int, int, tuple[Field, ...]]]:
    """Name, type, subtype and fields of all telemetry without repeated groups."""
    found = [(r.name, r.type, r.subtype, r.fields) for r in TABLE.reports.values()]
    identifier = Field.of("EvtId u16")
    for event in TABLE.events.values():
        found.append((event.name, 5, event.severity, (identifier, *event.fields)))
    return [each for each in found if not any(field.counts for field in each[3])]


@pytest.fixture(scope="module")
def document() -> ElementTree.Element:
    return ElementTree.fromstring(export(TABLE))  # noqa: S314 - our own


@pytest.fixture(scope="module")
def judge(document: ElementTree.Element, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the judge cannot read is left out: arrays, and binary fields with a leading size."""
    tree = copy.deepcopy(document)
    types = tree.find(f".//{XTCE}ParameterTypeSet")
    assert types is not None
    gone = set()
    for each in list(types):
        several = each.tag in (f"{XTCE}ArrayParameterType", f"{XTCE}AggregateParameterType")
        if several or each.find(f".//{XTCE}LeadingSize") is not None:
            gone.add(each.get("name"))
            types.remove(each)
    for group, entry in (("ParameterSet", "Parameter"), ("EntryList", "ParameterRefEntry")):
        for parent in tree.iter(f"{XTCE}{group}"):
            for each in list(parent.iter(f"{XTCE}{entry}")):
                if (each.get("parameterTypeRef") or each.get("parameterRef")) in gone:
                    parent.remove(each)
    path: Path = tmp_path_factory.mktemp("xtce") / "sxi.xml"
    ElementTree.ElementTree(tree).write(path)
    return XtcePacketDefinition.from_xtce(path, root_container_name="Packet")


def test_everything_is_in_it(document: ElementTree.Element) -> None:
    containers = {each.get("name") for each in document.iter(f"{XTCE}SequenceContainer")}
    assert containers >= set(TABLE.reports) | set(TABLE.events)
    commands = {each.get("name") for each in document.iter(f"{XTCE}MetaCommand")}
    assert commands == set(TABLE.telecommands) | {"Telecommand"}


@pytest.mark.verifies("ASW-3")
@given(st.sampled_from(layouts()), st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_the_judge_reads_what_the_table_packs(
    judge: Any, layout: tuple[str, int, int, tuple[Field, ...]], data: st.DataObject
) -> None:
    name, type_, subtype, fields = layout
    values: dict[str, Any] = {}
    for at, field in enumerate(fields):
        if field.is_spare:
            continue
        if field.enumeration and field.enumeration != "EvtId":
            choices = sorted(TABLE.enumerations[field.enumeration].values())
            values[field.name] = data.draw(st.sampled_from(choices))
        elif field.type.kind == "f":
            values[field.name] = data.draw(st.floats(width=32, allow_nan=False))
        else:
            values[field.name] = data.draw(st.integers(field.type.least, field.type.most))
        keyed = type_ == 5 or (name in TABLE.reports and TABLE.reports[name].key is not None)
        if at == 0 and keyed:
            key = TABLE.events[name].id if type_ == 5 else TABLE.reports[name].key
            assert key is not None
            values[field.name] = key
    packet = build_tm(
        apid=TABLE.apid,
        count=1,
        type=type_,
        subtype=subtype,
        time=SmileTime(1000, 250000),
        data=pack(fields, values),
    )
    read = judge.parse_bytes(packet)
    assert (read["Coarse"], read["FineUs"], read["Type"]) == (1000, 250000, type_)
    for field in fields[1:] if type_ in (3, 5, 20) else fields:
        if field.is_spare:
            continue
        seen = read.get(f"{name}_{field.name}", read.get(field.name))
        raw = getattr(seen, "raw_value", seen)
        assert raw == values[field.name], field.name
    assert read["Checksum"] == int.from_bytes(packet[-2:], "big")
