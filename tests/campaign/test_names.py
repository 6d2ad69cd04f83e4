# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Algorithms as they are named on the command line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.algorithms.names import Named, read_names

VALUES = st.one_of(
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.booleans(),
    st.none(),
    st.from_regex(r"q[a-z_.:/]{0,8}", fullmatch=True),
)
OPTIONS = st.dictionaries(st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True), VALUES)
NAMES = st.from_regex(r"[a-z./:_-]{1,12}", fullmatch=True)


@given(
    st.lists(st.builds(lambda n, o: Named(n, tuple(sorted(o.items()))), NAMES, OPTIONS), max_size=4)
)
def test_names_read_as_they_are_written(names: list[Named]) -> None:
    unique = list({str(one): one for one in names}.values())
    if unique:
        assert read_names(",".join(map(str, unique))) == unique


@given(st.text(max_size=30))
def test_any_text_is_names_or_a_line_of_why_not(text: str) -> None:
    try:
        names = read_names(text)
    except ValueError as error:
        names, why = [], str(error)
        assert why.isprintable()
    assert all(isinstance(one, Named) for one in names)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "'' is no algorithm"),
        ("flight,,fair", "'' is no algorithm"),
        ("flight,flight", "flight: named twice"),
        ("flight(a=1", "is no algorithm"),
        ("flight(a)", "'a' of 'flight\\(a\\)' is no option=value"),
        ("flight(a=1,a=2)", "a of 'flight\\(a=1,a=2\\)' is given twice"),
        ("flight(a=__import__('os'))", "is no algorithm"),
    ],
)
def test_names_that_are_none(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_names(text)
