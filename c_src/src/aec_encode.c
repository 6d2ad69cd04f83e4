/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/aec.h"

#include <stdbool.h>
#include <stddef.h>

#include "aec_common.h"
#include "bits.h"

enum { NARROW_BITS = 16, MANY = INT32_MAX / 2 };

struct encoder {
    const struct sxi_aec *params;
    struct aec_options options;
    const uint16_t *samples16; /* one of the two */
    const uint32_t *samples32;
    uint32_t n_samples;
    uint32_t max_sample;
    uint32_t previous; /* sample before the block */
    uint32_t k;        /* split option of the last block: the search begins there */
    uint32_t run;      /* zero blocks not yet coded */
    uint32_t run_has_ref;
    uint32_t run_ref;
    struct bit_writer writer; /* between blocks */
};

/* One block: mapped residuals, or the samples themselves without the preprocessor. */
struct block {
    uint32_t d[AEC_MAX_BLOCK];
    uint32_t has_ref; /* d[0] stands for a reference sample and is 0 */
    uint32_t ref;
};

uint32_t sxi_aec_bound(const struct sxi_aec *params, uint32_t n_samples)
{
    if (params == NULL || !aec_params_good(params)) {
        return 0;
    }
    const uint32_t per_block = aec_options_of(params).id_bits + params->block_size * params->bits;
    const uint64_t bytes = ((uint64_t)aec_blocks(params, n_samples) * per_block + 7U) / 8U;
    return bytes > INT32_MAX ? 0U : (uint32_t)bytes;
}

/* The prediction error mapper: steps up and down take turns until one side has no more; theta
 * steps lie on the shorter side. */
static inline uint32_t map(uint32_t before, uint32_t sample, uint32_t max_sample)
{
    const uint32_t up = sample - before;
    const uint32_t down = before - sample;
    if (sample >= before) {
        return up <= before ? 2U * up : sample;
    }
    return down <= max_sample - before ? 2U * down - 1U : max_sample - sample;
}

/* The same for up to 16 bits, where all fits int32_t; no branch, so that it vectorises. */
static inline uint32_t map_narrow(uint32_t before, uint32_t sample, uint32_t max_sample)
{
    const int32_t p = (int32_t)before;
    const int32_t above = (int32_t)max_sample - p;
    const int32_t theta = p < above ? p : above;
    const int32_t delta = (int32_t)sample - p;
    const int32_t size = delta < 0 ? -delta : delta;
    const int32_t rest = delta < 0 ? -delta - 1 : delta;
    const int32_t mapped = size + (rest < theta ? rest : theta);
    return (uint32_t)mapped;
}

/* n samples to d, mapped or as they are. Returns the bits that any of them has. */
static inline uint32_t load_u16(const struct encoder *e, const uint16_t *x, uint32_t n,
                                uint32_t before, uint32_t *d)
{
    const uint32_t most = e->max_sample;
    uint32_t all = x[0];
    if ((e->params->flags & SXI_AEC_PREPROCESS) == 0U) {
        for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
            all |= x[i];
            d[i] = x[i];
        }
        return all;
    }
    d[0] = map_narrow(before, x[0], most);
    before = x[0]; /* D13 */
    for (uint32_t i = 1; i < n; i++) {
        all |= x[i];
        d[i] = WORD_BITS == 64 ? map_narrow(x[i - 1U], x[i], most) : map(before, x[i], most);
        before = x[i]; /* D13 */
    }
    return all;
}

static uint32_t load_u32(const struct encoder *e, const uint32_t *x, uint32_t n, uint32_t before,
                         uint32_t *d)
{
    const bool plain = (e->params->flags & SXI_AEC_PREPROCESS) == 0U;
    uint32_t all = 0;
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
        all |= x[i];
        d[i] = plain ? x[i] : map(before, x[i], e->max_sample);
        before = x[i];
    }
    return all;
}

/* Samples of block b become what is coded, padded with the last one; RANGE for one that is
 * too wide. */
static enum sxi_status load_block(struct encoder *e, uint32_t b, struct block *block)
{
    const struct sxi_aec *p = e->params;
    const bool plain = (p->flags & SXI_AEC_PREPROCESS) == 0U;
    const uint32_t first = b * p->block_size;
    const uint32_t left = e->n_samples - first;
    const uint32_t n = left < p->block_size ? left : p->block_size;
    const uint32_t last = first + n - 1U;
    block->ref = e->samples16 != NULL ? e->samples16[first] : e->samples32[first];
    block->has_ref = !plain && b % p->rsi == 0U ? 1U : 0U;
    const uint32_t before = block->has_ref != 0U ? block->ref : e->previous; /* d[0] becomes 0 */
    uint32_t all = 0;
    if (e->samples16 == NULL) {
        all = load_u32(e, e->samples32 + first, n, before, block->d);
        e->previous = e->samples32[last];
    } else {
        e->previous = e->samples16[last];
        if (n == AEC_MAX_BLOCK) {
            all = load_u16(e, e->samples16 + first, AEC_MAX_BLOCK, before, block->d);
        } else {
            all = load_u16(e, e->samples16 + first, n, before, block->d);
        }
    }
    /* uncovered object 50ca: a block has a sample */
    for (uint32_t i = n; i < p->block_size; i++) {
        block->d[i] = plain ? e->previous : 0U;
    }
    return all > e->max_sample ? SXI_STATUS_RANGE : SXI_STATUS_OK;
}

/* Sums over a block: of d, of d >> k, and by how much the latter changes with k. None is told
 * beyond MANY, where it decides nothing. */
struct sums {
    uint32_t all;
    uint32_t here;
    uint32_t gain; /* here less the sum for k + 1 */
    uint32_t loss; /* the sum for k - 1 less here; 0 when k is 0 */
};

static inline void add_up(const uint32_t *d, uint32_t n, uint32_t k, struct sums *sums)
{
    const uint32_t down = k > 0U ? k - 1U : 0U;
    uint32_t all = 0;
    uint32_t below = 0;
    uint32_t here = 0;
    uint32_t above = 0;
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
        all += d[i];
        below += d[i] >> down;
        here += d[i] >> k;
        above += d[i] >> k >> 1;
    }
    sums->all = all;
    sums->here = here;
    sums->gain = here - above;
    sums->loss = below - here;
}

static uint32_t at_most_many(uint64_t sum)
{
    return sum < MANY ? (uint32_t)sum : MANY;
}

static void add_up_wide(const uint32_t *d, uint32_t n, uint32_t k, struct sums *sums)
{
    const uint32_t down = k > 0U ? k - 1U : 0U;
    uint64_t all = 0;
    uint64_t below = 0;
    uint64_t here = 0;
    uint64_t above = 0;
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
        all += d[i];
        below += d[i] >> down;
        here += d[i] >> k;
        above += d[i] >> k >> 1;
    }
    sums->all = at_most_many(all);
    sums->here = at_most_many(here);
    sums->gain = at_most_many(here - above);
    sums->loss = at_most_many(below - here);
}

static void sums_of(const struct encoder *e, const struct block *block, uint32_t k,
                    struct sums *sums)
{
    const uint32_t size = e->params->block_size;
    if (e->params->bits > NARROW_BITS) {
        add_up_wide(block->d, size, k, sums);
    } else if (size == AEC_MAX_BLOCK) {
        add_up(block->d, AEC_MAX_BLOCK, k, sums);
    } else {
        add_up(block->d, size, k, sums);
    }
}

/* Length of the best split option without its identifier; e->k becomes it. The length is
 * convex in k, so a step is taken as long as it is shorter: each bit more costs one a sample
 * and saves what the sum loses. */
static uint32_t choose_split(struct encoder *e, const struct block *block, struct sums *sums)
{
    const uint32_t coded = e->params->block_size - block->has_ref;
    uint32_t k = e->k;
    while (k < e->options.k_max && sums->gain > coded) {
        k++;
        sums_of(e, block, k, sums);
    }
    while (k > 0U && sums->loss < coded) {
        k--;
        sums_of(e, block, k, sums);
    }
    e->k = k;
    return sums->here + coded * (k + 1U);
}

/* Length of the second-extension option, its extra bit counted; more than `most` where it is
 * longer than that. */
static uint32_t second_extension_length(const struct encoder *e, const struct block *block,
                                        uint32_t all, uint32_t most)
{
    uint32_t len = 1U + e->params->block_size / 2U;
    if (len + all > most) {
        return most + 1U; /* a pair's code is no shorter than its sum */
    }
    /* uncovered object 79e7: block_size > 0 */
    for (uint32_t i = 0; i < e->params->block_size; i += 2U) {
        const uint32_t sum = block->d[i] + block->d[i + 1U];
        len += sum * (sum + 1U) / 2U + block->d[i + 1U];
    }
    return len;
}

/* Put n zeros and a one. */
static inline void put_unary(struct bit_writer *w, uint32_t n)
{
    while (n >= PUT_BITS) { /* uncovered object fa1e: see put_bits, which it contains */
        put_bits(w, 0, PUT_BITS);
        n -= PUT_BITS;
    }
    put_bits(w, 1, n + 1U);
}

static void put_split(struct bit_writer *w, const struct block *block, uint32_t size, uint32_t k)
{
    const uint32_t *d = block->d;
    uint32_t i = block->has_ref;
    uint32_t most = 0;
    for (uint32_t j = 0; j < size && WORD_BITS == 64; j++) {
        most |= d[j] >> k;
    }
    if (WORD_BITS == 64 && most < 12U) { /* four codes of up to 12 bits go into one word */
        for (; i + 4U <= size; i += 4U) {
            const uint32_t a = (d[i] >> k) + 1U;
            const uint32_t b = (d[i + 1U] >> k) + 1U;
            const uint32_t c = (d[i + 2U] >> k) + 1U;
            const uint32_t e = (d[i + 3U] >> k) + 1U;
            const uint64_t first = (1ULL << b) | 1U;
            const uint64_t second = (1ULL << e) | 1U;
            put_bits(w, (uintptr_t)((first << (c + e)) | second), a + b + c + e); /* D14 */
        }
    }
    for (; i < size; i++) { /* uncovered object a17e: size > 0 */
        put_unary(w, d[i] >> k);
    }
    if (k == 0U) {
        return;
    }
    const uintptr_t mask = ((uintptr_t)1 << k) - 1U;
    i = block->has_ref;
    if (4U * k <= PUT_BITS) {
        for (; i + 4U <= size; i += 4U) { /* uncovered object a39e: size > 4 */
            const uintptr_t first = ((d[i] & mask) << k) | (d[i + 1U] & mask);
            const uintptr_t second = ((d[i + 2U] & mask) << k) | (d[i + 3U] & mask);
            put_bits(w, (first << (2U * k)) | second, 4U * k);
        }
    }
    for (; i < size; i++) {
        put_wide(w, (uint32_t)(d[i] & mask), k);
    }
}

/* Sums are small: this option is the shortest. */
static void put_second_extension(struct bit_writer *w, const struct block *block, uint32_t size)
{
    for (uint32_t i = 0; i < size; i += 2U) { /* uncovered object ad5c: size > 0 */
        const uint32_t sum = block->d[i] + block->d[i + 1U];
        put_unary(w, sum * (sum + 1U) / 2U + block->d[i + 1U]);
    }
}

static void put_raw(struct bit_writer *w, const struct block *block, const struct sxi_aec *params)
{
    /* uncovered object ef6d: a block has more than a reference */
    for (uint32_t i = block->has_ref; i < params->block_size; i++) {
        put_wide(w, block->d[i], params->bits);
    }
}

/* Is there room for the whole bytes of n bits more? */
static bool has_room(const struct encoder *e, uint32_t n)
{
    const ptrdiff_t left = e->writer.end - e->writer.out;
    return (e->writer.pending + n) >> 3 <= (uint32_t)left;
}

/* Code a block that is not all zero. */
static enum sxi_status put_block(struct encoder *e, const struct block *block, struct sums *sums)
{
    const struct sxi_aec *p = e->params;
    const struct aec_options *o = &e->options;
    const uint32_t raw = (p->block_size - block->has_ref) * p->bits;
    const uint32_t split = o->has_split != 0U ? choose_split(e, block, sums) : raw;
    const uint32_t best = split < raw ? split : raw;
    const uint32_t extension = second_extension_length(e, block, sums->all, best);
    const bool use_extension = split < raw ? extension <= split : extension < raw;
    const uint32_t ref_bits = block->has_ref != 0U ? p->bits : 0U;
    if (!has_room(e, o->id_bits + ref_bits + (use_extension ? extension : best))) {
        return SXI_STATUS_ROOM;
    }
    struct bit_writer w = e->writer;
    if (use_extension) {
        put_bits(&w, 1, o->id_bits + 1U);
    } else {
        put_bits(&w, split < raw ? e->k + 1U : o->raw_id, o->id_bits);
    }
    if (block->has_ref != 0U) {
        put_wide(&w, block->ref, p->bits);
    }
    if (use_extension) {
        put_second_extension(&w, block, p->block_size);
    } else if (split < raw) {
        put_split(&w, block, p->block_size, e->k);
    } else {
        put_raw(&w, block, p);
    }
    e->writer = w;
    return SXI_STATUS_OK;
}

/* Code the run of zero blocks that has come to its end. */
static enum sxi_status put_run(struct encoder *e, bool to_segment_end)
{
    uint32_t code = e->run >= AEC_ROS ? e->run : e->run - 1U;
    if (to_segment_end && e->run >= AEC_ROS) {
        code = AEC_ROS - 1U;
    }
    const uint32_t ref_bits = e->run_has_ref != 0U ? e->params->bits : 0U;
    if (!has_room(e, e->options.id_bits + 1U + ref_bits + code + 1U)) {
        return SXI_STATUS_ROOM;
    }
    put_bits(&e->writer, 0, e->options.id_bits + 1U);
    if (e->run_has_ref != 0U) {
        put_wide(&e->writer, e->run_ref, e->params->bits);
    }
    put_unary(&e->writer, code);
    e->run = 0;
    return SXI_STATUS_OK;
}

static enum sxi_status encode_block(struct encoder *e, uint32_t b, uint32_t n_blocks)
{
    struct block block;
    struct sums sums;
    enum sxi_status status = load_block(e, b, &block);
    if (status != SXI_STATUS_OK) {
        return status;
    }
    sums_of(e, &block, e->k, &sums);
    if (sums.all == 0U) {
        if (e->run == 0U) {
            e->run_has_ref = block.has_ref;
            e->run_ref = block.ref;
        }
        e->run++;
        const uint32_t next = (b + 1U) % e->params->rsi; /* within its interval */
        const bool ends = next % AEC_SEGMENT_BLOCKS == 0U || b + 1U == n_blocks;
        return ends ? put_run(e, true) : SXI_STATUS_OK;
    }
    if (e->run > 0U) {
        status = put_run(e, false);
        if (status != SXI_STATUS_OK) {
            return status;
        }
    }
    return put_block(e, &block, &sums);
}

/* Fill the last byte with zeros; the length of all. */
static int32_t finish(struct encoder *e, const uint8_t *out)
{
    struct bit_writer *w = &e->writer;
    if (!has_room(e, 7)) {
        return SXI_STATUS_ROOM;
    }
    put_bits(w, 0, (8U - (w->pending & 7U)) & 7U);
    /* uncovered object caaa: words of 32 bits leave one byte at most */
    for (; w->pending > 0U; w->pending -= 8U) {
        *w->out++ = (uint8_t)((w->acc >> (w->pending - 8U)) & 0xffU); /* D12 */
    }
    const ptrdiff_t n_bytes = w->out - out;
    return (int32_t)n_bytes;
}

static enum sxi_status prepare(struct encoder *e, uint8_t *out, uint32_t out_len)
{
    const struct sxi_aec *p = e->params;
    if (e->n_samples > 0U && sxi_aec_bound(p, e->n_samples) == 0U) {
        return SXI_STATUS_PARAM;
    }
    e->options = aec_options_of(p);
    e->max_sample = aec_max_sample(p->bits);
    e->writer.out = out;
    e->writer.end = out + out_len;
    return SXI_STATUS_OK;
}

/* Inline: a frame less on the stack. */
static inline int32_t encode(struct encoder *e, uint8_t *out, uint32_t out_len)
{
    enum sxi_status status = prepare(e, out, out_len);
    const uint32_t n_blocks = aec_blocks(e->params, e->n_samples);
    for (uint32_t b = 0; b < n_blocks && status == SXI_STATUS_OK; b++) {
        status = encode_block(e, b, n_blocks);
    }
    return status == SXI_STATUS_OK ? finish(e, out) : (int32_t)status;
}

int32_t sxi_aec_encode_u16(const struct sxi_aec *params, const uint16_t *samples,
                           uint32_t n_samples, uint8_t *out, uint32_t out_len)
{
    if (params == NULL || samples == NULL || out == NULL) {
        return SXI_STATUS_PARAM;
    }
    const struct sxi_aec own = *params; /* what is checked is what is used */
    if (!aec_params_good(&own) || own.bits > NARROW_BITS) {
        return SXI_STATUS_PARAM;
    }
    struct encoder e = {.params = &own, .samples16 = samples, .n_samples = n_samples};
    return encode(&e, out, out_len);
}

int32_t sxi_aec_encode_u32(const struct sxi_aec *params, const uint32_t *samples,
                           uint32_t n_samples, uint8_t *out, uint32_t out_len)
{
    if (params == NULL || samples == NULL || out == NULL) {
        return SXI_STATUS_PARAM;
    }
    const struct sxi_aec own = *params; /* what is checked is what is used */
    if (!aec_params_good(&own)) {
        return SXI_STATUS_PARAM;
    }
    struct encoder e = {.params = &own, .samples32 = samples, .n_samples = n_samples};
    return encode(&e, out, out_len);
}
