# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Requests prepared to be asked again and again: their memory on the target, and their answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import TargetError
from fsw_emu.targets.remote import GUARD, RemoteLibrary, Request
from fsw_emu.targets.signatures import Parameter

Region = Literal["table", "context", "input", "output", "ring"]

#: members that mean nothing between calls (edu.h, key.h)
SCRATCH = frozenset({"flags", "u16", "u32"})
POISON = 0x5A


@dataclass(frozen=True)
class Case:
    """One request, always the same.

    arguments: of the function, made with cffi's interface (what it makes lives as long as it
    is needed) and the target's functions, which prepare contexts. refused: whether the ground
    refuses the product: the bytes of the array called ``out`` (empty where there is none), and
    the result. counts: the result tells how much was taken, so that less than without a flip
    is a report.
    """

    function: str
    name: str
    arguments: Callable[[Any, Any], tuple[Any, ...]]
    refused: Callable[[bytes, int], bool] | None = None
    counts: bool = False


@dataclass(frozen=True)
class Place:
    """Memory that can be hit: a member of a structure, an array, a table, a part of the page."""

    region: Region
    name: str
    address: int
    size: int  # bytes


@dataclass(frozen=True)
class Prepared:
    """A case in the target's arena. The arrays have an element for each byte of it."""

    case: Case
    words: list[int]
    places: tuple[Place, ...]
    before: NDArray[np.uint8]
    after: NDArray[np.uint8]
    result: int
    guarded: NDArray[np.bool_]  # between the pieces
    foreign: NDArray[np.bool_]  # not the function's to write
    written: NDArray[np.bool_]  # what it does write
    judged: NDArray[np.bool_]  # part of the answer
    out: slice  # where the product is


@dataclass(frozen=True)
class _Piece:
    """One stretch of memory of a call."""

    parameter: Parameter
    address: int
    size: int
    is_context: bool


class _Keeper:
    """cffi's interface, keeping what it makes: structures do not keep what they point to."""

    def __init__(self, ffi: Any) -> None:
        self._ffi = ffi
        self._kept: list[Any] = []

    def new(self, *args: Any) -> Any:
        self._kept.append(self._ffi.new(*args))
        return self._kept[-1]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ffi, name)


def prepare(library: RemoteLibrary, cases: Sequence[Case]) -> list[Prepared]:
    """Ask every case unharmed, twice: with the arrays that it may write as they are, and
    poisoned, which shows what it does write."""
    ring = library.ring
    placed = []
    for case in cases:
        keeper = _Keeper(library.ffi)
        request, words = library.start(case.function, *case.arguments(keeper, library))
        pieces = _pieces(library, case.function, request)
        end = max((piece.address + piece.size for piece in pieces), default=ring.arena)
        end = -(-end // 8) * 8 + len(GUARD)
        placed.append((case, words, pieces, ring.memory.read(ring.arena, end - ring.arena)))
    room = max(len(image) for *_, image in placed)
    return [_referenced(library, *p, room=room) for p in placed]


def _pieces(library: RemoteLibrary, function: str, request: Request) -> list[_Piece]:
    """What a request placed."""
    parameters = library._functions[function][1]
    told: dict[str, Parameter] = {}
    for parameter in parameters:
        if parameter.pointer and library.layout(parameter.ctype).here is None:
            told |= {m.name: m for m in library._structs[parameter.ctype.removeprefix("struct ")]}
            told[parameter.ctype] = parameter  # by which such a structure is placed
    told |= {parameter.name: parameter for parameter in parameters}
    found = []
    for name, address, size in request.placed():
        ctype = told[name].ctype
        is_struct = ctype.startswith("struct ")
        one = is_struct and size == library.layout(ctype).there.itemsize
        if size:
            found.append(_Piece(told[name], address, size, one))
    return found


def _places(library: RemoteLibrary, piece: _Piece) -> Iterator[Place]:
    """A structure's members, or an array."""
    parameter, at = piece.parameter, piece.address
    if not piece.is_context:
        region: Region = "input" if parameter.const else "output"
        yield Place(region, parameter.name, at, piece.size)
        return
    layout = library.layout(parameter.ctype).there
    if layout.fields is not None:
        for name, (dtype, offset, *_) in layout.fields.items():
            yield Place("context", f"{parameter.name}.{name}", at + offset, dtype.itemsize)
        return
    members = library._structs[parameter.ctype.removeprefix("struct ")]
    width = layout.itemsize // len(members)  # all alike
    for i, member in enumerate(members):
        yield Place("context", f"{parameter.name}.{member.name}", at + i * width, width)


def _answer(library: RemoteLibrary, case: Case, words: list[int], image: bytes) -> tuple[int, Any]:
    memory, arena = library.ring.memory, library.ring.arena
    memory.write(arena, image)
    result = library._signed(
        library._functions[case.function][0], library.ring.call(case.function, words)
    )
    return result, np.frombuffer(memory.read(arena, len(image)), np.uint8)


def _referenced(
    library: RemoteLibrary,
    case: Case,
    words: list[int],
    pieces: list[_Piece],
    image: bytes,
    *,
    room: int,
) -> Prepared:
    arena = library.ring.arena
    before = np.frombuffer(image.ljust(room, GUARD[:1]), np.uint8)
    result, after = _answer(library, case, words, before.tobytes())
    if result < 0:
        raise TargetError(f"{case.function} ({case.name}): status {result} without a flip")
    places = tuple(place for piece in pieces for place in _places(library, piece))
    spans = {
        place: slice(place.address - arena, place.address - arena + place.size) for place in places
    }
    out, context, foreign, guarded = np.zeros((4, room), bool)
    foreign[:] = guarded[: len(image)] = True
    for piece in pieces:
        span = slice(piece.address - arena, piece.address - arena + piece.size)
        guarded[span] = False
        foreign[span] = piece.parameter.const
    for place, span in spans.items():
        if place.name.rpartition(".")[2] not in SCRATCH:
            out[span] = place.region == "output"
            context[span] = place.region == "context" and not foreign[span].any()
    poisoned = np.where(out, before ^ POISON, before)
    again, then = _answer(library, case, words, poisoned.tobytes())
    same, untouched = then == after, then == poisoned
    pure = again == result and bool((same | untouched)[out].all())
    writes = out & same if pure else out
    written = writes | (context & (before != after))
    product = next((spans[p] for p in places if p.region == "output" and p.name == "out"), slice(0))
    return Prepared(
        case,
        words,
        places,
        before,
        after,
        result,
        guarded,
        foreign,
        written,
        writes | context,
        product,
    )
