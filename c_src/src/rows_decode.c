/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include <stddef.h>

#include "rows_common.h"
#include "rows_take.h"
#include "sxi/aec.h"

enum sxi_status sxi_rows_load_model(struct sxi_rows_decoder *ctx, const uint8_t *data, /* D15 */
                                    uint32_t len)
{
    struct sxi_rows_packet p;
    if (ctx == NULL) {
        return SXI_STATUS_PARAM;
    }
    enum sxi_status status = sxi_rows_parse(&p, data, len);
    if (status != SXI_STATUS_OK) {
        return status;
    }
    if (p.kind != SXI_ROWS_MODEL) {
        return SXI_STATUS_FORMAT;
    }
    const uint32_t end = p.length - SXI_ROWS_CRC_BYTES;
    if (end - p.body < ROWS_MODEL_START) {
        return SXI_STATUS_SHORT;
    }
    const uint32_t table = data[p.body];
    const uint32_t shift = data[p.body + 1U];
    const bool with_columns = table != ROWS_NO_TABLE;
    uint32_t at = p.body + ROWS_MODEL_START;
    if ((with_columns && table >= HUFFMAN_TABLES) ||
        (shift != ROWS_NO_TABLE && shift > ROWS_MAX_SHIFT)) {
        return SXI_STATUS_FORMAT;
    }
    if (shift != ROWS_NO_TABLE) {
        if (end - at < ROWS_LENGTHS_BYTES) {
            return SXI_STATUS_SHORT;
        }
        if (!rows_lengths_good(data + at)) {
            return SXI_STATUS_FORMAT;
        }
        at += ROWS_LENGTHS_BYTES;
    }
    if (!with_columns && at < end) {
        return SXI_STATUS_FORMAT;
    }
    if (with_columns) {
        status = rows_take_columns(ctx, p.cols, table, data + at, end - at);
        if (status != SXI_STATUS_OK) {
            return status;
        }
    }
    ctx->has_model = 1;
    ctx->has_columns = with_columns ? 1U : 0U;
    ctx->model_id = p.model_id;
    ctx->cols = p.cols;
    ctx->shift = shift;
    ctx->table = ctx->table == ROWS_MODEL_IN_USE ? 0U : ctx->table;
    for (uint32_t s = 0; s < HUFFMAN_SYMBOLS; s++) {
        ctx->lengths[s] = 0;
    }
    if (shift != ROWS_NO_TABLE) {
        rows_load_lengths(data + p.body + ROWS_MODEL_START, ctx->lengths);
    }
    return SXI_STATUS_OK;
}

static enum sxi_status decode_aec(const struct sxi_rows_packet *p, const uint8_t *body,
                                  uint32_t len, uint16_t *out)
{
    static const struct sxi_aec coders[] = {
        {.bits = 16, .block_size = 8, .rsi = ROWS_AEC_RSI, .flags = SXI_AEC_PREPROCESS},
        {.bits = 16, .block_size = 16, .rsi = ROWS_AEC_RSI, .flags = SXI_AEC_PREPROCESS},
        {.bits = 16, .block_size = 32, .rsi = ROWS_AEC_RSI, .flags = SXI_AEC_PREPROCESS},
        {.bits = 16, .block_size = 64, .rsi = ROWS_AEC_RSI, .flags = SXI_AEC_PREPROCESS}};
    const int32_t n = sxi_aec_decode_u16(&coders[p->table], body, len, out, p->n_samples);
    if (n < 0) {
        return n == SXI_STATUS_SHORT ? SXI_STATUS_SHORT : SXI_STATUS_FORMAT;
    }
    const uint32_t step = 2U * p->near_lossless + 1U;
    /* uncovered object d39e: a packet has samples */
    for (uint32_t i = 0; i < p->n_samples && step > 1U; i++) {
        out[i] = out[i] <= ROWS_MOST / step ? (uint16_t)(out[i] * step) : (uint16_t)ROWS_MOST;
    }
    return SXI_STATUS_OK;
}

static enum sxi_status decode_raw(const struct sxi_rows_packet *p, const uint8_t *body,
                                  uint32_t len, uint16_t *out)
{
    if (len / 2U != p->n_samples || len % 2U != 0U) {
        return len / 2U < p->n_samples ? SXI_STATUS_SHORT : SXI_STATUS_FORMAT;
    }
    for (uint32_t i = 0; i < p->n_samples; i++) { /* uncovered object 8ccf: a packet has samples */
        out[i] = load16_be(body + (size_t)2U * i);
    }
    return SXI_STATUS_OK;
}

int32_t sxi_rows_decode(struct sxi_rows_decoder *ctx, const uint8_t *data, /* D15 */
                        uint32_t len, uint16_t *out, uint32_t out_len)
{
    struct sxi_rows_packet p;
    if (ctx == NULL || out == NULL) {
        return SXI_STATUS_PARAM;
    }
    enum sxi_status status = sxi_rows_parse(&p, data, len);
    if (status != SXI_STATUS_OK) {
        return (int32_t)status;
    }
    if (p.kind == SXI_ROWS_MODEL) {
        return SXI_STATUS_PARAM;
    }
    if (out_len < p.n_samples) {
        return SXI_STATUS_ROOM;
    }
    const uint8_t *body = data + p.body;
    const uint32_t body_len = p.length - SXI_ROWS_CRC_BYTES - p.body;
    if (p.kind == SXI_ROWS_RAW) {
        status = decode_raw(&p, body, body_len, out);
    } else if (p.kind == SXI_ROWS_AEC) {
        status = decode_aec(&p, body, body_len, out);
    } else if (p.kind == SXI_ROWS_GROUPED &&
               (ctx->has_model == 0U || ctx->model_id != p.model_id ||
                (ctx->has_columns != 0U && ctx->cols != p.cols) ||
                (p.table == ROWS_NO_TABLE && ctx->shift == ROWS_NO_TABLE))) {
        status = SXI_STATUS_SEQUENCE;
    } else {
        status = rows_take_lines(ctx, &p, body, body_len, out);
    }
    return status == SXI_STATUS_OK ? (int32_t)p.n_samples : (int32_t)status;
}
