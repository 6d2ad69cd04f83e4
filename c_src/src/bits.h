/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_BITS_H
#define SXI_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "machine.h"

/* Bit streams, most significant bit first. */

static inline void store64_be(uint8_t *p, uint64_t v)
{
    p[0] = (uint8_t)(v >> 56);
    p[1] = (uint8_t)((v >> 48) & 0xffU);
    p[2] = (uint8_t)((v >> 40) & 0xffU);
    p[3] = (uint8_t)((v >> 32) & 0xffU);
    p[4] = (uint8_t)((v >> 24) & 0xffU);
    p[5] = (uint8_t)((v >> 16) & 0xffU);
    p[6] = (uint8_t)((v >> 8) & 0xffU);
    p[7] = (uint8_t)(v & 0xffU);
}

static inline uint64_t load64_be(const uint8_t *p)
{
    return ((uint64_t)p[0] << 56) | ((uint64_t)p[1] << 48) | ((uint64_t)p[2] << 40) |
           ((uint64_t)p[3] << 32) | ((uint64_t)p[4] << 24) | ((uint64_t)p[5] << 16) |
           ((uint64_t)p[6] << 8) | (uint64_t)p[7];
}

static inline uintptr_t load_word_be(const uint8_t *p)
{
    return WORD_BITS == 64 ? (uintptr_t)load64_be(p) : load32_be(p);
}

/* Zero bits above the highest one; v must not be 0. Mostly they are few. */
static inline uint32_t leading_zeros(uintptr_t v)
{
#if defined(__GNUC__)
    if (WORD_BITS == 64) {
        return (uint32_t)__builtin_clzll(v);
    }
#endif
    uint32_t n = 0;
    while (v >> (WORD_BITS - 1) == 0U) { /* uncovered object 9482: values have less than 32 bits */
        v <<= 1;
        n++;
    }
    return n;
}

/* Writer: whoever writes sees to it that every whole byte has its place before `end`. Bits wait
 * right-aligned in acc, fewer than 16 between two calls; those above them mean nothing. */
struct bit_writer {
    uint8_t *out;
    uint8_t *end;
    uintptr_t acc;
    uint32_t pending;
};

enum { PUT_BITS = WORD_BITS == 64 ? 56 : 16 };

/* Put n <= PUT_BITS bits, the low ones of value; the others must be 0. */
static inline void put_bits(struct bit_writer *w, uintptr_t value, uint32_t n)
{
    w->acc = (w->acc << n) | value;
    w->pending += n;
    if (WORD_BITS == 32) {
        if (w->pending >= 16U) { /* uncovered object*4 a4d1: 16 bits were put */
            w->pending -= 16U;
            store16_be(w->out, (uint16_t)((w->acc >> w->pending) & 0xffffU));
            w->out += 2;
        }
    } else if (w->end - w->out >= 8) { /* no branch on how many bytes are whole */
        store64_be(w->out, (uint64_t)w->acc << 1 << (63U - w->pending));
        w->out += w->pending >> 3;
        w->pending &= 7U;
    } else {
        for (; w->pending >= 8U; w->pending -= 8U) {
            *w->out++ = (uint8_t)((w->acc >> (w->pending - 8U)) & 0xffU);
        }
    }
}

/* The same for n <= 32. */
static inline void put_wide(struct bit_writer *w, uint32_t value, uint32_t n)
{
    if (WORD_BITS == 32 && n > 16U) {
        put_bits(w, value >> 16, n - 16U);
        value &= 0xffffU;
        n = 16;
    }
    put_bits(w, value, n);
}

/* Fill the last byte with zeros, for which there is room; bytes written from `start` on. */
static inline uint32_t flush_bits(struct bit_writer *w, const uint8_t *start)
{
    put_bits(w, 0, (8U - (w->pending & 7U)) & 7U);
    /* uncovered object*5 caaa: words of 32 bits leave one byte at most */
    for (; w->pending > 0U; w->pending -= 8U) {
        *w->out++ = (uint8_t)((w->acc >> (w->pending - 8U)) & 0xffU); /* D12 */
    }
    const ptrdiff_t n_bytes = w->out - start;
    return (uint32_t)n_bytes;
}

/* Reader: bits are taken from `next` on, `bit` of its first byte having been taken already. */
struct bit_reader {
    const uint8_t *next;
    uint32_t left; /* bytes */
    uint32_t bit;  /* 0..7 */
};

enum { PEEK_BITS = WORD_BITS - 7 };

/* Are n bits left? n is far from UINT32_MAX. */
static inline bool has_bits(const struct bit_reader *r, uint32_t n)
{
    return (r->bit + n + 7U) >> 3 <= r->left;
}

/* The next bits left-aligned, at least PEEK_BITS of them; beyond the end, 0. */
static inline uintptr_t peek_bits(const struct bit_reader *r)
{
    uintptr_t v = 0;
    /* uncovered object*4 9475: never where a few bits are taken: see take_bits */
    if (r->left >= WORD_BITS / 8) {
        v = load_word_be(r->next);
    } else {
        /* uncovered object*23 f94f: a byte is left where bits are */
        for (uint32_t i = 0; i < r->left; i++) {
            v |= (uintptr_t)r->next[i] << (WORD_BITS - 8U - 8U * i);
        }
    }
    return v << r->bit;
}

/* Go past n bits that are there. */
static inline void skip_bits(struct bit_reader *r, uint32_t n)
{
    const uint32_t bit = r->bit + n;
    r->next += bit >> 3;
    r->left -= bit >> 3;
    r->bit = bit & 7U;
}

/* Take n <= 32 bits that are there. */
static inline uint32_t take_bits(struct bit_reader *r, uint32_t n)
{
    uint32_t high = 0;
    if (WORD_BITS == 32 && n > 16U) { /* uncovered object*3 19aa: identifiers and low bits are fewer */
        n -= 16U;
        high = (uint32_t)(peek_bits(r) >> (WORD_BITS - 16)) << n;
        skip_bits(r, 16);
    }
    const uintptr_t low = peek_bits(r) >> 1 >> (WORD_BITS - 1U - n); /* n may be 0 */
    skip_bits(r, n);
    return high | (uint32_t)low;
}

#endif
