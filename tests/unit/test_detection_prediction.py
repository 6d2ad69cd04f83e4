# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Predicted false events and efficiency: against what is known exactly, and against the core."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from detection_prediction import (
    RULES,
    Detector,
    Rule,
    at_most,
    efficiency,
    energy_of,
    exactly,
    false_events,
    median_at_most,
)
from scipy import integrate, stats

from fsw_emu.core import default_core


def test_rounded_noise_has_its_distribution() -> None:
    values = np.arange(-60, 61)
    chance = exactly(values, 0.3, 5.0)
    assert math.isclose(chance.sum(), 1)
    assert np.allclose(np.cumsum(chance), at_most(values, 0.3, 5.0), rtol=0, atol=1e-12)
    assert math.isclose((chance * values).sum(), 0.3, abs_tol=1e-9)
    assert math.isclose((chance * (values - 0.3) ** 2).sum(), 25 + 1 / 12, rel_tol=1e-6)
    assert float(exactly(np.array(60.0), 0.0, 5.0)) > 0  # 12 sigma away, not rounded off


def test_the_median_is_that_of_11_samples() -> None:
    below = stats.binom.sf(5, 11, at_most(3, 0.0, 5.0))
    assert math.isclose(float(median_at_most(3, 5.0)), float(below))


def test_fine_steps_come_to_the_continuous_integral() -> None:
    """Order statistics of continuous noise, by another integrator."""

    def density(x: float) -> float:
        below = stats.norm.cdf(x - 4)
        return float(stats.norm.pdf(x) * stats.norm.cdf(x) ** 8 * stats.binom.sf(5, 11, below))

    expected, _ = integrate.quad(density, 2, 9, epsabs=1e-12)
    assert math.isclose(false_events(2000.0, 8000), expected, rel_tol=5e-3)


def test_the_working_point() -> None:
    """1.4 in a Mpix at 5 sigma; whole ADU at 5 ADU of noise ask for less than 5 sigma."""
    assert 1.0 < 1e6 * false_events(100.0, 500) < 1.8
    assert 1.8 < 1e6 * false_events(5.0, 25) < 2.6
    assert 0.5 < 1e6 * false_events(5.0, 26) < 1.4


@pytest.mark.parametrize("rule", RULES)
def test_noise_through_the_core(rule: Rule) -> None:
    from false_events import counts

    for row in counts(default_core(), 2, 7, 5.0):
        if row.rule == rule:
            assert abs(row.errors) < 4
            assert row.interval[0] <= row.per_mpix <= row.interval[1]


@pytest.mark.parametrize(("energy", "cloud"), [(150, 7.6), (200, 10.0)])
def test_photons_through_the_core(energy: int, cloud: float) -> None:
    from efficiency import found

    detector = Detector(cloud_um=cloud)
    n = 14_000
    predicted = efficiency(energy, detector)
    measured = found(default_core(), n, energy, detector, np.random.default_rng(3))
    assert abs(measured - predicted) < 4 * math.sqrt(predicted * (1 - predicted) / n)


def test_efficiency_has_its_limits() -> None:
    assert efficiency(2500, Detector()) > 0.999
    assert efficiency(20, Detector()) < 1e-3
    assert efficiency(200, Detector(), rule="maps") > efficiency(200, Detector())
    with pytest.raises(ValueError, match="a cloud of 40 um"):
        efficiency(200, Detector(cloud_um=40))


def test_the_energy_of_half() -> None:
    half = energy_of(0.5, Detector(), positions=4)
    assert math.isclose(efficiency(half, Detector()), 0.5, abs_tol=0.005)


@pytest.mark.parametrize(
    ("tool", "option"), [("false_events", "--mpix"), ("efficiency", "--photons")]
)
def test_tools_refuse_none(
    tool: str, option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = __import__(tool)
    monkeypatch.setattr(sys, "argv", [tool, option, "0"])
    with pytest.raises(SystemExit):
        module.main()
    assert f"{option}: 0 is not 1 or more" in capsys.readouterr().err


def test_false_events_tells_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import false_events as tool

    monkeypatch.setattr(sys, "argv", ["t", "--mpix", "1", "--json", str(tmp_path / "f.json")])
    core = SimpleNamespace(find_events=lambda *_a, **_o: SimpleNamespace(records=[]))
    monkeypatch.setattr(tool, "default_core", lambda: core)
    assert tool.main() == 1  # no event at all is not what is predicted
    assert len(capsys.readouterr().out.splitlines()) == 19
    assert (tmp_path / "f.json").exists()
