# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu run``: FEE packets in, science telemetry out and back."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from fsw_emu.assumptions import add_options

EXAMPLE = """\
examples:
  fsw-emu run --scene storm --frames 12 --out out
  fsw-emu run recording.gresb.gz --out out --codec none
  fsw-emu run --scene quiet --image ft --out out --codec colmean --near-lossless 2
  fsw-emu run --scene storm --frames 12 --target leon3 --out out
  fsw-emu run simulator.gresb.gz --out out --simulator --pedestal 130
  fsw-emu run --from out/manifest.json --out again

The filter's thresholds act on raw ADU, as on board. Without --centre-max, --ring-sum-max and
--ring-max they follow the pedestal, which is the median of the wandering-mask windows unless
--pedestal gives it.
"""


def add_parser(commands: Any) -> None:
    """Add the command to a parser's sub-commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "run",
        usage="fsw-emu run [RECORDING] --out DIR [options]",
        help="run a recording or a built-in scene through the science chain",
        description="Run FEE packets through event filter, compression and service 13, read "
        "the telemetry back, and compare.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, parser=parser)
    parser.add_argument(
        "recording",
        nargs="?",
        type=Path,
        metavar="RECORDING",
        help="FEE byte stream: GRESB, pcap or pcapng (link type 149), plain or .gz",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where results go")
    parser.add_argument(
        "--record", metavar="FILE", help="keep the FEE packets too: a pcapng file in DIR"
    )
    parser.add_argument(
        "--quick-look",
        action="store_true",
        help="tell of each event frame ahead of its science: a count map and alarms",
    )
    parser.add_argument(
        "--from",
        dest="manifest",
        type=Path,
        metavar="MANIFEST",
        help="run again what a manifest tells, and compare; its files may be given anew",
    )
    _add_scene(parser.add_argument_group("scene (without RECORDING)"))
    add_onboard(parser.add_argument_group("onboard set-up"))
    add_filter(parser.add_argument_group("event filter [ADU]"))
    add_interface(parser.add_argument_group("reading the FEE's packets"))
    add_options(parser.add_argument_group("open interface questions (fsw-emu assumptions)"))


def _add_scene(group: Any) -> None:
    group.add_argument("--scene", choices=["quiet", "storm"], help="default: storm")
    group.add_argument("--frames", type=int, metavar="N", help="frames to make; default 12")
    group.add_argument("--seed", type=int, metavar="S", help="default 1")
    group.add_argument(
        "--image", choices=["ft", "uv", "ff"], help="send whole frames instead of events"
    )
    group.add_argument(
        "--event-limit",
        type=int,
        metavar="N",
        help="event packets per CCD and frame; default: no limit",
    )


def add_onboard(group: Any) -> None:
    """Options of the chain."""
    group.add_argument(
        "--target",
        default="host",
        metavar="T",
        help="processor of the onboard part: host, leon3 (emulated), lib:PATH, elf:PATH or "
        "leon3:PATH (the same), user:PATH, rmap:LINK (a board); default host",
    )
    _add_codec(group)
    group.add_argument(
        "--no-masks",
        action="store_true",
        help="product ED, without wandering-mask packets (default ED_WP)",
    )
    group.add_argument(
        "--group",
        type=int,
        default=12,
        metavar="N",
        help="event frames per entity, 1..540; default 12",
    )
    group.add_argument(
        "--stack",
        type=int,
        default=1,
        metavar="N",
        help="sum N image frames into one of 32 bit; default 1: no stacking",
    )
    group.add_argument(
        "--nodes", default="E2,F2,E4,F4", metavar="LIST", help="nodes read out; default E2,F2,E4,F4"
    )
    group.add_argument(
        "--frame-period",
        type=float,
        metavar="S",
        help="int_sync_period; default 4 s for recordings, 10 s for scenes",
    )
    group.add_argument(
        "--t0",
        default="2026-05-19T00:00:00Z",
        metavar="UTC",
        help="start of frame 0; default %(default)s",
    )
    group.add_argument("--obsid", type=int, default=1, help="observation id; default 1")
    group.add_argument(
        "--bad-pixels",
        type=Path,
        metavar="FILE.npz",
        help="maps by node, boolean arrays of 639 x 384; default: none for recordings, the hot "
        "pixels for scenes",
    )


def _add_codec(group: Any) -> None:
    group.add_argument(
        "--codec",
        choices=["aec", "aec-packets", "auto", "colmean", "events", "none"],
        default="aec",
        help="compression; aec: CCSDS 121.0-B-3, one stream an entity; aec-packets: "
        "the same in packets of rows and of events; colmean: images in packets of rows; events: "
        "events in packets of events; auto: both, each image in its cheapest way; what a coder is "
        "not made for (stacks; events by colmean, images by events) goes by CCSDS 121; none: can "
        "be read from the public layout alone; default aec",
    )
    group.add_argument(
        "--near-lossless",
        type=int,
        default=0,
        metavar="M",
        help="let pixels of images be up to M ADU off, 0..15; needs --codec colmean, auto or "
        "aec-packets; default 0: lossless",
    )


def add_filter(group: Any) -> None:
    """Options of the event filter."""
    group.add_argument("--pedestal", type=int, help="instead of a median")
    group.add_argument(
        "--pedestal-from",
        choices=["masks", "windows"],
        default="masks",
        help="what the pedestal is the median of: wandering masks, or the outer pixels of all "
        "windows; default masks",
    )
    group.add_argument("--centre-max", type=int, help="EvtFilterThr1; default pedestal + 600")
    group.add_argument("--ring-sum-max", type=int, help="EvtFilterThr2; default 8 x pedestal + 600")
    group.add_argument("--ring-max", type=int, help="EvtFilterThr3; default pedestal + 25")
    group.add_argument("--ring-count-max", type=int, default=4, help="EvtFilterN; default 4")


def add_interface(group: Any) -> None:
    """Options of how the FEE's packets are read."""
    group.add_argument(
        "--simulator",
        action="store_true",
        help="the public simulator's quirks: --window-order simulator, --pixel-order little, "
        "--sequence-after-hk restarts",
    )
    group.add_argument(
        "--mode",
        type=int,
        metavar="M",
        help="FEE mode of the set-up, 0..15, whatever the packets say",
    )
    group.add_argument(
        "--binning",
        type=int,
        choices=[6, 24],
        default=6,
        help="of image frames: 6 (FT, 639 x 384) or 24 (UV)",
    )


def run(args: argparse.Namespace) -> int:
    """Exit code: 0 fine, 1 faults found in the data, 2 wrong use."""
    from fsw_emu.cli import again, mainjob
    from fsw_emu.cli.files import describe
    from fsw_emu.cli.setup import UsageError
    from fsw_emu.core import TargetError

    try:
        return mainjob.run(args) if args.manifest is None else again.run(args)
    except (UsageError, TargetError, OSError, ValueError) as error:
        print(f"fsw-emu run: {describe(error)}", file=sys.stderr)
    return 2
