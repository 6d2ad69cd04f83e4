# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Compare frames that are rendered with frames of which only windows are drawn.

Usage: compare_windows.py [-h] [--frames N] [--svg FILE]

Prints what differs, in standard errors, and fails where something differs by more than 3. The
frames have the same sky and the same detector; those that are drawn are other ones.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from window_figure import figure
from window_samples import (
    Line,
    Sample,
    compare,
    compare_same,
    drawn,
    rendered,
    sample,
)

from fsw_emu.core import Core, default_core
from fsw_emu.fee.front_end import FramePackets
from fsw_emu.scene import Scene

MOST_SIGMAS = 3
KINDS: tuple[Literal["quiet", "storm"], ...] = ("quiet", "storm")
SOURCES: dict[str, Callable[[Core, Scene, int, range], Iterator[FramePackets]]] = {
    "rendered": rendered,
    "drawn": drawn,
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=1500, help="of 4 s, of each kind and way")
    parser.add_argument("--svg", type=Path, help="draw the spectra")
    args = parser.parse_args()
    if args.frames < 2:
        parser.error(f"--frames {args.frames}: 2 at least")
    core, spectra, worst = default_core(), {}, 0.0
    for kind in KINDS:
        scene = Scene(kind, seed=1, frame_period_s=4.0)
        first, second = range(args.frames), range(args.frames, 2 * args.frames)
        a, a_ms = taken(core, scene, "rendered", first)
        b, b_ms = taken(core, scene, "drawn", second)
        same, _ = taken(core, scene, "drawn", first)
        lines = compare(a, b) + compare_same(a, same)
        print(f"\n{kind}, {args.frames} frames each, {a_ms:.1f} ms and {b_ms:.1f} ms a frame\n")
        tell(lines)
        worst = max(worst, *(abs(line.sigmas) for line in lines))
        spectra[kind] = a, b
    if args.svg:
        args.svg.write_text(figure(spectra))
    print(f"\nlargest difference: {worst:.2f} standard errors")
    return int(worst > MOST_SIGMAS)


def taken(core: Core, scene: Scene, how: str, frames: range) -> tuple[Sample, float]:
    """The windows of these frames, and how long a readout took [ms]."""
    spent = [0.0]

    def timed() -> Iterator[FramePackets]:
        readouts = SOURCES[how](core, scene, scene.detection_threshold_adu, frames)
        while True:
            start = time.process_time()
            readout = next(readouts, None)
            spent[0] += time.process_time() - start
            if readout is None:
                return
            yield readout

    return sample(core, scene, timed(), frames), 1e3 * spent[0] / len(frames)


def tell(lines: list[Line]) -> None:
    print("| | rendered | drawn | standard errors |")
    print("| --- | ---: | ---: | ---: |")
    for line in lines:
        print(f"| {line.what} | {line.rendered:.4g} | {line.drawn:.4g} | {line.sigmas:+.2f} |")


if __name__ == "__main__":
    sys.exit(main())
