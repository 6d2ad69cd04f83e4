# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The data pool: what the application software keeps, by name (MIB v1.8.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import cast

from fsw_emu.interface.fields import FieldError, Value
from fsw_emu.interface.table import Interface, PoolItem


class DataPool(dict[str, int]):
    """Values by name; those of arrays by element. Values always fit their types. Measured items
    are asked for when they are read. ``pool[name]`` is for items that are integers.

    It is a dict because it is read a million times in an hour of virtual time: only indexing and
    iteration, over all names, are meant.
    """

    def __init__(self, table: Interface) -> None:
        super().__init__()
        self._items = table.pool
        self._arrays: dict[str, list[Value]] = {}
        self._sources: dict[str, Callable[[], Value]] = {}
        self.reset()

    def reset(self) -> None:
        """Everything as it is after a reset."""
        for name, item in self._items.items():
            if item.element is None:
                super().__setitem__(name, cast(int, item.default))
            else:
                assert isinstance(item.default, bytes)  # noqa: S101  (arrays are octet strings)
                self._arrays[name] = _elements(item, item.default)

    def measure(self, sources: Mapping[str, Callable[[], Value]]) -> None:
        """From now on these items are what their sources say, and cannot be set. KeyError: no such
        item, or an array."""
        for name, source in sources.items():
            del self[name]
            self._sources[name] = source

    def is_measured(self, name: str) -> bool:
        return name in self._sources

    def __missing__(self, name: str) -> int:
        return cast(int, self._sources[name]())

    def real(self, name: str) -> float:
        """The value of an item that is a number; KeyError."""
        return float(self[name])

    def __setitem__(self, name: str, value: Value) -> None:
        """FieldError: it does not fit, or is measured. KeyError: no such item, or an array."""
        if name in self._sources:
            raise FieldError(name, "is measured")
        if name in self._arrays:
            raise KeyError(name)
        type_ = self._items[name].type
        if type_.kind == "f" and isinstance(value, int):
            value = float(value)
        # single precision: what is read is what a report would say
        super().__setitem__(name, cast(int, type_.from_int(type_.to_int(value, name))))

    def add(self, name: str, n: int = 1) -> int:
        """Count up, round and round as on board; the new value."""
        value = self[name] + n & self._items[name].type.most
        self[name] = value
        return value

    def elements(self, name: str) -> Sequence[Value]:
        """The elements of an array; KeyError."""
        return tuple(self._arrays[name])

    def element(self, name: str, index: int) -> Value:
        """One of them; KeyError, IndexError."""
        return self._arrays[name][index]

    def set_element(self, name: str, index: int, value: Value) -> None:
        """FieldError: it does not fit, or there is no such element. KeyError: no array."""
        array, element = self._arrays[name], self._items[name].element
        assert element is not None  # noqa: S101
        if not 0 <= index < len(array):
            raise FieldError(name, f"has {len(array)} elements, not one of number {index}")
        array[index] = element.from_int(element.to_int(value, name))

    def raw(self, name: str) -> int:
        """The bits of an item, as housekeeping reports them; KeyError."""
        item = self._items[name]
        if item.element is None:
            return item.type.to_int(self[name], name)
        bits = 0
        for value in self._arrays[name]:
            bits = bits << item.element.bits | item.element.to_int(value, name)
        return bits << item.type.bits - item.n_elements * item.element.bits

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def item(self, name: str) -> PoolItem:
        """What the table says of it; KeyError."""
        return self._items[name]


def _elements(item: PoolItem, octets: bytes) -> list[Value]:
    assert item.element is not None  # noqa: S101
    size = item.element.bits // 8
    return [
        item.element.from_int(int.from_bytes(octets[i : i + size], "big"))
        for i in range(0, item.n_elements * size, size)
    ]
