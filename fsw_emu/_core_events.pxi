# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

# Packets of events.

_EVENTS_KINDS = ("none", "events", "aec")


cdef object _events_of(object size):
    if size % SXI_EVENTS_EVENT_BYTES:
        raise ValueError(f"packets: {size} bytes are no whole number of event packets")
    return _ranged(size // SXI_EVENTS_EVENT_BYTES, 0xffffff, "events")


def events_encode(const uint8_t[::1] packets, *, codec="events", packet_bytes=1024):
    cdef sxi_events ctx
    cdef uint32_t n = _events_of(packets.shape[0])
    cdef uint32_t room = _ranged(packet_bytes, 65535, "packet_bytes")
    cdef uint32_t first = 0
    cdef bint is_auto = codec == "auto"
    cdef object out = np.empty(max(room, 1), np.uint8)
    cdef uint8_t *o = <uint8_t *>_data(out)
    cdef uint8_t none = 0
    cdef const uint8_t *p = &packets[0] if n else &none
    cdef int32_t size = 0
    ctx.kind = 0 if is_auto else _choice(codec, _EVENTS_KINDS, "codec")
    ctx.packet_bytes = room
    if is_auto:
        with nogil:
            size = sxi_events_choose(&ctx, p, n, o, room)
        _count("events_encode", size)
    cdef list made = []
    while first < n:
        with nogil:
            size = sxi_events_encode(&ctx, p, n, first, o, room, &first)
        _count("events_encode", size)
        made.append(out[:size].tobytes())
    return made


def events_decode(packets, *, total=None):
    cdef sxi_events_decoder ctx
    cdef sxi_events_packet said
    cdef bytes packet
    cdef const uint8_t *data
    cdef uint32_t size
    cdef uint8_t *o
    cdef int32_t status
    cdef list whole = [], extents = []
    cdef object out, ok, events
    for packet in packet_list(packets):
        if sxi_events_parse(&said, packet, <uint32_t>len(packet)) == 0:
            whole.append(packet)
            extents.append((said.total, min(said.n_events, said.length)))
    total = events_total(extents, total)
    out = np.zeros((total, SXI_EVENTS_EVENT_BYTES), np.uint8)
    ok = np.zeros(total, _BOOL)
    for packet in whole:
        data, size = packet, <uint32_t>len(packet)
        if sxi_events_parse(&said, data, size) != 0 or said.total != <uint32_t>total:
            continue
        events = np.empty((said.n_events, SXI_EVENTS_EVENT_BYTES), np.uint8)
        o = <uint8_t *>_data(events)
        with nogil:
            status = sxi_events_decode(&ctx, data, size, o, said.n_events * SXI_EVENTS_EVENT_BYTES)
        if status > 0:
            out[said.first : said.first + said.n_events] = events
            ok[said.first : said.first + said.n_events] = True
    return out.tobytes(), ok
