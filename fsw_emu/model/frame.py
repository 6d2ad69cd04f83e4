# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Frame assembly: where the data packets of one readout belong, and what never came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

OK, FORMAT, LENGTH, SEQUENCE = 0, -4, -5, -7  # as enum sxi_status

#: bit of ``nodes``, side, CCDs: the nodes in the order of readout (MSSL-IF-122)
_NODES = (
    (2, 1, frozenset({0})),  # E2
    (1, 0, frozenset({0})),  # F2
    (8, 1, frozenset({1})),  # E4
    (4, 0, frozenset({1})),  # F4
    (16, 2, frozenset({0, 1})),  # one CCD, E and F interleaved
)


@dataclass(frozen=True)
class Packet:
    """What the assembly looks at in a FEE packet."""

    sequence: int
    payload: bytes
    side: int
    ccd: int
    last: bool = False
    type: int = 0


@dataclass(frozen=True)
class Place:
    """One packet of a readout: which bytes of which plane it brings."""

    plane: int
    start: int
    stop: int
    side: int
    ccds: frozenset[int]


@dataclass(frozen=True)
class Assembly:
    """Pixels of one readout [ADU], what each row received, and what became of each packet."""

    pixels: NDArray[np.uint16]  # (planes, rows, cols)
    row_pixels: NDArray[np.uint16]  # (planes, rows): pixels received of each row
    statuses: tuple[int, ...]
    n_packets: int
    n_missing: int
    planes_done: int


def places(*, rows: int, cols: int, nodes: int, packet_payload: int) -> list[Place]:
    """All packets of a readout in order of their sequence counter (MSSL-IF-110).

    ``nodes``: bits of enum sxi_frame_node; ``packet_payload``: bytes of every payload but a
    plane's last. ValueError for a geometry without pixels, for no node or a combination
    that is none, and for a payload that holds no whole number of pixels.
    """
    if rows < 1 or cols < 1 or not 1 <= nodes <= 16:
        raise ValueError(f"readout of {rows} x {cols} pixels, nodes {nodes}")
    if packet_payload < 2 or packet_payload % 2:
        raise ValueError(f"payloads of {packet_payload} bytes")
    size = 2 * rows * cols
    return [
        Place(plane, start, min(start + packet_payload, size), side, ccds)
        for plane, (_, side, ccds) in enumerate(node for node in _NODES if nodes & node[0])
        for start in range(0, size, packet_payload)
    ]


def check(packet: Packet, index: int, readout: list[Place], expected: int) -> int:
    """Status of a packet at ``index`` of a readout that goes on at ``expected``."""
    if packet.type != 0 or not 0 <= index < len(readout):
        return FORMAT
    place = readout[index]
    if packet.side != place.side or packet.ccd not in place.ccds:
        return FORMAT
    if len(packet.payload) != place.stop - place.start:
        return LENGTH
    return SEQUENCE if index < expected else OK


def assemble(
    packets: Iterable[Packet],
    *,
    rows: int,
    cols: int,
    nodes: int,
    packet_payload: int,
    first_sequence: int = 1,
    pixel_order: Literal["big", "little"] = "big",
    fill: int = 0xFFFF,
) -> Assembly:
    """Pixels of the packets that belong; those that never came hold ``fill``.

    Errors as :func:`places`. That a plane is complete is told by its last packet, and no
    other packet's last flag counts.
    """
    readout = places(rows=rows, cols=cols, nodes=nodes, packet_payload=packet_payload)
    planes = readout[-1].plane + 1
    wire = np.zeros((planes, 2 * rows * cols), np.uint8)
    came = np.zeros((planes, 2 * rows * cols), np.bool_)
    statuses = []
    taken: list[int] = []
    planes_done = 0
    for packet in packets:
        index = packet.sequence - first_sequence
        expected = taken[-1] + 1 if taken else 0
        statuses.append(check(packet, index, readout, expected))
        if statuses[-1] != OK:
            continue
        taken.append(index)
        place = readout[index]
        wire[place.plane, place.start : place.stop] = np.frombuffer(packet.payload, np.uint8)
        came[place.plane, place.start : place.stop] = True
        planes_done += packet.last and place.stop == wire.shape[1]
    shape = (planes, rows, cols)
    sent = wire.view(">u2" if pixel_order == "big" else "<u2").reshape(shape)
    received = came[:, ::2].reshape(shape)
    return Assembly(
        pixels=np.where(received, sent, fill).astype(np.uint16),
        row_pixels=received.sum(axis=2).astype(np.uint16),
        statuses=tuple(statuses),
        n_packets=len(taken),
        n_missing=len(readout) - len(taken),
        planes_done=planes_done,
    )
