# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

# Compression entities, telemetry packets, large data transfer.

_HEADER_FIELDS = ("version", "build", "sdp_version", "coarse", "fine_us", "obsid", "counter",
                  "members", "key", "product", "integrity", "data_size")


cdef int _to_header(object header, sxi_ce_header *h) except -1:
    h.version = header.version
    h.build = header.build
    h.sdp_version = header.sdp_version
    h.coarse = header.coarse
    h.fine_us = header.fine_us
    h.obsid = header.obsid
    h.counter = header.counter
    h.members = header.members
    h.size = 0
    h.key = header.key
    h.product = header.product
    h.integrity = header.integrity
    h.group_size = h.frames_size = h.compressed_meta_size = 0
    h.data_size = header.data_size
    h.compressed_data_size = 0
    return 0


cdef object _from_header(const sxi_ce_header *h):
    return CeHeader(
        version=h.version, build=h.build, sdp_version=h.sdp_version, coarse=h.coarse,
        fine_us=h.fine_us, obsid=h.obsid, counter=h.counter, members=h.members, key=h.key,
        product=h.product, integrity=h.integrity, data_size=h.data_size, size=h.size,
        group_size=h.group_size, frames_size=h.frames_size,
        compressed_meta_size=h.compressed_meta_size,
        compressed_data_size=h.compressed_data_size)


def ce_pack(header, group, frames, const uint8_t[::1] science):
    cdef object g = _array(group, _U32, 1, "group")
    cdef object f = _array(frames, _U32, 2, "frames")
    cdef sxi_ce_header h
    cdef uint32_t n = <uint32_t>science.shape[0]
    cdef uint8_t none = 0
    _to_header(header, &h)
    if f.shape != (h.members, SXI_CE_FRAME_FIELDS) or g.shape != (SXI_CE_GROUP_FIELDS,):
        raise ValueError(f"{h.members} members: group of {g.shape}, frames of {f.shape} fields")
    cdef _KeyWork work = _KeyWork(h.key, n)
    cdef object out = np.empty(max(sxi_entity_bound(h.key, h.members, n), 1), np.uint8)
    cdef const uint8_t *s = &science[0] if n else &none
    cdef const uint32_t *group_at = <uint32_t *>_data(g)
    cdef const uint32_t *frames_at = <uint32_t *>_data(f)
    cdef uint8_t *o = <uint8_t *>_data(out)
    cdef uint32_t room = <uint32_t>len(out)
    cdef int32_t size
    with nogil:
        size = sxi_entity_pack(&h, group_at, frames_at, s, n, &work.c, o, room)
    _count("ce_pack", size)
    return out[:size].tobytes()


def ce_header(const uint8_t[::1] entity):
    cdef sxi_ce_header h
    cdef uint8_t none = 0
    cdef uint32_t size = <uint32_t>entity.shape[0]
    _count("ce_header", sxi_ce_header_load(&h, &entity[0] if size else &none, size))
    return _from_header(&h)


def ce_unpack(const uint8_t[::1] entity):
    cdef sxi_ce_header h
    cdef uint8_t none = 0
    cdef uint32_t size = <uint32_t>entity.shape[0]
    cdef const uint8_t *e = &entity[0] if size else &none
    _count("ce_unpack", sxi_ce_header_load(&h, e, size))
    if h.size != size:
        raise CoreError("ce_unpack", -5 if size > h.size else -3)
    cdef object group = np.empty(SXI_CE_GROUP_FIELDS, _U32)
    cdef object frames = np.empty((h.members, SXI_CE_FRAME_FIELDS), _U32)
    cdef const uint8_t *at = e + SXI_CE_HEADER_BYTES
    _count("ce_unpack", sxi_ce_group_load(<uint32_t *>_data(group), SXI_CE_GROUP_FIELDS, at,
                                          SXI_CE_GROUP_BYTES))
    cdef uint32_t i
    for i in range(h.members):
        at = e + SXI_CE_HEADER_BYTES + SXI_CE_GROUP_BYTES + i * SXI_CE_FRAME_BYTES
        _count("ce_unpack", sxi_ce_frame_load(
            <uint32_t *>_data(frames) + i * SXI_CE_FRAME_FIELDS, SXI_CE_FRAME_FIELDS, at,
            SXI_CE_FRAME_BYTES))
    if h.data_size > (<size_t>h.compressed_data_size * 8 + 1) * 4096 * 4:
        raise CoreError("ce_unpack", -3)
    cdef _KeyWork work = _KeyWork(h.key, h.data_size)
    cdef object science = np.empty(h.data_size, np.uint8)
    cdef uint8_t *o = <uint8_t *>_data(science)
    cdef int32_t result
    with nogil:
        result = sxi_entity_science(e, size, &work.c, o, h.data_size)
    _count("ce_unpack", result)
    return CompressionEntity(_from_header(&h), group, frames, science.tobytes())


def frame_hk(fields, const uint8_t[::1] hk):
    cdef object out = np.array(_array(fields, _U32, 1, "fields"))
    cdef uint8_t none = 0
    _count("frame_hk", sxi_ce_frame_hk(<uint32_t *>_data(out), <uint32_t>len(out),
                                       &hk[0] if hk.shape[0] else &none, <uint32_t>hk.shape[0]))
    return out


cdef sxi_pus_tm _to_tm(object packet):
    cdef sxi_pus_tm tm
    tm.apid = packet.apid
    tm.count = packet.count
    tm.type = packet.type
    tm.subtype = packet.subtype
    tm.destination = packet.destination
    tm.sync = packet.sync
    tm.coarse = packet.coarse
    tm.fine_us = packet.fine_us
    return tm


def tm_build(packet, const uint8_t[::1] data):
    cdef sxi_pus_tm tm = _to_tm(packet)
    cdef object packet_room = np.empty(SXI_PUS_TM_MAX_BYTES, np.uint8)
    cdef uint8_t *out = <uint8_t *>_data(packet_room)
    cdef uint8_t none = 0
    cdef int32_t size = _count("tm_build", sxi_pus_tm_store(
        &tm, &data[0] if data.shape[0] else &none, <uint32_t>data.shape[0], out, SXI_PUS_TM_MAX_BYTES))
    return out[:size]


def tm_parse(const uint8_t[::1] packet):
    cdef sxi_pus_tm tm
    cdef uint8_t none = 0
    cdef const uint8_t *p = &packet[0] if packet.shape[0] else &none
    cdef int32_t size = _count("tm_parse", sxi_pus_tm_load(&tm, p, <uint32_t>packet.shape[0]))
    return (TmPacket(tm.apid, tm.count, tm.type, tm.subtype, tm.destination, tm.coarse,
                     tm.fine_us, tm.sync),
            p[SXI_PUS_TM_HEADER_BYTES:SXI_PUS_TM_HEADER_BYTES + size])


def ldt_segment(const uint8_t[::1] data, packet, *, sdu_id, part=861):
    cdef sxi_ldt_tx tx
    cdef sxi_pus_tm tm = _to_tm(packet)
    cdef object packet_room = np.empty(SXI_PUS_TM_MAX_BYTES, np.uint8)
    cdef uint8_t *out = <uint8_t *>_data(packet_room)
    cdef uint8_t none = 0
    cdef int32_t size
    cdef list packets = []
    _count("ldt_segment", sxi_ldt_tx_init(&tx, sdu_id, &data[0] if data.shape[0] else &none,
                                          <uint32_t>data.shape[0], part))
    while True:
        size = _count("ldt_segment", sxi_ldt_tx_next(&tx, &tm, out, SXI_PUS_TM_MAX_BYTES))
        if size == 0:
            return packets
        packets.append(out[:size])
        tm.count = (tm.count + 1) & 0x3fff


def ldt_abort(packet, *, sdu_id, reason):
    cdef sxi_ldt_tx tx
    cdef sxi_pus_tm tm = _to_tm(packet)
    cdef object packet_room = np.empty(SXI_PUS_TM_MAX_BYTES, np.uint8)
    cdef uint8_t *out = <uint8_t *>_data(packet_room)
    cdef uint8_t none = 0
    _count("ldt_abort", sxi_ldt_tx_init(&tx, sdu_id, &none, 1, 1))
    cdef int32_t size = _count("ldt_abort", sxi_ldt_tx_abort(
        &tx, _ranged(reason, 0xffff, "reason"), &tm, out, SXI_PUS_TM_MAX_BYTES))
    return out[:size]


cdef class _LdtReceiver:
    cdef sxi_ldt_rx rx
    cdef object buffer

    def __init__(self, sdu_id, room):
        self.buffer = np.empty(room, np.uint8)
        _count("ldt_receiver", sxi_ldt_rx_init(&self.rx, sdu_id, <uint8_t *>_data(self.buffer),
                                               <uint32_t>room))

    @property
    def size(self):
        return self.rx.size

    @property
    def number(self):
        return self.rx.number

    def push(self, subtype, const uint8_t[::1] source):
        cdef uint8_t none = 0
        return _count("ldt_receiver", sxi_ldt_rx_push(
            &self.rx, subtype, &source[0] if source.shape[0] else &none,
            <uint32_t>source.shape[0]))

    def end(self):
        return self.buffer[:_count("ldt_receiver", sxi_ldt_rx_end(&self.rx))].tobytes()

    def data(self):
        return self.buffer[:self.rx.size].tobytes()


def ldt_receiver(sdu_id, room=65535 * 861):
    return _LdtReceiver(sdu_id, room)
