/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "hkdelta_law.h"

#include <stddef.h>

#include "sxi/crc.h"

enum {
    FRACTION = 256,      /* of predictions */
    LOWEST_BITS = 5,     /* errors below 2^5 are of class 0 */
    SHIFT_BITS = 14,     /* errors from 2^15 on are of the last four classes, in wider cells */
    FAR = 0x20000,       /* in 1/256 cells: beyond all of the law */
    TRUSTED = 4,         /* packets of an interval after which an escape is an exception */
    SLOW_GAIN = 2048,    /* least gains, 1/65536 */
    FAST_GAIN = 16384,
    ERROR_GAIN = 1024
};

bool hk_is_good(const struct sxi_hk *ctx)
{
    return ctx != NULL && ctx->words != NULL && ctx->full_every >= 1U &&
           ctx->full_every <= SXI_HK_MAX_INTERVAL && ctx->number < 1U << 24 &&
           ctx->checked <= 1U && ctx->since <= SXI_HK_MAX_INTERVAL &&
           (ctx->since == 0U || (ctx->length >= SXI_HK_MIN_BYTES &&
                                 ctx->length <= SXI_HK_MAX_BYTES &&
                                 ctx->room >= (ctx->length + 1U) / 2U));
}

static uint32_t at_least(uint32_t value, uint32_t least)
{
    return value > least ? value : least;
}

/* Predictions, modulo 2^24: 1/256. */
static void predict(const struct sxi_hk_word *word, uint32_t *predictions)
{
    predictions[0] = word->slow;
    predictions[1] = word->fast;
    predictions[HK_LINEAR] = (((uint32_t)word->last + word->step) & 0xffffU) * FRACTION;
}

/* Which prediction was wrong by least; the linear one has to be clearly better. */
static uint32_t best_of(const struct sxi_hk_word *word)
{
    const uint32_t mean = word->error[1] < word->error[0] ? 1U : 0U;
    return 3U * word->error[HK_LINEAR] < 2U * word->error[mean] ? (uint32_t)HK_LINEAR : mean;
}

void hk_expect(const struct sxi_hk_word *word, struct hk_expected *expected)
{
    uint32_t predictions[HK_PREDICTORS];
    predict(word, predictions);
    const uint32_t best = best_of(word);
    const uint32_t error = at_least(word->error[best], 1U << LOWEST_BITS);
    uint32_t bits = LOWEST_BITS;
    while (bits < HK_FLAT_BITS && error >> (bits + 1U) != 0U) {
        bits++;
    }
    expected->value = predictions[best] / FRACTION;
    if (bits == HK_FLAT_BITS) {
        expected->shift = HK_FLAT;
        expected->offset = 0;
        expected->scale = 0;
        return;
    }
    expected->shift = bits > SHIFT_BITS ? bits - SHIFT_BITS : 0U;
    const uint32_t octave = bits - expected->shift - LOWEST_BITS;
    const uint32_t quarter = (error >> (bits - 2U)) & 3U;
    expected->scale = hk_scales[4U * octave + quarter];
    const uint32_t offset = (FRACTION / 2U + predictions[best] % FRACTION) >> expected->shift;
    expected->offset = (int32_t)offset;
}

uint32_t hk_below(const struct hk_expected *expected, int32_t cell)
{
    const int32_t edge = cell * FRACTION - expected->offset;
    const uint32_t from = (uint32_t)(edge < 0 ? -edge : edge);
    uint32_t share = hk_law[HK_LAW];
    if (from < (uint32_t)FAR) {
        const uint32_t at = (from * expected->scale) >> 12; /* 1/256 standard deviation */
        const uint32_t i = at >> 5;
        if (i < HK_LAW) {
            const uint32_t rise = (uint32_t)hk_law[i + 1U] - hk_law[i];
            share = hk_law[i] + ((rise * (at & 31U)) >> 5);
        }
    }
    const uint32_t middle = HK_TOTAL - (uint32_t)hk_law[HK_LAW];
    return edge < 0 ? middle - share : middle + share;
}

void hk_begin(struct sxi_hk *ctx, const uint8_t *content, uint32_t len, bool checked)
{
    ctx->length = len;
    ctx->checked = checked ? 1U : 0U;
    ctx->since = 1;
    ctx->number = (ctx->number + 1U) & 0xffffffU;
    const uint32_t coded = hk_coded_bytes(ctx);
    /* uncovered object 7f09: an odd byte is the last one */
    for (uint32_t i = 0; 2U * i < coded; i++) {
        struct sxi_hk_word *word = &ctx->words[i];
        const uint32_t value = hk_word(content, coded, i);
        word->slow = value * FRACTION;
        word->fast = value * FRACTION;
        word->last = (uint16_t)value;
        word->step = 0;
        for (uint32_t k = 0; k < HK_PREDICTORS; k++) {
            word->error[k] = HK_FIRST_ERROR;
        }
    }
}

/* Gains of one packet: 1/n at first. 1/65536. */
struct gains {
    uint32_t slow;
    uint32_t fast;
    uint32_t error;
};

static uint32_t part(uint32_t value, uint32_t gain)
{
    return (uint32_t)(((uint64_t)value * gain) >> 16);
}

/* How far a value is above a prediction, modulo 2^24: 0..2^24 - 1. */
static uint32_t above(uint32_t value, uint32_t prediction)
{
    return (value * FRACTION - prediction) & 0xffffffU;
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* A part of the way from one number to another. */
static uint32_t moved(uint32_t from, uint32_t to, uint32_t gain)
{
    return to > from ? from + part(to - from, gain) : from - part(from - to, gain);
}

/* A mean after it has seen value. */
static uint32_t mean_moved(uint32_t mean, uint32_t value, uint32_t gain)
{
    const uint32_t up = above(value, mean);
    const uint32_t next = up < 0x800000U ? mean + part(up, gain) : mean - part(0x1000000U - up, gain);
    return next & 0xffffffU;
}

static void learn(struct sxi_hk_word *word, uint32_t value, uint32_t since,
                  const struct gains *gains)
{
    uint32_t predictions[HK_PREDICTORS];
    uint32_t wrong[HK_PREDICTORS];
    predict(word, predictions);
    for (uint32_t k = 0; k < HK_PREDICTORS; k++) {
        const uint32_t up = above(value, predictions[k]);
        wrong[k] = 16U * (up < 0x800000U ? up : 0x1000000U - up);
    }
    const uint32_t best = best_of(word);
    const bool exception = since > TRUSTED && wrong[best] / 8U > word->error[best] + 512U;
    /* There is no step before the second value. */
    const uint32_t n = since > 1U ? HK_PREDICTORS : HK_LINEAR;
    for (uint32_t k = 0; k < n; k++) {
        word->error[k] = exception ? lesser(wrong[k], 4U * word->error[k]) : moved(word->error[k], wrong[k], gains->error);
    }
    if (exception) { /* a new level, the same steps */
        word->slow = value * FRACTION;
        word->fast = value * FRACTION;
    } else {
        word->slow = mean_moved(word->slow, value, gains->slow);
        word->fast = mean_moved(word->fast, value, gains->fast);
        word->step = (uint16_t)((value - word->last) & 0xffffU);
    }
    word->last = (uint16_t)value;
}

void hk_learn(struct sxi_hk *ctx, const uint8_t *content)
{
    const uint32_t mean = 65536U / (ctx->since + 1U);
    const struct gains gains = {
        .slow = at_least(mean, SLOW_GAIN),
        .fast = at_least(mean, FAST_GAIN),
        .error = at_least(65536U / (ctx->since + 2U), ERROR_GAIN),
    };
    const uint32_t coded = hk_coded_bytes(ctx);
    for (uint32_t i = 0; 2U * i < coded; i++) {
        learn(&ctx->words[i], hk_word(content, coded, i), ctx->since, &gains);
    }
    ctx->since += ctx->since < SXI_HK_MAX_INTERVAL ? 1U : 0U;
    ctx->number = (ctx->number + 1U) & 0xffffffU;
}

uint16_t hk_crc(const struct sxi_hk *ctx, const uint8_t *content, const uint8_t *data,
                uint32_t len)
{
    uint8_t header[4] = {ctx->checked != 0U ? SXI_HK_CHECKED : SXI_HK_FULL, 0, 0, 0};
    store24_be(header + 1, ctx->number);
    uint16_t crc = sxi_crc16(0xffff, header, 4);
    crc = sxi_crc16(crc, content, hk_coded_bytes(ctx));
    return sxi_crc16(crc, data, len);
}
