/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include <stddef.h>

#include "rows_common.h"

/* Bytes of the packets of n_rows rows, coded as the context says. */
static uint32_t bytes_of(struct sxi_rows *ctx, const uint16_t *samples, uint32_t n_rows,
                         uint8_t *out)
{
    const uint32_t rows = ctx->rows;
    uint32_t bytes = 0;
    ctx->rows = n_rows;
    for (uint32_t at = 0; at < n_rows * ctx->cols;) { /* uncovered object d56a: rows have samples */
        bytes += rows_put(ctx, samples, ctx->first_frame, at, out, &at);
    }
    ctx->rows = rows;
    return bytes;
}

/* Nothing tabulated. */
static void forget_table(struct sxi_rows *ctx)
{
    ctx->shift = ROWS_NO_TABLE;
    ctx->table = 0;
    for (uint32_t s = 0; s < HUFFMAN_SYMBOLS; s++) {
        ctx->counts[s] = 0;
        ctx->lengths[s] = 0;
    }
}

/* The table that a group would have, of kind GROUPED. */
static void make_table(struct sxi_rows *ctx, const uint16_t *samples, uint32_t n_rows)
{
    if (ctx->kind == SXI_ROWS_GROUPED) {
        rows_count(ctx, samples, n_rows);
        rows_set_lengths(ctx);
    }
}

int32_t sxi_rows_choose(struct sxi_rows *ctx, const uint16_t *samples, uint32_t n_rows,
                        uint8_t *out, uint32_t out_len)
{
    if (ctx == NULL || samples == NULL || out == NULL || !rows_params_good(ctx) || n_rows < 1U ||
        n_rows > 0xffffU) {
        return SXI_STATUS_PARAM;
    }
    if (out_len < ctx->packet_bytes) {
        return SXI_STATUS_ROOM;
    }
    if (ctx->has_model != 0U) {
        return SXI_STATUS_SEQUENCE;
    }
    const uint32_t kind = ctx->kind;
    uint32_t best = UINT32_MAX;
    uint32_t best_kind = kind;
    uint32_t best_predictor = SXI_ROWS_COLUMN;
    rows_set_columns(ctx);
    for (uint32_t way = 0; way < 5U; way++) {
        ctx->predictor = way < 3U ? way : (uint32_t)SXI_ROWS_COLUMN;
        ctx->kind = way == 3U ? SXI_ROWS_AEC : SXI_ROWS_RAW;
        ctx->kind = way < 3U ? kind : ctx->kind;
        make_table(ctx, samples, n_rows);
        const uint32_t bytes = bytes_of(ctx, samples, n_rows, out);
        forget_table(ctx);
        if (bytes < best) {
            best = bytes;
            best_kind = ctx->kind;
            best_predictor = ctx->predictor;
        }
    }
    ctx->kind = best_kind;
    ctx->predictor = best_predictor;
    return (int32_t)best;
}
