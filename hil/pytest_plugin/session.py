# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A session of pytest in a lab: tests that await, what they leave behind, the report."""

from __future__ import annotations

import functools
import inspect
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from fsw_emu.cli.lab_nodes import build_node
from hil.lab.file import LabError, LabFile, read_lab
from hil.lab.lab import Lab, open_lab
from hil.lab.loop_thread import LoopThread, run_in
from hil.lab.timing import Limits
from hil.pytest_plugin.run import TestRun
from hil.pytest_plugin.summary import Summary

OPENING_S = 10.0  # besides the lab's time limit
_RUN = pytest.StashKey[TestRun]()


class LabSession:
    """Hooks of one session; the lab is opened by the first test that asks for it."""

    def __init__(self, config: pytest.Config, path: Path) -> None:
        try:
            self.file: LabFile = read_lab(path)
        except LabError as error:
            raise pytest.UsageError(str(error)) from None
        self._config = config
        self._thread: LoopThread | None = None
        self._lab: Lab | None = None
        self._failed: str | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="fsw-emu-lab-")
        self._summary = Summary(self.file)
        self._told: list[str] = []  # for the end of the terminal's text

    @property
    def lab(self) -> Lab:
        """The lab, opened now if it is not yet. LabError; it is not tried twice."""
        if self._failed is not None:
            raise LabError(self._failed)
        if self._lab is None:
            self._thread = LoopThread()
            limit = OPENING_S + self.file.time_limit_s
            try:
                self._lab = run_in(self._thread.loop, open_lab(self.file, build_node), limit)
            except (LabError, OSError) as error:
                self._failed = str(error)
                raise
            for link in self._lab.links.values():
                link.watchers.append(self._summary.frames)
        return self._lab

    def run_of(self, item: pytest.Item) -> TestRun:
        """The test as it runs."""
        return item.stash[_RUN]

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        if "lab" in getattr(item, "fixturenames", ()):
            self._begin(item)
        yield

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Await what awaits; of a property, each example."""
        if _RUN not in pyfuncitem.stash:
            return None
        function = pyfuncitem.obj
        if (handle := getattr(function, "hypothesis", None)) is not None:
            handle.inner_test = self._awaited(handle.inner_test)
            return None
        if not inspect.iscoroutinefunction(function):
            return None
        asked = inspect.signature(function).parameters.keys() & pyfuncitem.funcargs.keys()
        self.lab.run(function(**{name: pyfuncitem.funcargs[name] for name in asked}))
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        run = item.stash.get(_RUN, None)
        try:
            yield
        except (Exception, pytest.fail.Exception) as error:
            for each in self._errors() if run is not None else ():
                error.add_note(f"meanwhile: {each}")
            raise
        if run is not None and (found := [*run.beyond_limits(), *self._errors()]):
            pytest.fail("; ".join(found), pytrace=False)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if (run := item.stash.get(_RUN, None)) is None:
            return report
        run.take(report)
        if call.when == "teardown":
            self._end(run)
            if run.failed:
                self._leave(run)
            report.user_properties.extend(run.properties())
            self._summary.add(run)
        return report

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._lab is not None:
            try:
                self._lab.run(self._lab.close())
            except TimeoutError as error:
                self._told.append(f"left open: {error}")
            self._summary.links(self._lab)
        if self._thread is not None:
            self._thread.stop()
            self._told += (f"after the tests: {each}" for each in self._errors())
        self._folder.cleanup()
        path: Path | None = self._config.getoption("--lab-report")
        if path is not None:
            try:
                self._summary.write(path)
                self._told.append(f"report: {path}")
            except OSError as error:
                self._told.append(f"no report: {path}: {error.strerror}")
                session.exitstatus = session.exitstatus or pytest.ExitCode.INTERNAL_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in dict.fromkeys(self._told):
            terminalreporter.write_line(f"lab {line}")

    def _begin(self, item: pytest.Item) -> None:
        limits = {}
        for marker in item.iter_markers("limit"):
            name = marker.args[0] if marker.args else marker.kwargs.get("name", "")
            limits[name] = Limits(**{k: v for k, v in marker.kwargs.items() if k != "name"})
        run = item.stash[_RUN] = TestRun(item, self.file, Path(self._folder.name), limits)
        self._summary.frames.begin(item.nodeid)
        self.lab.run(_open(self.lab, run))

    def _end(self, run: TestRun) -> None:
        if self._lab is not None:
            self._lab.run(_close(self._lab, run))
        run.recorder.close()

    def _awaited(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if not inspect.iscoroutinefunction(function):
            return function

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            return self.lab.run(function(*args, **kwargs))

        return run

    def _errors(self) -> list[str]:
        """What went wrong in the loop, outside of any test's own code."""
        if self._thread is None:
            return []
        errors, self._thread.errors = self._thread.errors, []
        return errors

    def _leave(self, run: TestRun) -> None:
        junit = self._config.getoption("xmlpath", None)
        beside = Path(junit).parent if junit else Path()
        folder = self._config.getoption("--lab-artifacts") or beside / "lab-artifacts"
        try:
            run.leave(folder)
            self._told.append(f"artifacts: {folder}")
        except OSError as error:
            self._told.append(f"no artifacts: {folder}: {error.strerror}")


async def _open(lab: Lab, run: TestRun) -> None:
    for link in lab.links.values():
        link.watchers.append(run.watch)
    await lab.begin(run.injected)


async def _close(lab: Lab, run: TestRun) -> None:
    for link in lab.links.values():
        link.watchers.remove(run.watch)
    run.recorder.flush()
