# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""How large the core is on the flight processor: all of it, what flies, and each function.

A folder is a build for the flight processor: its program, and the call graphs of its objects.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from stack_usage import read_functions

from fsw_emu.targets.program import Program

#: what only the ground calls: it reads what the onboard software wrote
GROUND = frozenset({
    "sxi_aec_decode_u16", "sxi_aec_decode_u32", "sxi_key_decode", "sxi_entity_science",
    "sxi_rows_decode", "sxi_rows_load_model", "sxi_rows_parse", "sxi_events_decode",
    "sxi_events_parse", "sxi_hk_decode", "sxi_hk_block_decode", "sxi_ce_check",
    "sxi_ce_header_load", "sxi_ce_group_load", "sxi_ce_frame_load", "sxi_pus_tm_load",
    "sxi_ldt_rx_init", "sxi_ldt_rx_push", "sxi_ldt_rx_end", "sxi_ladder_decode", "sxi_look_load",
})  # fmt: skip
#: candidates beside the flight rule (SPEC.md 18): they have a limit of their own
BEYOND = frozenset({
    "sxi_cti_thresholds", "sxi_common_rows", "sxi_fair_select", "sxi_find_events",
    "sxi_grade_events", "sxi_hot_limit", "sxi_hot_mask", "sxi_hot_update", "sxi_ladder_bytes",
    "sxi_ladder_encode", "sxi_ladder_level", "sxi_look_add", "sxi_look_close", "sxi_look_init",
    "sxi_maps_init", "sxi_maps_scrub", "sxi_maps_seal", "sxi_maps_update", "sxi_track_distance",
    "sxi_track_find", "sxi_tree_check", "sxi_tree_classify", "sxi_tree_features",
})  # fmt: skip

Calls = Mapping[str, frozenset[str]]


def _calls(folder: Path, graphs: str) -> Calls:
    return {
        name: function.calls
        for graph in sorted(folder.glob(graphs))
        for name, function in read_functions(graph).items()
    }


def _reached(calls: Calls, roots: Iterable[str]) -> set[str]:
    """These functions with all that they call."""
    seen: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += calls.get(name, ())
    return seen


def _bytes(sizes: Mapping[str, int], names: Iterable[str]) -> int:
    return sum(sizes.get(name.rpartition(":")[2], 0) for name in names)


def code_sizes(folder: Path) -> dict[str, int]:
    """Bytes of each function with all that it calls, constants apart."""
    calls = _calls(folder, "lib*.a.p/*.ci")
    sizes = Program(folder / "sxi.elf").function_sizes
    return {name: _bytes(sizes, _reached(calls, [name])) for name in calls}


def core_bytes(folder: Path) -> int:
    """Code and constants of the core's objects."""
    objects = sorted(map(str, (folder / "libsxi.a.p").glob("*.o")))
    said = subprocess.run(  # noqa: S603
        ["sparc64-linux-gnu-size", *objects],  # noqa: S607
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return sum(int(line.split()[0]) for line in said.splitlines()[1:])


def onboard_bytes(folder: Path) -> int:
    """The same without functions that nothing but GROUND's and BEYOND's reach; all constants
    count."""
    return core_bytes(folder) - _apart(folder, GROUND | BEYOND)


def beyond_bytes(folder: Path) -> int:
    """What BEYOND's functions add to those that fly."""
    return _apart(folder, GROUND | BEYOND) - _apart(folder, GROUND)


def _apart(folder: Path, without: frozenset[str]) -> int:
    """Bytes of functions that nothing reaches but these."""
    calls = _calls(folder, "libsxi.a.p/*.ci")
    others = {name for name in calls if name.startswith("sxi_")} - without
    apart = calls.keys() - _reached(calls, others)
    return _bytes(Program(folder / "sxi.elf").function_sizes, apart)
