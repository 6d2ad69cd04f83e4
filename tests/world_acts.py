# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What hypothesis draws of acts and scenarios."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from fsw_emu.world.acts import ACTS, Argument


def values(argument: Argument) -> st.SearchStrategy[Any]:
    """What an argument may be."""
    if argument.kind is bool:
        return st.booleans()
    if argument.kind is str:
        return st.sampled_from(sorted(argument.choices))
    if argument.kind is int:
        return st.integers(int(argument.low), int(argument.high))
    return st.floats(argument.low, argument.high)


def bad_values(argument: Argument) -> st.SearchStrategy[Any]:
    """What it may not be."""
    kinds: list[Any] = ["no such name", [1], {}]
    if argument.kind in (int, float):
        kinds += [argument.low - 1, argument.high + 1, float("nan"), True]
    if argument.kind is int:
        kinds += [argument.low + 0.5, float(argument.low)]
    if argument.kind is bool:
        kinds += [0, 1, "true"]
    return st.sampled_from(kinds)


@st.composite
def acts(draw: st.DrawFn, names: tuple[str, ...] = tuple(ACTS)) -> tuple[str, dict[str, Any]]:
    """An act and arguments that are right for it."""
    name = draw(st.sampled_from(names))
    given = {key: draw(values(argument)) for key, argument in ACTS[name].arguments.items()}
    if name == "fee.hk":
        given["raw"] %= 2
    if name == "edac.flip":
        given["address"] = 0x60000000 + given["address"] % 0x10000000
    if name == "edac.upsets":
        given["rate"] /= 50  # more of them take long and show nothing else
        given["bytes"] = 4 + given["bytes"] % (0x70000000 - given["start"] - 3)
    return name, given


def entry(t_s: float, name: str, given: Mapping[str, Any], **more: Any) -> str:
    """As a scenario file has it."""
    lines = ["[[at]]", f"t_s = {t_s!r}", f'act = "{name}"']
    lines += [f"{key} = {toml(value)}" for key, value in {**given, **more}.items()]
    return "\n".join(lines) + "\n\n"


def toml(value: Any) -> str:
    """A value of the kinds here, as TOML writes it."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict):
        return "{}"
    return json.dumps(value)
