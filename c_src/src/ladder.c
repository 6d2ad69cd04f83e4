/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/ladder.h"

#include <stdbool.h>
#include <stddef.h>

#include "bytes.h"
#include "sxi/crc.h"

enum {
    FORMAT_BYTE = 0xb1, /* version 1 */
    LEVEL_AT = 1,
    COUNTER_AT = 2,
    EVENTS_AT = 4,
    THRESHOLD_AT = 6,
    HEADER_BYTES = 8,
    NODES = 4,
    INNER_PIXELS = 9,
    OUTER_PIXELS = 16
};

static const uint8_t record_bytes[] = {SXI_LADDER_WINDOW_BYTES, SXI_LADDER_INNER_BYTES,
                                       SXI_LADDER_GRADED_BYTES};
static const uint8_t inner[INNER_PIXELS] = {6, 7, 8, 11, 12, 13, 16, 17, 18};
static const uint8_t outer[OUTER_PIXELS] = {0,  1,  2,  3,  4,  5,  9,  10,
                                            14, 15, 19, 20, 21, 22, 23, 24};

/* The level is known, and n_events at most 65,535. */
static uint32_t bytes_at(uint32_t level, uint32_t n_events)
{
    const uint32_t packets = n_events == 0U ? 1U : (n_events + SXI_LADDER_PACKET_EVENTS - 1U) >> 10;
    return packets * SXI_LADDER_FRAME_BYTES + n_events * record_bytes[level];
}

int32_t sxi_ladder_bytes(uint32_t level, uint32_t n_events)
{
    if (level > SXI_LADDER_GRADED || n_events > SXI_LADDER_MAX_EVENTS) {
        return SXI_STATUS_PARAM;
    }
    return (int32_t)bytes_at(level, n_events);
}

int32_t sxi_ladder_level(struct sxi_ladder *ctx, uint32_t n_events, uint32_t budget_bytes)
{
    if (ctx == NULL || ctx->deepest > SXI_LADDER_GRADED || ctx->level > ctx->deepest ||
        n_events > SXI_LADDER_MAX_EVENTS) {
        return SXI_STATUS_PARAM;
    }
    uint32_t level = ctx->level;
    uint32_t calm = 0;
    if (bytes_at(level, n_events) > budget_bytes) {
        while (level < ctx->deepest && bytes_at(level, n_events) > budget_bytes) {
            level++;
        }
    } else {
        if (level > 0U &&
            bytes_at(level - 1U, n_events) <= budget_bytes - (budget_bytes >> 2)) {
            calm = ctx->calm + 1U;
            if (calm >= ctx->patience) {
                level--;
                calm = 0;
            }
        }
    }
    ctx->level = (uint16_t)level;
    ctx->calm = (uint16_t)calm;
    return (int32_t)level;
}

static void put_window(uint8_t *out, const struct sxi_event *event)
{
    for (uint32_t k = 0; k < SXI_FEE_WINDOW_PIXELS; k++) {
        store16_be(out + 4U + 2U * k, event->pixels[k]);
    }
}

static void put_inner(uint8_t *out, const struct sxi_event *event, uint32_t threshold)
{
    for (uint32_t k = 0; k < INNER_PIXELS; k++) {
        store16_be(out + 4U + 2U * k, event->pixels[inner[k]]);
    }
    uint32_t map = 0;
    uint32_t sum = 0;
    for (uint32_t k = 0; k < OUTER_PIXELS; k++) {
        const uint32_t pixel = event->pixels[outer[k]];
        map = (map << 1) | (pixel > threshold ? 1U : 0U);
        sum += pixel;
    }
    store16_be(out + 22, (uint16_t)map);
    store24_be(out + 24, sum);
}

static void put_header(uint8_t *out, const struct sxi_ladder_header *header)
{
    out[0] = FORMAT_BYTE;
    out[LEVEL_AT] = (uint8_t)(((uint32_t)header->level << 4) | header->node);
    store16_be(out + COUNTER_AT, header->frame_counter);
    store16_be(out + EVENTS_AT, header->n_events);
    store16_be(out + THRESHOLD_AT, header->threshold);
}

static bool is_known(const struct sxi_ladder_header *header)
{
    return header->level <= SXI_LADDER_GRADED && header->node < NODES &&
           header->n_events <= SXI_LADDER_PACKET_EVENTS;
}

int32_t sxi_ladder_encode(const struct sxi_ladder_header *header, const struct sxi_event *events,
                          const uint32_t *pha, const uint8_t *grades, uint8_t *out,
                          uint32_t out_len)
{
    if (header == NULL || events == NULL || out == NULL || !is_known(header)) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t level = header->level;
    if (level == SXI_LADDER_GRADED && (pha == NULL || grades == NULL)) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t size = bytes_at(level, header->n_events);
    if (out_len < size) {
        return SXI_STATUS_ROOM;
    }
    put_header(out, header);
    uint8_t *at = out + HEADER_BYTES;
    for (uint32_t i = 0; i < header->n_events; i++) {
        const struct sxi_event *event = &events[i];
        store16_be(at, event->col);
        store16_be(at + 2, event->row);
        if (level == SXI_LADDER_WINDOW) {
            put_window(at, event);
        } else if (level == SXI_LADDER_INNER) {
            put_inner(at, event, header->threshold);
        } else if (pha[i] > SXI_LADDER_MAX_PHA) {
            return SXI_STATUS_RANGE;
        } else {
            store24_be(at + 4, pha[i]);
            at[7] = grades[i];
        }
        at += record_bytes[level];
    }
    store16_be(at, sxi_crc16(0xffff, out, size - 2U));
    return (int32_t)size;
}

static void take_record(struct sxi_ladder_record *record, const uint8_t *at, uint32_t level)
{
    *record = (struct sxi_ladder_record){.col = load16_be(at), .row = load16_be(at + 2)};
    if (level == SXI_LADDER_WINDOW) {
        for (uint32_t k = 0; k < SXI_FEE_WINDOW_PIXELS; k++) {
            record->pixels[k] = load16_be(at + 4U + 2U * k);
        }
    } else if (level == SXI_LADDER_INNER) {
        for (uint32_t k = 0; k < INNER_PIXELS; k++) {
            record->pixels[inner[k]] = load16_be(at + 4U + 2U * k);
        }
        record->outer_map = load16_be(at + 22);
        record->outer_sum = load24_be(at + 24);
    } else {
        record->pha = load24_be(at + 4);
        record->grade = at[7];
    }
}

int32_t sxi_ladder_decode(struct sxi_ladder_header *header, const uint8_t *data, uint32_t len,
                          struct sxi_ladder_record *records, uint32_t records_len)
{
    if (header == NULL || data == NULL || records == NULL) {
        return SXI_STATUS_PARAM;
    }
    if (len < SXI_LADDER_FRAME_BYTES) {
        return SXI_STATUS_SHORT;
    }
    const struct sxi_ladder_header told = {.frame_counter = load16_be(data + COUNTER_AT),
                                           .threshold = load16_be(data + THRESHOLD_AT),
                                           .n_events = load16_be(data + EVENTS_AT),
                                           .level = (uint8_t)(data[LEVEL_AT] >> 4),
                                           .node = (uint8_t)(data[LEVEL_AT] & 15U)};
    if (data[0] != FORMAT_BYTE || !is_known(&told)) {
        return SXI_STATUS_FORMAT;
    }
    if (len != bytes_at(told.level, told.n_events)) {
        return SXI_STATUS_LENGTH;
    }
    if (sxi_crc16(0xffff, data, len) != 0U) {
        return SXI_STATUS_CRC;
    }
    if (records_len < told.n_events) {
        return SXI_STATUS_ROOM;
    }
    const uint8_t *at = data + HEADER_BYTES;
    for (uint32_t i = 0; i < told.n_events; i++) {
        take_record(&records[i], at, told.level);
        at += record_bytes[told.level];
    }
    *header = told;
    return (int32_t)told.n_events;
}
