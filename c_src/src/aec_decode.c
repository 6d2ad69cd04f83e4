#include "sxi/aec.h"

#include <stddef.h>
#include <string.h>

#include "aec_common.h"
#include "bits.h"

enum { NARROW_BITS = 16, WINDOW_BITS = 57 /* of peek_bits, that can be relied on */ };

struct decoder {
    const struct sxi_aec *params;
    struct aec_options options;
    const uint8_t *data;
    uint32_t len;
    uint64_t at;  /* bit */
    uint64_t end; /* bit */
    uint16_t *out16; /* one of the two */
    uint32_t *out32;
    uint32_t n_samples;
    uint32_t max_sample;
    uint32_t previous;
    uint32_t zero_blocks; /* of a run, still to come */
};

/* n <= 32 bits; the caller sees to it that they are there. */
static inline uint32_t take(struct decoder *d, uint32_t n)
{
    if (n == 0U) {
        return 0;
    }
    const uint64_t window = peek_bits(d->data, d->len, d->at);
    d->at += n;
    return (uint32_t)(window >> (64U - n));
}

static inline int has_bits(const struct decoder *d, uint64_t n)
{
    return n <= d->end - d->at;
}

/* Zeros before the next one, which is taken as well; SHORT when the data end before. */
static enum sxi_status take_unary(struct decoder *d, uint64_t *zeros)
{
    uint64_t n = 0;
    for (;;) {
        const uint64_t window = peek_bits(d->data, d->len, d->at);
        if (window != 0U) {
            const uint32_t lead = leading_zeros64(window);
            d->at += lead + 1U;
            *zeros = n + lead;
            return SXI_STATUS_OK;
        }
        if (!has_bits(d, WINDOW_BITS)) {
            return SXI_STATUS_SHORT;
        }
        d->at += WINDOW_BITS;
        n += WINDOW_BITS;
    }
}

/* count unary codes to v: as many as a window holds at a time. */
static enum sxi_status take_unaries(struct decoder *d, uint32_t count, uint32_t *v)
{
    uint64_t at = d->at;
    uint32_t i = 0;
    uint64_t carried = 0; /* zeros of windows without a one */
    while (i < count) {
        uint64_t window = peek_bits(d->data, d->len, at);
        if (window == 0U) {
            if (d->end - at < WINDOW_BITS) {
                return SXI_STATUS_SHORT;
            }
            at += WINDOW_BITS;
            carried += WINDOW_BITS;
            continue;
        }
        while (window != 0U && i < count) {
            const uint32_t lead = leading_zeros64(window);
            window = window << lead << 1;
            at += lead + 1U;
            if (carried + lead > UINT32_MAX) {
                return SXI_STATUS_FORMAT;
            }
            v[i++] = (uint32_t)(carried + lead);
            carried = 0;
        }
    }
    d->at = at;
    return SXI_STATUS_OK;
}

/* Add k low bits to count values already shifted apart. */
static enum sxi_status take_low_bits(struct decoder *d, uint32_t count, uint32_t k, uint32_t *v)
{
    const uint64_t bits = (uint64_t)count * k;
    if (!has_bits(d, bits)) {
        return SXI_STATUS_SHORT;
    }
    const uint8_t *data = d->data;
    uint64_t at = d->at;
    uint32_t i = 0;
    if (k <= 14U && ((at + bits) >> 3) + 8U <= d->len) {
        const uint64_t mask = (1ULL << k) - 1U;
        for (; i + 4U <= count; i += 4U) {
            const uint64_t four = (load64_be(data + (at >> 3)) << (at & 7U)) >> (64U - 4U * k);
            v[i] = (v[i] << k) | (uint32_t)(four >> (3U * k));
            v[i + 1U] = (v[i + 1U] << k) | (uint32_t)((four >> (2U * k)) & mask);
            v[i + 2U] = (v[i + 2U] << k) | (uint32_t)((four >> k) & mask);
            v[i + 3U] = (v[i + 3U] << k) | (uint32_t)(four & mask);
            at += 4U * k;
        }
    }
    d->at = at;
    for (; i < count; i++) {
        v[i] = (v[i] << k) | take(d, k);
    }
    return SXI_STATUS_OK;
}

/* The prediction error mapper backwards, sample by sample; FORMAT for a residual that it does
 * not make. */
static enum sxi_status unmap(struct decoder *d, const uint32_t *mapped, uint32_t n, uint32_t *x)
{
    const uint32_t most = d->max_sample;
    uint32_t p = d->previous;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t m = mapped[i];
        const uint32_t theta = p < most - p ? p : most - p;
        if (m > most) {
            return SXI_STATUS_FORMAT;
        }
        if (m / 2U + (m & 1U) <= theta) {
            p = (m & 1U) != 0U ? p - (m / 2U + 1U) : p + m / 2U;
        } else {
            p = theta == p ? m : most - m;
        }
        x[i] = p;
    }
    d->previous = p;
    return SXI_STATUS_OK;
}

/* The same for up to 16 bits where, as mostly, no residual reaches past the symmetric range:
 * then samples are running sums, and the check that it was so has no branch. Returns 0 where
 * it was not. before_x[0] becomes the sample before, those of the block follow it. */
static inline int unmap_sums(struct decoder *d, const uint32_t *mapped, uint32_t n,
                             uint32_t *before_x)
{
    const int32_t most = (int32_t)d->max_sample;
    int32_t sum = (int32_t)d->previous;
    int32_t outside = 0;
    before_x[0] = d->previous;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t m = mapped[i];
        sum += (int32_t)(m >> 1) ^ -(int32_t)(m & 1U);
        before_x[i + 1U] = (uint32_t)sum;
    }
    for (uint32_t i = 0; i < n; i++) {
        const int32_t p = (int32_t)before_x[i];
        const int32_t above = most - p;
        const int32_t theta = p < above ? p : above;
        outside |= 2 * theta - (int32_t)mapped[i]; /* the sign tells */
    }
    if (outside < 0) {
        return 0;
    }
    d->previous = (uint32_t)sum;
    return 1;
}

static inline void store_block(struct decoder *d, uint32_t b, const uint32_t *x)
{
    const uint32_t size = d->params->block_size;
    const uint32_t first = b * size;
    const uint32_t left = d->n_samples - first;
    const uint32_t n = left < size ? left : size;
    if (d->out16 == NULL) {
        memcpy(d->out32 + first, x, n * sizeof *x);
        return;
    }
    uint16_t *to = d->out16 + first;
    for (uint32_t i = 0; i < n; i++) {
        to[i] = (uint16_t)x[i];
    }
}

/* Residuals of a block (v, the first has_ref of which are not coded) to samples in place. */
static enum sxi_status finish_block(struct decoder *d, uint32_t b, uint32_t has_ref, uint32_t *v)
{
    const uint32_t size = d->params->block_size;
    if ((d->params->flags & SXI_AEC_PREPROCESS) == 0U) {
        uint32_t all = 0;
        for (uint32_t i = 0; i < size; i++) {
            all |= v[i];
        }
        if (all > d->max_sample) {
            return SXI_STATUS_FORMAT;
        }
        store_block(d, b, v);
        return SXI_STATUS_OK;
    }
    uint32_t x[AEC_MAX_BLOCK + 1];
    uint32_t largest = 0;
    for (uint32_t i = has_ref; i < size; i++) {
        largest |= v[i];
    }
    v[0] = has_ref != 0U ? 0U : v[0]; /* the reference is its own predecessor */
    const int sums = d->params->bits <= NARROW_BITS && largest <= d->max_sample;
    if (!sums || !unmap_sums(d, v, size, x)) {
        const enum sxi_status status = unmap(d, v, size, x + 1);
        if (status != SXI_STATUS_OK) {
            return status;
        }
    }
    store_block(d, b, x + 1);
    return SXI_STATUS_OK;
}

static enum sxi_status take_second_extension(struct decoder *d, uint32_t has_ref, uint32_t *v)
{
    for (uint32_t i = 0; i < d->params->block_size; i += 2U) {
        uint64_t code = 0;
        const enum sxi_status status = take_unary(d, &code);
        if (status != SXI_STATUS_OK) {
            return status;
        }
        uint64_t sum = 0; /* code = sum (sum + 1) / 2 + second */
        while (code > sum) {
            sum++;
            code -= sum;
        }
        v[i] = (uint32_t)(sum - code);
        v[i + 1U] = (uint32_t)code;
        if (sum > UINT32_MAX || (i == 0U && has_ref != 0U && v[0] != 0U)) {
            return SXI_STATUS_FORMAT;
        }
    }
    return SXI_STATUS_OK;
}

/* Length of a run of zero blocks that begins with block b. */
static enum sxi_status take_run(struct decoder *d, uint32_t b)
{
    uint64_t code = 0;
    const enum sxi_status status = take_unary(d, &code);
    if (status != SXI_STATUS_OK) {
        return status;
    }
    const uint32_t in_interval = b % d->params->rsi;
    const uint32_t to_interval_end = d->params->rsi - in_interval;
    const uint32_t to_segment_end = AEC_SEGMENT_BLOCKS - in_interval % AEC_SEGMENT_BLOCKS;
    const uint32_t rest = to_interval_end < to_segment_end ? to_interval_end : to_segment_end;
    uint64_t run = code + 1U;
    if (code == AEC_ROS - 1U) {
        run = rest;
    } else if (code >= AEC_ROS) {
        run = code;
    }
    if (run > rest) {
        return SXI_STATUS_FORMAT;
    }
    d->zero_blocks = (uint32_t)run;
    return SXI_STATUS_OK;
}

static enum sxi_status take_split(struct decoder *d, uint32_t k, uint32_t has_ref, uint32_t *v)
{
    const uint32_t count = d->params->block_size - has_ref;
    enum sxi_status status = take_unaries(d, count, v + has_ref);
    if (status == SXI_STATUS_OK && k > 0U) {
        uint32_t highest = 0;
        for (uint32_t i = 0; i < count; i++) {
            highest |= v[has_ref + i];
        }
        if (highest >> (32U - k) != 0U) {
            return SXI_STATUS_FORMAT;
        }
        status = take_low_bits(d, count, k, v + has_ref);
    }
    return status;
}

static enum sxi_status take_raw(struct decoder *d, uint32_t has_ref, uint32_t *v)
{
    const struct sxi_aec *p = d->params;
    if (!has_bits(d, (uint64_t)(p->block_size - has_ref) * p->bits)) {
        return SXI_STATUS_SHORT;
    }
    for (uint32_t i = has_ref; i < p->block_size; i++) {
        v[i] = take(d, p->bits);
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
        if (!has_bits(d, o->id_bits + 1U)) { /* every option has at least one bit more */
            return SXI_STATUS_SHORT;
        }
        const uint32_t id = take(d, o->id_bits);
        const uint32_t is_extension = id == 0U ? take(d, 1) : 0U;
        has_ref = (p->flags & SXI_AEC_PREPROCESS) != 0U && b % p->rsi == 0U ? 1U : 0U;
        if (has_ref != 0U) {
            if (!has_bits(d, p->bits)) {
                return SXI_STATUS_SHORT;
            }
            d->previous = take(d, p->bits);
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
        memset(v, 0, sizeof v);
    }
    return finish_block(d, b, has_ref, v);
}

static int32_t decode(struct decoder *d)
{
    if (d->n_samples > INT32_MAX) {
        return SXI_STATUS_PARAM;
    }
    const struct sxi_aec *p = d->params;
    d->options = aec_options_of(p);
    d->max_sample = aec_max_sample(p->bits);
    d->end = (uint64_t)d->len * 8U;
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
    if (params == NULL || data == NULL || out == NULL || !aec_params_good(params) ||
        params->bits > NARROW_BITS) {
        return SXI_STATUS_PARAM;
    }
    struct decoder d = {
        .params = params, .data = data, .len = len, .out16 = out, .n_samples = n_samples};
    return decode(&d);
}

int32_t sxi_aec_decode_u32(const struct sxi_aec *params, const uint8_t *data, uint32_t len,
                           uint32_t *out, uint32_t n_samples)
{
    if (params == NULL || data == NULL || out == NULL || !aec_params_good(params)) {
        return SXI_STATUS_PARAM;
    }
    struct decoder d = {
        .params = params, .data = data, .len = len, .out32 = out, .n_samples = n_samples};
    return decode(&d);
}
