/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_SRC_HUFFMAN_H
#define SXI_SRC_HUFFMAN_H

#include <stdbool.h>
#include <stdint.h>

#include "bits.h"
#include "sxi/huffman.h"

/* Codes of values: canonical Huffman codes of 64 symbols, 12 bits at most. Symbol s < 48 is the value
 * s; symbol 48 + j stands for the values from 47 + 2^j on and is followed by j bits that tell
 * which. Values end with 65,582. A value may have low bits (`shift` of them) that are sent as they
 * are; what follows here is about the rest. */
enum {
    HUFFMAN_SYMBOLS = 64,
    HUFFMAN_DIRECT = 48, /* values that are a symbol each */
    HUFFMAN_MAX_BITS = 12,
    HUFFMAN_BANK = 20,       /* tables at hand, for normal spreads of 2^(i/4) / 4 */
    HUFFMAN_TABLES = 68,     /* spreads: from the 17th on, every four are those before, shifted */
    HUFFMAN_CODE_SHIFT = 8   /* codes[s]: the code above, its bits in the low 8 */
};

/* Bits of each symbol's code, of the tables at hand: two a byte, the even one high. */
extern const uint8_t huffman_bank[HUFFMAN_BANK][HUFFMAN_SYMBOLS / 2];

/* Table index 0..67: which of the bank, and how many low bits go as they are. */
static inline uint32_t huffman_bank_of(uint32_t table)
{
    return table < 16U ? table : 16U + table % 4U;
}

static inline uint32_t huffman_shift_of(uint32_t table)
{
    return table < 16U ? 0U : table / 4U - 4U;
}

/* Lengths of a table of the bank. */
void huffman_bank_lengths(uint32_t bank, uint8_t *lengths);

/* A length of a table of the bank. */
static inline uint32_t huffman_bank_length(uint32_t bank, uint32_t symbol)
{
    const uint32_t two = huffman_bank[bank][symbol / 2U];
    /* uncovered object*2 8223: lengths are not NULL: see length_of */
    return symbol % 2U == 0U ? two >> 4 : two & 0xfU;
}

/* Lengths that fit counts, each of 1..12 bits; a count of 0 becomes 1, one above 2^25 that. Weights
 * are what it works with: 64 elements. */
void huffman_lengths(uint32_t *counts, uint8_t *lengths, uint32_t *weights);

/* Do these lengths make a complete code, each of 1..12 bits? */
bool huffman_is_complete(const uint8_t *lengths);

/* Codes of lengths: shorter ones first, symbols in order; see HUFFMAN_CODE_SHIFT. */
void huffman_codes(const uint8_t *lengths, uint32_t *codes);

/* The same of a table of the bank. */
void huffman_bank_codes(uint32_t bank, uint32_t *codes);

/* Which table for 0 < n < 2^24 values (zigzag of deviations) with this sum; values far beyond the others
 * had better be left out of both. */
uint32_t huffman_table_for(uint32_t sum, uint32_t n);

/* To decode one symbol at a time. */
void huffman_decoder_init(struct sxi_huffman *decoder, const uint8_t *lengths);

/* The same of a table of the bank. */
void huffman_bank_decoder_init(struct sxi_huffman *decoder, uint32_t bank);

/* Take the next value. False at the end of the bits, and then nothing is taken. */
bool huffman_take(const struct sxi_huffman *decoder, struct bit_reader *reader, uint32_t *value);

/* The position of the highest one in v > 0. */
static inline uint32_t highest_bit(uint32_t v)
{
    return WORD_BITS - 1U - leading_zeros((uintptr_t)v);
}

/* The symbol of a value. */
static inline uint32_t huffman_symbol(uint32_t value)
{
    return value < HUFFMAN_DIRECT
               ? value
               : HUFFMAN_DIRECT + highest_bit(value - (HUFFMAN_DIRECT - 1U));
}

/* Put a value, codes as huffman_codes() has them: up to 12 + 15 bits. */
static inline void huffman_put(struct bit_writer *w, const uint32_t *codes, uint32_t value)
{
    if (value < HUFFMAN_DIRECT) {
        put_bits(w, codes[value] >> HUFFMAN_CODE_SHIFT, codes[value] & 0xffU);
        return;
    }
    const uint32_t over = value - (HUFFMAN_DIRECT - 1U);
    const uint32_t j = highest_bit(over);
    const uint32_t code = codes[HUFFMAN_DIRECT + j];
    put_bits(w, code >> HUFFMAN_CODE_SHIFT, code & 0xffU);
    put_bits(w, over - ((uint32_t)1 << j), j);
}

/* Deviations to values 0, -1, 1, -2, ... -> 0, 1, 2, 3, ... and back. */
static inline uint32_t zigzag(int32_t d)
{
    return d < 0 ? 2U * (uint32_t)(-(d + 1)) + 1U : 2U * (uint32_t)d;
}

static inline int32_t unzigzag(uint32_t v)
{
    const int32_t half = (int32_t)(v >> 1);
    return (v & 1U) != 0U ? -half - 1 : half;
}

#endif
