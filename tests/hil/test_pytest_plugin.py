# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The plugin: what it does with a lab, what a failed test leaves, and nothing without a lab."""

from __future__ import annotations

import asyncio
import importlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fsw_emu.fee.device import FeeDevice
from fsw_emu.packets.capture import CaptureReader
from fsw_emu.packets.pcapng import PcapngReader
from hil.lab.lab import Lab
from hil.pytest_plugin import pictures

pytest_plugins = ["pytester"]
for each in ("hil.pytest_plugin.session", "astropy.io.fits"):
    importlib.import_module(each)  # once, for all sessions in this process

EXAMPLES = Path(__file__).resolve().parents[2] / "docs/examples"
LAB = '[node.fee]\nis = "emulated"\noptions = { rate = "max" }\n'
STRICT = ("--strict-markers", "-W", "error", "-W", "ignore:Module already imported")


class Page(HTMLParser):
    """Every tag is closed in its turn; what refers to elsewhere."""

    VOID = frozenset({"meta", "link", "img", "br", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.references += [v or "" for n, v in attrs if n in ("href", "src", "data", "srcset")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open = self.open[:-1] if tag not in self.VOID else self.open

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def lab(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with a lab file."""
    (pytester.path / "lab.toml").write_text(LAB)
    return pytester


def run(lab: pytest.Pytester, tests: str, *options: str) -> pytest.RunResult:
    lab.makepyfile(f"import pytest\nfrom hypothesis import given, strategies as st\n{tests}")
    return lab.runpytest("--lab", "lab.toml", *STRICT, *options)


def properties(lab: pytest.Pytester, test: str) -> list[tuple[str, str]]:
    tree = ElementTree.parse(lab.path / "junit.xml")  # noqa: S314
    case = tree.find(f".//testcase[@name='{test}']")
    assert case is not None
    return [(each.get("name", ""), each.get("value", "")) for each in case.iter("property")]


def test_tests_that_wait_and_tests_that_do_not(lab: pytest.Pytester) -> None:
    result = run(
        lab,
        """
async def test_awaits(fee, link, dut, recorder, timing):
    with timing.measure("write"):
        await fee.write(vend=5)
    assert await fee.read("vend") == 5
    assert dut.node.name == "fee" and dut.links[""] is link
    assert recorder.error is None

def test_runs(lab, fee):
    lab.run(fee.write(vend=6))
    assert lab.run(fee.read("vend")) == 6

@given(value=st.integers(0, 65535))
async def test_property(fee, value):
    await fee.write(vend=value)
    assert await fee.read("vend") == value

@given(value=st.integers())
def test_property_that_does_not_wait(lab, value):
    assert value == value

def test_without_a_lab():
    pass
""",
    )
    result.assert_outcomes(passed=5)


def test_a_failed_test_leaves_what_is_needed(lab: pytest.Pytester) -> None:
    (lab.path / "plan.toml").write_text(
        "seed = 9\n[[fault]]\nkind = 'duplicate'\ndirection = 'b-to-a'\n"
    )
    result = run(
        lab,
        """
from pathlib import Path

@pytest.mark.requirement("REQ-1", "REQ-2")
async def test_fails(lab, fee):
    with lab.faults("fee", Path("plan.toml")):
        for _ in range(3):
            await fee.read("vend")
    assert False, "on purpose"

async def test_passes(fee):
    await fee.read("vend")
""",
        "--junitxml=junit.xml",
    )
    result.assert_outcomes(failed=1, passed=1)
    left = lab.path / "lab-artifacts"
    base = "test_a_failed_test_leaves_what_is_needed.py_test_fails"
    assert {each.name for each in left.iterdir()} == {
        f"{base}.pcapng",
        f"{base}.faults.jsonl",
        f"{base}.json",
    }
    log = (left / f"{base}.faults.jsonl").read_text()
    faults = [json.loads(line) for line in log.splitlines()]
    assert len(faults) == 3
    assert {each["seed"] for each in faults} == {9}
    again = json.loads((left / f"{base}.json").read_text())
    assert again["seeds"] == [9]
    assert again["faults"] == {"fee duplicate": 3}
    assert "on purpose" in again["said"]
    reader = CaptureReader(PcapngReader())
    packets = reader.feed((left / f"{base}.pcapng").read_bytes())
    assert len(packets) == again["packets"] == 3 + 6
    found = properties(lab, "test_fails")
    assert ("requirement", "REQ-2") in found
    assert ("faults.fee.duplicate", "3") in found
    assert ("left", f"{base}.pcapng") in found


def test_artifacts_go_where_they_are_wanted(lab: pytest.Pytester) -> None:
    result = run(lab, "def test_fails(lab): assert 0", "--lab-artifacts=here")
    result.assert_outcomes(failed=1)
    assert len(list((lab.path / "here").iterdir())) == 3
    result.stdout.fnmatch_lines(["lab artifacts: here"])


def test_what_cannot_be_written_is_told(lab: pytest.Pytester) -> None:
    (lab.path / "file").touch()
    result = run(
        lab, "def test_fails(lab): assert 0", "--lab-artifacts=file", "--lab-report=file/page.html"
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["lab no artifacts: file: *", "lab no report: file/page.html: *"])


def test_limits_are_kept_or_told(lab: pytest.Pytester) -> None:
    result = run(
        lab,
        """
@pytest.mark.limit(p99_ms=60_000, max_ms=60_000)
def test_fast(timing):
    timing.add(1e-3)

@pytest.mark.limit("reply", max_ms=1)
def test_slow(timing):
    timing.add(2e-3, "reply")

@pytest.mark.limit(p50_ms=1)
def test_of_nothing(timing):
    pass
""",
        "--junitxml=junit.xml",
    )
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        ["*reply: max 2 ms, limit 1 ms*", "*time: nothing was measured, which has a limit*"]
    )
    assert ("timing.max_ms", "1.0") in properties(lab, "test_fast")
    assert ("timing.reply.p99_ms", "2.0") in properties(lab, "test_slow")


def test_the_report_needs_nothing_else(lab: pytest.Pytester) -> None:
    result = run(
        lab,
        """
@pytest.mark.requirement("<b>-1")
async def test_frame(fee, link, timing):
    await fee.start("ftp", ccd_mode2_config=2, digitise_en=True, packet_size=778)
    for _ in range(100):
        with timing.measure():
            await link.packet(protocol=0xF0)

@pytest.mark.requirement("<b>-1", "REQ-2")
def test_fails(lab):
    assert "<script>" == 0

@pytest.mark.skip(reason="why not")
def test_skipped(lab):
    pass
""",
        "--lab-report=out/report.html",
    )
    result.assert_outcomes(passed=1, failed=1, skipped=1)
    text = (lab.path / "out/report.html").read_text()
    page = Page(text)
    assert not page.open
    assert all(each.startswith("data:image/png;base64,") for each in page.references)
    assert page.references  # a frame
    assert "<script" not in text
    assert "url(" not in text
    assert not re.search(r"https?://", text)
    for word in ("1 not passed", "&lt;b&gt;-1", "REQ-2", "test_frame", "100 samples", "frame 1"):
        assert word in text


def test_a_picture_that_cannot_be_made_costs_nothing_else(
    lab: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole pixels of a packet that was cut are shown; what fails is told in its place."""
    tests = """
from hil.faults.plan import Plan, Rule

async def test_frame(lab, fee, link):
    with lab.faults("fee", Plan((Rule("truncate", ("data",)),))):
        await fee.start("ftp", ccd_mode2_config=2, digitise_en=True, packet_size=778)
        sizes = {len((await link.packet(protocol=0xF0)).data) % 2 for _ in range(50)}
        assert sizes == {0, 1}
"""
    for said in ("image, CCD2 above CCD4", "no picture: ZeroDivisionError"):
        run(lab, tests, "--lab-report=r.html").assert_outcomes(passed=1)
        assert said in (lab.path / "r.html").read_text()
        monkeypatch.setattr(pictures, "_image", lambda _: 1 // 0)


def test_what_goes_wrong_in_the_loop_fails_the_test(lab: pytest.Pytester) -> None:
    result = run(
        lab,
        """
async def test_callback_raises(link):
    import asyncio
    asyncio.get_running_loop().call_soon(lambda: 1 // 0)
    await asyncio.sleep(0.01)

async def test_next(link):
    pass
""",
    )
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*ZeroDivisionError*"])


def test_a_node_that_ends_is_told(lab: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the test that waits for it in vain."""
    monkeypatch.setattr(FeeDevice, "due_ns", lambda _: 1 // 0)
    result = run(
        lab,
        """
async def test_waits(link):
    await link.receive(timeout_s=0.01)
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*meanwhile: node fee has ended: ZeroDivisionError*"])


def test_what_goes_wrong_after_the_tests_is_told(
    lab: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(_: Lab) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Lab, "close", hangs)
    (lab.path / "lab.toml").write_text(f"time_limit_s = 0.2\n{LAB}")
    result = run(
        lab,
        """
@pytest.fixture
def leaves(lab):
    yield
    lab._loop.call_soon_threadsafe(lambda: 1 // 0)

def test_passes(leaves):
    pass
""",
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["lab left open: not done within 0.2 s", "lab after the tests: *ZeroDivisionError*"]
    )


def test_a_test_that_hangs_is_ended(lab: pytest.Pytester) -> None:
    (lab.path / "lab.toml").write_text(f"time_limit_s = 0.2\n{LAB}")
    result = run(
        lab, "async def test_hangs(link):\n    import asyncio\n    await asyncio.Event().wait()\n"
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*TimeoutError: not done within 0.2 s*"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAB.replace("[node", "[nod"), "*lab.toml: nod: 'nod' is unknown; did you mean 'node'?*"),
        ("[node", "*lab.toml: *"),
    ],
)
def test_a_wrong_lab_file_is_wrong_use(lab: pytest.Pytester, text: str, said: str) -> None:
    (lab.path / "lab.toml").write_text(text)
    result = run(lab, "def test_it(): pass")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])


def test_a_lab_that_cannot_be_opened_is_an_error_of_each_test(lab: pytest.Pytester) -> None:
    (lab.path / "lab.toml").write_text(LAB.replace("emulated", "spw-tcp://127.0.0.1:1"))
    result = run(
        lab,
        "def test_a(lab): pass\ndef test_b(fee): pass\ndef test_c(): pass",
        "--lab-report=report.html",
    )
    result.assert_outcomes(errors=2, passed=1)
    result.stdout.fnmatch_lines(["*lab.toml: node.fee: spw-tcp://127.0.0.1:1: *"])
    assert "2 not passed" in (lab.path / "report.html").read_text()


def test_without_a_lab_the_plugin_is_idle(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
import sys
import pytest

def test_nothing_is_loaded():
    assert not {"hil.lab.lab", "hil.link", "fsw_emu", "asyncio"} & set(sys.modules)

@pytest.mark.requirement("A")
@pytest.mark.limit(max_ms=1)
def test_lab(fee):
    pass
"""
    )
    result = pytester.runpytest_subprocess(
        "--strict-markers", "-p", "no:hypothesispytest", "-p", "no:zarr"
    )
    result.assert_outcomes(passed=1, skipped=1)


def test_the_chain_suite(pytester: pytest.Pytester) -> None:
    """That of the FEE is run by docs/bridge.md, with one line changed as well."""
    suite = EXAMPLES / "chain.toml", EXAMPLES / "test_chain.py"
    result = pytester.runpytest("--lab", *suite, *STRICT, "--lab-report=r.html")
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] == sum(outcomes.values())
    assert not Page((pytester.path / "r.html").read_text()).open


def test_a_report_that_cannot_be_written_fails_the_session(pytester: pytest.Pytester) -> None:
    suite = EXAMPLES / "emulated.toml", EXAMPLES / "test_fee.py"
    result = pytester.runpytest("--lab", *suite, *STRICT, "-k", "kept", "--lab-report=/dev/full")
    result.stdout.fnmatch_lines(["*no report: /dev/full: No space left on device"])
    assert result.ret != 0
