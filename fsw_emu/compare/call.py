# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""One call of a C function as plain values: made, asked, and its answers compared.

A call is what JSON can hold, so that a vector is a file that reads itself: numbers; bytes as
hexadecimal text; arrays as lists; structures as objects by member; a null pointer as null;
memory of n zeros as ``{"zeros": n, "at": [[index, value], ...]}``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fsw_emu.core import TargetError
from fsw_emu.targets import signatures
from fsw_emu.targets._library import headers
from fsw_emu.targets.prepared import SCRATCH
from fsw_emu.targets.ring import TargetGone, TargetSilent, TargetTrap
from fsw_emu.targets.signatures import Parameter

Value = Any  # int, str, None, list or dict of these
Outcome = dict[str, Value]

STATUS = {-1: "PARAM", -2: "ROOM", -3: "SHORT", -4: "FORMAT", -5: "LENGTH", -6: "CRC",
          -7: "SEQUENCE", -8: "RANGE"}  # fmt: skip
#: arrays of which a function that counts defines only as many elements as it returns
_COUNTED = frozenset({"out", "kinds"})
_ENDED = re.compile(r"(?:dies|ends|the target ended) \((SIG\w+|exit code -?\d+)\)")


@dataclass(frozen=True)
class Call:
    """A function's name and its arguments by parameter."""

    function: str
    arguments: Mapping[str, Value]


@dataclass(frozen=True)
class Mismatch:
    """Where two outcomes part first: a path as ``ctx.n_events`` or ``out[3].row``."""

    path: str
    a: Value
    b: Value

    @property
    def field(self) -> str:
        """The path without indices; for a result that is a status on one side, with both."""
        if self.path == "result" and (self.a < 0 or self.b < 0):
            return f"result {_status(self.a)}/{_status(self.b)}"
        return re.sub(r"\[\d+\]", "", self.path)


def _status(result: int) -> str:
    return STATUS.get(result, str(result)) if result < 0 else "good"


class Caller:
    """Asks calls of one target: ffi and lib as of ``fsw_emu.targets.functions``."""

    def __init__(self, ffi: Any, lib: Any) -> None:
        self.ffi, self.lib = ffi, lib
        self.functions = signatures.functions(headers())
        self._structs = signatures.structs(headers())

    def ask(self, call: Call) -> Outcome:
        """Result and all that the function defined, or how it ended as ``fate``. TargetError
        where the target answers no more."""
        kept: list[Any] = []
        returns, parameters = self.functions[call.function]
        made = [self.make(p, call.arguments[p.name], kept) for p in parameters]
        try:
            result = int(getattr(self.lib, call.function)(*made))
        except (TargetGone, TargetSilent):
            raise
        except TargetTrap as trap:
            return {"fate": f"trap {trap.name}", "where": trap.where}
        except TargetError as error:
            return {"fate": str(error)}
        outcome: Outcome = {"result": result}
        for parameter, memory in zip(parameters, made, strict=True):
            if parameter.pointer and not parameter.const and memory != self.ffi.NULL:
                outcome |= self._read(parameter, memory, returns, result)
        return _defined(call.function, outcome)

    def make(self, parameter: Parameter, value: Value, kept: list[Any]) -> Any:
        """An argument as cffi takes it; memory behind it goes to ``kept``, which has to last as
        long as the call."""
        if not parameter.pointer:
            return value
        if value is None:
            return self.ffi.NULL
        ctype = parameter.ctype
        if isinstance(value, dict) and "zeros" in value:
            memory = self.ffi.new(f"{ctype}[]", value["zeros"])
            for index, element in value.get("at", ()):
                memory[index] = element
        elif isinstance(value, str):
            memory = self.ffi.new(f"{ctype}[]", list(bytes.fromhex(value)))
        elif isinstance(value, dict):
            memory = self.ffi.new(f"{ctype} *")
            for member in self._structs[ctype.removeprefix("struct ")]:
                if member.name in value:
                    setattr(memory, member.name, self.make(member, value[member.name], kept))
        else:
            memory = self.ffi.new(f"{ctype}[]", value)
        kept.append(memory)
        return memory

    def _read(self, parameter: Parameter, memory: Any, returns: str, result: int) -> Outcome:
        """What a parameter shows afterwards; arrays are unspecified after an error."""
        if self.ffi.typeof(memory).kind == "pointer":
            return {parameter.name: self._struct(memory[0])}
        if result < 0:
            return {}
        n = len(memory)
        if parameter.name in _COUNTED and returns == "int32_t":
            n = min(n, result)
        if parameter.ctype == "uint8_t":
            return {parameter.name: bytes(self.ffi.buffer(memory, n)).hex()}
        if parameter.ctype.startswith("struct "):
            return {parameter.name: [self._struct(memory[i]) for i in range(n)]}
        return {parameter.name: self.ffi.unpack(memory, n)}

    def _struct(self, struct: Any) -> Outcome:
        found: Outcome = {}
        for name, field in self.ffi.typeof(struct).fields:
            value = getattr(struct, name)
            if field.type.kind == "array" and name not in SCRATCH:
                found[name] = list(value)
            elif field.type.kind != "pointer" and name not in SCRATCH:
                found[name] = int(value)
        return found


def _defined(function: str, outcome: Outcome) -> Outcome:
    """Without what a packet that was refused leaves undefined (fee.h)."""
    if function == "sxi_fee_parse" and "status" in outcome:
        for i, status in enumerate(outcome["status"]):
            if status or outcome["headers"][i]["type"] not in (1, 3):
                outcome["events"][i] = None
            if status:
                outcome["headers"][i] = None
    return outcome


def unanswered(a: Outcome, b: Outcome) -> bool:
    """Whether neither side gave an answer that could be compared."""
    return "fate" in a and "fate" in b


def end_of(fate: str) -> str:
    """The kind of a fate, the same on every target: trap by name, signal, exit code, hang;
    without a target's last words."""
    ended = _ENDED.match(fate)
    return ended[1] if ended else fate


def mismatch(a: Value, b: Value, path: str = "") -> Mismatch | None:
    """The first thing that differs, depth first; None where nothing does, or where both sides
    ended in the same way (:func:`unanswered` tells)."""
    if a == b or (not path and unanswered(a, b) and end_of(a["fate"]) == end_of(b["fate"])):
        return None
    if not path and ("fate" in a or "fate" in b):
        return Mismatch("fate", a.get("fate", "an answer"), b.get("fate", "an answer"))
    if isinstance(a, dict) and isinstance(b, dict):
        for name in [*a, *(n for n in b if n not in a)]:
            found = mismatch(a.get(name), b.get(name), f"{path}.{name}" if path else name)
            if found:
                return found
    if isinstance(a, str) and isinstance(b, str) and path != "fate":
        a, b = (list(bytes.fromhex(text)) for text in (a, b))
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        i = next(i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y)
        return mismatch(a[i], b[i], f"{path}[{i}]")
    if isinstance(a, list) and isinstance(b, list):
        a, b = f"{len(a)} elements", f"{len(b)} elements"
    return Mismatch(path, a, b)
