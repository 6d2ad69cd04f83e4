# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The main job: a source, the science chain, the ground side, and the proof that they agree."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import fsw_emu.targets
from fsw_emu import manifest
from fsw_emu.atomic import write_atomic
from fsw_emu.cli.downlink import Downlink, LosslessCheck
from fsw_emu.cli.origin import Began, MadeOf, paths_of
from fsw_emu.cli.recorder import recorded
from fsw_emu.cli.setup import check_usage, fill_in, reading_of, settings_of, source_of
from fsw_emu.cli.sources import Packets, Source
from fsw_emu.core import Core, default_core
from fsw_emu.dpu.science.chain import ScienceChain
from fsw_emu.dpu.science.readout import Batch
from fsw_emu.dpu.science.settings import Settings
from fsw_emu.ground.fits import Card
from fsw_emu.ground.reading import Reading
from fsw_emu.ground.run import GroundResult, process
from fsw_emu.provenance import Provenance, as_json, fits_cards, named
from fsw_emu.report.frame_time import mean_frame
from fsw_emu.report.page import ReportData, build_report

MAX_FAULTS_SHOWN = 10


def run(args: argparse.Namespace) -> int:
    """Do the job; exit code 0, or 1 when the data have faults."""
    began = Began()
    core = default_core()
    fill_in(args)
    check_usage(args)
    onboard = core if args.target == "host" else fsw_emu.targets.open(args.target)
    settings = settings_of(args, core)
    source = source_of(args, core, settings)
    reading = reading_of(args)
    bad_pixels = args.bad_pixels
    made_of = MadeOf(
        args,
        onboard=fsw_emu.targets.build(args.target),
        kind=source.kind,
        parameters={"chain": settings, "reading": reading, **source.parameters},
        seed=source.seed,
        inputs={
            "recording": source.inputs,
            "bad_pixels": [manifest.describe(bad_pixels, bad_pixels.name)] if bad_pixels else [],
        },
    )
    args.out.mkdir(parents=True, exist_ok=True)
    manifest.clear(args.out, keep=paths_of(args).values())
    with contextlib.closing(_batches(args, settings, source, made_of)) as batches:
        chain, downlink = send(batches, args.out, onboard, settings, looks=args.quick_look)
    return conclude(args, began, made_of, source, chain, downlink, settings)


def conclude(
    args: argparse.Namespace,
    began: Began,
    made_of: MadeOf,
    source: Packets,
    chain: ScienceChain,
    downlink: Downlink,
    settings: Settings,
    *,
    more: Mapping[str, Any] | None = None,
) -> int:
    """Telemetry that was sent to products, the proof that it is whole, and what is told of it
    all; ``more`` goes into summary.json. The exit code."""
    core, reading = default_core(), reading_of(args)
    origin = made_of.provenance()
    ground, check = receive(args.out, core, downlink, reading, cards=fits_cards(origin))
    summary = {**summary_of(source, chain, downlink, ground, check, settings), **(more or {})}
    told = {**summary, "provenance": as_json(origin)}
    write_atomic(args.out / "summary.json", (json.dumps(told, indent=2) + "\n").encode())
    report = build_report(_report_data(source, chain, ground, summary, settings, origin))
    write_atomic(args.out / "report.html", report.encode())
    sidecars = [manifest.write_sidecar(args.out / name, origin) for name in downlink.files]
    names = [*summary["files"], "summary.json", "report.html"]
    names += [args.record] if args.record else []
    names += [path.relative_to(args.out).as_posix() for path in sidecars]
    made_of.write_manifest(began, names)
    return _tell(args.command, args.out, summary)


def send(
    batches: Iterable[Batch], out: Path, onboard: Core, settings: Settings, *, looks: bool = False
) -> tuple[ScienceChain, Downlink]:
    """Packets to telemetry in the folder ``out``, with quick looks if they are asked for."""
    downlink = Downlink(out, settings, default_core())
    on_look = downlink.look if looks else None
    chain = ScienceChain(onboard, settings, downlink.send, on_look=on_look)
    with downlink:
        for batch in batches:
            chain.feed(batch)
        chain.finish()
    return chain, downlink


def receive(
    out: Path, core: Core, sent: Downlink, reading: Reading, *, cards: Sequence[Card] = ()
) -> tuple[GroundResult, LosslessCheck]:
    """Telemetry to products in the same folder, compared with what was sent."""
    check = LosslessCheck(sent.digests)
    ground = process(
        out / "tm.bin",
        out,
        core,
        write_ce=False,
        on_entity=check.on_entity,
        reading=reading,
        cards=cards,
    )
    return ground, check


def _batches(
    args: argparse.Namespace, settings: Settings, source: Source, made_of: MadeOf
) -> Generator[Batch, None, None]:
    if args.record is None:
        yield from source.batches()
    else:
        path = args.out / args.record
        yield from recorded(source.batches(), path, settings, made_of.comment)


def summary_of(
    source: Packets,
    chain: ScienceChain,
    downlink: Downlink,
    ground: GroundResult,
    check: LosslessCheck,
    settings: Settings,
) -> dict[str, Any]:
    """A run in numbers: what summary.json holds."""
    counts, splitter = chain.counts, chain.splitter
    bad, centre, ring_sum, ring_count = counts.rejected.counts
    thresholds = chain.thresholds
    return {
        "source": source.name,
        "frames": counts.frames,
        "incomplete_frames": counts.incomplete_frames,
        "discarded_frames": counts.discarded_frames,
        "packets": splitter.n_packets,
        "hk_packets": splitter.n_hk,
        "stray_packets": splitter.n_strays,
        "events_in": counts.events_in,
        "wandering_masks": counts.wandering_masks,
        "events_kept": counts.events_kept,
        "rejected": {
            "bad_pixel": bad,
            "centre": centre,
            "ring_sum": ring_sum,
            "ring_count": ring_count,
        },
        "images": counts.images,
        "missing_rows": counts.missing_rows,
        "missing_packets": counts.missing_packets,
        "filter": None if thresholds is None else vars(thresholds),
        "pedestal": chain.pedestal,
        "pedestal_from": chain.pedestal_from,
        "window_order": settings.interface.window_order,
        "codec": settings.codec,
        "near_lossless": settings.near_lossless,
        "near_lossless_entities": downlink.n_near_lossless,
        "largest_error": downlink.largest_error,
        "ce_count": len(downlink.digests),
        "bytes_in": splitter.n_bytes,
        "bytes_science": counts.bytes_science,
        "bytes_ce": downlink.bytes_ce,
        "bytes_tm": downlink.bytes_tm,
        "compression_ratio": round(counts.bytes_science / max(downlink.bytes_ce, 1), 4),
        "coder_by_product": downlink.coders,
        "ratio_by_product": downlink.ratios,
        "tm_packets": downlink.n_packets,
        "lossless": check.lossless
        and downlink.largest_error <= settings.near_lossless
        and not ground.faults,
        "faults": [*source.faults, *(f"packet {f.packet}: {f.what}" for f in chain.faults)],
        "ground_faults": [str(fault) for fault in ground.faults],
        "faults_not_listed": source.faults.not_listed
        + chain.faults.not_listed
        + ground.faults_not_listed,
        "files": ["tm.bin", *downlink.files, *(path.name for path in ground.files)],
    }


def _report_data(
    source: Packets,
    chain: ScienceChain,
    ground: GroundResult,
    summary: dict[str, Any],
    settings: Settings,
    origin: Provenance,
) -> ReportData:
    return ReportData(
        title=source.name,
        summary=summary,
        events=ground.event_table,
        window_order=summary["window_order"],
        frames=[(f.start_us, f.events_in, f.events_kept) for f in chain.frames],
        image=ground.last_image,
        provenance=named(origin),
        work=mean_frame(
            summary,
            period_s=settings.frame_period_ms / 1000,
            event_frames=len(chain.frames),
            nodes=len(settings.nodes),
            masks=settings.masks,
            stack=settings.stack,
        ),
    )


def _tell(command: str, out: Path, summary: dict[str, Any]) -> int:
    n_in = sum(summary["events_in"].values())
    print(f"{summary['source']}: {summary['frames']} frames, {summary['packets']} packets")
    if n_in or not summary["images"]:
        causes = ", ".join(f"{k.replace('_', ' ')} {n}" for k, n in summary["rejected"].items())
        print(f"  events      {n_in} in, {summary['events_kept']} kept, rejected: {causes}")
    if summary["images"]:
        print(f"  images      {summary['images']}, {summary['missing_rows']} rows incomplete")
    print(f"  telemetry   {summary['ce_count']} entities, {summary['tm_packets']} packets, "
          f"{summary['bytes_tm']} bytes, ratio {summary['compression_ratio']}")  # fmt: skip
    ratios = ", ".join(f"{product} {n}" for product, n in summary["ratio_by_product"].items())
    coders = ", ".join(dict.fromkeys(summary["coder_by_product"].values()))
    print(f"  compression {coders or summary['codec']}: ratio {ratios or 'of nothing'}")
    m, off = summary["near_lossless"], summary["largest_error"]
    acts = summary["near_lossless_entities"] > 0
    yes = f"within {m} ADU: pixels are off by {off} at most" if acts else "yes"
    print(f"  lossless    {yes if summary['lossless'] else 'NO'}")
    if m and not acts:
        print(f"  --near-lossless {m} had no effect: no images in packets of rows")
    print(f"  report      {out / 'report.html'}")
    if n_in and not summary["events_kept"]:
        thresholds = f"the thresholds were {summary['filter']}"
        print(f"fsw-emu {command}: every event was rejected; {thresholds}", file=sys.stderr)
    faults = [*summary["faults"], *summary["ground_faults"]]
    for fault in faults[:MAX_FAULTS_SHOWN]:
        print(f"fsw-emu {command}: {fault}", file=sys.stderr)
    more = len(faults) - MAX_FAULTS_SHOWN + summary["faults_not_listed"]
    if more > 0:
        print(f"fsw-emu {command}: {more} more faults in summary.json", file=sys.stderr)
    return 1 if faults or not summary["lossless"] else 0
