/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/hkdelta.h"

#include <stddef.h>
#include <string.h>

#include "bytes.h"
#include "hkdelta_law.h"
#include "sxi/crc.h"

enum { HEADER_BYTES = 4, CRC_BYTES = 2, NIBBLE_BITS = 4, DIFFERENCES_BELOW = 0x80 };

/* The range coder's other end: what the code is above its low. Beyond the end there are zeros. */
struct hk_decoder {
    const uint8_t *next;
    uint32_t left;
    uint32_t code;
    uint32_t range;
};

static uint32_t take_byte(struct hk_decoder *decoder)
{
    if (decoder->left == 0U) {
        return 0;
    }
    decoder->left--;
    return *decoder->next++;
}

static void refill(struct hk_decoder *decoder)
{
    while (decoder->range < 1U << 24) { /* uncovered object ac60: an escape has less than 1/256 */
        decoder->code = (decoder->code << 8) | take_byte(decoder);
        decoder->range <<= 8;
    }
}

static void take_share(struct hk_decoder *decoder, uint32_t below, uint32_t share)
{
    const uint32_t unit = decoder->range >> 16;
    decoder->code -= unit * below;
    decoder->range = unit * share;
    refill(decoder);
}

/* Take up to 16 bits; what no coder writes gives all ones. */
static uint32_t take_plain(struct hk_decoder *decoder, uint32_t bits)
{
    decoder->range >>= bits;
    const uint32_t most = ((uint32_t)1 << bits) - 1U;
    const uint32_t told = decoder->code / decoder->range;
    const uint32_t value = told < most ? told : most;
    decoder->code -= value * decoder->range;
    refill(decoder);
    return value;
}

static uint32_t take_escape(struct hk_decoder *decoder, uint32_t predicted)
{
    take_share(decoder, 0, hk_escape());
    const uint32_t bits = take_plain(decoder, NIBBLE_BITS);
    const uint32_t folded = ((uint32_t)1 << bits) + take_plain(decoder, bits);
    const uint32_t up = folded % 2U == 0U ? folded / 2U : 0xffffU - folded / 2U;
    return (predicted + up) & 0xffffU;
}

/* Take the next word. False for what no coder writes. */
static bool take_word(struct hk_decoder *decoder, const struct sxi_hk_word *word, uint32_t *value)
{
    struct hk_expected expected;
    hk_expect(word, &expected);
    if (expected.shift == HK_FLAT) {
        *value = take_plain(decoder, HK_FLAT);
        return true;
    }
    const uint32_t told = decoder->code / (decoder->range >> 16);
    if (told < hk_escape()) {
        *value = take_escape(decoder, expected.value);
        return true;
    }
    if (told >= (uint32_t)HK_TOTAL) {
        return false;
    }
    const uint32_t cells = 0x8000U >> expected.shift; /* either side */
    const int32_t end = (int32_t)cells;
    int32_t cell = 0;
    uint32_t below = hk_below(&expected, 0);
    uint32_t next = hk_below(&expected, 1);
    while (told < below) {
        if (cell == -end) { /* uncovered object 3869: there are cells on either side */
            return false;
        }
        cell--;
        next = below;
        below = hk_below(&expected, cell);
    }
    while (told >= next) { /* uncovered object 4bca: not after the loop before */
        if (cell == end - 1) { /* uncovered object a7a2: there are cells on either side */
            return false;
        }
        cell++;
        below = next;
        next = hk_below(&expected, cell + 1);
    }
    take_share(decoder, below, next - below);
    const int32_t place = cell + end;
    const uint32_t above = (uint32_t)place << expected.shift;
    *value = (expected.value + above + take_plain(decoder, expected.shift) - 0x8000U) & 0xffffU;
    return true;
}

static int32_t decode_differences(struct sxi_hk *ctx, const uint8_t *data, uint32_t len,
                                  uint8_t *out, uint32_t out_len)
{
    if (ctx->since == 0U || data[0] >> NIBBLE_BITS != ctx->number % 8U) {
        return SXI_STATUS_SEQUENCE;
    }
    if (out_len < ctx->length) {
        return SXI_STATUS_ROOM;
    }
    struct hk_decoder decoder = {
        .next = data, .left = len - CRC_BYTES, .code = 0, .range = (uint32_t)1 << 28};
    for (uint32_t i = 0; i < 4U; i++) {
        decoder.code = (decoder.code << 8) | take_byte(&decoder);
    }
    decoder.code &= decoder.range - 1U; /* uncovered object 80ab: a byte of the code is there */
    const uint32_t coded = hk_coded_bytes(ctx);
    for (uint32_t i = 0; 2U * i < coded; i++) {
        uint32_t value = 0;
        if (!take_word(&decoder, &ctx->words[i], &value) ||
            !hk_store_word(out, coded, i, value)) {
            return SXI_STATUS_FORMAT;
        }
    }
    if (hk_crc(ctx, out, data, len - CRC_BYTES) != load16_be(data + len - CRC_BYTES)) {
        return SXI_STATUS_CRC;
    }
    if (ctx->checked != 0U) {
        store16_be(out + coded, sxi_crc16(0xffff, out, coded));
    }
    hk_learn(ctx, out);
    return (int32_t)ctx->length;
}

static int32_t decode_full(struct sxi_hk *ctx, const uint8_t *data, uint32_t len, uint8_t *out,
                           uint32_t out_len)
{
    if (len < HEADER_BYTES + CRC_BYTES) {
        return SXI_STATUS_SHORT;
    }
    if (sxi_crc16(0xffff, data, len) != 0U) {
        return SXI_STATUS_CRC;
    }
    const bool checked = data[0] == SXI_HK_CHECKED;
    const uint32_t told = len - HEADER_BYTES - CRC_BYTES;
    const uint32_t length = told + (checked ? CRC_BYTES : 0U);
    if (length < SXI_HK_MIN_BYTES || length > SXI_HK_MAX_BYTES) {
        return SXI_STATUS_LENGTH;
    }
    if (out_len < length || ctx->room < (length + 1U) / 2U) {
        return SXI_STATUS_ROOM;
    }
    (void)memcpy(out, data + HEADER_BYTES, told);
    if (checked) {
        store16_be(out + told, sxi_crc16(0xffff, out, told));
    }
    ctx->number = load24_be(data + 1);
    hk_begin(ctx, out, length, checked);
    return (int32_t)length;
}

int32_t sxi_hk_decode(struct sxi_hk *ctx, const uint8_t *data, uint32_t len, uint8_t *out,
                      uint32_t out_len, uint32_t *number)
{
    if (!hk_is_good(ctx) || data == NULL || out == NULL || number == NULL) {
        return SXI_STATUS_PARAM;
    }
    if (len < 1U + CRC_BYTES) {
        return SXI_STATUS_SHORT;
    }
    int32_t result = 0;
    if (data[0] < DIFFERENCES_BELOW) {
        result = decode_differences(ctx, data, len, out, out_len);
    } else if (data[0] == SXI_HK_FULL || data[0] == SXI_HK_CHECKED) {
        result = decode_full(ctx, data, len, out, out_len);
    } else {
        result = SXI_STATUS_FORMAT;
    }
    if (result > 0) { /* uncovered object 79a2: what was decoded has a length */
        *number = (ctx->number - 1U) & 0xffffffU;
    }
    return result;
}
