# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the headers say of each function, and how much memory stands behind each pointer.

The prototypes are read out of the preprocessed headers. How far a pointer reaches is in their
comments only; it is told here, once, for whoever has to carry the memory elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Extent = Callable[[Any], int]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function, or one member of a structure."""

    name: str
    ctype: str  # without const and *
    pointer: bool
    const: bool


_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_FUNCTION = re.compile(r"^([a-z][\w ]*?)\s+(sxi_\w+)\(([^)]*)\);", re.MULTILINE)
_STRUCT = re.compile(r"^struct (\w+) \{([^}]*)\};", re.MULTILINE)


def _declaration(text: str) -> Parameter:
    *words, name = text.partition("[")[0].replace("*", " * ").split()
    pointer, const = "*" in words, "const" in words
    ctype = " ".join(word for word in words if word not in ("*", "const"))
    return Parameter(name, ctype, pointer, const)


def functions(cdef: str) -> dict[str, tuple[str, tuple[Parameter, ...]]]:
    """Return type and parameters of each function."""
    found = {}
    for result, name, parameters in _FUNCTION.findall(_COMMENT.sub("", cdef)):
        found[name] = (result, tuple(_declaration(p) for p in parameters.split(",")))
    return found


def structs(cdef: str) -> dict[str, tuple[Parameter, ...]]:
    """Members of each structure."""
    return {
        name: tuple(_declaration(member) for member in body.split(";") if member.strip())
        for name, body in _STRUCT.findall(_COMMENT.sub("", cdef))
    }


def _product(*names: str) -> Extent:
    def extent(a: Any) -> int:
        n = 1
        for name in names:
            n *= getattr(a, name)
        return n

    return extent


def _one(_a: Any) -> int:
    return 1


#: elements behind a pointer where it is not ``x_len``, ``n_x`` or, for bytes, ``len``; ``a`` has
#: the other parameters by name
EXTENTS: Mapping[str, Mapping[str, Extent]] = MappingProxyType(
    {
        "sxi_fee_parse": {
            name: lambda a: a.n for name in ("offsets", "lengths", "headers", "events", "status")
        },
        "sxi_fee_build_events": {"headers": lambda a: a.n, "events": lambda a: a.n},
        "sxi_edu_detect": {"kinds": lambda a: a.out_len},
        "sxi_find_events": {"flags": lambda a: a.out_len},
        "sxi_edu_mask_step": {"row": _one, "col": _one},
        "sxi_filter_events": {"events": lambda a: a.n, "keep": lambda a: a.n},
        "sxi_grade_events": {"events": lambda a: a.n},
        "sxi_tree_classify": {name: lambda a: a.n for name in ("events", "distances", "keep")},
        "sxi_frame_push_packets": {"offsets": lambda a: a.n, "lengths": lambda a: a.n},
        "sxi_image_crop": {"in": _product("n_rows", "n_cols")},
        "sxi_image_bin": {"in": _product("n_rows", "n_cols")},
        "sxi_image_decimate": {"in": _product("n_rows", "n_cols")},
        "sxi_image_stack": {"stack": lambda a: a.n, "in": lambda a: a.n},
        "sxi_aec_decode_u16": {"out": lambda a: a.n_samples},
        "sxi_aec_decode_u32": {"out": lambda a: a.n_samples},
        "sxi_key_store": {"key": _one},
        "sxi_key_decode": {"out": lambda a: a.science_len},
        "sxi_entity_pack": {
            "group": lambda _a: 47,
            "frames": lambda a: 57 * a.header.members,
        },
        "sxi_rows_learn": {"samples": lambda a: a.n_rows * a.ctx.cols},
        "sxi_rows_tabulate": {"samples": lambda a: a.n_rows * a.ctx.cols},
        "sxi_rows_choose": {"samples": lambda a: a.n_rows * a.ctx.cols},
        "sxi_rows_encode": {
            "frame_samples": lambda a: a.ctx.rows * a.ctx.cols,
            "next": _one,
        },
        "sxi_events_encode": {"packets": lambda a: 64 * a.n_events, "next": _one},
        "sxi_events_choose": {"packets": lambda a: 64 * a.n_events},
        "sxi_hk_decode": {"number": _one},
        "sxi_hk_block_encode": {"packets": _product("n", "len")},
        "sxi_look_add": {"events": lambda a: a.n, "keep": lambda a: a.n},
        "sxi_fair_select": {
            name: _product(f"n_{name[-1]}") for name in ("events_e", "events_f", "keep_e", "keep_f")
        },
        "sxi_ladder_encode": {
            name: lambda a: a.header.n_events for name in ("events", "pha", "grades")
        },
        "sxi_ladder_decode": {"records": lambda a: a.records_len},
        "sxi_ldt_tx_init": {"data": lambda _a: 0},
        "sxi_ldt_rx_init": {"buf": lambda _a: 0},
        "sxi_ldt_rx_push": {"source": lambda a: a.len},
        "sxi_common_rows": {"offset": lambda a: a.frame.n_rows * a.frame.n_cols},
        "sxi_track_distance": {
            "runs": lambda a: a.n_runs,
            "events": lambda a: a.n,
            "distance": lambda a: a.n,
        },
        "sxi_hot_update": {"events": lambda a: a.n, "verdict": lambda a: a.n},
    }
)


def _planes(s: Any) -> int:
    return 1 if s.nodes & 16 else int(s.nodes & 15).bit_count()


def _frame_pixels(a: Any) -> int:
    """Of the frame beside a structure; 0 where it is NULL."""
    return int(a.frame.n_rows * a.frame.n_cols) if a.frame else 0


def _frame_rows(a: Any) -> int:
    return int(a.frame.n_rows) if a.frame else 0


def _frame_segments(a: Any) -> int:
    return int(a.frame.n_rows * (-(-a.frame.n_cols // 64))) if a.frame else 0


def _table(s: Any) -> int:
    """Pixels of sxi_hot; a table of no valid size is not carried over."""
    return 8 << s.log2_buckets if s.log2_buckets <= 13 else 0


def _runs(s: Any) -> int:
    """Runs of sxi_track_finder, likewise."""
    return int(s.room) if s.room <= 65535 else 0


def _pixels_seen(_s: Any, a: Any) -> tuple[int, int]:
    return 0, a.frame.n_rows * a.frame.n_cols if a.frame else 0


def _received(s: Any, a: Any) -> tuple[int, int]:
    """Where the part that sxi_ldt_rx_push gets may go: a first one begins anew."""
    begins = getattr(a, "subtype", 0) == 1
    first = 0 if begins else min(s.size, s.room)
    return first, min(getattr(a, "len", 0), s.room - first)


#: the same for pointers within structures; ``s`` is the structure, ``a`` the parameters. First
#: and number: of a large buffer that outlives the call, only what this call may touch.
MEMBERS: Mapping[tuple[str, str], Callable[[Any, Any], tuple[int, int]]] = MappingProxyType(
    {
        ("sxi_frame", "pixels"): lambda s, _a: (0, s.n_rows * s.n_cols),
        **{
            ("sxi_find", array): lambda _s, a: (0, _frame_pixels(a))
            for array in ("offset", "noise")
        },
        **{
            ("sxi_find", array): lambda _s, a: (0, _frame_rows(a))
            for array in ("row_state", "row_threshold")
        },
        ("sxi_find", "common"): lambda _s, a: (0, _frame_segments(a)),
        ("sxi_find", "masked"): lambda _s, a: (0, -(-_frame_pixels(a) // 8)),
        ("sxi_filter", "bad_pixels"): lambda s, _a: (0, s.bad_pixels_len),
        ("sxi_frame_asm", "pixels"): lambda s, _a: (0, _planes(s) * s.n_rows * s.n_cols),
        ("sxi_frame_asm", "row_pixels"): lambda s, _a: (0, _planes(s) * s.n_rows),
        ("sxi_key_work", "u16"): lambda s, _a: (0, s.room),
        ("sxi_key_work", "u32"): lambda s, _a: (0, s.room),
        ("sxi_key_work", "events"): lambda _s, _a: (0, 1),
        ("sxi_key_work", "events_decoder"): lambda _s, _a: (0, 1),
        **{
            ("sxi_rows", array): lambda s, _a: (0, s.room)
            for array in ("columns", "means", "line", "above")
        },
        ("sxi_rows_decoder", "columns"): lambda s, _a: (0, s.room),
        ("sxi_hk", "words"): lambda s, _a: (0, s.room),
        ("sxi_maps", "offset"): lambda s, _a: (0, s.pixels_room),
        ("sxi_maps", "noise"): lambda s, _a: (0, s.pixels_room),
        ("sxi_maps", "common"): lambda s, _a: (0, s.common_room),
        **{
            ("sxi_maps", f"row_{array}"): lambda s, _a: (0, s.rows_room)
            for array in ("state", "age", "good", "check")
        },
        ("sxi_ldt_tx", "data"): lambda s, _a: (
            min(s.offset, s.size),
            max(min(s.part, s.size - s.offset), 0),
        ),
        ("sxi_ldt_rx", "buf"): _received,
        ("sxi_track_finder", "offsets"): _pixels_seen,
        ("sxi_track_finder", "runs"): lambda s, _a: (0, _runs(s)),
        ("sxi_track_finder", "tracks"): lambda s, _a: (0, _runs(s)),
        ("sxi_hot", "pixels"): lambda s, _a: (0, _table(s)),
    }
)


def extent(function: str, parameter: Parameter, names: tuple[str, ...]) -> Extent:
    """How many elements stand behind a parameter; LookupError when nothing tells."""
    told = EXTENTS.get(function, {}).get(parameter.name)
    if told is not None:
        return told
    if parameter.ctype.startswith("struct") and parameter.name != "out":
        return _one
    for name in (f"{parameter.name}_len", f"n_{parameter.name}", "len"):
        if name in names:
            return _product(name)
    raise LookupError(f"{function}: nothing tells how far {parameter.name} reaches")
