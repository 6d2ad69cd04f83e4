# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Algorithms of users: how they are named, what they may do, what each fault is called."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from plain_world import PlainScene

from fsw_emu.algorithms.guard import Refused, Status, checked
from fsw_emu.algorithms.interface import Outcome, Setup
from fsw_emu.algorithms.names import read_name
from fsw_emu.algorithms.resolve import digest, resolve
from fsw_emu.algorithms.seat import Limits, seated
from fsw_emu.core import Core

FRAMES = PlainScene(100, 1).exposure(0).frames
QUICK = Limits(start_s=60, readout_s=2)

PYTHON = '''
import os, sys, time
import numpy as np

def keep(events, *, most=700):
    return events["pixels"][:, 12] < most

def compiled_like(pixels, row, col):
    assert pixels.dtype == row.dtype == col.dtype == np.uint16
    return (pixels[:, 12] < 590) & (row < 639) & (col < 384)

def raises(events):
    raise KeyError(f"line one\\nand two of {object()}")

def leaves(events):
    sys.exit(3)

def counts_of(events):
    return np.ones(len(events), int)

def too_few(events):
    return np.ones(3, bool)

class Base:
    """Sends one event, which is as it should be."""

    def __init__(self, setup):
        from fsw_emu.algorithms.interface import FOUND_DTYPE, Outcome
        self.outcome, self.setup = Outcome, setup
        self.events = np.zeros(1, FOUND_DTYPE)
        self.counts = {"detected": 1, "sent": 1}

    def readout(self, frames):
        return self.outcome(self.events, self.counts, 64)

class Hangs(Base):
    def readout(self, frames):
        self.start = getattr(self, "start", 0) + 1
        if self.start == 2:
            time.sleep(100)
        return super().readout(frames)

class Dies(Base):
    def readout(self, frames):
        import ctypes
        ctypes.memset(frames.ctypes.data, 0, 1)  # memory that is not to be written to

class Ends(Base):
    def readout(self, frames):
        os._exit(4)

class Writes(Base):
    def readout(self, frames):
        frames[0, 0, 0] = 0

class Prints(Base):
    def readout(self, frames):
        print("x" * 100_000, flush=True)
        sys.stderr.write("y" * 100_000)
        return super().readout(frames)

class Outside(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.events["row"] = 639

class Nowhere(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.events["col_px"] = np.nan

class Untyped(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.events = np.zeros((1, 3))

class Listed(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.events = []

class Flood(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.events = np.zeros(300_000, self.events.dtype)

class Many(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.counts = {"detected": 9, "sent": 9}

class Astronomical(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.counts = {"detected": 1 + 10**5000, "sent": 1, "other": 10**5000}

class Heavy(Base):
    def readout(self, frames):
        return self.outcome(self.events, self.counts, 2**53 + 1)

class Surrogate(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.counts["\\ud800"] = 0

class Zero(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.counts["a\\0b"] = 0

class Unnamed(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.counts[""] = 0

class Mute(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.counts = {object: 0}
        self.outcome = Rude

class Rude:
    events = property(lambda self: 1 / 0)
    def __init__(self, *args):
        pass

def letters(events):
    raise ValueError("bad \\udcff file \\0 of \\x1b[31m")

def says_good(events):
    from fsw_emu.algorithms.guard import Refused, Status
    raise Refused(Status.GOOD, "never")

class Unaccounted(Base):
    def __init__(self, setup):
        super().__init__(setup)
        self.counts = {"detected": 9, "sent": 1}

class Nothing(Base):
    def readout(self, frames):
        return None

class Free(Base):
    def readout(self, frames):
        return self.outcome(self.events, self.counts, 0)

class Hoards(Base):
    def readout(self, frames):
        np.ones(6 << 30, np.uint8)

class Fussy(Base):
    def __init__(self, setup):
        raise RuntimeError("not today")

def maker(setup):
    return Base(setup)

def with_setup_options(setup):
    base = Base(setup)
    base.counts |= {"detected": 1 + setup.options["n"], "other": setup.options["n"]}
    return base

class NoReadout:
    pass

def of_two(a, b):
    pass

number = 4
'''

C = """
#include <stdint.h>
int32_t keep(const uint16_t *events, uint32_t n, uint8_t *keep)
{
    int32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        keep[i] = events[27 * i + 2 + 12] < 590;
        kept += keep[i];
    }
    return kept;
}
int32_t all(const uint16_t *events, uint32_t n, uint8_t *keep)
{
    (void)events;
    for (uint32_t i = 0; i < n; i++)
        keep[i] = 1;
    return (int32_t)n;
}
int32_t fails(const uint16_t *e, uint32_t n, uint8_t *k) { (void)e, (void)n, (void)k; return -4; }
int32_t lies(const uint16_t *e, uint32_t n, uint8_t *k) { return all(e, n, k) - 1; }
int32_t lazy(const uint16_t *e, uint32_t n, uint8_t *k) { (void)e, (void)n, (void)k; return 0; }
int32_t beyond(const uint16_t *e, uint32_t n, uint8_t *k) { k[n] = 0; return all(e, n, k); }
int32_t crashes(const uint16_t *e, uint32_t n, uint8_t *k)
{
    (void)e, (void)k;
    return *(volatile int32_t *)(uintptr_t)(n & 1);
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("plug-ins")
    (made / "mine.py").write_text(PYTHON)
    (made / "filter.c").write_text(C)
    (made / "package").mkdir()
    (made / "package/__init__.py").write_text("")
    (made / "package/deep.py").write_text("def keep(events):\n    return events['row'] < 700\n")
    (made / "numpy.py").write_text("raise SystemExit('hides')")
    compiler = shutil.which("cc")
    assert compiler is not None
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", made / "filter.so", made / "filter.c"]
    subprocess.run(command, check=True)
    return made


def outcomes(name: str, core: Core, folder: Path, n: int = 1) -> list[Outcome]:
    setup = Setup(core=core, seed=1)
    with seated(read_name(name), setup, folder, QUICK) as seat:
        return [seat.readout(FRAMES) for _ in range(n)]


def directly(name: str, core: Core, folder: Path) -> Outcome:
    """In this process, for what does it no harm."""
    named = read_name(name)
    try:
        algorithm = resolve(named.name, folder)(named.setup(Setup(core=core, seed=1)))
    except ValueError as error:
        raise Refused(Status.UNUSABLE, str(error)) from None
    return checked(algorithm.readout(FRAMES))


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("flight", {"sent": 40, "detected": 40, "dropped": 0}),
        ("mine.py:keep(most=100,limit=9)", {"sent": 0, "filtered": 18, "dropped": 22}),
        ("mine:keep", {"sent": 40, "filtered": 0}),
        ("package.deep:keep", {"sent": 40, "filtered": 0}),
        ("mine.py:with_setup_options(n=5)", {"sent": 1, "other": 5}),
        ("mine.py:Prints", {"sent": 1}),
        ("lib:filter.so:all", {"sent": 40, "filtered": 0}),
    ],
)
def test_what_takes_part(name: str, counts: dict[str, int], core: Core, folder: Path) -> None:
    (outcome,) = outcomes(name, core, folder)
    assert outcome.counts.items() >= counts.items()
    assert outcome.telemetry_bytes == 64 * len(outcome.events)
    assert (digest(read_name(name).name, folder) == "") == name.startswith("flight")


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("flight(limit=10)", {"sent": 20, "detected": 40, "dropped": 20}),
        ("flight(threshold=200)", {"sent": 0, "detected": 0}),
        ("flight(centre_max=500)", {"sent": 0, "centre": 40}),
        ("mine.py:keep", {"sent": 40, "filtered": 0}),
        ("mine.py:compiled_like", {"detected": 40}),
        ("mine.py:maker", {"sent": 1}),
        ("lib:filter.so", {"detected": 40}),
    ],
)
def test_what_takes_part_directly(
    name: str, counts: dict[str, int], core: Core, folder: Path
) -> None:
    assert directly(name, core, folder).counts.items() >= counts.items()


def test_a_c_filter_and_a_python_one_agree(core: Core, folder: Path) -> None:
    (one,), (other,) = (
        outcomes(n, core, folder) for n in ("lib:filter.so", "mine.py:compiled_like")
    )
    assert np.array_equal(one.events, other.events)
    assert one.counts == other.counts


def test_numba(core: Core, tmp_path: Path) -> None:
    body = "def keep(pixels, row, col):\n    return pixels[:, 12] < 590\n"
    (tmp_path / "fast.py").write_text(f"import numba\n\n@numba.njit\n{body}")
    limits = Limits(start_s=60, readout_s=5)
    with seated(read_name("fast.py:keep"), Setup(core=core, seed=1), tmp_path, limits) as seat:
        assert seat.readout(FRAMES).counts["detected"] == 40


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("mine.py:raises", "raised", "KeyError: 'line one\\nand two of <object object at 0x...>'"),
        ("mine.py:leaves", "raised", "SystemExit: 3"),
        ("mine.py:Dies", "died", "its process was killed by SIGSEGV"),
        ("mine.py:Ends", "died", "its process ended with exit code 4"),
        ("mine.py:Writes", "raised", "ValueError: assignment destination is read-only"),
        ("mine.py:Many", "lied", "9 sent, but 1 events are there"),
        ("mine.py:Astronomical", "wrong", "counts['detected'] is beyond 2**53"),
        ("mine.py:Mute", "wrong", "ZeroDivisionError: division by zero"),
        ("mine.py:letters", "raised", r"ValueError: bad \udcff file \x00 of \x1b[31m"),
        ("mine.py:says_good", "wrong", "never"),
        ("mine.py:Hoards", "raised", "MemoryError: Unable to allocate 6.00 GiB"),
        ("mine.py:Fussy", "unusable", "RuntimeError: not today"),
        ("mine.py:keep(least=1)", "unusable", "mine.py:keep has no option 'least'; it has most"),
        ("flight(threshold=0)", "unusable", "flight(threshold=0): threshold is not"),
        ("lib:filter.so:crashes", "died", "its process was killed by SIGSEGV"),
    ],
)
def test_what_ends_a_run(name: str, status: str, reason: str, core: Core, folder: Path) -> None:
    with pytest.raises(Refused) as refused:
        outcomes(name, core, folder)
    assert refused.value.status.value == status
    assert reason in refused.value.reason
    assert refused.value.reason.isprintable()


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("mine.py:counts_of", "wrong", "the filter gave int64 of shape (40,), not bool"),
        ("mine.py:too_few", "wrong", "the filter gave bool of shape (3,), not bool of shape (40,)"),
        ("mine.py:Outside", "wrong", "event 0: row 639 is not below 639"),
        ("mine.py:Nowhere", "wrong", "event 0: col_px nan is not on the node"),
        ("mine.py:Untyped", "wrong", "events are float64 of shape (1, 3), not FOUND_DTYPE"),
        ("mine.py:Flood", "wrong", "300000 events, and the frames hold 245376"),
        ("mine.py:Listed", "wrong", "events are list, not an array"),
        ("mine.py:Astronomical", "wrong", "counts['detected'] is beyond 2**53"),
        ("mine.py:Heavy", "wrong", "telemetry_bytes is beyond 2**53"),
        ("mine.py:Surrogate", "wrong", r"counts has the name '\ud800'"),
        ("mine.py:Zero", "wrong", r"counts has the name 'a\x00b'"),
        ("mine.py:Unnamed", "wrong", "counts has the name ''"),
        ("mine.py:Unaccounted", "lied", "9 detected, but 1 accounted for"),
        ("mine.py:Nothing", "wrong", "no Outcome: AttributeError: 'NoneType' object"),
        ("mine.py:Free", "lied", "1 events sent in 0 bytes"),
        ("mine.py:NoReadout", "unusable", "mine.py:NoReadout: the class has no method readout"),
        ("mine.py:of_two", "unusable", "(setup), (events) or (pixels, row, col) are asked for"),
        ("mine.py:number", "unusable", "mine.py:number is int: neither a class nor a function"),
        ("mine.py:absent", "unusable", "mine.py:absent: mine.py has no absent"),
        ("mine.py:keep(most=x)", "unusable", "mine.py:keep: most is 'x', not int"),
        (
            "flight(most=1)",
            "unusable",
            "flight has no option 'most'; it has centre_max",
        ),
        ("lib:filter.so:nothing", "unusable", "lib:filter.so:nothing: "),
        ("lib:filter.so:fails", "raised", "fails: status -4"),
        ("lib:filter.so:lies", "lied", "lies: 39 kept, but 40 marked"),
        ("lib:filter.so:lazy", "wrong", "lazy left or made a byte of keep other than 0 and 1"),
        ("lib:filter.so:beyond", "wrong", "beyond wrote beyond the 40 bytes of keep"),
    ],
)
def test_what_does_not(name: str, status: str, reason: str, core: Core, folder: Path) -> None:
    """The same without a process of its own."""
    with pytest.raises(Refused) as refused:
        directly(name, core, folder)
    assert refused.value.status.value == status
    assert reason in refused.value.reason
    assert refused.value.reason.isprintable()


def test_one_that_hangs_is_ended(core: Core, folder: Path) -> None:
    setup = Setup(core=core, seed=1)
    with seated(read_name("mine.py:Hangs"), setup, folder, QUICK) as seat:
        seat.readout(FRAMES)
        with pytest.raises(Refused, match=r"no answer within 2 s") as refused:
            seat.readout(FRAMES)
    assert refused.value.status.value == "hung"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nix", "nix is no algorithm: .*flight.*, or file.py:Thing"),
        ("nix.py:keep", "nix.py: there is no such file"),
        ("mine.py:a b", "file.py:Thing or package.module:Thing is asked for"),
        ("lib:nix.so", "nix.so: there is no such file"),
        ("nix.deep:keep", "nix.deep: there is no module nix"),
        (":keep", "is asked for"),
        ("../x:keep", "is no name of a module"),
    ],
)
def test_what_is_not_there_is_told_before_anything_runs(name: str, says: str, folder: Path) -> None:
    with pytest.raises(ValueError, match=says):
        digest(name, folder)


def test_a_package_is_known_by_all_its_sources(tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    for name in ("__init__", "a", "b"):
        (tmp_path / f"bundle/{name}.py").write_text("")
    before = digest("bundle.a:keep", tmp_path)
    (tmp_path / "bundle/b.py").write_text("x = 1\n")
    assert digest("bundle.a:keep", tmp_path) != before
