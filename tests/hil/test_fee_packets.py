# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the FEE sends in each mode: which packets, in which order, with what in them."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
import pytest
from fee_rig import DATA, EVENT, HK, MASK, NODES, Bench, headers, node_of, noise
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fsw_emu.core import Core
from fsw_emu.fee.sources import FULL_FRAME, Stills
from fsw_emu.model.fee import check, read_window
from fsw_emu.packets.fee_registers import FIELDS

FTP, FT, FF, FF_SIMULATION, EVENT_SIMULATION = 1, 3, 4, 9, 0xA
NODE_BITS = {"E4": 8, "F4": 4, "E2": 2, "F2": 1}
UNBINNED, BINNED_6, BINNED_24 = 1, 2, 3


def images(packets: list[bytes]) -> dict[str, NDArray[np.uint16]]:
    """Pixels by node, as they came."""
    parts: dict[str, list[bytes]] = {}
    for packet, header in zip(packets, headers(packets), strict=True):
        if header["type"] == DATA:
            parts.setdefault("EF" if header["side"] == 2 else node_of(header), []).append(packet)
    return {n: np.frombuffer(b"".join(p[10:] for p in ps), ">u2") for n, ps in parts.items()}


def expect_readout(packets: list[bytes], mode: int) -> list[dict[str, int]]:
    """What holds for every readout: housekeeping first, one sequence, one mode and frame."""
    read = headers(packets)
    assert all(check(packet) == 0 for packet in packets)
    assert (read[0]["type"], read[0]["last"], len(packets[0])) == (HK, 1, 162)
    assert not any(header["type"] == HK for header in read[1:])
    assert [header["sequence"] for header in read] == [i & 0xFFFF for i in range(len(read))]
    assert {header["mode"] for header in read} == {mode}
    assert len({header["frame_counter"] for header in read}) == 1
    return read


@pytest.mark.verifies("FEEMODE-2", "FEEMODE-12", "FEEMODE-14")
@given(
    packet_size=st.integers(0, 0xFFFF) | st.integers(600, 800),
    selected=st.integers(0, 15),
    mode=st.sampled_from([FTP, FT, 0xB, 0xE]),
)
def test_images_in_packets_of_any_size(
    core: Core, packet_size: int, selected: int, mode: int
) -> None:
    """The nodes in the order of the stream, whole; each has one last flag; only the last packet
    of a node may be shorter."""
    size = max(14, packet_size - (packet_size - 10) % 4)
    if size < 600:
        selected &= -selected  # one node is many packets then
    bench = Bench(core, Stills(noise()), ccd_mode2_config=BINNED_24)
    packets = bench.readout(mode, packet_size=packet_size, readout_node_sel=selected)
    read = expect_readout(packets, mode)
    nodes = [node for node in NODES if selected & NODE_BITS[node]]
    by_node = {n: list(p) for n, p in groupby(zip(read[1:], packets[1:], strict=True),
               key=lambda pair: node_of(pair[0]))}  # fmt: skip
    assert list(by_node) == nodes
    for pairs in by_node.values():
        assert [header["last"] for header, _ in pairs] == [0] * (len(pairs) - 1) + [1]
        assert {len(packet) for _, packet in pairs[:-1]} <= {size}
        assert len(pairs[-1][1]) <= size
    expected = Stills(noise()).uv_frames(0)
    for node, pixels in images(packets).items():
        if mode != FTP:
            assert (pixels == expected[node].ravel()).all()


@pytest.mark.verifies("FEEMODE-2", "FEEMODE-11")
def test_a_frame_transfer_is_a_packet_a_row(core: Core) -> None:
    frames = noise()
    packets = Bench(core, Stills(frames)).readout(FT)
    expect_readout(packets, FT)
    assert len(packets) == 1 + 4 * 639
    assert [i for i, h in enumerate(headers(packets)) if h["last"]] == [0, 639, 1278, 1917, 2556]
    for node, pixels in images(packets).items():
        assert (pixels.reshape(639, 384) == frames[node]).all()


@pytest.mark.verifies("FEEMODE-2", "FEEMODE-11")
def test_unbinned_sides_and_full_frames_show_the_same_pixels(core: Core) -> None:
    full = np.random.default_rng(1).integers(0, 65536, FULL_FRAME, dtype=np.uint16)
    bench = Bench(core, Stills({"CCD4": full}), packet_size=65534, ccd_readout=2)
    packets = bench.readout(FF)
    read = expect_readout(packets, FF)
    assert [h["last"] for h in read[1:]] == [0] * (len(read) - 2) + [1]
    assert {(h["side"], h["ccd"]) for h in read[1:]} == {(2, 1)}
    assert (images(packets)["EF"] == full.ravel()).all()
    sides = images(bench.readout(FT, ccd_mode2_config=UNBINNED, readout_node_sel=8 | 4))
    assert (sides["F4"].reshape(3791, 2255) == full[:3791, 0:4510:2]).all()
    assert (sides["E4"].reshape(3791, 2255) == full[:3791, 1:4510:2]).all()


def pattern_pixel(time_code: int, ccd: int, side: int, row: int, col: int) -> int:
    return time_code % 8 << 13 | ccd << 12 | side << 10 | row % 32 << 5 | col % 32


@pytest.mark.verifies("FEEMODE-15", "FEEMODE-2")
@pytest.mark.parametrize("time_code", [0, 5, 63])
def test_the_pattern(core: Core, time_code: int) -> None:
    bench = Bench(core, Stills(noise()), event_detection=1, pix_offset=7)
    bench.tick(time_code)
    for node, pixels in images(bench.readout(FTP)).items():
        ccd, side = int(node[1] == "4"), int(node[0] == "E")
        for row in (0, 1, 31, 32, 500, 638):
            expected = [pattern_pixel(time_code, ccd, side, row, col) for col in range(384)]
            assert pixels.reshape(639, 384)[row].tolist() == expected


@pytest.mark.verifies("FEEMODE-15", "FEEMODE-2")
def test_the_pattern_as_a_full_frame(core: Core) -> None:
    bench = Bench(core, packet_size=65534, ccd_readout=1)
    bench.tick(9)
    packets = bench.readout(FF_SIMULATION)
    expect_readout(packets, FF_SIMULATION)
    full = images(packets)["EF"].reshape(FULL_FRAME)
    for row, col in [(0, 0), (0, 1), (4510, 4607), (1234, 2346), (77, 4001)]:
        assert full[row, col] == pattern_pixel(9, 0, col % 2, row, col // 2)


def detected(core: Core, frame: Any, threshold: int, limit: int, mask: Any) -> Any:
    """(kind, row, column, pixels) as the event detection gives them, which has its own tests."""
    found = core.detect_events(frame, threshold=threshold, limit=limit, mask=mask)
    return [(int(kind), int(e["row"]), int(e["col"]), *e["pixels"].tolist())
            for kind, e in zip(found.kinds, found.records, strict=True)]  # fmt: skip


@pytest.mark.verifies("FEEMODE-2", "FEEMODE-18")
@pytest.mark.parametrize("mode", [FT, EVENT_SIMULATION])
@pytest.mark.parametrize("masks", [0, 1])
def test_events_are_those_of_the_registers(core: Core, mode: int, masks: int) -> None:
    """Thresholds differ by node; the packet limit counts E, then F of each CCD."""
    rng = np.random.default_rng(3)
    frames = {node: rng.integers(400, 600, (639, 384), dtype=np.uint16) for node in NODES}
    thresholds = {"E2": 160, "F2": 150, "E4": 155, "F4": 145}
    limit = len(detected(core, frames["E2"], 160, 0xFFFFFF, None)) + 100
    bench = Bench(
        core,
        Stills(frames if mode == FT else {}),
        event_detection=1,
        event_pkt_limit=limit,
        edu_wandering_mask_en=masks,
        **{f"ccd{n[1]}_{n[0].lower()}_pix_threshold": t for n, t in thresholds.items()},
    )
    for node in frames if mode == EVENT_SIMULATION else ():
        bench.memory.load_frame(node, frames[node])
    packets = bench.readout(mode)
    read = expect_readout(packets, mode)
    came: dict[str, list[tuple[int, ...]]] = {node: [] for node in NODES}
    for packet, header in zip(packets[1:], read[1:], strict=True):
        if not header["last"]:
            row, col, pixels = read_window(packet)
            came[node_of(header)].append((header["type"], row, col, *pixels))
        else:
            assert packet[10:] == bytes(54)
    assert sum(header["last"] for header in read) == 6
    used = {"2": 0, "4": 0}
    for node in NODES:
        left = limit - used[node[1]]
        mask = (2, 2) if masks else None
        assert came[node] == detected(core, frames[node], thresholds[node], left, mask)
        used[node[1]] += sum(event[0] == EVENT for event in came[node])
    assert used["2"] == limit
    assert any(e[0] == MASK for e in came["E2"]) == bool(masks)


@pytest.mark.verifies("FEEMODE-13")
@pytest.mark.parametrize("mode", [FTP, FT, FF, FF_SIMULATION, EVENT_SIMULATION, 0xC])
def test_without_digitising_there_is_housekeeping_alone(core: Core, mode: int) -> None:
    bench = Bench(core, digitise_en=0, event_detection=1)
    assert [len(packet) for packet in bench.readout(mode)] == [162]
    assert bench.memory.get("frame_counter") == 1


@pytest.mark.verifies("FEEMODE-2")
@pytest.mark.parametrize("binning", [UNBINNED, BINNED_24])
def test_event_detection_is_for_6x6_binning(core: Core, binning: int) -> None:
    bench = Bench(core, event_detection=1, ccd_mode2_config=binning, readout_node_sel=1)
    packets = bench.readout(FT, packet_size=65534)
    assert {header["type"] for header in headers(packets[1:])} == {DATA}


@pytest.mark.verifies("FEEMODE-1", "FEEMODE-19")
def test_housekeeping_tells_frame_mode_and_full_sun(core: Core) -> None:
    frames = noise()
    frames["F2"][:3] = 65535
    frames["E4"][7] = 40001
    bench = Bench(core, Stills(frames), full_sun_pix_threshold=40000, event_detection=1)
    for count in (1, 2, 3):
        hk, *_ = bench.readout(FT)
        assert read_counter(hk) == headers([hk])[0]["frame_counter"] == count
        assert hk[10 + 0x87] == FT
        words = [int.from_bytes(hk[10 + at : 12 + at], "big") for at in range(144, 152, 2)]
        assert words == [3 * 384, 0, 0, 384]  # F2, E2, F4, E4
        registers = bench.memory.read(0x700, 152)
        assert (hk[10:-17], hk[-16:]) == (registers[:0x87], registers[0x88:])


def read_counter(hk: bytes) -> int:
    return int.from_bytes(hk[10 + 132 : 10 + 134], "big")


@pytest.mark.verifies("FEEMODE-16", "FEEMODE-17")
@settings(max_examples=settings.default.max_examples // 2)
@given(data=st.data(), seed=st.integers(0, 9))
def test_corrections(core: Core, data: st.DataObject, seed: int) -> None:
    """Against plain integers, pixel by pixel where it matters."""
    rng = np.random.default_rng(seed)
    node = data.draw(st.sampled_from(NODES))
    bypass, added = data.draw(st.integers(0, 1)), data.draw(st.integers(0, 1))
    offset = data.draw(st.integers(-0x8000, 0x7FFF) | st.integers(-300, 300))
    frame = rng.choice([0, 100, 500, 65400, 65535], (639, 384)).astype(np.uint16)
    bench = Bench(core, Stills({node: frame}), readout_node_sel=NODE_BITS[node])
    rows, cols = rng.integers(0, 256, 1024), rng.integers(0, 256, 512)
    bench.memory.row_corrections(node)[:] = rows
    bench.memory.column_corrections(node)[:] = cols
    pixels = images(
        bench.readout(
            FT, correction_bypass=bypass, correction_type=added, pix_offset=offset & 0xFFFF
        )
    )[node].reshape(639, 384)
    for row, col in rng.integers(0, (639, 384), (50, 2)).tolist():
        correction = 0 if bypass else int(rows[row] + cols[col]) * (1 if added else -1)
        expected = min(max(int(frame[row, col]) + correction + offset, 0), 65535)
        assert pixels[row, col] == expected


@pytest.mark.verifies("FEEMODE-17")
def test_the_offset_of_24x24_binned_images_and_none_of_unbinned(core: Core) -> None:
    frame = np.full((639, 384), 1000, np.uint16)
    bench = Bench(core, Stills(dict.fromkeys(NODES, frame)), pix_offset=0xFFFF, packet_size=65534)
    assert (images(bench.readout(FT, ccd_mode2_config=BINNED_24))["E2"] == 999).all()
    bench.put(readout_node_sel=1)
    assert (images(bench.readout(FT, ccd_mode2_config=UNBINNED))["F2"] == 1000).all()
    assert (images(bench.readout(FF))["EF"] == 1000).all()


#: fields that decide what is sent
DECIDE = (
    "ccd_readout", "packet_size", "correction_bypass", "correction_type", "digitise_en",
    "edu_wandering_mask_en", "readout_node_sel", "full_sun_pix_threshold", "pix_offset",
    "ccd_mode2_config", "event_detection", "ccd2_e_pix_threshold", "ccd2_f_pix_threshold",
    "ccd4_e_pix_threshold", "ccd4_f_pix_threshold", "event_pkt_limit",
)  # fmt: skip


@settings(max_examples=settings.default.max_examples // 2)
@given(
    registers=st.fixed_dictionaries(
        {name: st.integers(0, (1 << FIELDS[name].bits) - 1) for name in DECIDE}
    ),
    mode=st.sampled_from([FTP, FT, FT, FT, FF, FF_SIMULATION, EVENT_SIMULATION, 0xD]),
    equality=st.sampled_from(["passes", "fails"]),
    rule=st.sampled_from(["payload", "packet"]),
)
def test_whatever_registers_say_good_packets_come(
    core: Core, registers: dict[str, int], mode: int, equality: str, rule: str
) -> None:
    """Of the first stretches; none is much longer than it may be."""
    readings = {"threshold_equality": equality, "data_len": rule}
    bench = Bench(core, Stills(noise()), readings=readings, **registers)
    bench.memory.load_frame("E4", noise()["E4"])
    bench.execute(mode)
    for _ in range(12):
        stretch = bench.stretch()
        assert sum(map(len, stretch)) <= (64 << 10) + 0xFFFF
        assert all(check(p, count_header=rule == "packet") == 0 for p in stretch)
