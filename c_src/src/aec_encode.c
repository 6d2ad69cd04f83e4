/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/aec.h"

#include <stdbool.h>
#include <stddef.h>

#include "aec_common.h"
#include "bits.h"

/* MANY: so much is more than any option takes, and 64 times twice as much stays within 32 bits. */
enum { NARROW_BITS = 16, MANY = 0x2000000 };

struct encoder {
    struct sxi_aec params;     /* what is checked is what is used */
    const uint16_t *samples16; /* one of the two: from the block on */
    const uint32_t *samples32;
    uint32_t left; /* samples */
    uint32_t at;   /* block of the interval */
    uint32_t id_bits;
    uint32_t k;   /* split option of the last block: the search begins there */
    uint32_t run; /* zero blocks not yet coded */
    struct bit_writer writer; /* between blocks */
};

/* One block: mapped residuals, or the samples themselves without the preprocessor. */
struct block {
    uint32_t *d;
    uint32_t any;     /* 0 where all are; below MANY where all are */
    uint32_t sum;     /* of all, modulo 2^32 */
    uint32_t has_ref; /* d[0] stands for a reference sample and is 0 */
};

/* Of good parameters. */
static inline uint32_t bound(const struct sxi_aec *params, uint32_t n_samples)
{
    const uint32_t per_block = aec_options_of(params).id_bits + params->block_size * params->bits;
    const uint64_t bytes = ((uint64_t)aec_blocks(params, n_samples) * per_block + 7U) / 8U;
    return bytes > INT32_MAX ? 0U : (uint32_t)bytes;
}

uint32_t sxi_aec_bound(const struct sxi_aec *params, uint32_t n_samples)
{
    return params == NULL || !aec_params_good(params) ? 0U : bound(params, n_samples);
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

/* n samples to the block, mapped or as they are. Returns the bits that any of them has. */
static inline uint32_t load_u16(const struct encoder *e, const uint16_t *x, uint32_t n,
                                uint32_t before, struct block *block)
{
    const uint32_t most = aec_max_sample(e->params.bits);
    uint32_t *d = block->d;
    uint32_t all = x[0];
    uint32_t sum = 0;
    if ((e->params.flags & SXI_AEC_PREPROCESS) == 0U) {
        for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
            all |= x[i];
            sum += x[i];
            d[i] = x[i];
        }
    } else {
        d[0] = map_narrow(before, x[0], most);
        sum = d[0];
        before = x[0]; /* D13 */
        for (uint32_t i = 1; i < n; i++) {
            all |= x[i];
            d[i] = WORD_BITS == 64 ? map_narrow(x[i - 1U], x[i], most) : map(before, x[i], most);
            sum += d[i];
            before = x[i]; /* D13 */
        }
    }
    block->sum = sum;
    block->any = sum;
    return all;
}

static uint32_t load_u32(const struct encoder *e, const uint32_t *x, uint32_t n, uint32_t before,
                         struct block *block)
{
    const uint32_t most = aec_max_sample(e->params.bits);
    const bool plain = (e->params.flags & SXI_AEC_PREPROCESS) == 0U;
    uint32_t all = 0;
    block->sum = 0;
    block->any = 0;
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
        const uint32_t d = plain ? x[i] : map(before, x[i], most);
        all |= x[i];
        block->any |= d;
        block->sum += d;
        block->d[i] = d;
        before = x[i];
    }
    return all;
}

/* The sample so many before the block. */
static inline uint32_t sample_before(const struct encoder *e, uint32_t n)
{
    return e->samples16 != NULL ? (e->samples16 - n)[0] : (e->samples32 - n)[0];
}

static inline bool is_plain(const struct encoder *e)
{
    return (e->params.flags & SXI_AEC_PREPROCESS) == 0U;
}

/* The n samples of the block become what is coded, padded with the last one; RANGE for one that is
 * too wide. */
static enum sxi_status load_block(const struct encoder *e, uint32_t n, struct block *block)
{
    const uint32_t size = e->params.block_size;
    block->has_ref = !is_plain(e) && e->at == 0U ? 1U : 0U;
    /* the reference is its own predecessor */
    const uint32_t before = sample_before(e, e->at == 0U || is_plain(e) ? 0U : 1U);
    uint32_t all = 0;
    uint32_t last = 0;
    if (e->samples16 == NULL) {
        all = load_u32(e, e->samples32, n, before, block);
        last = e->samples32[n - 1U];
    } else {
        last = e->samples16[n - 1U];
        if (WORD_BITS == 64 && n == AEC_MAX_BLOCK) {
            all = load_u16(e, e->samples16, AEC_MAX_BLOCK, before, block);
        } else {
            all = load_u16(e, e->samples16, n, before, block);
        }
    }
    for (uint32_t i = n; i < size; i++) {
        block->d[i] = is_plain(e) ? last : 0U;
        block->sum += block->d[i];
    }
    return all > aec_max_sample(e->params.bits) ? SXI_STATUS_RANGE : SXI_STATUS_OK;
}

/* Sum of d >> k over a block, and by how much it changes with k. */
struct sums {
    uint32_t here;
    uint32_t gain; /* here less the sum for k + 1 */
    uint32_t loss; /* the sum for k - 1 less here; 0 when k is 0 */
};

static inline struct sums add_up(const uint32_t *d, uint32_t n, uint32_t k)
{
    const uint32_t down = k > 0U ? k - 1U : 0U;
    uint32_t below = 0;
    uint32_t here = 0;
    uint32_t above = 0;
    for (uint32_t i = 0; i < n; i++) { /* uncovered object*2 2963: n > 0 */
        below += d[i] >> down;
        here += d[i] >> k;
        above += d[i] >> k >> 1;
    }
    const struct sums sums = {.here = here, .gain = here - above, .loss = below - here};
    return sums;
}

static inline struct sums sums_of(const struct block *block, uint32_t size, uint32_t k)
{
    if (block->any >> k >= MANY) {
        const struct sums many = {.here = MANY, .gain = MANY, .loss = MANY};
        return many;
    }
    if (WORD_BITS == 64 && size == AEC_MAX_BLOCK) {
        return add_up(block->d, AEC_MAX_BLOCK, k);
    }
    return add_up(block->d, size, k);
}

/* Length of the best split option without its identifier; e->k becomes it. The length is
 * convex in k, so a step is taken as long as it is shorter: each bit more costs one a sample
 * and saves what the sum loses. */
static uint32_t choose_split(struct encoder *e, const struct block *block)
{
    const uint32_t coded = e->params.block_size - block->has_ref;
    for (;;) {
        const struct sums sums = sums_of(block, e->params.block_size, e->k);
        /* uncovered object a16c: values of so many bits have room for more low ones */
        if (e->k + 3U < 1U << e->id_bits && sums.gain > coded) {
            e->k++;
        } else if (e->k > 0U && sums.loss < coded) { /* uncovered object 0b83: n > 0: see add_up */
            e->k--;
        } else {
            return sums.here + coded * (e->k + 1U);
        }
    }
}

/* Length of the second-extension option, its extra bit counted; more than `most` where it is
 * longer than that. */
static uint32_t second_extension_length(const struct block *block, uint32_t size, uint32_t most)
{
    uint32_t len = 1U + size / 2U;
    /* uncovered object ed21: where nothing is split, samples have 2 bits */
    if (block->any >= MANY || len + block->sum > most) {
        return most + 1U; /* a pair's code is no shorter than its sum */
    }
    for (uint32_t i = 0; i < size; i += 2U) { /* uncovered object ad5c: size > 0 */
        const uint32_t sum = block->d[i] + block->d[i + 1U];
        len += sum * (sum + 1U) / 2U + block->d[i + 1U];
    }
    return len;
}

/* Put n zeros and a one. */
static inline void put_unary(struct bit_writer *w, uint32_t n)
{
    while (n >= PUT_BITS) { /* uncovered object*2 fa1e: see put_bits, which it contains */
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
static enum sxi_status put_block(struct encoder *e, const struct block *block)
{
    const struct sxi_aec *p = &e->params;
    const uint32_t raw = (p->block_size - block->has_ref) * p->bits;
    const uint32_t split = e->id_bits > 1U ? choose_split(e, block) : raw;
    const uint32_t best = split < raw ? split : raw;
    const uint32_t extension = second_extension_length(block, p->block_size, best);
    const bool use_extension = split < raw ? extension <= split : extension < raw;
    const uint32_t ref_bits = block->has_ref != 0U ? p->bits : 0U;
    if (!has_room(e, e->id_bits + ref_bits + (use_extension ? extension : best))) {
        return SXI_STATUS_ROOM;
    }
    struct bit_writer w = e->writer;
    if (use_extension) {
        put_bits(&w, 1, e->id_bits + 1U);
    } else {
        put_bits(&w, split < raw ? e->k + 1U : (1U << e->id_bits) - 1U, e->id_bits);
    }
    if (block->has_ref != 0U) {
        put_wide(&w, sample_before(e, 0), p->bits);
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
    const uint32_t before = to_segment_end ? e->run - 1U : e->run;
    uint32_t code = e->run >= AEC_ROS ? e->run : e->run - 1U;
    if (to_segment_end && e->run >= AEC_ROS) {
        code = AEC_ROS - 1U;
    }
    const bool has_ref = !is_plain(e) && e->at == before;
    const uint32_t ref_bits = has_ref ? e->params.bits : 0U;
    if (!has_room(e, e->id_bits + 1U + ref_bits + code + 1U)) {
        return SXI_STATUS_ROOM;
    }
    put_bits(&e->writer, 0, e->id_bits + 1U);
    if (has_ref) {
        put_wide(&e->writer, sample_before(e, before * e->params.block_size), e->params.bits);
    }
    put_unary(&e->writer, code);
    e->run = 0;
    return SXI_STATUS_OK;
}

static enum sxi_status encode_block(struct encoder *e, uint32_t *d)
{
    const uint32_t size = e->params.block_size;
    const uint32_t n = e->left < size ? e->left : size;
    struct block block = {.d = d};
    enum sxi_status status = load_block(e, n, &block);
    if (status != SXI_STATUS_OK) {
        return status;
    }
    const uint32_t next = e->at + 1U == e->params.rsi ? 0U : e->at + 1U;
    if (block.any == 0U) {
        e->run++;
        if (next % AEC_SEGMENT_BLOCKS == 0U || n == e->left) {
            status = put_run(e, true);
        }
    } else {
        if (e->run > 0U) {
            status = put_run(e, false);
        }
        if (status == SXI_STATUS_OK) {
            status = put_block(e, &block);
        }
    }
    e->at = next;
    e->left -= n;
    if (e->samples16 != NULL) {
        e->samples16 += n;
    } else {
        e->samples32 += n;
    }
    return status;
}

/* Fill the last byte with zeros; the length of all. */
static int32_t finish(struct encoder *e, const uint8_t *out)
{
    return has_room(e, 7) ? (int32_t)flush_bits(&e->writer, out) : (int32_t)SXI_STATUS_ROOM;
}

int32_t aec_encode(const struct sxi_aec *params, const uint16_t *samples16,
                   const uint32_t *samples32, uint32_t n_samples, uint8_t *out, uint32_t out_len,
                   uint32_t *block)
{
    if (params == NULL || (samples16 == NULL && samples32 == NULL) || out == NULL) {
        return SXI_STATUS_PARAM;
    }
    struct encoder e = {.params = *params,
                        .samples16 = samples16,
                        .samples32 = samples32,
                        .left = n_samples,
                        .writer = {.out = out, .end = out + out_len}};
    if (!aec_params_good(&e.params) || (samples16 != NULL && e.params.bits > NARROW_BITS)) {
        return SXI_STATUS_PARAM;
    }
    /* uncovered object 0101: what is not 0 has code of its own */
    if (n_samples > 0U && bound(&e.params, n_samples) == 0U) {
        return SXI_STATUS_PARAM;
    }
    e.id_bits = aec_options_of(&e.params).id_bits;
    enum sxi_status status = SXI_STATUS_OK;
    /* uncovered object 48fb: without samples there is code of its own */
    while (e.left > 0U && status == SXI_STATUS_OK) {
        status = encode_block(&e, block);
    }
    return status == SXI_STATUS_OK ? finish(&e, out) : (int32_t)status;
}

int32_t sxi_aec_encode_u16(const struct sxi_aec *params, const uint16_t *samples,
                           uint32_t n_samples, uint8_t *out, uint32_t out_len)
{
    uint32_t block[AEC_MAX_BLOCK];
    return aec_encode(params, samples, NULL, n_samples, out, out_len, block);
}

int32_t sxi_aec_encode_u32(const struct sxi_aec *params, const uint32_t *samples,
                           uint32_t n_samples, uint8_t *out, uint32_t out_len)
{
    uint32_t block[AEC_MAX_BLOCK];
    return aec_encode(params, NULL, samples, n_samples, out, out_len, block);
}
