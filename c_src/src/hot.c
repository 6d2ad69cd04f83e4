/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/hot.h"

#include <stdbool.h>
#include <stddef.h>

#include "sxi/badpix.h"

enum {
    NODE_PIXELS = SXI_FEE_NODE_ROWS * SXI_FEE_NODE_COLS,
    NODE_RATE = NODE_PIXELS * 256, /* one event a pixel [1/256] */
    CLASSES = 10,       /* the upper end of class k is 2^(k-13) events a pixel and readout */
    FEWEST = 3,         /* no limit is less */
    AROUND_LEAST = 4,   /* events around a pixel that tell of a source */
    AROUND_MOST = 2,    /* that count of one neighbour: it may be hot itself */
    AROUND_RATE = 163584, /* one event in 24 pixels and 32 readouts, twice, as a node's rate */
    LONGEST = 5         /* doublings of the healing period */
};

/* Made by tools/hot_limits.py: for windows of 4, 8, 16, 32 readouts. */
static const uint8_t limits[CLASSES + 1][SXI_HOT_WINDOWS] = {
    {3, 3, 4, 4}, {3, 4, 4, 4},  {3, 4, 4, 5},  {3, 4, 5, 5},   {4, 5, 5, 6},
    {4, 5, 6, 7}, {5, 6, 7, 8},  {5, 7, 8, 10}, {5, 9, 10, 13}, {5, 9, 13, 17},
    {5, 9, 17, 33}, /* beyond: more than there are */
};

int32_t sxi_hot_limit(uint32_t rate, uint32_t window)
{
    if (window >= SXI_HOT_WINDOWS) {
        return SXI_STATUS_PARAM;
    }
    uint32_t class = 0;
    while (class < CLASSES && rate > (uint32_t)NODE_RATE >> (13U - class)) {
        class++;
    }
    return limits[class][window];
}

static uint32_t bits_in(uint32_t word)
{
    word -= (word >> 1) & 0x55555555U;
    word = (word & 0x33333333U) + ((word >> 2) & 0x33333333U);
    word = (word + (word >> 4)) & 0x0f0f0f0fU;
    return (word * 0x01010101U) >> 24;
}

static struct sxi_hot_pixel *bucket_of(const struct sxi_hot *ctx, uint32_t row, uint32_t col)
{
    /* The golden ratio of 2^32: neighbours go far apart. Two shifts, for a table of one bucket. */
    const uint32_t mixed = (row << 16 | col) * 0x9e3779b1U;
    return ctx->pixels + (size_t)((mixed >> 1) >> (31U - ctx->log2_buckets)) * SXI_HOT_WAYS;
}

static struct sxi_hot_pixel *pixel_at(const struct sxi_hot *ctx, uint32_t row, uint32_t col)
{
    struct sxi_hot_pixel *bucket = bucket_of(ctx, row, col);
    for (uint32_t i = 0; i < SXI_HOT_WAYS; i++) {
        if (bucket[i].row == row && bucket[i].col == col && bucket[i].state != SXI_HOT_FREE) {
            return &bucket[i];
        }
    }
    return NULL;
}

/* The pixel of a bucket that is least worth remembering: fewer events, then longer ago; NULL where
 * all are hot. */
static struct sxi_hot_pixel *least_of(struct sxi_hot_pixel *bucket)
{
    struct sxi_hot_pixel *least = NULL;
    uint32_t fewest = 0;
    for (uint32_t i = 0; i < SXI_HOT_WAYS; i++) {
        const uint32_t n = bits_in(bucket[i].hits);
        if (bucket[i].state != SXI_HOT_MASKED &&
            (least == NULL || n < fewest || (n == fewest && bucket[i].idle > least->idle))) {
            least = &bucket[i];
            fewest = n;
        }
    }
    return least;
}

/* A place for a pixel that has none: a free one, or that of a pixel that is forgotten; NULL
 * where all are hot. */
static struct sxi_hot_pixel *place_for(struct sxi_hot *ctx, uint32_t row, uint32_t col)
{
    struct sxi_hot_pixel *bucket = bucket_of(ctx, row, col);
    for (uint32_t i = 0; i < SXI_HOT_WAYS; i++) {
        if (bucket[i].state == SXI_HOT_FREE) {
            return &bucket[i];
        }
    }
    struct sxi_hot_pixel *least = least_of(bucket);
    ctx->n_evicted += least != NULL ? 1U : 0U;
    return least;
}

/* One readout later. */
static void age(struct sxi_hot *ctx, struct sxi_hot_pixel *pixel)
{
    pixel->hits <<= 1;
    pixel->idle++;
    if (pixel->period == 0U) {
        pixel->state = pixel->hits == 0U ? SXI_HOT_FREE : pixel->state;
        return;
    }
    if (pixel->idle <= pixel->period) { /* the last of them is still to be looked at */
        return;
    }
    pixel->idle = 0;
    if (pixel->state == SXI_HOT_MASKED) {
        pixel->state = SXI_HOT_WATCHED;
        pixel->hits = 0;
        ctx->n_hot--;
        ctx->n_healed++;
        return;
    }
    pixel->period >>= 1; /* it stayed well as long again: its past counts for less */
    if (pixel->period < ctx->clean) {
        pixel->period = 0;
    }
}

/* Events of the 24 pixels around one, in the rate of a node; 0 for few. */
static uint32_t rate_around(const struct sxi_hot *ctx, const struct sxi_hot_pixel *pixel)
{
    uint32_t around = 0;
    for (uint32_t i = 0; i < 25U; i++) {
        const uint32_t row = (pixel->row + i / 5U - 2U) & UINT16_MAX;
        const uint32_t col = (pixel->col + i % 5U - 2U) & UINT16_MAX;
        const struct sxi_hot_pixel *near = i == 12U ? NULL : pixel_at(ctx, row, col);
        if (near != NULL && near->state != SXI_HOT_MASKED) {
            const uint32_t n = bits_in(near->hits);
            around += n < AROUND_MOST ? n : AROUND_MOST;
        }
    }
    return around < AROUND_LEAST ? 0U : around * AROUND_RATE;
}

static bool reaches(uint32_t hits, uint32_t rate)
{
    for (uint32_t i = 0; i < SXI_HOT_WINDOWS; i++) {
        const uint32_t window = hits & (UINT32_MAX >> (32U - (4U << i)));
        if (bits_in(window) >= (uint32_t)sxi_hot_limit(rate, i)) {
            return true;
        }
    }
    return false;
}

static bool is_hot(const struct sxi_hot *ctx, const struct sxi_hot_pixel *pixel, uint32_t rate)
{
    if (bits_in(pixel->hits) < FEWEST || !reaches(pixel->hits, rate)) {
        return false;
    }
    const uint32_t around = rate_around(ctx, pixel);
    return around <= rate || reaches(pixel->hits, around);
}

static void mask(struct sxi_hot *ctx, struct sxi_hot_pixel *pixel)
{
    const uint32_t longer = (uint32_t)pixel->period << 1;
    const uint32_t longest = ctx->clean << LONGEST;
    pixel->state = SXI_HOT_MASKED;
    pixel->period = (uint16_t)(longer < longest ? longer : longest);
    if (pixel->period == 0U) {
        pixel->period = (uint16_t)ctx->clean;
    }
    ctx->n_hot++;
    ctx->n_masked++;
}

static enum sxi_hot_verdict judge(struct sxi_hot *ctx, const struct sxi_event *event, uint32_t rate)
{
    const uint16_t charge = event->pixels[SXI_FEE_WINDOW_CENTRE];
    struct sxi_hot_pixel *pixel = pixel_at(ctx, event->row, event->col);
    if (pixel == NULL) {
        pixel = place_for(ctx, event->row, event->col);
        if (pixel == NULL) {
            ctx->n_untracked++;
            return SXI_HOT_KEEP;
        }
        *pixel = (struct sxi_hot_pixel){1, event->row, event->col, charge, 0, 0, SXI_HOT_WATCHED};
        return SXI_HOT_KEEP;
    }
    const bool fades = (pixel->hits & 2U) != 0U && charge <= pixel->charge;
    pixel->hits |= 1U;
    pixel->charge = charge;
    pixel->idle = 0;
    if (pixel->state == SXI_HOT_MASKED) {
        return SXI_HOT_HOT;
    }
    if (is_hot(ctx, pixel, rate)) {
        mask(ctx, pixel);
        return SXI_HOT_HOT;
    }
    return fades ? SXI_HOT_AFTERGLOW : SXI_HOT_KEEP;
}

static bool is_table(const struct sxi_hot *ctx)
{
    return ctx != NULL && ctx->pixels != NULL && ctx->log2_buckets <= SXI_HOT_LOG2_BUCKETS_MAX;
}

int32_t sxi_hot_update(struct sxi_hot *ctx, const struct sxi_event *events, uint32_t n,
                       uint8_t *verdict)
{
    if (!is_table(ctx) || events == NULL || verdict == NULL || n > NODE_PIXELS ||
        ctx->clean > SXI_HOT_CLEAN_MAX) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t room = (uint32_t)SXI_HOT_WAYS << ctx->log2_buckets;
    uint32_t k = 0;
    do {
        if (ctx->pixels[k].state != SXI_HOT_FREE) {
            age(ctx, &ctx->pixels[k]);
        }
    } while (++k < room);
    /* Rates rise at once, and fall as the mean does. */
    const uint32_t now = n < ctx->n_hot ? 0U : (n - ctx->n_hot) << 8;
    const uint32_t rate = now > ctx->mean ? now : ctx->mean;
    uint32_t n_kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        const enum sxi_hot_verdict found =
            ctx->clean == 0U ? SXI_HOT_KEEP : judge(ctx, &events[i], rate);
        verdict[i] = (uint8_t)found;
        n_kept += found != SXI_HOT_HOT ? 1U : 0U;
    }
    const uint32_t kept = n_kept << 8;
    ctx->mean = ctx->n_readouts == 0U ? kept : ctx->mean - (ctx->mean >> 4) + (kept >> 4);
    ctx->n_readouts++;
    return (int32_t)n_kept;
}

int32_t sxi_hot_mask(const struct sxi_hot *ctx, uint8_t *mask, uint32_t mask_len)
{
    if (!is_table(ctx) || mask == NULL || mask_len != SXI_BADPIX_BYTES) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t room = (uint32_t)SXI_HOT_WAYS << ctx->log2_buckets;
    int32_t n_marked = 0;
    uint32_t i = 0;
    do {
        const struct sxi_hot_pixel *pixel = &ctx->pixels[i];
        if (pixel->state == SXI_HOT_MASKED &&
            sxi_badpix_set(mask, mask_len, pixel->row, pixel->col, 1) == SXI_STATUS_OK) {
            n_marked++;
        }
    } while (++i < room);
    return n_marked;
}
