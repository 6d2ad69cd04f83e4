/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_AEC_COMMON_H
#define SXI_AEC_COMMON_H

#include <stdbool.h>
#include <stdint.h>

#include "sxi/aec.h"

/* What coder and decoder share: the code options of CCSDS 121.0-B-3. */
enum {
    AEC_MAX_BLOCK = 64,
    AEC_SEGMENT_BLOCKS = 64, /* zero-block runs end with a segment of the interval */
    AEC_MAX_RSI = 4096,
    AEC_ROS = 5 /* zero blocks from which a run to the segment's end has a code of its own */
};

/* Option identifiers of one set of parameters. */
struct aec_options {
    uint32_t id_bits;
    uint32_t raw_id;   /* uncompressed: all ones */
    uint32_t k_max;    /* largest split option */
    uint32_t has_split; /* 0 with the smallest restricted set */
};

/* The encoder of sxi_aec_encode_u16 and sxi_aec_encode_u32: samples16 or samples32 is NULL, and
 * block is AEC_MAX_BLOCK elements to work in, which a caller need not have on the stack. */
int32_t aec_encode(const struct sxi_aec *params, const uint16_t *samples16,
                   const uint32_t *samples32, uint32_t n_samples, uint8_t *out, uint32_t out_len,
                   uint32_t *block);

static inline bool aec_params_good(const struct sxi_aec *p)
{
    if (p->bits < 1U || p->bits > 32U || p->rsi < 1U || p->rsi > AEC_MAX_RSI) {
        return false;
    }
    if (p->block_size != 8U && p->block_size != 16U && p->block_size != 32U &&
        p->block_size != 64U) {
        return false;
    }
    if (p->flags > (SXI_AEC_PREPROCESS | SXI_AEC_RESTRICTED)) {
        return false;
    }
    return (p->flags & SXI_AEC_RESTRICTED) == 0U || p->bits <= 4U;
}

static inline struct aec_options aec_options_of(const struct sxi_aec *p)
{
    struct aec_options o;
    if ((p->flags & SXI_AEC_RESTRICTED) != 0U) {
        o.id_bits = p->bits <= 2U ? 1 : 2;
    } else if (p->bits <= 8U) {
        o.id_bits = 3;
    } else {
        o.id_bits = p->bits <= 16U ? 4 : 5;
    }
    o.raw_id = (1U << o.id_bits) - 1U;
    o.has_split = o.id_bits > 1U ? 1U : 0U;
    o.k_max = o.has_split != 0U ? o.raw_id - 2U : 0U;
    return o;
}

/* Blocks of n_samples, the last one perhaps incomplete. */
static inline uint32_t aec_blocks(const struct sxi_aec *p, uint32_t n_samples)
{
    return n_samples / p->block_size + (n_samples % p->block_size != 0U ? 1U : 0U);
}

static inline uint32_t aec_max_sample(uint32_t bits)
{
    /* uncovered object*2 4d97: at most 16 bits where samples are */
    return bits == 32U ? UINT32_MAX : (1U << bits) - 1U;
}

#endif
