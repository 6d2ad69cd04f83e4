# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""An onboard unit under test, whichever: pytest --lab docs/examples/chain.toml."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw_emu.core import default_core
from fsw_emu.ground.run import GroundResult, process
from fsw_emu.packets.fee import EVENT, HOUSEKEEPING, FeeHeader
from fsw_emu.packets.fee_modes import Mode
from fsw_emu.packets.ptp import read_ptp
from fsw_emu.packets.spacewire import DPU_ADDRESS, FEE_DATA, SpwPacket
from hil.faults.plan import Plan, Rule
from hil.lab.lab import Lab, Unit

NODES = {"E2": (1, 0), "F2": (0, 0), "E4": (1, 1), "F4": (0, 1)}  # side, CCD
HK_BYTES = 152
BACKGROUND_ADU, EVENT_ADU = 100, 300
#: node, column, row
Place = tuple[str, int, int]
places = st.tuples(st.sampled_from(list(NODES)), st.integers(2, 381), st.integers(2, 636))


def event_frame(events: list[Place]) -> list[SpwPacket]:
    """A frame as the FEE sends it: housekeeping, events by node, the empty packets that end
    them."""
    payloads = [(HOUSEKEEPING, (0, 0), True, bytes(HK_BYTES))]
    window = [BACKGROUND_ADU] * 25
    window[12] += EVENT_ADU
    for node, place in NODES.items():
        for _, column, row in sorted(e for e in events if e[0] == node):
            payloads.append((EVENT, place, False, struct.pack(">27H", column, row, *window)))
        payloads.append((EVENT, place, True, bytes(54)))
    payloads.append((EVENT, NODES["F4"], True, bytes(54)))
    return [
        SpwPacket(
            FeeHeader(
                address=DPU_ADDRESS, protocol=FEE_DATA, data_len=len(payload), mode=Mode.FT,
                last=last, side=side, ccd=ccd, type=kind, frame_counter=1, sequence=number,
            ).to_bytes() + payload
        )
        for number, (kind, (side, ccd), last, payload) in enumerate(payloads)
    ]  # fmt: skip


def places_of(result: GroundResult) -> list[Place]:
    """The events that came down, in order."""
    assert result.event_table is not None
    return sorted(
        (f"{event['AMP'].decode()}{event['CCDNR']}", int(event["RAWX"]), int(event["RAWY"]))
        for event in result.event_table
    )


async def telemetry(dut: Unit, folder: Path) -> GroundResult:
    """What the ground makes of the next entity."""
    stream = b""
    while True:
        stream += read_ptp((await dut.packet("telemetry")).data).space_packet
        result = process([stream], folder, default_core(), write_ce=False)
        if result.entities:
            return result


@pytest.mark.requirement("EX-5")
@settings(max_examples=10, deadline=None)
@given(events=st.lists(places, min_size=1, max_size=20, unique=True))
async def test_every_event_comes_down(
    dut: Unit, tmp_path_factory: pytest.TempPathFactory, events: list[Place]
) -> None:
    dut.send(*event_frame(events))
    result = await telemetry(dut, tmp_path_factory.mktemp("ground"))
    assert result.faults == ()
    assert result.event_table is not None
    assert places_of(result) == sorted(events)
    assert all(event["PHAS"][12] == BACKGROUND_ADU + EVENT_ADU for event in result.event_table)


@pytest.mark.requirement("EX-6")
async def test_a_lost_packet_costs_its_event_alone(lab: Lab, dut: Unit, tmp_path: Path) -> None:
    events = [(node, 10 * n, 20 * n) for n, node in enumerate(NODES, 1)]
    second = Rule("drop", ("event",), number=3)  # after the first event and its node's end
    with lab.faults("science", Plan((second,))):
        dut.send(*event_frame(events))
    result = await telemetry(dut, tmp_path)
    assert places_of(result) == sorted(events[:1] + events[2:])
