/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The four functions that a compiler may call of its own accord, a word at a time where both
 * sides are aligned. Built without the transformation that would turn them into calls of
 * themselves. */
enum { WORD = sizeof(uint32_t) };

static bool aligned(const void *a, const void *b)
{
    return (((uintptr_t)a | (uintptr_t)b) % WORD) == 0U;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    uint8_t *d = to;
    const uint8_t *s = from;
    if (aligned(d, s)) {
        for (; n >= WORD; n -= WORD, d += WORD, s += WORD) {
            *(uint32_t *)(void *)d = *(const uint32_t *)(const void *)s;
        }
    }
    for (; n > 0U; n--) {
        *d++ = *s++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    uint8_t *d = to;
    const uint8_t *s = from;
    if ((uintptr_t)d - (uintptr_t)s >= n) {
        return memcpy(to, from, n);
    }
    while (n > 0U) {
        n--;
        d[n] = s[n];
    }
    return to;
}

void *memset(void *to, int value, size_t n)
{
    uint8_t *d = to;
    const uint32_t word = (uint8_t)value * 0x01010101U;
    for (; n > 0U && (uintptr_t)d % WORD != 0U; n--) {
        *d++ = (uint8_t)value;
    }
    for (; n >= WORD; n -= WORD, d += WORD) {
        *(uint32_t *)(void *)d = word;
    }
    for (; n > 0U; n--) {
        *d++ = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *p = a;
    const uint8_t *q = b;
    for (; n > 0U; n--, p++, q++) {
        if (*p != *q) {
            return *p < *q ? -1 : 1;
        }
    }
    return 0;
}
