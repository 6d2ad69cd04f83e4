# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the core takes of the memory and the time there is, and what is left."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files

from fsw_emu.report.frame_time import (
    EVENT_BYTES,
    IMAGE,
    NODE_PIXELS,
    PERIODS_S,
    STORM,
    Budgets,
    Frame,
    dpu_steps,
)

NODES = 4
FULL_FRAME_PIXELS = 4511 * 4608
MASK_BYTES = 30_672
MAX_EVENTS = 65_535  # of an entity: NOfEvtDet is 16 bit
ED_FRAMES = 540  # most frames of an entity
EVENTS_KEY, IMAGE_KEY, STACK_KEY = 0x00014110, 0x00014010, 0x00014012

#: (key, members, science bytes) -> bytes that any entity of this kind fits into
EntityBound = Callable[[int, int, int], int]


class Light(StrEnum):
    """Green; amber: less left than the map asks for; red: more used than there is."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True)
class Region:
    """Memory that something may fill."""

    name: str
    bytes: int
    what: str
    source: str


@dataclass(frozen=True)
class MemoryMap:
    """Regions by name; amber_below: the least part of a region to be left, 0..1."""

    amber_below: float
    regions: Mapping[str, Region]


@dataclass(frozen=True)
class Margin:
    """``used`` of ``there``, in the same unit."""

    what: str
    where: str
    used: float
    there: float
    amber_below: float

    @property
    def left(self) -> float:
        """Part that is left: 1 all of it, negative where there is too little."""
        return 1 - self.used / self.there

    @property
    def light(self) -> Light:
        if self.used > self.there:
            return Light.RED
        return Light.AMBER if self.used > self.there * (1 - self.amber_below) else Light.GREEN


def package_map() -> MemoryMap:
    """The memory map that the package holds."""
    return read_map(files("fsw_emu.report").joinpath("memory_map.toml").read_text("utf-8"))


def read_map(text: str) -> MemoryMap:
    """A map from TOML; ValueError for text that is none or lacks a figure."""
    data = tomllib.loads(text)
    try:
        regions = {
            name: Region(name, int(entry["bytes"]), entry["what"], entry["source"])
            for name, entry in data["region"].items()
        }
        return MemoryMap(float(data["amber_below"]), regions)
    except KeyError as error:
        raise ValueError(f"memory_map.toml: no {error.args[0]}") from error


def buffers(bound: EntityBound) -> list[tuple[str, str, int]]:
    """(what, region, bytes) that products ask for at most; regions of one product add up.

    The LEON3 is big-endian: pixels in memory are the bytes of the science data.
    """
    events = EVENT_BYTES * (MAX_EVENTS + NODES * ED_FRAMES)
    image = 2 * NODES * NODE_PIXELS
    full = 2 * FULL_FRAME_PIXELS
    return [
        ("ED: packets of a group, masks of 4 nodes", "events", events + NODES * MASK_BYTES),
        ("ED: coder and entity", "entity", events + bound(EVENTS_KEY, ED_FRAMES, events)),
        ("FT: image of 4 nodes", "image", image),
        ("FT: coder and entity", "entity", image + bound(IMAGE_KEY, 1, image)),
        ("FT stacked: sums of 4 nodes", "stacking", 2 * image),
        ("FT stacked: coder and entity", "entity", 2 * image + bound(STACK_KEY, 1, 2 * image)),
        ("FF: image of one CCD", "image", full),
        ("FF: coder and entity", "entity", full + bound(IMAGE_KEY, 1, full)),
    ]


def memory_margins(uses: Iterable[tuple[str, str, int]], where: MemoryMap) -> list[Margin]:
    """Margins of (what, region, bytes); ValueError for a region that the map lacks."""
    margins = []
    for what, name, used in uses:
        region = where.regions.get(name)
        if region is None:
            raise ValueError(f"memory_map.toml: no region {name}")
        margins.append(Margin(what, name, used, region.bytes, where.amber_below))
    return margins


def time_margins(budgets: Budgets, amber_below: float) -> list[Margin]:
    """Cycles of the storm's and the image's frame against those that one core has in it, on
    typical inputs and on the worst input known of every function at once."""
    margins = []
    for work in (STORM, IMAGE):
        for period in PERIODS_S:
            frame = Frame(period, budgets.clock_hz, dpu_steps(work.over(period), budgets))
            there = period * budgets.clock_hz
            name, length = work.title.partition(":")[0], f"{period:g} s frame"
            margins += [
                Margin(f"{name}, typical", length, frame.cycles, there, amber_below),
                Margin(f"{name}, worst inputs known", length, frame.worst_cycles, there,
                       amber_below),
            ]  # fmt: skip
    return margins
