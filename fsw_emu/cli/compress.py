# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu compress``: images in packets of rows."""

from __future__ import annotations

import argparse
import sys
import time
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsw_emu.cli.images import Images
    from fsw_emu.codecs.container import Description

SUFFIX = ".sxr"
EXAMPLE = """\
examples:
  fsw-emu compress frames.fits
  fsw-emu compress frames.npy --out small.sxr --near-lossless 1
  fsw-emu compress frames.npy --independent --packet-bytes 1024

FILE is a FITS file with one image, or .npy: images of 8 or 16 bits (uint8, uint16, int16) in 2 to
4 dimensions, the last two rows and columns. Headers of FITS files are kept. What is damaged later
costs the rows of the packets that it hit: fsw-emu decompress brings back all others. What would
not come back byte for byte is refused: tables beside the image, arrays in Fortran's order.
Exit: 0 fine, 2 wrong use.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "compress",
        help="images of a FITS or .npy file in packets of rows",
        description="Compress the images of a file by the flight core's coders.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="FITS file or .npy")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=f"what to write (default: FILE{SUFFIX}, if there is none yet)",
    )
    parser.add_argument(
        "--codec",
        choices=("auto", "colmean", "aec", "none"),
        default="auto",
        help="column means and Huffman codes, CCSDS 121, none, or what is shortest (default)",
    )
    parser.add_argument(
        "--near-lossless",
        type=int,
        default=0,
        choices=range(16),
        metavar="M",
        help="largest error of a sample, up to 15 (default: 0, lossless)",
    )
    parser.add_argument(
        "--independent",
        action="store_true",
        help="packets share no model: somewhat larger, each needs nothing else",
    )
    parser.add_argument(
        "--packet-bytes",
        type=int,
        metavar="N",
        help="most bytes of a packet, 64 to 65535 (default: 5120, independent ones 1024)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    from fsw_emu.cli.files import describe, report_beside, target
    from fsw_emu.cli.images import open_images

    try:
        out = target(args.file, args.out, args.file.with_name(args.file.name + SUFFIX))
        images = open_images(args.file, lossless=not args.near_lossless)
        told = _description(images, args.near_lossless)
        start = time.perf_counter()
        n_bytes = _write(out, images, told, args)
        seconds = time.perf_counter() - start
    except BrokenPipeError:
        raise
    except (OSError, ValueError, MemoryError) as error:
        print(f"fsw-emu compress: {describe(error, args.file)}", file=sys.stderr)
        return 2
    n = images.stored.size
    before = images.stored.nbytes
    print(
        f"{args.file}: {told.frames:,} frames of {told.rows} x {told.cols}, {before:,} bytes\n"
        f"{out}: {n_bytes:,} bytes, {8 * n_bytes / n:.3f} bits/sample, "
        f"{before / n_bytes:.2f} : 1, {before / seconds / 1e6:.0f} MB/s",
        file=report_beside(out),
    )
    return 0


def _description(images: Images, near_lossless: int) -> Description:
    from fsw_emu.codecs.container import Description

    frames, rows, cols = images.stored.shape
    told = Description(frames, rows, cols, near_lossless, images.zero, images.image)
    first_crc = zlib.crc32(images.samples(*told.section(0)).astype("<u2", copy=False).data)
    return replace(told, first_crc=first_crc)


def _write(out: Path, images: Images, told: Description, args: argparse.Namespace) -> int:
    """Write the packets, section by section; how many bytes the file has."""
    from fsw_emu.atomic import atomic_file
    from fsw_emu.cli.progress import Progress
    from fsw_emu.codecs.container import file_id, tagged
    from fsw_emu.codecs.frames import compress_frames
    from fsw_emu.core import default_core

    core = default_core()
    block = told.block()
    with atomic_file(out) as file, Progress(out.name, told.frames, "frames") as bar:
        n_bytes = file.write(block)
        for number in range(told.n_sections):
            first, last = told.section(number)
            packets = compress_frames(
                images.samples(first, last),
                codec=args.codec,
                near_lossless=args.near_lossless,
                independent=args.independent,
                packet_bytes=args.packet_bytes,
            )
            n_bytes += file.write(tagged(core, file_id(block), number, packets))
            bar.add(last - first)
        return n_bytes + file.write(block)
