/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "huffman.h"

#include <stddef.h>

void huffman_bank_lengths(uint32_t bank, uint8_t *lengths)
{
    for (uint32_t s = 0; s < HUFFMAN_SYMBOLS; s++) {
        lengths[s] = (uint8_t)huffman_bank_length(bank, s);
    }
}

/* Symbols by count, the rarest first; of equal ones in order. */
static void sort_symbols(const uint32_t *counts, uint8_t *order)
{
    /* uncovered object 75ef: the first one has code of its own */
    for (uint32_t s = 0; s < HUFFMAN_SYMBOLS; s++) {
        uint32_t at = s;
        for (; at > 0U && counts[order[at - 1U]] > counts[s]; at--) {
            order[at] = order[at - 1U];
        }
        order[at] = (uint8_t)s;
    }
}

/* Sorted weights to inner nodes' parents: nodes are numbered as they are made, and take the places
 * of weights that have been used. Of equal weights a symbol's goes first. */
static void make_parents(uint32_t *w)
{
    uint32_t leaf = 0;
    uint32_t root = 0; /* the first node without a parent */
    for (uint32_t node = 0; node < HUFFMAN_SYMBOLS - 1U; node++) {
        uint32_t sum = 0;
        for (uint32_t child = 0; child < 2U; child++) {
            if (leaf < HUFFMAN_SYMBOLS && (root >= node || w[leaf] <= w[root])) {
                sum += w[leaf];
                leaf++;
            } else {
                sum += w[root];
                w[root] = node;
                root++;
            }
        }
        w[node] = sum;
    }
}

/* Sorted weights to lengths of a Huffman code, the longest first. In place. */
static void weights_to_lengths(uint32_t *w)
{
    make_parents(w);
    w[HUFFMAN_SYMBOLS - 2U] = 0; /* from the root on, parents become depths */
    for (uint32_t node = HUFFMAN_SYMBOLS - 2U; node > 0U; node--) {
        w[node - 1U] = w[w[node - 1U]] + 1U;
    }
    uint32_t nodes = HUFFMAN_SYMBOLS - 1U; /* inner ones that are left */
    uint32_t to = HUFFMAN_SYMBOLS;
    uint32_t here = 1; /* of any kind at this depth */
    uint32_t depth = 0;
    while (here > 0U) {
        uint32_t inner = 0;
        while (nodes > 0U && w[nodes - 1U] == depth) {
            nodes--;
            inner++;
        }
        for (; here > inner; here--) {
            to--; /* uncovered object 0c3b: gcc asks again: here is above inner */
            w[to] = depth;
        }
        here = 2U * inner;
        depth++;
    }
}

/* Lengths, rarest symbol first, with no count taken for less than `floor`. The longest of them. */
static uint32_t try_floor(const uint32_t *counts, const uint8_t *order, uint32_t floor, uint32_t *w)
{
    for (uint32_t i = 0; i < HUFFMAN_SYMBOLS; i++) {
        w[i] = counts[order[i]] > floor ? counts[order[i]] : floor;
    }
    weights_to_lengths(w);
    return w[0];
}

void huffman_lengths(uint32_t *counts, uint8_t *lengths, uint32_t *weights)
{
    enum { MOST = 0x2000000 };
    uint8_t order[HUFFMAN_SYMBOLS] = {0};
    for (uint32_t s = 0; s < HUFFMAN_SYMBOLS; s++) {
        counts[s] = counts[s] < MOST ? counts[s] : MOST; /* sums stay within 32 bits */
    }
    sort_symbols(counts, order);
    /* The least floor that will do; with the largest all lengths are 6. */
    uint32_t low = 0;
    uint32_t high = MOST;
    while (high - low > 1U) {
        const uint32_t middle = (low + high) / 2U;
        if (try_floor(counts, order, middle, weights) > HUFFMAN_MAX_BITS) {
            low = middle;
        } else {
            high = middle;
        }
    }
    (void)try_floor(counts, order, high, weights);
    for (uint32_t i = 0; i < HUFFMAN_SYMBOLS; i++) {
        lengths[order[i]] = (uint8_t)weights[i];
    }
}

bool huffman_is_complete(const uint8_t *lengths)
{
    uint32_t sum = 0;
    for (uint32_t s = 0; s < HUFFMAN_SYMBOLS; s++) {
        if (lengths[s] == 0U || lengths[s] > HUFFMAN_MAX_BITS) {
            return false;
        }
        sum += (uint32_t)1 << (HUFFMAN_MAX_BITS - lengths[s]);
    }
    return sum == (uint32_t)1 << HUFFMAN_MAX_BITS;
}

/* Lengths become codes, in place. */
static void lengths_to_codes(uint32_t *codes)
{
    uint16_t next[HUFFMAN_MAX_BITS + 1] = {0}; /* code of the next symbol of this length */
    for (uint32_t s = 0; s < HUFFMAN_SYMBOLS; s++) {
        next[codes[s]]++;
    }
    uint32_t at = 0;
    for (uint32_t bits = 1; bits <= HUFFMAN_MAX_BITS; bits++) {
        const uint32_t first = at << 1;
        at = first + next[bits];
        next[bits] = (uint16_t)first;
    }
    for (uint32_t s = 0; s < HUFFMAN_SYMBOLS; s++) {
        const uint32_t bits = codes[s];
        codes[s] = ((uint32_t)next[bits] << HUFFMAN_CODE_SHIFT) | bits;
        next[bits]++;
    }
}

void huffman_codes(const uint8_t *lengths, uint32_t *codes)
{
    for (uint32_t s = 0; s < HUFFMAN_SYMBOLS; s++) {
        codes[s] = lengths[s];
    }
    lengths_to_codes(codes);
}

void huffman_bank_codes(uint32_t bank, uint32_t *codes)
{
    for (uint32_t s = 0; s < HUFFMAN_SYMBOLS; s++) {
        codes[s] = huffman_bank_length(bank, s);
    }
    lengths_to_codes(codes);
}

static inline uint32_t length_of(const uint8_t *lengths, uint32_t bank, uint32_t symbol)
{
    /* uncovered object*2 f000: what is given is not NULL */
    return lengths != NULL ? lengths[symbol] : huffman_bank_length(bank, symbol);
}

/* Of lengths, or of a table of the bank where they are NULL. */
static inline void init(struct sxi_huffman *decoder, const uint8_t *lengths, uint32_t bank)
{
    uint8_t next[HUFFMAN_MAX_BITS + 1] = {0}; /* symbols of a length; then the next one's place */
    /* uncovered object 75ef: lengths of the bank have code of their own */
    for (uint32_t s = 0; s < HUFFMAN_SYMBOLS; s++) {
        next[length_of(lengths, bank, s)]++;
    }
    uint32_t at = 0;
    uint32_t n = 0;
    decoder->end[0] = 0;
    decoder->before[0] = 0;
    for (uint32_t bits = 1; bits <= HUFFMAN_MAX_BITS; bits++) {
        const uint32_t count = next[bits];
        decoder->before[bits] = (uint8_t)n;
        next[bits] = (uint8_t)n;
        n += count;
        at += count << (HUFFMAN_MAX_BITS - bits);
        decoder->end[bits] = (uint16_t)at;
    }
    /* uncovered object 75ef: lengths of the bank have code of their own */
    for (uint32_t s = 0; s < HUFFMAN_SYMBOLS; s++) {
        const uint32_t bits = length_of(lengths, bank, s);
        decoder->symbols[next[bits]] = (uint8_t)s;
        next[bits]++;
    }
}

void huffman_decoder_init(struct sxi_huffman *decoder, const uint8_t *lengths)
{
    init(decoder, lengths, 0);
}

void huffman_bank_decoder_init(struct sxi_huffman *decoder, uint32_t bank)
{
    init(decoder, NULL, bank);
}

bool huffman_take(const struct sxi_huffman *decoder, struct bit_reader *reader, uint32_t *value)
{
    const uint32_t next = (uint32_t)(peek_bits(reader) >> (WORD_BITS - HUFFMAN_MAX_BITS));
    uint32_t bits = 1;
    while (bits < HUFFMAN_MAX_BITS && next >= decoder->end[bits]) {
        bits++;
    }
    const uint32_t begin = decoder->end[bits - 1U];
    const uint32_t symbol =
        decoder->symbols[decoder->before[bits] + ((next - begin) >> (HUFFMAN_MAX_BITS - bits))];
    const uint32_t j = symbol < HUFFMAN_DIRECT ? 0U : symbol - HUFFMAN_DIRECT;
    if (!has_bits(reader, bits + j)) {
        return false;
    }
    skip_bits(reader, bits);
    *value = symbol;
    if (symbol >= HUFFMAN_DIRECT) {
        *value = HUFFMAN_DIRECT - 1U + ((uint32_t)1 << j) + take_bits(reader, j);
    }
    return true;
}

/* Where tables end: the mean of the values of normal deviations whose spread lies halfway to the next
 * table's, in 1/256. */
static const uint16_t ends[HUFFMAN_BANK] = {26,  47,  75,  106, 141, 180,  226,  280,  347,  427,
                                            523, 639, 778, 945, 1143, 1380, 1662, 1998, 2398, 2874};

uint32_t huffman_table_for(uint32_t sum, uint32_t n)
{
    uint32_t mean = sum / n * 256U + sum % n * 256U / n;
    uint32_t table = 0;
    /* Half the spread has half the mean, but for 1/2 that the steps of values add. */
    while (mean > ends[HUFFMAN_BANK - 1U] && table < HUFFMAN_TABLES - HUFFMAN_BANK) {
        mean = (mean - 128U) / 2U;
        table += 4U;
    }
    uint32_t bank = table == 0U ? 0U : 16U;
    while (bank < HUFFMAN_BANK - 1U && mean > ends[bank]) {
        bank++;
    }
    return table + bank;
}
