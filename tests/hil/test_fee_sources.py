# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the FEE sees: images of files, recordings; and the same events as the public simulator."""

from __future__ import annotations

import argparse
import gzip
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from fee_rig import EVENT, MASK, NODES, Bench, headers, node_of, noise
from hypothesis import given
from hypothesis import strategies as st
from recorded import read_recording

from fsw_emu.cli.fee_device import SceneSeen, load_images, recorded_packets
from fsw_emu.core import Core
from fsw_emu.fee.sources import (
    FULL_FRAME,
    Stills,
    again_and_again,
    averaged,
    recorded_frames,
)
from fsw_emu.model.fee import header, read_window
from fsw_emu.scene import Scene

FT, FF, EVENT_SIMULATION = 3, 4, 0xA
SIMULATOR = {"window_order": "simulator", "sequence_after_hk": "restarts"}


def packets_of(path: Path) -> list[bytes]:
    return [packet.data for packet in read_recording(path) if packet.data[1] == 0xF0]


def windows(packets: list[bytes]) -> list[tuple[Any, ...]]:
    """Node, kind, last flag and window of each event packet, in order."""
    read = zip(packets, headers(packets), strict=True)
    return [(node_of(h), h["type"], h["last"], h["sequence"], *read_window(p))
            for p, h in read if h["type"] in (EVENT, MASK)]  # fmt: skip


@pytest.mark.shared
@pytest.mark.verifies("FEEMODE-2", "FEEMODE-18")
@pytest.mark.parametrize(
    ("name", "limit", "readouts", "last_column"),
    [("evsim_seed1", 0xFFFFFF, 13, 62), ("evsim_seed1_limit300", 300, 14, 67)],
)
def test_the_events_of_the_recorded_simulator(
    core: Core, recordings: Path, name: str, limit: int, readouts: int, last_column: int
) -> None:
    """The same frames in SRAM, the same registers: the same packets behind housekeeping, in the
    simulator's order of pixels. Its mode and frame counter are quirks."""
    recorded = packets_of(recordings / f"{name}.gresb.gz")
    bench = Bench(core, readings=SIMULATOR, event_pkt_limit=limit)
    with np.load(recordings / "evsim_seed1_frames.npz") as frames:
        for node in NODES:
            bench.memory.load_frame(node, frames[node])
    bench.put(**{f"ccd{n[1]}_{n[0].lower()}_pix_threshold": 100 for n in NODES})
    for _ in range(readouts):
        packets = bench.readout(EVENT_SIMULATION)
    assert windows(packets) == windows(recorded)
    assert {w[5] for w in windows(packets) if w[1] == MASK} == {last_column}


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "frames"),
    [("evsim_seed1", 1), ("ft_event_detection_10_frames", 10), ("ft_1_frame", 1),
     ("ftp_pattern_1_frame", 1)],
)  # fmt: skip
def test_recordings_are_sent_again_frame_by_frame(
    core: Core, recordings: Path, name: str, frames: int
) -> None:
    recorded = packets_of(recordings / f"{name}.gresb.gz")
    bench = Bench(core, recording=again_and_again(lambda: recorded))
    sent = [bench.readout(FT) for _ in range(frames)]
    assert [packet for frame in sent for packet in frame] == recorded
    assert bench.readout(FT) == sent[0]


def packet(kind: int, frame: int, *, last: int = 0, first_pixel: int = 0) -> bytes:
    begun = header(
        payload=54, mode=3, last=last, side=0, ccd=0, kind=kind, frame=frame, sequence=0
    )  # fmt: skip
    return begun + bytes([first_pixel]) + bytes(53)


END, STRAY = packet(EVENT, 1, last=1), packet(EVENT, 0, last=1)


@pytest.mark.parametrize("counted", [True, False])
@given(events=st.lists(st.integers(0, 3), max_size=5), strays=st.integers(0, 4))
def test_frames_of_a_recording(counted: bool, events: list[int], strays: int) -> None:
    """With housekeeping or a counter that counts, and in vain packets of other protocols."""
    frames = []
    for i, n in enumerate(events):
        frame = i + 1 if counted else 0
        marker = packet(EVENT, frame, last=1)
        frames.append([packet(2, frame, last=1)] if counted or i == 0 else [])
        frames[-1] += [packet(EVENT, frame, first_pixel=9)] * (n + (not frames[-1])) + [marker] * 5
    stream = [p for frame in frames for p in frame]
    if frames:
        frames[0][:0] = [STRAY] * strays
        stream = [STRAY] * strays + stream
    other = [b"", b"\x50\x01" + bytes(20), b"\x50\xf0"]
    assert list(recorded_frames([*other, *stream, *other])) == frames


def test_a_recording_without_packets_is_none() -> None:
    with pytest.raises(ValueError, match="no FEE packets"):
        next(again_and_again(lambda: [b"\x50\x01" + bytes(20)]))


@given(factor=st.sampled_from([4, 6]), rows=st.integers(1, 9), cols=st.integers(1, 9),
       have=st.tuples(st.integers(1, 40), st.integers(1, 40)), seed=st.integers(0, 99))  # fmt: skip
def test_averages(factor: int, rows: int, cols: int, have: tuple[int, int], seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 65536, have, dtype=np.uint16)
    binned = averaged(image, factor, (rows, cols))
    for row, col in np.ndindex(rows, cols):
        square = [int(image[min(factor * row + i, have[0] - 1), min(factor * col + k, have[1] - 1)])
                  for i in range(factor) for k in range(factor)]  # fmt: skip
        assert binned[row, col] == sum(square) // factor**2


def test_stills_come_one_after_the_other_and_again() -> None:
    cube = np.arange(3, dtype=np.uint16)[:, None, None] + np.zeros((3, 639, 384), np.uint16)
    stills = Stills({"F4": cube})
    assert [int(stills.node_frames(i)["F4"].max()) for i in range(5)] == [0, 1, 2, 0, 1]
    assert not stills.node_frames(1)["E2"].any()
    full = stills.full_frame(2, 4)
    assert full.shape == FULL_FRAME
    assert ((full[:, 0::2] == 2).all(), full[:, 1::2].any()) == (True, False)
    assert (Stills({"CCD4": full}).node_frames(0)["F4"] == 2).all()
    assert (stills.uv_frames(1)["F4"] == np.ones((165, 96))).all()


@pytest.mark.parametrize(
    ("name", "image", "why"),
    [
        ("E3", np.zeros((639, 384), np.uint16), "none of"),
        ("E2", np.zeros((384, 639), np.uint16), "not 639 x 384"),
        ("E2", np.zeros((0, 639, 384), np.uint16), "not 639 x 384"),
        ("CCD2", np.zeros((639, 384), np.uint16), "not 4511 x 4608"),
        ("E2", np.zeros((639, 384), np.int32), "not uint16"),
    ],
)
def test_what_is_no_image(name: str, image: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Stills({name: image})


@pytest.mark.parametrize("suffix", [".npz", ".npy", ".fits"])
def test_images_of_files(tmp_path: Path, suffix: str) -> None:
    path, frames = tmp_path / f"frames{suffix}", noise()
    if suffix == ".npz":
        np.savez_compressed(path, **frames)
    elif suffix == ".npy":
        np.save(path, np.stack(list(frames.values())))
    else:
        hdus = [fits.PrimaryHDU(), *(fits.ImageHDU(f, name=n) for n, f in frames.items())]
        fits.HDUList(hdus).writeto(path)
    seen = Stills(load_images(path)).node_frames(0)
    assert all((seen[node] == frames[node]).all() for node in NODES)


def test_a_full_frame_of_the_ground(tmp_path: Path) -> None:
    full = np.random.default_rng(1).integers(0, 65536, FULL_FRAME, dtype=np.uint16)
    sides = [fits.ImageHDU(full[:, i::2].copy(), name=side) for i, side in enumerate("FE")]
    for side in sides:
        side.header["CCD"] = 4
    fits.HDUList([fits.PrimaryHDU(), *sides]).writeto(tmp_path / "ff.fits")
    images = load_images(tmp_path / "ff.fits")
    assert (Stills(images).full_frame(0, 4) == full).all()


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.npz", b"PK\x03\x04"), ("a.npz", b""), ("a.npy", b"\x93NUMPY"), ("a.fits", b"SIMPLE"),
     ("a.npy", b"\x93NUMPY\x01\x00F\x00{'descr': '<u2', 'fortran_order': False, 'shape': "
               b"(999999999999,), }   \n")],
)  # fmt: skip
def test_files_that_are_none(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=name):
        load_images(tmp_path / name)


def test_a_scene_comes_from_its_thread() -> None:
    args = argparse.Namespace(scene="quiet", seed=7, overflow="saturates")
    seen = SceneSeen(args, (165, 96), lambda: 2000)
    for _ in range(3):  # asked in turn, each is made once
        for index, method in ((0, "uv_frames"), (0, "node_frames")):
            while (got := getattr(seen, method)(index)) is None:
                time.sleep(0.001)
            expected = getattr(Scene("quiet", seed=7, frame_period_s=2.0), method)(index)
            assert all((got[node] == expected[node]).all() for node in NODES)


def test_gzip_is_seen(tmp_path: Path) -> None:
    framed = b"\0\0\0\x0c" + b"\x50\xf0" + bytes(10)
    args = argparse.Namespace(gresb_flags="either", pcap_prefix="2")
    for name, content in (("a", framed * 3), ("b", gzip.compress(framed * 3)),
                          ("c", gzip.compress(framed * 3)[:-4])):  # fmt: skip
        (tmp_path / name).write_bytes(content)
        assert list(recorded_packets(tmp_path / name, args)) == [framed[4:]] * 3
