# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Work that takes cycles."""

from __future__ import annotations

from collections.abc import Generator

#: goes on once a cycle; returns why it failed, or None
Steps = Generator[None, None, str | None]
SUPERSEDED = "superseded"


class Task:
    """Steps that someone may wait for; whoever began it calls ``step`` once a cycle."""

    def __init__(self, steps: Steps) -> None:
        self.running = True
        self.failure: str | None = None
        self._steps = steps

    def step(self) -> None:
        """Go on, if it still runs."""
        if not self.running:
            return
        try:
            next(self._steps)
        except StopIteration as end:
            self.running, self.failure = False, end.value

    def stop(self, why: str = SUPERSEDED) -> None:
        """Leave it where it is."""
        if self.running:
            self._steps.close()
            self.running, self.failure = False, why

    def wait(self) -> Steps:
        """Until it has ended."""
        while self.running:
            yield
        return self.failure


def idle(n_cycles: int) -> Steps:
    """So many cycles."""
    for _ in range(n_cycles):
        yield
    return None
