# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Measure the coders, with the entropy limit first and peers beside them, on the same data.

Usage: bench_compression.py [-h] [--peers] [--json FILE] [--plot FILE.png]

Every coder has to give back what it got (near-lossless ones within their error). Sizes are of all
bytes, headers and models included; rates are of CPU time, so that a busy machine matters less.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import compression_codecs as codecs
import compression_data as data
import compression_sets as sets
import numpy as np
from compression_codecs import Coder, Cost, measure
from compression_plot import Curve, write_plot
from figures import Row, keep, tell

import fsw_emu
from fsw_emu.cli.progress import Progress
from fsw_emu.targets._library import load

BITS, EVENT, HK = "bits/sample", "bytes/event", "bytes/packet"
#: what ours have to reach, by noise [ADU]; and rates [MB/s]
GROUPED = {3: 3.80, 5: 4.50, 10: 5.48, 20: 6.47}
INDEPENDENT = {3: 3.95, 5: 4.62, 10: 5.58, 20: 6.57}
NEAR_LOSSLESS = {1: 2.98, 2: 2.28}
EVENT_BYTES, HK_BYTES = 16.8, 14.0
COLMEAN_MB_S, AEC_ENCODE_MB_S, AEC_DECODE_MB_S = 600, 800, 650
STATE_KIB = 8
TIMED = 5  # the noise at which times are taken
PLOTTED = (1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30)
NOT_PLOTTED = ("lz4", "zstd -3")  # far above all others, and beside -19
FLIPS = 200
WIDE = 12  # a column


class Table:
    """Lines for people; the same figures as rows for the file."""

    def __init__(self, bar: Progress) -> None:
        self.rows: list[Row] = []
        self.bar = bar

    def title(self, text: str, columns: Sequence[str] = ()) -> None:
        print(f"\n{text:40}" + "".join(f"{name:>{WIDE}}" for name in columns), flush=True)

    def line(self, name: str, cells: Iterable[Row | None]) -> None:
        """One line; None leaves a cell out."""
        texts = []
        for row in cells:
            texts.append("" if row is None else f"{row.value:.{_digits(row)}f}")
            self.rows += [row] if row else []
        print(f"  {name:38}" + "".join(f"{text:>{WIDE}}" for text in texts), flush=True)
        self.bar.add(1)

    def of(self, what: str) -> float:
        return next(row.value for row in self.rows if row.what == what)


def _digits(row: Row) -> int:
    return {"MB/s": 0, "ADU": 0, BITS: 3}.get(row.unit, 0 if "heap" in row.what else 2)


def _speed(name: str, cost: Cost, bars: tuple[float | None, float | None]) -> list[Row | None]:
    if cost.encode_mb_s is None or cost.decode_mb_s is None or cost.heap_kib is None:
        return []
    return [
        Row(f"{name}, encode", cost.encode_mb_s, "MB/s", bars[0]),
        Row(f"{name}, decode", cost.decode_mb_s, "MB/s", bars[1]),
        Row(f"{name}, heap", cost.heap_kib, "KiB"),
    ]


def bench_frames(table: Table, *, peers: bool) -> None:
    """Lossless, at four levels of noise."""
    stacks = {sigma: sets.frames(sigma) for sigma in sets.SIGMAS}
    noises = [f"noise {sigma}" for sigma in stacks]
    table.title("synthetic frames, bits/sample", [*noises, "enc MB/s", "dec MB/s", "heap KiB"])
    for name, limit in (
        ("entropy limit", lambda sigma: data.frame_limit(stacks[sigma])),
        ("  of the noise alone", data.noise_limit),
    ):
        table.line(name, [Row(f"{name}, noise {s}", limit(s), BITS) for s in stacks])
    ours = codecs.ours_of_frames
    rates = (COLMEAN_MB_S, COLMEAN_MB_S)
    coders: list[tuple[Coder, dict[int, float], tuple[float | None, float | None]]] = [
        (ours("colmean"), GROUPED, rates),
        (ours("colmean, independent", independent=True), INDEPENDENT, rates),
        (ours("aec, packets", codec="aec"), {}, (None, None)),
        (ours("auto", codec="auto"), {}, (None, None)),
        (codecs.our_aec(), {}, (AEC_ENCODE_MB_S, AEC_DECODE_MB_S)),
        *((peer, {}, (None, None)) for peer in (codecs.peers_of_frames() if peers else ())),
    ]
    for coder, bars, rate in coders:
        bits: list[Row | None] = []
        speed: list[Row | None] = []
        for sigma, stack in stacks.items():
            cost = measure(coder, stack, timed=sigma == TIMED)
            each = 8 * cost.coded / stack.size
            bits.append(Row(f"{coder.name}, noise {sigma}", each, BITS, bars.get(sigma)))
            speed = speed or _speed(coder.name, cost, rate)
        table.line(coder.name, [*bits, *speed])
    if peers:
        table.title("aec beside libaec, this run", ["encode", "decode"])
        table.line(
            "ratio of rates",
            [
                Row(
                    f"aec {what} / libaec",
                    table.of(f"aec, {what}") / table.of(f"{codecs.LIBAEC}, {what}"),
                    "",
                    1,
                )
                for what in ("encode", "decode")
            ],
        )


def bench_near_lossless(table: Table) -> None:
    table.title("near-lossless, noise 5", ["bits", "error"])
    stack = sets.frames(TIMED)
    for most, bar in NEAR_LOSSLESS.items():
        packets = fsw_emu.compress_frames(stack, near_lossless=most)
        there, _ = fsw_emu.decompress_frames(packets)
        error = int(np.abs(there.astype(np.int32) - stack).max())
        bits = 8 * sum(map(len, packets)) / stack.size
        name = f"colmean, near-lossless {most}"
        cells = [Row(name, bits, BITS, bar), Row(f"{name}, largest error", error, "ADU")]
        table.line(name, cells)
        if error > most:
            raise ValueError(f"{name} has an error of {error}")


def bench_other_frames(table: Table, *, peers: bool) -> None:
    """Frames of scenes and of the simulator."""
    stacks = dict(data.frame_sets())
    table.title("other frames, bits/sample", list(stacks))
    limits = [Row(f"entropy limit, {n}", data.frame_limit(x), BITS) for n, x in stacks.items()]
    table.line("entropy limit", limits)
    coders = [
        codecs.ours_of_frames("colmean"),
        codecs.ours_of_frames("colmean, independent", independent=True),
        codecs.ours_of_frames("auto", codec="auto"),
        *(codecs.peers_of_frames() if peers else ()),
    ]
    for coder in coders:
        bits = {n: 8 * measure(coder, x).coded / x.size for n, x in stacks.items()}
        table.line(coder.name, [Row(f"{coder.name}, {n}", b, BITS) for n, b in bits.items()])


def bench_events(table: Table, *, peers: bool) -> None:
    lists = dict(data.event_sets())
    first = next(iter(lists))
    table.title(
        "events, bytes/event", [*(n[-9:] for n in lists), "enc MB/s", "dec MB/s", "heap KiB"]
    )
    _lists(
        table,
        {name: (packets, len(packets) // data.EVENT_BYTES) for name, packets in lists.items()},
        data.event_limit,
        [*codecs.ours_of_events(), *(codecs.peers_of_events() if peers else ())],
        EVENT,
        {"events": {first: EVENT_BYTES}},
    )


def bench_housekeeping(table: Table, *, peers: bool) -> None:
    packets = sets.housekeeping()
    table.title("housekeeping, bytes/packet", ["152 B", "enc MB/s", "dec MB/s", "heap KiB"])
    _lists(
        table,
        {"152 B": (packets, len(packets))},
        data.housekeeping_limit,
        [*codecs.ours_of_housekeeping(), *(codecs.peers_of_housekeeping() if peers else ())],
        HK,
        {"hkdelta": {"152 B": HK_BYTES}},
    )


def _lists(
    table: Table,
    lists: dict[str, tuple[Any, int]],
    limit: Callable[[Any], float],
    coders: Sequence[Coder],
    unit: str,
    bars: dict[str, dict[str, float]],
) -> None:
    """Lists of things: a limit and a line a coder; times of the first list."""
    table.line(
        "entropy limit", [Row(f"entropy limit, {n}", limit(x), unit) for n, (x, _) in lists.items()]
    )
    for coder in coders:
        cells: list[Row | None] = []
        speed: list[Row | None] = []
        for name, (x, n) in lists.items():
            cost = measure(coder, x, timed=not cells)
            bar = bars.get(coder.name, {}).get(name)
            cells.append(Row(f"{coder.name}, {name}", cost.coded / n, unit, bar))
            speed = speed or _speed(coder.name, cost, (None, None))
        table.line(coder.name, [*cells, *speed])


def bench_damage(table: Table, *, peers: bool) -> None:
    """One flipped bit of the coded frames at a time."""
    table.title(f"one flipped bit, {FLIPS} times", ["rows lost %", "silent %"])
    stack = sets.frames(TIMED)
    for independent in (False, True):
        name = "colmean, independent" if independent else "colmean"
        packets = fsw_emu.compress_frames(stack, independent=independent)
        lost, silent = codecs.damage(stack, packets, fsw_emu.decompress_frames, FLIPS)
        wrong = Row(f"{name}, silently wrong", silent, "%", 0)
        table.line(name, [Row(f"{name}, rows lost of a frame", lost, "%"), wrong])
    if peers:
        coder = codecs.peers_of_frames()[0]
        decode = partial(codecs.libaec_checked, shape=stack.shape)
        lost, silent = codecs.damage(stack, coder.encode(stack), decode, FLIPS)
        wrong = Row(f"{coder.name}, silently wrong", silent, "%")
        table.line(coder.name, [Row(f"{coder.name}, rows lost of a frame", lost, "%"), wrong])


def bench_state(table: Table) -> None:
    """What a coder keeps, for frames of 384 columns."""
    table.title("state, 384 columns", ["KiB"])
    ffi, _ = load(None)
    for name, struct, column_bytes in (
        ("colmean, encoder", "struct sxi_rows", 2 + 4 + 2 + 2),
        ("colmean, decoder", "struct sxi_rows_decoder", 2),
    ):
        state = (ffi.sizeof(struct) + column_bytes * sets.COLS) / 1024
        table.line(name, [Row(f"{name}, state", state, "KiB", STATE_KIB)])


def curves(*, peers: bool) -> list[Curve]:
    """Bits a sample against read noise."""
    coders = [
        (codecs.ours_of_frames("colmean"), "ours"),
        (codecs.ours_of_frames("independent packets", independent=True), "ours"),
        *((peer, "peer") for peer in (codecs.peers_of_frames() if peers else ())),
    ]
    coders = [(coder, style) for coder, style in coders if coder.name not in NOT_PLOTTED]
    stacks = {sigma: sets.frames(sigma) for sigma in PLOTTED}
    limits = [data.frame_limit(stack) for stack in stacks.values()]
    made = [Curve("entropy limit", "limit", PLOTTED, limits)]
    for coder, style in coders:
        bits = [8 * measure(coder, x).coded / x.size for x in stacks.values()]
        made.append(Curve(coder.name, style, PLOTTED, bits))
    return made


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", action="store_true", help="measure coders of others as well")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here as well")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw bits a sample against noise (PNG)"
    )
    args = parser.parse_args()
    benches = [
        partial(bench_frames, peers=args.peers),
        bench_near_lossless,
        partial(bench_other_frames, peers=args.peers),
        partial(bench_events, peers=args.peers),
        partial(bench_housekeeping, peers=args.peers),
        partial(bench_damage, peers=args.peers),
        bench_state,
    ]
    with Progress("compression", None, "coders") as bar:
        table = Table(bar)
        for bench in benches:
            bench(table)
    print("\ntargets")
    tell([row for row in table.rows if row.at_least is not None], None)
    if args.json:
        keep(table.rows, args.json)
    if args.plot:
        write_plot(args.plot, curves(peers=args.peers))
    return 0


if __name__ == "__main__":
    sys.exit(main())
