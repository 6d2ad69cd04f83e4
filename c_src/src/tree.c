/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/tree.h"

#include <stddef.h>

#include "sxi/grade.h"
#include "window.h"

enum { RING_PIXELS = 8, OUTER_PIXELS = 16, MAX_DISTANCE = 255 };

/* Raster order of the ring: the first three and the last three are opposite rows, and so are
 * columns; the other window order only turns them. */
static const uint8_t ring[RING_PIXELS] = {6, 7, 8, 11, 13, 16, 17, 18};
static const uint8_t outer[OUTER_PIXELS] = {0,  1,  2,  3,  4,  5,  9,  10,
                                            14, 15, 19, 20, 21, 22, 23, 24};

static int32_t magnitude(int32_t value)
{
    return value < 0 ? -value : value;
}

/* Raw pixels at the saturation level or above, where the highest one is known. */
static int32_t saturated(const struct sxi_tree *ctx, const struct sxi_event *event,
                         int32_t highest)
{
    int32_t n = 0;
    if (ctx->saturation != 0U && highest >= (int32_t)ctx->saturation) {
        for (uint32_t i = 0; i < SXI_FEE_WINDOW_PIXELS; i++) {
            n += event->pixels[i] >= ctx->saturation ? 1 : 0;
        }
    }
    return n;
}

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* Pixels are added up raw: the background is taken off sums, not off each of them. */
static void look_at_ring(const struct sxi_event *event, int32_t background, uint32_t split,
                         int32_t *out)
{
    const uint16_t *p = event->pixels;
    const uint32_t level = (uint32_t)background + split;
    int32_t charge = 0;
    int32_t count = 0;
    for (uint32_t i = 0; i < RING_PIXELS; i++) {
        const uint32_t pixel = p[ring[i]];
        if (pixel >= level) {
            charge += (int32_t)pixel;
            count++;
        }
    }
    const int32_t first_row = p[6] + p[7] + p[8];
    const int32_t last_row = p[16] + p[17] + p[18];
    const int32_t between = p[11] + p[13];
    const int32_t columns = p[6] + p[11] + p[16] - p[8] - p[13] - p[18];
    struct window_ranks ranks;
    window_rank_ring(event, &ranks);
    out[SXI_TREE_RING_SUM] = first_row + last_row + between - RING_PIXELS * background;
    out[SXI_TREE_RING_MAX] = (int32_t)ranks.largest - background;
    out[SXI_TREE_RING_THIRD] = (int32_t)ranks.third - background;
    out[SXI_TREE_RING_FIFTH] = (int32_t)ranks.fifth - background;
    out[SXI_TREE_RING_COUNT] = count;
    out[SXI_TREE_ASYMMETRY] = magnitude(first_row - last_row) + magnitude(columns);
    out[SXI_TREE_PHA] = out[SXI_TREE_CENTRE] + charge - count * background;
}

static void look_outside(const struct sxi_event *event, int32_t background, uint32_t split,
                         int32_t *out)
{
    const uint32_t level = (uint32_t)background + split;
    int32_t sum = 0;
    int32_t count = 0;
    uint32_t largest = 0;
    for (uint32_t i = 0; i < OUTER_PIXELS; i++) {
        const uint32_t pixel = event->pixels[outer[i]];
        sum += (int32_t)pixel;
        count += pixel >= level ? 1 : 0;
        largest = pixel > largest ? pixel : largest;
    }
    out[SXI_TREE_OUTER_SUM] = sum - OUTER_PIXELS * background;
    out[SXI_TREE_OUTER_MAX] = (int32_t)largest - background;
    out[SXI_TREE_OUTER_COUNT] = count;
}

static void look(const struct sxi_tree *ctx, const struct sxi_event *event, uint32_t distance,
                 int32_t *out)
{
    const uint32_t base = ctx->background_mode == SXI_GRADE_LOCAL ? window_background(event)
                                                                  : ctx->background;
    const int32_t background = (int32_t)base;
    out[SXI_TREE_CENTRE] = (int32_t)event->pixels[SXI_FEE_WINDOW_CENTRE] - background;
    look_at_ring(event, background, ctx->split, out);
    look_outside(event, background, ctx->split, out);
    const int32_t around = larger(out[SXI_TREE_RING_MAX], out[SXI_TREE_OUTER_MAX]);
    const int32_t highest = larger(out[SXI_TREE_CENTRE], around) + background;
    out[SXI_TREE_SATURATED] = saturated(ctx, event, highest);
    out[SXI_TREE_DISTANCE] = (int32_t)distance;
}

static int is_sound(const struct sxi_tree *ctx, uint32_t node)
{
    const int32_t value = ctx->value[node];
    const int32_t most = (int32_t)SXI_TREE_MAX_SCORE;
    const uint32_t feature = ctx->feature[node];
    if (feature == (uint32_t)SXI_TREE_LEAF) {
        return value >= -most && value <= most;
    }
    const uint32_t left = ctx->left[node];
    const uint32_t right = ctx->right[node];
    return feature < (uint32_t)SXI_TREE_FEATURES && left > node && left < ctx->n_nodes &&
           right > node && right < ctx->n_nodes;
}

enum sxi_status sxi_tree_check(const struct sxi_tree *ctx)
{
    if (ctx == NULL || ctx->background_mode > SXI_GRADE_LOCAL ||
        ctx->n_nodes > SXI_TREE_NODES || ctx->n_roots > SXI_TREE_ROOTS) {
        return SXI_STATUS_PARAM;
    }
    for (uint32_t i = 0; i < ctx->n_nodes; i++) {
        if (!is_sound(ctx, i)) {
            return SXI_STATUS_FORMAT;
        }
    }
    for (uint32_t i = 0; i < ctx->n_roots; i++) {
        if (ctx->root[i] >= ctx->n_nodes) {
            return SXI_STATUS_FORMAT;
        }
    }
    return SXI_STATUS_OK;
}

enum sxi_status sxi_tree_features(const struct sxi_tree *ctx, const struct sxi_event *event,
                                  uint32_t distance, int32_t *out, uint32_t out_len)
{
    if (ctx == NULL || event == NULL || out == NULL || distance > MAX_DISTANCE ||
        ctx->background_mode > SXI_GRADE_LOCAL) {
        return SXI_STATUS_PARAM;
    }
    if (out_len < SXI_TREE_FEATURES) {
        return SXI_STATUS_ROOM;
    }
    look(ctx, event, distance, out);
    return SXI_STATUS_OK;
}

/* Children lie behind their parents, so a walk takes fewer steps than there are nodes. */
static int32_t score(const struct sxi_tree *ctx, const int32_t *features)
{
    int32_t sum = 0;
    for (uint32_t i = 0; i < ctx->n_roots; i++) {
        uint32_t node = ctx->root[i];
        while (ctx->feature[node] != SXI_TREE_LEAF) {
            const int32_t feature = features[ctx->feature[node]];
            node = feature <= ctx->value[node] ? ctx->left[node] : ctx->right[node];
        }
        sum += ctx->value[node];
    }
    return sum;
}

int32_t sxi_tree_classify(struct sxi_tree *ctx, const struct sxi_event *events, uint32_t n,
                          const uint8_t *distances, uint8_t *keep)
{
    if (events == NULL || keep == NULL || n > INT32_MAX) {
        return SXI_STATUS_PARAM;
    }
    const enum sxi_status status = sxi_tree_check(ctx);
    if (status != SXI_STATUS_OK) {
        return status;
    }
    int32_t features[SXI_TREE_FEATURES];
    uint32_t n_kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t distance = distances == NULL ? (uint32_t)SXI_TREE_NO_TRACK : distances[i];
        look(ctx, &events[i], distance, features);
        keep[i] = score(ctx, features) >= ctx->cut ? 1 : 0;
        n_kept += keep[i];
    }
    ctx->n_kept += n_kept;
    ctx->n_rejected += n - n_kept;
    return (int32_t)n_kept;
}
