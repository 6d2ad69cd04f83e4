# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Rows of an archive as CSV, Parquet, or packets back to back; memory does not grow with them."""

from __future__ import annotations

import csv
import importlib
import io
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO

from fsw_emu.archive.row import Row, iso

COLUMNS = (
    "id", "received", "direction", "kind", "apid", "service", "subtype", "count", "peer",
    "onboard", "coarse", "fine_us", "sync", "pec_ok", "raw", "reason",
)  # fmt: skip
_PART_ROWS = 20_000

#: writes rows to a file, and tells how many
Writer = Callable[[BinaryIO, Iterable[Row]], int]


def write_csv(file: BinaryIO, rows: Iterable[Row]) -> int:
    """A line of names, then one a row: times as ISO 8601, bytes in hex, empty where there is no
    value."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        table = csv.writer(text, lineterminator="\n")
        table.writerow(COLUMNS)
        n = 0
        for row in rows:
            table.writerow(_texts(row))
            n += 1
        return n
    finally:
        text.detach()  # flushes; the file stays open


def write_packets(file: BinaryIO, rows: Iterable[Row]) -> int:
    """The bytes of all packets; without what is none."""
    n = 0
    for row in rows:
        if row.reason is None:
            n += 1
            file.write(row.raw)
    return n


def parquet_writer() -> Writer:
    """What writes Parquet; ModuleNotFoundError where pyarrow is not installed."""
    arrow = importlib.import_module("pyarrow")
    parquet = importlib.import_module("pyarrow.parquet")
    schema = _schema(arrow)

    def write(file: BinaryIO, rows: Iterable[Row]) -> int:
        n = 0
        with parquet.ParquetWriter(file, schema) as table:
            for part in _parts(map(_values, rows)):
                n += len(part)
                arrays = [
                    arrow.array(column, kind)
                    for column, kind in zip(zip(*part, strict=True), schema.types, strict=True)
                ]
                table.write_batch(arrow.record_batch(arrays, schema=schema))
        return n

    return write


def _schema(arrow: Any) -> Any:
    time = arrow.timestamp("ns", "UTC")
    number, text = arrow.int32(), arrow.string()
    kinds = {
        "id": arrow.int64(), "received": time, "direction": text, "kind": text, "onboard": time,
        "coarse": arrow.int64(), "pec_ok": arrow.bool_(), "raw": arrow.binary(), "reason": text,
    }  # fmt: skip
    return arrow.schema([(name, kinds.get(name, number)) for name in COLUMNS])


def _parts(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    while part := list(islice(rows, _PART_ROWS)):
        yield part


def _values(row: Row) -> tuple[Any, ...]:
    """In the order of COLUMNS, times in ns since 1970 UTC."""
    time = row.time
    onboard = (None, None, None) if time is None else (time.unix_ns, time.coarse, time.fine_us)
    return (
        row.id, row.received_ns, row.direction, row.kind, row.apid, row.service, row.subtype,
        row.count, row.peer, *onboard, row.sync, row.pec_ok, row.raw, row.reason,
    )  # fmt: skip


def _texts(row: Row) -> Iterator[Any]:
    for name, value in zip(COLUMNS, _values(row), strict=True):
        if name == "received" or (name == "onboard" and value is not None):
            yield iso(value)
        elif name == "pec_ok" and value is not None:
            yield int(value)
        else:
            yield value.hex() if isinstance(value, bytes) else value
