/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/key.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "bytes.h"
#include "key_packets.h"
#include "sxi/aec.h"

enum { PACKET_BYTES = 64, PACKET_WORDS = 32, RSI = 128, STACKED_DIGIT = 2 };

/* Block size by digit; 2 is left out so that only stacks have that digit. */
static const uint8_t block_sizes[5] = {8, 16, 0, 32, 64};

/* Rows and columns of images by digit. */
static const uint16_t shapes[6][2] = {
    {0, 0}, {639, 384}, {0, 0}, {165, 96}, {160, 99}, {4511, 4608},
};

static uint32_t digit(uint32_t key, uint32_t i)
{
    return (key >> (4U * i)) & 0xfU;
}

/* Two bits of the largest error as a digit, and back: there is no digit 2. */
static uint32_t error_digit(uint32_t two_bits)
{
    return two_bits < 2U ? two_bits : two_bits + 1U;
}

static uint32_t error_bits(uint32_t of_digit)
{
    return of_digit < 2U ? of_digit : of_digit - 1U;
}

static bool is_way(uint32_t of_digit)
{
    return of_digit <= (uint32_t)SXI_KEY_CHOSEN || of_digit == (uint32_t)SXI_KEY_121;
}

static bool load_aec(struct sxi_key *read, uint32_t key)
{
    const uint32_t block = digit(key, 3);
    if (digit(key, 2) > 1U || block > 4U || block_sizes[block] == 0U || digit(key, 4) > 1U ||
        key >> 20 != 0U) {
        return false;
    }
    read->planes = digit(key, 2);
    read->block_size = block_sizes[block];
    read->preprocess = digit(key, 4);
    return read->stacked == 0U || read->planes == 0U;
}

static bool load_rows(struct sxi_key *read, uint32_t key)
{
    const uint32_t shape = digit(key, 2);
    const uint32_t low = digit(key, 4);
    const uint32_t high = digit(key, 5);
    if (shape > 5U || shapes[shape][0] == 0U || !is_way(digit(key, 3)) || low == 2U || low > 4U ||
        high == 2U || high > 4U || key >> 24 != 0U) {
        return false;
    }
    read->rows = shapes[shape][0];
    read->cols = shapes[shape][1];
    read->way = digit(key, 3);
    read->near_lossless = error_bits(low) + 4U * error_bits(high);
    return read->stacked == 0U;
}

static bool load_parts(struct sxi_key *read, uint32_t key)
{
    read->coder = digit(key, 1);
    if (read->coder == (uint32_t)SXI_KEY_AEC) {
        return load_aec(read, key);
    }
    if (read->coder == (uint32_t)SXI_KEY_ROWS) {
        return load_rows(read, key);
    }
    if (read->coder == (uint32_t)SXI_KEY_EVENTS) {
        read->way = digit(key, 3);
        return read->stacked == 0U && is_way(read->way) && (key & ~(uint32_t)0xf0f0U) == 0U;
    }
    return key >> 4 == 0U;
}

enum sxi_status sxi_key_load(struct sxi_key *parts, uint32_t key)
{
    if (parts == NULL) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t stacked = digit(key, 0);
    struct sxi_key read = {.stacked = stacked != 0U ? 1U : 0U};
    if ((stacked != 0U && stacked != (uint32_t)STACKED_DIGIT) || !load_parts(&read, key)) {
        return SXI_STATUS_FORMAT;
    }
    *parts = read;
    return SXI_STATUS_OK;
}

static bool are_equal(const struct sxi_key *a, const struct sxi_key *b)
{
    return a->stacked == b->stacked && a->coder == b->coder && a->planes == b->planes &&
           a->block_size == b->block_size && a->preprocess == b->preprocess &&
           a->rows == b->rows && a->cols == b->cols && a->way == b->way &&
           a->near_lossless == b->near_lossless;
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
    uint32_t shape = 0;
    for (uint32_t i = 0; i < 6U; i++) {
        shape = shapes[i][0] == parts->rows ? i : shape;
    }
    uint32_t built = (parts->stacked != 0U ? (uint32_t)STACKED_DIGIT : 0U) | (parts->coder << 4);
    if (parts->coder == (uint32_t)SXI_KEY_AEC) {
        built |= (parts->planes << 8) | (block << 12) | (parts->preprocess << 16);
    } else if (parts->coder == (uint32_t)SXI_KEY_ROWS) {
        built |= (shape << 8) | (parts->way << 12) |
                 (error_digit(parts->near_lossless & 3U) << 16) |
                 (error_digit((parts->near_lossless >> 2) & 3U) << 20);
    } else {
        built |= parts->way << 12;
    }
    /* Only what reads back the same is a key. */
    struct sxi_key back;
    if (sxi_key_load(&back, built) != SXI_STATUS_OK || !are_equal(&back, parts)) {
        return SXI_STATUS_PARAM;
    }
    *key = built;
    return SXI_STATUS_OK;
}

static struct sxi_aec coder_of(const struct sxi_key *parts)
{
    const struct sxi_aec coder = {
        /* uncovered object 01de: gcc asks again: stacks have samples of their own */
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
    if (parts.coder == (uint32_t)SXI_KEY_NONE) {
        return science_len > 0U ? science_len : 1U;
    }
    if (parts.coder == (uint32_t)SXI_KEY_ROWS) {
        return key_rows_bound(&parts, science_len / 2U);
    }
    if (parts.coder == (uint32_t)SXI_KEY_EVENTS) {
        return key_events_bound(science_len / PACKET_BYTES);
    }
    const uint32_t n = science_len / sample_bytes(&parts);
    const struct sxi_aec coder = coder_of(&parts);
    return n > 0U ? sxi_aec_bound(&coder, n) : 1U;
}

/* Bytes that science data are whole numbers of, and how many of these at the most. */
static uint32_t unit_of(const struct sxi_key *parts, uint32_t *most)
{
    *most = INT32_MAX;
    if (parts->coder == (uint32_t)SXI_KEY_ROWS) {
        *most = SXI_ROWS_MAX_FRAMES;
        return 2U * parts->rows * parts->cols;
    }
    if (parts->coder == (uint32_t)SXI_KEY_EVENTS) {
        *most = SXI_EVENTS_MAX;
        return PACKET_BYTES;
    }
    return parts->planes != 0U ? (uint32_t)PACKET_BYTES : sample_bytes(parts);
}

/* Key and length belong together. */
static enum sxi_status check_use(struct sxi_key *parts, uint32_t key, uint32_t science_len)
{
    const enum sxi_status status = sxi_key_load(parts, key);
    if (status != SXI_STATUS_OK) {
        return status;
    }
    uint32_t most = 0;
    const uint32_t unit = unit_of(parts, &most);
    const bool good =
        science_len % unit == 0U && science_len / unit <= most && science_len <= INT32_MAX;
    return good ? SXI_STATUS_OK : SXI_STATUS_LENGTH;
}

/* There is memory for the samples. */
static enum sxi_status check_work(const struct sxi_key *parts, uint32_t n,
                                  const struct sxi_key_work *work)
{
    if (work == NULL || (parts->stacked != 0U ? work->u32 == NULL : work->u16 == NULL)) {
        return SXI_STATUS_PARAM;
    }
    return work->room < n ? SXI_STATUS_ROOM : SXI_STATUS_OK;
}

static void load_halves(uint16_t *samples, const uint8_t *science, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        samples[i] = load16_be(science + 2U * i);
    }
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
        load_halves(work->u16, science, n); /* D14 */
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

/* Of coders of samples. */
static int32_t encode_samples(const struct sxi_key *parts, const uint8_t *science, uint32_t n,
                              const struct sxi_key_work *work, uint8_t *out, uint32_t out_len)
{
    const enum sxi_status status = check_work(parts, n, work);
    if (status != SXI_STATUS_OK) {
        return (int32_t)status;
    }
    /* uncovered object c4cd: stacks are not packets of rows */
    if (parts->coder == (uint32_t)SXI_KEY_ROWS) {
        if (work->rows == NULL) {
            return SXI_STATUS_PARAM;
        }
        load_halves(work->u16, science, n); /* D14 */
        return key_rows_encode(parts, work->rows, work->u16, n, out, out_len); /* D14 */
    }
    load_samples(parts, science, n, work);
    const struct sxi_aec coder = coder_of(parts);
    return parts->stacked != 0U ? sxi_aec_encode_u32(&coder, work->u32, n, out, out_len)
                                : sxi_aec_encode_u16(&coder, work->u16, n, out, out_len);
}

static int32_t decode_samples(const struct sxi_key *parts, const uint8_t *data, uint32_t len,
                              const struct sxi_key_work *work, uint8_t *science, uint32_t n)
{
    const enum sxi_status status = check_work(parts, n, work);
    if (status != SXI_STATUS_OK) {
        return (int32_t)status;
    }
    int32_t decoded = SXI_STATUS_PARAM;
    if (parts->coder == (uint32_t)SXI_KEY_AEC) {
        const struct sxi_aec coder = coder_of(parts);
        decoded = parts->stacked != 0U
                      ? sxi_aec_decode_u32(&coder, data, len, work->u32, n) /* D14 */
                      : sxi_aec_decode_u16(&coder, data, len, work->u16, n); /* D14 */
    } else if (work->rows_decoder != NULL) {
        decoded =
            (int32_t)key_rows_decode(parts, work->rows_decoder, data, len, work->u16, n); /* D14 */
    } else {
        /* no memory */
    }
    if (decoded >= 0) {
        store_samples(parts, science, n, work);
    }
    return decoded;
}

int32_t sxi_key_encode(uint32_t key, const uint8_t *science, uint32_t science_len,
                       const struct sxi_key_work *work, uint8_t *out, uint32_t out_len)
{
    if (science == NULL || out == NULL) {
        return SXI_STATUS_PARAM;
    }
    struct sxi_key parts;
    const enum sxi_status status = check_use(&parts, key, science_len);
    if (status != SXI_STATUS_OK) {
        return (int32_t)status;
    }
    if (parts.coder == (uint32_t)SXI_KEY_NONE) {
        if (out_len < science_len) {
            return SXI_STATUS_ROOM;
        }
        (void)memcpy(out, science, science_len);
        return (int32_t)science_len;
    }
    if (parts.coder == (uint32_t)SXI_KEY_EVENTS) {
        return work == NULL || work->events == NULL
                   ? (int32_t)SXI_STATUS_PARAM
                   : key_events_encode(&parts, work->events, science, /* D14 */
                                       science_len / PACKET_BYTES, out, out_len);
    }
    return encode_samples(&parts, science, science_len / sample_bytes(&parts), work, out,
                          out_len);
}

int32_t sxi_key_decode(uint32_t key, const uint8_t *data, uint32_t len,
                       const struct sxi_key_work *work, uint8_t *out, uint32_t science_len)
{
    if (data == NULL || out == NULL) {
        return SXI_STATUS_PARAM;
    }
    struct sxi_key parts;
    const enum sxi_status status = check_use(&parts, key, science_len);
    if (status != SXI_STATUS_OK) {
        return (int32_t)status;
    }
    int32_t decoded = SXI_STATUS_PARAM;
    if (parts.coder == (uint32_t)SXI_KEY_NONE) {
        if (len != science_len) {
            return len < science_len ? SXI_STATUS_SHORT : SXI_STATUS_LENGTH;
        }
        (void)memcpy(out, data, len);
        decoded = SXI_STATUS_OK;
    } else if (parts.coder != (uint32_t)SXI_KEY_EVENTS) {
        const uint32_t n = science_len / sample_bytes(&parts);
        decoded = decode_samples(&parts, data, len, work, out, n);
    } else if (work != NULL && work->events_decoder != NULL) {
        const uint32_t n = science_len / PACKET_BYTES;
        decoded = (int32_t)key_events_decode(work->events_decoder, data, len, out, n); /* D14 */
    } else {
        /* no memory */
    }
    return decoded < 0 ? decoded : (int32_t)science_len;
}
