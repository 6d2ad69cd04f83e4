/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include <stddef.h>

#include "rows_common.h"

/* What a group of frames has in common: mean of each column, table of codes. */

enum {
    FINE = 256,       /* means in 1/256 ADU */
    MAX_STEP = 8,     /* a row moves a mean by at least 1/256 of how far it is from it */
    CLIP = 4,         /* and by no more than so many spreads would */
    FINEST_SPREAD = 64,
    BIAS = 0x2000000, /* keeps what is shifted positive: a multiple of all steps */
    EIGHTH = FINE / 8,
    SOME = 1024, /* columns: sums of so many stay within 32 bits */
    SAFE_TABLE = 51, /* of codes for a model's columns: 16 bits at most */
    SHIFT_ROWS = 3   /* whose spreads decide on low bits */
};

bool rows_params_good(const struct sxi_rows *ctx) /* D15 */
{
    const uint32_t size = ctx->block_size;
    if (ctx->frames < 1U || ctx->frames > SXI_ROWS_MAX_FRAMES ||
        ctx->first_frame >= ctx->frames || ctx->rows < 1U || ctx->rows > 0xffffU ||
        ctx->cols < 1U || ctx->cols > 0xffffU) {
        return false;
    }
    if (ctx->kind > SXI_ROWS_AEC || ctx->predictor > SXI_ROWS_MEAN ||
        ctx->near_lossless > SXI_ROWS_MAX_NEAR_LOSSLESS) {
        return false;
    }
    if (ctx->kind == SXI_ROWS_GROUPED && ctx->cols > SXI_ROWS_MAX_MODEL_COLS) {
        return false;
    }
    if (size != 8U && size != 16U && size != 32U && size != 64U) {
        return false;
    }
    return ctx->packet_bytes >= SXI_ROWS_MIN_PACKET_BYTES &&
           ctx->packet_bytes <= SXI_ROWS_MAX_PACKET_BYTES && ctx->room >= ctx->cols &&
           ctx->columns != NULL && ctx->means != NULL && ctx->line != NULL && ctx->above != NULL;
}

enum sxi_status sxi_rows_init(struct sxi_rows *ctx)
{
    if (ctx == NULL || !rows_params_good(ctx)) {
        return SXI_STATUS_PARAM;
    }
    ctx->learned = 0;
    ctx->spread = 0;
    ctx->has_model = 0;
    ctx->has_columns = 0;
    ctx->model_id = 0;
    ctx->shift = ROWS_NO_TABLE;
    ctx->table = 0;
    ctx->rows_before = ctx->packet_bytes / ctx->cols + 1U;
    for (uint32_t s = 0; s < HUFFMAN_SYMBOLS; s++) {
        ctx->counts[s] = 0;
        ctx->lengths[s] = 0;
        ctx->codes[s] = 0;
    }
    return SXI_STATUS_OK;
}

/* The first row: all means are its own, without what lies far off. */
static void learn_first(struct sxi_rows *ctx, const uint16_t *samples)
{
    const uint32_t n = ctx->cols;
    struct rows_lines lines = {.samples = samples, .n = n, .lines = 1};
    lines.base = rows_base(ctx, &lines);
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: there are columns */
        ctx->line[i] = rows_value(samples[i], (lines.base + 2U) >> 2);
        ctx->means[i] = (int32_t)(lines.base * (FINE / 4));
    }
    ctx->spread = rows_sum(ctx->line, n) / n * (FINE / 2);
}

/* Move means of n columns from `first` on toward a row, limited; the sum of moves. */
static uint32_t move_means(struct sxi_rows *ctx, const uint16_t *samples, uint32_t first,
                           uint32_t n, int32_t clip, uint32_t step)
{
    const uint32_t part_of_bias = (uint32_t)BIAS >> step;
    const int32_t bias = (int32_t)part_of_bias;
    uint32_t sum = 0;
    for (uint32_t i = first; i < first + n; i++) { /* uncovered object d1d4: n > 0 */
        const int32_t mean = ctx->means[i];
        const int32_t off = (int32_t)samples[i] * FINE - mean;
        const int32_t upper = off < clip ? off : clip;
        const int32_t moved = upper > -clip ? upper : -clip;
        const int32_t biased = moved + BIAS;
        const uint32_t part = (uint32_t)biased >> step;
        ctx->means[i] = mean + (int32_t)part - bias;
        sum += (uint32_t)(moved < 0 ? -moved : moved) >> 4;
    }
    return sum;
}

static void learn_row(struct sxi_rows *ctx, const uint16_t *samples)
{
    const uint32_t n = ctx->cols;
    uint32_t step = 0;
    /* uncovered object 601f: the first row has code of its own */
    while (step < MAX_STEP && ctx->learned >> (step + 1U) != 0U) {
        step++;
    }
    const uint32_t spread = ctx->spread < FINEST_SPREAD ? FINEST_SPREAD : ctx->spread;
    const int32_t clip = (int32_t)(CLIP * spread);
    uint32_t whole = 0;
    uint32_t rest = 0;
    for (uint32_t i = 0; i < n; i += SOME) { /* uncovered object 26dc: there are columns */
        rest += move_means(ctx, samples, i, n - i < SOME ? n - i : (uint32_t)SOME, clip, step);
        whole += rest / n;
        rest %= n;
    }
    /* By what it has changed, modulo 2^32. */
    const uint32_t part = (16U * whole - ctx->spread + BIAS) >> step; /* not below 0 */
    ctx->spread += part - ((uint32_t)BIAS >> step);
}

enum sxi_status sxi_rows_learn(struct sxi_rows *ctx, const uint16_t *samples, uint32_t n_rows)
{
    if (ctx == NULL || samples == NULL || !rows_params_good(ctx)) {
        return SXI_STATUS_PARAM;
    }
    if (ctx->has_model != 0U) {
        return SXI_STATUS_SEQUENCE;
    }
    for (uint32_t r = 0; r < n_rows; r++) {
        if (ctx->learned == 0U) {
            learn_first(ctx, samples);
        }
        learn_row(ctx, samples);
        samples += ctx->cols;
        ctx->learned++;
    }
    return SXI_STATUS_OK;
}

/* Mean of the columns' means. */
static int32_t mean_of_means(const struct sxi_rows *ctx)
{
    uint32_t whole = 0;
    uint32_t rest = 0;
    for (uint32_t i = 0; i < ctx->cols; i++) {
        whole += (uint32_t)ctx->means[i] / FINE;
        rest += (uint32_t)ctx->means[i] % FINE;
    }
    const uint32_t mean = whole / ctx->cols * FINE + (whole % ctx->cols * FINE + rest) / ctx->cols;
    return (int32_t)mean;
}

/* Bits that n values take with a table of the bank. */
static uint32_t bits_of(const uint16_t *values, uint32_t n, uint32_t table)
{
    const uint32_t shift = huffman_shift_of(table);
    uint32_t bits = n * shift;
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
        const uint32_t symbol = huffman_symbol((uint32_t)values[i] >> shift);
        bits += huffman_bank_length(huffman_bank_of(table), symbol);
        bits += symbol > HUFFMAN_DIRECT ? symbol - HUFFMAN_DIRECT : 0U;
    }
    return bits;
}

/* The columns' line: its table, and the bits that it takes. */
static uint32_t columns_table(struct sxi_rows *ctx, uint32_t *taken)
{
    for (uint32_t i = 0; i < ctx->cols; i++) { /* uncovered object a740: there are columns */
        ctx->line[i] = (uint16_t)zigzag(ctx->columns[i]);
    }
    const uint32_t table = huffman_table_for(rows_sum(ctx->line, ctx->cols), ctx->cols);
    const uint32_t bits = bits_of(ctx->line, ctx->cols, table);
    const uint32_t safe = bits_of(ctx->line, ctx->cols, SAFE_TABLE);
    *taken = bits <= safe ? bits : safe;
    return bits <= safe ? table : (uint32_t)SAFE_TABLE;
}

/* Do the columns save more than their line takes, twice? By the squares of how far they are apart
 * and of the spread, less what chance adds; every fourth row was learned from. */
static bool columns_pay(struct sxi_rows *ctx)
{
    enum { MOST_SPREAD = 4095, MOST_SAMPLES = 0x40000000, MOST_ROWS = 512 /* 2^(MAX_STEP + 1) */ };
    uint32_t apart = 0;
    uint32_t bits = 0;
    (void)columns_table(ctx, &bits);
    for (uint32_t i = 0; i < ctx->cols; i++) {
        const int32_t column = ctx->columns[i];
        apart += (uint32_t)(column < 0 ? -column : column);
    }
    apart = (apart + ctx->cols / 2U) / ctx->cols; /* D16 */
    const uint32_t eighths = ctx->spread / EIGHTH;
    const uint32_t spread = eighths < MOST_SPREAD ? eighths : (uint32_t)MOST_SPREAD;
    const uint32_t rows = ctx->learned < MOST_ROWS ? ctx->learned : (uint32_t)MOST_ROWS;
    const uint32_t noise = spread * spread;
    const uint32_t chance = noise / rows;
    const uint32_t square = apart * apart;
    if (square <= chance) {
        return false;
    }
    const uint32_t most = MOST_SAMPLES / ctx->cols;
    const uint32_t samples = ctx->cols * (ctx->learned < most ? ctx->learned : most);
    const uint32_t more = square - chance;
    return (uint64_t)more * samples * 3U / 2U > (uint64_t)noise * bits;
}

void rows_set_columns(struct sxi_rows *ctx)
{
    if (ctx->has_columns != 0U || ctx->learned == 0U) {
        return;
    }
    const int32_t mean = mean_of_means(ctx);
    for (uint32_t i = 0; i < ctx->cols; i++) {
        const int32_t biased = ctx->means[i] - mean + BIAS + EIGHTH / 2;
        const uint32_t off = (uint32_t)biased / EIGHTH;
        const int32_t column = (int32_t)off - BIAS / EIGHTH;
        const int32_t upper = column < ROWS_MAX_COLUMN ? column : ROWS_MAX_COLUMN;
        ctx->columns[i] = (int16_t)(upper > -ROWS_MAX_COLUMN ? upper : -ROWS_MAX_COLUMN);
    }
    ctx->has_columns = columns_pay(ctx) ? 1U : 0U;
    ctx->learned = 0;
}

/* Low bits for a table of a group's own. Of all but the widest quarter of spreads one less than in
 * the bank: finer symbols are worth more than the few that they send beyond the direct ones. */
static uint32_t shift_for(uint32_t table)
{
    const uint32_t shift = huffman_shift_of(table);
    return shift > 0U && table % 4U < 3U ? shift - 1U : shift;
}

/* Low bits by the middle one of three rows' values, so that no single line far off decides. */
static uint32_t shift_of_rows(struct sxi_rows *ctx, const struct rows_lines *lines)
{
    const uint32_t n = rows_smaller(lines->lines, SHIFT_ROWS);
    uint32_t sums[SHIFT_ROWS] = {0};
    for (uint32_t r = 0; r < n; r++) { /* uncovered object c448: there is a row */
        rows_values(ctx, lines, r);
        sums[r] = rows_sum(ctx->line, ctx->cols);
    }
    const uint32_t sum = rows_median(sums[0], sums[n / 2U], sums[n - 1U]);
    return shift_for(huffman_table_for(sum, ctx->cols));
}

void rows_count(struct sxi_rows *ctx, const uint16_t *samples, uint32_t n_rows)
{
    struct rows_lines lines = {.samples = samples, .n = ctx->cols, .lines = n_rows,
                               .with_columns = ctx->has_columns};
    if (n_rows == 0U) {
        return;
    }
    rows_begin(ctx, &lines);
    if (ctx->shift == ROWS_NO_TABLE) {
        ctx->shift = shift_of_rows(ctx, &lines);
        rows_begin(ctx, &lines); /* what is above has changed */
    }
    for (uint32_t r = 0; r < n_rows; r++) {
        rows_values(ctx, &lines, r);
        for (uint32_t i = 0; i < ctx->cols; i++) { /* uncovered object a740: there are columns */
            ctx->counts[huffman_symbol((uint32_t)ctx->line[i] >> ctx->shift)]++;
        }
    }
}

enum sxi_status sxi_rows_tabulate(struct sxi_rows *ctx, const uint16_t *samples, uint32_t n_rows)
{
    if (ctx == NULL || samples == NULL || !rows_params_good(ctx)) {
        return SXI_STATUS_PARAM;
    }
    if (ctx->has_model != 0U) {
        return SXI_STATUS_SEQUENCE;
    }
    rows_set_columns(ctx);
    rows_count(ctx, samples, n_rows);
    return SXI_STATUS_OK;
}

uint32_t sxi_rows_model_bound(const struct sxi_rows *ctx)
{
    return ctx == NULL ? 0U
                       : (uint32_t)SXI_ROWS_MAX_HEADER_BYTES + ROWS_MODEL_START +
                             ROWS_LENGTHS_BYTES + 2U * ctx->cols + SXI_ROWS_CRC_BYTES;
}

void rows_set_lengths(struct sxi_rows *ctx)
{
    ctx->table = 0; /* codes are what it works with */
    huffman_lengths(ctx->counts, ctx->lengths, ctx->codes);
}

/* Lengths of the codes, four bits each, where there is a table. */
static uint32_t put_lengths(struct sxi_rows *ctx, uint8_t *out)
{
    if (ctx->shift == ROWS_NO_TABLE) {
        return 0;
    }
    rows_set_lengths(ctx);
    for (uint32_t i = 0; i < ROWS_LENGTHS_BYTES; i++) {
        out[i] = (uint8_t)(((uint32_t)ctx->lengths[2U * i] << 4) | ctx->lengths[2U * i + 1U]);
    }
    return ROWS_LENGTHS_BYTES;
}

int32_t sxi_rows_model(struct sxi_rows *ctx, uint8_t *out, uint32_t out_len)
{
    if (ctx == NULL || out == NULL || !rows_params_good(ctx) || ctx->kind != SXI_ROWS_GROUPED) {
        return SXI_STATUS_PARAM;
    }
    if (out_len < sxi_rows_model_bound(ctx)) {
        return SXI_STATUS_ROOM;
    }
    rows_set_columns(ctx);
    struct sxi_rows_packet packet = {.kind = SXI_ROWS_MODEL, .frames = ctx->frames,
                                     .frame = ctx->first_frame, .rows = ctx->rows,
                                     .cols = ctx->cols};
    rows_open(&packet, out);
    uint8_t *body = out + packet.body;
    uint32_t bits = 0;
    const bool with_columns = ctx->has_columns != 0U && ctx->predictor == SXI_ROWS_COLUMN;
    const uint32_t table = with_columns ? columns_table(ctx, &bits) : (uint32_t)ROWS_NO_TABLE;
    body[0] = (uint8_t)table;
    body[1] = (uint8_t)ctx->shift;
    uint8_t *line = body + ROWS_MODEL_START + put_lengths(ctx, body + ROWS_MODEL_START);
    uint32_t bytes = 0;
    if (with_columns) {
        struct bit_writer w = {.out = line, .end = out + out_len};
        rows_use_table(ctx, table);
        (void)rows_put_line(&w, ctx->codes, ctx->line, ctx->cols, huffman_shift_of(table));
        bytes = flush_bits(&w, line);
    }
    const ptrdiff_t before = line - body;
    (void)rows_close(&packet, (uint32_t)before + bytes, out);
    ctx->has_columns = with_columns ? 1U : 0U;
    ctx->has_model = 1;
    ctx->model_id = load16_be(out + packet.length - SXI_ROWS_CRC_BYTES);
    ctx->table = 0;
    return (int32_t)packet.length;
}
