# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Accesses of an initiator to the FEE's memory and what each leaves there; faults to spoil
them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from fee_oracle import KEPT
from hypothesis import strategies as st

from hil.faults.plan import GROUPS, KINDS, Rule
from hil.rmap.initiator import Initiator

Kind = Literal["read", "write", "unacknowledged", "rmw"]

#: words that start nothing and make no readout longer
CONFIGURATION = (*range(0x00, 0x10, 4), 0x18, 0x1C, *range(0x24, 0x54, 4), *range(0x58, 0x64, 4))
#: row corrections, first pixels of both sides, the last word
SRAM_PLACES = (*range(0x800000, 0x800040, 4), 0x801800, 0x801804, 0x900C00, 0xBFFFF8, 0xBFFFFC)
#: unaligned, between areas and behind them
NOWHERE = (0x01, 0x56, 0x68, 0x6FC, 0x798, 0x7FFFFC, 0xC00000, 0xFFFFFFFC)


@dataclass(frozen=True)
class Access:
    """One access to whole words, or one that is refused."""

    kind: Kind
    address: int
    size: int
    data: bytes = b""
    mask: bytes = b""
    verify: bool = False
    repeatable: bool = False
    refused: bool = False

    def meets(self, other: Access) -> bool:
        """Whether they have a byte in common."""
        return (
            self.address < other.address + other.size and other.address < self.address + self.size
        )

    async def begin(self, initiator: Initiator) -> bytes | None:
        if self.kind == "read":
            return await initiator.read(self.address, self.size)
        if self.kind == "rmw":
            return await initiator.read_modify_write(self.address, self.data, self.mask)
        await initiator.write(
            self.address,
            self.data,
            verify=self.verify,
            ack=self.kind == "write",
            repeatable=self.repeatable,
        )
        return None

    def after(self, was: bytes) -> bytes:
        """What is there once it was carried out."""
        if self.refused or self.kind == "read":
            return was
        new = self.data
        if self.kind == "rmw":
            new = bytes(d & m | w & ~m for d, m, w in zip(self.data, self.mask, was, strict=True))
        return new if self.address >= 0x800000 else kept(self.address, new)


def kept(address: int, data: bytes) -> bytes:
    """What configuration keeps of data."""
    return b"".join(
        (int.from_bytes(data[i : i + 4], "big") & KEPT.get(address + i, 0)).to_bytes(4, "big")
        for i in range(0, len(data), 4)
    )


@st.composite
def accesses(draw: st.DrawFn) -> Access:
    """Any access, but to words that start modes or make readouts longer."""
    kind: Kind = draw(st.sampled_from(["read", "read", "write", "write", "unacknowledged", "rmw"]))
    address = draw(st.sampled_from((*CONFIGURATION, *SRAM_PLACES, *SRAM_PLACES)))
    size = 4
    refused = draw(st.integers(0, 9)) == 0 and kind != "unacknowledged"
    if refused:
        address = draw(st.sampled_from(NOWHERE if kind == "read" else (*NOWHERE, 0x700, 0x788)))
    elif kind == "read" and draw(st.booleans()):
        address, size = draw(st.sampled_from([(0x00, 0x68), (0x780, 0x18), (0x800000, 8192)]))
    elif kind != "rmw" and address >= 0x800000:
        most = min(0xC00000 - address, draw(st.sampled_from([4, 64, 4096])))
        size = draw(st.integers(1, most // 4)) * 4
    options: dict[str, Any] = {"refused": refused}
    if kind == "rmw":
        options["mask"] = draw(st.binary(min_size=4, max_size=4))
    if kind != "read":
        some = draw(st.binary(min_size=4, max_size=64))
        options["data"] = (some * -(-size // len(some)))[:size]
    if kind == "write":
        options |= {"verify": draw(st.booleans()), "repeatable": draw(st.booleans())}
    return Access(kind, address, size, **options)


@st.composite
def faults(draw: st.DrawFn, overtaking: int) -> Rule:
    """Any fault, mostly of RMAP. Held back for 1.5 s or ``overtaking`` packets at most."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    wanted = draw(
        st.sampled_from([("command",), ("reply",), ("reply",), GROUPS["fee"], GROUPS["any"]])
    )
    classes = tuple(each for each in wanted if each in KINDS[kind]) or KINDS[kind]
    when = draw(
        st.one_of(
            st.fixed_dictionaries({"chance": st.sampled_from([0.05, 0.2, 0.5, 1.0])}),
            st.fixed_dictionaries({"number": st.integers(1, 5)}),
            st.fixed_dictionaries({"every": st.integers(1, 5)}),
        )
    )
    values = {
        "delay": st.integers(1, 1500),
        "stall": st.integers(1, 1500),
        "reorder": st.integers(1, overtaking),
        "babble": st.integers(1, 10),
        "time-code-jump": st.integers(1, 62),
    }
    return Rule(
        kind,
        classes,
        direction=draw(st.sampled_from([None, "a-to-b", "b-to-a"])),
        value=draw(values.get(kind, st.just(0))),
        size_bytes=draw(st.integers(1, 40)),
        **when,
    )
