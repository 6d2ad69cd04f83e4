# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Small event frames through the emulated FEE and the science chain, with any answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from recorded import Recorded

from fsw_emu.core import CompressionEntity, default_core
from fsw_emu.dpu.science.chain import ScienceChain
from fsw_emu.dpu.science.entity import Entity
from fsw_emu.dpu.science.readout import Batch
from fsw_emu.dpu.science.settings import FilterSettings, Interface, Settings
from fsw_emu.fee.front_end import FrontEnd, FrontEndSettings
from fsw_emu.packets.ce import FRAME_FIELDS, GROUP_FIELDS
from fsw_emu.packets.fee import NODES

CORE = default_core()
FILTER = FilterSettings(centre_max=1100, ring_sum_max=4600, ring_max=525)


def node_frame(*hits: tuple[int, int, int]) -> NDArray[np.uint16]:
    """A node at 500 ADU with (row, col, more) here and there."""
    frame = np.full((639, 384), 500, np.uint16)
    for row, col, more in hits:
        frame[row, col] += more
    return frame


def readouts(
    frames: int = 2, *, hits: tuple[tuple[int, int, int], ...] = ((10, 20, 100),), **answers: Any
) -> list[bytes]:
    """Packets of frames that are all the same, in all nodes."""
    front_end = FrontEnd(CORE, FrontEndSettings(**{"threshold": 25, **answers}))
    seen = dict.fromkeys(NODES, node_frame(*hits))
    return [packet for _ in range(frames) for packet in front_end.event_readout(seen)]


def images(frames: int, shape: tuple[int, int], **answers: Any) -> list[bytes]:
    front_end = FrontEnd(CORE, FrontEndSettings(threshold=25, **answers))
    image = np.arange(shape[0] * shape[1], dtype=np.uint16).reshape(shape)
    return [p for _ in range(frames) for p in front_end.image_readout(dict.fromkeys(NODES, image))]


def through(packets: list[bytes], **answers: Any) -> tuple[ScienceChain, list[Entity]]:
    """The chain, with answers of Settings and of Interface."""
    interface = {k: answers.pop(k) for k in list(answers) if hasattr(Interface(), k)}
    settings = replace(Settings(filter=FILTER, interface=Interface(**interface)), **answers)
    entities: list[Entity] = []
    chain = ScienceChain(CORE, settings, entities.append)
    chain.feed(Batch.of(packets))
    chain.finish()
    return chain, entities


def unpacked(entity: Entity) -> CompressionEntity:
    return CORE.ce_unpack(entity.data)


def group(entity: Entity, name: str) -> int:
    return int(unpacked(entity).group[GROUP_FIELDS.index(name)])


def per_frame(entity: Entity, name: str) -> list[int]:
    return [int(value) for value in unpacked(entity).frames[:, FRAME_FIELDS.index(name)]]


def events(packets: list[bytes]) -> list[tuple[str, int, int, list[int]]]:
    """(node, row, col, window) of the events among packets, by the tests' own reader."""
    found = [Recorded(packet) for packet in packets]
    return [
        (one.node, one.row, one.col, one.window()[3])
        for one in found
        if one.kind == 1 and not one.is_end_marker
    ]
