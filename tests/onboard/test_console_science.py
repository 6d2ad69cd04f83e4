# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Pictures and spectra of the console, and a session from link to archive."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from console_live import FakeEgse, session_and_egse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from fsw_emu.archive.archive import Archive
from fsw_emu.console.picture import GREY, MOST_PIXELS, counts, png, reduced, stretched
from fsw_emu.console.science import BIN_ADU, NODE, STEP, decode, positions, spectrum
from fsw_emu.core import CeHeader, CompressionEntity, default_core
from fsw_emu.ground.events import TABLE_DTYPE
from fsw_emu.ground.transfers import Transfer
from fsw_emu.packets.ce import FRAME_FIELDS, GROUP_FIELDS
from fsw_emu.packets.pus import SmileTime, build_tm
from fsw_emu.testbed.testbed import Testbed


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40)))
def test_a_picture_is_what_pillow_reads(levels: Any) -> None:
    image = Image.open(io.BytesIO(png(levels, GREY)))
    assert np.array_equal(np.asarray(image.convert("L")), levels[::-1])


@given(
    hnp.arrays(
        np.uint16,
        st.sampled_from([(1, 1), (479, 3), (480, 480), (481, 2), (1278, 768), (2, 4511)]),
        elements=st.integers(0, 65_535),
        fill=st.just(7),
    )
)
def test_pictures_are_small_and_of_levels(image: Any) -> None:
    small = reduced(image)
    assert max(small.shape) <= MOST_PIXELS
    for levels in (stretched(small), counts(small)):
        assert levels.dtype == np.uint8
        assert levels.shape == small.shape


@given(
    energy=st.integers(40, 600),
    ground=st.integers(0, 3000),
    shared=st.integers(0, 2),
)
def test_an_event_is_in_the_bin_of_its_charge(energy: int, ground: int, shared: int) -> None:
    window = np.full((1, 25), ground, np.uint16)
    part = energy // 3 if shared and energy // 3 > 12 else 0
    window[0, 12] += energy - part
    window[0, 11 + 2 * (shared - 1) if shared else 13] += part
    found = spectrum(window)
    assert found.sum() == 1
    assert found.argmax() == energy // BIN_ADU


@given(st.sampled_from(["E2", "F2", "E4", "F4"]), st.integers(-3, 700), st.integers(-3, 400))
def test_an_event_is_one_pixel_of_the_map(node: str, row: int, col: int) -> None:
    events = np.zeros(1, TABLE_DTYPE)
    events["AMP"], events["CCDNR"] = node[0].encode(), int(node[1])
    events["RAWY"], events["RAWX"] = row, col
    rows, cols = NODE[0] // STEP, NODE[1] // STEP
    inside = 0 <= row < rows * STEP and 0 <= col < cols * STEP
    found = positions(events)
    assert found.sum() == inside
    if inside:
        at_row, at_col = (int(each[0]) for each in np.nonzero(found))
        assert (at_row < rows) == (node[1] == "4")
        left = node in ("F4", "E2")
        assert (at_col < cols) == left


@given(st.binary(max_size=300))
def test_an_entity_of_anything_is_a_fault(data: bytes) -> None:
    assert decode(default_core(), Transfer(data, 1, 0, 0)).faults


@given(st.integers(0, 9), st.integers(0, 3), st.integers(0, 200), st.binary(max_size=40))
def test_headers_that_disagree_with_the_data_are_faults(
    product: int, members: int, windows: int, junk: bytes
) -> None:
    """As a core that checks little would give them."""
    header = CeHeader(
        version=1, build=1, sdp_version=1, coarse=9, fine_us=0, obsid=1, counter=1,
        members=members, key=0, product=product, integrity=0, data_size=0, size=0,
        group_size=100, frames_size=121, compressed_meta_size=0, compressed_data_size=0,
    )  # fmt: skip
    entity = CompressionEntity(
        header=header,
        group=np.zeros(len(GROUP_FIELDS), np.int64),
        frames=np.zeros((members, len(FRAME_FIELDS)), np.int64),
        science=bytes(64 * windows) + junk,
    )
    with patch("fsw_emu.console.science.unpack", lambda _, __: entity):
        product_ = decode(default_core(), Transfer(b"", 1, 0, 0))
    assert product_.faults or not windows or product_.name not in ("ED", "ED_WP")


def test_a_session_from_the_link_to_the_archive(tmp_path: Path) -> None:
    """An observation comes down a link: events, all packets kept."""
    testbed = Testbed(booted=True)
    for name, fields, seconds in (
        ("IaModeGotoStby", {}, 5), ("IaModePreSci", {}, 20),
        ("ProcStrRseConfig", {"ProcRseCmdId": 1}, 70), ("IaModeStrtSci", {}, 60),
    ):  # fmt: skip
        testbed.send(name, **fields)
        testbed.run(seconds)
    packets = testbed.take()

    async def observe(archive: Archive) -> Any:
        egse = FakeEgse()
        async with session_and_egse(egse, archive=archive) as session:
            egse.send(packets)
            async with asyncio.timeout(20):
                while not session.state.section("science")["events"]:
                    await asyncio.sleep(0.01)
            return session.state.snapshot()

    path = tmp_path / "kept.sqlite"
    with Archive.open(path) as archive:
        snapshot = asyncio.run(observe(archive))
    with Archive.open(path, create=False) as archive:
        assert [row.raw for row in archive.query(direction="tm")] == packets
    science, modes = snapshot["science"], snapshot["modes"]["modes"]
    assert (modes["application"], modes["fee"], modes["door"]) == ("SCIENCE", "SCIENCE", "OPEN")
    assert science["faults"] == 0
    assert science["pictures"]["map"]["number"] == science["entities"] > 0
    assert 0 < sum(science["spectrum"]["counts"]) <= science["events"]
    assert set(snapshot["faults"]["checks"].values()) <= {"NOMINAL", "OFF", "DISABLED", "SUSPECTED"}


def test_an_archive_that_takes_no_more_ends_the_session(tmp_path: Path) -> None:
    from fsw_emu.archive.store import ArchiveError

    async def fill(archive: Archive) -> None:
        egse = FakeEgse()
        async with session_and_egse(egse, archive=archive) as session:
            archive.close()
            tm = build_tm(apid=1, count=0, type=17, subtype=2, time=SmileTime(1, 0))
            egse.send([tm] * 3)
            await asyncio.sleep(1.5)
            assert session is not None

    archive = Archive.open(tmp_path / "full.sqlite")
    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(fill(archive))
    assert raised.group_contains(ArchiveError)
