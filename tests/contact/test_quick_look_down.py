# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Quick looks go down ahead of science, and come back; without them nothing changes."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsw_emu.cli.main import main
from fsw_emu.core import Core, default_core
from fsw_emu.ground.run import process
from fsw_emu.packets.look import ALARM, APID, DESTINATION, LOOK, SERVICE
from fsw_emu.packets.pus import SmileTime, Tm, build_tm, read_tm

FRAMES = 6


def packets_of(path: Path) -> list[tuple[Tm, bytes]]:
    data, found = path.read_bytes(), []
    while data:
        size = 7 + int.from_bytes(data[4:6], "big")
        found.append((read_tm(data[:size]), data[:size]))
        data = data[size:]
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("looks")
    scene = ["run", "--scene", "quiet", "--frames", str(FRAMES), "--group", "3"]
    assert main([*scene, "--out", str(out / "plain")]) == 0
    assert main([*scene, "--quick-look", "--out", str(out / "looks")]) == 0
    return out


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.verifies("LOOK-11")
def test_each_goes_before_the_entity_of_its_frame(made: Path) -> None:
    packets = packets_of(made / "looks/tm.bin")
    looks = [i for i, (tm, _) in enumerate(packets) if tm.header.type == SERVICE]
    firsts = [
        i for i, (tm, _) in enumerate(packets) if tm.header.type == 13 and tm.header.subtype == 1
    ]
    assert len(looks) == FRAMES
    assert looks[2] < firsts[0] < looks[3] < looks[5] < firsts[1]
    assert [packets[i][0].primary.count for i in looks] == list(range(FRAMES))
    assert {packets[i][0].header.destination for i in looks} == {1}
    assert {packets[i][0].header.subtype for i in looks} == {LOOK}
    science = b"".join(raw for tm, raw in packets if tm.header.type != SERVICE)
    assert science == (made / "plain/tm.bin").read_bytes()


@pytest.mark.verifies("LOOK-12")
def test_each_is_a_line_on_the_ground(made: Path) -> None:
    told = lines(made / "looks/quicklook.jsonl")
    summary = json.loads((made / "looks/summary.json").read_text())
    assert not (made / "plain/quicklook.jsonl").exists()
    assert [line["frame_counter"] for line in told] == list(range(1, FRAMES + 1))
    assert sum(sum(line["counts"]) for line in told) == summary["events_kept"]
    assert sum(line["rejected"] for line in told) == sum(summary["rejected"].values())
    assert all(np.sum(line["cells"]) == sum(line["counts"]) for line in told)
    assert "quicklook.jsonl" in summary["files"]


@pytest.mark.verifies("LOOK-12")
def test_a_damaged_one_is_told_by_position(made: Path, tmp_path: Path) -> None:
    good = packets_of(made / "looks/tm.bin")
    [first, *_] = [raw for tm, raw in good if tm.header.type == SERVICE]
    assert lines(made / "looks/quicklook.jsonl")[0]["product"] == "quick look"
    damaged = bytearray(first)
    damaged[30] ^= 1
    body = bytes(damaged[:-2])
    sealed = body + default_core().crc16(body).to_bytes(2, "big")  # the packet is whole
    stream = b"".join(raw for _, raw in good).replace(first, sealed)
    result = process([stream], tmp_path, default_core())
    assert [str(fault) for fault in result.faults if "quick look" in str(fault)]
    assert len(lines(tmp_path / "quicklook.jsonl")) == FRAMES - 1


@pytest.mark.verifies("LOOK-11")
def test_an_alarm_goes_first(tmp_path: Path, core: Core) -> None:
    from fsw_emu.cli.downlink import Downlink
    from fsw_emu.dpu.science.settings import Settings

    product = bytearray(core.quick_look().close(7))
    product[1] = 1
    product[-2:] = core.crc16(bytes(product[:-2])).to_bytes(2, "big")
    with Downlink(tmp_path, Settings(), core) as downlink:
        downlink.look(5_000_001, bytes(product))
    alarm, look = (tm for tm, _ in packets_of(tmp_path / "tm.bin"))
    assert (alarm.header.subtype, look.header.subtype) == (ALARM, LOOK)
    assert alarm.data == bytes(product[:22])
    assert look.data == bytes(product)
    assert (look.header.time.coarse, look.header.time.fine_us) == (5, 1)
    told_alarm, told_look = told_of((tmp_path / "tm.bin").read_bytes(), tmp_path / "ground", core)
    assert (told_alarm["product"], told_look["product"]) == ("alarm", "quick look")
    assert (told_alarm["cells"], np.shape(told_look["cells"])) == (None, (4, 10, 6))
    for one in (told_alarm, told_look):
        del one["product"], one["cells"]
    assert told_alarm == told_look


def alarm_packet(data: bytes) -> bytes:
    return build_tm(
        apid=APID, count=0, type=SERVICE, subtype=ALARM, time=SmileTime(5, 1),
        destination=DESTINATION, data=data,
    )  # fmt: skip


def told_of(stream: bytes, out: Path, core: Core) -> list[dict[str, Any]]:
    result = process([stream], out, core)
    assert not result.faults
    return lines(out / "quicklook.jsonl")


#: E2 to F4 have 1 to 4 events, 5 are rejected; mean 6, score 7; at (2, 3) pixels
FIELDS = struct.pack(">9H", 1, 2, 3, 4, 5, 6, 7, 8, 12)


@pytest.mark.verifies("LOOK-12")
def test_an_alarm_alone_is_a_line(tmp_path: Path, core: Core) -> None:
    [told] = told_of(alarm_packet(b"\x01\x03\x01\x02" + FIELDS), tmp_path, core)
    assert told == {
        "product": "alarm", "time": "2018-01-01T00:00:05.000001Z", "frame_counter": 0x102,
        "alarms": ["rate", "place"], "learning": False, "counts": [1, 2, 3, 4], "rejected": 5,
        "mean": 6, "score": 7, "x_px": 2.0, "y_px": 3.0, "cells": None,
    }  # fmt: skip


@pytest.mark.verifies("LOOK-12")
@pytest.mark.parametrize(
    "data",
    [
        b"",
        (b"\x01\x03\x01\x02" + FIELDS)[:21],
        b"\x01\x03\x01\x02" + FIELDS + b"\x00",
        b"\x02\x03\x01\x02" + FIELDS,  # another version
        b"\x01\x00\x01\x02" + FIELDS,  # no alarm
        b"\x01\x11\x01\x02" + FIELDS,  # an unknown flag
        b"\x01\x03\x01\x02" + FIELDS[:-4] + b"\xff\x00\x00\x00",  # outside
    ],
)
def test_a_damaged_alarm_is_told_by_position(data: bytes, tmp_path: Path, core: Core) -> None:
    result = process([alarm_packet(data)], tmp_path, core)
    [fault] = result.faults
    assert (fault.position, fault.where) == (0, "alarm")
    assert not (tmp_path / "quicklook.jsonl").exists()
