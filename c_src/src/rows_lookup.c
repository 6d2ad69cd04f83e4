/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "rows_lookup.h"

#include <stddef.h>

#include "rows_common.h"

static void fill(uint16_t *out, uint32_t n, uint32_t element)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] = (uint16_t)element;
    }
}

/* Elements of `first`, whose code leaves `left` bits, by what follows it: 2^left of them, in the order
 * of the codes. */
static void fill_second(uint16_t *out, uint32_t left, uint32_t first, const uint8_t *lengths,
                        const struct sxi_huffman *decoder)
{
    const uint32_t bits = LOOKUP_BITS - left;
    const uint32_t alone = (bits << BITS) | ((uint32_t)NO_SYMBOL << SECOND) | first;
    uint32_t at = 0;
    for (uint32_t i = 0; i < HUFFMAN_SYMBOLS && lengths[decoder->symbols[i]] <= left; i++) {
        const uint32_t s = decoder->symbols[i];
        const uint32_t n = (uint32_t)1 << (left - lengths[s]);
        fill(out + at, n,
             s < HUFFMAN_DIRECT ? ((bits + lengths[s]) << BITS) | (s << SECOND) | first : alone);
        at += n;
    }
    fill(out + at, ((uint32_t)1 << left) - at, alone);
}

void rows_make_lookup(uint16_t *lookup, const uint8_t *lengths, const struct sxi_huffman *decoder)
{
    const uint16_t *like = lookup; /* elements of a symbol before with as many bits */
    uint32_t like_bits = 0;
    uint32_t at = 0;
    for (uint32_t i = 0; i < HUFFMAN_SYMBOLS; i++) {
        const uint32_t s = decoder->symbols[i];
        if (lengths[s] > LOOKUP_BITS) {
            break;
        }
        const uint32_t left = LOOKUP_BITS - lengths[s];
        const uint32_t n = (uint32_t)1 << left;
        uint16_t *out = lookup + at;
        at += n;
        if (s >= HUFFMAN_DIRECT) {
            fill(out, n, 0);
        } else if (lengths[s] != like_bits) {
            fill_second(out, left, s, lengths, decoder);
            like = out;
            like_bits = lengths[s];
        } else {
            for (uint32_t e = 0; e < n; e++) {
                out[e] = (uint16_t)((like[e] & ~(uint32_t)SYMBOL_MASK) | s);
            }
        }
    }
    fill(lookup + at, SXI_ROWS_LOOKUP - at, 0);
}
