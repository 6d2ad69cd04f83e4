/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include <stddef.h>

#include "rows_common.h"
#include "rows_take.h"

/* Values to samples: what rows_lines.c does, undone. */

enum { MARGIN = 2048 };

/* The sample that a prediction and a value of steps make. */
static inline uint16_t sample_near(uint32_t predicted, uint32_t value, uint32_t step)
{
    const uint32_t steps = ((value + 1U) >> 1) * step;
    const int32_t size = (int32_t)steps;
    const int32_t sum = (int32_t)predicted + ((value & 1U) != 0U ? -size : size);
    /* uncovered object 0245: what goes down stays below */
    const int32_t within = sum < ROWS_MOST ? sum : ROWS_MOST;
    return (uint16_t)(within > 0 ? within : 0); /* D14 */
}

static inline uint16_t sample_of(uint32_t predicted, uint32_t value, uint32_t step)
{
    if (step > 1U) {
        return sample_near(predicted, value, step);
    }
    return (uint16_t)((predicted + ((value >> 1) ^ (0U - (value & 1U)))) & (uint32_t)ROWS_MOST);
}

/* Values to samples, in place, where all columns are alike. */
static void restore_even(uint16_t *x, uint32_t n, uint32_t predicted, uint32_t step)
{
    if (step == 1U) {
        for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
            x[i] = sample_of(predicted, x[i], 1);
        }
        return;
    }
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
        x[i] = sample_near(predicted, x[i], step);
    }
}

/* With the model's columns. Where the base is not near the ends, no prediction is; then the sum
 * needs no more than 16 bits. */
static void restore_columns(const int16_t *columns, uint16_t *x, uint32_t n, uint32_t base,
                            uint32_t step)
{
    const uint32_t eighths = 2U * base + 4U;
    if (step == 1U && eighths >= 2U * MARGIN && eighths < 8U * ROWS_MOST - 2U * MARGIN) {
        const uint32_t whole = (eighths - MARGIN) / 8U;
        const uint16_t part = (uint16_t)(MARGIN + eighths % 8U);
        for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
            const uint16_t off = (uint16_t)((uint32_t)part + (uint16_t)columns[i]);
            x[i] = sample_of(whole + ((uint32_t)off >> 3), x[i], 1);
        }
        return;
    }
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
        x[i] = sample_of(rows_predict(base, columns[i]), x[i], step);
    }
}

static void restore_west(uint16_t *x, uint32_t n, uint32_t first, uint32_t step)
{
    uint32_t before = first;
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
        x[i] = sample_of(before, x[i], step);
        before = x[i];
    }
}

static void restore_mean(uint16_t *x, const uint16_t *above, uint32_t n, uint32_t step)
{
    uint32_t before = sample_of(above[0], x[0], step);
    x[0] = (uint16_t)before;
    for (uint32_t i = 1; i < n; i++) {
        x[i] = sample_of((before + above[i]) >> 1, x[i], step);
        before = x[i];
    }
}

void rows_restore(const struct sxi_rows_decoder *ctx, const struct sxi_rows_packet *p, uint16_t *x,
                  uint32_t n, const uint16_t *above)
{
    const uint32_t step = 2U * p->near_lossless + 1U;
    if (p->predictor == SXI_ROWS_COLUMN) {
        if (p->kind == SXI_ROWS_GROUPED && ctx->has_columns != 0U) {
            restore_columns(ctx->columns + p->first % p->cols, x, n, p->base, step);
        } else {
            restore_even(x, n, rows_predict(p->base, 0), step);
        }
    } else if (above == NULL) {
        restore_west(x, n, p->base >> 2, step);
    } else if (p->predictor == SXI_ROWS_WEST) {
        restore_west(x, n, above[0], step);
    } else {
        restore_mean(x, above, n, step);
    }
}
