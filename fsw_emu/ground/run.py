# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The ground segment from end to end: telemetry in, entities, events and images out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.atomic import write_atomic
from fsw_emu.core import CeHeader, CompressionEntity, Core
from fsw_emu.ground import fits
from fsw_emu.ground.cards import event_cards, image_cards
from fsw_emu.ground.entities import unpack
from fsw_emu.ground.events import LostEvents, read_events
from fsw_emu.ground.images import IMAGES, lost_rows, read_images
from fsw_emu.ground.looks import LOOKS_FILE, LookReader
from fsw_emu.ground.reading import DEFAULT, Reading
from fsw_emu.ground.salvage import Lost, salvage
from fsw_emu.ground.telemetry import Received, TelemetryReader
from fsw_emu.ground.transfers import Transfer, TransferReader
from fsw_emu.packets.ce import ED, ED_WP, PRODUCTS, ce_filename
from fsw_emu.packets.fault import Fault, FaultLog

#: called with each entity as it came and taken apart
OnEntity = Callable[[bytes, CompressionEntity], None]

EVENTS_FILE = "events.fits"

_CHUNK_BYTES = 1 << 18
_SHOWN = 6  # ranges of what is lost


@dataclass(frozen=True)
class GroundResult:
    """What came of a telemetry stream; faults are in the order of their positions in it."""

    packets: int
    entities: int
    frames: int  # members of ED entities
    events: int
    masks: int
    images: int  # image entities
    damaged: int  # entities of which parts are missing: there is no .ce file of them
    lost_rows: int  # of images
    lost_events: int  # and masks
    faults: tuple[Fault, ...]
    faults_not_listed: int  # beyond 10,000 of a kind
    files: tuple[Path, ...]
    event_table: NDArray[Any] | None  # ground.events.TABLE_DTYPE; None without an ED entity
    last_image: NDArray[Any] | None  # (rows, columns): focal plane, or the last node


def process(
    tm: Path | Iterable[bytes],
    out: Path,
    core: Core,
    *,
    write_ce: bool = True,
    on_entity: OnEntity | None = None,
    reading: Reading = DEFAULT,
    cards: Sequence[fits.Card] = (),
) -> GroundResult:
    """Turn telemetry into files in the folder ``out``, which is made if need be.

    tm: a file, or the stream in chunks of any size. write_ce: write every entity as it came.
    reading: how to read what sources leave open. cards: for every FITS header.
    One events.fits holds all events, image_<ce_counter>_<product>.fits the images of one
    entity, quicklook.jsonl the quick looks and alarms. Faults of the data are in the result, and
    what follows them is processed; OSError for a file that cannot be read or a folder that cannot
    be written.

    Holds the event tables of the whole stream, 68 bytes an event, and one entity.
    """
    out.mkdir(parents=True, exist_ok=True)
    station = _Station(
        out, core, write_ce=write_ce, on_entity=on_entity, reading=reading, cards=cards
    )
    for chunk in read_chunks(tm) if isinstance(tm, Path) else tm:
        station.feed(chunk)
    return station.finish()


def read_chunks(path: Path) -> Iterator[bytes]:
    """A file in pieces. OSError."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


class _Station:
    """Everything between the stream and the files."""

    def __init__(
        self,
        out: Path,
        core: Core,
        *,
        write_ce: bool,
        on_entity: OnEntity | None,
        reading: Reading,
        cards: Sequence[fits.Card],
    ) -> None:
        self._cards = cards
        self._reading = reading
        self._out = out
        self._core = core
        self._write_ce = write_ce
        self._on_entity = on_entity
        self._telemetry = TelemetryReader()
        self._transfers = TransferReader(core)
        self._looks = LookReader(core)
        self._faults: FaultLog[Fault] = FaultLog()
        self._files: list[Path] = []
        self._event_headers: list[CeHeader] = []
        self._events: list[NDArray[Any]] = []
        self._masks: list[NDArray[Any]] = []
        self._last_image: NDArray[Any] | None = None
        self._lost_events: list[tuple[int, LostEvents]] = []  # with the ce_counter
        self._entities = self._frames = self._images = self._damaged = self._lost_rows = 0

    def feed(self, chunk: bytes) -> None:
        self._take(self._telemetry.feed(chunk))

    def finish(self) -> GroundResult:
        self._take(self._telemetry.finish())
        for transfer in self._transfers.finish(self._telemetry.position):
            self._entity(transfer)
        n_masks = sum(map(len, self._masks))
        events = self._write_events() if self._event_headers else None
        if looks := self._looks.text():
            write_atomic(self._path(LOOKS_FILE), looks)
        logs = (self._telemetry.faults, self._transfers.faults, self._looks.faults, self._faults)
        faults = [fault for log in logs for fault in log]
        return GroundResult(
            packets=self._telemetry.n_packets,
            entities=self._entities,
            frames=self._frames,
            events=0 if events is None else len(events),
            masks=n_masks,
            images=self._images,
            damaged=self._damaged,
            lost_rows=self._lost_rows,
            lost_events=sum(of.number for _, of in self._lost_events),
            faults=tuple(sorted(faults)),
            faults_not_listed=sum(log.not_listed for log in logs),
            files=tuple(self._files),
            event_table=events,
            last_image=self._last_image,
        )

    def _write_events(self) -> NDArray[Any]:
        events, masks = np.concatenate(self._events), np.concatenate(self._masks)
        self._events.clear()  # twice the table is more than need be
        self._masks.clear()
        fine_time = self._reading.fine_time
        cards = event_cards(self._event_headers, n_frames=self._frames, fine_time=fine_time)
        cards += self._cards
        fits.write_events(
            self._path(EVENTS_FILE), events, masks, cards=cards, lost=self._lost_events
        )
        return events

    def _take(self, packets: list[Received]) -> None:
        for received in packets:
            self._looks.push(received)
            for transfer in self._transfers.push(received):
                self._entity(transfer)

    def _entity(self, transfer: Transfer) -> None:
        if transfer.holes:
            self._salvage(transfer)
            return
        entity = unpack(self._core, transfer)
        if isinstance(entity, Fault):
            self._faults.append(entity)
            return
        header = entity.header
        if self._on_entity is not None:
            self._on_entity(transfer.data, entity)
        if self._write_ce:
            name = ce_filename(
                obsid=header.obsid,
                counter=header.counter,
                coarse=header.coarse,
                fine_us=header.fine_us,
                packet_count=transfer.count,
                product=header.product,
            )
            write_atomic(self._path(name), transfer.data)
        self._product(entity, transfer, None)

    def _salvage(self, transfer: Transfer) -> None:
        """An entity of which parts are missing; it is no .ce file, nor told as one that came."""
        salvaged = salvage(self._core, transfer)
        if isinstance(salvaged, Fault):
            self._faults.append(salvaged)
            return
        self._damaged += 1
        self._product(salvaged.entity, transfer, salvaged.lost)

    def _product(self, entity: CompressionEntity, transfer: Transfer, lost: Lost | None) -> None:
        self._entities += 1
        if entity.header.product in (ED, ED_WP):
            self._event_entity(entity, transfer, lost)
        elif entity.header.product in IMAGES:
            self._image_entity(entity, transfer, lost)
        else:
            self._fault(transfer, entity.header, "the product is unknown")

    def _event_entity(
        self, entity: CompressionEntity, transfer: Transfer, lost: Lost | None
    ) -> None:
        tables = read_events(
            self._core, entity, first_frame=self._frames, reading=self._reading, lost=lost
        )
        self._frames += entity.header.members
        self._events.append(tables.events)
        self._masks.append(tables.masks)
        self._event_headers.append(entity.header)
        if lost is not None:
            self._lost_events += [(entity.header.counter, of) for of in tables.lost]
            self._loss(transfer, entity.header, int(lost.sum()), "events", tables.lost)
        for fault in tables.faults:
            what = f"{fault.what} (byte {fault.position} of its science data)"
            self._fault(transfer, entity.header, what)

    def _image_entity(
        self, entity: CompressionEntity, transfer: Transfer, lost: Lost | None
    ) -> None:
        header = entity.header
        try:
            images = read_images(entity, uv_shape=self._reading.uv_shape)
        except ValueError as error:
            self._fault(transfer, header, str(error))
            return
        self._images += 1
        self._last_image = images.picture()
        path = self._path(f"image_{header.counter:05d}_{PRODUCTS[header.product]}.fits")
        cards = [*image_cards(entity, fine_time=self._reading.fine_time), *self._cards]
        rows = lost_rows(entity, lost) if lost is not None else ()
        if lost is not None:
            n = sum(of.last - of.first + 1 for of in rows)
            self._lost_rows += n
            self._loss(transfer, header, n, "rows", rows)
        fits.write_images(path, images, cards=cards, lost=rows)

    def _loss(
        self, transfer: Transfer, header: CeHeader, n: int, what: str, lost: Sequence[object]
    ) -> None:
        """What missing parts of an entity cost; its table names all."""
        missing = sum(end - begin for begin, end in transfer.holes)
        more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
        named = f": {'; '.join(map(str, lost[:_SHOWN]))}{more}" if lost else ""
        cost = f"{n} {what} are lost{named}" if n else f"no {what} are lost"
        self._fault(transfer, header, f"{missing} bytes did not come, {cost}; no .ce file of it")

    def _fault(self, transfer: Transfer, header: CeHeader, what: str) -> None:
        where = f"entity {header.counter} ({PRODUCTS[header.product]})"
        self._faults.append(Fault(transfer.position, where, what))

    def _path(self, name: str) -> Path:
        """Where a file goes; a name that this stream has used gets a number."""
        path, n = self._out / name, 1
        while path in self._files:
            n += 1
            path = self._out / f"{Path(name).stem}_{n}{Path(name).suffix}"
        self._files.append(path)
        return path
