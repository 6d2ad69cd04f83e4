# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Messages between a run and an algorithm in a process of its own: JSON, and bytes after it."""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any

_HEAD = struct.Struct(">II")
_MOST_BYTES = 64 << 20  # of a message: room for every event that four nodes can hold


class Broken(Exception):
    """The other end is gone, or says what is no message."""


def send(line: socket.socket, what: dict[str, Any], body: bytes = b"") -> None:
    """One message; Broken where nobody reads it. Short ones do not block."""
    text = json.dumps(what).encode()
    try:
        line.sendall(_HEAD.pack(len(text), len(body)) + text + body)
    except OSError as error:
        raise Broken(str(error)) from error


def receive(line: socket.socket, seconds: float | None) -> tuple[dict[str, Any], bytes]:
    """The next message; TimeoutError where it is not whole after so many seconds, Broken."""
    until = None if seconds is None else time.monotonic() + seconds
    n_text, n_body = _HEAD.unpack(_read(line, _HEAD.size, until))
    if n_text + n_body > _MOST_BYTES:
        raise Broken("a message that is too long")
    text, body = _read(line, n_text, until), _read(line, n_body, until)
    try:
        what = json.loads(text)
    except ValueError as error:
        raise Broken(str(error)) from error
    if not isinstance(what, dict):
        raise Broken("no object")
    return what, body


def _read(line: socket.socket, n_bytes: int, until: float | None) -> bytes:
    got = bytearray()
    while len(got) < n_bytes:
        left = None if until is None else until - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        line.settimeout(left)
        try:
            part = line.recv(n_bytes - len(got))
        except TimeoutError:
            raise
        except OSError as error:
            raise Broken(str(error)) from error
        if not part:
            raise Broken("the end")
        got += part
    return bytes(got)
