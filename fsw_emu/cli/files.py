"""Input files, plain or gzip, in pieces; and what to say when there is none."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from fsw_emu.cli.progress import Progress
from fsw_emu.packets.fault import Fault

_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK_BYTES = 1 << 18


def read_file(path: Path, broken: list[Fault]) -> Iterator[bytes]:
    """A file in pieces, unpacked if it is gzip. OSError; a gzip stream that breaks off or is
    damaged ends there, and ``broken`` says so."""
    with path.open("rb") as raw, Progress(path.name, path.stat().st_size, "B") as progress:
        zipped = raw.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
        raw.seek(0)
        done = n_read = 0
        with gzip.open(raw) if zipped else raw as file:
            while True:
                try:
                    chunk = file.read1(_CHUNK_BYTES)
                except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                    broken.append(Fault(n_read, "gzip", f"{error}; the rest is lost"))
                    return
                if not chunk:
                    return
                n_read += len(chunk)
                progress.add(raw.tell() - done)
                done = raw.tell()
                yield chunk


def describe(error: Exception, path: Path) -> str:
    """What went wrong, and where: one line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or path}: {error.strerror}"
    return f"{path}: {error}"
