# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Readable files (TOML) that tables are made from: docs/tables.md."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fsw_emu.egse.tables import pixels
from fsw_emu.egse.tables.table import (
    Block,
    Table,
    TableError,
    filter_set,
    mask_table,
    memory_table,
    parameter_set,
)
from fsw_emu.interface.table import Interface

#: gives the bytes of a file that a source names
ReadFile = Callable[[str], bytes]
_KEYS = {
    "bad-pixels": {"from", "nodes"},
    "filter-set": {"values"},
    "parameter-set": {"set", "values"},
    "patch": {"memory", "address", "hex", "file"},
}


def read_source(text: str, read_file: ReadFile, table: Interface) -> Table:
    """TableError; OSError of ``read_file``."""
    source = parsed(text)
    kind = source.pop("kind", None)
    if not isinstance(kind, str) or kind not in _KEYS:
        raise TableError(f"kind {kind!r} is none of {', '.join(_KEYS)}")
    for key in source:
        if key not in _KEYS[kind]:
            raise TableError(f"{key!r}: {kind} has {', '.join(sorted(_KEYS[kind]))}")
    if kind == "bad-pixels":
        return _masks(source, read_file, table)
    if kind == "patch":
        return _patch(source, read_file, table)
    values = mapping(source, "values")
    if kind == "filter-set":
        return filter_set(values, table)
    return parameter_set(string(source, "set"), values, table)


def parsed(text: str) -> dict[str, Any]:
    """TOML; TableError."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise TableError(f"no TOML: {error}") from None


def mapping(source: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A table of a file; empty where there is none. TableError."""
    found = source.get(key, {})
    if not isinstance(found, Mapping):
        raise TableError(f"{key} is a table")
    return found


def string(source: Mapping[str, Any], key: str) -> str:
    """A text of a file; TableError."""
    found = source.get(key)
    if not isinstance(found, str):
        raise TableError(f"{key} is needed, a text")
    return found


def address(source: Mapping[str, Any]) -> int:
    """TableError."""
    found = source.get("address")
    if not isinstance(found, int) or isinstance(found, bool):
        raise TableError("address is needed, a number")
    return found


def octets(text: str) -> bytes:
    """Hexadecimal digits, with white space between bytes; TableError."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise TableError("hexadecimal digits are needed, two a byte") from None


def _masks(source: Mapping[str, Any], read_file: ReadFile, table: Interface) -> Table:
    maps = pixels.read_maps(read_file(string(source, "from"))) if "from" in source else {}
    for node, asked in mapping(source, "nodes").items():
        if not isinstance(asked, Mapping):
            raise TableError(f"nodes.{node} is a table")
        try:
            pixels.mark(maps.setdefault(node, np.zeros(pixels.SHAPE, bool)), asked)
        except TableError as error:
            raise TableError(f"{node}: {error}") from None
    return mask_table({node: pixels.packed(each) for node, each in maps.items()}, table)


def _patch(source: Mapping[str, Any], read_file: ReadFile, table: Interface) -> Table:
    if ("hex" in source) == ("file" in source):
        raise TableError("either hex or file is needed")
    given = "hex" in source
    data = octets(string(source, "hex")) if given else read_file(string(source, "file"))
    return memory_table(
        "patch", string(source, "memory"), [Block("", address(source), data)], table
    )
