/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include <stddef.h>

#include "aec_common.h"
#include "rows_common.h"

enum { MAX_ROWS = 255 };

/* Bits that are free. */
static inline uint32_t bits_left(const struct bit_writer *w)
{
    const ptrdiff_t bytes = w->end - w->out;
    return (uint32_t)bytes * 8U - w->pending;
}

void rows_use_table(struct sxi_rows *ctx, uint32_t table)
{
    const uint32_t number = rows_table_number(table);
    if (ctx->table == number) {
        return;
    }
    ctx->table = number;
    if (table == ROWS_NO_TABLE) {
        huffman_codes(ctx->lengths, ctx->codes);
        return;
    }
    huffman_bank_codes(huffman_bank_of(table), ctx->codes);
}

/* Bits of a value's code and of what follows it. */
static inline uint32_t value_bits(const uint32_t *codes, uint32_t value)
{
    if (value < HUFFMAN_DIRECT) {
        return codes[value] & 0xffU;
    }
    const uint32_t j = highest_bit(value - (HUFFMAN_DIRECT - 1U));
    return (codes[HUFFMAN_DIRECT + j] & 0xffU) + j;
}

/* Put the codes of four direct symbols, for which there is room. */
static inline void put_four(struct bit_writer *w, const uint32_t *codes, const uint32_t *v)
{
    const uint32_t a = codes[v[0]];
    const uint32_t b = codes[v[1]];
    const uint32_t c = codes[v[2]];
    const uint32_t d = codes[v[3]];
    const uint32_t first = ((a >> HUFFMAN_CODE_SHIFT) << (b & 0xffU)) | (b >> HUFFMAN_CODE_SHIFT);
    const uint32_t last = ((c >> HUFFMAN_CODE_SHIFT) << (d & 0xffU)) | (d >> HUFFMAN_CODE_SHIFT);
    const uint32_t last_bits = (c + d) & 0xffU;
    put_bits(w, ((uintptr_t)first << last_bits) | last, ((a + b) & 0xffU) + last_bits);
}

/* Put the codes of n values, for which there is room whatever they are. */
static inline void put_roomy(struct bit_writer *writer, const uint32_t *codes,
                             const uint16_t *values, uint32_t n, uint32_t shift)
{
    enum { TO_64 = 64 - HUFFMAN_DIRECT };
    struct bit_writer w = *writer; /* in registers */
    uint32_t i = 0;
    for (; WORD_BITS == 64 && i + 4U <= n; i += 4U) {
        const uint32_t v[4] = {(uint32_t)values[i] >> shift, (uint32_t)values[i + 1U] >> shift,
                               (uint32_t)values[i + 2U] >> shift,
                               (uint32_t)values[i + 3U] >> shift};
        if (((v[0] + TO_64) | (v[1] + TO_64) | (v[2] + TO_64) | (v[3] + TO_64)) < 64U) {
            put_four(&w, codes, v);
            continue;
        }
        for (uint32_t j = 0; j < 4U; j++) {
            huffman_put(&w, codes, v[j]);
        }
    }
    for (; i < n; i++) {
        huffman_put(&w, codes, (uint32_t)values[i] >> shift);
    }
    *writer = w;
}

/* Put codes of n values without their low bits, as many as fit; how many. */
static uint32_t put_codes(struct bit_writer *w, const uint32_t *codes, const uint16_t *values,
                          uint32_t n, uint32_t shift)
{
    uint32_t i = 0;
    while (i < n) {
        const uint32_t roomy = bits_left(w) / ROWS_MAX_VALUE_BITS;
        const uint32_t count = roomy < n - i ? roomy : n - i;
        put_roomy(w, codes, values + i, count, shift);
        i += count;
        if (count == 0U) {
            const uint32_t value = (uint32_t)values[i] >> shift;
            if (value_bits(codes, value) > bits_left(w)) {
                return i;
            }
            huffman_put(w, codes, value);
            i++;
        }
    }
    return n;
}

/* Put the low bits of n values, for which there is room. */
static void put_low_bits(struct bit_writer *writer, const uint16_t *values, uint32_t n,
                         uint32_t shift)
{
    struct bit_writer w = *writer;
    const uint32_t mask = ((uint32_t)1 << shift) - 1U;
    uint32_t i = 0;
    if (WORD_BITS == 64 && shift > 0U) {
        for (; i + 4U <= n; i += 4U) {
            const uintptr_t first = ((values[i] & mask) << shift) | (values[i + 1U] & mask);
            const uintptr_t last = ((values[i + 2U] & mask) << shift) | (values[i + 3U] & mask);
            put_bits(&w, (first << (2U * shift)) | last, 4U * shift);
        }
    }
    for (; i < n && shift > 0U; i++) { /* uncovered object c31a: n > 0 */
        put_bits(&w, values[i] & mask, shift);
    }
    *writer = w;
}

bool rows_put_line(struct bit_writer *w, const uint32_t *codes, const uint16_t *values, uint32_t n,
                   uint32_t shift)
{
    const struct bit_writer before = *w;
    if (put_codes(w, codes, values, n, shift) < n || n * shift > bits_left(w)) {
        *w = before;
        return false;
    }
    put_low_bits(w, values, n, shift);
    return true;
}

/* How many of the values fit so many bits. */
static uint32_t values_within(const uint32_t *codes, const uint16_t *values, uint32_t n,
                              uint32_t shift, uint32_t bits)
{
    uint32_t used = 0;
    uint32_t within = 0;
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
        used += value_bits(codes, (uint32_t)values[i] >> shift) + shift;
        within += used <= bits ? 1U : 0U;
    }
    return within;
}

/* A packet under way. */
struct job {
    struct sxi_rows_packet packet;
    struct rows_lines lines; /* from its first sample on: rows, or the rest of one */
    uint8_t *out;
};

static inline uint32_t room_of(const struct sxi_rows *ctx, const struct job *job)
{
    return ctx->packet_bytes - SXI_ROWS_CRC_BYTES - rows_header_bytes(&job->packet);
}

/* Whole rows of the frame that are left, as far as a packet may have them. */
static inline uint32_t rows_left(const struct job *job)
{
    const uint32_t rows = job->lines.first_col == 0U ? job->lines.lines : 0U;
    return rows < MAX_ROWS ? rows : (uint32_t)MAX_ROWS;
}

/* What follows puts a body, and what the header has to say of it; returns its bytes. */

/* Samples as they are: rows, or a piece of one. */
static uint32_t put_raw(const struct sxi_rows *ctx, struct job *job)
{
    struct sxi_rows_packet *p = &job->packet;
    p->kind = SXI_ROWS_RAW;
    p->predictor = 0;
    p->near_lossless = 0;
    p->table = 0;
    p->base = 0;
    p->n_samples = ctx->cols; /* uncovered object 5704: whole rows are no piece */
    const uint32_t fit = room_of(ctx, job) / 2U / ctx->cols;
    const uint32_t rows = rows_left(job);
    p->n_samples = (fit < rows ? fit : rows) * ctx->cols;
    if (p->n_samples == 0U) {
        p->n_samples = 1;
        const uint32_t most = room_of(ctx, job) / 2U;
        p->n_samples = most < job->lines.n ? most : job->lines.n;
    }
    uint8_t *body = job->out + rows_header_bytes(p);
    for (uint32_t i = 0; i < p->n_samples; i++) { /* uncovered object 8ccf: a packet has samples */
        store16_be(body + (size_t)2U * i, job->lines.samples[i]);
    }
    return 2U * p->n_samples;
}

static inline struct bit_writer writer_of(const struct sxi_rows *ctx, const struct job *job)
{
    const struct bit_writer w = {.out = job->out + rows_header_bytes(&job->packet),
                                 .end = job->out + ctx->packet_bytes - SXI_ROWS_CRC_BYTES};
    return w;
}

/* Lines of codes; 0 where not even one fits. Their table is chosen by the first. */
static uint32_t put_lines(struct sxi_rows *ctx, struct job *job)
{
    struct sxi_rows_packet *p = &job->packet;
    const uint32_t rows = rows_left(job);
    const uint32_t most = rows > 0U ? rows : 1U;
    p->n_samples = job->lines.n;
    struct bit_writer w = writer_of(ctx, job);
    const uint32_t shift = rows_shift(p->table, ctx->shift);
    uint32_t n = 0;
    uint32_t likely = 0; /* bits of a row that is a little shorter than the last */
    for (bool fits = true; n < most && fits && likely <= bits_left(&w);) {
        const uint32_t left = bits_left(&w);
        if (n > 0U) {
            rows_values(ctx, &job->lines, n);
        }
        fits = rows_put_line(&w, ctx->codes, ctx->line, job->lines.n, shift);
        if (fits) {
            const uint32_t taken = left - bits_left(&w);
            likely = taken - taken / 8U;
            n++;
        }
    }
    p->n_samples = n * job->lines.n;
    return n == 0U ? 0U : flush_bits(&w, job->out + rows_header_bytes(p));
}

/* As much of the first line as fits. */
static uint32_t put_piece(struct sxi_rows *ctx, struct job *job)
{
    struct sxi_rows_packet *p = &job->packet;
    p->n_samples = 1; /* a piece has a longer header */
    const uint32_t shift = rows_shift(p->table, ctx->shift);
    p->n_samples =
        values_within(ctx->codes, ctx->line, job->lines.n, shift, 8U * room_of(ctx, job));
    struct bit_writer w = writer_of(ctx, job);
    const uint8_t *body = w.out;
    (void)rows_put_line(&w, ctx->codes, ctx->line, p->n_samples, shift);
    return flush_bits(&w, body);
}

/* The table of the bank for a packet: by its first line, whose values are at hand and stay so, or
 * by the second where the first is predicted in another way. */
static uint32_t table_of_lines(struct sxi_rows *ctx, const struct rows_lines *lines)
{
    const bool by_second = ctx->predictor == SXI_ROWS_MEAN && lines->lines > 1U;
    if (by_second) {
        rows_values(ctx, lines, 1);
    }
    const uint32_t table = huffman_table_for(rows_sum(ctx->line, lines->n), lines->n);
    if (by_second) {
        rows_values(ctx, lines, 0);
    }
    return table;
}

/* 0 where a row would be in pieces that need not be. */
static uint32_t put_predicted(struct sxi_rows *ctx, struct job *job)
{
    struct sxi_rows_packet *p = &job->packet;
    struct rows_lines *lines = &job->lines;
    lines->with_columns = p->kind == SXI_ROWS_GROUPED && ctx->has_columns != 0U ? 1U : 0U;
    rows_begin(ctx, lines);
    rows_values(ctx, lines, 0);
    p->predictor = ctx->predictor;
    p->near_lossless = ctx->near_lossless;
    p->base = lines->base;
    p->table = p->kind == SXI_ROWS_GROUPED && ctx->shift != ROWS_NO_TABLE
                   ? (uint32_t)ROWS_NO_TABLE
                   : table_of_lines(ctx, lines);
    p->model_id = ctx->model_id;
    rows_use_table(ctx, p->table);
    const uint32_t bytes = put_lines(ctx, job);
    /* uncovered object 9469: lines have bytes; where there is none it has code of its own */
    return bytes == 0U && rows_need_pieces(ctx) ? put_piece(ctx, job) : bytes;
}

/* Code n samples by CCSDS 121; bytes, or 0 where it does not fit. */
static uint32_t try_aec(struct sxi_rows *ctx, struct job *job, uint32_t n)
{
    const uint32_t m = ctx->near_lossless;
    const struct sxi_aec aec = {.bits = 16, .block_size = ctx->block_size, .rsi = ROWS_AEC_RSI,
                                .flags = SXI_AEC_PREPROCESS};
    const uint16_t *samples = job->lines.samples;
    if (m > 0U) {
        for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
            ctx->line[i] = (uint16_t)((samples[i] + m) / (2U * m + 1U));
        }
        samples = ctx->line;
    }
    job->packet.n_samples = n;
    ctx->table = 0; /* codes are what it works with */
    const int32_t bytes =
        aec_encode(&aec, samples, NULL, n, job->out + rows_header_bytes(&job->packet),
                   room_of(ctx, job), ctx->codes);
    return bytes < 0 ? 0U : (uint32_t)bytes;
}

/* 0 where not even one row fits. */
static uint32_t put_aec(struct sxi_rows *ctx, struct job *job)
{
    struct sxi_rows_packet *p = &job->packet;
    p->near_lossless = ctx->near_lossless;
    p->table = ctx->block_size == 8U ? 0U : ctx->block_size / 32U + 1U;
    uint32_t most = rows_left(job);
    if (ctx->near_lossless > 0U) {
        most = most < ctx->room / ctx->cols ? most : ctx->room / ctx->cols;
    }
    uint32_t rows = ctx->rows_before < most ? ctx->rows_before : most;
    uint32_t bytes = 0;
    /* uncovered object c5d2: a row at least is tried; where none may be it has code of its own */
    for (; rows > 0U && bytes == 0U; rows -= bytes == 0U ? 1U : 0U) {
        bytes = try_aec(ctx, job, rows * ctx->cols);
    }
    if (bytes > 0U) {
        const uint32_t left = room_of(ctx, job) - bytes;
        const uint32_t one = (ctx->packet_bytes - left) / rows;
        ctx->rows_before = rows + left / (one + 1U);
    }
    return bytes;
}

/* Would the same samples be shorter as they are? */
static bool raw_is_shorter(const struct sxi_rows_packet *p, uint32_t bytes)
{
    return 2U * p->n_samples < bytes + (p->kind == SXI_ROWS_GROUPED ? ROWS_ID_BYTES : 0U);
}

uint32_t rows_put(struct sxi_rows *ctx, const uint16_t *frame_samples, uint32_t frame,
                  uint32_t first, uint8_t *out, uint32_t *next)
{
    const uint32_t col = first % ctx->cols;
    struct job job = {
        .packet = {.kind = ctx->kind, .frames = ctx->frames, .frame = frame, .rows = ctx->rows,
                   .cols = ctx->cols, .first = first},
        .lines = {.samples = frame_samples + first, .n = ctx->cols - col,
                  .lines = col == 0U ? ctx->rows - first / ctx->cols : 1U, .first_col = col},
        .out = out};
    uint32_t bytes = 0;
    if (ctx->kind == SXI_ROWS_AEC) {
        bytes = put_aec(ctx, &job);
    } else if (ctx->kind != SXI_ROWS_RAW) {
        bytes = put_predicted(ctx, &job);
    } else {
        /* as they are */
    }
    /* uncovered object f2fe: a piece has bytes */
    if (bytes == 0U || raw_is_shorter(&job.packet, bytes)) {
        bytes = put_raw(ctx, &job);
    }
    *next = first + job.packet.n_samples;
    rows_open(&job.packet, out);
    return rows_close(&job.packet, bytes, out);
}

int32_t sxi_rows_encode(struct sxi_rows *ctx, const uint16_t *frame_samples,
                        uint32_t frame, uint32_t first, uint8_t *out, uint32_t out_len, uint32_t *next)
{
    if (ctx == NULL || frame_samples == NULL || out == NULL || next == NULL ||
        !rows_params_good(ctx)) {
        return SXI_STATUS_PARAM;
    }
    if (frame < ctx->first_frame || frame >= ctx->frames || first >= ctx->rows * ctx->cols ||
        (first % ctx->cols != 0U && !rows_need_pieces(ctx))) {
        return SXI_STATUS_PARAM;
    }
    if (ctx->kind == SXI_ROWS_GROUPED && ctx->has_model == 0U) {
        return SXI_STATUS_SEQUENCE;
    }
    if (out_len < ctx->packet_bytes) {
        return SXI_STATUS_ROOM;
    }
    return (int32_t)rows_put(ctx, frame_samples, frame, first, out, next);
}
