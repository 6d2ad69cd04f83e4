# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The functions of a core on another processor, called as if they were a loaded library's.

Each call carries its arguments over: what a pointer shows goes into the target's arena in the
target's layout, the function runs there, and what it may have written comes back. Every piece
lies between guards; a function that writes outside what it was given is found out at once.
"""

from __future__ import annotations

import importlib.resources
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from fsw_emu.core import TargetError
from fsw_emu.targets import signatures
from fsw_emu.targets._library import headers, load
from fsw_emu.targets.emulated import Emulator
from fsw_emu.targets.layout import Layout, layout_of
from fsw_emu.targets.program import Program
from fsw_emu.targets.ring import Memory, Ring
from fsw_emu.targets.signatures import Parameter

GUARD = b"\xc5" * 32
ABSURD = 1 << 30  # bytes


class TargetOverrun(TargetError):
    """A function wrote outside the memory that it was given."""


@dataclass(frozen=True)
class _Piece:
    """Memory of this machine, and where it is on the target."""

    name: str
    here: int  # address
    size: int  # bytes here
    there: int
    layout: Layout
    memory: Any
    written: bool

    @property
    def size_there(self) -> int:
        return self.size // self.layout.plain.itemsize * self.layout.there.itemsize


def known_versions() -> dict[str, int]:
    """Version of each function of the ring, as these headers have it."""
    text = importlib.resources.files("fsw_emu.targets").joinpath("ring_functions.json").read_text()
    return {name: entry["version"] for name, entry in json.loads(text).items()}


class _Arena:
    """Pieces one after the other, guards between them."""

    def __init__(self, memory: Memory, start: int, size: int) -> None:
        self.memory = memory
        self._end = start + size
        self._next = start
        self.guards: list[tuple[int, str]] = []
        self.guard("the arena")

    @property
    def room(self) -> int:
        return self._end - self._next - 2 * len(GUARD)

    def guard(self, name: str) -> None:
        self._next = -(-self._next // 8) * 8
        self.memory.write(self._next, GUARD)
        self.guards.append((self._next, name))
        self._next += len(GUARD)

    def place(self, data: bytes, name: str) -> int:
        """The address of data; the guard begins with the byte after them."""
        at = self._next
        end = at + len(data)
        guard = GUARD[: -end % 8] + GUARD
        self.memory.write(at, data)
        self.memory.write(end, guard)
        self.guards.append((end, name))
        self._next = end + len(guard)
        return at

    def check(self, function: str, found: Sequence[bytes]) -> None:
        """TargetOverrun unless all guards were found as they were laid."""
        for (_, name), guard in zip(self.guards, found, strict=True):
            if guard != GUARD:
                raise TargetOverrun(f"{function} wrote beyond {name}")


class RemoteLibrary:
    """Functions and constants by attribute, like a cffi library's.

    ffi and constants: of the same headers, on this machine. close: ends the target. Pointers that
    are handed over must be valid here as far as the contract of the function says; a length of a
    gigabyte or more is taken for a wrong one, and nothing is carried over.
    """

    def __init__(
        self,
        ffi: Any,
        constants: Any,
        cdef: str,
        ring: Ring,
        *,
        close: Callable[[], object] = lambda: None,
    ) -> None:
        self.ffi, self.ring = ffi, ring
        self._close = close
        self.emulator: Emulator | None = None
        self._lock = threading.Lock()
        self._constants = constants
        self._structs = signatures.structs(cdef)
        self._functions = signatures.functions(cdef)
        self._versions = known_versions()
        self._layouts: dict[str, Layout] = {}

    def __getattr__(self, name: str) -> Any:
        if name not in self._functions:
            return getattr(self._constants, name)

        def function(*args: Any) -> int:
            return self._call(name, args)

        setattr(self, name, function)
        return function

    def layout(self, ctype: str) -> Layout:
        if ctype not in self._layouts:
            self._layouts[ctype] = layout_of(self.ffi, self.ffi.typeof(ctype))
        return self._layouts[ctype]

    def _new_arena(self) -> _Arena:
        return _Arena(self.ring.memory, self.ring.arena, self.ring.arena_bytes)

    def _call(self, function: str, args: Sequence[Any]) -> int:
        with self._lock:  # there is one arena
            request = Request(self, function, args)
            result = self.ring.call(function, request.words)
            request.finish()
        return self._signed(self._functions[function][0], result)

    def start(self, function: str, *args: Any) -> tuple[Request, list[int]]:
        """Carry arguments over without calling: for those who post requests themselves."""
        request = Request(self, function, args)
        return request, request.words

    def _check_version(self, function: str) -> None:
        """TargetError where the target's function is not the one of these headers."""
        offered, known = self.ring.functions.get(function), self._versions.get(function)
        if offered is not None and offered.version != known:
            raise TargetError(
                f"{function}: the target has version {offered.version}, these headers {known}"
            )

    def close(self) -> None:
        """End the emulator or the link, if it is this library's."""
        self._close()

    @staticmethod
    def _signed(ctype: str, result: int) -> int:
        unsigned = ctype.startswith("uint")
        return result if unsigned or result < 1 << 31 else result - (1 << 32)


def emulated_library(path: Path, *, user: bool = False, **options: Any) -> RemoteLibrary:
    """The functions of the program at ``path``, on an emulator of its own that ends with the
    library; options are those of Emulator."""
    emulator = Emulator(Program(path), user=user, **options)
    library = RemoteLibrary(*load(None), headers(), emulator.ring, close=emulator.close)
    library.emulator = emulator
    return library


class Request:
    """The arguments of one call, carried over."""

    def __init__(self, library: RemoteLibrary, function: str, args: Sequence[Any]) -> None:
        self._library, self._function = library, function
        self._ffi = library.ffi
        self._arena = library._new_arena()
        self._pieces: list[_Piece] = []
        self._contexts: list[tuple[Any, str, int, dict[str, Any], bool]] = []
        library._check_version(function)
        parameters = library._functions[function][1]
        if len(args) != len(parameters):
            raise TypeError(f"{function} takes {len(parameters)} arguments, not {len(args)}")
        names = tuple(p.name for p in parameters)
        self._values = SimpleNamespace(**dict(zip(names, args, strict=True)))
        self.words = [
            self._argument(parameter, names, value)
            for parameter, value in zip(parameters, args, strict=True)
        ]

    def placed(self) -> list[tuple[str, int, int]]:
        """What was carried over: name (of a structure with pointers its type), address on the
        target, bytes."""
        layout = self._library.layout
        return [(p.name, p.there, p.size) for p in self._pieces] + [
            (name, at, layout(name).there.itemsize) for _, name, at, _, _ in self._contexts
        ]

    def _argument(self, parameter: Parameter, names: tuple[str, ...], value: Any) -> int:
        if not parameter.pointer:
            return int(value) & 0xFFFFFFFF
        if isinstance(value, bytes):
            value = self._ffi.from_buffer("uint8_t[]", value)
        if not value:
            return 0
        if self._library.layout(parameter.ctype).here is None:
            return self._context(parameter, value)
        count = signatures.extent(self._function, parameter, names)
        return self._memory(parameter, value, 0, self._bounded(count))

    def _bounded(self, count: signatures.Extent) -> int:
        try:
            return count(self._values)
        except (AttributeError, RuntimeError):  # told by a structure that is NULL
            return 0

    def _memory(self, parameter: Parameter, pointer: Any, first: int, count: int) -> int:
        """Carry over count elements behind a pointer, from the first on; the address of the
        pointer's own element 0, as the target sees it."""
        ffi, layout = self._ffi, self._library.layout(parameter.ctype)
        width, target_width = layout.plain.itemsize, layout.there.itemsize
        typed = ffi.typeof(pointer)
        if typed.kind == "array":
            count = min(count, ffi.sizeof(pointer) // width)
        here = int(ffi.cast("uintptr_t", ffi.cast("char *", pointer))) + first * width
        if count < 0 or count * width >= ABSURD:
            count = 0
        if count * target_width > self._arena.room:
            raise TargetError(f"{self._function}: {parameter.name} does not fit the target's arena")
        memory = ffi.buffer(ffi.cast("char *", here), count * width)
        there = self._arena.place(layout.to_target(memory), f"{self._function}'s {parameter.name}")
        written = not parameter.const
        piece = _Piece(parameter.name, here, count * width, there, layout, memory, written)
        self._pieces.append(piece)
        return (there - first * target_width) & 0xFFFFFFFF

    def _context(self, parameter: Parameter, pointer: Any) -> int:
        """A structure that holds pointers, with what they show."""
        library, name = self._library, parameter.ctype
        layout = library.layout(name)
        members = library._structs[name.removeprefix("struct ")]
        record = np.zeros((), layout.there)
        sent = {}
        for member in members:
            value = getattr(pointer, member.name)
            if member.pointer:
                value = self._member(name, member, pointer, value)
            record[member.name] = value if isinstance(value, int) else list(value)
            sent[member.name] = record[member.name].tolist()
        there = self._arena.place(record.tobytes(), f"{self._function}'s {parameter.name}")
        self._contexts.append((pointer, name, there, sent, not parameter.const))
        return there

    def _member(self, struct: str, member: Parameter, pointer: Any, value: Any) -> int:
        if not value:
            return 0
        if self._library.layout(member.ctype).here is None:
            return self._context(member, value)
        reach = signatures.MEMBERS[struct.removeprefix("struct "), member.name]
        return self._memory(member, value, *reach(pointer, self._values))

    def finish(self) -> None:
        """Bring back what the function may have written, and see that it wrote nothing else."""
        guards = [(address, len(GUARD)) for address, _ in self._arena.guards]
        pieces = [piece for piece in self._pieces if piece.written]
        contexts = [context for context in self._contexts if context[-1]]
        places = [
            *guards,
            *((piece.there, piece.size_there) for piece in pieces),
            *((at, self._library.layout(name).there.itemsize) for _, name, at, *_ in contexts),
        ]
        found = self._library.ring.memory.read_each(places)
        self._arena.check(self._function, found[: len(guards)])
        rest = iter(found[len(guards) :])
        for piece in pieces:
            piece.layout.from_target(next(rest), piece.memory)
        for pointer, name, _, sent, _ in contexts:
            self._update(pointer, name, next(rest), sent)

    def _update(self, pointer: Any, name: str, data: bytes, sent: dict[str, Any]) -> None:
        library = self._library
        record = np.frombuffer(data, library.layout(name).there)[0]
        for member in library._structs[name.removeprefix("struct ")]:
            value = record[member.name].tolist()
            if value == sent[member.name]:
                continue
            if member.pointer:
                setattr(pointer, member.name, self._pointer(member, value))
            else:
                setattr(pointer, member.name, value)

    def _pointer(self, member: Parameter, value: int) -> Any:
        """The pointer of this machine that shows what the target's does."""
        ctype = f"{member.ctype} *"
        if value == 0:
            return self._ffi.NULL
        for piece in self._pieces:
            if piece.there <= value <= piece.there + piece.size:
                return self._ffi.cast(ctype, piece.here + value - piece.there)
        raise TargetError(f"{self._function} left a pointer in {member.name} to 0x{value:08x}")
