/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/maps.h"

#include <stdbool.h>
#include <stddef.h>

#include "machine.h"

enum {
    FRACTION_BITS = 8,
    MAX_16 = 65535,
    QUANTILE = 248, /* /256: the 2/3 quantile of |x| is 0.9674 sigma */
    SEGMENT_SHIFT = 3
};

/* One row of the maps. */
struct row {
    uint32_t *offset;
    uint16_t *noise;
    int32_t *common;
    uint32_t number;
    uint32_t n_cols;
    uint32_t n_segments;
};

/* How far the pixels of a segment go in this frame [ADU/256]. */
struct steps {
    int32_t common; /* part of the residual that is not theirs */
    int32_t move;   /* of all offsets */
    int32_t offset;
    int32_t outlier;
    int32_t noise;
    int32_t noise_outlier;
    int32_t noise_min;
};

static uint32_t segments(const struct sxi_maps *ctx)
{
    return (ctx->n_cols + SXI_COMMON_SEGMENT - 1U) / SXI_COMMON_SEGMENT;
}

static bool has_room(const struct sxi_maps *ctx)
{
    return ctx->n_rows > 0U && ctx->n_rows <= SXI_MAPS_ROWS && ctx->n_cols > 0U &&
           ctx->n_cols <= SXI_COMMON_COLS && ctx->pixels_room >= ctx->n_rows * ctx->n_cols &&
           ctx->common_room >= ctx->n_rows * segments(ctx) && ctx->rows_room >= ctx->n_rows;
}

static bool has_memory(const struct sxi_maps *ctx)
{
    return ctx->offset != NULL && ctx->noise != NULL && ctx->common != NULL &&
           ctx->row_state != NULL && ctx->row_age != NULL && ctx->row_good != NULL &&
           ctx->row_check != NULL;
}

static bool is_valid(const struct sxi_maps *ctx)
{
    return ctx != NULL && has_memory(ctx) && has_room(ctx) && ctx->clip > 0U &&
           ctx->clip <= MAX_16 && ctx->start_step <= MAX_16 && ctx->start_frames <= MAX_16 &&
           ctx->fine_step <= MAX_16 && ctx->outlier_shift <= SXI_MAPS_SHIFT &&
           ctx->level_shift <= SXI_MAPS_SHIFT && ctx->drift_limit <= MAX_16 &&
           ctx->good_frames <= MAX_16 && ctx->noise_start <= MAX_16 && ctx->noise_min <= MAX_16;
}

static struct row row_at(const struct sxi_maps *ctx, uint32_t number)
{
    const uint32_t n = segments(ctx);
    const struct row row = {.offset = ctx->offset + number * ctx->n_cols,
                            .noise = ctx->noise + number * ctx->n_cols,
                            .common = ctx->common + number * n,
                            .number = number,
                            .n_cols = ctx->n_cols,
                            .n_segments = n};
    return row;
}

static uint32_t check_of(const struct row *row)
{
    uint32_t offsets = 0;
    uint32_t noises = 0;
    for (uint32_t col = 0; col < row->n_cols; col++) { /* uncovered object*4 018d: n_cols > 0 */
        offsets ^= row->offset[col];
        noises ^= row->noise[col];
    }
    return ~(offsets ^ (noises << 16));
}

/* v / 2^shift, towards zero. */
static int32_t scaled(int32_t v, uint32_t shift)
{
    const uint32_t size = v < 0 ? 0U - (uint32_t)v : (uint32_t)v;
    const uint32_t part = size >> shift;
    return v < 0 ? -(int32_t)part : (int32_t)part;
}

static int32_t clamp(int32_t v, int32_t low, int32_t high)
{
    const int32_t above = v < low ? low : v;
    return above > high ? high : above;
}

static uint16_t one_more(uint16_t count)
{
    return (uint16_t)(count < SXI_MAPS_AGE ? count + 1U : count);
}

/* Where a pixel goes, one after the other, for a machine without vectors. What is rare is asked
 * last: offsets and noises at their ends. */
static void follow_serially(const uint16_t *samples, uint32_t *offset, uint16_t *noise, uint32_t n,
                            const struct steps *steps)
{
    const struct steps s = *steps;
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
        const uint32_t kept = offset[i] > SXI_OFFSET_MAX ? SXI_OFFSET_MAX : offset[i];
        const int32_t sigma = noise[i];
        const int32_t residual = ((int32_t)samples[i] << FRACTION_BITS) - (int32_t)kept - s.common;
        int32_t moved = (int32_t)kept + s.move;
        int32_t size = residual;
        int32_t step = s.offset;
        int32_t noise_step = s.noise;
        if (residual < 0) {
            size = -residual;
        }
        if (size > SXI_MAPS_CLIP * sigma) {
            step = s.outlier;
            noise_step = s.noise_outlier;
        }
        if (residual < 0) {
            moved -= step;
        } else if (residual > 0) {
            moved += step;
        } else {
            /* it is where it should be */
        }
        if ((uint32_t)moved > SXI_OFFSET_MAX) {
            moved = clamp(moved, 0, SXI_OFFSET_MAX);
        }
        offset[i] = (uint32_t)moved;
        int32_t noisy = sigma - noise_step;
        if (size > ((sigma * QUANTILE) >> FRACTION_BITS)) {
            noisy = sigma + 2 * noise_step;
        }
        const int32_t above = noisy - s.noise_min;
        const int32_t most = MAX_16 - s.noise_min;
        if ((uint32_t)above > (uint32_t)most) {
            noisy = clamp(noisy, s.noise_min, MAX_16);
        }
        noise[i] = (uint16_t)noisy;
    }
}

/* The same with no branch and no aliases, so that it becomes vectors. */
static void follow_at_once(const uint16_t *restrict samples, uint32_t *restrict offset, /* D10 */
                           uint16_t *restrict noise, uint32_t n, const struct steps *steps) /* D10 */
{
    const struct steps s = *steps;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t kept = offset[i] > SXI_OFFSET_MAX ? SXI_OFFSET_MAX : offset[i];
        const int32_t known = (int32_t)kept;
        const int32_t sigma = noise[i];
        const int32_t residual = ((int32_t)samples[i] << FRACTION_BITS) - known - s.common;
        const int32_t size = residual < 0 ? -residual : residual;
        const bool is_outlier = size > SXI_MAPS_CLIP * sigma;
        const int32_t step = is_outlier ? s.outlier : s.offset;
        const int32_t up = residual > 0 ? step : 0;
        const int32_t down = residual < 0 ? step : 0;
        offset[i] = (uint32_t)clamp(known + s.move + up - down, 0, SXI_OFFSET_MAX);
        const int32_t noise_step = is_outlier ? s.noise_outlier : s.noise;
        const bool is_above = size > ((sigma * QUANTILE) >> FRACTION_BITS);
        const int32_t change = is_above ? 2 * noise_step : -noise_step;
        noise[i] = (uint16_t)clamp(sigma + change, s.noise_min, MAX_16);
    }
}

static void follow_segment(const uint16_t *samples, uint32_t *offset, uint16_t *noise, uint32_t n,
                           const struct steps *steps)
{
    if (WORD_BITS == 32) {
        follow_serially(samples, offset, noise, n, steps);
    } else {
        follow_at_once(samples, offset, noise, n, steps);
    }
}

/* A step as small as outliers make it; one that is not 0 stays so. */
static uint32_t distrusted(uint32_t step, uint32_t shift)
{
    return (step + (1U << shift) - 1U) >> shift;
}

/* The steps of a row of this age, which is not 0. */
static struct steps steps_at(const struct sxi_maps *ctx, uint32_t age)
{
    const bool starts = age < ctx->start_frames;
    const uint32_t late = ctx->start_step * ctx->start_frames / age;
    const uint32_t later = late < ctx->fine_step ? ctx->fine_step : late;
    const uint32_t step = starts ? ctx->start_step : later;
    const uint32_t noise = (step + 1U) / 2U;
    const uint32_t shift = starts ? 0U : ctx->outlier_shift;
    const struct steps steps = {.offset = (int32_t)step,
                                .outlier = (int32_t)distrusted(step, shift),
                                .noise = (int32_t)noise,
                                .noise_outlier = (int32_t)distrusted(noise, shift),
                                .noise_min = (int32_t)ctx->noise_min};
    return steps;
}

static void start_row(struct sxi_maps *ctx, const struct row *row, const struct sxi_frame *line)
{
    for (uint32_t col = 0; col < row->n_cols; col++) { /* uncovered object 018d: n_cols > 0 */
        row->offset[col] = 0;
        row->noise[col] = (uint16_t)ctx->noise_start;
    }
    (void)sxi_common_rows(line, row->offset, MAX_16, row->common, row->n_segments); /* D14 */
    for (uint32_t col = 0; col < row->n_cols; col++) {
        row->offset[col] = (uint32_t)row->common[col / SXI_COMMON_SEGMENT];
    }
    for (uint32_t i = 0; i < row->n_segments; i++) { /* uncovered object e6cc: n_segments > 0 */
        row->common[i] = 0;
    }
    ctx->row_state[row->number] = SXI_MAPS_ROW_LOCAL;
    ctx->row_good[row->number] = 0;
    ctx->row_age[row->number] = 1;
    ctx->n_started++;
}

/* Move the maps of a row towards a line, and its common modes back by what the maps moved.
 * far: the level is taken at once. */
static void move_row(const struct sxi_maps *ctx, const struct row *row,
                     const struct sxi_frame *line, int32_t level, bool far)
{
    struct steps steps = steps_at(ctx, ctx->row_age[row->number]);
    for (uint32_t i = 0; i < row->n_segments; i++) { /* uncovered object*2 e6cc: n_segments > 0 */
        const uint32_t col = i * SXI_COMMON_SEGMENT;
        const uint32_t left = row->n_cols - col;
        const int32_t common = row->common[i];
        const int32_t slow = scaled(level, ctx->level_shift) +
                             scaled(common - level, ctx->level_shift + SEGMENT_SHIFT);
        steps.common = common;
        steps.move = far ? common : slow;
        follow_segment(line->pixels + col, row->offset + col, row->noise + col, /* D14 */
                       left < SXI_COMMON_SEGMENT ? left : SXI_COMMON_SEGMENT, &steps);
        row->common[i] = common - steps.move;
    }
    ctx->row_age[row->number] = one_more(ctx->row_age[row->number]);
}

static void follow_row(const struct sxi_maps *ctx, const struct row *row,
                       const struct sxi_frame *line)
{
    const uint32_t number = row->number;
    (void)sxi_common_rows(line, row->offset, ctx->clip, row->common, row->n_segments); /* D14 */
    int32_t sum = 0;
    for (uint32_t i = 0; i < row->n_segments; i++) { /* uncovered object e6cc: n_segments > 0 */
        sum += row->common[i];
    }
    const int32_t level = sum / (int32_t)row->n_segments; /* D16 */
    const int32_t limit = (int32_t)(ctx->drift_limit << FRACTION_BITS);
    const bool far = level > limit || level < -limit; /* uncovered object cb90: of no segments */
    if (far) {
        const bool once = ctx->row_state[number] == SXI_MAPS_ROW_MAPS;
        ctx->row_state[number] = SXI_MAPS_ROW_LOCAL;
        ctx->row_good[number] = 0;
        if (once) { /* a lost line, a track along the row: no reason to forget what was learned */
            return;
        }
    } else {
        ctx->row_good[number] = one_more(ctx->row_good[number]);
        if (ctx->row_good[number] >= ctx->good_frames) {
            ctx->row_state[number] = SXI_MAPS_ROW_MAPS;
        }
    }
    move_row(ctx, row, line, level, far);
}

/* Has the row learned, and not kept it? */
static bool is_upset(const struct sxi_maps *ctx, const struct row *row)
{
    /* uncovered object 69a1: asked once more where there are no columns */
    return ctx->row_age[row->number] != 0U && ctx->row_check[row->number] != check_of(row);
}

enum sxi_status sxi_maps_init(struct sxi_maps *ctx)
{
    if (!is_valid(ctx)) {
        return SXI_STATUS_PARAM;
    }
    for (uint32_t i = 0; i < ctx->n_rows; i++) { /* uncovered object d76a: n_rows > 0 */
        ctx->row_state[i] = SXI_MAPS_ROW_LOCAL;
        ctx->row_age[i] = 0;
        ctx->row_good[i] = 0;
        ctx->row_check[i] = 0;
    }
    ctx->n_local = ctx->n_rows;
    ctx->n_started = 0;
    ctx->n_upset = 0;
    return SXI_STATUS_OK;
}

enum sxi_status sxi_maps_seal(struct sxi_maps *ctx, uint32_t age)
{
    if (!is_valid(ctx) || age == 0U || age > SXI_MAPS_AGE) {
        return SXI_STATUS_PARAM;
    }
    for (uint32_t i = 0; i < ctx->n_rows; i++) { /* uncovered object d76a: n_rows > 0 */
        const struct row row = row_at(ctx, i);
        ctx->row_state[i] = SXI_MAPS_ROW_MAPS;
        ctx->row_age[i] = (uint16_t)age;
        ctx->row_good[i] = 0;
        ctx->row_check[i] = check_of(&row);
    }
    ctx->n_local = 0;
    return SXI_STATUS_OK;
}

int32_t sxi_maps_scrub(struct sxi_maps *ctx, uint32_t first, uint32_t n)
{
    if (!is_valid(ctx) || first > ctx->n_rows || n > ctx->n_rows - first) {
        return SXI_STATUS_PARAM;
    }
    uint32_t n_upset = 0;
    for (uint32_t i = first; i < first + n; i++) {
        const struct row row = row_at(ctx, i);
        if (is_upset(ctx, &row)) {
            ctx->row_state[i] = SXI_MAPS_ROW_LOCAL;
            ctx->row_age[i] = 0;
            n_upset++;
        }
    }
    ctx->n_upset += n_upset;
    return (int32_t)n_upset;
}

int32_t sxi_maps_update(struct sxi_maps *ctx, const struct sxi_frame *frame)
{
    if (!is_valid(ctx) || frame == NULL || frame->pixels == NULL ||
        frame->n_rows != ctx->n_rows || frame->n_cols != ctx->n_cols) {
        return SXI_STATUS_PARAM;
    }
    ctx->n_local = 0;
    ctx->n_started = 0;
    for (uint32_t i = 0; i < ctx->n_rows; i++) { /* uncovered object d76a: n_rows > 0 */
        const struct row row = row_at(ctx, i);
        const struct sxi_frame line = {frame->pixels + i * ctx->n_cols, 1, ctx->n_cols};
        const bool upset = is_upset(ctx, &row);
        if (upset) {
            ctx->n_upset++;
        }
        if (upset || ctx->row_age[i] == 0U) {
            start_row(ctx, &row, &line);
        } else {
            follow_row(ctx, &row, &line);
        }
        ctx->row_check[i] = check_of(&row);
        ctx->n_local += ctx->row_state[i] != SXI_MAPS_ROW_MAPS ? 1U : 0U;
    }
    return (int32_t)ctx->n_local;
}
