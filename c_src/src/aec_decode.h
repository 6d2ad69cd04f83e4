/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_AEC_DECODE_H
#define SXI_AEC_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "aec_common.h"
#include "bits.h"

/* The decoder, to elements of type aec_sample: the file that includes this says which. Residuals
 * become samples where they are, so that no block is on the stack; those of the last block that
 * stand for no sample are taken one by one. */
struct decoder {
    struct sxi_aec params; /* what is checked is what is used */
    struct bit_reader reader;
    aec_sample *out; /* from the block on */
    uint32_t left;   /* samples */
    uint32_t at;     /* block of the interval */
    uint32_t previous;
    uint32_t zero_blocks; /* of a run, still to come */
};

/* count unary codes to v, and the bits that any has to *any: as many as a window holds at a time.
 * SHORT when the data end before the last code's one, FORMAT for 2^31 zeros and more, which no
 * coder writes. */
static enum sxi_status take_unaries(struct decoder *d, uint32_t count, aec_sample *v,
                                    uint32_t *any)
{
    struct bit_reader r = d->reader;
    uint32_t carried = 0; /* zeros of windows without a one */
    uint32_t all = *any;
    uint32_t i = 0;
    while (i < count) {
        uintptr_t window = peek_bits(&r);
        uint32_t used = 0;
        if (window == 0U) {
            if (!has_bits(&r, PEEK_BITS)) {
                return SXI_STATUS_SHORT;
            }
            /* uncovered statement branch object*2 1e9a: takes 256 MiB of zeros */
            if (carried > INT32_MAX) {
                return SXI_STATUS_FORMAT;
            }
            carried += PEEK_BITS;
            used = PEEK_BITS;
        }
        /* uncovered object*2 8fdc: i < count where the loop begins */
        while (window != 0U && i < count) {
            const uint32_t lead = leading_zeros(window);
            const uint32_t value = carried + lead;
            window = window << lead << 1;
            used += lead + 1U;
            all |= value;
            v[i++] = (aec_sample)value;
            carried = 0;
        }
        skip_bits(&r, used);
    }
    d->reader = r;
    *any = all;
    return SXI_STATUS_OK;
}

/* Add k > 0 low bits, which are there, to count values. */
static void take_low_bits(struct decoder *d, uint32_t count, uint32_t k, aec_sample *v)
{
    struct bit_reader r = d->reader;
    uint32_t i = 0;
    if (4U * k <= PEEK_BITS && has_bits(&r, count * k + WORD_BITS)) {
        const uintptr_t mask = ((uintptr_t)1 << k) - 1U;
        uintptr_t at = r.bit;
        for (; i + 4U <= count; i += 4U) {
            const uintptr_t word = load_word_be(r.next + (at >> 3)) << (at & 7U);
            const uintptr_t four = word >> (WORD_BITS - 4U * k);
            at += 4U * k;
            v[i] = (aec_sample)(((uint32_t)v[i] << k) | (uint32_t)(four >> (3U * k)));
            v[i + 1U] =
                (aec_sample)(((uint32_t)v[i + 1U] << k) | (uint32_t)((four >> (2U * k)) & mask));
            v[i + 2U] = (aec_sample)(((uint32_t)v[i + 2U] << k) | (uint32_t)((four >> k) & mask));
            v[i + 3U] = (aec_sample)(((uint32_t)v[i + 3U] << k) | (uint32_t)(four & mask));
        }
        skip_bits(&r, i * k);
    }
    for (; i < count; i++) {
        v[i] = (aec_sample)(((uint32_t)v[i] << k) | take_bits(&r, k));
    }
    d->reader = r;
}

/* The prediction error mapper backwards for n residuals, in place. */
static void unmap(uint32_t previous, uint32_t most, uint32_t n, aec_sample *v)
{
    uint32_t p = previous;
    for (uint32_t i = 0; i < n; i++) { /* uncovered object*2 2963: n > 0 */
        const uint32_t m = v[i];
        const uint32_t theta = p < most - p ? p : most - p;
        if (m / 2U + (m & 1U) <= theta) {
            p = (m & 1U) != 0U ? p - (m / 2U + 1U) : p + m / 2U;
        } else {
            p = theta == p ? m : most - m; /* D14 */
        }
        v[i] = (aec_sample)p;
    }
}

/* The residual of 16 bits between two samples, were it in the symmetric range. */
static inline uint32_t residual(uint32_t before, uint32_t sample)
{
    const uint32_t delta = (sample - before) & 0xffffU;
    return ((delta << 1) ^ (0U - (delta >> 15))) & 0xffffU;
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
 * then samples are running sums, and the check that it was so has no branch. Where it was not,
 * residuals are put back, and false is returned. */
static inline bool unmap_sums(uint32_t previous, uint32_t most, uint32_t n, aec_sample *x)
{
    int32_t sum = (int32_t)previous;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t half = (uint32_t)x[i] >> 1;
        const uint32_t odd = x[i] & 1U;
        sum += (int32_t)half ^ -(int32_t)odd;
        x[i] = (aec_sample)((uint32_t)sum & 0xffffU); /* what goes beyond is found out below */
    }
    int32_t outside = beyond(previous, most, residual(previous, x[0]));
    for (uint32_t i = 1; i < n; i++) {
        outside |= beyond(x[i - 1U], most, residual(x[i - 1U], x[i]));
    }
    for (uint32_t i = outside < 0 ? n : 0U; i > 0U; i--) {
        x[i - 1U] = (aec_sample)residual(i > 1U ? x[i - 2U] : previous, x[i - 1U]);
    }
    return outside >= 0;
}

/* n residuals of a block to samples; none is above the largest. */
static void finish_block(struct decoder *d, uint32_t n)
{
    const uint32_t most = aec_max_sample(d->params.bits);
    if ((d->params.flags & SXI_AEC_PREPROCESS) == 0U) {
        return;
    }
    bool done = false;
    if (WORD_BITS == 64 && sizeof(aec_sample) == sizeof(uint16_t)) { /* D11 */
        done = n == AEC_MAX_BLOCK ? unmap_sums(d->previous, most, AEC_MAX_BLOCK, d->out)
                                  : unmap_sums(d->previous, most, n, d->out);
    }
    if (!done) {
        unmap(d->previous, most, n, d->out);
    }
    d->previous = d->out[n - 1U];
}

static enum sxi_status take_second_extension(struct decoder *d, uint32_t has_ref, uint32_t n)
{
    const uint32_t most = aec_max_sample(d->params.bits);
    /* uncovered object*2 e1ae: block_size > 0 */
    for (uint32_t i = 0; i < d->params.block_size; i += 2U) {
        uint32_t any = 0;
        aec_sample lost = 0;
        const enum sxi_status status = take_unaries(d, 1, &lost, &any);
        if (status != SXI_STATUS_OK) {
            return status;
        }
        uint32_t code = any; /* of one code, its own bits */
        uint32_t sum = 0;    /* code = sum (sum + 1) / 2 + second */
        while (code > sum) {
            sum++;
            code -= sum;
        }
        const uint32_t first = sum - code;
        if (first > most || code > most || (i == 0U && has_ref != 0U && first != 0U)) {
            return SXI_STATUS_FORMAT;
        }
        if (i < n) {
            d->out[i] = (aec_sample)first;
        }
        if (i + 1U < n) {
            d->out[i + 1U] = (aec_sample)code;
        }
    }
    return SXI_STATUS_OK;
}

/* Length of a run of zero blocks that begins with the block. */
static enum sxi_status take_run(struct decoder *d)
{
    uint32_t code = 0;
    aec_sample lost = 0;
    const enum sxi_status status = take_unaries(d, 1, &lost, &code);
    if (status != SXI_STATUS_OK) {
        return status;
    }
    const uint32_t to_interval_end = d->params.rsi - d->at;
    const uint32_t to_segment_end = AEC_SEGMENT_BLOCKS - d->at % AEC_SEGMENT_BLOCKS;
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

static enum sxi_status take_split(struct decoder *d, uint32_t k, uint32_t has_ref, uint32_t n)
{
    const uint32_t most = aec_max_sample(d->params.bits);
    const uint32_t lost = d->params.block_size - n;
    const uint32_t kept = n - has_ref;
    aec_sample *v = d->out + has_ref;
    uint32_t any = 0;
    enum sxi_status status = take_unaries(d, kept, v, &any);
    for (uint32_t i = 0; i < lost && status == SXI_STATUS_OK; i++) {
        aec_sample one = 0;
        status = take_unaries(d, 1, &one, &any);
    }
    if (status != SXI_STATUS_OK) {
        return status;
    }
    if (any > most >> k) {
        return SXI_STATUS_FORMAT;
    }
    if (k == 0U) {
        return SXI_STATUS_OK;
    }
    if (!has_bits(&d->reader, (kept + lost) * k)) {
        return SXI_STATUS_SHORT;
    }
    take_low_bits(d, kept, k, v);
    for (uint32_t i = 0; i < lost; i++) {
        any |= take_bits(&d->reader, k);
    }
    /* an option of more low bits than a sample has exists, but is of no use */
    for (uint32_t i = 0; i < kept && k > d->params.bits; i++) {
        any |= v[i];
    }
    return k > d->params.bits && any > most ? SXI_STATUS_FORMAT : SXI_STATUS_OK;
}

static enum sxi_status take_raw(struct decoder *d, uint32_t has_ref, uint32_t n)
{
    const struct sxi_aec *p = &d->params;
    if (!has_bits(&d->reader, (p->block_size - has_ref) * p->bits)) {
        return SXI_STATUS_SHORT;
    }
    for (uint32_t i = has_ref; i < n; i++) {
        d->out[i] = (aec_sample)take_bits(&d->reader, p->bits);
    }
    for (uint32_t i = n; i < p->block_size; i++) {
        (void)take_bits(&d->reader, p->bits);
    }
    return SXI_STATUS_OK;
}

/* The n residuals of a block. */
static enum sxi_status take_block(struct decoder *d, uint32_t n)
{
    const struct sxi_aec *p = &d->params;
    const struct aec_options o = aec_options_of(p);
    if (!has_bits(&d->reader, o.id_bits + 1U)) { /* every option has at least one bit more */
        return SXI_STATUS_SHORT;
    }
    const uint32_t id = take_bits(&d->reader, o.id_bits);
    const uint32_t is_extension = id == 0U ? take_bits(&d->reader, 1) : 0U;
    /* uncovered object*4 23ae: a byte is left where an identifier is */
    const uint32_t has_ref = (p->flags & SXI_AEC_PREPROCESS) != 0U && d->at == 0U ? 1U : 0U;
    if (has_ref != 0U) {
        if (!has_bits(&d->reader, p->bits)) {
            return SXI_STATUS_SHORT;
        }
        d->previous = take_bits(&d->reader, p->bits);
    }
    enum sxi_status status = SXI_STATUS_OK;
    if (id == o.raw_id) {
        status = take_raw(d, has_ref, n);
    } else if (id > 0U) {
        status = take_split(d, id - 1U, has_ref, n);
    } else if (is_extension != 0U) {
        status = take_second_extension(d, has_ref, n);
    } else {
        status = take_run(d);
    }
    if (has_ref != 0U) {
        d->out[0] = 0; /* the reference is its own predecessor */
    }
    return status;
}

static enum sxi_status decode_block(struct decoder *d)
{
    const uint32_t size = d->params.block_size;
    const uint32_t n = d->left < size ? d->left : size;
    if (d->zero_blocks == 0U) {
        const enum sxi_status status = take_block(d, n);
        if (status != SXI_STATUS_OK) {
            return status;
        }
    }
    if (d->zero_blocks > 0U) {
        d->zero_blocks--;
        (void)memset(d->out, 0, n * sizeof *d->out);
    }
    finish_block(d, n);
    d->out += n;
    d->left -= n;
    d->at = d->at + 1U == d->params.rsi ? 0U : d->at + 1U;
    return SXI_STATUS_OK;
}

/* Inline: a frame less on the stack. */
static inline int32_t decode(const struct sxi_aec *params, const uint8_t *data, uint32_t len,
                             aec_sample *out, uint32_t n_samples)
{
    if (params == NULL || data == NULL || out == NULL || n_samples > INT32_MAX) {
        return SXI_STATUS_PARAM;
    }
    struct decoder d = {
        .params = *params, .reader = {data, len, 0}, .out = out, .left = n_samples};
    if (!aec_params_good(&d.params) || d.params.bits > 8U * sizeof(aec_sample)) {
        return SXI_STATUS_PARAM;
    }
    while (d.left > 0U) {
        const enum sxi_status status = decode_block(&d);
        if (status != SXI_STATUS_OK) {
            return (int32_t)status;
        }
    }
    return (int32_t)n_samples;
}

#endif
