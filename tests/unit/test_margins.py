# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Margins: what is left of memory and time, and when a light turns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.core import default_core
from fsw_emu.report.frame_time import package_budgets
from fsw_emu.report.margins import (
    EVENTS_KEY,
    Light,
    Margin,
    buffers,
    memory_margins,
    package_map,
    read_map,
    time_margins,
)


@pytest.mark.parametrize(
    ("used", "light"),
    [(0, "green"), (80, "green"), (81, "amber"), (100, "amber"), (101, "red"), (200, "red")],
)
def test_lights(used: int, light: str) -> None:
    assert Margin("x", "y", used, 100, 0.2).light == light


@given(st.integers(0, 1000), st.integers(1, 500))
def test_what_is_used_and_left_is_all(used: int, there: int) -> None:
    margin = Margin("x", "y", used, there, 0.2)
    assert margin.used + margin.left * there == pytest.approx(there)
    assert (margin.light is Light.RED) == (used > there)


def test_buffers_hold_what_products_make() -> None:
    """The bound of an entity is that of the core: noise, which no coder makes smaller, fits."""
    core = default_core()
    asked: list[tuple[int, int, int]] = []

    def bound(key: int, members: int, size: int) -> int:
        asked.append((key, members, size))
        return size

    uses = buffers(bound)
    assert {name.split(":")[0] for name, _, _ in uses} == {"ED", "FT", "FT stacked", "FF"}
    assert {key for key, _, _ in asked} == {EVENTS_KEY, 0x14010, 0x14012}
    assert max(size for _, _, size in asked) == 2 * 4511 * 4608
    assert core.key_encode(EVENTS_KEY, bytes(64))


def test_the_map_of_the_package_has_every_region() -> None:
    margins = memory_margins(buffers(lambda *_: 1), package_map())
    assert all(margin.light is Light.GREEN for margin in margins)
    with pytest.raises(ValueError, match="no region attic"):
        memory_margins([("x", "attic", 1)], package_map())


@pytest.mark.parametrize("text", ["", "amber_below = 0.2", "[region.a]\nbytes = 1\nwhat = 'x'"])
def test_a_map_that_lacks_something_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"memory_map\.toml"):
        read_map(text)


def test_time_margins_grow_with_the_frame() -> None:
    margins = {(m.what, m.where): m.left for m in time_margins(package_budgets(), 0.2)}
    image = "Frame transfer, typical"
    assert margins[image, "10 s frame"] > margins[image, "4 s frame"] > 0
    for (what, where), left in margins.items():
        if what.endswith("typical"):
            worst = what.replace("typical", "worst inputs known")
            assert margins[worst, where] < left
