# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Each other answer to a question of the FEE's link does what its words say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from answers import CORE, events, group, images, node_frame, per_frame, readouts, through, unpacked
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from recorded import Recorded
from strategies import frames

from fsw_emu.cli.main import build_parser, main
from fsw_emu.cli.setup import fill_in, settings_of
from fsw_emu.fee.front_end import FrontEnd, FrontEndSettings
from fsw_emu.model import edu
from fsw_emu.packets import pcap
from fsw_emu.packets.framings import gresb
from fsw_emu.packets.recording import RecordingReader
from fsw_emu.scene import Scene, SceneParameters

ORDERS = ("raster", "simulator")


def sent(frame: NDArray[np.uint16], **answers: Any) -> list[tuple[int, int, list[int]]]:
    """Events of one node frame on the wire."""
    settings_ = FrontEndSettings(**{"threshold": 3, "wandering_mask": False, **answers})
    packets = FrontEnd(CORE, settings_).event_readout({"E2": frame})
    return [(row, col, window) for _, row, col, window in events(packets)]


def window(frame: NDArray[np.uint16], row: int, col: int, order: str) -> list[int]:
    return [int(frame[row + dr, col + dc]) for dr, dc in edu.window_offsets(order)]


@pytest.mark.verifies("A1")
@given(frames())
def test_a1_order(frame: NDArray[np.uint16]) -> None:
    for order in ("raster", "simulator"):
        for row, col, pixels in sent(frame, window_order=order):
            assert pixels == window(frame, row, col, order)


@pytest.mark.verifies("A2")
def test_a2_packet_data_len_is_refused_by_the_other_reading() -> None:
    for sent_, read in (("payload", "packet"), ("packet", "payload")):
        packets = readouts(data_len=sent_)
        assert Recorded(packets[1]).data[2:4] == (b"\0\x36" if sent_ == "payload" else b"\0\x40")
        chain, entities = through(packets, data_len=read)
        assert not entities
        assert [f.what for f in chain.faults] == [
            "packet refused: length field disagrees with the packet"
        ] * len(packets)
        chain, entities = through(packets, data_len=sent_)
        assert (len(chain.faults), len(entities)) == (0, 1)


@pytest.mark.verifies("A3")
def test_a3_little_pixels_are_big_ones_swapped() -> None:
    packets = images(1, (639, 384))
    _, (big,) = through(packets)
    _, (little,) = through(packets, pixel_order="little")
    assert np.array_equal(np.frombuffer(big.science, ">u2"), np.frombuffer(little.science, "<u2"))
    _, (again,) = through(images(1, (639, 384), pixel_order="little"), pixel_order="little")
    assert again.science == big.science


@pytest.mark.verifies("A4")
def test_a4_restarts_at_0_after_housekeeping() -> None:
    for answer, first in (("goes-on", 1), ("restarts", 0)):
        packets = readouts(sequence_after_hk=answer)
        after_hk = packets[packets.index(packets[0]) + 1]
        assert int.from_bytes(after_hk[8:10], "big") == first
        for read in ("goes-on", "restarts"):
            chain, _ = through(packets, sequence_after_hk=read)
            assert len(chain.faults) == (0 if read == answer else 2)  # one a frame


@pytest.mark.verifies("A5")
def test_a5_mode_3_whatever_packets_say() -> None:
    packets = [bytes([*p[:4], p[4] & 0xF0 | 9, *p[5:]]) for p in readouts()]
    assert group(through(packets)[1][0], "FRMccdModeConfig") == 9
    assert group(through(packets, mode=3)[1][0], "FRMccdModeConfig") == 3


@pytest.mark.verifies("A6")
@given(frames(), st.integers(0, 9))
def test_a6_equality_fails_for_those_and_only_those(
    frame: NDArray[np.uint16], threshold: int
) -> None:
    """Against the medians themselves: what is equal goes, nothing else."""

    def above(row: int, col: int) -> int:
        pixels = window(frame, row, col, "raster")
        return pixels[12] - sorted(pixels[k] for k in edu.BACKGROUND)[5]

    passes = sent(frame, threshold=threshold)
    fails = sent(frame, threshold=threshold, threshold_equality="fails")
    assert fails == [one for one in passes if above(*one[:2]) != threshold]


@pytest.mark.verifies("A6")
def test_a6_fails_drops_the_pixel_at_the_threshold() -> None:
    frame = node_frame((10, 20, 25), (30, 40, 26))
    assert len(sent(frame, threshold=25)) == 2
    assert [e[:2] for e in sent(frame, threshold=25, threshold_equality="fails")] == [(30, 40)]


@pytest.mark.verifies("A10")
def test_a10_threshold_50_or_one_a_node(tmp_path: Path) -> None:
    frame = node_frame((10, 20, 49), (30, 40, 50))
    assert [e[:2] for e in sent(frame, threshold=50)] == [(30, 40)]

    def thresholds(*args: str) -> list[int]:
        parsed = build_parser().parse_args(["run", "--out", str(tmp_path), *args])
        fill_in(parsed)
        _, (entity,) = through(readouts(1), thresholds=settings_of(parsed, CORE).thresholds)
        return [group(entity, f"FRMccd{n[1]}{n[0]}PixThreshold") for n in ("E2", "F2", "E4", "F4")]

    assert thresholds() == [25] * 4
    assert thresholds("--threshold", "50") == [50] * 4
    assert thresholds("--threshold", "1,2,3,4") == [1, 2, 3, 4]
    assert thresholds("file.gresb", "--threshold", "7") == [7] * 4
    assert thresholds("file.gresb") == [0] * 4


@pytest.mark.verifies("A25")
def test_a25_prefix_of_0_or_2_bytes() -> None:
    packets = readouts(1)
    start = pcap.file_header()
    for written, prefix in ((b"", 0), (b"\1\2", 2)):
        made = start + b"".join(pcap.record(written + p, time_ns=0) for p in packets)
        reader = RecordingReader(prefix_bytes=prefix)
        assert [packet.data for packet in reader.feed(made)] == packets
        other = RecordingReader(prefix_bytes=2 - prefix).feed(made)
        chain, entities = through([packet.data for packet in other])
        assert not entities
        assert len(chain.faults) == len(packets)


@pytest.mark.verifies("A26")
@given(st.integers(0, 255))
def test_a26_flags_high_low_or_either(flags: int) -> None:
    framed = bytes([flags]) + gresb.build(b"abc")[1:]
    for end, eep, cut in (("either", 0x81, 0x42), ("high", 0x80, 0x40), ("low", 0x01, 0x02)):
        reader = gresb.Host(end)  # type: ignore[arg-type]
        (packet,) = reader.feed(framed)
        assert (packet.eep, packet.truncated) == (bool(flags & eep), bool(flags & cut))
        assert bool(reader.faults) == bool(flags & ~(eep | cut))


@pytest.mark.verifies("A31")
@given(frames())
def test_a31_background_by_raster_simulator_or_window(frame: NDArray[np.uint16]) -> None:
    """Events are the model's with the order of the background, windows those of the other."""
    for order in ORDERS:
        for background in ("window", *ORDERS):
            by = order if background == "window" else background
            expected = [
                (row, col, window(frame, row, col, order))
                for _, row, col, _ in edu.detect(frame, 3, order=by)[0]
            ]
            assert sent(frame, window_order=order, background_set=background) == expected


@pytest.mark.verifies("A32")
def test_a32_exchanged_registers_of_f2_and_e4() -> None:
    hits = tuple((10 * i, 20, 10 * i) for i in range(1, 6))  # 10 to 50 ADU
    own = {"E2": 15, "F2": 25, "E4": 35, "F4": 45}
    exchanged = {**own, "F2": own["E4"], "E4": own["F2"]}
    left = readouts(1, hits=hits, threshold=own, threshold_registers="exchanged")
    assert left == readouts(1, hits=hits, threshold=exchanged)
    counts = [sum(e[0] == node for e in events(left)) for node in own]
    assert counts == [4, 2, 3, 1]
    same = dict.fromkeys(own, 25)
    assert readouts(1, threshold=same, threshold_registers="exchanged") == readouts(1)


@pytest.mark.verifies("A34")
def test_a34_wraps_only_where_it_saturates() -> None:
    parameters = SceneParameters(pedestal_adu=65_525)
    stays, wraps = (
        Scene("quiet", frame_period_s=1, parameters=parameters, overflow=o).node_frames(0)["E2"]
        for o in ("saturates", "wraps")
    )
    differ = stays != wraps
    assert differ.sum() > 1000
    assert np.all(stays[differ] == 65_535)
    assert np.all(wraps[differ] < 5000)


@pytest.mark.verifies("A35")
def test_a35_absent_end_marker() -> None:
    with_it, without = readouts(), readouts(end_marker="absent")
    assert len(with_it) - len(without) == 2
    for packets, answer in ((with_it, "sent"), (without, "absent")):
        chain, (entity,) = through(packets, end_marker=answer)
        assert (chain.counts.frames, chain.counts.incomplete_frames) == (2, 0)
        assert len(chain.faults) == 0
        assert unpacked(entity).header.integrity == 0
    assert through(without)[0].counts.incomplete_frames == 2
    assert through(with_it, end_marker="absent")[0].counts.frames == 4


@pytest.mark.verifies("A36")
def test_a36_omitted_housekeeping() -> None:
    packets = readouts(event_hk="omitted")
    assert 2 not in {Recorded(packet).kind for packet in packets}
    assert int.from_bytes(packets[0][8:10], "big") == 0
    chain, (entity,) = through(packets)
    assert (chain.splitter.n_hk, len(chain.faults), chain.counts.incomplete_frames) == (0, 0, 0)
    assert per_frame(entity, "FRMHKframeCounter") == [0, 0]
    assert per_frame(through(readouts())[1][0], "FRMHKframeCounter") == [1, 2]


@pytest.mark.verifies("A37")
@pytest.mark.parametrize("size", [14, 522, 778, 4106])
def test_a37_packet_size_522_and_others(size: int) -> None:
    packets = images(1, (639, 384) if size > 500 else (165, 96), packet_size=size)
    assert max(map(len, packets)) == max(size, 162)
    expected = images(1, (639, 384) if size > 500 else (165, 96))
    (chain, (entity,)), (_, (other,)) = (
        through(p, binning=6 if size > 500 else 24) for p in (packets, expected)
    )
    assert len(chain.faults) == 0
    assert entity.science == other.science


@pytest.mark.verifies("A44")
@pytest.mark.parametrize("nodes", [("E2", "F2"), ("E2", "F2", "E4", "F4"), ("E2", "F4")])
def test_a44_housekeeping_clears_f2_or_is_ignored(nodes: tuple[str, ...]) -> None:
    """Only where F2 is the last node is it still under way when all others have ended."""
    made = [p for p in images(2, (165, 96)) if Recorded(p).kind == 2 or Recorded(p).node in nodes]
    sequences = [0, *range(1, 42 * len(nodes) + 1)] * 2
    made = [p[:8] + n.to_bytes(2, "big") + p[10:] for p, n in zip(made, sequences, strict=True)]
    for answer, frames_ in (("ignored", 2), ("clears-f2", 4 if nodes[-1] == "F2" else 2)):
        chain, _ = through(made, nodes=nodes, binning=24, hk_last_flag=answer)
        assert chain.counts.frames == frames_
        assert chain.counts.incomplete_frames == frames_ - 2
        assert bool(chain.faults) == (frames_ > 2)


def test_answers_that_cannot_be_are_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for args in (
        ["--packet-size", "777"],
        ["--threshold", "65535", "--threshold-equality", "fails"],
        ["--threshold", "70000"],
        ["--destination", "256"],
        ["--entity-versions", "1,2,70000"],
        ["--missing-pixel", "-1"],
        ["--stack", "541", "--stack-members", "all"],
    ):
        assert (
            main(["run", "--scene", "quiet", "--frames", "1", *args, "--out", str(tmp_path)]) == 2
        )
        assert len(capsys.readouterr().err.splitlines()) == 1
