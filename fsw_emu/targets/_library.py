# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A shared library and the pointers to talk to it with."""

from __future__ import annotations

import importlib.resources
import operator
from pathlib import Path
from typing import Any

import cffi
import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import CoreError


def headers() -> str:
    """The public headers, as cffi reads them."""
    return (importlib.resources.files("fsw_emu") / "_sxi_cdef.h").read_text()


def load(path: Path | None) -> tuple[Any, Any]:
    """The cffi interface and the library at ``path``, or one of constants only; OSError when
    it cannot be loaded."""
    ffi = cffi.FFI()
    ffi.cdef(headers())
    return ffi, ffi.dlopen(None if path is None else str(path.resolve()))


def ranged(value: int, most: int, what: str) -> int:
    value = operator.index(value)
    if not 0 <= value <= most:
        raise ValueError(f"{what}: {value} is not within 0..{most}")
    return value


def as_array(value: Any, dtype: Any, ndim: int, what: str) -> NDArray[Any]:
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{what}: expected a numpy array, got {type(value).__name__}")
    if value.dtype != dtype and value.dtype.newbyteorder("=") != dtype:
        raise TypeError(f"{what}: expected {np.dtype(dtype)}, got {value.dtype}")
    if value.ndim != ndim:
        raise ValueError(f"{what}: expected {ndim} dimensions, got {value.ndim}")
    return np.ascontiguousarray(value, dtype=dtype)


def choice(value: str, names: tuple[str, ...], what: str) -> int:
    if value not in names:
        raise ValueError(f"{what}: {value!r} is none of {', '.join(names)}")
    return names.index(value)


class Library:
    """Pointers and statuses: what the methods below have in common.

    lib: the C functions, of a loaded library or of a target elsewhere.
    """

    def __init__(self, name: str, ffi: Any, lib: Any) -> None:
        self.name, self.ffi, self.lib = name, ffi, lib

    def close(self) -> None:
        """End what runs for this core, if anything does."""
        end = getattr(self.lib, "close", None)
        if end is not None:
            end()

    def at(self, array: NDArray[Any], ctype: str) -> Any:
        return self.ffi.cast(f"{ctype} *", array.ctypes.data)

    def bytes_at(self, data: Any) -> Any:
        """A pointer to the bytes, never NULL."""
        return self.ffi.from_buffer("uint8_t[]", data) if len(data) else self.ffi.new("uint8_t[1]")

    def new(self, struct: str, **fields: Any) -> Any:
        made = self.ffi.new(f"struct {struct} *")
        for name, value in fields.items():
            setattr(made, name, value)
        return made

    @staticmethod
    def count(function: str, status: int) -> int:
        if status < 0:
            raise CoreError(function, status)
        return status
