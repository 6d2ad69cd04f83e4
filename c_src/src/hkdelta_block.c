/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/hkdelta.h"

#include <stddef.h>

#include "aec_common.h"
#include "bytes.h"
#include "hkdelta_law.h"
#include "sxi/aec.h"
#include "sxi/crc.h"

enum { HEADER_BYTES = 7, CRC_BYTES = 2 };

static const struct sxi_aec coder = {
    .bits = 16, .block_size = 16, .rsi = 128, .flags = SXI_AEC_PREPROCESS};

static bool is_length(uint32_t len)
{
    return len >= SXI_HK_MIN_BYTES && len <= SXI_HK_MAX_BYTES;
}

uint32_t sxi_hk_block_bound(uint32_t n, uint32_t len)
{
    if (n < 1U || n > SXI_HK_MAX_BLOCK || !is_length(len)) {
        return 0;
    }
    return sxi_aec_bound(&coder, n * ((len + 1U) / 2U)) + SXI_HK_BLOCK_OVERHEAD_BYTES;
}

int32_t sxi_hk_block_encode(const uint8_t *packets, uint32_t n, uint32_t len, uint32_t number,
                            uint16_t *planes, uint32_t planes_len, uint8_t *out, uint32_t out_len)
{
    if (packets == NULL || planes == NULL || out == NULL || n < 1U || n > SXI_HK_MAX_BLOCK ||
        number >= 1U << 24) {
        return SXI_STATUS_PARAM;
    }
    if (!is_length(len)) {
        return SXI_STATUS_LENGTH;
    }
    const uint32_t words = (len + 1U) / 2U;
    if (planes_len < n * words || out_len < SXI_HK_BLOCK_OVERHEAD_BYTES) {
        return SXI_STATUS_ROOM;
    }
    for (uint32_t w = 0; w < words; w++) {
        for (uint32_t i = 0; i < n; i++) {
            planes[w * n + i] = (uint16_t)hk_word(packets + i * len, len, w);
        }
    }
    uint32_t block[AEC_MAX_BLOCK]; /* a frame less on the stack than sxi_aec_encode_u16() */
    const int32_t code = aec_encode(&coder, planes, NULL, n * words, out + HEADER_BYTES,
                                    out_len - SXI_HK_BLOCK_OVERHEAD_BYTES, block);
    if (code < 0) {
        return code;
    }
    out[0] = SXI_HK_BLOCK;
    store24_be(out + 1, number);
    out[4] = (uint8_t)(n - 1U);
    store16_be(out + 5, (uint16_t)len);
    const uint32_t end = HEADER_BYTES + (uint32_t)code;
    store16_be(out + end, sxi_crc16(0xffff, out, end));
    return (int32_t)(end + CRC_BYTES);
}

int32_t sxi_hk_block_decode(struct sxi_hk_block *block, const uint8_t *data, uint32_t len,
                            uint16_t *planes, uint32_t planes_len, uint8_t *out, uint32_t out_len)
{
    if (block == NULL || data == NULL || planes == NULL || out == NULL) {
        return SXI_STATUS_PARAM;
    }
    if (len < SXI_HK_BLOCK_OVERHEAD_BYTES) {
        return SXI_STATUS_SHORT;
    }
    if (data[0] != SXI_HK_BLOCK) {
        return SXI_STATUS_FORMAT;
    }
    if (sxi_crc16(0xffff, data, len) != 0U) {
        return SXI_STATUS_CRC;
    }
    const struct sxi_hk_block told = {
        .number = load24_be(data + 1), .n = data[4] + 1U, .length = load16_be(data + 5)};
    if (!is_length(told.length)) {
        return SXI_STATUS_LENGTH;
    }
    const uint32_t words = (told.length + 1U) / 2U;
    const uint32_t bytes = told.n * told.length;
    if (planes_len < told.n * words || out_len < bytes) {
        return SXI_STATUS_ROOM;
    }
    const int32_t taken =
        sxi_aec_decode_u16(&coder, data + HEADER_BYTES, len - SXI_HK_BLOCK_OVERHEAD_BYTES, planes,
                           told.n * words);
    if (taken < 0) {
        return taken;
    }
    for (uint32_t w = 0; w < words; w++) {
        for (uint32_t i = 0; i < told.n; i++) {
            if (!hk_store_word(out + i * told.length, told.length, w, planes[w * told.n + i])) {
                return SXI_STATUS_FORMAT;
            }
        }
    }
    *block = told;
    return (int32_t)bytes;
}
