# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """A binary file to write that takes its name when the block ends well.

    Until then it lies beside ``path`` under another name; whatever goes wrong, a full disk
    (OSError) or an exception of the block, it is removed and ``path`` is left as it was. A link
    stays, what it shows is replaced; a device or a pipe is written to as it is.
    """
    path = Path(path)
    if path.exists() and not path.is_file():  # before links are resolved: that of a pipe shows none
        with path.open("wb") as file:
            yield file
        return
    path = path.resolve()
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_atomic(path: Path, data: bytes) -> None:
    """Write a whole file; OSError as above."""
    with atomic_file(path) as file:
        file.write(data)
