# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Thresholds by row: C, model and exact fractions."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import u16, u32
from tight import Guarded

from fsw_emu.core import Core, CoreError
from fsw_emu.model import cti as model

PARAM = -1
losses = st.sampled_from([0, 42950, 429497, 2**32 - 1, 2**31]) | st.integers(0, 10**6) | u32
transfers = st.sampled_from([1, 6, 64]) | st.integers(1, 64)


@pytest.mark.verifies("MAP-13", "MAP-14")
@given(threshold=u16, loss=losses, transfers=transfers, least=u16, n_rows=st.integers(0, 60))
def test_agrees_with_the_model(
    core: Core, threshold: int, loss: int, transfers: int, least: int, n_rows: int
) -> None:
    options = {"threshold": threshold, "loss": loss, "transfers": transfers, "least": least}
    made = core.cti_thresholds(n_rows, **options).tolist()
    assert made == model.thresholds(n_rows=n_rows, **options)
    assert made == sorted(made, reverse=True)
    assert all(min(threshold, least) <= each <= threshold for each in made)


@pytest.mark.verifies("MAP-13")
@given(threshold=u16, loss=losses, transfers=transfers, n_rows=st.integers(1, 4))
def test_is_the_power_within_its_rounding(
    core: Core, threshold: int, loss: int, transfers: int, n_rows: int
) -> None:
    made = core.cti_thresholds(n_rows, threshold=threshold, loss=loss, transfers=transfers)
    for row, value in enumerate(made.tolist()):
        n = (row + 1) * transfers
        exact = threshold * (1 - Fraction(loss, 2**32)) ** n
        assert -Fraction(1, 2) <= value - exact <= Fraction(1, 2) + Fraction(n, 65536)


@pytest.mark.verifies("MAP-13")
def test_the_last_row_of_the_node(core: Core) -> None:
    """1e-4 a transfer, 6 rows binned: two thirds of 60 ADU are left after 3834 transfers."""
    made = core.cti_thresholds(639, threshold=60, loss=429497, transfers=6)
    assert (made[0], made[-1]) == (60, 41)
    assert abs(made[-1] - 60 * (1 - 1e-4) ** 3834) < 0.6


@pytest.mark.verifies("MAP-14")
def test_noise_sets_the_least(core: Core) -> None:
    options = {"threshold": 60, "loss": 429497, "transfers": 6}
    assert core.cti_thresholds(639, least=50, **options).min() == 50
    assert core.cti_thresholds(3, least=99, **options).tolist() == [60, 60, 60]


@pytest.mark.verifies("MAP-13")
def test_refusals(core: Core, csxi: SimpleNamespace) -> None:
    for bad in ({"transfers": 0}, {"transfers": 65}):
        with pytest.raises(CoreError, match="out of range"):
            core.cti_thresholds(2, threshold=9, loss=0, **bad)
    for name in ("threshold", "least"):
        with pytest.raises(ValueError, match=name):
            core.cti_thresholds(2, **({"threshold": 9, "loss": 0} | {name: 65536}))
    exact = Guarded(csxi, "uint16_t", 3)
    call, out, null = csxi.lib.sxi_cti_thresholds, exact.pointer, csxi.ffi.NULL
    for arguments in ((9, 0, 1, 0, null, 3), (65536, 0, 1, 0, out, 3), (9, 0, 0, 0, out, 3),
                      (9, 0, 65, 0, out, 3), (9, 0, 1, 65536, out, 3)):  # fmt: skip
        assert call(*arguments) == PARAM
    assert exact.is_untouched()
    large = Guarded(csxi, "uint16_t", 65536)
    assert call(9, 0, 1, 0, large.pointer, 65536) == PARAM
    assert large.is_untouched()
    assert call(9, 0, 1, 0, out, 3) == 0
    assert exact.inside.tolist() == [9, 9, 9]
    assert exact.is_intact()
