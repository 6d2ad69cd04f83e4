/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/look.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "bytes.h"
#include "sxi/crc.h"

enum {
    VERSION = 1,
    KNOWN_FLAGS = SXI_LOOK_RATE | SXI_LOOK_PLACE | SXI_LOOK_LEARNING | SXI_LOOK_FULL,
    AT_CELLS = 22,
    AT_CRC = SXI_LOOK_BYTES - 2,
    WIDTH = 2 * SXI_FEE_NODE_COLS, /* of the focal plane [pixels] */
    HEIGHT = 2 * SXI_FEE_NODE_ROWS,
    QUARTERS = 4,
    MOST_STEP = 4095, /* 256 squares of it fit 32 bits */
    NODE_CELLS = SXI_LOOK_CELL_ROWS * SXI_LOOK_CELL_COLS,
    MOST_SCORE = 0x7FFFFFFF
};

static bool is_set_up(const struct sxi_look *ctx)
{
    return ctx->reference > 256U && ctx->reference <= 1024U && ctx->limit > 0U &&
           ctx->sigmas > 0U && ctx->sigmas <= UINT8_MAX && ctx->confirm > 0U &&
           ctx->confirm <= UINT8_MAX && ctx->learn > 1U && ctx->learn <= 256U &&
           ctx->shift > 0U && ctx->shift <= 8U;
}

static uint32_t min32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Learn from the readouts to come. */
static void begin_learning(struct sxi_look *ctx)
{
    ctx->learned = 0;
    ctx->score = 0;
    ctx->sum = 0;
    (void)memset(&ctx->x, 0, sizeof ctx->x);
    (void)memset(&ctx->y, 0, sizeof ctx->y);
}

static void begin_readout(struct sxi_look *ctx)
{
    ctx->sum_x = 0;
    ctx->sum_y = 0;
    ctx->n_rejected = 0;
    (void)memset(ctx->n_kept, 0, sizeof ctx->n_kept);
    (void)memset(ctx->cells, 0, sizeof ctx->cells);
}

enum sxi_status sxi_look_init(struct sxi_look *ctx)
{
    if (ctx == NULL || !is_set_up(ctx)) {
        return SXI_STATUS_PARAM;
    }
    begin_learning(ctx);
    begin_readout(ctx);
    ctx->mean = 0;
    ctx->n_alarms = 0;
    return SXI_STATUS_OK;
}

static uint32_t kept_of(const struct sxi_look *ctx)
{
    return ctx->n_kept[0] + ctx->n_kept[1] + ctx->n_kept[2] + ctx->n_kept[3];
}

enum sxi_status sxi_look_add(struct sxi_look *ctx, uint32_t node, const struct sxi_event *events,
                             uint32_t n, const uint8_t *keep)
{
    if (ctx == NULL || events == NULL || node >= SXI_LOOK_NODES) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t before = kept_of(ctx) + ctx->n_rejected;
    if (before > SXI_LOOK_MAX_EVENTS || n > SXI_LOOK_MAX_EVENTS - before) {
        return SXI_STATUS_RANGE;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (events[i].row >= SXI_FEE_NODE_ROWS || events[i].col >= SXI_FEE_NODE_COLS) {
            return SXI_STATUS_PARAM;
        }
    }
    const bool from_left = node == 0U || node == 3U; /* E2 and F4 */
    const bool from_top = node < 2U;                 /* CCD2 */
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t row = events[i].row;
        const uint32_t col = events[i].col;
        if (keep != NULL && keep[i] == 0U) {
            ctx->n_rejected++;
            continue;
        }
        ctx->n_kept[node]++;
        ctx->sum_x += from_left ? col : WIDTH - 1U - col;
        ctx->sum_y += from_top ? HEIGHT - 1U - row : row;
        ctx->cells[node * NODE_CELLS + row / SXI_LOOK_CELL * SXI_LOOK_CELL_COLS +
                   col / SXI_LOOK_CELL]++;
    }
    return SXI_STATUS_OK;
}

/* One place more: the sums from which mean and variance will come. */
static void learn_axis(struct sxi_look_axis *axis, uint16_t place, bool is_first)
{
    const uint32_t step = place > axis->last ? (uint32_t)place - axis->last
                                             : (uint32_t)axis->last - place;
    const uint32_t bounded = is_first ? 0U : min32(step, MOST_STEP);
    axis->sum += place;
    axis->squares += bounded * bounded;
    axis->last = place;
}

/* Steps from readout to readout have twice the variance of the places. */
static void end_axis(struct sxi_look_axis *axis, uint32_t learn)
{
    axis->mean = (axis->sum << 8) / learn;
    axis->variance = axis->squares / (2U * (learn - 1U)) + 1U;
}

/* Is the place too far from its mean, for long enough? */
static bool look_at_axis(struct sxi_look_axis *axis, const struct sxi_look *ctx, uint16_t place)
{
    const uint32_t at = (uint32_t)place << 8;
    const bool above = at > axis->mean;
    const uint32_t distance = above ? at - axis->mean : axis->mean - at;
    const uint32_t step = min32(distance >> 8, MOST_STEP);
    const uint32_t square = step * step;
    const uint32_t limit = (uint32_t)ctx->sigmas * ctx->sigmas; /* x 256 */
    const uint64_t allowed = (uint64_t)limit * axis->variance;
    if (allowed <= UINT32_MAX && square << 8 > (uint32_t)allowed) {
        const uint16_t side = above ? 1U : 0U;
        axis->run = axis->run > 0U && axis->side == side ? (uint16_t)(axis->run + 1U) : 1U;
        axis->side = side;
        return axis->run >= ctx->confirm;
    }
    axis->run = 0;
    const uint32_t part = distance >> ctx->shift;
    axis->mean = above ? axis->mean + part : axis->mean - part;
    axis->variance = square > axis->variance
                         ? axis->variance + ((square - axis->variance) >> ctx->shift)
                         : axis->variance - ((axis->variance - square) >> ctx->shift);
    return false;
}

/* Has the rate jumped? The mean stands still while the score is beyond half its limit. */
static bool look_at_rate(struct sxi_look *ctx, uint32_t n)
{
    const uint32_t count = n << 8;
    const uint32_t expected = ((ctx->mean >> 4) * ctx->reference) >> 4;
    const uint32_t risen = min32(ctx->score + count, MOST_SCORE);
    const uint32_t limit = (uint32_t)ctx->limit << 8;
    ctx->score = risen > expected ? risen - expected : 0U;
    if (ctx->score > limit / 2U) {
        return ctx->score > limit;
    }
    ctx->mean = count > ctx->mean ? ctx->mean + ((count - ctx->mean) >> ctx->shift)
                                  : ctx->mean - ((ctx->mean - count) >> ctx->shift);
    return false;
}

static void learn(struct sxi_look *ctx, uint32_t n, uint16_t x, uint16_t y)
{
    ctx->sum += n;
    learn_axis(&ctx->x, x, ctx->learned == 0U);
    learn_axis(&ctx->y, y, ctx->learned == 0U);
    ctx->learned++;
    if (ctx->learned == ctx->learn) {
        ctx->mean = (ctx->sum << 8) / ctx->learn;
        end_axis(&ctx->x, ctx->learn);
        end_axis(&ctx->y, ctx->learn);
    }
}

/* Flags of a readout of n events around (x, y). */
static uint16_t examine(struct sxi_look *ctx, uint32_t n, uint16_t x, uint16_t y)
{
    if (ctx->learned < ctx->learn) {
        if (n > 0U) {
            learn(ctx, n, x, y);
        }
        return SXI_LOOK_LEARNING;
    }
    uint16_t flags = look_at_rate(ctx, n) ? SXI_LOOK_RATE : 0U;
    if (n > 0U) {
        const bool in_x = look_at_axis(&ctx->x, ctx, x);
        const bool in_y = look_at_axis(&ctx->y, ctx, y);
        flags |= in_x || in_y ? SXI_LOOK_PLACE : 0U;
    }
    return flags;
}

static uint16_t write_cells(const struct sxi_look *ctx, uint8_t *out)
{
    uint16_t flags = 0;
    for (uint32_t i = 0; i < SXI_LOOK_CELLS; i++) {
        flags |= ctx->cells[i] > UINT8_MAX ? SXI_LOOK_FULL : 0U;
        out[i] = (uint8_t)min32(ctx->cells[i], UINT8_MAX);
    }
    return flags;
}

int32_t sxi_look_close(struct sxi_look *ctx, uint16_t frame_counter, uint8_t *out, uint32_t out_len)
{
    if (ctx == NULL || out == NULL || !is_set_up(ctx)) {
        return SXI_STATUS_PARAM;
    }
    if (out_len < SXI_LOOK_BYTES) {
        return SXI_STATUS_ROOM;
    }
    const uint32_t n = kept_of(ctx);
    uint16_t x = SXI_LOOK_NOWHERE;
    uint16_t y = SXI_LOOK_NOWHERE;
    if (n > 0U) {
        x = (uint16_t)(ctx->sum_x * QUARTERS / n);
        y = (uint16_t)(ctx->sum_y * QUARTERS / n);
    }
    const uint16_t flags = examine(ctx, n, x, y);
    out[0] = VERSION;
    out[1] = (uint8_t)(flags | write_cells(ctx, out + AT_CELLS));
    store16_be(out + 2, frame_counter);
    for (uint32_t node = 0; node < SXI_LOOK_NODES; node++) {
        store16_be(out + 4U + 2U * node, (uint16_t)ctx->n_kept[node]);
    }
    store16_be(out + 12, (uint16_t)ctx->n_rejected);
    store16_be(out + 14, (uint16_t)(ctx->mean >> 8));
    store16_be(out + 16, (uint16_t)min32(ctx->score >> 8, UINT16_MAX));
    store16_be(out + 18, x);
    store16_be(out + 20, y);
    store16_be(out + AT_CRC, sxi_crc16(0xFFFF, out, AT_CRC));
    begin_readout(ctx);
    if ((flags & (SXI_LOOK_RATE | SXI_LOOK_PLACE)) != 0U) {
        ctx->n_alarms++;
        begin_learning(ctx);
    }
    return SXI_LOOK_BYTES;
}

static bool is_place(uint16_t place, uint32_t most)
{
    return place < most * QUARTERS || place == SXI_LOOK_NOWHERE;
}

enum sxi_status sxi_look_load(struct sxi_look_product *product, const uint8_t *in, uint32_t in_len)
{
    if (product == NULL || in == NULL) {
        return SXI_STATUS_PARAM;
    }
    if (in_len != SXI_LOOK_BYTES) {
        return SXI_STATUS_LENGTH;
    }
    if (sxi_crc16(0xFFFF, in, SXI_LOOK_BYTES) != 0U) {
        return SXI_STATUS_CRC;
    }
    const uint16_t x = load16_be(in + 18);
    const uint16_t y = load16_be(in + 20);
    if (in[0] != VERSION || (in[1] & ~(uint32_t)KNOWN_FLAGS) != 0U || !is_place(x, WIDTH) ||
        !is_place(y, HEIGHT)) {
        return SXI_STATUS_FORMAT;
    }
    product->flags = in[1];
    product->frame_counter = load16_be(in + 2);
    for (uint32_t node = 0; node < SXI_LOOK_NODES; node++) {
        product->n_kept[node] = load16_be(in + 4U + 2U * node);
    }
    product->n_rejected = load16_be(in + 12);
    product->mean = load16_be(in + 14);
    product->score = load16_be(in + 16);
    product->x = x;
    product->y = y;
    (void)memcpy(product->cells, in + AT_CELLS, SXI_LOOK_CELLS);
    return SXI_STATUS_OK;
}
