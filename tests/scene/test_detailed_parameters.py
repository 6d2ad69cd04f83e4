# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Parameters of the detailed scene: presets are whole, what is impossible is refused by name."""

from __future__ import annotations

import math
import re
import tomllib
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.scene.detailed import PRESETS, DetailedScene, preset, read_parameters
from fsw_emu.scene.detailed.parameters import GROUPS, Parameters, Range, ranges

QUIET = preset("quiet")
FIELDS: dict[str, Range] = {
    f"{group}.{name}": each
    for group in GROUPS
    for name, each in ranges(type(getattr(QUIET, group))).items()
} | ranges(Parameters)
FOLDER = files("fsw_emu.scene").joinpath("presets")


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_possible_and_told(name: str) -> None:
    parameters = preset(name)
    assert parameters.title
    assert len(DetailedScene(parameters).exposure(0).photons)


def test_every_file_is_a_preset() -> None:
    assert {each.name for each in FOLDER.iterdir()} == {f"{name}.toml" for name in PRESETS}


@pytest.mark.parametrize("name", PRESETS)
def test_each_number_has_its_source_or_is_assumed(name: str) -> None:
    for line in FOLDER.joinpath(f"{name}.toml").read_text().splitlines():
        if re.match(r"(\w+ = [-\d\[]|    \[)", line):
            assert re.search(r"#.{3,}", line) or line.strip() in UNSAID or line[0] == " ", line


#: what one line says of itself, or the line above
UNSAID = {"onset_factor = 1.0", "step_s = 0.0"}


def test_lengths_of_the_world_are_those_of_the_built_in_scene() -> None:
    from fsw_emu.scene import SceneParameters

    built_in = SceneParameters()
    for ours, theirs in (
        (QUIET.sky.swcx_per_s, built_in.swcx_per_s[0]),
        (preset("storm").sky.swcx_per_s, built_in.swcx_per_s[1]),
        (QUIET.sky.background_per_s, built_in.background_per_s),
        (sum(rate for *_, rate in QUIET.sky.sources), 2 * built_in.sources_per_s),
        (QUIET.particles.cosmic_per_s, built_in.cosmic_per_s),
        (6 * QUIET.silicon.pixel_um, built_in.pixel_um),
        (QUIET.converter.gain_ev_per_adu, built_in.gain_ev_per_adu),
        (QUIET.offset.pedestal_adu, built_in.pedestal_adu),
        (QUIET.converter.read_noise_adu, built_in.read_noise_adu),
    ):
        assert math.isclose(ours, theirs, rel_tol=1e-3)


@st.composite
def impossible(draw: st.DrawFn) -> tuple[str, Any]:
    """A field, and a value that it cannot have."""
    name = draw(st.sampled_from(sorted(FIELDS)))
    possible = FIELDS[name]
    below = st.floats(max_value=possible.low, exclude_max=True, allow_nan=False)
    above = st.floats(min_value=possible.high, exclude_min=True, allow_nan=False)
    other = st.sampled_from([math.nan, math.inf, -math.inf, True, "1", None, [1.0], 10**400])
    return name, draw(st.one_of(below, above, other))


@given(impossible())
def test_impossible_values_are_refused_by_name(case: tuple[str, Any]) -> None:
    name, value = case
    with pytest.raises(ValueError, match=rf"^{re.escape(name)} = .*possible: ") as refused:
        preset("quiet", {name: value})
    assert "\n" not in str(refused.value)


#: (field, highest value?) that is not possible beside the others of the preset
NOT_ALONE = {
    *((f"{rate}_per_s", True) for rate in ("swcx", "background", "cosmic", "protons")),
    ("particles_per_s", True),
    *(("band_max_ev", False), ("band_min_ev", True)),
    *(("proton_max_mev", False), ("proton_min_mev", True)),
    *(("cloud_um", False), ("cloud_least_um", True)),
}


@given(st.sampled_from(sorted(FIELDS)), st.booleans())
def test_ends_of_ranges_are_possible_alone(name: str, at_high: bool) -> None:
    """But for an empty band, a crowd and the like."""
    possible = FIELDS[name]
    value = possible.high if at_high else possible.low
    group, _, field = name.rpartition(".")
    if (field, at_high) in NOT_ALONE:
        with pytest.raises(ValueError, match="possible: "):
            preset("quiet", {name: value})
        return
    parameters = preset("quiet", {name: value})
    assert getattr(getattr(parameters, group) if group else parameters, field) == value


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"sky.swcx": 1.0}, "sky.swcx: no such parameter (swcx_per_s, "),
        ({"sea.level": 1.0}, "sea.level: no such group (sky, "),
        ({"sky": 1.0}, "sky: no such parameter (title, period_s)"),
        ({"sky.sources": [[769.0, 3.0, 1.0]]}, "sky.sources[0] = 769.0: possible: 0..768 px"),
        ({"sky.sources": [[7.0, 3.0, 1.0], [1.0, -1.0, 2.0]]}, "sky.sources[1] = -1.0: possible"),
        ({"sky.sources": [[7.0, 3.0, -1.0]]}, "sky.sources[0] = -1.0: possible: 0..1e+06 1/s"),
        ({"sky.sources": [[7.0, 3.0]]}, "sky.sources[0] = (7.0, 3.0): possible: [0..768 px, "),
        ({"sky.sources": 3.0}, "sky.sources = 3.0: possible: rows of 0..768 px"),
        ({"sky.lines": []}, "sky.lines = (): possible: lines with weights"),
        ({"sky.lines": [[500.0, 0.0]]}, "sky.lines = ((500.0, 0.0),): possible: lines"),
        ({"sky.lines": [[math.nan, 1.0]]}, "sky.lines[0] = nan: possible: 10..100000 eV"),
        ({"sky.band_max_ev": 200.0}, "sky.band_max_ev = 200.0: possible: more than"),
        ({"particles.proton_max_mev": 40.0}, "particles.proton_max_mev = 40.0: possible: more"),
        ({"silicon.cloud_least_um": 11.0}, "silicon.cloud_least_um = 11.0: possible: not more"),
        ({"sky.swcx_per_s": 2e5}, "period_s = 4: 1600"),
        ({"sky.onset_factor": 1e2, "sky.swcx_per_s": 2e3}, "period_s = 4: "),
        ({"title": 3}, "title = 3: possible"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(overrides: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(told)):
        preset("quiet", overrides)


def test_other_presets_are_told() -> None:
    with pytest.raises(ValueError, match="no such preset: 'calm' \\(quiet, storm, proton"):
        preset("calm")


def test_a_file_may_stand_on_a_preset() -> None:
    parameters = read_parameters('base = "storm"\ntitle = "mine"\n[sky]\npressure_npa = 3\n')
    assert parameters.sky.pressure_npa == 3.0
    assert parameters.sky.swcx_per_s == 82.150
    assert parameters.particles == QUIET.particles


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title = 'a'", "sky: a table is missing"),
        ("base = 'calm'", "no such preset: 'calm'"),
        ("base = 'quiet'\nsky = 3", "sky: a table is missing"),
        ("base = 'quiet'\n[sky]\nhue = 3", "sky.hue: no such parameter"),
        ("base = 'quiet'\n[night]\nhue = 3", "night: no such parameter"),
        ("base =", "Invalid value"),
        ("base = 'quiet'\n[sky]\nlines = " + 3000 * "[", "values are nested too deeply"),
        ("base = 'quiet'\n[sky]\nlines = " + 99 * "[" + 99 * "]", "sky.lines[0] = "),
    ],
)
def test_files_that_are_wrong_are_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(told)):
        read_parameters(text)


@pytest.mark.parametrize("table", ["sky = 3", "[[sky]]", "sky = []"])
def test_an_override_finds_no_table(table: str) -> None:
    with pytest.raises(ValueError, match=r"^sky: a table is missing$"):
        read_parameters(f"base = 'quiet'\n{table}\n", {"sky.pressure_npa": 1.0})


def test_a_file_must_be_whole() -> None:
    whole = FOLDER.joinpath("quiet.toml").read_text()
    assert read_parameters(whole) == QUIET
    for field in ("period_s", "title", "fano", "pedestal_adu"):
        with pytest.raises(ValueError, match=f"{field} is missing$"):
            read_parameters(re.sub(rf"(?m)^{field} = .*$", "", whole))
    assert tomllib.loads(whole)["sky"]["lines"][0] == [299.0, 0.10]


@pytest.mark.parametrize(("seed", "first", "index"), [(-1, 0, 0), (1, -1, 0), (1, 0, -1)])
def test_seeds_and_readouts_are_not_negative(seed: int, first: int, index: int) -> None:
    with pytest.raises(ValueError, match="possible: 0 and more"):
        DetailedScene(QUIET, seed=seed, first=first).exposure(index)
