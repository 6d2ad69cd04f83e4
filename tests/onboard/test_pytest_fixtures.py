# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The fixtures ``dpu`` and ``egse`` of the pytest plugin, as somebody else's tests use them."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fsw_emu.dpu.dpu import Dpu
from fsw_emu.egse.client import Egse, NotSeen

pytest_plugins = ["pytester"]
PAGE = Path(__file__).resolve().parents[2] / "docs/egse.md"
STRICT = ("--strict-markers", "-p", "no:cacheprovider", "-W", "ignore:Module already imported")


async def test_they_are_here(egse: Egse, dpu: Dpu) -> None:
    """This suite has the plugin: no time passes but what is waited for."""
    await egse.send("AreYouAlive")
    await egse.expect(service=17, subtype=2, within=2.0)
    assert dpu.world.cycle == 1


@pytest.mark.onboard(booted=False, start="2026-05-19T00:00:00Z")
async def test_a_unit_of_a_kind(egse: Egse, dpu: Dpu) -> None:
    assert dpu.onboard.software == "DBS"
    assert dpu.world.time.iso().startswith("2026-05-19T00:00:00")
    with pytest.raises(NotSeen):
        await egse.expect(name="EVT_INIT_FAIL", within=1.0)


def test_without_awaiting(dpu: Dpu) -> None:
    dpu.run(8)
    assert dpu.world.cycle == 8


def run(pytester: pytest.Pytester, text: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(f"import pytest\n{text}")
    return pytester.runpytest(*STRICT, *options)


def test_what_fails_is_told(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
async def test_fails(egse):
    await egse.send("AreYouAlive", source=99)
    await egse.expect(service=17, subtype=2)

@pytest.mark.onboard(scenario="none.toml")
def test_has_no_scenario(dpu):
    pass

async def test_is_no_business_of_this_plugin():
    pass
""",
    )
    text = result.stdout.str()
    assert "no TM(17,2) within 2 s; came instead: TM(1,2) FailedAccRep ACK_ILL_SRC" in text
    assert "marker onboard: " in text
    assert "async def functions are not natively supported" in text
    assert result.parseoutcomes() == {"failed": 2, "errors": 1}


def test_a_property_that_awaits(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
from hypothesis import HealthCheck, given, settings, strategies as st

@given(ack=st.integers(0, 15))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
async def test_answers(egse, ack):
    await egse.send("AreYouAlive", ack=ack)
    await egse.expect(service=17, within=0.125)
""",
    )
    assert result.parseoutcomes() == {"passed": 1}


def test_over_a_link(pytester: pytest.Pytester) -> None:
    """The same test, of a unit in another process."""
    command = [sys.executable, "-m", "fsw_emu.cli.main", "dpu", "--booted"]
    command += ["--egse", "pus-tcp-server://127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().removeprefix("egse: ").strip()
            result = run(
                pytester,
                """
async def test_answers(egse):
    sent = await egse.send("AreYouAlive")
    await egse.expect(service=17, subtype=2, within=10)
    await sent.terminated()

def test_needs_the_unit(dpu):
    pass
""",
                "--egse",
                address.replace("-server", ""),
            )
        finally:
            process.terminate()
        assert process.wait(30) == 0
    assert result.parseoutcomes() == {"passed": 1, "skipped": 1}


def test_nobody_there(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hil.ports.PATIENCE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    result = run(pytester, "async def test_x(egse): pass", "--egse", f"pus-tcp://127.0.0.1:{port}")
    assert result.parseoutcomes() == {"errors": 1}


def test_the_example_of_the_page(pytester: pytest.Pytester) -> None:
    (example,) = re.findall(r"^```python pytest\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    result = run(pytester, example)
    assert result.parseoutcomes() == {"passed": example.count("def test_")}
