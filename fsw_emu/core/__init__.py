# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a core can do, wherever it runs.

A *core* is one build of ``c_src`` behind these methods: in this process, loaded from a
shared library, or on another processor. Whatever processes data takes a core as an argument,
so that the same chain runs on each of them, bit for bit the same.

Inputs that a core refuses raise :class:`CoreError` with the status of the C function; inputs
of the wrong type or shape raise ``TypeError`` or ``ValueError`` before it is asked.
"""

from __future__ import annotations

from typing import Protocol

from fsw_emu.core.artefacts import (
    HOT_AFTERGLOW,
    HOT_HOT,
    HOT_KEEP,
    TRACK_DTYPE,
    TRACK_RUN_DTYPE,
    ArtefactsCore,
    HotTracker,
    Tracks,
)
from fsw_emu.core.classify import (
    GRADE_DTYPE,
    TREE_FEATURES,
    ClassifyingCore,
    DecisionTree,
    Grades,
    TreeNode,
)
from fsw_emu.core.find import FindFlag, FindingCore, Found, Ties
from fsw_emu.core.flight import FlightCore
from fsw_emu.core.look import LookingCore, LookProduct, QuickLook
from fsw_emu.core.maps import MappingCore, MapSettings, PixelMaps
from fsw_emu.core.storm import (
    LADDER_DTYPE,
    FairPolicy,
    FairSelection,
    LadderPacket,
    LadderState,
    StormCore,
)
from fsw_emu.core.values import (
    EVENT_DTYPE,
    HEADER_DTYPE,
    AssembledFrame,
    CeHeader,
    CompressionEntity,
    CoreError,
    DataLen,
    Detection,
    EventsCodec,
    FeePackets,
    FilterResult,
    HousekeepingCodec,
    LdtReceiver,
    PixelOrder,
    RowsKind,
    RowsPredictor,
    TargetError,
    TmPacket,
    WindowOrder,
)

__all__ = [
    "EVENT_DTYPE",
    "GRADE_DTYPE",
    "HEADER_DTYPE",
    "HOT_AFTERGLOW",
    "HOT_HOT",
    "HOT_KEEP",
    "LADDER_DTYPE",
    "TRACK_DTYPE",
    "TRACK_RUN_DTYPE",
    "TREE_FEATURES",
    "AssembledFrame",
    "CeHeader",
    "CompressionEntity",
    "Core",
    "CoreError",
    "DataLen",
    "DecisionTree",
    "Detection",
    "EventsCodec",
    "FairPolicy",
    "FairSelection",
    "FeePackets",
    "FilterResult",
    "FindFlag",
    "FlightCore",
    "Found",
    "Grades",
    "HotTracker",
    "HousekeepingCodec",
    "LadderPacket",
    "LadderState",
    "LdtReceiver",
    "LookProduct",
    "MapSettings",
    "PixelMaps",
    "PixelOrder",
    "QuickLook",
    "RowsKind",
    "RowsPredictor",
    "TargetError",
    "Ties",
    "TmPacket",
    "Tracks",
    "TreeNode",
    "WindowOrder",
    "default_core",
]


class Core(
    FlightCore,
    ClassifyingCore,
    FindingCore,
    MappingCore,
    ArtefactsCore,
    StormCore,
    LookingCore,
    Protocol,
):
    """Every function of the core: what flies, and what goes beyond it."""


def default_core() -> Core:
    """The core in this process, in the build that suits this processor."""
    from fsw_emu.targets.host import host_core

    return host_core()
