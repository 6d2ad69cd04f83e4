# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the built-in algorithms cost on the flight processor: functions they call, memory they keep.

The figures are those of ``fsw_emu/report/budgets.toml``: cycles on the reference input, which
compare fairly, and instructions on the worst input known, for which some functions were searched
harder than others. Where a function has none there, the sum of its algorithm is not told. Left
out are functions of a call, which are run once a readout or less and cost little beside those of
a pixel or an event.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

from fsw_emu.algorithms.guard import COLS, NODES, ROWS

PIXEL, EVENT = "pixel", "event"

_DETECT, _FIND, _FILTER = "sxi_edu_detect", "sxi_find_events", "sxi_filter_events"
_TRACKS = ("sxi_track_find", "sxi_track_distance")
_LADDER = ("sxi_grade_events", "sxi_ladder_encode")
_TREE, _FAIR, _HOT = "sxi_tree_classify", "sxi_fair_select", "sxi_hot_update"

#: functions that an algorithm calls for each pixel or event
CALLS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "flight": (_DETECT, _FILTER),
        "ties": (_FIND, _FILTER),
        "maps": ("sxi_maps_update", _FIND, _FILTER),
        "cti": (_FIND, _FILTER),
        "hot": (_DETECT, _HOT, _FILTER),
        "tracks": (_DETECT, _FILTER, *_TRACKS),
        "tree": (_DETECT, _TREE),
        "fair": (_DETECT, _FILTER, _FAIR),
        "ladder": (_DETECT, _FILTER, *_LADDER),
        "extended": ("sxi_maps_update", _FIND, _HOT, *_TRACKS, _TREE, _FAIR, *_LADDER),
    }
)

_MAPS_BYTES = NODES * (ROWS * COLS * 6 + ROWS * (6 * 4 + 9))  # offset, noise; common, row_ arrays
_HOT_BYTES = NODES * (8 << 10) * 16  # table of sxi_hot_pixel
_TRACK_BYTES = 16384 * (8 + 20)  # runs and tracks of one node, used by each in turn
_FAIR_BYTES = 64 + 5 * 480 * 2  # struct sxi_fair
_TREE_BYTES = 64 * 8  # nodes, and their roots

#: beside frames and events [bytes]
MEMORY_BYTES: MappingProxyType[str, int] = MappingProxyType(
    {
        "flight": 0,
        "ties": 0,
        "maps": _MAPS_BYTES,
        "cti": 2 * ROWS,
        "hot": _HOT_BYTES,
        "tracks": _TRACK_BYTES,
        "tree": _TREE_BYTES,
        "fair": _FAIR_BYTES,
        "ladder": 8,
        "extended": _MAPS_BYTES + _HOT_BYTES + _TRACK_BYTES + _TREE_BYTES + _FAIR_BYTES + 8,
    }
)


@dataclass(frozen=True)
class Figures:
    """A function on the flight processor, for one unit of its input."""

    unit: str
    instructions: float  # on the worst input known
    cycles: float  # on the reference input


def package_figures() -> dict[str, Figures]:
    """Of each function that the package has a budget of."""
    text = files("fsw_emu.report").joinpath("budgets.toml").read_text("utf-8")
    return {
        name: Figures(entry["unit"], float(entry["instructions"]), float(entry["typical_cycles"]))
        for name, entry in tomllib.loads(text)["function"].items()
    }


def costs_of(name: str, figures: Mapping[str, Figures]) -> dict[str, float]:
    """Amounts by what they are, for the page; nothing of an algorithm that is not built in."""
    if name not in CALLS:
        return {}
    told, instructions = {}, {}
    known = [figures[function] for function in CALLS[name] if function in figures]
    if len(known) == len(CALLS[name]):
        for article, unit in (("a", PIXEL), ("an", EVENT)):
            of_unit = [each for each in known if each.unit == unit]
            told[f"LEON3 cycles {article} {unit}"] = sum(each.cycles for each in of_unit)
            what = f"LEON3 instructions {article} {unit}, worst input"
            instructions[what] = sum(each.instructions for each in of_unit)
    told["bytes kept"] = float(MEMORY_BYTES[name])
    told |= instructions
    return told
