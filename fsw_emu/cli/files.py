# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Input files, plain or gzip, in pieces; and what to say when there is none."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from fsw_emu.cli.progress import Progress
from fsw_emu.packets.fault import Fault
from fsw_emu.provenance import Input

_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK_BYTES = 1 << 18


class _Hashed(io.RawIOBase):
    """A file that is read once, from beginning to end, and hashed on the way."""

    def __init__(self, file: io.FileIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.n_bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        view = memoryview(buffer)
        n = self._file.readinto(view)
        self._hash.update(view[:n])
        self.n_bytes += n
        return n

    def described(self, name: str) -> Input:
        """The whole file, what nobody asked for included."""
        rest = bytearray(_CHUNK_BYTES)
        while self.readinto(rest):
            pass
        return Input(name, self.n_bytes, self._hash.hexdigest())


def read_file(
    path: Path,
    broken: list[Fault],
    inputs: list[Input] | None = None,
    *,
    progress: bool = True,
) -> Iterator[bytes]:
    """A file in pieces, unpacked if it is gzip. OSError; a gzip stream that breaks off or is
    damaged ends there, and ``broken`` says so. ``inputs`` gets the file once it is read.
    progress: whether a terminal shows how far it is."""
    bar = Progress(path.name, path.stat().st_size, "B", shown=progress)
    with path.open("rb", buffering=0) as raw, bar:
        hashed = _Hashed(raw)
        done = n_read = 0
        buffered = io.BufferedReader(hashed, _CHUNK_BYTES)
        zipped = buffered.peek(len(_GZIP_MAGIC)).startswith(_GZIP_MAGIC)
        with gzip.open(buffered) if zipped else buffered as file:
            while True:
                try:
                    chunk = file.read1(_CHUNK_BYTES)
                except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                    broken.append(Fault(n_read, "gzip", f"{error}; the rest is lost"))
                    break
                if not chunk:
                    break
                n_read += len(chunk)
                bar.add(hashed.n_bytes - done)
                done = hashed.n_bytes
                yield chunk
        if inputs is not None:
            inputs.append(hashed.described(path.name))


def target(path: Path, out: Path | None, default: Path | None) -> Path:
    """What a command writes for an input: ``out``, which is replaced, or ``default``, which must
    not be there yet. ValueError where neither will do."""
    if out is None:
        if default is None or path.is_relative_to("/dev"):
            raise ValueError("its name tells no other: --out has to say what to write")
        if default.exists():
            raise ValueError(f"{default} is there already: --out has to say what to write")
        return default
    if out.is_file() and path.exists() and out.samefile(path):
        raise ValueError("--out would replace the file itself")
    if out.is_dir():
        raise ValueError(f"{out} is a folder: --out has to name a file")
    return out


def report_beside(out: Path) -> TextIO:
    """Where a command says what it did: stderr where its product goes to stdout."""
    try:
        at_stdout = os.path.samestat(out.stat(), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError):  # gone, or a stdout that is no file
        at_stdout = False
    return sys.stderr if at_stdout else sys.stdout


def describe(error: Exception, path: Path | None = None) -> str:
    """What went wrong, and where, if that is known: one line."""
    where, what = path, str(error)
    if isinstance(error, MemoryError):
        what = "more memory needed than there is"
    if isinstance(error, OSError) and error.strerror:
        where, what = error.filename or path, error.strerror
    return f"{where}: {what}" if where else what
