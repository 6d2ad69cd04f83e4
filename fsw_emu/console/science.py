# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Science data as they come down: the latest image, where events were, and their spectrum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.console.picture import GLOW, GREY, counts, png, reduced, stretched
from fsw_emu.core import Core
from fsw_emu.ground.entities import entity_time, unpack
from fsw_emu.ground.events import read_events
from fsw_emu.ground.images import IMAGES, focal_plane, read_images
from fsw_emu.ground.telemetry import Received
from fsw_emu.ground.transfers import Transfer, TransferReader
from fsw_emu.packets.ce import ED, ED_WP, PRODUCTS
from fsw_emu.packets.fault import Fault
from fsw_emu.packets.fee import NODES
from fsw_emu.packets.pus import Tm
from fsw_emu.scene.parameters import SceneParameters

#: rows and columns of a node [binned pixels], and how many of them are one pixel of the map
NODE, STEP = (639, 384), 6
NODE_MAP = NODE[0] // STEP, NODE[1] // STEP
#: the spectrum's bins [ADU], and how many
BIN_ADU, BINS = 4, 160
SPLIT_ADU = 12

_NUMBERS = ("entities", "bytes", "frames", "events", "masks", "faults")


@dataclass(frozen=True)
class Product:
    """What the console shows of one entity. image: (rows, columns). positions: events by pixel of
    the map. spectrum: events by BIN_ADU."""

    name: str
    frames: int
    time: str
    n_bytes: int
    faults: int = 0
    events: int = 0
    masks: int = 0
    image: NDArray[Any] | None = None
    positions: NDArray[np.uint32] | None = None
    spectrum: NDArray[np.uint32] | None = None


class Transfers:
    """Entities out of telemetry packets, as they come over a link."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._reader = TransferReader(core)
        self._position = 0

    @property
    def faults(self) -> int:
        """How many were met."""
        log = self._reader.faults
        return len(log) + log.not_listed

    def push(self, tm: Tm) -> Sequence[Transfer]:
        """Take a packet of any service; the transfers that it ends and that are whole."""
        received = Received(tm, self._position)
        self._position += tm.primary.packet_bytes
        return [transfer for transfer in self._reader.push(received) if not transfer.holes]


def decode(core: Core, transfer: Transfer) -> Product:
    """What is in an entity; one that cannot be read is a fault."""
    entity = unpack(core, transfer)
    if isinstance(entity, Fault):
        return Product("unreadable", 0, "", len(transfer.data), faults=1)
    header = entity.header
    name = PRODUCTS[header.product] if header.product < len(PRODUCTS) else str(header.product)
    time = entity_time(header).iso()[:-4] + "Z"
    size = len(transfer.data)
    if not header.members:
        return Product(name, 0, time, size, faults=1)
    try:
        if header.product in (ED, ED_WP):
            tables = read_events(core, entity)
            return Product(
                name,
                header.members,
                time,
                size,
                faults=len(tables.faults),
                events=len(tables.events),
                masks=len(tables.masks),
                positions=positions(tables.events),
                spectrum=spectrum(tables.events["PHAS"]),
            )
        if header.product in IMAGES:
            image = reduced(read_images(entity).picture())
            return Product(name, header.members, time, size, image=image)
    except ValueError:
        return Product(name, header.members, time, size, faults=1)
    return Product(name, header.members, time, size)


def positions(events: NDArray[Any]) -> NDArray[np.uint32]:
    """How many events (ground.events.TABLE_DTYPE) each pixel of the map has."""
    planes = {}
    for node in NODES:
        of_node = events[(events["AMP"] == node[0].encode()) & (events["CCDNR"] == int(node[1]))]
        row, col = of_node["RAWY"] // STEP, of_node["RAWX"] // STEP
        inside = (row >= 0) & (row < NODE_MAP[0]) & (col >= 0) & (col < NODE_MAP[1])
        plane = np.zeros(NODE_MAP, np.uint32)
        np.add.at(plane, (row[inside], col[inside]), 1)
        planes[node] = plane
    return np.asarray(focal_plane(planes))


def spectrum(windows: NDArray[Any]) -> NDArray[np.uint32]:
    """Events by their energies: of the 3x3 pixels around the centre, what is over the median of
    the 16 around those by SPLIT_ADU or more (ASSUMED: as good as a look needs). windows: (n, 25)
    [ADU]; any order of the packet has the centre in the middle."""
    window = windows.reshape(-1, 5, 5).astype(np.float64)
    inner = np.zeros((5, 5), np.bool_)
    inner[1:4, 1:4] = True
    ground = np.median(window[:, ~inner], axis=1) if len(window) else np.zeros(0)
    over = window[:, inner] - ground[:, None]
    energy = np.where(over >= SPLIT_ADU, over, 0).sum(axis=1)
    found, _ = np.histogram(energy, bins=BINS, range=(0, BINS * BIN_ADU))
    return found.astype(np.uint32)


class Science:
    """All products added up; the latest image."""

    def __init__(self) -> None:
        self.pictures: dict[str, bytes] = {}
        self._counts: Counter[str] = Counter()
        self._map = np.zeros((2 * NODE_MAP[0], 2 * NODE_MAP[1]), np.uint32)
        self._spectrum = np.zeros(BINS, np.uint64)
        self._numbers = dict.fromkeys(
            ("entities", "bytes", "frames", "events", "masks", "faults"), 0
        )
        self._last: dict[str, Any] | None = None
        self._shown: dict[str, dict[str, Any]] = {}

    def add(self, product: Product) -> None:
        """One entity more."""
        numbers = self._numbers
        for name, n in (
            ("entities", 1),
            ("bytes", product.n_bytes),
            ("frames", product.frames),
            ("events", product.events),
            ("masks", product.masks),
            ("faults", product.faults),
        ):
            numbers[name] += n
        self._counts[product.name] += 1
        self._last = {"name": product.name, "time": product.time, "frames": product.frames}
        if product.image is not None:
            self._picture("image", png(stretched(product.image), GREY), product)
        if product.positions is not None and product.spectrum is not None:
            self._map += product.positions
            self._spectrum += product.spectrum
            self._picture("map", png(counts(self._map), GLOW), product)

    def fault(self) -> None:
        """A transfer was given up."""
        self._numbers["faults"] += 1

    def _picture(self, kind: str, picture: bytes, product: Product) -> None:
        self.pictures[kind] = picture
        number = self._shown.get(kind, {}).get("number", 0) + 1
        self._shown[kind] = {"number": number, "name": product.name, "time": product.time}

    def snapshot(self) -> dict[str, Any]:
        """Plain values; pictures by their numbers."""
        return {
            **self._numbers,
            "products": dict(self._counts),
            "last": self._last,
            "pictures": dict(self._shown),
            "spectrum": {
                "bin_kev": BIN_ADU * SceneParameters().gain_ev_per_adu / 1000,
                "counts": [int(n) for n in self._spectrum],
            },
        }
