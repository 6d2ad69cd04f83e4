# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telecommands from acceptance to completion, for either software."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass

from fsw_emu.dpu.commands import Command, Handler, Reader, Refused
from fsw_emu.dpu.verification import Verification


@dataclass
class Counts:
    """What became of telecommands, as housekeeping reports it; round at 65,536."""

    accepted: int = 0
    not_accepted: int = 0
    not_started: int = 0
    terminated: int = 0
    not_terminated: int = 0


#: told of what becomes of a command: a name of Counts, the command or the packet
Watch = Callable[[str, Command | bytes], None]


class Executor:
    """Accepts at once; begins in the order in which they came, at the next cycle; goes on with
    those that take longer, a step a cycle. Not more than ``most`` wait."""

    def __init__(
        self, reader: Reader, verification: Verification, *, most: int, watch: Watch
    ) -> None:
        self._reader = reader
        self._verification = verification
        self._most = most
        self._watch = watch
        self._handlers: dict[str, Handler] = {}
        self._waiting: deque[Command] = deque()
        self._running: list[tuple[Command, Generator[None, None, str | None]]] = []

    def add(self, handlers: Mapping[str, Handler]) -> None:
        """What serves telecommands, by their names. ValueError: two would serve one."""
        for name, handler in handlers.items():
            if name in self._handlers:
                raise ValueError(f"{name} is served already")
            self._handlers[name] = handler

    @property
    def served(self) -> Iterable[str]:
        return self._handlers.keys()

    @property
    def is_idle(self) -> bool:
        """Whether no command waits or goes on."""
        return not self._waiting and not self._running

    def receive(self, packet: bytes) -> None:
        """A telecommand packet of this software's APID."""
        read = self._reader.read(packet)
        failure = read.failure if isinstance(read, Refused) else self._check(read)
        if failure is None and len(self._waiting) >= self._most:
            failure = "ACK_PCRL1_FULL"
        if failure is not None:
            self._verification.not_accepted(packet, failure)
            self._watch("not_accepted", packet)
            return
        assert isinstance(read, Command)  # noqa: S101  (no failure)
        self._waiting.append(read)
        self._verification.accepted(read)
        self._watch("accepted", read)

    def _check(self, command: Command) -> str | None:
        handler = self._handlers.get(command.name)
        return "ACK_NOT_IMPL" if handler is None else handler.accept(command)

    def cycle(self) -> None:
        """Begin what waits, and go on with what runs."""
        running, self._running = self._running, []
        for command, steps in running:
            self._step(command, steps)
        while self._waiting:
            self._begin(self._waiting.popleft())

    def _begin(self, command: Command) -> None:
        handler = self._handlers[command.name]
        failure = handler.start(command)
        if failure is not None:
            self._verification.not_started(command, failure)
            self._watch("not_started", command)
            return
        self._verification.started(command)
        outcome = handler.run(command)
        if isinstance(outcome, Generator):
            self._step(command, outcome)
        else:
            self._end(command, outcome)

    def _step(self, command: Command, steps: Generator[None, None, str | None]) -> None:
        try:
            next(steps)
        except StopIteration as end:
            self._end(command, end.value)
        else:
            self._running.append((command, steps))

    def _end(self, command: Command, failure: str | None) -> None:
        if failure is None:
            self._verification.terminated(command)
            self._watch("terminated", command)
            return
        self._verification.not_terminated(command, failure)
        self._watch("not_terminated", command)
