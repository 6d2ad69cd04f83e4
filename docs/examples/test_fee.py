# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A front-end electronics under test, whichever: pytest --lab docs/examples/emulated.toml."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw_emu.packets.fee import EVENT, HEADER_BYTES, HOUSEKEEPING, FeeHeader, read_fee_header
from fsw_emu.packets.spacewire import FEE_DATA
from hil.fee.names import Configuration
from hil.fee.proxy import FeeProxy
from hil.lab.lab import Lab
from hil.lab.timing import Timing
from hil.lab.watch import WatchedLink

FAULTS = Path(__file__).with_name("faults.toml")
NODES = {"E2", "F2", "E4", "F4"}
MARKERS = len(NODES) + 1  # empty last-flagged packets, of the nodes and the frame
THRESHOLD_ADU = 100
EVENTS: Configuration = {
    "event_detection": True,
    "ccd_mode2_config": 2,
    "readout_node_sel": 0xF,
    "digitise_en": True,
    "sync_sel": False,
    "event_pkt_limit": 0xFFFFFF,
    "correction_bypass": True,
    "pix_offset": 0,
    "edu_wandering_mask_en": False,
    "ccd2_e_pix_threshold": THRESHOLD_ADU,
    "ccd2_f_pix_threshold": THRESHOLD_ADU,
    "ccd4_e_pix_threshold": THRESHOLD_ADU,
    "ccd4_f_pix_threshold": THRESHOLD_ADU,
}


@pytest.fixture(autouse=True)
def _at_rest(lab: Lab, fee: FeeProxy, link: WatchedLink) -> None:
    """Whatever another test began is over."""

    async def rest() -> None:
        await fee.immediate_on()
        link.forget()

    lab.run(rest())


async def frame(link: WatchedLink) -> list[tuple[FeeHeader, bytes]]:
    """Packets of the next event frame."""
    packets: list[tuple[FeeHeader, bytes]] = []
    markers = 0
    while markers < MARKERS:
        data = (await link.packet(protocol=FEE_DATA)).data
        header = read_fee_header(data)
        packets.append((header, data[HEADER_BYTES:]))
        markers += header.type == EVENT and header.last
    return packets


@pytest.mark.requirement("EX-1")
async def test_registers_keep_what_is_written(fee: FeeProxy) -> None:
    await fee.write(ccd2_e_pix_threshold=120, ccd2_f_pix_threshold=130)
    assert await fee.read("ccd2_e_pix_threshold") == 120
    assert await fee.read("ccd2_f_pix_threshold") == 130


@pytest.mark.requirement("EX-1")
@settings(max_examples=20, deadline=None)
@given(value=st.integers(0, 0xFFFF))
async def test_any_value_is_kept(fee: FeeProxy, value: int) -> None:
    await fee.write(vend=value)
    assert await fee.read("vend") == value


@pytest.mark.requirement("EX-2")
@pytest.mark.limit(p50_ms=50, p99_ms=1000)
async def test_replies_come_soon(fee: FeeProxy, timing: Timing) -> None:
    for _ in range(200):
        with timing.measure():
            await fee.read("frame_counter")


@pytest.mark.requirement("EX-3")
async def test_an_event_frame_is_complete(fee: FeeProxy, link: WatchedLink) -> None:
    await fee.start("ft", **EVENTS)
    packets = await frame(link)
    headers = [header for header, _ in packets]
    assert headers[0].type == HOUSEKEEPING
    assert [header.sequence for header in headers] == list(range(len(headers)))
    assert len({header.frame_counter for header in headers}) == 1
    seen = {header.node for header, payload in packets if header.type == EVENT and any(payload)}
    assert seen == NODES


@pytest.mark.requirement("EX-3")
async def test_events_are_those_of_the_frame_in_its_memory(
    fee: FeeProxy, link: WatchedLink
) -> None:
    places = {(2, 2), (381, 636), (100, 200), (103, 200), (250, 7)}
    pixels = np.zeros((639, 384), np.uint16)
    for column, row in places:
        pixels[row, column] = 10 * THRESHOLD_ADU
    await fee.upload_frame("E2", pixels)
    await fee.start("event-simulation", **EVENTS)
    packets = await frame(link)
    events = [struct.unpack(">27H", p) for h, p in packets if h.node == "E2" and h.type == EVENT]
    found = {(column, row) for column, row, *window in events if any(window)}
    assert found == places


@pytest.mark.requirement("EX-4")
async def test_faults_of_the_link_are_borne(lab: Lab, fee: FeeProxy) -> None:
    with lab.faults("fee", FAULTS) as injected:
        for value in range(40):
            await fee.write(vstart=value)
            assert await fee.read("vstart") == value
    assert sum(injected.counts.values()) > 5
