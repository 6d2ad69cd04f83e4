# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Fixtures that every test shares. A test names no target: it asks for `core`."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis
import pytest

import fsw_emu.targets
from fsw_emu.core import Core
from fsw_emu.provenance import checkout, named, parameter_set, provenance
from fsw_emu.targets.library import LibraryCore

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
LIBRARY = pytest.StashKey[Any]()

hypothesis.settings.register_profile("default", deadline=None, max_examples=60)
# the same examples each time: what fails is of the change, and what is covered stays so
hypothesis.settings.register_profile("suite", deadline=None, max_examples=60, derandomize=True)
hypothesis.settings.register_profile("lanes", deadline=None, max_examples=15, derandomize=True)
hypothesis.settings.register_profile("fuzz", deadline=None, max_examples=5000)
FIND = [hypothesis.Phase.explicit, hypothesis.Phase.generate]  # a fault, not a small one
hypothesis.settings.register_profile(
    "find", deadline=None, max_examples=60, phases=FIND, report_multiple_bugs=False,
    derandomize=True, database=None, suppress_health_check=[hypothesis.HealthCheck.too_slow],
)  # fmt: skip
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell's background jobs ignore it, and so would all that the tests start and interrupt
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--target", default="host", help="as of fsw_emu.targets.open")
    parser.addoption("--plugin", help="of QEMU, with its arguments: FILE,NAME=VALUE...")
    parser.addoption(
        "--every-function",
        action="store_true",
        help="fail when the tests leave a function of the target's ring out",
    )


@pytest.fixture(scope="session")
def csxi(request: pytest.FixtureRequest) -> SimpleNamespace:
    """The C functions of the core under test, with cffi's arguments: .ffi and .lib."""
    target = request.config.getoption("--target")
    if target == "host":
        target = f"lib:{ROOT}/build/release/libsxi.so"
    plugin = request.config.getoption("--plugin")
    options = ["-plugin", plugin] if plugin else []
    ffi, lib = fsw_emu.targets.functions(target, options=options)
    request.config.stash[LIBRARY] = lib
    return SimpleNamespace(ffi=ffi, lib=lib)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A function that no test asks is not tested, whatever else passes."""
    if session.config.getoption("--every-function"):
        ring = getattr(session.config.stash.get(LIBRARY, None), "ring", None)
        names = set() if ring is None else {n for n in ring.functions if n.startswith("sxi_")}
        left_out = names - ring.called if ring is not None else {"the target has no ring"}
        if left_out:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            reporter = session.config.pluginmanager.get_plugin("terminalreporter")
            reporter.write_line(f"never called: {', '.join(sorted(left_out))}", red=True)


@pytest.fixture(scope="session")
def core(request: pytest.FixtureRequest) -> Core:
    """The core under test."""
    target = request.config.getoption("--target")
    if target == "host":
        return fsw_emu.targets.open("host")
    csxi = request.getfixturevalue("csxi")
    return LibraryCore(target, csxi.ffi, csxi.lib)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of data that the project did not make."""
    if not SHARED.is_dir():
        pytest.skip("../shared is not here")
    return SHARED


@pytest.fixture(scope="session")
def recordings(shared: Path) -> Path:
    """Recordings of an independent front-end electronics simulator."""
    return shared / "data" / "fee_recordings"


@pytest.fixture(scope="session", autouse=True)
def _verdicts_tell_what_was_tested(
    request: pytest.FixtureRequest, record_testsuite_property: Callable[[str, object], None]
) -> None:
    """In the file of --junitxml: the core under test and all that comes with it."""
    if request.config.getoption("xmlpath") is None:
        return
    profile = hypothesis.settings.default
    origin = provenance(
        onboard=fsw_emu.targets.build(request.config.getoption("--target")),
        ground=fsw_emu.targets.build("host"),
        parameters=parameter_set("tests", {"max_examples": profile.max_examples}),
        seed=None,
        inputs=[],
    )
    record_testsuite_property("tree", checkout().tree)  # verdicts on other sources do not count
    for name, value in named(origin):
        record_testsuite_property(name, value)


@pytest.fixture(autouse=True)
def _only_shared_tests_use_shared(request: pytest.FixtureRequest) -> None:
    if {"shared", "recordings"} & set(request.fixturenames):
        assert request.node.get_closest_marker("shared"), "mark this test `shared`"
