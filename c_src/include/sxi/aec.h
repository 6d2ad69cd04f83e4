/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_AEC_H
#define SXI_AEC_H

#include <stdint.h>

#include "sxi/status.h"

/* Lossless data compression of CCSDS 121.0-B-3, encoder and decoder.
 *
 * Samples are unsigned. Blocks of block_size samples are coded each with the shortest of its
 * options; with the preprocessor, rsi blocks form an interval that begins with a reference
 * sample. A last incomplete block is padded with its last sample. Where two split options are
 * as short, the one nearest to the block before is taken: so the bytes are libaec's.
 */
enum sxi_aec_flag {
    SXI_AEC_PREPROCESS = 1, /* unit-delay predictor and mapper */
    SXI_AEC_RESTRICTED = 2  /* restricted set of code options, for up to 4 bits */
};

struct sxi_aec {
    uint32_t bits;       /* of a sample, 1..32 */
    uint32_t block_size; /* 8, 16, 32 or 64 samples */
    uint32_t rsi;        /* blocks in a reference sample interval, 1..4096 */
    uint32_t flags;      /* of enum sxi_aec_flag */
};

/* Enough bytes for the code of any n_samples samples; 0 for bad parameters or when it would
 * be beyond INT32_MAX. */
uint32_t sxi_aec_bound(const struct sxi_aec *params, uint32_t n_samples);

/* Code samples. The u16 function is for up to 16 bits.
 *
 * Returns the bytes written, 0 for no samples, or
 * PARAM  NULL, parameters out of range, or a result that could be beyond INT32_MAX
 * RANGE  a sample is wider than bits
 * ROOM   out_len is too small (sxi_aec_bound() bytes are always enough)
 * Time O(n_samples). Stack <= 544 bytes at -O2.
 */
int32_t sxi_aec_encode_u16(const struct sxi_aec *params, const uint16_t *samples,
                           uint32_t n_samples, uint8_t *out, uint32_t out_len);
int32_t sxi_aec_encode_u32(const struct sxi_aec *params, const uint32_t *samples,
                           uint32_t n_samples, uint8_t *out, uint32_t out_len);

/* Recover n_samples samples.
 *
 * Returns n_samples, or
 * PARAM   NULL or parameters out of range, n_samples beyond INT32_MAX
 * SHORT   the data end too early
 * FORMAT  the data cannot be a code of these parameters
 * What follows the last block's code is not looked at. Time O(len + n_samples). Stack <= 512
 * bytes at -O2.
 */
int32_t sxi_aec_decode_u16(const struct sxi_aec *params, const uint8_t *data, uint32_t len,
                           uint16_t *out, uint32_t n_samples);
int32_t sxi_aec_decode_u32(const struct sxi_aec *params, const uint8_t *data, uint32_t len,
                           uint32_t *out, uint32_t n_samples);

#endif
