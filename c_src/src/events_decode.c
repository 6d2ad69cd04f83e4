/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include <stddef.h>
#include <string.h>

#include "bits.h"
#include "events_common.h"
#include "huffman.h"
#include "sxi/crc.h"

enum { FRAMING = SXI_EVENTS_HEADER_BYTES + SXI_EVENTS_CRC_BYTES };

/* A body on its way; what holds for the packet, and for the run. */
struct body {
    struct bit_reader bits;
    uint32_t gap_k;
    uint32_t sequence_k;
    uint32_t shifts[SXI_EVENTS_CLASSES]; /* low bits of each class's table */
    uint32_t middles[SXI_EVENTS_CLASSES];
    uint32_t split;
    uint32_t base;
    enum sxi_status status; /* what is wrong with it so far */
};

/* The low 16 bits of a word of an event. */
static void store_word(uint8_t *event, uint32_t word, uint32_t value)
{
    store16_be(event + 2U * word, (uint16_t)(value & 0xffffU));
}

enum sxi_status sxi_events_parse(struct sxi_events_packet *packet, const uint8_t *data,
                                 uint32_t len)
{
    if (packet == NULL || data == NULL) {
        return SXI_STATUS_PARAM;
    }
    if (len < (uint32_t)FRAMING) {
        return SXI_STATUS_SHORT;
    }
    if (data[0] < EVENTS_MARK || data[0] > EVENTS_MARK + SXI_EVENTS_AEC) {
        return SXI_STATUS_FORMAT;
    }
    const struct sxi_events_packet read = {
        .kind = (uint32_t)data[0] - EVENTS_MARK,
        .length = load16_be(data + 1),
        .total = load24_be(data + 3),
        .first = load24_be(data + 6),
        .n_events = load16_be(data + 9),
    };
    if (read.length < (uint32_t)FRAMING) {
        return SXI_STATUS_LENGTH;
    }
    if (read.length > len) {
        return SXI_STATUS_SHORT;
    }
    const uint32_t covered = read.length - SXI_EVENTS_CRC_BYTES;
    if (sxi_crc16(0xffff, data, covered) != load16_be(data + covered)) {
        return SXI_STATUS_CRC;
    }
    if (read.n_events == 0U || read.first + read.n_events > read.total) {
        return SXI_STATUS_FORMAT;
    }
    if (read.kind == (uint32_t)SXI_EVENTS_RAW &&
        read.length != FRAMING + read.n_events * EVENT_BYTES) {
        return SXI_STATUS_LENGTH;
    }
    *packet = read;
    return SXI_STATUS_OK;
}

/* Take n <= 32 bits; 0 where they are not there, which the body keeps in mind. */
static uint32_t take(struct body *body, uint32_t n)
{
    if (!has_bits(&body->bits, n)) {
        body->status = SXI_STATUS_SHORT;
        return 0;
    }
    return take_bits(&body->bits, n);
}

static uint32_t take_number(struct body *body)
{
    const uint32_t n = take(body, 4);
    if (n == (uint32_t)NUMBER_WIDE) {
        return take(body, 16);
    }
    return n < 2U ? n : ((uint32_t)1 << (n - 1U)) | take(body, n - 1U);
}

/* `from`, changed by a deviation that was sent as a value, modulo 2^16. */
static uint32_t deviate(uint32_t from, uint32_t value)
{
    return ((value & 1U) != 0U ? from - value / 2U - 1U : from + value / 2U) & 0xffffU;
}

/* Ones up to GAP_ESCAPE, and a zero after fewer. */
static uint32_t take_ones(struct body *body)
{
    uint32_t ones = 0;
    while (ones < (uint32_t)GAP_ESCAPE && take(body, 1) != 0U) {
        ones++;
    }
    return ones;
}

static void take_parameters(struct sxi_events_decoder *ctx, struct body *body)
{
    body->gap_k = take(body, 5);
    body->sequence_k = take(body, 3);
    if (body->gap_k > (uint32_t)GAP_MOST_K) {
        body->status = SXI_STATUS_FORMAT;
    }
    for (uint32_t kind = 0; kind < (uint32_t)SXI_EVENTS_CLASSES; kind++) {
        const uint32_t table = take(body, 7);
        if (table >= (uint32_t)HUFFMAN_TABLES) {
            body->status = SXI_STATUS_FORMAT;
            return;
        }
        huffman_bank_decoder_init(&ctx->tables[kind], huffman_bank_of(table));
        body->shifts[kind] = huffman_shift_of(table);
    }
    for (uint32_t kind = CLASS_CORNER; kind < (uint32_t)SXI_EVENTS_CLASSES; kind++) {
        body->middles[kind] = deviate(0, take_number(body));
    }
    body->split = deviate(0, take_number(body));
}

/* Header of a run: the event's first words, column and row, by what differs from those before. */
static void take_run_header(struct body *body, uint8_t *event, const uint8_t *before)
{
    for (uint32_t word = WORD_ADDRESS; word <= (uint32_t)WORD_TYPE; word++) {
        const uint32_t changed = take(body, 1);
        store_word(event, word, changed != 0U ? take(body, 16) : event_word(before, word));
    }
    store_word(event, WORD_FRAME, event_word(before, WORD_FRAME) + take_number(body));
    store_word(event, WORD_SEQUENCE,
               event_word(before, WORD_SEQUENCE) + take_number(body) + 1U);
    store_word(event, WORD_COL, take_number(body));
    store_word(event, WORD_ROW, take_number(body));
    body->base = deviate(body->base, take_number(body));
}

/* An event of the same run as the one before it, which had so many ones in its gap. */
static void take_gaps(struct body *body, uint8_t *event, const uint8_t *before, uint32_t ones)
{
    (void)memcpy(event, before, 2U * WORD_SEQUENCE);
    const uint32_t position =
        event_position(before) + ((ones << body->gap_k) | take(body, body->gap_k)) + 1U;
    uint32_t sequence_gap = 0;
    if (body->sequence_k != (uint32_t)SEQUENCE_CONSECUTIVE) {
        const uint32_t more = take_ones(body);
        sequence_gap = (more << body->sequence_k) | take(body, body->sequence_k);
        if (more == (uint32_t)GAP_ESCAPE) {
            body->status = SXI_STATUS_FORMAT;
        }
    }
    if (position / EVENTS_PITCH > 0xffffU) {
        body->status = SXI_STATUS_FORMAT;
    }
    store_word(event, WORD_SEQUENCE, event_word(before, WORD_SEQUENCE) + sequence_gap + 1U);
    store_word(event, WORD_COL, position % EVENTS_PITCH);
    store_word(event, WORD_ROW, position / EVENTS_PITCH);
}

static void take_pixels(const struct sxi_events_decoder *ctx, struct body *body, uint8_t *event)
{
    const uint32_t split = take(body, 1) != 0U ? side_pixel(take(body, 2)) : EVENT_PIXELS;
    for (uint32_t i = 0; i < (uint32_t)EVENT_PIXELS; i++) {
        const uint32_t kind = i == split ? (uint32_t)CLASS_CENTRE : class_of(i);
        const uint32_t middle = i == split ? body->split : body->middles[kind];
        uint32_t value = 0;
        if (!huffman_take(&ctx->tables[kind], &body->bits, &value)) {
            body->status = SXI_STATUS_SHORT;
        }
        if (value > 0xffffU >> body->shifts[kind]) {
            body->status = SXI_STATUS_FORMAT;
        }
        value = (value << body->shifts[kind]) | take(body, body->shifts[kind]);
        store_word(event, WORD_PIXELS + i, deviate(body->base + middle, value));
    }
}

static enum sxi_status take_coded(struct sxi_events_decoder *ctx, struct body *body, uint32_t n,
                                  uint8_t *out)
{
    take_parameters(ctx, body);
    /* uncovered object 4516: a packet has an event */
    for (uint32_t i = 0; i < n && body->status == SXI_STATUS_OK; i++) {
        uint8_t *event = out + i * EVENT_BYTES;
        const uint8_t *before = i > 0U ? event - EVENT_BYTES : no_event();
        const uint32_t ones = i > 0U ? take_ones(body) : (uint32_t)GAP_ESCAPE;
        if (ones == (uint32_t)GAP_ESCAPE) {
            take_run_header(body, event, before);
        } else {
            take_gaps(body, event, before, ones);
        }
        take_pixels(ctx, body, event);
    }
    if (body->status == SXI_STATUS_OK && has_bits(&body->bits, 8)) {
        return SXI_STATUS_FORMAT; /* more than a coder writes */
    }
    return body->status;
}

/* The words of events out of their planes. */
static void store_planes(const uint16_t *samples, uint32_t n, uint8_t *events)
{
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: a packet has an event */
        for (uint32_t word = 0; word < (uint32_t)EVENT_WORDS; word++) {
            store_word(events + i * EVENT_BYTES, word, samples[word * n + i]);
        }
    }
}

int32_t sxi_events_decode(struct sxi_events_decoder *ctx, const uint8_t *data, uint32_t len,
                          uint8_t *out, uint32_t out_len)
{
    if (ctx == NULL || out == NULL) {
        return SXI_STATUS_PARAM;
    }
    struct sxi_events_packet packet;
    enum sxi_status status = sxi_events_parse(&packet, data, len);
    if (status != SXI_STATUS_OK) {
        return (int32_t)status;
    }
    const uint32_t n = packet.n_events;
    if (out_len / EVENT_BYTES < n) {
        return SXI_STATUS_ROOM;
    }
    const uint8_t *bytes = data + SXI_EVENTS_HEADER_BYTES;
    const uint32_t size = packet.length - FRAMING;
    if (packet.kind == (uint32_t)SXI_EVENTS_RAW) {
        (void)memcpy(out, bytes, size);
    } else if (packet.kind == (uint32_t)SXI_EVENTS_CODED) {
        struct body body = {.bits = {.next = bytes, .left = size, .bit = 0},
                            .status = SXI_STATUS_OK};
        status = take_coded(ctx, &body, n, out);
    } else {
        if (n > (uint32_t)SXI_EVENTS_LOOKAHEAD) {
            return SXI_STATUS_FORMAT;
        }
        const struct sxi_aec params = events_aec();
        const int32_t decoded =
            sxi_aec_decode_u16(&params, bytes, size, ctx->samples, n * EVENT_WORDS);
        if (decoded < 0) {
            return decoded;
        }
        store_planes(ctx->samples, n, out);
    }
    return status == SXI_STATUS_OK ? (int32_t)(n * EVENT_BYTES) : (int32_t)status;
}
