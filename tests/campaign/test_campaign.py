# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Campaigns: every run once, the same bytes whatever happens on the way."""

from __future__ import annotations

import errno
import os
import py_compile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from plain_world import DEADLY, N_PHOTONS, PLAIN, Counting

import fsw_emu.campaign.store as store_module
from fsw_emu.algorithms.guard import Status
from fsw_emu.algorithms.interface import Outcome, Setup
from fsw_emu.algorithms.names import Value, read_names
from fsw_emu.algorithms.seat import Limits
from fsw_emu.campaign.campaign import NotKept, run_campaign
from fsw_emu.campaign.code import code_version
from fsw_emu.campaign.plan import Plan
from fsw_emu.campaign.store import Busy, Store, decoded, encoded
from fsw_emu.campaign.work import Result
from fsw_emu.campaign.world import Sky
from fsw_emu.merit.measure import Measure
from fsw_emu.scene.exposure import Exposure

PLUG_INS = """
def keep(events, *, most=700):
    return events["pixels"][:, 12] < most

def raises(events):
    raise KeyError("no")

def letters(events):
    raise ValueError("bad \\udcff file")

class Lies:
    def __init__(self, setup):
        self.many, self.name = setup.options["many"], setup.options["name"]

    def readout(self, frames):
        import numpy as np
        from fsw_emu.algorithms.interface import FOUND_DTYPE, Outcome
        many, name = 10**self.many, {"plain": "other", "surrogate": "\\ud800"}[self.name]
        counts = {"detected": many, "sent": 0, name: many}
        return Outcome(np.zeros(0, FOUND_DTYPE), counts, 0)
"""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    (tmp_path / "mine.py").write_text(PLUG_INS)
    return Plan(read_names("flight,flight(threshold=60)"), ("plain",), 3, 2, folder=tmp_path)


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_every_run_is_there_once_in_order(plan: Plan, tmp_path: Path) -> None:
    plan = replace(plan, grid=(("sky.adu", (50, 100)),))
    done: list[int] = []
    made = run_campaign(plan, tmp_path / "out", world=PLAIN, tell=done.append)
    assert sum(done) == plan.n_runs == 12
    assert made.n_before == 0
    table = pq.read_table(tmp_path / "out/results.parquet").to_pylist()
    keys = [(row["scene"], row["point"], row["seed"], row["algorithm"]) for row in table]
    assert keys == sorted(keys)
    assert len(set(keys)) == len({row["run"] for row in table}) == 12
    assert {row["status"] for row in table} == {"good"}
    sent = {
        (row["point"], row["algorithm"]): row["total"]
        for row in table
        if (row["figure"], row["part"], row["seed"]) == ("counts", "sent", 1)
    }
    assert sent["sky.adu=100", "flight"] > sent["sky.adu=50", "flight(threshold=60)"]
    names = {path.stem for path in (tmp_path / "out/runs").iterdir()}
    assert names == {row["run"] for row in table}


def test_processes_of_the_machine_make_the_same_bytes(plan: Plan, tmp_path: Path) -> None:
    plan = replace(plan, algorithms=read_names("flight,mine.py:keep(most=590)"))
    run_campaign(plan, tmp_path / "one", world=PLAIN)
    run_campaign(plan, tmp_path / "two", world=PLAIN, workers=2)
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_what_is_whole_is_not_made_again_and_what_is_not_is(plan: Plan, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_campaign(plan, out, world=PLAIN)
    before = files(out)
    runs = sorted((out / "runs").iterdir())
    runs[0].write_bytes(runs[0].read_bytes()[:-9])  # cut short
    runs[1].unlink()
    runs[2].write_bytes(runs[3].read_bytes())  # another's
    runs[4].write_bytes(b"")
    (out / "results.parquet").unlink()
    (out / "runs" / f".{runs[1].name}.1.part").write_bytes(b"half")
    kept = runs[3].stat().st_mtime_ns, runs[5].stat().st_mtime_ns
    assert run_campaign(plan, out, world=PLAIN).n_before == 2
    assert files(out) == before
    assert kept == (runs[3].stat().st_mtime_ns, runs[5].stat().st_mtime_ns)


def test_any_truncation_and_flip_is_found(plan: Plan, tmp_path: Path) -> None:
    run_campaign(plan, tmp_path, world=PLAIN)
    run = plan.units(code_version())[0].runs[0]
    store = Store(tmp_path)
    result = store.read(run)
    assert result is not None
    whole = store.path(run).read_bytes()
    assert whole == encoded(run, result)
    for size in range(0, len(whole), 7):
        assert decoded(run, whole[:size]) is None
    for at in range(0, len(whole), 13):
        flipped = whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :]
        assert decoded(run, flipped) in (None, result)  # not all bytes of the format tell something
    assert decoded(run, whole.replace(b'"seed":1', b'"seed":2')) is None
    assert decoded(plan.units(code_version())[1].runs[0], whole) is None


def test_a_plug_in_that_raises_takes_only_its_runs_along(plan: Plan, tmp_path: Path) -> None:
    plan = replace(plan, algorithms=read_names("flight,mine.py:raises"), seeds=1)
    made = run_campaign(plan, tmp_path / "out", world=PLAIN)
    (_, good), (_, bad) = made.rows
    assert (good.status, bad.status) == (Status.GOOD, Status.RAISED)
    assert bad.reason == "readout 0: KeyError: 'no'"
    assert bad.measures == ()
    assert run_campaign(plan, tmp_path / "out", world=PLAIN).rows == made.rows


@pytest.mark.parametrize(
    "liar",
    ["Lies(many=400,name=plain)", "Lies(many=1,name=surrogate)", "letters"],
)
def test_what_a_plug_in_says_cannot_stop_a_campaign(plan: Plan, tmp_path: Path, liar: str) -> None:
    plan = replace(plan, algorithms=read_names(f"flight,mine.py:{liar}"), seeds=2)
    made = run_campaign(plan, tmp_path / "out", world=PLAIN)
    assert [result.status is Status.GOOD for _, result in made.rows] == [True, False] * 2
    assert run_campaign(plan, tmp_path / "out", world=PLAIN).n_before == 4


class Failing(Counting):
    """Cannot measure what has this threshold."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._at = {61: "made", 62: "readout", 63: "measures"}.get(setup.threshold_adu, "")
        self._fail("made")

    def _fail(self, at: str) -> None:
        if at == self._at:
            raise OverflowError(at)

    def readout(self, exposure: Exposure, outcome: Outcome) -> None:
        self._fail("readout")
        super().readout(exposure, outcome)

    def measures(self) -> list[Measure]:
        self._fail("measures")
        return super().measures()


def test_a_run_that_cannot_be_measured_is_lost_alone(plan: Plan, tmp_path: Path) -> None:
    names = ",".join(f"flight(threshold={n})" for n in (61, 60, 62, 63))
    plan = replace(plan, algorithms=read_names(names), seeds=1)
    world = replace(PLAIN, open_meter=Failing)
    results = [result for _, result in run_campaign(plan, tmp_path / "out", world=world).rows]
    assert [result.status.value for result in results] == ["lost", "good", "lost", "lost"]
    assert [result.reason for result in results if result.reason] == [
        "OverflowError: made",
        "readout 0: OverflowError: readout",
        "OverflowError: measures",
    ]


def test_an_edited_plug_in_has_new_runs(plan: Plan, tmp_path: Path) -> None:
    plan = replace(plan, algorithms=read_names("flight,mine.py:keep"), seeds=1)
    run_campaign(plan, tmp_path / "out", world=PLAIN)
    (tmp_path / "mine.py").write_text(PLUG_INS.replace("700", "590"))
    assert run_campaign(plan, tmp_path / "out", world=PLAIN).n_before == 1


@pytest.mark.parametrize("name", ["mine.py:keep", "mine:keep", "bundle.deep:keep"])
def test_bytecode_of_before_does_not_run(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Python takes bytecode for that of a source with the same second and size."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle/__init__.py").write_text("")
    plan = replace(plan, algorithms=read_names(f"flight,{name}"), seeds=1)
    totals = []
    for most in ("700", "100"):
        for path in (tmp_path / "mine.py", tmp_path / "bundle/deep.py"):
            path.write_text(PLUG_INS.replace("700", most))
            os.utime(path, (1e9, 1e9))
            if most == "700":
                py_compile.compile(str(path))
        rows = run_campaign(plan, tmp_path / "out", world=PLAIN).rows
        totals.append({m.part: m.total for m in rows[1][1].measures}["filtered"])
    assert totals == [0, 2 * N_PHOTONS]


def test_a_plug_in_edited_meanwhile_loses_its_runs(plan: Plan, tmp_path: Path) -> None:
    plan = replace(plan, algorithms=read_names("flight,mine.py:keep"), seeds=1)

    def edits(preset: str, overrides: Mapping[str, Value], seed: int) -> Sky:
        (tmp_path / "mine.py").write_text(PLUG_INS.replace("700", "590"))
        return PLAIN.open_sky(preset, overrides, seed)

    (_, good), (_, lost) = run_campaign(
        plan, tmp_path / "out", world=replace(PLAIN, open_sky=edits)
    ).rows
    assert good.status is Status.GOOD
    assert lost == Result(Status.LOST, "mine.py:keep changed since the campaign began")
    assert len(list((tmp_path / "out/runs").iterdir())) == 1


def test_time_limits_are_inputs_of_plug_ins_alone(plan: Plan) -> None:
    plan = replace(plan, algorithms=read_names("flight,mine.py:keep"), seeds=1)
    one, other = (replace(plan, limits=Limits(9, s)).units("")[0].runs for s in (1, 2))
    assert one[0].address == other[0].address
    assert one[1].address != other[1].address


def test_a_scene_that_cannot_be_is_told_and_the_rest_goes_on(plan: Plan, tmp_path: Path) -> None:
    plan = replace(plan, grid=(("sky.adu", (-1, 100)),), seeds=1)
    rows = run_campaign(plan, tmp_path / "out", world=PLAIN).rows
    assert [result.status.value for _, result in rows] == ["impossible scene"] * 2 + ["good"] * 2
    assert rows[0][1].reason == "ValueError: sky.adu = -1 in plain"


@pytest.mark.parametrize(("scene", "lost"), [("first", 0), ("always", 1)])
def test_a_worker_that_dies(plan: Plan, tmp_path: Path, scene: str, lost: int) -> None:
    mark = (("test.mark", str(tmp_path / "mark")),)
    names = read_names("flight")
    plan = replace(plan, scenes=(scene,), seeds=4, overrides=mark, algorithms=names)
    rows = run_campaign(plan, tmp_path / "out", world=DEADLY, workers=2).rows
    others = [result.status for run, result in rows if run.seed != 3]
    assert others == [Status.GOOD] * 3
    (third,) = (result for run, result in rows if run.seed == 3)
    assert third.status is (Status.LOST if lost else Status.GOOD)
    assert third.reason == ("its worker died twice" if lost else "")
    assert len(list((tmp_path / "out/runs").iterdir())) == 4 - lost


def test_a_full_disk_keeps_what_is_whole(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = store_module.write_atomic, [4]

    def fills(path: Path, data: bytes) -> None:
        if left[0] == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        left[0] -= 1
        real(path, data)

    monkeypatch.setattr(store_module, "write_atomic", fills)
    with pytest.raises(NotKept, match=r"No space left on device; 4 of 6 runs are kept"):
        run_campaign(plan, tmp_path / "out", world=PLAIN)
    assert not (tmp_path / "out/results.parquet").exists()
    monkeypatch.undo()
    assert run_campaign(plan, tmp_path / "out", world=PLAIN).n_before == 4


def test_two_campaigns_do_not_share_a_folder(plan: Plan, tmp_path: Path) -> None:
    with Store(tmp_path).held(), pytest.raises(Busy, match="another campaign"):
        run_campaign(plan, tmp_path, world=PLAIN)


def test_what_others_left_in_the_folder_stays(tmp_path: Path) -> None:
    address = "0f" * 32
    others = [
        ".film.mkv.part",
        ".results.parquet.part",
        ".results.parquet.old.part",
        f"runs/.{address}.parquet.x.part",
        f"runs/.{address}.mkv.1.part",
        "runs/.results.parquet.1.part",
    ]
    ours = [".results.parquet.1.part", ".index.html.22.part", f"runs/.{address}.parquet.333.part"]
    (tmp_path / "runs").mkdir()
    for name in others + ours:
        (tmp_path / name).write_bytes(b"half")
    with Store(tmp_path).held():
        left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.part")}
    assert left == set(others)


def test_grids_that_explode_are_refused_before_they_do() -> None:
    names = read_names("flight,flight(threshold=30)")
    values = tuple(range(1000))
    with pytest.raises(ValueError, match=r"1 scenes x 1000000 points x 1000000000 seeds x 2"):
        Plan(names, ("quiet",), 10**9, 1, grid=(("a", values), ("b", values)))
    with pytest.raises(ValueError, match="10001 runs, and --most-runs is 10000"):
        Plan(names[:1], ("quiet",), 10_001, 1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"seeds": 0}, "--seeds 0: at least 1"),
        ({"readouts": -1}, "--frames -1: at least 1"),
        ({"scenes": ("a", "a")}, "scene a is given twice"),
        ({"grid": (("p", (1,)),), "overrides": (("p", 2),)}, "parameter p is given twice"),
    ],
)
def test_what_cannot_be_a_campaign(plan: Plan, change: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(plan, **change)
