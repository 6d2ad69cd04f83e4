# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``lab.toml``: what stands in a lab, what joins it, and what of it is real (docs/lab.md)."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hil.faults.plan import Plan, read_plan
from hil.rmap.quirks import Quirks, read_quirks

EMULATED, TESTS = "emulated", "tests"
#: the ends of an emulated node, by its name; the one without a name of its own is first
PORTS: Mapping[str, tuple[str, ...]] = {"fee": ("",), "dpu": ("", "telemetry")}
TIME_LIMIT_S = 30.0

_LAB = ("seed", "dut", "time_limit_s", "record", "node", "link")
_NODE = ("is", "telemetry", "options", "quirks")
_LINK = ("joins", "faults")


class LabError(ValueError):
    """The lab file asks for what cannot be; one line that names the key."""


@dataclass(frozen=True)
class LabNode:
    """What answers at its ends. addresses: of a real one, by end; none of an emulated one.
    options: of ``fsw-emu NAME``, for an emulated one."""

    name: str
    addresses: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    quirks: Quirks = field(default_factory=Quirks)

    @property
    def emulated(self) -> bool:
        return not self.addresses

    @property
    def ports(self) -> tuple[str, ...]:
        return PORTS[self.name] if self.emulated else tuple(self.addresses)


@dataclass(frozen=True)
class End:
    """One end of a link: of the tests, or of a node."""

    node: str
    port: str = ""

    def __str__(self) -> str:
        return f"{self.node}.{self.port}" if self.port else self.node


@dataclass(frozen=True)
class Joint:
    """A link: what it joins, and the faults on it."""

    name: str
    ends: tuple[End, End]
    faults: Plan | None = None


@dataclass(frozen=True)
class LabFile:
    """A lab as it is written; paths as they can be opened."""

    path: Path
    nodes: Mapping[str, LabNode]
    links: Mapping[str, Joint]
    dut: str
    seed: int | None = None  # of faults, instead of their plans'
    time_limit_s: float = TIME_LIMIT_S
    record: Path | None = None

    def quirks_met_by(self, end: End) -> Quirks:
        """Those of the node that an end is joined to; the tests have none."""
        for link in self.links.values():
            if end in link.ends:
                peer = link.ends[link.ends[0] == end].node
                return Quirks() if peer == TESTS else self.nodes[peer].quirks
        return Quirks()


def read_lab(path: Path) -> LabFile:
    """Read a lab file. LabError for one that cannot be read, or is not as docs/lab.md says."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise LabError(f"{path}: {error}") from error
    try:
        return _lab(path, _Table("", table, _LAB))
    except LabError as error:
        raise LabError(f"{path}: {error}") from None


class _Table:
    """A table whose keys are known; taking a value checks its kind."""

    def __init__(self, name: str, table: Any, known: Iterable[str] | None = None) -> None:
        if not isinstance(table, dict):
            raise LabError(f"{name} is a table")
        self._name, self._table = name, table
        for key in table if known is not None else ():
            _one_of(self.at(key), key, tuple(known or ()))

    def at(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def items(self) -> Iterable[tuple[str, Any]]:
        return self._table.items()

    def table(self, key: str, known: Iterable[str] | None = None) -> _Table:
        return _Table(self.at(key), self._table.get(key, {}), known)

    def take(self, key: str, kind: type | tuple[type, ...], words: str, default: Any = None) -> Any:
        value = self._table.get(key, default)
        if value is default:
            return value
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise LabError(f"{self.at(key)} is {words}, not {value!r}")
        return value

    def text(self, key: str) -> str | None:
        value: str | None = self.take(key, str, "text")
        return value


def _one_of(at: str, value: str, known: tuple[str, ...]) -> None:
    if value in known:
        return
    close = difflib.get_close_matches(value, known, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
    raise LabError(f"{at}: {value!r} is unknown; {hint}")


def _lab(path: Path, table: _Table) -> LabFile:
    named = table.table("node")
    nodes = {name: _node(name, named.table(name, _NODE)) for name in named}
    if not nodes:
        raise LabError("node: a lab has one at least, like [node.fee]")
    joined = table.table("link")
    links = {name: _joint(name, joined.table(name, _LINK), nodes, path.parent) for name in joined}
    links = links or _all_to_tests(nodes)
    _check_ends(nodes, links.values())
    dut = table.text("dut") or next(iter(nodes))
    _one_of("dut", dut, tuple(nodes))
    limit = table.take("time_limit_s", (int, float), "a number of seconds", TIME_LIMIT_S)
    if not 0 < limit < float("inf"):
        raise LabError(f"time_limit_s is more than 0, not {limit}")
    record = table.text("record")
    return LabFile(
        path=path,
        nodes=nodes,
        links=links,
        dut=dut,
        seed=table.take("seed", int, "a whole number"),
        time_limit_s=float(limit),
        record=None if record is None else path.parent / record,
    )


def _node(name: str, table: _Table) -> LabNode:
    if name == TESTS or "." in name:
        raise LabError(f"node.{name}: no name of a node")
    what = table.text("is")
    if what is None:
        raise LabError(f'{table.at("is")} is missing: "{EMULATED}", or the address of a real one')
    options = table.table("options")
    quirks = _quirks(table.table("quirks", [each.name for each in dataclasses.fields(Quirks)]))
    telemetry = table.text("telemetry")
    taken = dict(options.items())
    if what == EMULATED:
        _one_of(f"node.{name} is {EMULATED}", name, tuple(PORTS))
        return LabNode(name, options=taken, quirks=quirks)
    addresses = {"": what} | ({} if telemetry is None else {"telemetry": telemetry})
    for key, address in addresses.items():
        if ":" not in address:
            hint = f"{EMULATED!r} or an address like 'gresb://192.168.1.20:1234'"
            raise LabError(f"{table.at(key or 'is')} is {hint}, not {address!r}")
    return LabNode(name, addresses, taken, quirks)


def _quirks(table: _Table) -> Quirks:
    try:
        return read_quirks(dict(table.items()))
    except ValueError as error:
        raise LabError(table.at(str(error))) from None


def _joint(name: str, table: _Table, nodes: Mapping[str, LabNode], folder: Path) -> Joint:
    joins = table.take("joins", list, "two ends")
    if joins is None or len(joins) != 2 or not all(isinstance(each, str) for each in joins):
        raise LabError(f'{table.at("joins")} is two ends, like ["tests", "fee"]')
    ends = (_end(table.at("joins"), joins[0], nodes), _end(table.at("joins"), joins[1], nodes))
    if all(end.node != TESTS and not nodes[end.node].emulated for end in ends):
        raise LabError(f"{table.at('joins')}: both ends are real: `fsw-emu bridge` joins them")
    faults = table.text("faults")
    return Joint(name, ends, None if faults is None else _plan(table.at("faults"), folder / faults))


def _plan(at: str, path: Path) -> Plan:
    try:
        return read_plan(path.read_text("utf-8"))
    except OSError as error:
        raise LabError(f"{at}: {path}: {error.strerror}") from error
    except ValueError as error:
        raise LabError(f"{at}: {path}: {error}") from error


def _end(at: str, text: str, nodes: Mapping[str, LabNode]) -> End:
    if text == TESTS:
        return End(TESTS)
    known = tuple(str(End(n.name, p)) for n in nodes.values() for p in n.ports)
    _one_of(at, text, (TESTS, *known))
    node, _, port = text.partition(".")
    return End(node, port)


def _all_to_tests(nodes: Mapping[str, LabNode]) -> dict[str, Joint]:
    """Without links in the file, every end of a node is joined to the tests."""
    ends = [End(node.name, port) for node in nodes.values() for port in node.ports]
    return {end.port or end.node: Joint(end.port or end.node, (End(TESTS), end)) for end in ends}


def _check_ends(nodes: Mapping[str, LabNode], links: Iterable[Joint]) -> None:
    """An end is joined once; a node that nothing joins is a mistake, as is a link to nowhere."""
    taken: dict[End, str] = {}
    for link in links:
        if link.ends[0] == link.ends[1]:
            raise LabError(f"link.{link.name}.joins: {link.ends[0]} to itself")
        for end in link.ends:
            if end.node != TESTS and end in taken:
                raise LabError(f"link.{link.name}.joins: {end} is joined by link.{taken[end]}")
            taken[end] = link.name
    for name in nodes:
        if not any(end.node == name for end in taken):
            raise LabError(f"node.{name}: no link joins it")
