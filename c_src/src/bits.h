#ifndef SXI_BITS_H
#define SXI_BITS_H

#include <stdint.h>

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

/* Zero bits above the highest one; v must not be 0. */
static inline uint32_t leading_zeros64(uint64_t v)
{
#if defined(__GNUC__)
    return (uint32_t)__builtin_clzll(v);
#else
    uint32_t n = 0;
    for (uint32_t step = 32; step > 0U; step >>= 1) {
        if (v >> (64U - step) == 0U) {
            v <<= step;
            n += step;
        }
    }
    return n;
#endif
}

/* Writer: whoever writes sees to it that 8 bytes are free at `out`. Bits wait left-aligned in
 * acc, fewer than 8 between two calls. */
struct bit_writer {
    uint8_t *out;
    uint64_t acc;
    uint32_t pending;
};

/* Put n <= 56 bits, the low ones of value; the others must be 0. */
static inline void put_bits(struct bit_writer *w, uint64_t value, uint32_t n)
{
    const uint32_t total = w->pending + n;
    w->acc |= (value << 1) << (63U - total); /* two shifts: total may be 0 */
    store64_be(w->out, w->acc);
    w->out += total >> 3;
    w->acc <<= total & ~7U; /* total <= 63 */
    w->pending = total & 7U;
}

/* Bits at position `at` of len bytes, left-aligned, at least 57 of them; beyond the end, 0. */
static inline uint64_t peek_bits(const uint8_t *data, uint32_t len, uint64_t at)
{
    const uint64_t byte = at >> 3;
    uint64_t v = 0;
    if (byte + 8U <= len) {
        v = load64_be(data + byte);
    } else {
        for (uint64_t i = 0; i < 8U && byte + i < len; i++) {
            v |= (uint64_t)data[byte + i] << (56U - 8U * i);
        }
    }
    return v << (at & 7U);
}

#endif
