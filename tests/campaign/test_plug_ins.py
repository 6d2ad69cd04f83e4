# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Algorithms of users: how they are named, what they may do, what each fault is called."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from plain_world import PlainScene
from plug_in_sources import PYTHON, C

from fsw_emu.algorithms.guard import Refused, Status, checked
from fsw_emu.algorithms.interface import Outcome, Setup
from fsw_emu.algorithms.names import read_name
from fsw_emu.algorithms.resolve import digest, resolve
from fsw_emu.algorithms.seat import Limits, seated
from fsw_emu.core import Core

FRAMES = PlainScene(100, 1).exposure(0).frames
QUICK = Limits(start_s=60, readout_s=2)


@pytest.fixture(autouse=True)
def _no_module_stays() -> Iterator[None]:
    """What :func:`directly` loads is not there for other tests."""
    path, finders = sys.path.copy(), sys.meta_path.copy()
    yield
    sys.path[:], sys.meta_path[:] = path, finders
    sys.modules.pop("mine", None)


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
    edited = digest("bundle.a:keep", tmp_path)
    (tmp_path / "bundle/c").mkdir()
    (tmp_path / "bundle/b.py").rename(tmp_path / "bundle/c/b.py")
    assert len({before, edited, digest("bundle.a:keep", tmp_path)}) == 3
