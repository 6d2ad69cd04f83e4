# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Vectors: a call or an input of the chain as a file, checked before anything is made of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fsw_emu.compare.call import Call, Caller, Value
from fsw_emu.compare.chain import ChainInput
from fsw_emu.packets.fee import NODES
from fsw_emu.targets import signatures
from fsw_emu.targets._library import headers, load
from fsw_emu.targets.signatures import Parameter

MOST_ELEMENTS = 1 << 20  # behind a pointer of a vector
MOST_STACKED = 540  # frames, as many as an entity has members


def call_vector(call: Call) -> dict[str, object]:
    """A call as a vector file holds it."""
    return {"function": call.function, "arguments": dict(call.arguments)}


def chain_vector(source: ChainInput) -> dict[str, object]:
    """An input of the chain as a vector file holds it."""
    return {
        "chain": {
            "name": source.name,
            "simulator": source.simulator,
            "binning": source.binning,
            "stack": source.stack,
            "bad_pixels": {node: mask.hex() for node, mask in source.bad_pixels.items()},
            "packets": [packet.hex() for packet in source.packets],
        }
    }


def read_vector(path: Path) -> Call | ChainInput:
    """A vector file; OSError, or ValueError for what is none."""
    try:
        vector = json.loads(path.read_text())
        if "chain" in vector:
            return _chain(vector["chain"])
        return _call(vector["function"], vector["arguments"])
    except KeyError as error:
        raise ValueError(f"{path}: not a vector: there is no {error}") from error
    except (
        ValueError,
        IndexError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise ValueError(f"{path}: not a vector: {error}") from error


def _chain(read: Any) -> ChainInput:
    given = dict(read)
    given["packets"] = [bytes.fromhex(packet) for packet in given["packets"]]
    given["bad_pixels"] = {n: bytes.fromhex(m) for n, m in given["bad_pixels"].items()}
    source = ChainInput(**given)
    if not source.packets:
        raise ValueError("there are no packets")
    if source.binning not in (6, 24):
        raise ValueError(f"binning {source.binning!r} is not 6 or 24")
    if type(source.stack) is not int or not 1 <= source.stack <= MOST_STACKED:
        raise ValueError(f"a stack of {source.stack!r} frames, not of 1 to {MOST_STACKED}")
    if unknown := set(source.bad_pixels) - set(NODES):
        raise ValueError(f"no such node: {', '.join(sorted(unknown))}")
    return source


def _call(function: Any, arguments: Any) -> Call:
    """The call, once all its memory is known to be small, to be made of numbers that fit, and to
    reach as far as the call says."""
    call = Call(str(function), dict(arguments))
    known = signatures.functions(headers())
    if call.function not in known:
        raise ValueError(f"the core has no function {call.function}")
    parameters = known[call.function][1]
    for parameter in parameters:
        _bounded(parameter.name, call.arguments[parameter.name])
    caller, kept = Caller(*load(None)), []  # type: ignore[var-annotated]
    made = {}
    for parameter in parameters:
        value = call.arguments[parameter.name]
        if not parameter.pointer:
            caller.ffi.new(f"{parameter.ctype} *", value)
        made[parameter.name] = caller.make(parameter, value, kept)
    for what, value, needed in _reaches(call, parameters, SimpleNamespace(**made)):
        if value is not None and _elements(value) < needed:
            raise ValueError(f"{what} holds {_elements(value)}, the call says {needed}")
    return call


def _bounded(what: str, value: Value) -> None:
    """Refuse a size before memory of it is asked for."""
    if isinstance(value, dict) and "zeros" in value:
        n = value["zeros"]
        if type(n) is not int or not 0 <= n <= MOST_ELEMENTS:
            raise ValueError(f"{what}: zeros {n!r} are not 0 to {MOST_ELEMENTS}")
    elif isinstance(value, dict):
        for name, member in value.items():
            _bounded(f"{what}.{name}", member)


def _elements(value: Value) -> int:
    if isinstance(value, str):
        return len(value) // 2
    if isinstance(value, dict):
        return int(value["zeros"]) if "zeros" in value else 1
    return len(value)


def _reaches(
    call: Call, parameters: tuple[Parameter, ...], made: SimpleNamespace
) -> Iterator[tuple[str, Value, int]]:
    """Each pointer, what stands behind it, and how many elements the call may touch there."""
    names = tuple(p.name for p in parameters)
    members = signatures.structs(headers())
    for parameter in parameters:
        value = call.arguments[parameter.name]
        if not parameter.pointer or value is None:
            continue
        try:
            needed = signatures.extent(call.function, parameter, names)(made)
        except (AttributeError, RuntimeError):  # told by a structure that is NULL
            needed = 0
        yield parameter.name, value, needed
        struct = parameter.ctype.removeprefix("struct ")
        for member in members.get(struct, ()) if isinstance(value, Mapping) else ():
            reach = signatures.MEMBERS.get((struct, member.name))
            if reach is not None and value.get(member.name) is not None:
                first, count = reach(getattr(made, parameter.name), made)
                what = f"{parameter.name}.{member.name}"
                yield what, value[member.name], first + count if count else 0
