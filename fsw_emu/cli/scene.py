# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu scene``: readouts of the detailed scene, with the truth of what is in them."""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsw_emu.scene.detailed import DetailedScene, Parameters
    from fsw_emu.scene.exposure import Exposure

EXAMPLE = """\
examples:
  fsw-emu scene --list
  fsw-emu scene --preset storm --frames 10 --out storm
  fsw-emu scene --set sky.pressure_npa=5 --set "sky.sources=[[384, 600, 2.5]]" --out moved

Writes frames.npz, truth.npz and preview.png. Exit: 0 fine, 2 wrong use.
"""
MOST_FRAMES = 10_000


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "scene",
        help="readouts of the detailed scene, with the truth of what is in them",
        description="Frames of all four nodes, the photons and tracks in them, and a picture.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--preset",
        default="quiet",
        metavar="NAME",
        help="one of --list, or a TOML file of your own; default quiet",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another value, by dotted name; more than once",
    )
    parser.add_argument("--seed", type=_number, default=1, metavar="N", help="default 1")
    parser.add_argument("--frames", type=_number, default=1, metavar="N", help="default 1")
    parser.add_argument("--out", type=Path, metavar="DIR", help="for the files")
    parser.add_argument("--list", action="store_true", help="tell the presets and stop")
    parser.set_defaults(run=run)


def _number(text: str) -> int:
    if not (text.isdecimal() and text.isascii() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"{text!r} is not within 0..999999999")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    from fsw_emu.scene.detailed import PRESETS, DetailedScene, preset

    if args.list:
        for name in PRESETS:
            print(f"{name:12} {preset(name).title}")
        return 0
    try:
        if args.out is None:
            raise ValueError("--out DIR is needed")
        if not 1 <= args.frames <= MOST_FRAMES:
            raise ValueError(f"--frames {args.frames}: possible: 1..{MOST_FRAMES}")
        scene = DetailedScene(_parameters(args.preset, args.set), args.seed)
        _write(scene, args.frames, args.out)
    except (ValueError, OSError) as error:
        print(f"fsw-emu scene: {error}", file=sys.stderr)
        return 2
    return 0


def _parameters(name: str, settings: list[str]) -> Parameters:
    """ValueError, which a TOML error is too."""
    from fsw_emu.scene.detailed import preset, read_parameters

    overrides = dict(_setting(text) for text in settings)
    if name.endswith(".toml"):
        return read_parameters(Path(name).read_text("utf-8"), overrides)
    return preset(name, overrides)


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    try:
        table = tomllib.loads(f"value = {value}")
    except (tomllib.TOMLDecodeError, RecursionError):  # or nested too deeply
        table = {}
    if not equals or table.keys() != {"value"} or not text.isprintable():
        text = text if text.isprintable() else repr(text)
        raise ValueError(f"--set {text}: not NAME=VALUE with a number or a list of them")
    return name.strip(), table["value"]


def _write(scene: DetailedScene, n_frames: int, out: Path) -> None:
    """The files, which take their names when all of them are whole."""
    import contextlib

    from fsw_emu.atomic import atomic_file
    from fsw_emu.cli.progress import Progress
    from fsw_emu.cli.scene_files import FrameWriter, Preview, Truth

    out.mkdir(parents=True, exist_ok=True)
    preview, truth = Preview(), Truth(scene)
    with contextlib.ExitStack() as stack:
        frames, table, picture = (
            stack.enter_context(atomic_file(out / name))
            for name in ("frames.npz", "truth.npz", "preview.png")
        )
        with FrameWriter(frames, n_frames) as writer, Progress("scene", n_frames, "") as progress:
            for index in range(n_frames):
                exposure = scene.exposure(index)
                writer.add(exposure.frames)
                preview.add(exposure.frames)
                truth.add(exposure)
                print(_told(scene, exposure))
                progress.add(1)
        truth.write(table)
        picture.write(preview.png())


def _told(scene: DetailedScene, exposure: Exposure) -> str:
    now = scene.conditions(exposure.index)
    return (
        f"frame {exposure.index} at {now.time_s:g} s: {len(exposure.photons)} photons, "
        f"{len(exposure.tracks)} tracks, {len(exposure.hot)} hot pixels; "
        f"{now.pressure_npa:.3g} nPa, {now.temperature_c:.2f} C, {now.dose_krad:.3g} krad"
    )
