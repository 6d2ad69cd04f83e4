# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Measure the core beside its peers in the same run. Usage: bench.py [-h] [--json FILE]

Prints a table; the file holds the same figures. Times are the best of several; the machine's
noise is in the absolute numbers, less in the ratios.
"""

from __future__ import annotations

import argparse
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from figures import Row, tell
from scipy import ndimage

import fsw_emu.targets
from fsw_emu.core import EVENT_DTYPE, Core, MapSettings
from fsw_emu.scene import Scene
from fsw_emu.targets.host import baseline_core, host_core

RECORDING = Path(__file__).resolve().parents[2] / "shared/data/fee_recordings"
BACKGROUND = [(-2, -2), (-2, -1), (-2, 0), (-2, 1), (-2, 2), (-1, -2), (-1, 2), (0, -2), (1, -2),
              (2, -2), (2, -1)]  # fmt: skip
RING = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if a or b]


def best(function: Callable[[], Any], seconds: float = 1.0) -> float:
    """Shortest time of one call [s]."""
    function()
    least, stop = 1e9, time.perf_counter() + seconds
    while time.perf_counter() < stop:
        start = time.perf_counter()
        function()
        least = min(least, time.perf_counter() - start)
    return least


def storm_frame(events: int) -> np.ndarray[Any, Any]:
    """Noise of 5 ADU on 500 with so many separate events: the figure's own frame."""
    rng = np.random.default_rng(1)
    frame = rng.normal(500, 5, (639, 384))
    cells = rng.choice(211 * 126, events, replace=False)
    frame[3 + 3 * (cells // 126), 3 + 3 * (cells % 126)] += rng.uniform(60, 400, events)
    return np.clip(np.rint(frame), 0, 65535).astype(np.uint16)


def detect_with_numpy(frame: np.ndarray[Any, Any], threshold: int) -> Any:
    f = frame.astype(np.int32)
    view = {
        (a, b): f[2 + a : f.shape[0] - 2 + a, 2 + b : f.shape[1] - 2 + b]
        for a in range(-2, 3)
        for b in range(-2, 3)
    }
    centre = view[0, 0]
    candidate = centre > view[RING[0]]
    for where in RING[1:]:
        candidate &= centre > view[where]
    row, col = np.nonzero(candidate)
    values = centre[row, col]
    below = sum(
        (view[where][row, col] <= values - threshold).astype(np.int8) for where in BACKGROUND
    )
    found = below >= 6
    return row[found] + 2, col[found] + 2


def detect_with_scipy(frame: np.ndarray[Any, Any], threshold: int) -> Any:
    around = np.zeros((5, 5), bool)
    for a, b in BACKGROUND:
        around[a + 2, b + 2] = True
    ring = np.ones((3, 3), bool)
    ring[1, 1] = False
    f = frame.astype(np.int32)
    most = ndimage.maximum_filter(f, footprint=ring)
    return np.nonzero((f > most) & (f >= ndimage.median_filter(f, footprint=around) + threshold))


def numba_detector() -> Callable[[np.ndarray[Any, Any], int], Any] | None:
    try:
        import numba
    except ImportError:
        return None
    background, ring = np.array(BACKGROUND), np.array(RING)

    @numba.njit(cache=False)
    def detect(frame: Any, threshold: int) -> Any:
        out = []
        for r in range(2, frame.shape[0] - 2):
            for c in range(2, frame.shape[1] - 2):
                v = np.int64(frame[r, c])
                ok = True
                for k in range(8):
                    if frame[r + ring[k, 0], c + ring[k, 1]] >= v:
                        ok = False
                        break
                if not ok:
                    continue
                n = 0
                for k in range(11):
                    if np.int64(frame[r + background[k, 0], c + background[k, 1]]) <= v - threshold:
                        n += 1
                if n >= 6:
                    out.append((r, c))
        return out

    return detect


def bench_detection(rows: list[Row]) -> None:
    scene = Scene("quiet", seed=1)
    frames = {"quiet": scene.node_frames(0)["E2"], "storm (3800 events)": storm_frame(3800)}
    bars = {"v3": (3000, 1000), "baseline": (1500, 700)}
    builds: dict[str, Core] = {"v3": host_core(), "baseline": baseline_core()}
    if host_core() is baseline_core():
        del builds["v3"]
    peers = {"numpy slicing": detect_with_numpy, "scipy.ndimage": detect_with_scipy}
    numba = numba_detector()
    if numba:
        peers["numba"] = numba
    for i, (name, frame) in enumerate(frames.items()):
        for build, core in builds.items():
            seconds = best(lambda core=core, frame=frame: core.detect_events(frame, threshold=25))  # type: ignore[misc]
            rate = frame.size / seconds / 1e6
            rows.append(Row(f"detect_events {name}, {build}", rate, "Mpix/s", bars[build][i]))
        for peer, function in peers.items():
            seconds = best(lambda f=function, frame=frame: f(frame, 25))  # type: ignore[misc]
            rows.append(Row(f"  {peer}", frame.size / seconds / 1e6, "Mpix/s"))


def maps_of(frame: np.ndarray[Any, Any]) -> dict[str, Any]:
    """What a converged offset and noise map would be for these frames; 5 sigma."""
    return {
        "offset": np.full(frame.shape, 500 * 256, np.uint32),
        "noise": np.full(frame.shape, 5 * 256, np.uint16),
        "common": np.zeros((frame.shape[0], -(-frame.shape[1] // 64)), np.int32),
        "sigmas_q4": 80,
    }


def find_with_scipy(frame: np.ndarray[Any, Any], maps: dict[str, Any]) -> Any:
    ring = np.ones((3, 3), bool)
    ring[1, 1] = False
    common = np.repeat(maps["common"], 64, axis=1)[:, : frame.shape[1]]
    height = (frame.astype(np.int32) << 8) - maps["offset"].astype(np.int32) - common
    least = maps["sigmas_q4"] * maps["noise"].astype(np.int32) >> 4
    return np.nonzero((height > ndimage.maximum_filter(height, footprint=ring)) & (height >= least))


def bench_finding(rows: list[Row]) -> None:
    """Detection beyond flight, beside the flight's own function and a peer."""
    frames = {"quiet": storm_frame(60), "storm (3800 events)": storm_frame(3800)}
    for build, core in {"v3": host_core(), "baseline": baseline_core()}.items():
        for name, frame in frames.items():
            maps = maps_of(frame)
            calls: dict[str, Callable[[], Any]] = {
                "detect_events": lambda core=core, frame=frame: core.detect_events(
                    frame, threshold=25
                ),
                "flight rule": lambda core=core, frame=frame: core.find_events(frame, threshold=25),
                "maps": lambda core=core, frame=frame, maps=maps: core.find_events(
                    frame, threshold=0, ties="raster", **maps
                ),
                "scipy": lambda frame=frame, maps=maps: find_with_scipy(frame, maps),
            }
            rates = {what: frame.size / best(call, 0.5) / 1e6 for what, call in calls.items()}
            for what, bar in (("flight rule", 100), ("maps", 50)):
                rows.append(Row(f"find_events {what}, {name}, {build}", rates[what], "Mpix/s", bar))
            rows.append(
                Row("  of detect_events", rates["flight rule"] / rates["detect_events"], "")
            )
            rows.append(Row("  maps, of scipy.ndimage", rates["maps"] / rates["scipy"], "", 10))


def bench_filter(rows: list[Row]) -> None:
    rng = np.random.default_rng(2)
    events = np.zeros(100_000, EVENT_DTYPE)
    events["pixels"] = rng.normal(520, 20, (len(events), 25))
    limits = {"centre_max": 1100, "ring_sum_max": 4600, "ring_max": 525}
    core = host_core()
    seconds = best(lambda: core.filter_events(events, **limits))
    rows.append(Row("filter_events", len(events) / seconds / 1e6, "Mevents/s", 5))
    ring = [6, 7, 8, 11, 13, 16, 17, 18]

    def with_numpy() -> Any:
        around = events["pixels"][:, ring].astype(np.uint32)
        return (
            (events["pixels"][:, 12] <= 1100)
            & (around.sum(axis=1) <= 4600)
            & ((around > 525).sum(axis=1) <= 4)
        )

    rows.append(Row("  numpy", len(events) / best(with_numpy) / 1e6, "Mevents/s"))


def bench_maps(rows: list[Row]) -> None:
    frame = np.rint(np.random.default_rng(5).normal(500, 5, (639, 384))).astype(np.uint16)
    core = host_core()
    maps = core.maps_update(core.maps_begin(frame.shape, MapSettings()), frame)
    offset = maps.offset.astype(np.int32)
    seconds = best(lambda: core.common_mode(frame, maps.offset, clip=20))
    rows.append(Row("common_mode", frame.size / seconds / 1e6, "Mpix/s", 100))

    def with_numpy() -> Any:
        return np.median((frame * np.int32(256) - offset).reshape(639, 6, 64), axis=2)

    rows.append(Row("  numpy median", frame.size / best(with_numpy) / 1e6, "Mpix/s"))
    seconds = best(lambda: core.maps_update(maps, frame))
    rows.append(Row("maps_update", frame.size / seconds / 1e6, "Mpix/s", 100))

    def step_with_numpy() -> Any:
        residual = frame * np.int32(256) - offset
        residual -= np.repeat(with_numpy(), 64, axis=1).astype(np.int32)
        noise = np.where(abs(residual) > maps.noise, maps.noise + 4, maps.noise - 2)
        return offset + 4 * np.sign(residual), noise

    seconds = best(step_with_numpy)
    rows.append(Row("  numpy, without levels", frame.size / seconds / 1e6, "Mpix/s"))


def bench_parsing(rows: list[Row]) -> None:
    count = 50_000
    packet = bytes.fromhex("50f000360321000100020014000a") + bytes(range(50))
    buffer = packet * count
    offsets = np.arange(count, dtype=np.uint32) * 64
    lengths = np.full(count, 64, np.uint32)
    core = host_core()
    rate = count / best(lambda: core.fee_parse(buffer, offsets, lengths)) / 1e6
    rows.append(Row("FEE packet parsing", rate, "Mpackets/s", 5))
    unpack = struct.Struct(">BBHHHH27H").unpack_from
    rate = count / best(lambda: [unpack(buffer, i * 64) for i in range(count)]) / 1e6
    rows.append(Row("  struct.unpack", rate, "Mpackets/s"))


def bench_aec(rows: list[Row]) -> None:
    rng = np.random.default_rng(3)
    frame = np.rint(500 + rng.normal(0, 5, (639, 384))).astype(np.uint16)
    theirs = {"bitspersample": 16, "blocksize": 64, "rsi": 128, "flags": 8}
    coded = imagecodecs.aec_encode(frame, **theirs)
    assert coded is not None
    for build, core in (("v3", host_core()), ("baseline", baseline_core())):
        assert core.aec_encode(frame, block_size=64) == bytes(coded)
        times = {}
        for _ in range(3):  # in turns, so that both see the same machine
            for key, call in {
                "encode": lambda core=core: core.aec_encode(frame, block_size=64),  # type: ignore[misc]
                "encode libaec": lambda: imagecodecs.aec_encode(frame, **theirs),
                "decode": lambda core=core: core.aec_decode(  # type: ignore[misc]
                    coded, frame.size, block_size=64
                ),
                "decode libaec": lambda: imagecodecs.aec_decode(coded, out=frame.nbytes, **theirs),
            }.items():
                times[key] = min(times.get(key, 1e9), best(call, 0.4))
        for what in ("encode", "decode"):
            rate = frame.nbytes / times[what] / 1e6
            peer = frame.nbytes / times[f"{what} libaec"] / 1e6
            rows.append(Row(f"aec {what}, {build}", rate, "MB/s"))
            rows.append(Row("  libaec", peer, "MB/s"))
            rows.append(Row("  ratio", rate / peer, "", 1.0))


def bench_runs(rows: list[Row]) -> None:
    command = Path(sys.executable).parent / "fsw-emu"
    recording = RECORDING / "ft_event_detection_10_frames.gresb.gz"
    with tempfile.TemporaryDirectory() as folder:
        if recording.exists():
            arguments = [command, "run", recording, "--out", folder, "--simulator"]

            def run() -> None:
                subprocess.run(arguments, check=True, capture_output=True)  # noqa: S603

            rows.append(Row("run, 10-frame recording", best(run, 6.0), "s", 2))
        probe = (
            "import resource, subprocess, sys, time; start = time.perf_counter(); "
            "subprocess.run(sys.argv[1:], check=True, capture_output=True); "
            "print(time.perf_counter() - start, "
            "resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
        )
        storm = [command, "run", "--scene", "storm", "--frames", "360", "--out", folder]
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", probe, *storm], check=True, capture_output=True, text=True
        )
        seconds, memory = (float(x) for x in done.stdout.split())
        rows.append(Row("run, 360 storm frames", seconds, "s", 90))
        rows.append(Row("  peak memory", memory, "MiB", 1024))


def bench_leon3(rows: list[Row]) -> None:
    """The way to the emulated flight processor and back, its work included."""
    core = fsw_emu.targets.open("leon3")
    frame = np.rint(np.random.default_rng(3).normal(500, 5, (639, 384))).astype(np.uint16)
    seconds = best(lambda: core.detect_events(frame, threshold=60))
    rows.append(Row("leon3: detect_events, quiet", frame.size / seconds / 1e6, "Mpix/s", 8))
    small = best(lambda: [core.crc16(b"123456789") for _ in range(500)])
    rows.append(Row("leon3: small requests", 500 / small, "1/s", 2000))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    args = parser.parse_args()
    rows: list[Row] = []
    for bench in (
        bench_detection, bench_finding, bench_filter, bench_maps, bench_parsing, bench_aec,
        bench_leon3,
        bench_runs,
    ):  # fmt: skip
        bench(rows)
    tell(rows, args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
