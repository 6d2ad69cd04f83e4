/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/key.h"

#include <stddef.h>
#include <string.h>

#include "bytes.h"
#include "sxi/aec.h"

enum {
    PACKET_BYTES = 64,
    PACKET_WORDS = 32,
    RSI = 128,
    CODER_AEC = 1,
    STACKED_DIGIT = 2
};

/* Block size by digit; 2 is left out so that only stacks have that digit. */
static const uint8_t block_sizes[5] = {8, 16, 0, 32, 64};

static uint32_t digit(uint32_t key, uint32_t i)
{
    return (key >> (4U * i)) & 0xfU;
}

enum sxi_status sxi_key_load(struct sxi_key *parts, uint32_t key)
{
    if (parts == NULL) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t stacked = digit(key, 0);
    if (stacked != 0U && stacked != STACKED_DIGIT) {
        return SXI_STATUS_FORMAT;
    }
    struct sxi_key read = {.stacked = stacked != 0U ? 1U : 0U};
    if (key >> 4 != 0U) {
        const uint32_t block = digit(key, 3);
        if (digit(key, 1) != CODER_AEC || digit(key, 2) > 1U || block > 4U ||
            block_sizes[block] == 0U || digit(key, 4) > 1U || key >> 20 != 0U) {
            return SXI_STATUS_FORMAT;
        }
        read.coder = CODER_AEC;
        read.planes = digit(key, 2);
        read.block_size = block_sizes[block];
        read.preprocess = digit(key, 4);
    }
    if (read.stacked != 0U && read.planes != 0U) {
        return SXI_STATUS_FORMAT;
    }
    *parts = read;
    return SXI_STATUS_OK;
}

enum sxi_status sxi_key_store(const struct sxi_key *parts, uint32_t *key)
{
    if (parts == NULL || key == NULL) {
        return SXI_STATUS_PARAM;
    }
    uint32_t block = 0;
    for (uint32_t i = 0; i < 5U; i++) {
        block = block_sizes[i] == parts->block_size ? i : block;
    }
    uint32_t built = parts->stacked != 0U ? STACKED_DIGIT : 0U;
    if (parts->coder != 0U) {
        built |= (parts->coder << 4) | (parts->planes << 8) | (block << 12) |
                 (parts->preprocess << 16);
    }
    /* Only what reads back the same is a key. */
    struct sxi_key back;
    if (sxi_key_load(&back, built) != SXI_STATUS_OK || back.stacked != parts->stacked ||
        back.coder != parts->coder || back.planes != parts->planes ||
        back.block_size != parts->block_size || back.preprocess != parts->preprocess) {
        return SXI_STATUS_PARAM;
    }
    *key = built;
    return SXI_STATUS_OK;
}

static struct sxi_aec coder_of(const struct sxi_key *parts)
{
    const struct sxi_aec coder = {
        .bits = parts->stacked != 0U ? 32U : 16U,
        .block_size = parts->block_size,
        .rsi = RSI,
        .flags = parts->preprocess != 0U ? (uint32_t)SXI_AEC_PREPROCESS : 0U,
    };
    return coder;
}

static uint32_t sample_bytes(const struct sxi_key *parts)
{
    return parts->stacked != 0U ? 4U : 2U;
}

uint32_t sxi_key_bound(uint32_t key, uint32_t science_len)
{
    struct sxi_key parts;
    if (sxi_key_load(&parts, key) != SXI_STATUS_OK || science_len > INT32_MAX) {
        return 0;
    }
    if (parts.coder == 0U) {
        return science_len > 0U ? science_len : 1U;
    }
    const struct sxi_aec coder = coder_of(&parts);
    const uint32_t n = science_len / sample_bytes(&parts);
    return n > 0U ? sxi_aec_bound(&coder, n) : 1U;
}

/* Key and length belong together, and there is memory to work in. */
static enum sxi_status check_use(struct sxi_key *parts, uint32_t key, uint32_t science_len,
                                 const struct sxi_key_work *work)
{
    const enum sxi_status status = sxi_key_load(parts, key);
    if (status != SXI_STATUS_OK) {
        return status;
    }
    const uint32_t unit = parts->planes != 0U ? (uint32_t)PACKET_BYTES : sample_bytes(parts);
    if (science_len % unit != 0U || science_len > INT32_MAX) {
        return SXI_STATUS_LENGTH;
    }
    if (parts->coder == 0U) {
        return SXI_STATUS_OK;
    }
    if (work == NULL || (parts->stacked != 0U ? work->u32 == NULL : work->u16 == NULL)) {
        return SXI_STATUS_PARAM;
    }
    return work->room < science_len / sample_bytes(parts) ? SXI_STATUS_ROOM : SXI_STATUS_OK;
}

static void load_samples(const struct sxi_key *parts, const uint8_t *science, uint32_t n,
                         const struct sxi_key_work *work)
{
    if (parts->stacked != 0U) {
        for (uint32_t i = 0; i < n; i++) {
            work->u32[i] = load32_be(science + 4U * i);
        }
    } else if (parts->planes != 0U) {
        const uint32_t packets = n / PACKET_WORDS;
        for (uint32_t i = 0; i < packets; i++) {
            for (uint32_t word = 0; word < PACKET_WORDS; word++) {
                work->u16[word * packets + i] = load16_be(science + i * PACKET_BYTES + 2U * word);
            }
        }
    } else {
        for (uint32_t i = 0; i < n; i++) {
            work->u16[i] = load16_be(science + 2U * i);
        }
    }
}

static void store_samples(const struct sxi_key *parts, uint8_t *science, uint32_t n,
                          const struct sxi_key_work *work)
{
    if (parts->stacked != 0U) {
        for (uint32_t i = 0; i < n; i++) {
            store32_be(science + 4U * i, work->u32[i]);
        }
    } else if (parts->planes != 0U) {
        const uint32_t packets = n / PACKET_WORDS;
        for (uint32_t i = 0; i < packets; i++) {
            for (uint32_t word = 0; word < PACKET_WORDS; word++) {
                store16_be(science + i * PACKET_BYTES + 2U * word, work->u16[word * packets + i]);
            }
        }
    } else {
        for (uint32_t i = 0; i < n; i++) {
            store16_be(science + 2U * i, work->u16[i]);
        }
    }
}

int32_t sxi_key_encode(uint32_t key, const uint8_t *science, uint32_t science_len,
                       const struct sxi_key_work *work, uint8_t *out, uint32_t out_len)
{
    if (science == NULL || out == NULL) {
        return SXI_STATUS_PARAM;
    }
    struct sxi_key parts;
    const enum sxi_status status = check_use(&parts, key, science_len, work);
    if (status != SXI_STATUS_OK) {
        return (int32_t)status;
    }
    if (parts.coder == 0U) {
        if (out_len < science_len) {
            return SXI_STATUS_ROOM;
        }
        (void)memcpy(out, science, science_len);
        return (int32_t)science_len;
    }
    const struct sxi_aec coder = coder_of(&parts);
    const uint32_t n = science_len / sample_bytes(&parts);
    load_samples(&parts, science, n, work);
    return parts.stacked != 0U ? sxi_aec_encode_u32(&coder, work->u32, n, out, out_len)
                               : sxi_aec_encode_u16(&coder, work->u16, n, out, out_len);
}

int32_t sxi_key_decode(uint32_t key, const uint8_t *data, uint32_t len,
                       const struct sxi_key_work *work, uint8_t *out, uint32_t science_len)
{
    if (data == NULL || out == NULL) {
        return SXI_STATUS_PARAM;
    }
    struct sxi_key parts;
    const enum sxi_status status = check_use(&parts, key, science_len, work);
    if (status != SXI_STATUS_OK) {
        return (int32_t)status;
    }
    if (parts.coder == 0U) {
        if (len != science_len) {
            return len < science_len ? SXI_STATUS_SHORT : SXI_STATUS_LENGTH;
        }
        (void)memcpy(out, data, len);
        return (int32_t)len;
    }
    const struct sxi_aec coder = coder_of(&parts);
    const uint32_t n = science_len / sample_bytes(&parts);
    const int32_t decoded = parts.stacked != 0U
                                ? sxi_aec_decode_u32(&coder, data, len, work->u32, n) /* D14 */
                                : sxi_aec_decode_u16(&coder, data, len, work->u16, n); /* D14 */
    if (decoded < 0) {
        return decoded;
    }
    store_samples(&parts, out, n, work);
    return (int32_t)science_len;
}
