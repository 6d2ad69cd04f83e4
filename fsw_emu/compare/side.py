"""One of the two builds that are compared, as the process that runs it is asked."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
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

    def post(self, call: Call) -> None:
        """Ask a call; :meth:`answer` has what came of it."""
        asked = {"function": call.function, "arguments": dict(call.arguments)}
        self._post({"call": asked, "seconds": HANGS_S}, HANGS_S + 2)

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
        """What the worker says to what was posted; its ``fate`` where it was lost over it."""
        outcome = self._answer()
        if self._process.poll() is not None or "fate" in outcome:
            self.n_lost += self._process.poll() is not None
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
                    return {"fate": "hangs"}
                chunk = os.read(file, 1 << 20)
                if not chunk:
                    return {"fate": self._died()}
                self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        outcome: Outcome = json.loads(line)
        return outcome

    def _died(self) -> str:
        code = self._process.wait()
        return f"dies ({signal.Signals(-code).name})" if code < 0 else f"ends (exit code {code})"

    def ask(self, call: Call) -> Outcome:
        """One call, answered."""
        self.post(call)
        return self.answer()

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
