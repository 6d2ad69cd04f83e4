# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""pytest with a lab: ``pytest --lab FILE`` (docs/lab.md). Without it, nothing more is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
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


def pytest_configure(config: pytest.Config) -> None:
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    if (path := config.getoption("--lab")) is not None:
        from hil.pytest_plugin.session import LabSession

        config.pluginmanager.register(LabSession(config, path), SESSION)


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
