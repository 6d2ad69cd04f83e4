# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The thermal network: independent of steps, at rest in balance, and as an integrator has it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from fsw_emu.world.thermal import Heat, Network

NOMINAL = Network.nominal()
watts = st.floats(0, 20)
inputs = st.fixed_dictionaries(
    {
        "power": st.fixed_dictionaries(dict.fromkeys(NOMINAL.capacity, watts)),
        "sinks": st.fixed_dictionaries(dict.fromkeys(NOMINAL.sinks, st.floats(-180, 60))),
    }
)


def derivative(given: dict[str, Any]) -> Any:
    """Of the temperatures, written from the links one by one."""
    nodes = list(NOMINAL.capacity)

    def rates(_: float, celsius: Any) -> list[float]:
        now = dict(zip(nodes, celsius, strict=True)) | given["sinks"]
        heat = dict(given["power"])
        for a, b, conductance in NOMINAL.links:
            flow = conductance * (now[a] - now[b])
            heat[a] -= flow
            if b in heat:
                heat[b] += flow
        return [heat[node] / NOMINAL.capacity[node] for node in nodes]

    return rates


@given(inputs, st.lists(st.floats(0.125, 7200), min_size=1, max_size=4))
def test_it_is_what_an_integrator_has(given: dict[str, Any], steps_s: list[float]) -> None:
    heat = Heat(NOMINAL, **given)
    start = [NOMINAL.start[node] for node in NOMINAL.capacity]
    end = sum(steps_s)
    judge = solve_ivp(derivative(given), (0, end), start, method="LSODA", rtol=1e-9, atol=1e-9)
    assert list(heat.temperatures(end).values()) == pytest.approx(judge.y[:, -1], abs=1e-5)


@given(inputs, st.integers(1, 50), st.floats(0.125, 600))
def test_steps_do_not_matter(given: dict[str, Any], n: int, dt_s: float) -> None:
    """n settings of the same inputs, or one look."""
    stepped, once = Heat(NOMINAL, **given), Heat(NOMINAL, **given)
    for i in range(1, n + 1):
        stepped.set(i * dt_s, **given)
    for node, celsius in once.temperatures(n * dt_s).items():
        assert stepped.temperatures(n * dt_s)[node] == pytest.approx(celsius, abs=1e-8)


@given(inputs)
def test_in_the_end_what_comes_in_goes_out(given: dict[str, Any]) -> None:
    """Balance of every node, and of the whole: all power leaves through the sinks."""
    heat = Heat(NOMINAL, **given)
    assert derivative(given)(0, list(heat.equilibrium().values())) == pytest.approx(
        [0] * 6, abs=1e-9
    )
    late = heat.temperatures(30 * 86_400)
    assert late == pytest.approx(heat.equilibrium(), abs=1e-6)
    out = sum(g * (late[a] - given["sinks"][b]) for a, b, g in NOMINAL.links if b in NOMINAL.sinks)
    assert out == pytest.approx(sum(given["power"].values()), abs=1e-6)


@given(inputs, st.sampled_from(sorted(NOMINAL.capacity)), st.floats(0.1, 10), st.floats(1, 1e5))
def test_more_heat_never_cools(given: dict[str, Any], node: str, more: float, at: float) -> None:
    warmer = {**given, "power": {**given["power"], node: given["power"][node] + more}}
    plain, warm = Heat(NOMINAL, **given), Heat(NOMINAL, **warmer)
    for name, celsius in plain.temperatures(at).items():
        assert warm.temperatures(at)[name] >= celsius - 1e-9


def test_answers_are_not_kept_over_a_change() -> None:
    given = {"power": {}, "sinks": dict.fromkeys(NOMINAL.sinks, 0.0)}
    heat = Heat(NOMINAL, **given)
    before = heat.temperatures(10.0)
    heat.set(10.0, power={"ccd": 5.0}, sinks=given["sinks"])
    assert heat.temperatures(10.0) == pytest.approx(before)
    assert heat.temperatures(20.0)["ccd"] > Heat(NOMINAL, **given).temperatures(20.0)["ccd"]
    assert np.isfinite(list(heat.temperatures(20.0).values())).all()


def network(**other: Any) -> Network:
    given = {"capacity": {"a": 1.0, "b": 2.0}, "start": {"a": 0.0, "b": 0.0}, "sinks": ["s"]}
    return Network(**{**given, "links": [("a", "s", 1.0), ("a", "b", 1.0)], **other})


@pytest.mark.parametrize(
    "other",
    [
        {"capacity": {"a": 0.0, "b": 1.0}},
        {"start": {"a": 0.0}},
        {"links": [("a", "s", 1.0)]},
        {"links": [("a", "s", 1.0), ("a", "c", 1.0)]},
        {"links": [("a", "s", -1.0), ("a", "b", 1.0)]},
        {"sinks": []},
    ],
)
def test_what_is_no_network_is_refused(other: dict[str, Any]) -> None:
    network()
    with pytest.raises(ValueError, match=r"each node|no link|no sink"):
        network(**other)
