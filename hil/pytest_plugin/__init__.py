# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""pytest with a lab: ``pytest --lab FILE`` (docs/lab.md); and with the onboard application: the
fixtures ``testbed``, ``dpu`` and ``egse`` (docs/egse.md). Without them, nothing more is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fsw_emu.dpu.dpu import Dpu
    from fsw_emu.egse.client import Egse
    from fsw_emu.testbed.testbed import Testbed
    from hil.fee.proxy import FeeProxy
    from hil.lab.lab import Lab, Unit
    from hil.lab.timing import Timing
    from hil.lab.watch import WatchedLink
    from hil.pytest_plugin.run import TestRun
    from hil.pytest_plugin.session import LabSession
    from hil.record import Recorder

SESSION = "lab-session"
_MARKERS = (
    "requirement(id, ...): the requirements that the test verifies",
    "limit(name='', p50_ms=, p99_ms=, max_ms=): the longest that what `timing` measured may take",
    "onboard(booted=True, fee=None, scenario=None, start=None, seed=0): what `testbed` is",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("lab", "tests in a lab")
    group.addoption("--lab", metavar="FILE", type=Path, help="nodes and links: a lab.toml")
    group.addoption(
        "--lab-artifacts",
        metavar="DIR",
        type=Path,
        help="where a failed test leaves its recording, fault log and seed; default: "
        "lab-artifacts, beside the file of --junitxml",
    )
    group.addoption(
        "--lab-report", metavar="FILE", type=Path, help="one HTML page that needs nothing else"
    )
    onboard = parser.getgroup("onboard", "tests of the onboard application")
    onboard.addoption(
        "--egse",
        metavar="ADDRESS",
        help="where the fixture egse finds it, as in docs/links.md; default: in this process, in "
        "virtual time",
    )


def pytest_configure(config: pytest.Config) -> None:
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    if (path := config.getoption("--lab")) is not None:
        from hil.pytest_plugin.session import LabSession

        config.pluginmanager.register(LabSession(config, path), SESSION)


@pytest.hookimpl
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Await a test of the onboard application that awaits."""
    if not {"testbed", "dpu", "egse"} & {*pyfuncitem.fixturenames}:
        return None
    from hil.pytest_plugin.onboard import call

    return call(pyfuncitem)


@pytest.fixture
def testbed(request: pytest.FixtureRequest) -> Testbed:
    """The onboard application, its world and its FEE, in virtual time; the marker ``onboard`` says
    which."""
    if request.config.getoption("--egse") is not None:
        pytest.skip("the unit is at the other end of --egse")
    from hil.pytest_plugin.onboard import make_testbed

    return make_testbed(request.node)


@pytest.fixture
def dpu(testbed: Testbed) -> Dpu:
    """The unit of ``testbed``."""
    return testbed.dpu


@pytest.fixture
def egse(request: pytest.FixtureRequest) -> Iterator[Egse]:
    """Who commands ``dpu``, or what is at the address of --egse."""
    from hil.pytest_plugin.onboard import on_testbed, over_link

    address: str | None = request.config.getoption("--egse")
    if address is None:
        yield on_testbed(request.getfixturevalue("testbed"))
    else:
        yield from over_link(request.node, address)


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Lab:
    """The lab of --lab: its links by name, and ``run`` for what is asynchronous."""
    session: LabSession | None = request.config.pluginmanager.get_plugin(SESSION)
    if session is None:
        pytest.skip("needs --lab FILE")
    return session.lab


@pytest.fixture(scope="session")
def dut(lab: Lab) -> Unit:
    """The node under test, with its links to the tests."""
    return lab.unit()


@pytest.fixture(scope="session")
def link(dut: Unit) -> WatchedLink:
    """The link to the node under test."""
    return next(iter(dut.links.values()))


@pytest.fixture(scope="session")
def fee(lab: Lab) -> FeeProxy:
    """The FEE's registers and memory over RMAP."""
    return lab.fee


@pytest.fixture
def recorder(_run: TestRun) -> Recorder:
    """What writes down all that crosses the links during this test."""
    return _run.recorder


@pytest.fixture
def timing(_run: TestRun) -> Timing:
    """Takes times: ``with timing.measure(): ...``."""
    return _run.timing


@pytest.fixture
def _run(lab: Lab, request: pytest.FixtureRequest) -> TestRun:  # noqa: ARG001
    session: LabSession | None = request.config.pluginmanager.get_plugin(SESSION)
    if session is None:
        pytest.skip("needs --lab FILE")
    return session.run_of(request.node)
