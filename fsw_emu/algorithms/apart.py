# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The process of one algorithm of a user's: made once, then asked a readout at a time.

Usage: python -m fsw_emu.algorithms.apart PARENT-PID SOCKET-FD FRAMES-FD
"""

from __future__ import annotations

import mmap
import resource
import socket
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.algorithms.guard import Refused, Status, checked, reason_of
from fsw_emu.algorithms.interface import Algorithm, Setup
from fsw_emu.algorithms.names import Named
from fsw_emu.algorithms.orphan import end_with
from fsw_emu.algorithms.resolve import Changed, resolve
from fsw_emu.algorithms.seat import FRAME_BYTES, SHAPE, SIZES, TOLD
from fsw_emu.algorithms.wire import Broken, receive, send
from fsw_emu.core import default_core

_MOST_MEMORY_BYTES = 4 << 30


def serve(line: socket.socket, frames: NDArray[np.uint16]) -> None:
    """Answer until the other end is gone, or the algorithm is out."""
    try:
        told, _ = receive(line, None)
        algorithm = _made(told)
        send(line, {})
        while True:
            receive(line, None)
            outcome = checked(_asked(algorithm, frames))
            answer = {"counts": dict(outcome.counts), **{n: getattr(outcome, n) for n in SIZES}}
            send(line, answer, outcome.events.tobytes())
    except Refused as out:
        send(line, {"refused": out.status.value, "reason": out.reason})


def _made(told: dict[str, Any]) -> Algorithm:
    named = Named(told["name"], tuple(told["options"].items()))
    try:
        base = Setup(core=default_core(), **{name: told[name] for name in TOLD})
        factory = resolve(named.name, Path(told["folder"]), told["plug_in"])
        return factory(named.setup(base))
    except Changed as error:
        raise Refused(Status.LOST, str(error)) from None
    except BaseException as error:  # sys.exit() of a module too
        what = str(error) if isinstance(error, ValueError) else reason_of(error)
        raise Refused(Status.UNUSABLE, what) from None


def _asked(algorithm: Algorithm, frames: NDArray[np.uint16]) -> Any:
    try:
        return algorithm.readout(frames)
    except Refused:
        raise
    except BaseException as error:
        raise Refused(Status.RAISED, reason_of(error)) from None


def main(parent: int, line_fd: int, frames_fd: int) -> None:
    """Serve on the descriptors that were handed over."""
    end_with(parent)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (_MOST_MEMORY_BYTES, _MOST_MEMORY_BYTES))
    view = mmap.mmap(frames_fd, FRAME_BYTES, prot=mmap.PROT_READ)
    frames = np.frombuffer(view, np.uint16).reshape(SHAPE)
    with socket.socket(fileno=line_fd) as line:
        try:
            serve(line, frames)
        except Broken:
            return


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
