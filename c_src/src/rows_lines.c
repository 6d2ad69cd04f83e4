/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include <stddef.h>

#include "rows_common.h"

/* Samples to values: prediction, and what deviates from it. */

enum {
    TRIPLES = 1024, /* at most, for a base: sums stay within 32 bits */
    BASE_LINES = 4,
    EIGHTHS = 8,
    BEYOND = 5 /* values are taken up to so many times a mean that a few do not move */
};

/* 8 times sample i less its column's deviation, if there is one, from 0 on. */
static inline uint32_t eighths(const int16_t *columns, const uint16_t *x, uint32_t i)
{
    const uint32_t sample = (uint32_t)EIGHTHS * x[i] + ROWS_MAX_COLUMN;
    if (columns == NULL) {
        return sample;
    }
    const int32_t above = (int32_t)sample - columns[i];
    return (uint32_t)above;
}

/* The mean of medians of three samples far from each other, of a few lines; of three or more without
 * the highest and the lowest, as an injected line is. */
uint32_t rows_base(const struct sxi_rows *ctx, const struct rows_lines *lines)
{
    const int16_t *columns = lines->with_columns != 0U ? ctx->columns + lines->first_col : NULL;
    const uint32_t third = lines->n / 3U;
    const uint32_t n = third < TRIPLES ? third : TRIPLES;
    const uint32_t most = ctx->kind == SXI_ROWS_GROUPED ? BASE_LINES : 1U; /* packets are longer */
    const uint32_t n_lines = rows_smaller(lines->lines, most);
    const uint16_t *x = lines->samples;
    uint32_t sum = 0;
    uint32_t lowest = UINT32_MAX;
    uint32_t highest = 0;
    for (uint32_t line = 0; line < n_lines; line++) { /* uncovered object 243d: there is a line */
        uint32_t of_line = 0;
        for (uint32_t i = 0; i < n; i++) { /* D14 */
            of_line += rows_median(eighths(columns, x, i), eighths(columns, x, third + i),
                                   eighths(columns, x, 2U * third + i));
        }
        sum += of_line;
        lowest = rows_smaller(lowest, of_line);
        highest = highest > of_line ? highest : of_line;
        x += lines->n;
    }
    const bool some = n_lines > 2U;
    const uint32_t of_some = some ? sum - lowest - highest : sum;
    const uint32_t count = n * (some ? n_lines - 2U : n_lines);
    const uint32_t mean = n == 0U ? eighths(columns, x - lines->n, 0) /* D14 */
                                  : (of_some + count / 2U) / count;   /* D16 */
    if (mean <= ROWS_MAX_COLUMN) {
        return 0;
    }
    return rows_smaller((mean - ROWS_MAX_COLUMN + 1U) / 2U, 4U * ROWS_MOST + 3U);
}

/* How far the base of a group with large steps goes to the side [1/4 ADU]: off the middle of a
 * step, what lies above and below it is not alike, and neither are lengths of codes. A quarter of
 * a step, where that pays: normal spreads of 0.5 to 1.7 steps. */
static uint32_t aside_of(const struct sxi_rows *ctx)
{
    enum { LEAST = 102, LARGEST = 348 }; /* of 1/256 ADU, the spread being a mean of sizes */
    const uint32_t step = 2U * ctx->near_lossless + 1U;
    const bool pays = ctx->kind == SXI_ROWS_GROUPED && ctx->near_lossless > 0U &&
                      ctx->spread >= step * LEAST && ctx->spread <= step * LARGEST;
    return pays ? step : 0U;
}

void rows_begin(struct sxi_rows *ctx, struct rows_lines *lines)
{
    if (ctx->predictor != SXI_ROWS_COLUMN) {
        lines->base = 4U * lines->samples[0];
        return;
    }
    lines->base = rows_smaller(rows_base(ctx, lines) + aside_of(ctx), 4U * ROWS_MOST + 3U);
    for (uint32_t i = 0; i < lines->n; i++) { /* uncovered object 4660: a line has samples */
        const int32_t column = lines->with_columns != 0U ? ctx->columns[lines->first_col + i] : 0;
        ctx->above[i] = rows_predict(lines->base, column);
    }
}

static void values_of_columns(struct sxi_rows *ctx, const uint16_t *x, uint32_t n)
{
    const uint16_t *predicted = ctx->above;
    uint16_t *line = ctx->line;
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
        line[i] = rows_value(x[i], predicted[i]);
    }
}

static void values_of_west(struct sxi_rows *ctx, const uint16_t *x, uint32_t n, uint32_t before)
{
    uint16_t *line = ctx->line;
    line[0] = rows_value(x[0], before);
    for (uint32_t i = 1; i < n; i++) {
        line[i] = rows_value(x[i], x[i - 1U]);
    }
}

static void values_of_mean(struct sxi_rows *ctx, const uint16_t *x, const uint16_t *above,
                           uint32_t n)
{
    uint16_t *line = ctx->line;
    line[0] = rows_value(x[0], above[0]);
    for (uint32_t i = 1; i < n; i++) {
        line[i] = rows_value(x[i], ((uint32_t)x[i - 1U] + above[i]) >> 1);
    }
}

/* The same within an error; above holds what a decoder has of the line before, or predictions,
 * and becomes what it has of this one. */
static void values_near(struct sxi_rows *ctx, const struct rows_lines *lines, const uint16_t *x,
                        uint32_t first)
{
    const uint32_t m = ctx->near_lossless;
    const uint32_t reciprocal = UINT32_MAX / (2U * m + 1U) + 1U;
    uint32_t before = 0;
    for (uint32_t i = 0; i < lines->n; i++) { /* uncovered object 4660: a line has samples */
        uint32_t predicted = ctx->above[i];
        /* uncovered object bd0d: gcc asks again what it knows */
        if (ctx->predictor != SXI_ROWS_COLUMN) {
            if (i == 0U) {
                predicted = first != 0U ? lines->base >> 2 : ctx->above[0];
            } else if (ctx->predictor == SXI_ROWS_WEST || first != 0U) {
                predicted = before;
            } else {
                predicted = (before + ctx->above[i]) >> 1;
            }
        }
        const bool below = x[i] < predicted;
        const uint32_t size = below ? predicted - x[i] : x[i] - predicted;
        const uint64_t rounded = (uint64_t)size + m;
        const uint32_t steps = (uint32_t)((rounded * reciprocal) >> 32);
        ctx->line[i] = (uint16_t)(below && steps > 0U ? 2U * steps - 1U : 2U * steps);
        if (ctx->predictor != SXI_ROWS_COLUMN) {
            const uint32_t change = steps * (2U * m + 1U);
            before = below ? predicted - rows_smaller(change, predicted)
                           : rows_smaller(predicted + change, ROWS_MOST);
            ctx->above[i] = (uint16_t)before;
        }
    }
}

void rows_values(struct sxi_rows *ctx, const struct rows_lines *lines, uint32_t i)
{
    const uint32_t n = lines->n;
    const uint16_t *x = lines->samples + (uint64_t)i * n;
    if (ctx->near_lossless != 0U) {
        values_near(ctx, lines, x, i == 0U ? 1U : 0U);
    } else if (ctx->predictor == SXI_ROWS_COLUMN) {
        values_of_columns(ctx, x, n);
    } else if (i == 0U) {
        values_of_west(ctx, x, n, lines->base >> 2);
    } else if (ctx->predictor == SXI_ROWS_WEST) {
        values_of_west(ctx, x, n, (x - n)[0]);
    } else {
        values_of_mean(ctx, x, x - n, n);
    }
}

uint32_t rows_sum(const uint16_t *values, uint32_t n)
{
    const uint32_t third = n / 3U;
    const uint32_t some = third < TRIPLES ? third : TRIPLES;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < some; i++) { /* D14 */
        sum += rows_median(values[i], values[third + i], values[2U * third + i]);
    }
    const uint32_t most = some == 0U ? ROWS_MOST : BEYOND * (sum / some + 1U); /* D14 */
    sum = 0;
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
        sum += rows_smaller(values[i], most);
    }
    return sum;
}
