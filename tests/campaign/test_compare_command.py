# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu compare``: files, exit codes, one line for what is wrong."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fsw_emu.cli.main import main

GOOD = {"algorithms": "flight,flight(threshold=40)", "seeds": "2", "frames": "1"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    source = (
        "def keep(events):\n    return events['row'] > 300\n\ndef bad(events):\n    return 1 / 0\n"
    )
    (tmp_path / "mine.py").write_text(source)
    (tmp_path / "deep.toml").write_text(f"limit = {'[' * 3000}{']' * 3000}")
    return tmp_path


def compare(*more: str, **options: str) -> int:
    given = {"out": "out", **GOOD, **options}
    words = [word for name, value in given.items() for word in (f"--{name}", value)]
    return main(["compare", *words, *more])


def test_a_comparison(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare("--set", "period_s=2", algorithms="flight,mine.py:keep") == 0
    page = (folder / "out/index.html").read_text()
    assert "mine.py:keep" in page
    table = pq.read_table(folder / "out/results.parquet").to_pylist()
    assert {row["algorithm"] for row in table} == {"flight", "mine.py:keep"}
    assert {row["seed"] for row in table} == {1, 2}
    assert len(list((folder / "out/runs").glob("*.parquet"))) == 4
    assert capsys.readouterr().out == "4 runs, 0 of them from before: out/index.html\n"
    before = (folder / "out/results.parquet").read_bytes()
    assert compare("--set", "period_s=2", algorithms="flight,mine.py:keep") == 0
    assert capsys.readouterr().out == "4 runs, 4 of them from before: out/index.html\n"
    assert (folder / "out/results.parquet").read_bytes() == before


def test_limits_and_faults_make_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    limit = '[[limit]]\nfigure = "efficiency"\nalgorithm = "flight"\nat_least = 1.5\n'
    (folder / "limits.toml").write_text(limit)
    grid = ("--grid", "sky.pressure_npa=2,-1", "--thresholds", "limits.toml")
    assert compare(*grid, algorithms="flight,mine.py:bad", seeds="1") == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0] == (
        "mine.py:bad on quiet at sky.pressure_npa=2: 1 run raised: "
        "readout 0: ZeroDivisionError: division by zero"
    )
    assert told[1].startswith("flight on quiet at sky.pressure_npa=-1: 1 run impossible scene: ")
    assert "sky.pressure_npa" in told[2]
    assert any(line.startswith("efficiency of flight") for line in told[3:-1])
    assert told[-1] == "4 runs, 0 of them from before: out/index.html"
    assert "division by zero" in (folder / "out/index.html").read_text()


def test_no_page_without_a_baseline(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "out").mkdir()
    (folder / "out/index.html").write_text("of another campaign")
    assert compare(algorithms="mine.py:bad,flight", seeds="1") == 1
    assert "no page: the baseline mine.py:bad has no result" in capsys.readouterr().out
    assert not (folder / "out/index.html").exists()
    assert (folder / "out/results.parquet").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"algorithms": "flight,nix"}, "nix is no algorithm: "),
        ({"algorithms": "flight,flight"}, "flight: named twice"),
        ({"algorithms": "flight(threshold=0)"}, "flight(threshold=0): threshold is not within"),
        ({"algorithms": "flight,mine.py:nix"}, "mine.py:nix: mine.py has no nix"),
        ({"scenes": "quiet,loud"}, "no such preset: 'loud'"),
        ({"seeds": "0"}, "--seeds 0: at least 1"),
        ({"seeds": "1000000"}, "2000000 runs, and --most-runs is 10000"),
        ({"workers": "0"}, "--workers 0: at least 1"),
        ({"time-limit": "nan"}, "--time-limit nan: seconds"),
        ({"set": "sky.pressure_npa"}, "'sky.pressure_npa': NAME=VALUE"),
        ({"set": "sky.nothing=1"}, "sky.nothing: no such parameter"),
        ({"set": "sky.pressure_npa=nan"}, "sky.pressure_npa"),
        ({"grid": "sky.pressure_npa=nan,2"}, "sky.pressure_npa=nan: a number or a word"),
        ({"grid": "sky.pressure_npa=2,1e999"}, "sky.pressure_npa=inf: a number or a word"),
        ({"grid": "sky.pressure_npa=2,\udcff"}, "sky.pressure_npa=\\udcff: a number or a word"),
        ({"algorithms": "flight,mine.py:keep(most=nan)"}, "most=nan: a number or a word"),
        (
            {"algorithms": "flight,m\udcff.py:keep"},
            "'m\\udcff.py:keep': a name that does not print",
        ),
        ({"scenes": "quiet,\udcff"}, "'\\udcff': a name that does not print"),
        ({"scheduler": "foo"}, "--scheduler 'foo': tcp://HOST:PORT is asked for"),
        ({"scheduler": "foo:8786"}, "--scheduler 'foo:8786': tcp://HOST:PORT is asked for"),
        ({"scheduler": "zip://foo:8786"}, "tcp://HOST:PORT is asked for"),
        ({"scheduler": "tcp://foo:65536"}, "tcp://HOST:PORT is asked for"),
        ({"scheduler": "tcp://foo:8786/x"}, "tcp://HOST:PORT is asked for"),
        ({"scheduler": ""}, "tcp://HOST:PORT is asked for"),
        ({"thresholds": "deep.toml"}, "deep.toml: nested too deeply"),
        ({"grid": "sky.pressure_npa=1,1"}, "--grid sky.pressure_npa=1,1: values are asked for"),
        ({"thresholds": "nix.toml"}, "nix.toml: No such file"),
        ({"thresholds": "mine.py"}, "not TOML"),
        ({"out": "mine.py"}, "mine.py"),
    ],
)
def test_wrong_use_is_one_line(
    options: dict[str, str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(**options) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("fsw-emu compare: ")
    assert told.err.count("\n") == 1
    assert says in told.err
    assert not Path("out").exists()
