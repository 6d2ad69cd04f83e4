# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a command line of ``run`` asks for: settings of the chain and a source of packets."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fsw_emu.assumptions import ASSUMPTIONS
from fsw_emu.cli.sources import RecordingSource, SceneSource, Source
from fsw_emu.core import Core
from fsw_emu.dpu.science.masks import as_read
from fsw_emu.dpu.science.settings import FilterSettings, Interface, Settings
from fsw_emu.fee.front_end import FrontEndSettings
from fsw_emu.ground.reading import Reading
from fsw_emu.scene import NODES, Scene

EPOCH = datetime(2018, 1, 1, tzinfo=UTC)
#: what --simulator stands for
SIMULATOR = {
    "window_order": "simulator",
    "pixel_order": "little",
    "sequence_after_hk": "restarts",
}


class UsageError(Exception):
    """The command line asks for what cannot be."""


def fill_in(args: argparse.Namespace) -> None:
    """Answer the open questions that the command line does not."""
    defaults = {name: value for row in ASSUMPTIONS for name, value in row.choices[0].sets.items()}
    simulator = SIMULATOR if getattr(args, "simulator", False) else {}
    for name, value in (defaults | simulator).items():
        if getattr(args, name, value) is None:
            setattr(args, name, value)


def check_usage(args: argparse.Namespace) -> None:
    """UsageError for options that cannot go together."""
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
    check_onboard(args)
    if args.packet_size < 14 or (args.packet_size - 10) % 4:
        raise UsageError(f"--packet-size {args.packet_size}: 10 and a multiple of 4")
    if args.threshold_equality == "fails" and max(args.threshold or (0,)) > 0xFFFE:
        raise UsageError("--threshold 65535: no pixel is more, and equality fails")


def check_onboard(args: argparse.Namespace) -> None:
    """UsageError for values of the set-up that cannot be."""
    if args.mode is not None and not 0 <= args.mode <= 15:
        raise UsageError(f"--mode {args.mode} is not within 0..15")
    if not 0 <= args.obsid <= 0xFFFFFFFF:
        raise UsageError(f"--obsid {args.obsid} is not within 32 bit")


def settings_of(args: argparse.Namespace, core: Core) -> Settings:
    """The command line as settings of the chain; ValueError for values out of range."""
    period = args.frame_period
    if period is None:
        period = 4.0 if args.recording else 10.0
    filter_settings = FilterSettings(
        centre_max=args.centre_max,
        ring_sum_max=args.ring_sum_max,
        ring_max=args.ring_max,
        ring_count_max=args.ring_count_max,
        pedestal=args.pedestal,
        pedestal_from=args.pedestal_from,
    )
    filter_settings.absolute(args.pedestal or 0)  # refuse what is not 16 bit now
    return Settings(
        filter=filter_settings,
        interface=Interface(
            data_len=args.data_len,
            window_order=args.window_order,
            pixel_order=args.pixel_order,
            sequence_after_hk=args.sequence_after_hk,
            hk_last_flag=args.hk_last_flag,
            end_marker=args.end_marker,
        ),
        codec=args.codec,
        near_lossless=args.near_lossless,
        t0_s=_seconds(args.t0),
        frame_period_ms=round(period * 1000),
        nodes=_nodes(args.nodes),
        binning=24 if args.image == "uv" else args.binning,
        mode=args.mode,
        masks=not args.no_masks,
        event_frames_per_entity=args.group,
        stack=args.stack,
        obsid=args.obsid,
        thresholds=_thresholds(args),
        bad_pixels=_bad_pixels(args, core),
        frame_time=args.frame_time,
        missing_pixel=args.missing_pixel,
        stack_members=args.stack_members,
        uv_shape=_uv_shape(args),
        hk_reserved=args.hk_reserved,
        versions=args.entity_versions,
        event_counters=args.event_counters,
        entity_events=args.entity_events,
        destination=args.destination,
        evt_ctr=args.evt_ctr,
    )


def _nodes(text: str) -> tuple[str, ...]:
    """In the order of the stream."""
    given = text.split(",")
    if strange := [node for node in given if node not in NODES]:
        raise UsageError(f"--nodes {text}: {strange[0]!r} is none of {', '.join(NODES)}")
    return tuple(node for node in NODES if node in given)


def reading_of(args: argparse.Namespace) -> Reading:
    """The command line as the ground's reading."""
    return Reading(
        data_len=args.data_len,
        mask_frame=args.mask_frame,
        ccd_frame=args.ccdframe,
        fine_time=args.fine_time,
        uv_shape=_uv_shape(args),
    )


def _uv_shape(args: argparse.Namespace) -> tuple[int, int]:
    rows, cols = args.uv_shape.split("x")
    return int(rows), int(cols)


def _thresholds(args: argparse.Namespace) -> dict[str, int]:
    """Detection thresholds by node [ADU]; those of a recording are unknown unless given."""
    if args.threshold is None and args.recording is not None:
        return {}
    given = args.threshold or (_scene(args).detection_threshold_adu,)
    return dict(zip(NODES, given if len(given) == len(NODES) else given * len(NODES), strict=True))


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
        masks = {node: core.bad_pixel_mask(pixels) for node, pixels in maps.items()}
    else:
        try:
            with np.load(path, allow_pickle=False) as maps:
                found = {node: maps[node] for node in maps.files}
        except OSError as error:
            raise UsageError(f"--bad-pixels {path}: {error.strerror or error}") from error
        except (ValueError, EOFError, AttributeError) as error:
            raise UsageError(f"--bad-pixels {path}: not a file of numpy's savez") from error
        try:
            masks = {node: _bad_pixel_mask(core, pixels) for node, pixels in found.items()}
        except ValueError as error:
            raise UsageError(f"--bad-pixels {path}: {error}") from error
    return as_read(masks, bits=args.mask_bits, per=args.mask_per)


def _bad_pixel_mask(core: Core, pixels: NDArray[Any]) -> bytes:
    """ValueError for what are no flags of a node's pixels."""
    if pixels.dtype != bool and not np.isin(pixels, (0, 1)).all():
        raise ValueError(f"{pixels.dtype} pixels, not flags")
    return core.bad_pixel_mask(pixels.astype(bool))


def _scene(args: argparse.Namespace) -> Scene:
    period = 10.0 if args.frame_period is None else args.frame_period
    seed = 1 if args.seed is None else args.seed
    return _scene_of(args.scene or "storm", seed, period, _uv_shape(args), args.overflow)


@lru_cache(maxsize=2)
def _scene_of(
    kind: Literal["quiet", "storm"],
    seed: int,
    period_s: float,
    uv_shape: tuple[int, int],
    overflow: Literal["saturates", "wraps"],
) -> Scene:
    """Scenes never change, and a sky takes a tenth of a second to make."""
    return Scene(kind, seed=seed, frame_period_s=period_s, uv_shape=uv_shape, overflow=overflow)


def source_of(args: argparse.Namespace, core: Core, settings: Settings) -> Source:
    if args.recording is not None:
        return RecordingSource(
            args.recording, flags=args.gresb_flags, prefix_bytes=int(args.pcap_prefix)
        )
    front_end = FrontEndSettings(
        threshold=settings.thresholds,
        event_limit=args.event_limit,
        wandering_mask=settings.masks,
        window_order=settings.interface.window_order,
        pixel_order=settings.interface.pixel_order,
        data_len=settings.interface.data_len,
        packet_size=args.packet_size,
        threshold_equality=args.threshold_equality,
        threshold_registers=args.threshold_registers,
        background_set=args.background_set,
        sequence_after_hk=settings.interface.sequence_after_hk,
        event_hk=args.event_hk,
        end_marker=settings.interface.end_marker,
    )
    return SceneSource(
        core,
        _scene(args),
        frames=12 if args.frames is None else args.frames,
        image=args.image,
        nodes=settings.nodes,
        settings=front_end,
        name=f"{args.scene or 'storm'} scene",
    )
