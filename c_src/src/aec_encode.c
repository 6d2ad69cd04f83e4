#include "sxi/aec.h"

#include <stddef.h>
#include <string.h>

#include "aec_common.h"
#include "bits.h"

enum {
    SPARE_BYTES = 8, /* the bit writer stores 8 bytes at a time */
    /* identifier, reference sample, 64 samples of 32 bits, as many stop bits at the most */
    BLOCK_BYTES = 5 + 4 + AEC_MAX_BLOCK * 4 + AEC_MAX_BLOCK / 8 + SPARE_BYTES,
    /* bits pending, identifier, reference sample, run of a whole segment */
    RUN_BYTES = 1 + 1 + 4 + AEC_SEGMENT_BLOCKS / 8 + 1 + SPARE_BYTES,
    NARROW_BITS = 16
};

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
    uint8_t *out;
    uint8_t *end;
    uint64_t acc; /* of the bit writer, between blocks */
    uint32_t pending;
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

/* Load samples of block b, padded with the last one; RANGE for one that is too wide. */
static enum sxi_status load_block(const struct encoder *e, uint32_t b, uint32_t *x)
{
    const uint32_t size = e->params->block_size;
    const uint32_t first = b * size;
    const uint32_t left = e->n_samples - first;
    const uint32_t n = left < size ? left : size;
    uint32_t all = 0;
    if (e->samples16 != NULL) {
        const uint16_t *from = e->samples16 + first;
        for (uint32_t i = 0; i < n; i++) {
            x[i] = from[i];
            all |= from[i];
        }
    } else {
        const uint32_t *from = e->samples32 + first;
        for (uint32_t i = 0; i < n; i++) {
            x[i] = from[i];
            all |= from[i];
        }
    }
    for (uint32_t i = n; i < size; i++) {
        x[i] = x[n - 1U];
    }
    return all > e->max_sample ? SXI_STATUS_RANGE : SXI_STATUS_OK;
}

/* The prediction error mapper for up to 16 bits, where all fits int32_t; no branch, so that it
 * vectorises. before[i] is the sample before x[i]. */
static inline void map_narrow(const uint32_t *before, const uint32_t *x, uint32_t n,
                              uint32_t max_sample, uint32_t *d)
{
    for (uint32_t i = 0; i < n; i++) {
        const int32_t p = (int32_t)before[i];
        const int32_t delta = (int32_t)x[i] - p;
        const int32_t above = (int32_t)max_sample - p;
        const int32_t theta = p < above ? p : above;
        const int32_t size = delta < 0 ? -delta : delta;
        const int32_t inside = 2 * size - (delta < 0 ? 1 : 0);
        d[i] = (uint32_t)(size <= theta ? inside : theta + size);
    }
}

static void map_wide(const uint32_t *before, const uint32_t *x, uint32_t n, uint32_t max_sample,
                     uint32_t *d)
{
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t p = before[i];
        const uint32_t theta = p < max_sample - p ? p : max_sample - p;
        const uint32_t size = x[i] < p ? p - x[i] : x[i] - p;
        const uint32_t inside = x[i] < p ? 2U * size - 1U : 2U * size;
        d[i] = size <= theta ? inside : theta + size;
    }
}

/* Samples of block b become what is coded. */
static enum sxi_status preprocess(struct encoder *e, uint32_t b, struct block *block)
{
    const uint32_t size = e->params->block_size;
    uint32_t x[AEC_MAX_BLOCK + 1];
    block->has_ref = 0;
    block->ref = 0;
    if ((e->params->flags & SXI_AEC_PREPROCESS) == 0U) {
        return load_block(e, b, block->d);
    }
    const enum sxi_status status = load_block(e, b, x + 1);
    if (status != SXI_STATUS_OK) {
        return status;
    }
    block->has_ref = b % e->params->rsi == 0U ? 1U : 0U;
    x[0] = block->has_ref != 0U ? x[1] : e->previous; /* so that d[0] becomes 0 */
    block->ref = x[1];
    if (e->params->bits > NARROW_BITS) {
        map_wide(x, x + 1, size, e->max_sample, block->d);
    } else if (size == AEC_MAX_BLOCK) {
        map_narrow(x, x + 1, AEC_MAX_BLOCK, e->max_sample, block->d);
    } else {
        map_narrow(x, x + 1, size, e->max_sample, block->d);
    }
    e->previous = x[size];
    return SXI_STATUS_OK;
}

/* Sums over a block: of d, and of d >> k for three neighbouring k. */
struct sums {
    uint64_t all;
    uint64_t below; /* k - 1; of d itself when k is 0 */
    uint64_t here;
    uint64_t above; /* k + 1 */
};

static inline void add_up(const uint32_t *d, uint32_t n, uint32_t k, struct sums *sums)
{
    const uint32_t down = k > 0U ? k - 1U : 0U;
    uint32_t all = 0;
    uint32_t below = 0;
    uint32_t here = 0;
    uint32_t above = 0;
    for (uint32_t i = 0; i < n; i++) {
        all += d[i];
        below += d[i] >> down;
        here += d[i] >> k;
        above += d[i] >> k >> 1;
    }
    sums->all = all;
    sums->below = below;
    sums->here = here;
    sums->above = above;
}

static void add_up_wide(const uint32_t *d, uint32_t n, uint32_t k, struct sums *sums)
{
    const uint32_t down = k > 0U ? k - 1U : 0U;
    const struct sums none = {0, 0, 0, 0};
    *sums = none;
    for (uint32_t i = 0; i < n; i++) {
        sums->all += d[i];
        sums->below += d[i] >> down;
        sums->here += d[i] >> k;
        sums->above += d[i] >> k >> 1;
    }
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
static uint64_t choose_split(struct encoder *e, const struct block *block, struct sums *sums)
{
    const uint64_t coded = e->params->block_size - block->has_ref;
    uint32_t k = e->k;
    while (k < e->options.k_max && sums->here - sums->above > coded) {
        k++;
        sums_of(e, block, k, sums);
    }
    while (k > 0U && sums->below - sums->here < coded) {
        k--;
        sums_of(e, block, k, sums);
    }
    e->k = k;
    return sums->here + coded * (k + 1U);
}

/* Length of the second-extension option, its extra bit counted; `most` where it is as long or
 * longer than that. */
static uint64_t second_extension_length(const struct encoder *e, const struct block *block,
                                        uint64_t all, uint64_t most)
{
    uint64_t len = 1U + e->params->block_size / 2U;
    if (len + all > most) {
        return most + 1U; /* a pair's code is no shorter than its sum */
    }
    for (uint32_t i = 0; i < e->params->block_size; i += 2U) {
        const uint64_t sum = (uint64_t)block->d[i] + block->d[i + 1U];
        len += sum * (sum + 1U) / 2U + block->d[i + 1U];
    }
    return len;
}

/* Put n zeros and a one. */
static inline void put_unary(struct bit_writer *w, uint64_t n)
{
    while (n >= 48U) {
        put_bits(w, 0, 48);
        n -= 48U;
    }
    put_bits(w, 1, (uint32_t)n + 1U);
}

static void put_split(struct bit_writer *w, const struct block *block, uint32_t size, uint32_t k)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < size; i++) {
        most |= block->d[i] >> k;
    }
    uint32_t i = block->has_ref;
    if (most < 12U) { /* four codes of up to 12 + 1 bits go into one word: 4 * 13 <= 56 */
        for (; i + 4U <= size; i += 4U) {
            const uint32_t a = (block->d[i] >> k) + 1U;
            const uint32_t b = (block->d[i + 1U] >> k) + 1U;
            const uint32_t c = (block->d[i + 2U] >> k) + 1U;
            const uint32_t d = (block->d[i + 3U] >> k) + 1U;
            const uint64_t first = (1ULL << b) | 1U;
            const uint64_t second = (1ULL << d) | 1U;
            put_bits(w, (first << (c + d)) | second, a + b + c + d);
        }
    }
    for (; i < size; i++) {
        put_unary(w, block->d[i] >> k);
    }
    if (k == 0U) {
        return;
    }
    const uint64_t mask = (1ULL << k) - 1U;
    i = block->has_ref;
    if (k <= 14U) {
        for (; i + 4U <= size; i += 4U) {
            const uint64_t first = ((block->d[i] & mask) << k) | (block->d[i + 1U] & mask);
            const uint64_t second = ((block->d[i + 2U] & mask) << k) | (block->d[i + 3U] & mask);
            put_bits(w, (first << (2U * k)) | second, 4U * k);
        }
    }
    for (; i < size; i++) {
        put_bits(w, block->d[i] & mask, k);
    }
}

static void put_second_extension(struct bit_writer *w, const struct block *block, uint32_t size)
{
    for (uint32_t i = 0; i < size; i += 2U) {
        const uint64_t sum = (uint64_t)block->d[i] + block->d[i + 1U];
        put_unary(w, sum * (sum + 1U) / 2U + block->d[i + 1U]);
    }
}

static void put_raw(struct bit_writer *w, const struct block *block, const struct sxi_aec *params)
{
    for (uint32_t i = block->has_ref; i < params->block_size; i++) {
        put_bits(w, block->d[i], params->bits);
    }
}

/* Write one block's code where there is room for the longest. */
static void put_block(struct encoder *e, struct bit_writer *w, const struct block *block,
                      struct sums *sums)
{
    const struct sxi_aec *p = e->params;
    const struct aec_options *o = &e->options;
    const uint64_t raw = (uint64_t)(p->block_size - block->has_ref) * p->bits;
    const uint64_t split = o->has_split != 0U ? choose_split(e, block, sums) : raw;
    const uint64_t best = split < raw ? split : raw;
    const uint64_t extension = second_extension_length(e, block, sums->all, best);
    uint32_t id = o->raw_id;
    uint32_t id_bits = o->id_bits;
    const int use_extension = split < raw ? extension <= split : extension < raw;
    if (use_extension) {
        id = 1;
        id_bits++;
    } else if (split < raw) {
        id = e->k + 1U;
    }
    put_bits(w, id, id_bits);
    if (block->has_ref != 0U) {
        put_bits(w, block->ref, p->bits);
    }
    if (use_extension) {
        put_second_extension(w, block, p->block_size);
    } else if (split < raw) {
        put_split(w, block, p->block_size, e->k);
    } else {
        put_raw(w, block, p);
    }
}

/* Give a writer room for a block: in the output, or where that is nearly full, in `spare`. */
static struct bit_writer begin(const struct encoder *e, uint8_t *spare)
{
    struct bit_writer w = {e->out, e->acc, e->pending};
    if ((uint32_t)(e->end - e->out) < BLOCK_BYTES) {
        w.out = spare;
    }
    return w;
}

static enum sxi_status finish(struct encoder *e, const struct bit_writer *w, const uint8_t *spare)
{
    if ((uint32_t)(e->end - e->out) < BLOCK_BYTES) {
        const uint32_t whole = (uint32_t)(w->out - spare);
        if (whole > (uint32_t)(e->end - e->out)) {
            return SXI_STATUS_ROOM;
        }
        memcpy(e->out, spare, whole);
        e->out += whole;
    } else {
        e->out = w->out;
    }
    e->acc = w->acc;
    e->pending = w->pending;
    return SXI_STATUS_OK;
}

/* Code the run of zero blocks that has come to its end. */
static enum sxi_status put_run(struct encoder *e, int to_segment_end)
{
    uint8_t spare[RUN_BYTES];
    struct bit_writer w = begin(e, spare);
    put_bits(&w, 0, e->options.id_bits + 1U);
    if (e->run_has_ref != 0U) {
        put_bits(&w, e->run_ref, e->params->bits);
    }
    if (to_segment_end && e->run >= AEC_ROS) {
        put_unary(&w, AEC_ROS - 1U);
    } else {
        put_unary(&w, e->run >= AEC_ROS ? e->run : e->run - 1U);
    }
    e->run = 0;
    return finish(e, &w, spare);
}

/* Code a block that is not all zero. */
static enum sxi_status put_other(struct encoder *e, const struct block *block, struct sums *sums)
{
    uint8_t spare[BLOCK_BYTES];
    struct bit_writer w = begin(e, spare);
    put_block(e, &w, block, sums);
    return finish(e, &w, spare);
}

static enum sxi_status encode_block(struct encoder *e, uint32_t b, uint32_t n_blocks)
{
    struct block block;
    struct sums sums;
    enum sxi_status status = preprocess(e, b, &block);
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
        const int ends = next % AEC_SEGMENT_BLOCKS == 0U || b + 1U == n_blocks;
        return ends ? put_run(e, 1) : SXI_STATUS_OK;
    }
    if (e->run > 0U) {
        status = put_run(e, 0);
        if (status != SXI_STATUS_OK) {
            return status;
        }
    }
    return put_other(e, &block, &sums);
}

static int32_t encode(struct encoder *e, uint8_t *out, uint32_t out_len)
{
    const struct sxi_aec *p = e->params;
    if (e->n_samples > 0U && sxi_aec_bound(p, e->n_samples) == 0U) {
        return SXI_STATUS_PARAM;
    }
    e->options = aec_options_of(p);
    e->max_sample = aec_max_sample(p->bits);
    e->out = out;
    e->end = out + out_len;
    const uint32_t n_blocks = aec_blocks(p, e->n_samples);
    for (uint32_t b = 0; b < n_blocks; b++) {
        const enum sxi_status status = encode_block(e, b, n_blocks);
        if (status != SXI_STATUS_OK) {
            return (int32_t)status;
        }
    }
    if (e->pending > 0U) {
        if (e->out == e->end) {
            return SXI_STATUS_ROOM;
        }
        *e->out++ = (uint8_t)(e->acc >> 56);
    }
    return (int32_t)(e->out - out);
}

int32_t sxi_aec_encode_u16(const struct sxi_aec *params, const uint16_t *samples,
                           uint32_t n_samples, uint8_t *out, uint32_t out_len)
{
    if (params == NULL || samples == NULL || out == NULL || !aec_params_good(params) ||
        params->bits > NARROW_BITS) {
        return SXI_STATUS_PARAM;
    }
    struct encoder e = {.params = params, .samples16 = samples, .n_samples = n_samples};
    return encode(&e, out, out_len);
}

int32_t sxi_aec_encode_u32(const struct sxi_aec *params, const uint32_t *samples,
                           uint32_t n_samples, uint8_t *out, uint32_t out_len)
{
    if (params == NULL || samples == NULL || out == NULL || !aec_params_good(params)) {
        return SXI_STATUS_PARAM;
    }
    struct encoder e = {.params = params, .samples32 = samples, .n_samples = n_samples};
    return encode(&e, out, out_len);
}
