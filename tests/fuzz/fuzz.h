/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the fuzz targets share. An input is parameters, big-endian, and then the bytes that a
 * decoder gets. What a decoder may write lies in memory of the exact size, whose neighbourhood the
 * address sanitiser watches; what libFuzzer hands over ends as exactly. */
struct input {
    const uint8_t *next;
    uint32_t left;
};

/* What must hold, or the input is a finding. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                  \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* A parameter of up to 4 bytes; those beyond the end are 0. */
static inline uint32_t take(struct input *in, uint32_t bytes)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < bytes; i++) {
        value <<= 8;
        if (in->left > 0U) {
            value |= *in->next++;
            in->left--;
        }
    }
    return value;
}

/* Up to n of the bytes that are left. */
static inline struct input take_part(struct input *in, uint32_t n)
{
    const struct input part = {in->next, n < in->left ? n : in->left};
    in->next += part.left;
    in->left -= part.left;
    return part;
}

static inline void *exactly(size_t bytes)
{
    void *made = malloc(bytes);
    if (made == NULL) {
        abort();
    }
    return made;
}

/* The same with these bytes in it. */
static inline uint8_t *copy_of(const struct input *part)
{
    uint8_t *made = exactly(part->left);
    (void)memcpy(made, part->next, part->left);
    return made;
}

static inline void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
