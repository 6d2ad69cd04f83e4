# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""One of the two builds that are compared, as the process that runs it is asked."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fsw_emu.compare.call import Call, Outcome
from fsw_emu.core import TargetError

HANGS_S = 5.0
CHAIN_S = 300.0
START_S = 60.0


class Side:
    """A target behind a worker, started anew whenever it was lost.

    name: as of ``fsw_emu.targets.open``; ``host`` too. TargetError when it does not start.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.n_lost = 0
        self._seconds = 0.0
        self._asked: list[Call] = []
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "fsw_emu.compare.worker", self.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._buffer = b""
        self._seconds = START_S
        ready = self._answer()
        if "ready" not in ready:
            self.close()
            raise TargetError(ready.get("error") or f"{self.name}: {ready['fate']}")

    def post(self, calls: Sequence[Call]) -> None:
        """Ask calls, one after the other; :meth:`answers` has what came of them."""
        self._asked = list(calls)
        asked = [{"function": c.function, "arguments": dict(c.arguments)} for c in calls]
        self._post({"calls": asked, "seconds": HANGS_S}, HANGS_S + 2)

    def answers(self) -> list[Outcome]:
        """The outcomes of what was posted. A call that ends the target has a ``fate``; those
        after it are asked again of a new one."""
        asked, found = self._asked, []
        for i in range(len(asked)):
            found.append(self.answer())
            if self._process.poll() is not None and i + 1 < len(asked):
                self.post(asked[i + 1 :])
        return found

    def post_chain(self, source: Path, out: Path) -> None:
        """Run the science chain on an input; :meth:`answer` has its counters."""
        self._post({"chain": str(source), "out": str(out), "seconds": CHAIN_S}, CHAIN_S + 2)

    def _post(self, request: dict[str, Any], seconds: float) -> None:
        if self._process.poll() is not None:
            self.close()
            self._start()
        self._seconds = seconds
        assert self._process.stdin is not None  # noqa: S101
        with contextlib.suppress(BrokenPipeError):  # the answer will tell
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()

    def answer(self) -> Outcome:
        """What the worker says next; a ``fate`` where the target was lost over it."""
        outcome = self._answer()
        if "error" in outcome:
            self._process.wait()
            outcome = {"fate": outcome["error"], "lost": True}
        self.n_lost += outcome.get("lost", False)
        return outcome

    def _answer(self) -> Outcome:
        assert self._process.stdout is not None  # noqa: S101
        file = self._process.stdout.fileno()
        with selectors.DefaultSelector() as ready:
            ready.register(file, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                if not ready.select(self._seconds):
                    self._process.kill()
                    self._process.wait()
                    return {"fate": "hangs", "lost": True}
                chunk = os.read(file, 1 << 20)
                if not chunk:
                    return {"fate": self._died(), "lost": True}
                self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        outcome: Outcome = json.loads(line)
        if outcome.get("lost"):
            self._process.wait()
        return outcome

    def _died(self) -> str:
        code = self._process.wait()
        return f"dies ({signal.Signals(-code).name})" if code < 0 else f"ends (exit code {code})"

    def ask(self, call: Call) -> Outcome:
        """One call, answered."""
        self.post([call])
        return self.answers()[0]

    def close(self) -> None:
        """End the worker and what it runs."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
