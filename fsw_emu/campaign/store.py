# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Results on disk: a file a run, named by its address, and one table of all.

Files appear whole or not at all. A file counts only if it is the run's: its address is that of the
inputs it tells, and the hash it tells is that of all it holds. Needs pyarrow (extra ``parquet``).
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

from fsw_emu.algorithms.guard import Status
from fsw_emu.atomic import write_atomic
from fsw_emu.campaign.plan import Run
from fsw_emu.campaign.work import Result
from fsw_emu.merit.measure import Measure
from fsw_emu.provenance import canonical

RUNS, TABLE = "runs", "results.parquet"
#: as ``atomic`` names what is not whole yet: the table and the page, a run
_OF_ALL = re.compile(r"\.(?:results\.parquet|index\.html)\.[0-9]+\.part")
_OF_RUN = re.compile(r"\.[0-9a-f]{64}\.parquet\.[0-9]+\.part")
_KEYS = ("inputs", "status", "reason", "sha256")
_TEXTS = ("figure", "part")
_MEASURE = tuple(one.name for one in fields(Measure))
COLUMNS = ("scene", "point", "seed", "algorithm", "run", "status", "reason", *_MEASURE)


class Busy(Exception):
    """Another campaign writes to the folder."""


class Store:
    """The results below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, run: Run) -> Path:
        """Where the result of a run is, or will be."""
        return self._folder / RUNS / f"{run.address}.parquet"

    def read(self, run: Run) -> Result | None:
        """The result; None where there is none, or none that is whole."""
        try:
            data = self.path(run).read_bytes()
        except FileNotFoundError:
            return None
        return decoded(run, data)

    def write(self, run: Run, result: Result) -> None:
        """Keep a result. OSError: no room, no right."""
        write_atomic(self.path(run), encoded(run, result))

    def write_table(self, rows: Iterable[tuple[Run, Result]]) -> None:
        """The table of all runs, in order of scene, point, seed, algorithm, figure and part, the
        same bytes for the same results."""
        write_atomic(self._folder / TABLE, table(rows))

    @contextmanager
    def held(self) -> Iterator[None]:
        """The folder, made if absent, for this process alone; what one that was killed left half
        written is removed. Busy, OSError."""
        (self._folder / RUNS).mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy(f"{self._folder}: another campaign writes to it") from None
            for folder, names in ((self._folder, _OF_ALL), (self._folder / RUNS, _OF_RUN)):
                for part in folder.glob(".*.part"):
                    if names.fullmatch(part.name):  # others' files of that kind are theirs
                        part.unlink(missing_ok=True)
            yield


def encoded(run: Run, result: Result) -> bytes:
    """The file of a run."""
    arrow = importlib.import_module("pyarrow")
    values = (run.inputs.decode(), result.status.value, result.reason, _hash(run, result))
    metadata = dict(zip(_KEYS, values, strict=True))
    columns = {name: [getattr(one, name) for one in result.measures] for name in _MEASURE}
    return _parquet(arrow, columns, metadata)


def decoded(run: Run, data: bytes) -> Result | None:
    """The result in a file; None where it is not whole, or another run's."""
    arrow = importlib.import_module("pyarrow")
    parquet = importlib.import_module("pyarrow.parquet")
    try:
        file = parquet.ParquetFile(arrow.BufferReader(data))
        told = {k.decode(): v.decode() for k, v in (file.metadata.metadata or {}).items()}
        read = file.read()
        columns = (read.column(name).to_pylist() for name in _MEASURE)
        measures = tuple(Measure(*row) for row in zip(*columns, strict=True))
        result = Result(Status(told["status"]), told["reason"], measures)
        whole = told["inputs"].encode() == run.inputs and told["sha256"] == _hash(run, result)
    except (OSError, ValueError, KeyError, TypeError, arrow.ArrowException):
        return None
    return result if whole else None


def table(rows: Iterable[tuple[Run, Result]]) -> bytes:
    """One line a measure; a run that is not good has one line without."""
    arrow = importlib.import_module("pyarrow")
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for run, result in sorted(rows, key=lambda row: _place(row[0])):
        of_run = (run.scene, run.point, run.seed, str(run.named), run.address)
        nothing: Sequence[tuple[Any, ...]] = [(None,) * len(_MEASURE)]
        for measure in [astuple(one) for one in result.measures] or nothing:
            values = (*of_run, result.status.value, result.reason, *measure)
            for name, value in zip(COLUMNS, values, strict=True):
                columns[name].append(value)
    return _parquet(arrow, columns, {})


def _place(run: Run) -> tuple[str, str, int, str]:
    return run.scene, run.point, run.seed, str(run.named)


def _hash(run: Run, result: Result) -> str:
    measures = [astuple(one) for one in result.measures]
    held = [json.loads(run.inputs), result.status.value, result.reason, measures]
    return hashlib.sha256(canonical(held)).hexdigest()


def _parquet(arrow: Any, columns: dict[str, Any], metadata: dict[str, str]) -> bytes:
    parquet = importlib.import_module("pyarrow.parquet")
    kinds = {"seed": arrow.int64(), **dict.fromkeys(_MEASURE, arrow.float64())}
    kinds |= dict.fromkeys(_TEXTS, arrow.string())
    schema = arrow.schema([(name, kinds.get(name, arrow.string())) for name in columns])
    file = io.BytesIO()
    with parquet.ParquetWriter(file, schema, compression="zstd", store_schema=False) as writer:
        writer.write_table(arrow.table(columns, schema=schema))
        writer.add_key_value_metadata(metadata)
    return file.getvalue()
