"""The main job: a source, the science chain, the ground side, and the proof that they agree."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import fsw_emu.targets
from fsw_emu.atomic import atomic_file, write_atomic
from fsw_emu.cli.sources import RecordingSource, SceneSource, Source
from fsw_emu.core import CompressionEntity, Core, default_core
from fsw_emu.dpu.chain import ScienceChain
from fsw_emu.dpu.entity import Entity
from fsw_emu.dpu.settings import FilterSettings, Interface, Settings
from fsw_emu.fee.front_end import FrontEndSettings
from fsw_emu.ground.run import GroundResult, process
from fsw_emu.packets.ce import ce_filename
from fsw_emu.report.frame_time import mean_frame
from fsw_emu.report.page import ReportData, build_report
from fsw_emu.scene import NODES, Scene

EPOCH = datetime(2018, 1, 1, tzinfo=UTC)
MAX_FAULTS_SHOWN = 10


class UsageError(Exception):
    """The command line asks for what cannot be."""


def run(args: argparse.Namespace) -> int:
    """Do the job; exit code 0, or 1 when the data have faults."""
    core = default_core()
    _check_usage(args)
    onboard = core if args.target == "host" else fsw_emu.targets.open(args.target)
    args.out.mkdir(parents=True, exist_ok=True)
    _clear_earlier_run(args.out)
    settings = settings_of(args, core)
    source = _source(args, core, settings)
    downlink = Downlink(args.out, settings)
    chain = ScienceChain(onboard, settings, downlink.send)
    with downlink:
        for batch in source.batches():
            chain.feed(batch)
        chain.finish()
    check = LosslessCheck(downlink.digests)
    ground = process(
        args.out / "tm.bin",
        args.out,
        core,
        write_ce=False,
        on_entity=check.on_entity,
        data_len=args.data_len,
    )
    summary = _summary(source, chain, downlink, ground, check, settings)
    write_atomic(args.out / "summary.json", (json.dumps(summary, indent=2) + "\n").encode())
    report = build_report(_report_data(source, chain, ground, summary, settings))
    write_atomic(args.out / "report.html", report.encode())
    return _tell(args.out, summary)


def _check_usage(args: argparse.Namespace) -> None:
    if args.recording is not None:
        for option in ("scene", "frames", "seed", "image", "event_limit"):
            if getattr(args, option) is not None:
                flag = option.replace("_", "-")
                raise UsageError(f"--{flag} belongs to a scene, but a recording is given")
        if not args.recording.is_file():
            raise UsageError(f"{args.recording}: no such file")
    if args.frames is not None and args.frames < 1:
        raise UsageError(f"--frames {args.frames}: at least 1")
    if args.mode is not None and not 0 <= args.mode <= 15:
        raise UsageError(f"--mode {args.mode} is not within 0..15")
    if not 0 <= args.obsid <= 0xFFFFFFFF:
        raise UsageError(f"--obsid {args.obsid} is not within 32 bit")


def settings_of(args: argparse.Namespace, core: Core) -> Settings:
    """The command line as settings of the chain; ValueError for values out of range."""
    quirks = args.simulator
    period = args.frame_period
    if period is None:
        period = 4.0 if args.recording else 10.0
    filter_settings = FilterSettings(
        centre_max=args.centre_max,
        ring_sum_max=args.ring_sum_max,
        ring_max=args.ring_max,
        ring_count_max=args.ring_count_max,
        pedestal=args.pedestal,
    )
    filter_settings.absolute(args.pedestal or 0)  # refuse what is not 16 bit now
    return Settings(
        filter=filter_settings,
        interface=Interface(
            data_len=args.data_len,
            window_order=args.window_order or ("simulator" if quirks else "raster"),
            pixel_order=args.pixel_order or ("little" if quirks else "big"),
            sequence_reset_after_hk=args.sequence_reset_after_hk or quirks,
        ),
        codec=args.codec,
        t0_s=_seconds(args.t0),
        frame_period_ms=round(period * 1000),
        nodes=tuple(node for node in NODES if node in args.nodes.split(",")),
        binning=24 if args.image == "uv" else args.binning,
        mode=args.mode,
        masks=not args.no_masks,
        event_frames_per_entity=args.group,
        stack=args.stack,
        obsid=args.obsid,
        event_threshold=0 if args.recording else _scene(args).detection_threshold_adu,
        bad_pixels=_bad_pixels(args, core),
    )


def _seconds(text: str) -> int:
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--t0 {text}: not a time like 2026-05-19T00:00:00Z") from error
    when = when.replace(tzinfo=when.tzinfo or UTC)
    seconds = int((when - EPOCH).total_seconds())
    if not 0 <= seconds < 1 << 32:
        raise UsageError(f"--t0 {text}: outside the 32-bit seconds since 2018-01-01")
    return seconds


def _bad_pixels(args: argparse.Namespace, core: Core) -> dict[str, bytes] | None:
    """Masks by node: those given, or the hot pixels of the scene."""
    path = args.bad_pixels
    if path is None and args.recording is not None:
        return None
    if path is None:
        maps = _scene(args).bad_pixels()
        return {node: core.bad_pixel_mask(pixels) for node, pixels in maps.items()}
    try:
        with np.load(path, allow_pickle=False) as maps:
            return {node: core.bad_pixel_mask(maps[node].astype(bool)) for node in maps.files}
    except (ValueError, OSError, EOFError) as error:
        raise UsageError(f"--bad-pixels {path}: {error}") from error


def _scene(args: argparse.Namespace) -> Scene:
    period = 10.0 if args.frame_period is None else args.frame_period
    seed = 1 if args.seed is None else args.seed
    return Scene(args.scene or "storm", seed=seed, frame_period_s=period)


def _source(args: argparse.Namespace, core: Core, settings: Settings) -> Source:
    if args.recording is not None:
        return RecordingSource(args.recording)
    scene = _scene(args)
    front_end = FrontEndSettings(
        threshold=scene.detection_threshold_adu,
        event_limit=args.event_limit,
        wandering_mask=settings.masks,
        window_order=settings.interface.window_order,
        pixel_order=settings.interface.pixel_order,
        data_len=settings.interface.data_len,
    )
    return SceneSource(
        core,
        scene,
        frames=12 if args.frames is None else args.frames,
        image=args.image,
        nodes=settings.nodes,
        settings=front_end,
        name=f"{args.scene or 'storm'} scene",
    )


class Downlink:
    """Writes telemetry packets and entities as they come; tm.bin appears when it is whole."""

    def __init__(self, out: Path, settings: Settings) -> None:
        self._out = out
        self._settings = settings
        self._stack = contextlib.ExitStack()
        self._tm: Any = None
        self.digests: list[bytes] = []  # of each entity and its science data
        self.n_packets = self.bytes_tm = self.bytes_ce = 0
        self.files: list[str] = []
        (out / "ce").mkdir(exist_ok=True)

    def __enter__(self) -> Downlink:
        self._tm = self._stack.enter_context(atomic_file(self._out / "tm.bin"))
        return self

    def __exit__(self, *error: Any) -> bool | None:
        return self._stack.__exit__(*error)

    def send(self, entity: Entity) -> None:
        """One entity goes down."""
        header = entity.header
        first = int.from_bytes(entity.packets[0][2:4], "big") & 0x3FFF
        name = ce_filename(
            obsid=header.obsid,
            counter=header.counter,
            coarse=header.coarse,
            fine_us=header.fine_us,
            packet_count=first,
            product=header.product,
        )
        write_atomic(self._out / "ce" / name, entity.data)
        self.files.append(f"ce/{name}")
        self.digests.append(_digest(entity.data, entity.science))
        for packet in entity.packets:
            self._tm.write(packet)
            self.bytes_tm += len(packet)
        self.n_packets += len(entity.packets)
        self.bytes_ce += len(entity.data)


def _digest(entity: bytes, science: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(entity).digest() + science).digest()


class LosslessCheck:
    """Compares what the ground recovered with what was sent, byte for byte."""

    def __init__(self, sent: list[bytes]) -> None:
        self._sent = sent
        self._received: list[bytes] = []

    def on_entity(self, data: bytes, entity: CompressionEntity) -> None:
        """One entity has arrived."""
        self._received.append(_digest(data, entity.science))

    @property
    def lossless(self) -> bool:
        return self._received == self._sent


def _clear_earlier_run(out: Path) -> None:
    """Remove what an earlier run says it wrote here: its entities are not this run's."""
    try:
        files = json.loads((out / "summary.json").read_text())["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    for name in [*files, "summary.json", "report.html"]:
        path = out / str(name)
        if path.resolve().is_relative_to(out.resolve()):
            path.unlink(missing_ok=True)


def _summary(
    source: Source,
    chain: ScienceChain,
    downlink: Downlink,
    ground: GroundResult,
    check: LosslessCheck,
    settings: Settings,
) -> dict[str, Any]:
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
        "ce_count": len(downlink.digests),
        "bytes_in": splitter.n_bytes,
        "bytes_science": counts.bytes_science,
        "bytes_ce": downlink.bytes_ce,
        "bytes_tm": downlink.bytes_tm,
        "compression_ratio": round(counts.bytes_science / max(downlink.bytes_ce, 1), 4),
        "tm_packets": downlink.n_packets,
        "lossless": check.lossless and not ground.faults,
        "faults": [*source.faults, *(f"packet {f.packet}: {f.what}" for f in chain.faults)],
        "ground_faults": [str(fault) for fault in ground.faults],
        "faults_not_listed": source.faults.not_listed
        + chain.faults.not_listed
        + ground.faults_not_listed,
        "files": ["tm.bin", *downlink.files, *(path.name for path in ground.files)],
    }


def _report_data(
    source: Source,
    chain: ScienceChain,
    ground: GroundResult,
    summary: dict[str, Any],
    settings: Settings,
) -> ReportData:
    return ReportData(
        title=source.name,
        summary=summary,
        events=ground.event_table,
        window_order=summary["window_order"],
        frames=[(f.start_us, f.events_in, f.events_kept) for f in chain.frames],
        image=ground.last_image,
        work=mean_frame(
            summary,
            period_s=settings.frame_period_ms / 1000,
            event_frames=len(chain.frames),
            nodes=len(settings.nodes),
            masks=settings.masks,
            stack=settings.stack,
        ),
    )


def _tell(out: Path, summary: dict[str, Any]) -> int:
    n_in = sum(summary["events_in"].values())
    print(f"{summary['source']}: {summary['frames']} frames, {summary['packets']} packets")
    if n_in or not summary["images"]:
        causes = ", ".join(f"{k.replace('_', ' ')} {n}" for k, n in summary["rejected"].items())
        print(f"  events      {n_in} in, {summary['events_kept']} kept, rejected: {causes}")
    if summary["images"]:
        print(f"  images      {summary['images']}, {summary['missing_rows']} rows incomplete")
    print(f"  telemetry   {summary['ce_count']} entities, {summary['tm_packets']} packets, "
          f"{summary['bytes_tm']} bytes, ratio {summary['compression_ratio']}")  # fmt: skip
    print(f"  lossless    {'yes' if summary['lossless'] else 'NO'}")
    print(f"  report      {out / 'report.html'}")
    if n_in and not summary["events_kept"]:
        print(f"fsw-emu run: every event was rejected; the thresholds were {summary['filter']}",
              file=sys.stderr)  # fmt: skip
    faults = [*summary["faults"], *summary["ground_faults"]]
    for fault in faults[:MAX_FAULTS_SHOWN]:
        print(f"fsw-emu run: {fault}", file=sys.stderr)
    more = len(faults) - MAX_FAULTS_SHOWN + summary["faults_not_listed"]
    if more > 0:
        print(f"fsw-emu run: {more} more faults in summary.json", file=sys.stderr)
    return 1 if faults or not summary["lossless"] else 0
