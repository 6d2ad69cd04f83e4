# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Presets of the detailed scene: TOML files with a source for each number, and overrides."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from importlib.resources import files
from typing import Any, get_type_hints

from fsw_emu.scene.detailed.parameters import GROUPS, Parameters

#: names of the files in ``fsw_emu/scene/presets``
PRESETS = ("quiet", "storm", "proton", "end-of-life", "warm")

Tables = dict[str, Any]


def preset(name: str, overrides: Mapping[str, Any] | None = None) -> Parameters:
    """One of PRESETS, with other values by dotted name: ``{"sky.swcx_per_s": 90.0}``.

    ValueError for another preset, a name that there is not, a value that is not possible.
    """
    return parameters_of(_tables(name), overrides)


def read_parameters(text: str, overrides: Mapping[str, Any] | None = None) -> Parameters:
    """Parameters of a TOML text: complete, or ``base = "quiet"`` and what differs.

    ValueError as above, and for what is no TOML.
    """
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        raise ValueError("values are nested too deeply") from None
    return parameters_of(_with_base(tables), overrides)


def parameters_of(tables: Mapping[str, Any], overrides: Mapping[str, Any] | None) -> Parameters:
    """Parameters of the tables of a file and overrides by dotted name; ValueError as above."""
    merged = _copied(tables)
    for dotted, value in (overrides or {}).items():
        group, _, name = dotted.rpartition(".")
        _checked_name(dotted, group, name)
        table = merged.setdefault(group, {}) if group else merged
        if not isinstance(table, dict):
            raise ValueError(f"{group}: a table is missing")
        table[name] = value
    top = {name: value for name, value in merged.items() if name not in GROUPS}
    for name in top:
        _checked_name(name, "", name)
    hints = get_type_hints(Parameters)
    groups = {name: _group(name, hints[name], merged.get(name)) for name in GROUPS}
    missing = {"title", "period_s"} - top.keys()
    if missing:
        raise ValueError(f"{min(missing)} is missing")
    if not isinstance(top["title"], str) or not top["title"].isprintable():
        raise ValueError(f"title = {top['title']!r}: possible: one line of text")
    return Parameters(top["title"], _number(top["period_s"]), **groups)


def _tables(name: str) -> Tables:
    if name not in PRESETS:
        raise ValueError(f"no such preset: {name!r} ({', '.join(PRESETS)})")
    file = files("fsw_emu.scene").joinpath("presets", f"{name}.toml")
    return _with_base(tomllib.loads(file.read_text("utf-8")))


def _with_base(tables: Tables) -> Tables:
    """What a file says over what its base says."""
    if "base" not in tables:
        return tables
    merged = _copied(_tables(tables.pop("base")))
    for name, value in tables.items():
        if isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] |= value
        else:
            merged[name] = value
    return merged


def _copied(tables: Mapping[str, Any]) -> Tables:
    return {k: dict(v) if isinstance(v, Mapping) else v for k, v in tables.items()}


def _checked_name(dotted: str, group: str, name: str) -> None:
    if group in GROUPS:
        names = [each.name for each in fields(get_type_hints(Parameters)[group])]
    elif group:
        raise ValueError(f"{dotted}: no such group ({', '.join(GROUPS)})")
    else:
        names = ["title", "period_s"]
    if name not in names:
        raise ValueError(f"{dotted}: no such parameter ({', '.join(names)})")


def _group(group: str, kind: type[Any], table: Any) -> Any:
    if not isinstance(table, dict):
        raise ValueError(f"{group}: a table is missing")
    for name in table:
        _checked_name(f"{group}.{name}", group, name)
    for each in fields(kind):
        if each.name not in table:
            raise ValueError(f"{group}.{each.name} is missing")
    return kind(**{name: _value(value) for name, value in table.items()})


def _value(value: Any, depth: int = 2) -> Any:
    """As the dataclasses hold it: floats, and tuples of tuples of them. What is deeper stays, and
    is refused with its name."""
    if depth and isinstance(value, list | tuple):
        return tuple(_value(each, depth - 1) for each in value)
    return _number(value)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    try:
        return float(value)
    except OverflowError:
        return value  # refused with its name
