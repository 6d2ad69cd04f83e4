/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_HKDELTA_LAW_H
#define SXI_HKDELTA_LAW_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "sxi/hkdelta.h"

/* What is expected of a word: its value is normally distributed, with a few farther out, around the best of
 * three predictions, as widely as that was wrong of late. Cells of 2^shift values have a share of
 * 65,536 each; what has none is escaped, for which `hk_escape` is left. */
enum {
    HK_PREDICTORS = 3,
    HK_LINEAR = 2,        /* the last value and step */
    HK_FIRST_ERROR = 1638, /* 1/4096 */
    HK_CLASSES = 40,      /* four to an octave of errors */
    HK_LAW = 64,          /* steps of 1/8 standard deviation */
    HK_FLAT_BITS = 25,    /* an error with so many bits below its highest: any value is as likely */
    HK_FLAT = 16,         /* low bits then */
    HK_TOTAL = 65536
};

/* Tables of SPEC.md, section 8.9. */
extern const uint16_t hk_scales[HK_CLASSES]; /* 4096 / standard deviation */
extern const uint16_t hk_law[HK_LAW + 1];    /* share between the middle and i / 8 */

/* Share of an escape; cells have those above. */
static inline uint32_t hk_escape(void)
{
    return HK_TOTAL - 2U * (uint32_t)hk_law[HK_LAW];
}

struct hk_expected {
    uint32_t value;  /* what is predicted, its integer part */
    uint32_t shift;  /* low bits that are sent as they are; HK_FLAT: all */
    int32_t offset;  /* from the prediction up to cell 0, in 1/256 cells, reversed */
    uint32_t scale;
};

void hk_expect(const struct sxi_hk_word *word, struct hk_expected *expected);

/* The share of what is below a cell; cell 0 begins with the value predicted. */
uint32_t hk_below(const struct hk_expected *expected, int32_t cell);

/* Which cell a value is in. */
static inline int32_t hk_cell(const struct hk_expected *expected, uint32_t value)
{
    const uint32_t cell = ((value - expected->value + 0x8000U) & 0xffffU) >> expected->shift;
    const uint32_t first = 0x8000U >> expected->shift;
    return (int32_t)cell - (int32_t)first;
}

/* Begin an interval with a full packet's words. */
void hk_begin(struct sxi_hk *ctx, const uint8_t *content, uint32_t len, bool checked);

/* Take the words of the next packet of the interval into account. */
void hk_learn(struct sxi_hk *ctx, const uint8_t *content);

/* Is the context one that sxi_hk_init() takes? */
bool hk_is_good(const struct sxi_hk *ctx);

/* Bytes of a packet of the interval that are coded: not its own checksum. */
static inline uint32_t hk_coded_bytes(const struct sxi_hk *ctx)
{
    return ctx->length - 2U * ctx->checked;
}

/* Word i of the first len bytes; an odd byte at the end is a word. */
static inline uint32_t hk_word(const uint8_t *content, uint32_t len, uint32_t i)
{
    return 2U * i + 1U < len ? load16_be(content + 2U * i) : content[2U * i];
}

/* Store it; false for an odd byte that is none. */
static inline bool hk_store_word(uint8_t *content, uint32_t len, uint32_t i, uint32_t value)
{
    if (2U * i + 1U < len) {
        store16_be(content + 2U * i, (uint16_t)value);
        return true;
    }
    content[2U * i] = (uint8_t)(value & 0xffU);
    return value <= 0xffU;
}

/* The CRC of a packet of differences: over the full packet that could stand in its place, and
 * then over it. */
uint16_t hk_crc(const struct sxi_hk *ctx, const uint8_t *content, const uint8_t *data,
                uint32_t len);

#endif
