# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""LibraryCore: packets of events."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import EventsCodec
from fsw_emu.packets.received import events_total, packet_list
from fsw_emu.targets._library import Library, choice, ranged

_KINDS = ("none", "events", "aec")


class EventsFunctions(Library):
    """Event packets of the FEE, coded in packets that each decode alone."""

    def events_encode(
        self, packets: bytes, *, codec: EventsCodec = "events", packet_bytes: int = 1024
    ) -> list[bytes]:
        size = self.lib.SXI_EVENTS_EVENT_BYTES
        if len(packets) % size:
            raise ValueError(f"packets: {len(packets)} bytes are no whole number of event packets")
        n = ranged(len(packets) // size, 0xFFFFFF, "events")
        room = ranged(packet_bytes, 65535, "packet_bytes")
        memory, out = self.bytes_at(packets), bytearray(max(room, 1))
        ctx = self.new("sxi_events", packet_bytes=room)
        if codec == "auto":
            status = self.lib.sxi_events_choose(ctx, memory, n, self.bytes_at(out), room)
            self.count("events_encode", status)
        else:
            ctx.kind = choice(codec, _KINDS, "codec")
        made, following = [], self.ffi.new("uint32_t *")
        while following[0] < n:
            length = self.lib.sxi_events_encode(
                ctx, memory, n, following[0], self.bytes_at(out), room, following
            )
            made.append(bytes(out[: self.count("events_encode", length)]))
        return made

    def events_decode(
        self, packets: Iterable[bytes], *, total: int | None = None
    ) -> tuple[bytes, NDArray[np.bool_]]:
        ctx, came = self.new("sxi_events_decoder"), []
        for packet in packet_list(packets):
            said = self.new("sxi_events_packet")
            if self.lib.sxi_events_parse(said, self.bytes_at(packet), len(packet)) == 0:
                came.append((packet, said))
        total = events_total(((p.total, min(p.n_events, p.length)) for _, p in came), total)
        out = np.zeros((total, self.lib.SXI_EVENTS_EVENT_BYTES), np.uint8)
        ok = np.zeros(total, np.bool_)
        for packet, said in came:
            if said.total != total:
                continue
            there = slice(said.first, said.first + said.n_events)
            events = np.empty_like(out[there])
            status = self.lib.sxi_events_decode(
                ctx, self.bytes_at(packet), len(packet), self.at(events, "uint8_t"), events.size
            )
            if status > 0:
                out[there], ok[there] = events, True
        return out.tobytes(), ok
