"""What a command line of ``run`` asks for: settings of the chain and a source of packets."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from fsw_emu.cli.sources import RecordingSource, SceneSource, Source
from fsw_emu.core import Core
from fsw_emu.dpu.settings import FilterSettings, Interface, Settings
from fsw_emu.fee.front_end import FrontEndSettings
from fsw_emu.scene import NODES, Scene

EPOCH = datetime(2018, 1, 1, tzinfo=UTC)


class UsageError(Exception):
    """The command line asks for what cannot be."""


def check_usage(args: argparse.Namespace) -> None:
    if args.recording is not None:
        for option in ("scene", "frames", "seed", "image", "event_limit"):
            if getattr(args, option) is not None:
                flag = option.replace("_", "-")
                raise UsageError(f"--{flag} belongs to a scene, but a recording is given")
        if not args.recording.is_file():
            raise UsageError(f"{args.recording}: no such file")
    if args.record is not None and (Path(args.record).name, Path(args.record).suffix) != (
        args.record,
        ".pcapng",
    ):
        raise UsageError(f"--record {args.record}: a name like fee.pcapng, for a file in --out")
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


def source_of(args: argparse.Namespace, core: Core, settings: Settings) -> Source:
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
