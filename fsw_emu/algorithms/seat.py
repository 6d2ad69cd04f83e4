# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Where an algorithm sits in a run: ours in this process, a user's in one of its own.

A process of its own may raise, hang, die or scribble: it takes nothing along. It sees the frames
in memory that it cannot write to, and answers over a socket with JSON and the bytes of events.
"""

from __future__ import annotations

import mmap
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fsw_emu.algorithms.guard import (
    COLS,
    NODES,
    ROWS,
    Refused,
    Status,
    checked,
    reason_of,
)
from fsw_emu.algorithms.interface import FOUND_DTYPE, Algorithm, Outcome, Setup
from fsw_emu.algorithms.names import Named
from fsw_emu.algorithms.resolve import BUILT_IN
from fsw_emu.algorithms.wire import Broken, receive, send

SHAPE = (NODES, ROWS, COLS)
FRAME_BYTES = 2 * NODES * ROWS * COLS


@dataclass(frozen=True)
class Limits:
    """How long an algorithm of a user's may take: to be made, compiled code included, and for a
    readout. The first readout has both."""

    start_s: float = 30.0
    readout_s: float = 10.0


class Seat(Protocol):
    """An algorithm in its run; Refused ends it."""

    def readout(self, frames: NDArray[np.uint16]) -> Outcome:
        """A checked outcome."""


@contextmanager
def seated(
    named: Named, setup: Setup, folder: Path, limits: Limits, plug_in: str | None = None
) -> Iterator[Seat]:
    """The algorithm, made. Refused where that fails; whatever is left of it ends with the block.
    plug_in: what ``resolve.digest`` says it is, if another is to be refused."""
    if named.name in BUILT_IN:
        yield Inside(named, setup)
        return
    seat = Apart(named, setup, folder, limits, plug_in)
    try:
        yield seat
    finally:
        seat.close()


class Inside:
    """In this process: for what is built in."""

    def __init__(self, named: Named, setup: Setup) -> None:
        try:
            self._algorithm: Algorithm = BUILT_IN[named.name](named.setup(setup))
        except Exception as error:
            raise Refused(Status.UNUSABLE, reason_of(error)) from error

    def readout(self, frames: NDArray[np.uint16]) -> Outcome:
        view = frames.view()
        view.flags.writeable = False
        try:
            outcome = self._algorithm.readout(view)
        except Refused:
            raise
        except Exception as error:
            raise Refused(Status.RAISED, reason_of(error)) from error
        return checked(outcome)


class Apart:
    """In a process of its own, which ends with this one."""

    def __init__(
        self, named: Named, setup: Setup, folder: Path, limits: Limits, plug_in: str | None = None
    ) -> None:
        self._limits, self._patience = limits, limits.start_s
        shared = os.memfd_create("frames")
        os.ftruncate(shared, FRAME_BYTES)
        self._map = mmap.mmap(shared, FRAME_BYTES)
        self._frames = np.frombuffer(self._map, np.uint16).reshape(SHAPE)
        self._socket, other = socket.socketpair()
        fds = (other.fileno(), shared)
        module = ["-P", "-m", "fsw_emu.algorithms.apart"]
        command = [sys.executable, *module, *map(str, (os.getpid(), *fds))]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(  # noqa: S603
            command, pass_fds=fds, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
        )
        other.close()
        os.close(shared)
        told = {name: getattr(setup, name) for name in TOLD}
        told |= {"name": named.name, "options": dict(named.options), "folder": str(folder)}
        try:
            self._ask({**told, "plug_in": plug_in})
            self._patience += limits.readout_s
        except BaseException:
            self.close()
            raise

    def readout(self, frames: NDArray[np.uint16]) -> Outcome:
        self._frames[:] = frames
        answer, body = self._ask({})
        self._patience = self._limits.readout_s
        try:
            events = np.frombuffer(body, FOUND_DTYPE)
            outcome = Outcome(events, answer["counts"], *(answer[name] for name in SIZES))
        except (KeyError, ValueError) as error:
            raise Refused(Status.WRONG, f"its process answered nonsense: {error}") from None
        return checked(outcome)

    def close(self) -> None:
        """Ends the process and what it started, whatever they do."""
        self._kill()
        self._socket.close()
        del self._frames
        self._map.close()

    def _ask(self, what: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        try:
            send(self._socket, what)
            answer, body = receive(self._socket, self._patience)
        except TimeoutError:
            self._kill()
            raise Refused(Status.HUNG, f"no answer within {self._patience:g} s") from None
        except Broken:
            raise Refused(Status.DIED, f"its process {self._end()}") from None
        if "refused" in answer:
            try:
                status = Status(answer["refused"])
            except ValueError:
                status = Status.WRONG
            if status is Status.GOOD:  # one that is out is not good, whatever it says
                status = Status.WRONG
            raise Refused(status, str(answer.get("reason", "")))
        return answer, body

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _end(self) -> str:
        try:
            code = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return "closed its line"
        if code >= 0:
            return f"ended with exit code {code}"
        names = {one.value: one.name for one in signal.Signals}
        return f"was killed by {names.get(-code, f'signal {-code}')}"


#: what of the setup crosses to a process of its own; the core is made there
TOLD = (
    *("seed", "threshold_adu", "read_noise_adu", "gain_ev_per_adu"),
    *("pedestal_adu", "period_s", "ccd_limit"),
)
#: of an outcome, in its order
SIZES = ("telemetry_bytes", "packed_bytes", "frame_bytes")
