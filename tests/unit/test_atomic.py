# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Files appear whole or not at all; what is no file stays what it is."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from fsw_emu.atomic import atomic_file, write_atomic


def test_a_block_that_fails_leaves_what_was(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("before")

    def fail() -> None:
        with atomic_file(path) as file:
            file.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_and_what_it_shows_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    for text in (b"made", b"made anew"):
        write_atomic(tmp_path / "link", text)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "target").read_bytes() == text


def test_a_device_is_written_to() -> None:
    full = Path("/dev/full")
    with pytest.raises(OSError, match="space") as refused:
        write_atomic(full, b"x")
    assert refused.value.errno == errno.ENOSPC
    assert stat.S_ISCHR(full.stat().st_mode)


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomic(tmp_path / "pipe", b"through")
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
