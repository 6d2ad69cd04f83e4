# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

# Beyond flight: what is sent of more events than fit, and how much of each.

from fsw_emu.core import LADDER_DTYPE, FairSelection, LadderPacket, LadderState

cdef extern from "sxi/fair.h" nogil:
    enum: SXI_FAIR_TILE_ROWS
    enum: SXI_FAIR_TILE_COLS
    struct sxi_fair:
        uint32_t policy
        uint32_t limit
        uint32_t tile_quota
        uint32_t seed
        uint32_t frame_counter
        uint32_t found[2]
        uint32_t sent[2]
        uint32_t over_tile[2]
        uint32_t over_limit[2]
        uint32_t tile_limit[2]
        uint32_t draws
        uint16_t tile_found[480]
        uint16_t tile_over[480]
        uint16_t tile_sent[480]
    int32_t sxi_fair_select(sxi_fair *ctx, const sxi_event *events_e, uint32_t n_e,
                            const sxi_event *events_f, uint32_t n_f, uint8_t *keep_e,
                            uint8_t *keep_f)

cdef extern from "sxi/ladder.h" nogil:
    enum: SXI_LADDER_PACKET_EVENTS
    struct sxi_ladder:
        uint16_t deepest
        uint16_t patience
        uint16_t level
        uint16_t calm
    struct sxi_ladder_header:
        uint16_t frame_counter
        uint16_t threshold
        uint16_t n_events
        uint8_t level
        uint8_t node
    struct sxi_ladder_record:
        uint16_t row
    int32_t sxi_ladder_bytes(uint32_t level, uint32_t n_events)
    int32_t sxi_ladder_level(sxi_ladder *ctx, uint32_t n_events, uint32_t budget_bytes)
    int32_t sxi_ladder_encode(const sxi_ladder_header *header, const sxi_event *events,
                              const uint32_t *pha, const uint8_t *grades, uint8_t *out,
                              uint32_t out_len)
    int32_t sxi_ladder_decode(sxi_ladder_header *header, const uint8_t *data, uint32_t len,
                              sxi_ladder_record *records, uint32_t records_len)

_FAIR_POLICIES = ("flight", "fair")
_U8 = np.dtype(np.uint8)


cdef object _tiles(uint16_t *counts):
    cdef object made = np.empty((2, SXI_FAIR_TILE_ROWS, SXI_FAIR_TILE_COLS), _U16)
    memcpy(_data(made), counts, made.nbytes)
    return made


def fair_select(events_e, events_f, *, limit, policy="flight", tile_quota=0, seed=0,
                frame_counter=0):
    cdef object e = _array(events_e, EVENT_DTYPE, 1, "events_e")
    cdef object f = _array(events_f, EVENT_DTYPE, 1, "events_f")
    cdef object keep_e = np.empty(len(e), np.uint8)
    cdef object keep_f = np.empty(len(f), np.uint8)
    cdef uint32_t n_e = min(len(e), 0xffffffff), n_f = min(len(f), 0xffffffff)
    cdef const sxi_event *first_e = <sxi_event *>_data(e)
    cdef const sxi_event *first_f = <sxi_event *>_data(f)
    cdef uint8_t *kept_e = <uint8_t *>_data(keep_e)
    cdef uint8_t *kept_f = <uint8_t *>_data(keep_f)
    cdef sxi_fair ctx
    cdef int32_t status
    ctx.policy = _choice(policy, _FAIR_POLICIES, "policy")
    ctx.limit = _ranged(limit, 0xffffffff, "limit")
    ctx.tile_quota = _ranged(tile_quota, 0xffffffff, "tile_quota")
    ctx.seed = _ranged(seed, 0xffffffff, "seed")
    ctx.frame_counter = _ranged(frame_counter, 0xffffffff, "frame_counter")
    with nogil:
        status = sxi_fair_select(&ctx, first_e, n_e, first_f, n_f, kept_e, kept_f)
    _count("fair_select", status)
    return FairSelection(
        keep_e.view(np.bool_), keep_f.view(np.bool_), (ctx.found[0], ctx.found[1]),
        (ctx.sent[0], ctx.sent[1]), (ctx.over_tile[0], ctx.over_tile[1]),
        (ctx.over_limit[0], ctx.over_limit[1]), (ctx.tile_limit[0], ctx.tile_limit[1]), ctx.draws,
        _tiles(ctx.tile_found), _tiles(ctx.tile_over), _tiles(ctx.tile_sent))


def ladder_bytes(level, n_events):
    return _count("ladder_bytes", sxi_ladder_bytes(
        _ranged(level, 0xffffffff, "level"), _ranged(n_events, 0xffffffff, "n_events")))


def ladder_level(state, n_events, budget_bytes):
    cdef sxi_ladder ctx
    ctx.deepest = _ranged(state.deepest, 0xffff, "deepest")
    ctx.patience = _ranged(state.patience, 0xffff, "patience")
    ctx.level = _ranged(state.level, 0xffff, "level")
    ctx.calm = _ranged(state.calm, 0xffff, "calm")
    _count("ladder_level", sxi_ladder_level(
        &ctx, _ranged(n_events, 0xffffffff, "n_events"),
        _ranged(budget_bytes, 0xffffffff, "budget_bytes")))
    return LadderState(ctx.deepest, ctx.patience, ctx.level, ctx.calm)


def ladder_encode(events, *, level, node, frame_counter, threshold=0, pha=None, grades=None):
    cdef object e = _array(events, EVENT_DTYPE, 1, "events")
    cdef sxi_ladder_header header
    cdef const uint32_t *heights = NULL
    cdef const uint8_t *given = NULL
    cdef object out
    if pha is not None:
        pha = _array(pha, _U32, 1, "pha")
        heights = <uint32_t *>_data(pha)
    if grades is not None:
        grades = _array(grades, _U8, 1, "grades")
        given = <uint8_t *>_data(grades)
    if (pha is not None and len(pha) != len(e)) or (grades is not None and len(grades) != len(e)):
        raise ValueError("events, pha and grades differ in number")
    header.level = _ranged(level, 0xff, "level")
    header.node = _ranged(node, 0xff, "node")
    header.frame_counter = _ranged(frame_counter, 0xffff, "frame_counter")
    header.threshold = _ranged(threshold, 0xffff, "threshold")
    header.n_events = _ranged(len(e), 0xffff, "events")
    out = np.empty(max(sxi_ladder_bytes(header.level, header.n_events), 1), np.uint8)
    cdef int32_t size = sxi_ladder_encode(
        &header, <sxi_event *>_data(e), heights, given, <uint8_t *>_data(out), <uint32_t>len(out))
    _count("ladder_encode", size)
    return out[:size].tobytes()


def ladder_decode(const uint8_t[::1] packet):
    cdef sxi_ladder_header header
    cdef object records = np.empty(SXI_LADDER_PACKET_EVENTS, LADDER_DTYPE)
    cdef uint8_t none = 0
    cdef int32_t n = sxi_ladder_decode(
        &header, &packet[0] if packet.shape[0] else &none, <uint32_t>packet.shape[0],
        <sxi_ladder_record *>_data(records), SXI_LADDER_PACKET_EVENTS)
    _count("ladder_decode", n)
    return LadderPacket(header.level, header.node, header.frame_counter, header.threshold,
                        records[:n].copy())
