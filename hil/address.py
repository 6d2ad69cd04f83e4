# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Addresses of links: ``SCHEME[-server]://[HOST][:PORT][/PATH][?OPTION=VALUE...]``, and
``SCHEME:NAME`` of transports without hosts."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

#: where servers listen that were not told otherwise, and clients look
LOOPBACK = "127.0.0.1"
_SERVER = "-server"
_SCHEME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*:")


@dataclass(frozen=True)
class Address:
    """An address in its parts; host empty: of a transport without; port None: its own."""

    text: str
    transport: str
    server: bool = False
    host: str = ""
    port: int | None = None
    path: str = ""  # or name
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def option(self, name: str, *values: str) -> str | None:
        """The value of an option, one of those; None where it is not given. ValueError."""
        value = self.options.get(name)
        if value is not None and value not in values:
            raise ValueError(f"{self.text}: {name} is {' or '.join(values)}")
        return value

    def expect(self, form: str, *options: str) -> None:
        """ValueError where it is not of this form, or has other options. form: as the transport's
        addresses are written, with a host, a path or neither of both."""
        with_path = "LINK" in form or "//" not in form
        wrong_path = bool(self.path) and not with_path
        if ("//" in form) != bool(self.host) or wrong_path or (self.server and not self.host):
            raise ValueError(f"{self.text}: addresses of this transport are {form}")
        for name in self.options:
            if name not in options:
                raise ValueError(f"{self.text}: no option {name} is known here")

    def at(self, port: int) -> str:
        """Its text with the port that was taken."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        server = _SERVER if self.server else ""
        options = "&".join(f"{name}={value}" for name, value in self.options.items())
        query = f"?{options}" if options else ""
        return f"{self.transport}{server}://{host}:{port}{self.path}{query}"


def parse(text: str) -> Address:
    """An address in its parts. ValueError for a text that is none."""
    if not _SCHEME.match(text):
        raise ValueError(f"{text!r} is no address of a link, such as gresb://HOST:PORT")
    scheme = text.partition(":")[0]
    transport, server = scheme.removesuffix(_SERVER), scheme.endswith(_SERVER)
    if not text.startswith(f"{scheme}://"):
        return Address(text, transport, server, path=text.partition(":")[2])
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{text}: {error}") from None
    if parts.username is not None or parts.fragment:
        raise ValueError(f"{text}: an address has no user and no fragment")
    try:
        pairs = parse_qsl(parts.query, strict_parsing=True) if parts.query else []
    except ValueError:
        raise ValueError(f"{text}: options are NAME=VALUE with & between") from None
    return Address(text, transport, server, host or LOOPBACK, port, parts.path, dict(pairs))
