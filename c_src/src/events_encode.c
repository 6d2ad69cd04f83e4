/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include <stddef.h>
#include <string.h>

#include "aec_common.h"
#include "bits.h"
#include "events_common.h"
#include "events_tables.h"
#include "huffman.h"
#include "sxi/crc.h"

enum { FRAMING = SXI_EVENTS_HEADER_BYTES + SXI_EVENTS_CRC_BYTES, NUMBER_AT = 9 };

/* Put a number of up to 16 bits: how many it has, then those below the highest. */
static void put_number(struct bit_writer *w, uint32_t v)
{
    const uint32_t bits = v == 0U ? 0U : highest_bit(v) + 1U;
    if (bits >= (uint32_t)NUMBER_WIDE) {
        put_bits(w, NUMBER_WIDE, 4);
        put_bits(w, v, 16);
        return;
    }
    put_bits(w, bits, 4);
    if (bits > 1U) {
        put_bits(w, v - ((uint32_t)1 << (bits - 1U)), bits - 1U);
    }
}

static void put_signed(struct bit_writer *w, uint32_t to, uint32_t from)
{
    put_number(w, zigzag(deviation(to, from)));
}

/* Fewer than GAP_ESCAPE ones, a zero, and k low bits. */
static void put_rice(struct bit_writer *w, uint32_t v, uint32_t k)
{
    const uint32_t ones = v >> k;
    put_bits(w, ((uint32_t)2 << ones) - 2U, ones + 1U);
    put_wide(w, v & (((uint32_t)1 << k) - 1U), k);
}

static void put_parameters(struct bit_writer *w, const struct sxi_events *ctx)
{
    put_bits(w, ctx->gap_k, 5);
    put_bits(w, ctx->sequence_k, 3);
    for (uint32_t kind = 0; kind < (uint32_t)SXI_EVENTS_CLASSES; kind++) {
        put_bits(w, ctx->tables[kind], 7);
    }
    for (uint32_t kind = CLASS_CORNER; kind < (uint32_t)SXI_EVENTS_CLASSES; kind++) {
        put_signed(w, ctx->middles[kind], 0);
    }
    put_signed(w, ctx->split, 0);
}

/* Header of a run, by what differs from the event before it. */
static void put_run_header(struct bit_writer *w, const uint8_t *event, const uint8_t *before,
                           uint32_t base, uint32_t base_before)
{
    for (uint32_t word = WORD_ADDRESS; word <= (uint32_t)WORD_TYPE; word++) {
        const uint32_t to = event_word(event, word);
        const uint32_t has_changed = to != event_word(before, word) ? 1U : 0U;
        put_bits(w, has_changed, 1);
        put_bits(w, has_changed != 0U ? to : 0U, 16U * has_changed);
    }
    put_number(w, (event_word(event, WORD_FRAME) - event_word(before, WORD_FRAME)) & 0xffffU);
    put_number(w, sequence_gap_of(event, before));
    put_number(w, event_word(event, WORD_COL));
    put_number(w, event_word(event, WORD_ROW));
    put_signed(w, base, base_before);
}

/* A deviation with the table of a class, and how many bits that takes. */
static void put_deviation(struct bit_writer *w, const struct sxi_events *ctx, uint32_t kind,
                          int32_t d)
{
    const uint32_t shift = huffman_shift_of(ctx->tables[kind]);
    const uint32_t v = zigzag(d);
    huffman_put(w, ctx->codes + kind * HUFFMAN_SYMBOLS, v >> shift);
    put_bits(w, v & (((uint32_t)1 << shift) - 1U), shift);
}

static uint32_t deviation_bits(const struct sxi_events *ctx, uint32_t kind, int32_t d)
{
    const uint32_t shift = huffman_shift_of(ctx->tables[kind]);
    const uint32_t v = zigzag(d) >> shift;
    const uint32_t *codes = ctx->codes + kind * HUFFMAN_SYMBOLS;
    if (v < (uint32_t)HUFFMAN_DIRECT) {
        return shift + (codes[v] & 0xffU);
    }
    const uint32_t j = highest_bit(v - (HUFFMAN_DIRECT - 1U));
    return shift + (codes[HUFFMAN_DIRECT + j] & 0xffU) + j;
}

/* Which side is coded as one with a part of the charge, if that is shorter; else 4. */
static uint32_t split_side(const struct sxi_events *ctx, const uint8_t *event)
{
    enum { SPLIT_BITS = 2, SIDES = 4 };
    uint32_t largest = 0;
    int32_t most = -0x8001;
    uint32_t x = 0;
    for (uint32_t side = 0; side < (uint32_t)SIDES; side++) {
        const uint32_t here = event_word(event, WORD_PIXELS + side_pixel(side)) - ctx->base;
        const int32_t d = deviation(here, ctx->middles[CLASS_SIDE]);
        if (d > most) {
            most = d;
            largest = side;
            x = here;
        }
    }
    const uint32_t as_split = deviation_bits(ctx, CLASS_CENTRE, deviation(x, ctx->split));
    return as_split + SPLIT_BITS < deviation_bits(ctx, CLASS_SIDE, most) ? largest
                                                                         : (uint32_t)SIDES;
}

static void put_pixels(struct bit_writer *w, const struct sxi_events *ctx, const uint8_t *event)
{
    const uint32_t split = split_side(ctx, event);
    uint32_t split_at = EVENT_PIXELS;
    if (split < 4U) { /* uncovered object 2e29: gcc asks again what it knows */
        split_at = side_pixel(split);
        put_bits(w, 4U + split, 3);
    } else {
        put_bits(w, 0, 1);
    }
    /* uncovered object 07b9: the last pixel is no side */
    for (uint32_t i = 0; i < (uint32_t)EVENT_PIXELS; i++) {
        const uint32_t x = event_word(event, WORD_PIXELS + i) - ctx->base;
        if (i == split_at) {
            put_deviation(w, ctx, CLASS_CENTRE, deviation(x, ctx->split));
        } else {
            const uint32_t kind = class_of(i);
            put_deviation(w, ctx, kind, deviation(x, ctx->middles[kind]));
        }
    }
}

/* Can an event go on with the run of the one before it, by the parameters of the packet? */
static bool continues(const struct sxi_events *ctx, const uint8_t *event, const uint8_t *before,
                      uint32_t *gap, uint32_t *sequence_gap)
{
    if (events_begin_run(event, before)) {
        return false;
    }
    *gap = event_position(event) - event_position(before) - 1U;
    *sequence_gap = sequence_gap_of(event, before);
    const uint32_t k = ctx->sequence_k;
    const uint32_t most =
        k == (uint32_t)SEQUENCE_CONSECUTIVE ? 0U : ((uint32_t)GAP_ESCAPE << k) - 1U;
    return *gap >> ctx->gap_k < (uint32_t)GAP_ESCAPE && *sequence_gap <= most;
}

/* How many of n events are looked at beforehand. */
static uint32_t ahead(uint32_t n)
{
    return n < (uint32_t)SXI_EVENTS_LOOKAHEAD ? n : (uint32_t)SXI_EVENTS_LOOKAHEAD;
}

/* One event; n: how many there are from it on. */
static void put_event(struct bit_writer *w, struct sxi_events *ctx, const uint8_t *event,
                      uint32_t n, bool is_first)
{
    /* uncovered object*2 7dcb: gcc asks again what it knows */
    const uint8_t *before = is_first ? no_event() : event - EVENT_BYTES;
    uint32_t gap = 0;
    uint32_t sequence_gap = 0;
    if (!is_first && continues(ctx, event, before, &gap, &sequence_gap)) {
        put_rice(w, gap, ctx->gap_k);
        if (ctx->sequence_k != (uint32_t)SEQUENCE_CONSECUTIVE) {
            put_rice(w, sequence_gap, ctx->sequence_k);
        }
    } else {
        if (!is_first) {
            put_bits(w, 0xffff, GAP_ESCAPE);
        }
        const uint32_t base_before = ctx->base;
        ctx->base = is_first ? ctx->bases[0] : events_base(ctx, event, ahead(n));
        put_run_header(w, event, before, ctx->base, base_before);
    }
    put_pixels(w, ctx, event);
}

/* Code events into room bytes of a body, by the tables chosen. How many; *size: its bytes. */
static uint32_t put_coded(struct sxi_events *ctx, const uint8_t *events, uint32_t n, uint8_t *body,
                          uint32_t room, uint32_t *size)
{
    ctx->base = 0;
    struct bit_writer w = {.out = body, .end = body + room, .acc = 0, .pending = 0};
    put_parameters(&w, ctx);
    uint32_t done = 0;
    /* uncovered object 7de9: there is an event */
    while (done < n) { /* an event has 27 bits at least: never more than a packet may hold */
        /* It is written aside, on from the bits that wait, and copied if it fits. */
        struct bit_writer one = {.out = ctx->scratch,
                                 .end = ctx->scratch + sizeof ctx->scratch,
                                 .acc = w.acc,
                                 .pending = w.pending};
        put_event(&one, ctx, events + done * EVENT_BYTES, n - done, done == 0U);
        const ptrdiff_t bytes = one.out - ctx->scratch;
        const uint32_t waiting = (one.pending + 7U) / 8U;
        if (w.end - w.out - bytes < (ptrdiff_t)waiting) {
            break;
        }
        (void)memcpy(w.out, ctx->scratch, (size_t)bytes);
        w.out += bytes;
        w.acc = one.acc;
        w.pending = one.pending;
        done++;
    }
    *size = flush_bits(&w, body);
    return done;
}

/* The words of events, plane by plane. */
static void load_planes(uint16_t *samples, const uint8_t *events, uint32_t n)
{
    for (uint32_t word = 0; word < (uint32_t)EVENT_WORDS; word++) {
        for (uint32_t i = 0; i < n; i++) {
            samples[word * n + i] = load16_be(events + i * EVENT_BYTES + 2U * word);
        }
    }
}

static int32_t put_planes(struct sxi_events *ctx, const uint8_t *events, uint32_t n, uint8_t *body,
                          uint32_t room)
{
    const struct sxi_aec params = events_aec();
    load_planes(ctx->samples, events, n);
    /* codes are what it works with */
    return aec_encode(&params, ctx->samples, NULL, n * EVENT_WORDS, body, room, ctx->codes);
}

/* The most of n events whose planes fit, found by halves; as put_coded. */
static uint32_t put_aec(struct sxi_events *ctx, const uint8_t *events, uint32_t n, uint8_t *body,
                        uint32_t room, uint32_t *size)
{
    uint32_t fit = 0;
    uint32_t most = ahead(n);
    while (fit < most) { /* uncovered object*2 256b: there is an event */
        const uint32_t trial = most - (most - fit) / 2U;
        if (put_planes(ctx, events, trial, body, room) > 0) {
            fit = trial;
        } else {
            most = trial - 1U;
        }
    }
    *size = (uint32_t)put_planes(ctx, events, fit, body, room);
    return fit;
}

/* Parameters of a coder, and its room. */
static enum sxi_status check_coder(const struct sxi_events *ctx, const uint8_t *packets,
                                   uint32_t n_events, const uint8_t *out, uint32_t out_len)
{
    if (ctx == NULL || packets == NULL || out == NULL || n_events > (uint32_t)SXI_EVENTS_MAX ||
        ctx->kind > (uint32_t)SXI_EVENTS_AEC ||
        ctx->packet_bytes < (uint32_t)SXI_EVENTS_MIN_PACKET_BYTES ||
        ctx->packet_bytes > (uint32_t)SXI_EVENTS_MAX_PACKET_BYTES) {
        return SXI_STATUS_PARAM;
    }
    return out_len < ctx->packet_bytes ? SXI_STATUS_ROOM : SXI_STATUS_OK;
}

/* How many of n events fit a body of room bytes, as ctx->kind says or, where that is no shorter, as
 * they are; which it was, and the body's bytes. */
static uint32_t put_body(struct sxi_events *ctx, const uint8_t *events, uint32_t n, uint8_t *body,
                         uint32_t *kind, uint32_t *size)
{
    const uint32_t room = ctx->packet_bytes - FRAMING;
    uint32_t done = 0;
    *size = 0;
    *kind = ctx->kind;
    if (*kind == (uint32_t)SXI_EVENTS_CODED) {
        done = put_coded(ctx, events, n, body, room, size);
    }
    if (*kind == (uint32_t)SXI_EVENTS_AEC) {
        done = put_aec(ctx, events, n, body, room, size);
    }
    if (*size >= done * EVENT_BYTES) {
        done = n < room / EVENT_BYTES ? n : room / EVENT_BYTES;
        *kind = SXI_EVENTS_RAW;
        *size = done * EVENT_BYTES;
        (void)memcpy(body, events, *size);
    }
    return done;
}

/* Tables first, as that goes deep into the stack. */
static void look_ahead(struct sxi_events *ctx, const uint8_t *packets, uint32_t n_events,
                       uint32_t first)
{
    if (ctx->kind == (uint32_t)SXI_EVENTS_CODED) {
        events_choose_tables(ctx, packets + (size_t)first * EVENT_BYTES, ahead(n_events - first));
    }
}

/* A packet; how many events it has is read from it (NUMBER_AT). */
static uint32_t put_packet(struct sxi_events *ctx, const uint8_t *packets, uint32_t n_events,
                           uint32_t first, uint8_t *out)
{
    uint32_t kind;
    uint32_t size;
    const uint32_t done = put_body(ctx, packets + (size_t)first * EVENT_BYTES, n_events - first,
                                   out + SXI_EVENTS_HEADER_BYTES, &kind, &size);
    const uint32_t length = size + FRAMING;
    out[0] = (uint8_t)(EVENTS_MARK + kind);
    store16_be(out + 1, (uint16_t)length);
    store24_be(out + 3, n_events);
    store24_be(out + 6, first);
    store16_be(out + NUMBER_AT, (uint16_t)done);
    store16_be(out + length - SXI_EVENTS_CRC_BYTES,
               sxi_crc16(0xffff, out, length - SXI_EVENTS_CRC_BYTES));
    return length;
}

int32_t sxi_events_encode(struct sxi_events *ctx, const uint8_t *packets, uint32_t n_events,
                          uint32_t first, uint8_t *out, uint32_t out_len, uint32_t *next)
{
    const enum sxi_status status = check_coder(ctx, packets, n_events, out, out_len);
    if (next == NULL || first >= n_events) {
        return SXI_STATUS_PARAM;
    }
    if (status != SXI_STATUS_OK) {
        return (int32_t)status;
    }
    look_ahead(ctx, packets, n_events, first);
    const uint32_t length = put_packet(ctx, packets, n_events, first, out);
    *next = first + load16_be(out + NUMBER_AT);
    return (int32_t)length;
}

int32_t sxi_events_choose(struct sxi_events *ctx, const uint8_t *packets, uint32_t n_events,
                          uint8_t *out, uint32_t out_len)
{
    const enum sxi_status status = check_coder(ctx, packets, n_events, out, out_len);
    if (status != SXI_STATUS_OK) {
        return (int32_t)status;
    }
    uint32_t best = SXI_EVENTS_RAW;
    uint32_t least = UINT32_MAX;
    for (uint32_t kind = SXI_EVENTS_RAW; kind <= (uint32_t)SXI_EVENTS_AEC; kind++) {
        ctx->kind = kind;
        uint32_t bytes = 0;
        uint32_t first = 0;
        while (first < n_events) {
            look_ahead(ctx, packets, n_events, first);
            bytes += put_packet(ctx, packets, n_events, first, out);
            first += load16_be(out + NUMBER_AT);
        }
        if (bytes < least) {
            least = bytes;
            best = kind;
        }
    }
    ctx->kind = best;
    return (int32_t)least;
}
