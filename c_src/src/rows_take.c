/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include <stddef.h>

#include "rows_common.h"
#include "rows_lookup.h"
#include "rows_take.h"

enum { DIRECT_SHIFTS = 10 /* a direct symbol with so many low bits has 16 */ };

/* Take what `steps` lookups in one window give, at most two values each; false where a symbol is not
 * direct. */
static inline bool take_window(const uint16_t *lookup, struct bit_reader *r, uint16_t **values,
                               uint32_t steps)
{
    uintptr_t window = load_word_be(r->next) << r->bit;
    uint16_t *v = *values;
    uint32_t used = 0;
    uint32_t two = 1;
    for (uint32_t step = 0; step < steps && two != 0U; step++) {
        two = lookup[window >> (WORD_BITS - LOOKUP_BITS)];
        const uint32_t second = (two >> SECOND) & SYMBOL_MASK;
        const uint32_t bits = two >> BITS;
        v[0] = (uint16_t)(two & SYMBOL_MASK);
        v[1] = (uint16_t)second;
        v += two == 0U ? 0U : 1U;
        v += (two >> SECOND) != 0U && second != NO_SYMBOL ? 1U : 0U;
        window <<= bits;
        used += bits;
    }
    skip_bits(r, used);
    *values = v;
    return two != 0U;
}

/* Take direct symbols until one is not, or values or data are nearly at their end; how many. */
static uint32_t take_direct(const uint16_t *lookup, struct bit_reader *r, uint16_t *values,
                            uint32_t n)
{
    enum { STEPS = PEEK_BITS / LOOKUP_BITS };
    uint16_t *v = values;
    const uint16_t *end = values + n;
    bool direct = true;
    while (direct && end - v >= 2 * (ptrdiff_t)STEPS && r->left >= WORD_BITS / 8) {
        direct = take_window(lookup, r, &v, STEPS);
    }
    while (direct && end - v >= 2 && r->left >= WORD_BITS / 8) {
        direct = take_window(lookup, r, &v, 1);
    }
    const ptrdiff_t taken = v - values;
    return (uint32_t)taken;
}

/* Take n values without their low bits. */
static enum sxi_status take_codes(const struct sxi_rows_decoder *ctx,
                                  const struct sxi_huffman *d, struct bit_reader *r,
                                  uint16_t *values, uint32_t n, uint32_t shift)
{
    uint32_t i = 0;
    while (i < n) { /* uncovered object 4b64: n > 0 */
        if (shift <= DIRECT_SHIFTS) {
            i += take_direct(ctx->lookup, r, values + i, n - i);
        }
        if (i == n) { /* uncovered object 90ac: not without direct symbols */
            break;
        }
        uint32_t value = 0;
        if (!huffman_take(d, r, &value)) {
            return SXI_STATUS_SHORT;
        }
        if (value > (uint32_t)ROWS_MOST >> shift) {
            return SXI_STATUS_FORMAT;
        }
        values[i] = (uint16_t)value;
        i++;
    }
    return SXI_STATUS_OK;
}

/* Add the low bits of n values. */
static enum sxi_status take_low_bits(struct bit_reader *r, uint16_t *values, uint32_t n,
                                     uint32_t shift)
{
    if (!has_bits(r, n * shift)) {
        return SXI_STATUS_SHORT;
    }
    uint32_t i = 0;
    if (shift > 0U && has_bits(r, n * shift + WORD_BITS)) {
        const uint32_t mask = ((uint32_t)1 << shift) - 1U;
        const uint32_t count = PEEK_BITS / shift;
        while (count <= n - i) {
            uintptr_t window = load_word_be(r->next) << r->bit;
            const uint32_t end = i + count;
            while (i < end) { /* uncovered object 5a8b: a window has values */
                const uint32_t low = (uint32_t)(window >> (WORD_BITS - shift)) & mask;
                values[i] = (uint16_t)(((uint32_t)values[i] << shift) | low);
                window <<= shift;
                i++;
            }
            skip_bits(r, count * shift);
        }
    }
    for (; i < n && shift > 0U; i++) {
        values[i] = (uint16_t)(((uint32_t)values[i] << shift) | take_bits(r, shift));
    }
    return SXI_STATUS_OK;
}

static enum sxi_status take_line(const struct sxi_rows_decoder *ctx,
                                 const struct sxi_huffman *d, struct bit_reader *r,
                                 uint16_t *values, uint32_t n, uint32_t shift)
{
    const enum sxi_status status = take_codes(ctx, d, r, values, n, shift);
    return status == SXI_STATUS_OK ? take_low_bits(r, values, n, shift) : status;
}

/* Whole bytes that have not been touched. */
static uint32_t bytes_left(const struct bit_reader *r)
{
    return r->left - (r->bit != 0U ? 1U : 0U);
}

/* Walk through the columns' line, of whole codes, and keep the columns if `keep`. */
static enum sxi_status take_columns(struct sxi_rows_decoder *ctx, const struct sxi_huffman *d,
                                    uint32_t shift, struct bit_reader *codes,
                                    struct bit_reader *low, uint32_t n, bool keep)
{
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
        uint32_t value = 0;
        (void)huffman_take(d, codes, &value);
        if (!has_bits(low, shift)) {
            return SXI_STATUS_SHORT;
        }
        value = (value << shift) | take_bits(low, shift);
        if (value > 2U * ROWS_MAX_COLUMN) {
            return SXI_STATUS_FORMAT;
        }
        if (keep) {
            ctx->columns[i] = (int16_t)unzigzag(value);
        }
    }
    return SXI_STATUS_OK;
}

bool rows_lengths_good(const uint8_t *two)
{
    uint8_t lengths[HUFFMAN_SYMBOLS];
    rows_load_lengths(two, lengths);
    return huffman_is_complete(lengths);
}

enum sxi_status rows_take_columns(struct sxi_rows_decoder *ctx, uint32_t n, uint32_t table,
                                  const uint8_t *body, uint32_t len)
{
    if (ctx->columns == NULL || ctx->room < n) {
        return SXI_STATUS_ROOM;
    }
    struct sxi_huffman d;
    huffman_bank_decoder_init(&d, huffman_bank_of(table));
    struct bit_reader low = {.next = body, .left = len};
    for (uint32_t i = 0; i < n; i++) { /* uncovered object*2 2963: n > 0 */
        uint32_t value = 0;
        if (!huffman_take(&d, &low, &value)) {
            return SXI_STATUS_SHORT;
        }
    }
    const uint32_t shift = huffman_shift_of(table);
    for (uint32_t pass = 0; pass < 2U; pass++) {
        struct bit_reader codes = {.next = body, .left = len};
        struct bit_reader bits = low;
        const enum sxi_status status =
            take_columns(ctx, &d, shift, &codes, &bits, n, pass == 1U);
        if (status != SXI_STATUS_OK || bytes_left(&bits) > 0U) {
            return status != SXI_STATUS_OK ? status : SXI_STATUS_FORMAT;
        }
    }
    return SXI_STATUS_OK;
}

/* Make a table the one in use: its index, or ROWS_NO_TABLE for the model's. */
static void use_table(struct sxi_rows_decoder *ctx, uint32_t table, struct sxi_huffman *d)
{
    const uint32_t number = rows_table_number(table);
    if (ctx->table == number) {
        huffman_decoder_init(d, ctx->table_lengths);
        return;
    }
    if (table != ROWS_NO_TABLE) {
        huffman_bank_lengths(huffman_bank_of(table), ctx->table_lengths);
    } else {
        for (uint32_t s = 0; s < HUFFMAN_SYMBOLS; s++) {
            ctx->table_lengths[s] = ctx->lengths[s];
        }
    }
    huffman_decoder_init(d, ctx->table_lengths);
    rows_make_lookup(ctx->lookup, ctx->table_lengths, d);
    ctx->table = number;
}

enum sxi_status rows_take_lines(struct sxi_rows_decoder *ctx, const struct sxi_rows_packet *p,
                                const uint8_t *body, uint32_t len, uint16_t *out)
{
    struct sxi_huffman d;
    use_table(ctx, p->table, &d);
    struct bit_reader r = {.next = body, .left = len};
    const uint32_t shift = rows_shift(p->table, ctx->shift);
    const uint32_t n = p->n_samples < p->cols ? p->n_samples : p->cols;
    /* uncovered object c03c: a packet has samples */
    for (uint32_t at = 0; at < p->n_samples; at += n) {
        const enum sxi_status status = take_line(ctx, &d, &r, out + at, n, shift);
        if (status != SXI_STATUS_OK) {
            return status;
        }
        rows_restore(ctx, p, out + at, n, at == 0U ? NULL : out + at - n);
    }
    return bytes_left(&r) == 0U ? SXI_STATUS_OK : SXI_STATUS_FORMAT;
}

