/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/aec.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "aec_common.h"
#include "bits.h"

enum { NARROW_BITS = 16 };

struct decoder {
    const struct sxi_aec *params;
    struct aec_options options;
    struct bit_reader reader;
    uint16_t *out16; /* one of the two */
    uint32_t *out32;
    uint32_t n_samples;
    uint32_t max_sample;
    uint32_t previous;
    uint32_t zero_blocks; /* of a run, still to come */
};

/* count unary codes to v: as many as a window holds at a time. SHORT when the data end before
 * the last code's one, FORMAT for 2^31 zeros and more, which no coder writes. */
static enum sxi_status take_unaries(struct decoder *d, uint32_t count, uint32_t *v)
{
    struct bit_reader r = d->reader;
    uint32_t carried = 0; /* zeros of windows without a one */
    uint32_t i = 0;
    while (i < count) { /* uncovered object d15f: count > 0 */
        uintptr_t window = peek_bits(&r);
        uint32_t used = 0;
        if (window == 0U) {
            if (!has_bits(&r, PEEK_BITS)) {
                return SXI_STATUS_SHORT;
            }
            /* uncovered statement branch object 1e9a: takes 256 MiB of zeros */
            if (carried > INT32_MAX) {
                return SXI_STATUS_FORMAT;
            }
            carried += PEEK_BITS;
            used = PEEK_BITS;
        }
        /* uncovered object 8fdc: i < count where the loop begins */
        while (window != 0U && i < count) {
            const uint32_t lead = leading_zeros(window);
            window = window << lead << 1;
            used += lead + 1U;
            v[i++] = carried + lead;
            carried = 0;
        }
        skip_bits(&r, used);
    }
    d->reader = r;
    return SXI_STATUS_OK;
}

/* Add k > 0 low bits to count values. */
static enum sxi_status take_low_bits(struct decoder *d, uint32_t count, uint32_t k, uint32_t *v)
{
    struct bit_reader r = d->reader;
    if (!has_bits(&r, count * k)) {
        return SXI_STATUS_SHORT;
    }
    uint32_t i = 0;
    if (4U * k <= PEEK_BITS && has_bits(&r, count * k + WORD_BITS)) {
        const uintptr_t mask = ((uintptr_t)1 << k) - 1U;
        uintptr_t at = r.bit;
        for (; i + 4U <= count; i += 4U) { /* uncovered object 8a6f: count > 4 */
            const uintptr_t word = load_word_be(r.next + (at >> 3)) << (at & 7U);
            const uintptr_t four = word >> (WORD_BITS - 4U * k);
            at += 4U * k;
            v[i] = (v[i] << k) | (uint32_t)(four >> (3U * k));
            v[i + 1U] = (v[i + 1U] << k) | (uint32_t)((four >> (2U * k)) & mask);
            v[i + 2U] = (v[i + 2U] << k) | (uint32_t)((four >> k) & mask);
            v[i + 3U] = (v[i + 3U] << k) | (uint32_t)(four & mask);
        }
        skip_bits(&r, i * k);
    }
    for (; i < count; i++) {
        v[i] = (v[i] << k) | take_bits(&r, k);
    }
    d->reader = r;
    return SXI_STATUS_OK;
}

/* The prediction error mapper backwards for n residuals, in place. */
static void unmap(uint32_t previous, uint32_t most, uint32_t n, uint32_t *v)
{
    uint32_t p = previous;
    for (uint32_t i = 0; i < n; i++) { /* uncovered object*2 2963: n > 0 */
        const uint32_t m = v[i]; /* D11 */
        const uint32_t theta = p < most - p ? p : most - p;
        if (m / 2U + (m & 1U) <= theta) {
            p = (m & 1U) != 0U ? p - (m / 2U + 1U) : p + m / 2U;
        } else {
            p = theta == p ? m : most - m; /* D14 */
        }
        v[i] = p;
    }
}

/* Negative where a residual reaches past the symmetric range. */
static inline int32_t beyond(uint32_t before, uint32_t most, uint32_t mapped)
{
    const int32_t p = (int32_t)before;
    const int32_t above = (int32_t)most - p;
    const int32_t theta = p < above ? p : above;
    return 2 * theta - (int32_t)mapped;
}

/* The same for up to 16 bits where, as mostly, no residual reaches past the symmetric range:
 * then samples are running sums, and the check that it was so has no branch. Returns false
 * where it was not. */
static inline bool unmap_sums(uint32_t previous, uint32_t most, uint32_t n, const uint32_t *mapped,
                             uint16_t *x)
{
    int32_t sum = (int32_t)previous;
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
        const uint32_t half = mapped[i] >> 1;
        const uint32_t odd = mapped[i] & 1U;
        sum += (int32_t)half ^ -(int32_t)odd;
        x[i] = (uint16_t)((uint32_t)sum & 0xffffU); /* what goes beyond is found out below */
    }
    int32_t outside = beyond(previous, most, mapped[0]);
    for (uint32_t i = 1; i < n; i++) {
        outside |= beyond(x[i - 1U], most, mapped[i]);
    }
    return outside >= 0;
}

/* Residuals of block b to samples. v, none above max_sample, is lost; that of a reference
 * sample must be 0. */
static void finish_block(struct decoder *d, uint32_t b, uint32_t *v)
{
    const uint32_t size = d->params->block_size;
    const uint32_t first = b * size;
    const uint32_t left = d->n_samples - first;
    const uint32_t n = left < size ? left : size;
    uint16_t *out16 = d->out16 != NULL ? d->out16 + first : NULL;
    if ((d->params->flags & SXI_AEC_PREPROCESS) != 0U) {
        bool done = false;
        if (out16 != NULL) {
            done = n == AEC_MAX_BLOCK
                       ? unmap_sums(d->previous, d->max_sample, AEC_MAX_BLOCK, v, out16)
                       : unmap_sums(d->previous, d->max_sample, n, v, out16);
        }
        if (done) {
            d->previous = out16[n - 1U];
            return;
        }
        unmap(d->previous, d->max_sample, n, v);
        d->previous = v[n - 1U]; /* D11 */
    }
    if (out16 == NULL) {
        (void)memcpy(d->out32 + first, v, n * sizeof *v);
        return;
    }
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
        out16[i] = (uint16_t)v[i];
    }
}

static enum sxi_status take_second_extension(struct decoder *d, uint32_t has_ref, uint32_t *v)
{
    /* uncovered object e6e0: block_size > 0 */
    for (uint32_t i = 0; i < d->params->block_size; i += 2U) {
        uint32_t code = 0;
        const enum sxi_status status = take_unaries(d, 1, &code);
        if (status != SXI_STATUS_OK) {
            return status;
        }
        uint32_t sum = 0; /* code = sum (sum + 1) / 2 + second */
        while (code > sum) {
            sum++;
            code -= sum;
        }
        v[i] = sum - code;
        v[i + 1U] = code;
        if (v[i] > d->max_sample || code > d->max_sample ||
            (i == 0U && has_ref != 0U && v[0] != 0U)) {
            return SXI_STATUS_FORMAT;
        }
    }
    return SXI_STATUS_OK;
}

/* Length of a run of zero blocks that begins with block b. */
static enum sxi_status take_run(struct decoder *d, uint32_t b)
{
    uint32_t code = 0;
    const enum sxi_status status = take_unaries(d, 1, &code);
    if (status != SXI_STATUS_OK) {
        return status;
    }
    const uint32_t in_interval = b % d->params->rsi;
    const uint32_t to_interval_end = d->params->rsi - in_interval;
    const uint32_t to_segment_end = AEC_SEGMENT_BLOCKS - in_interval % AEC_SEGMENT_BLOCKS;
    const uint32_t rest = to_interval_end < to_segment_end ? to_interval_end : to_segment_end;
    uint32_t run = rest;
    if (code != AEC_ROS - 1U) {
        run = code >= AEC_ROS ? code : code + 1U;
    }
    if (run > rest) {
        return SXI_STATUS_FORMAT;
    }
    d->zero_blocks = run;
    return SXI_STATUS_OK;
}

/* The bits that any of n values has. */
static inline uint32_t any_of(const uint32_t *v, uint32_t n)
{
    uint32_t all = 0;
    for (uint32_t i = 0; i < n; i++) { /* uncovered object*2 2963: n > 0 */
        all |= v[i];
    }
    return all;
}

static enum sxi_status take_split(struct decoder *d, uint32_t k, uint32_t has_ref, uint32_t *v)
{
    const uint32_t count = d->params->block_size - has_ref;
    enum sxi_status status = take_unaries(d, count, v + has_ref);
    if (status != SXI_STATUS_OK) {
        return status;
    }
    if (any_of(v + has_ref, count) > d->max_sample >> k) {
        return SXI_STATUS_FORMAT;
    }
    if (k > 0U) {
        status = take_low_bits(d, count, k, v + has_ref);
    }
    /* an option of more low bits than a sample has exists, but is of no use */
    if (status == SXI_STATUS_OK && k > d->params->bits &&
        any_of(v + has_ref, count) > d->max_sample) {
        status = SXI_STATUS_FORMAT;
    }
    return status;
}

static enum sxi_status take_raw(struct decoder *d, uint32_t has_ref, uint32_t *v)
{
    const struct sxi_aec *p = d->params;
    if (!has_bits(&d->reader, (p->block_size - has_ref) * p->bits)) {
        return SXI_STATUS_SHORT;
    }
    /* uncovered object b6aa: a block has more than a reference */
    for (uint32_t i = has_ref; i < p->block_size; i++) {
        v[i] = take_bits(&d->reader, p->bits);
    }
    return SXI_STATUS_OK;
}

static enum sxi_status decode_block(struct decoder *d, uint32_t b)
{
    const struct sxi_aec *p = d->params;
    const struct aec_options *o = &d->options;
    uint32_t v[AEC_MAX_BLOCK];
    uint32_t has_ref = 0;
    if (d->zero_blocks == 0U) {
        if (!has_bits(&d->reader, o->id_bits + 1U)) { /* every option has at least one bit more */
            return SXI_STATUS_SHORT;
        }
        const uint32_t id = take_bits(&d->reader, o->id_bits);
        const uint32_t is_extension = id == 0U ? take_bits(&d->reader, 1) : 0U;
        has_ref = (p->flags & SXI_AEC_PREPROCESS) != 0U && b % p->rsi == 0U ? 1U : 0U;
        if (has_ref != 0U) {
            if (!has_bits(&d->reader, p->bits)) {
                return SXI_STATUS_SHORT;
            }
            d->previous = take_bits(&d->reader, p->bits);
        }
        enum sxi_status status = SXI_STATUS_OK;
        if (id == o->raw_id) {
            status = take_raw(d, has_ref, v);
        } else if (id > 0U) {
            status = take_split(d, id - 1U, has_ref, v);
        } else if (is_extension != 0U) {
            status = take_second_extension(d, has_ref, v);
        } else {
            status = take_run(d, b);
        }
        if (status != SXI_STATUS_OK) {
            return status;
        }
    }
    if (d->zero_blocks > 0U) {
        d->zero_blocks--;
        (void)memset(v, 0, sizeof v);
    }
    /* the reference is its own predecessor */
    v[0] = has_ref != 0U ? 0U : v[0]; /* D11 */
    finish_block(d, b, v);
    return SXI_STATUS_OK;
}

/* Inline: a frame less on the stack. */
static inline int32_t decode(struct decoder *d)
{
    if (d->n_samples > INT32_MAX) {
        return SXI_STATUS_PARAM;
    }
    const struct sxi_aec *p = d->params;
    d->options = aec_options_of(p);
    d->max_sample = aec_max_sample(p->bits);
    const uint32_t n_blocks = aec_blocks(p, d->n_samples);
    for (uint32_t b = 0; b < n_blocks; b++) {
        const enum sxi_status status = decode_block(d, b);
        if (status != SXI_STATUS_OK) {
            return (int32_t)status;
        }
    }
    return (int32_t)d->n_samples;
}

int32_t sxi_aec_decode_u16(const struct sxi_aec *params, const uint8_t *data, uint32_t len,
                           uint16_t *out, uint32_t n_samples)
{
    if (params == NULL || data == NULL || out == NULL) {
        return SXI_STATUS_PARAM;
    }
    const struct sxi_aec own = *params; /* what is checked is what is used */
    if (!aec_params_good(&own) || own.bits > NARROW_BITS) {
        return SXI_STATUS_PARAM;
    }
    struct decoder d = {
        .params = &own, .reader = {data, len, 0}, .out16 = out, .n_samples = n_samples};
    return decode(&d);
}

int32_t sxi_aec_decode_u32(const struct sxi_aec *params, const uint8_t *data, uint32_t len,
                           uint32_t *out, uint32_t n_samples)
{
    if (params == NULL || data == NULL || out == NULL) {
        return SXI_STATUS_PARAM;
    }
    const struct sxi_aec own = *params; /* what is checked is what is used */
    if (!aec_params_good(&own)) {
        return SXI_STATUS_PARAM;
    }
    struct decoder d = {
        .params = &own, .reader = {data, len, 0}, .out32 = out, .n_samples = n_samples};
    return decode(&d);
}
