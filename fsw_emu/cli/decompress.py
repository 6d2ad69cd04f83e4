# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu decompress``: images out of packets of rows, also of a damaged file."""

from __future__ import annotations

import argparse
import mmap
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from fsw_emu.cli.compress import SUFFIX

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fsw_emu.codecs.container import Bytes, Description, Found

EXAMPLE = f"""\
examples:
  fsw-emu decompress frames.fits{SUFFIX}
  fsw-emu decompress small{SUFFIX} --out frames.npy

The file becomes what it was: FITS or .npy, with its type and its header. Of a damaged file all
whole packets are used; rows that are lost hold 0, and are told.
Exit: 0 fine, 1 rows are lost or bytes are left over, 2 wrong use.
"""
#: of lost rows, lines printed
MOST_LINES = 20
_PIECE = 1 << 20  # samples


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "decompress",
        help="the images of a compressed file, as they were",
        description="Undo fsw-emu compress; what is damaged costs the rows of its packets.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="of fsw-emu compress")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=f"what to write (default: FILE without {SUFFIX}, if there is none yet)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    from fsw_emu.cli.files import describe, report_beside, target
    from fsw_emu.cli.images import head
    from fsw_emu.codecs.container import find

    lost = Lost()
    try:
        default = args.file.with_suffix("") if args.file.suffix == SUFFIX else None
        out = target(args.file, args.out, default)
        with _bytes(args.file) as data:
            found = find(data, lambda told: head(told.image, told.shape))
            told = found.told
            start = time.perf_counter()
            n_bytes = _write(out, _stacks(data, found, lost), told)
            seconds = time.perf_counter() - start
    except BrokenPipeError:
        raise
    except (OSError, ValueError, MemoryError) as error:
        print(f"fsw-emu decompress: {describe(error, args.file)}", file=sys.stderr)
        return 2
    report = report_beside(out)
    within = f", each sample within {told.near_lossless}" if told.near_lossless else ""
    print(
        f"{out}: {told.frames:,} frames of {told.rows} x {told.cols}, {n_bytes:,} bytes, "
        f"{n_bytes / seconds / 1e6:.0f} MB/s{within}",
        file=report,
    )
    if found.outside:
        print(f"{found.outside:,} bytes before or behind it are left over", file=report)
    return lost.tell(told.frames * told.rows, report) or int(found.outside > 0)


@contextmanager
def _bytes(path: Path) -> Iterator[Bytes]:
    """A file mapped; a pipe, which cannot be, read."""
    with path.open("rb") as file:
        if not path.is_file() or not path.stat().st_size:
            yield file.read()
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data


class Lost:
    """Rows that no packet brought."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.n_stretches = self.n_rows = 0

    def add(self, first_frame: int, ok: NDArray[np.bool_]) -> None:
        """ok: (n, rows), False where lost."""
        import numpy as np

        for frame in np.flatnonzero(~ok.all(axis=1)):
            edges = np.flatnonzero(np.diff(np.concatenate(([1], ok[frame], [1]))))
            for begin, end in edges.reshape(-1, 2):
                self.n_stretches += 1
                self.n_rows += int(end - begin)
                if len(self.lines) < MOST_LINES:
                    self.lines.append(f"frame {first_frame + frame}: rows {begin} to {end - 1}")

    def tell(self, n_rows: int, report: TextIO) -> int:
        """Print them; the exit code."""
        for line in self.lines:
            print(f"lost: {line}", file=report)
        if more := self.n_stretches - len(self.lines):
            print(f"lost: {more:,} more stretches of rows", file=report)
        if self.n_rows:
            print(f"{self.n_rows:,} of {n_rows:,} rows are lost and hold 0", file=report)
        return 1 if self.n_rows else 0


def _stacks(data: Bytes, found: Found, lost: Lost) -> Iterator[NDArray[np.uint16]]:
    """The samples of all sections in order, lost rows filled; those of a section that is lost in
    pieces, so that memory is taken for what came. ValueError where nothing did."""
    import numpy as np

    from fsw_emu.codecs.container import fitting, sections
    from fsw_emu.codecs.frames import decompress_frames
    from fsw_emu.core import default_core

    told, core = found.told, default_core()

    def usable() -> Iterator[tuple[int, tuple[int, int, int], list[bytes]]]:
        for number, packets in enumerate(sections(core, data, found)):
            first, last = told.section(number)
            shape = (last - first, told.rows, told.cols)
            yield first, shape, fitting(core, packets, shape)

    if not any(packets for _, _, packets in usable()):
        raise ValueError("no packet of it is whole")
    for first, shape, packets in usable():
        ok = np.zeros(shape[:2], bool)
        if packets:
            with suppress(ValueError):  # of packets that are whole and yet none
                stack, ok = decompress_frames(packets, shape=shape)
        if ok.any():
            stack[~ok] = told.fill
            yield stack
        else:
            piece = max(_PIECE // told.cols, 1)
            for row in range(0, ok.size, piece):
                yield np.full((min(piece, ok.size - row), told.cols), told.fill, np.uint16)
        lost.add(first, ok)


def _write(out: Path, stacks: Iterator[NDArray[np.uint16]], told: Description) -> int:
    """Write the image file; how many bytes of samples it has."""
    import numpy as np

    from fsw_emu.atomic import atomic_file
    from fsw_emu.cli.images import head, stored, tail
    from fsw_emu.cli.progress import Progress

    most = told.frames * told.rows * told.cols * np.dtype(told.image["dtype"]).itemsize
    with atomic_file(out) as file, Progress(out.name, most, "B") as bar:
        file.write(head(told.image, told.shape))
        n_bytes = 0
        for stack in stacks:
            n = file.write(stored(stack, told.image["dtype"]))
            n_bytes += n
            bar.add(n)
        file.write(tail(told.image, n_bytes))
    return n_bytes
