# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Who does the work: this process, processes of this machine (joblib's), or a Dask cluster."""

from __future__ import annotations

import importlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Future,
    wait,
)
from contextlib import contextmanager
from typing import Any, Protocol

from fsw_emu.algorithms.guard import reason_of
from fsw_emu.algorithms.orphan import end_with
from fsw_emu.campaign.plan import Unit
from fsw_emu.campaign.work import Result

Job = Callable[[Unit], list[Result] | str]
Answer = list[Result] | str

_CONNECT_S = 10
_IDLE_S = 60


class Workers(Protocol):
    """A crew."""

    @property
    def window(self) -> int:
        """How many units are given out at a time."""

    def submit(self, job: Job, unit: Unit) -> Future[Answer]: ...

    def renew(self) -> None:
        """After a BrokenExecutor: a new crew."""

    def close(self) -> None: ...


class Alone:
    """This process."""

    window = 1

    def submit(self, job: Job, unit: Unit) -> Future[Answer]:
        future: Future[Answer] = Future()
        future.set_result(job(unit))
        return future

    def renew(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


class Processes:
    """Of this machine. ModuleNotFoundError without joblib (extra ``campaign``)."""

    def __init__(self, n_workers: int) -> None:
        self._loky = importlib.import_module("joblib.externals.loky")
        self._n_workers = n_workers
        self.window = 2 * n_workers
        self.renew()

    def renew(self) -> None:
        self._executor: Any = self._loky.get_reusable_executor(
            self._n_workers, timeout=_IDLE_S, initializer=end_with, initargs=(os.getpid(),)
        )

    def submit(self, job: Job, unit: Unit) -> Future[Answer]:
        future: Future[Answer] = self._executor.submit(job, unit)
        return future

    def close(self) -> None:
        self._executor.shutdown(wait=True, kill_workers=True)


class Cluster:
    """Dask's, at ``tcp://...``. OSError where there is none, ModuleNotFoundError without
    distributed (extra ``campaign``)."""

    def __init__(self, address: str) -> None:
        distributed = importlib.import_module("distributed")
        self._client: Any = distributed.Client(address, timeout=_CONNECT_S, set_as_default=False)
        self._executor: Any = self._client.get_executor(pure=False)

    @property
    def window(self) -> int:
        return max(2, 2 * int(sum(self._client.ncores().values())))

    def submit(self, job: Job, unit: Unit) -> Future[Answer]:
        future: Future[Answer] = self._executor.submit(job, unit)
        return future

    def renew(self) -> None:
        """The scheduler sees to it."""

    def close(self) -> None:
        self._executor.shutdown(wait=False)
        self._client.close()


@contextmanager
def crew(n_workers: int, scheduler: str | None) -> Iterator[Workers]:
    """Of a cluster where a scheduler is named, else of this machine."""
    workers: Workers
    if scheduler is not None:
        workers = Cluster(scheduler)
    else:
        workers = Processes(n_workers) if n_workers > 1 else Alone()
    try:
        yield workers
    finally:
        workers.close()


def answers(workers: Workers, job: Job, units: Iterable[Unit]) -> Iterator[tuple[Unit, Answer]]:
    """Every unit once, as they are done; a text where none of its runs has a result: why.

    Where a worker dies, which of the units it had is not known: those out are tried again, one
    at a time, and one whose worker dies then is given up. A crew may break at any time, also
    while the caller is busy with an answer.
    """
    waiting = deque(units)
    out: dict[Future[Answer], Unit] = {}
    while waiting or out:
        whole = _give_out(workers, job, waiting, out)
        done = wait(out, return_when=FIRST_COMPLETED).done if whole else set(out)
        if not whole or any(_is_broken(future) for future in done):
            done, _ = wait(out)
            workers.renew()
        suspects = [out[future] for future in done if _is_broken(future)]
        if not done:  # it broke with nothing out: one at a time from here on, or it never ends
            suspects = [waiting.popleft()]
        for future in done:
            unit = out.pop(future)
            if not _is_broken(future):
                yield unit, _answer(future)
        for unit in suspects:
            yield unit, _once_more(workers, job, unit)


def _give_out(
    workers: Workers, job: Job, waiting: deque[Unit], out: dict[Future[Answer], Unit]
) -> bool:
    """As many as the crew has room for; False where it is broken, units it did not take wait."""
    while waiting and len(out) < workers.window:
        try:
            future = workers.submit(job, waiting[0])
        except BrokenExecutor:
            return False
        out[future] = waiting.popleft()
    return True


def _once_more(workers: Workers, job: Job, unit: Unit) -> Answer:
    """By a crew that is new, or whose break before was not the unit's doing."""
    for _ in range(2):
        try:
            future = workers.submit(job, unit)
        except BrokenExecutor:
            workers.renew()
            continue
        wait([future])
        if not _is_broken(future):
            return _answer(future)
        workers.renew()
        break
    return "its worker died twice"


def _is_broken(future: Future[Answer]) -> bool:
    return not future.cancelled() and isinstance(future.exception(), BrokenExecutor)


def _answer(future: Future[Answer]) -> Answer:
    try:
        return future.result()
    except CancelledError:
        return "the scheduler gave it up"
    except Exception as error:  # Dask's: a worker that was killed, a scheduler that is gone
        return reason_of(error)
