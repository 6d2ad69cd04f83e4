/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/find.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    MARGIN = 2,
    SIDE = 5,
    RING_SIDE = 3,
    BACKGROUND_PIXELS = 11,
    MEDIAN_RANK = 6, /* this many of the 11 at or below a level: so is their median */
    FRACTION = 8,    /* bits of ADU/256 */
    SIGMAS_FRACTION = 4,
    SEGMENT_SHIFT = 6,
    TILE = SXI_FIND_SEGMENT_COLS, /* columns flagged at a time: one segment of the common mode */
    MAX_SIDE = 65535
};

static const uint8_t background_index[BACKGROUND_PIXELS] = {0, 1, 2, 3, 4, 5, 9, 10, 15, 20, 21};

struct search {
    struct sxi_find *ctx;
    const struct sxi_frame *frame;
    struct sxi_event *out;
    uint8_t *flags;
    uint32_t out_len;
    uint32_t n_segments;
    uint32_t threshold; /* of the row [ADU] */
    bool uses_maps;     /* in this row */
    int32_t window[SXI_FEE_WINDOW_PIXELS]; /* offsets from the centre */
};

static inline uint16_t min16(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

static inline uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static bool falls_back(const struct sxi_find *ctx, uint32_t row)
{
    return ctx->row_state != NULL && ctx->row_state[row] != 0U;
}

/* What all pixels of a segment have in common [ADU/256]. */
static int32_t common_of(const struct search *scan, uint32_t row, uint32_t col)
{
    if (scan->ctx->common == NULL) {
        return 0;
    }
    const int32_t common = scan->ctx->common[row * scan->n_segments + (col >> SEGMENT_SHIFT)];
    if ((uint32_t)common + SXI_FIND_COMMON_MAX <= 2U * SXI_FIND_COMMON_MAX) { /* within +- */
        return common;
    }
    return common < 0 ? -SXI_FIND_COMMON_MAX : SXI_FIND_COMMON_MAX;
}

/* A sample above its offset [ADU/256], within +- 2^24. */
static inline int32_t above_offset(uint16_t sample, uint32_t offset)
{
    return (int32_t)((uint32_t)sample << FRACTION) -
           (int32_t)smaller(offset, SXI_FIND_OFFSET_MAX);
}

static int32_t height(const struct search *scan, uint32_t row, uint32_t col)
{
    const uint32_t at = row * scan->frame->n_cols + col;
    return above_offset(scan->frame->pixels[at], scan->ctx->offset[at]) -
           common_of(scan, row, col);
}

static bool is_masked(const struct search *scan, uint32_t at)
{
    const uint8_t *masked = scan->ctx->masked;
    return masked != NULL && ((uint32_t)masked[at >> 3] << (at & 7U) & 0x80U) != 0U;
}

/* How far the pixel is above a neighbour, in heights or in samples. */
static int32_t lead(const struct search *scan, uint32_t row, uint32_t col, uint32_t other_row,
                    uint32_t other_col)
{
    if (scan->uses_maps && !falls_back(scan->ctx, other_row)) {
        return height(scan, row, col) - height(scan, other_row, other_col);
    }
    const uint32_t n_cols = scan->frame->n_cols;
    const uint16_t *pixels = scan->frame->pixels;
    return (int32_t)pixels[row * n_cols + col] - (int32_t)pixels[other_row * n_cols + other_col];
}

/* Does the pixel win against its 8 neighbours? */
static bool wins(const struct search *scan, uint32_t row, uint32_t col)
{
    const uint32_t n_cols = scan->frame->n_cols;
    const uint32_t at = row * n_cols + col;
    const bool has_ties = scan->ctx->ties == SXI_FIND_RASTER;
    for (uint32_t i = 0; i < RING_SIDE; i++) {
        for (uint32_t j = 0; j < RING_SIDE; j++) {
            const uint32_t r = row + i - 1U;
            const uint32_t c = col + j - 1U;
            const uint32_t other = r * n_cols + c;
            if (other == at) {
                continue;
            }
            const int32_t needed = has_ties && other < at ? 0 : 1;
            if (lead(scan, row, col, r, c) < needed && !is_masked(scan, other)) {
                return false;
            }
        }
    }
    return true;
}

/* Is the sample at least threshold over the median of its background? */
static bool is_over_median(const struct search *scan, uint32_t at)
{
    const uint16_t *centre = scan->frame->pixels + at;
    const uint32_t level = *centre - scan->threshold; /* flag_median() has seen that it is none
                                                         below 0 */
    uint32_t rank = 0;
    for (uint32_t i = 0; i < BACKGROUND_PIXELS; i++) {
        rank += centre[scan->window[background_index[i]]] <= level ? 1U : 0U;
    }
    return rank >= MEDIAN_RANK;
}

/* Which of count pixels, 1..TILE, may reach the median: those at least threshold over the lowest
 * of 6 of their 11 background pixels (the row two above, and the pixel two to the left in the
 * row above: both window orders have them). No branch: it must vectorise. Returns 0 where
 * there is none. */
static uint16_t flag_median(const uint16_t *centre, uint32_t n_cols, uint16_t threshold,
                            uint32_t count, uint16_t *restrict flags) /* D10 */
{
    const uint16_t *above = centre - n_cols - MARGIN;
    const uint16_t *second = centre - n_cols - n_cols - MARGIN;
    uint16_t any = 0;
    uint32_t i = 0;
    do {
        const uint16_t *s = second + i;
        const uint16_t lowest = min16(min16(min16(s[0], s[1]), min16(s[2], s[3])),
                                      min16(s[4], above[i]));
        const uint16_t value = centre[i];
        const uint16_t level = (uint16_t)(value - threshold);
        const uint16_t flag = (uint16_t)((value >= threshold) & (lowest <= level)); /* D10 */
        flags[i] = flag;
        any |= flag;
        i++;
    } while (i < count);
    return any;
}

/* What a pixel of one tile is measured by. */
struct measure {
    const uint32_t *offset; /* from the tile's first pixel on */
    const uint16_t *noise;
    uint32_t sigmas_q4;
    int32_t common;
    int32_t threshold; /* [ADU/256] */
};

/* Which of count pixels, 1..TILE, reach the threshold of the maps. Returns 0 where none does. */
static uint16_t flag_maps(const uint16_t *samples, const struct measure *by, uint32_t count,
                          uint16_t *restrict flags) /* D10 */
{
    const uint32_t sigmas_q4 = by->sigmas_q4;
    const int32_t common = by->common;
    const int32_t threshold = by->threshold;
    uint16_t any = 0;
    uint32_t i = 0;
    do {
        const int32_t level = (int32_t)((sigmas_q4 * by->noise[i]) >> SIGMAS_FRACTION);
        const int32_t least = level > threshold ? level : threshold;
        const int32_t above = above_offset(samples[i], by->offset[i]) - common;
        const uint16_t flag = (uint16_t)(above >= least); /* D10 */
        flags[i] = flag;
        any |= flag;
        i++;
    } while (i < count);
    return any;
}

static bool is_event(const struct search *scan, uint32_t row, uint32_t col)
{
    const uint32_t at = row * scan->frame->n_cols + col;
    return (scan->uses_maps || is_over_median(scan, at)) && !is_masked(scan, at) &&
           wins(scan, row, col);
}

static uint8_t flags_of(const struct search *scan, uint32_t at)
{
    const struct sxi_find *ctx = scan->ctx;
    const uint16_t *centre = scan->frame->pixels + at;
    const uint32_t saturation = ctx->saturation == 0U ? UINT32_MAX : ctx->saturation;
    uint32_t flags = ctx->offset != NULL && !scan->uses_maps ? SXI_FIND_FALLBACK : 0U;
    if (*centre >= saturation) {
        flags |= SXI_FIND_SATURATED_CENTRE;
    }
    for (uint32_t k = 0; k < SXI_FEE_WINDOW_PIXELS; k++) {
        if (centre[scan->window[k]] >= saturation) {
            flags |= SXI_FIND_SATURATED_WINDOW;
        }
        if (is_masked(scan, at + (uint32_t)scan->window[k])) {
            flags |= SXI_FIND_MASKED_NEAR;
        }
    }
    return (uint8_t)flags;
}

static void take_event(const struct search *scan, uint32_t row, uint32_t col)
{
    struct sxi_find *ctx = scan->ctx;
    if (ctx->n_events >= ctx->limit || ctx->n_events >= scan->out_len) {
        ctx->n_dropped++;
        return;
    }
    const uint32_t at = row * scan->frame->n_cols + col;
    struct sxi_event *event = &scan->out[ctx->n_events];
    event->row = (uint16_t)row;
    event->col = (uint16_t)col;
    for (uint32_t k = 0; k < SXI_FEE_WINDOW_PIXELS; k++) {
        event->pixels[k] = scan->frame->pixels[at + (uint32_t)scan->window[k]];
    }
    if (scan->flags != NULL) {
        scan->flags[ctx->n_events] = flags_of(scan, at);
    }
    ctx->n_events++;
}

/* The count pixels, 1..TILE, from (row, col) on, which lie in one segment. */
static void scan_tile(const struct search *scan, uint32_t row, uint32_t col, uint32_t count)
{
    const struct sxi_find *ctx = scan->ctx;
    const uint32_t at = row * scan->frame->n_cols + col;
    const uint16_t *samples = scan->frame->pixels + at;
    uint16_t flags[TILE];
    uint16_t any;
    if (scan->uses_maps) {
        const struct measure by = {
            .offset = ctx->offset + at,
            .noise = ctx->noise == NULL ? samples : ctx->noise + at, /* any, times 0 */
            .sigmas_q4 = ctx->noise == NULL ? 0U : ctx->sigmas_q4,
            .common = common_of(scan, row, col),
            .threshold = (int32_t)(scan->threshold << FRACTION),
        };
        any = flag_maps(samples, &by, count, flags);
    } else {
        any = flag_median(samples, scan->frame->n_cols, (uint16_t)scan->threshold, count, flags);
    }
    if (any == 0U) {
        return;
    }
    uint32_t i = 0;
    do {
        if (flags[i] != 0U && is_event(scan, row, col + i)) {
            take_event(scan, row, col + i);
        }
        i++;
    } while (i < count);
}

static void scan_row(struct search *scan, uint32_t row)
{
    const struct sxi_find *ctx = scan->ctx;
    const uint32_t end = scan->frame->n_cols - MARGIN;
    scan->threshold = ctx->row_threshold == NULL ? ctx->threshold : ctx->row_threshold[row];
    scan->uses_maps = ctx->offset != NULL && !falls_back(ctx, row);
    uint32_t col = MARGIN;
    do {
        const uint32_t next = smaller((col | (TILE - 1U)) + 1U, end);
        scan_tile(scan, row, col, next - col);
        col = next;
    } while (col < end);
}

static enum sxi_status check(const struct sxi_find *ctx, const struct sxi_frame *frame,
                             const struct sxi_event *out, uint32_t out_len)
{
    if (ctx == NULL || frame == NULL || frame->pixels == NULL || (out == NULL && out_len > 0U)) {
        return SXI_STATUS_PARAM;
    }
    if (frame->n_rows > MAX_SIDE || frame->n_cols > MAX_SIDE || out_len > INT32_MAX) {
        return SXI_STATUS_PARAM;
    }
    return ctx->window_order > SXI_WINDOW_SIMULATOR || ctx->ties > SXI_FIND_RASTER
               ? SXI_STATUS_PARAM
               : SXI_STATUS_OK;
}

int32_t sxi_find_events(struct sxi_find *ctx, const struct sxi_frame *frame, struct sxi_event *out,
                        uint8_t *flags, uint32_t out_len)
{
    const enum sxi_status status = check(ctx, frame, out, out_len);
    if (status != SXI_STATUS_OK) {
        return (int32_t)status;
    }
    ctx->n_events = 0;
    ctx->n_dropped = 0;
    if (frame->n_rows < SIDE || frame->n_cols < SIDE) {
        return 0;
    }
    struct search scan = {.ctx = ctx, .frame = frame, .out = out, .flags = flags, .out_len = out_len};
    const int32_t n_cols = (int32_t)frame->n_cols;
    scan.n_segments = (frame->n_cols + TILE - 1U) >> SEGMENT_SHIFT;
    uint32_t k = 0;
    for (int32_t outer = -MARGIN; outer <= MARGIN; outer++) {
        for (int32_t inner = -MARGIN; inner <= MARGIN; inner++) {
            const bool is_raster = ctx->window_order == SXI_WINDOW_RASTER;
            scan.window[k] = is_raster ? outer * n_cols + inner : inner * n_cols - outer;
            k++;
        }
    }
    for (uint32_t row = MARGIN; row + MARGIN < frame->n_rows; row++) {
        scan_row(&scan, row);
    }
    return (int32_t)ctx->n_events;
}
