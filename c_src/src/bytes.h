/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_BYTES_H
#define SXI_BYTES_H

#include <stdbool.h>
#include <stdint.h>

/* The only place where memory and wire meet: big-endian, any alignment. */

static inline uint16_t load16_be(const uint8_t *p)
{
    return (uint16_t)(((uint32_t)p[0] << 8) | (uint32_t)p[1]);
}

static inline uint32_t load32_be(const uint8_t *p)
{
    return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) | (uint32_t)p[3];
}

static inline void store16_be(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)(v & 0xffU);
}

static inline void store24_be(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)((v >> 16) & 0xffU);
    p[1] = (uint8_t)((v >> 8) & 0xffU);
    p[2] = (uint8_t)(v & 0xffU);
}

static inline uint32_t load24_be(const uint8_t *p)
{
    return ((uint32_t)p[0] << 16) | ((uint32_t)p[1] << 8) | (uint32_t)p[2];
}

static inline void store32_be(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)((v >> 16) & 0xffU);
    p[2] = (uint8_t)((v >> 8) & 0xffU);
    p[3] = (uint8_t)(v & 0xffU);
}

/* Does each of n pieces, given by offset and length, lie in a buffer of size bytes? */
static inline bool pieces_lie_within(const uint32_t *offsets, const uint32_t *lengths, uint32_t n,
                                    uint32_t size)
{
    for (uint32_t i = 0; i < n; i++) {
        if (offsets[i] > size || lengths[i] > size - offsets[i]) {
            return false;
        }
    }
    return true;
}

#endif
