# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``gresb://HOST[:PORT][/LINK]``: a GRESB, or a bridge that speaks as one; ``gresb-server://`` is
one.

Without a link, one connection carries both directions, as the bridges of the public interface
library have it. With one, 0 to 5, the two ports of a GRESB do: PORT + 2 LINK to the bridge,
PORT + 2 LINK + 1 from it.
"""

from __future__ import annotations

import re
from typing import Literal, cast

from fsw_emu.packets.framings.gresb import Bridge, Host
from hil.address import Address
from hil.link import Attach, Port
from hil.stream import MakeFraming
from hil.stream_ports import open_stream

_PORT, _LINKS_PORT = 1234, 3000


async def open_port(address: Address, attach: Attach, *, clients: int, reconnect: bool) -> Port:
    """As hil.ports.open_port. Option flags: the end of their byte at which error ends are
    written; a host writes none without it."""
    address.expect("gresb://HOST[:PORT][/LINK]", "flags")
    link = _link(address)
    return await open_stream(
        address,
        attach,
        _framing(address),
        port=_PORT if link is None else _LINKS_PORT,
        offsets=(0,) if link is None else (2 * link, 2 * link + 1),
        clients=clients,
        reconnect=reconnect,
    )


def _framing(address: Address) -> MakeFraming:
    if address.server:
        end = cast(Literal["high", "low"], address.option("flags", "high", "low") or "high")
        return lambda notes: Bridge(end, notes)
    # 0x01 and 0x02 beside a host's data would be its configuration requests
    own = cast(Literal["high"] | None, address.option("flags", "high"))
    return lambda notes: Host(writes=own, notes=notes)


def _link(address: Address) -> int | None:
    if address.path in ("", "/"):
        return None
    if not re.fullmatch("/[0-5]", address.path):
        raise ValueError(f"{address.text}: a GRESB has links 0 to 5")
    return int(address.path[1:])
