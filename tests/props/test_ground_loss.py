# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telemetry packets that never come: what is lost with them, and that it is told."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from downlink import downlink, entity, frames_of_windows, packets, tm_header
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fsw_emu.core import Core
from fsw_emu.dpu.science.keys import EVENTS, compression_key
from fsw_emu.ground.run import GroundResult, process
from fsw_emu.ground.salvage import Salvaged, salvage
from fsw_emu.ground.telemetry import TelemetryReader
from fsw_emu.ground.transfers import Transfer, TransferReader
from fsw_emu.packets.ce import UV
from fsw_emu.packets.coded import ROWS, whole_packets
from fsw_emu.packets.fault import Fault

UV_SHAPE, PART, META = (165, 96), 861, 44 + 100 + 121
ROOM = 1 << 20
MISSING = 65_535


def sky(seed: int = 0) -> NDArray[Any]:
    """Four nodes, each with columns of its own."""
    rng = np.random.default_rng(seed)
    images = rng.normal(500, 5, (4, *UV_SHAPE)) + rng.normal(0, 9, (4, 1, 96))
    return np.rint(images).astype("u2")


@cache
def image_entity(core: Core, *, error: int = 0, seed: int = 0) -> bytes:
    key = compression_key("colmean", "image", shape=UV_SHAPE, near_lossless=error)
    return entity(core, sky(seed).astype(">u2").tobytes(), product=UV, key=key)


def event_entity(core: Core, n: int = 200) -> bytes:
    science = packets(core, frames_of_windows([n, n]))
    return entity(core, science, counts=[n, n], key=EVENTS)


def transfers_of(core: Core, telemetry: list[bytes]) -> tuple[list[Transfer], int]:
    """What comes of telemetry packets, and the number of faults."""
    reader, transfers = TelemetryReader(), TransferReader(core, room=ROOM)
    got = [t for r in reader.feed(b"".join(telemetry)) for t in transfers.push(r)]
    got += transfers.finish(reader.position)
    return got, len(transfers.faults)


def rows_of(data: bytes) -> list[tuple[int, int, int, int, int]]:
    """Of each packet of rows in an entity: begin and end, image, first row and the one after."""
    found, at = [], META
    while at < len(data) - 2:
        size = int.from_bytes(data[at + 1 : at + 3], "big")
        image, first = (int.from_bytes(data[at + i : at + i + 2], "big") for i in (4, 6))
        found.append((at, at + size, image & 0xFFF, first, first + data[at + 8]))
        at += size
    return found


@pytest.mark.verifies("GND-10")
def test_a_lost_packet_costs_the_rows_that_it_touches(core: Core) -> None:
    """Each telemetry packet of an entity of images in turn, but the first."""
    data, images = image_entity(core), sky()
    tm = downlink(core, [data])
    assert len(tm) > 30
    for at in range(1, len(tm)):
        (transfer,), n_faults = transfers_of(core, tm[:at] + tm[at + 1 :])
        begin, end = at * PART, min((at + 1) * PART, len(data))
        assert (transfer.holes, n_faults) == (((begin, end),), 0)
        salvaged = salvage(core, transfer)
        assert isinstance(salvaged, Salvaged)
        touched = np.zeros((4, UV_SHAPE[0]), bool)
        for first, last, image, row, after in rows_of(data):
            touched[image, row:after] |= first < end and begin < last
        np.testing.assert_array_equal(salvaged.lost, touched)
        got = np.frombuffer(salvaged.entity.science, ">u2").reshape(images.shape)
        np.testing.assert_array_equal(got[~touched], images[~touched])
        assert (got[touched] == MISSING).all()
        assert salvaged.entity.header == core.ce_header(data)


@pytest.mark.verifies("GND-10")
@given(data=st.data(), error=st.sampled_from([0, 2]))
def test_any_packets_lost_late_or_twice(core: Core, data: st.DataObject, error: int) -> None:
    """The next entity is read, what is given out is right, and nothing is missing untold."""
    one, two = image_entity(core, error=error), image_entity(core, seed=1)
    tm = downlink(core, [one])
    order = data.draw(st.permutations(range(1, len(tm))) | st.just(range(1, len(tm))))
    kept = [at for at in order if data.draw(st.integers(0, 9))]
    kept += data.draw(st.lists(st.sampled_from(kept), max_size=2)) if kept else []
    got, n_faults = transfers_of(core, [tm[0], *(tm[at] for at in kept), *downlink(core, [two])])
    assert got[-1].data == two
    for transfer in got[:-1]:
        salvaged = salvage(core, transfer)
        if isinstance(salvaged, Salvaged):
            pixels = np.frombuffer(salvaged.entity.science, ">u2").reshape(4, *UV_SHAPE)
            off = np.abs(pixels.astype(int) - sky())[~salvaged.lost]
            assert off.max(initial=0) <= error
            assert transfer.holes or not salvaged.lost.any()
    assert n_faults or got[0].holes or got[0].data == one


@pytest.mark.verifies("GND-10")
def test_lost_events_are_told_and_no_others(core: Core) -> None:
    data = event_entity(core)
    science, tm = core.ce_unpack(data).science, downlink(core, [data])
    for at in range(1, len(tm)):
        (transfer,), _ = transfers_of(core, tm[:at] + tm[at + 1 :])
        salvaged = salvage(core, transfer)
        assert isinstance(salvaged, Salvaged)
        lost = np.repeat(salvaged.lost, 64)
        assert 0 < salvaged.lost.sum() < 200
        got, sent = (np.frombuffer(d, "u1") for d in (salvaged.entity.science, science))
        np.testing.assert_array_equal(got[~lost], sent[~lost])
        assert not got[lost].any()


def run(core: Core, folder: Path, tm: list[bytes]) -> GroundResult:
    return process([b"".join(tm)], folder, core)


@pytest.mark.verifies("GND-10", "GND-11", "GND-12")
def test_what_the_files_tell(core: Core, tmp_path: Path) -> None:
    tm = downlink(core, [image_entity(core, error=2), image_entity(core)])
    whole = run(core, tmp_path / "whole", tm)
    assert whole.faults == ()
    with fits.open(whole.files[1]) as hdus:
        assert (hdus[1].header["NEARLOSS"], "NLOST" in hdus[1].header) == (2, False)
        assert "LOSTROWS" not in hdus
    result = run(core, tmp_path / "lossy", tm[:9] + tm[10:])
    assert (result.entities, result.images) == (2, 2)
    assert [path.suffix for path in result.files] == [".fits", ".ce", ".fits"]
    cost, gap = result.faults
    assert "1 packets missing" in gap.what
    assert cost.where == "entity 0 (UV)"
    with fits.open(result.files[0]) as hdus:
        table = hdus["LOSTROWS"].data
        lines = [(str(r["NODE"]), int(r["FIRST"]), int(r["LAST"])) for r in table]
        assert [
            f"rows {a} to {b} of node {node} (image 0)" for node, a, b in lines
        ] == cost.what.removesuffix("; no .ce file of it").split(": ", 1)[1].split("; ")
        n = sum(last - first + 1 for _, first, last in lines)
        assert n == hdus["E2"].header["NLOST"] > 0
        lost = {name: int((hdus[name].data == MISSING).all(axis=1).sum()) for name in ("E2", "F2")}
        assert sum(lost.values()) == n


def test_lost_events_keep_their_frames(core: Core, tmp_path: Path) -> None:
    tm = downlink(core, [event_entity(core)])
    first_run = run(core, tmp_path / "whole", tm)
    whole, n_masks = first_run.event_table, first_run.masks
    result = run(core, tmp_path / "lossy", tm[:4] + tm[5:])
    assert whole is not None
    assert result.event_table is not None
    sent = {row.tobytes() for row in whole}
    assert 0 < len(result.event_table) < len(whole)
    assert {row.tobytes() for row in result.event_table} <= sent
    cost, gap = result.faults
    assert "1 packets missing" in gap.what
    with fits.open(result.files[0]) as hdus:
        table, n = hdus["LOSTEVTS"].data, hdus["EVENTS"].header["NLOST"]
    assert n == table["NUMBER"].sum() == result.lost_events
    assert n == len(whole) + n_masks - len(result.event_table) - result.masks
    assert (list(table["ENTITY"]), list(table["CCDFRAME"])) == ([0], [0])
    (first,) = table["FIRST"]
    assert (
        f"861 bytes did not come, {n} events are lost: {first} to {first + n - 1} of" in cost.what
    )
    assert "no .ce" in cost.what


def test_without_its_metadata_nothing_is_read(core: Core, tmp_path: Path) -> None:
    key = compression_key("colmean", "image", shape=UV_SHAPE)
    science = sky().astype(">u2").tobytes()
    many = entity(core, science, product=UV, counts=[0] * 20, key=key)
    result = run(core, tmp_path, downlink(core, [many])[:1] + downlink(core, [many])[2:])
    assert result.entities == 0
    assert "a part of its metadata is missing: it is lost" in [
        fault.what for fault in result.faults
    ]


def test_an_aborted_transfer_is_not_used(core: Core, tmp_path: Path) -> None:
    """Its sender says that it is none."""
    tm = downlink(core, [image_entity(core)])
    for parts in (tm[:5], tm[:3] + tm[4:6]):
        abort = core.ldt_abort(tm_header(len(tm)), sdu_id=1, reason=7)
        result = run(core, tmp_path, [*parts, abort])
        assert result.entities == 0
        assert any("aborted, reason 7" in fault.what for fault in result.faults)


@given(data=st.binary(max_size=300))
def test_no_packets_in_any_bytes(data: bytes) -> None:
    for packet in whole_packets(data, ROWS, fits=lambda _: True):
        assert packet in data
    assert whole_packets(data, ROWS, fits=lambda _: False) == []


@pytest.mark.verifies("GND-10")
@pytest.mark.parametrize(
    ("key", "size"),
    [(0x230, None), (0xFF000330, None), (0x14010, None), (0, None), (EVENTS, 2**31),
     (EVENTS, 2**32 - 1), (EVENTS, 63), (EVENTS, 0), (0x530, 2**31), (None, 2**28 + 2**20),
     (None, 2 * 165 * 96 * 4097), (None, 0), (None, 7)],
)  # fmt: skip
def test_headers_that_no_coder_writes(core: Core, key: int | None, size: int | None) -> None:
    """With a part missing nothing is made of them, whatever they say."""
    data = bytearray(image_entity(core))
    if key is not None:
        data[24:28] = key.to_bytes(4, "big")
    if size is not None:
        data[36:40] = size.to_bytes(4, "big")
    holes = ((len(data) - 50, len(data) - 40),)
    [(good, _)] = [transfers_of(core, downlink(core, [image_entity(core)]))]
    assert isinstance(salvage(core, replace(good[0], data=bytes(data), holes=holes)), Fault)
