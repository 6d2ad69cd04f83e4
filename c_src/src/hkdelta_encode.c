/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/hkdelta.h"

#include <stddef.h>
#include <string.h>

#include "bytes.h"
#include "hkdelta_law.h"
#include "sxi/crc.h"

enum { HEADER_BYTES = 4, CRC_BYTES = 2, NIBBLE_BITS = 4 };

/* A range coder: the code is a number within [low, low + range) at the end of what is written. */
struct coder {
    uint8_t *out;
    uint32_t room;
    uint32_t len; /* above room: it did not fit */
    uint32_t low;
    uint32_t range;
};

static void put_byte(struct coder *coder, uint32_t byte)
{
    if (coder->len < coder->room) {
        coder->out[coder->len] = (uint8_t)byte;
    }
    coder->len++;
}

/* Raise low; what overflows goes into the bytes written, which are below 2^4 256^n then: never
 * beyond the first. What did not fit is of no use any more. */
static void raise_low(struct coder *coder, uint32_t by)
{
    coder->low += by;
    if (coder->low >= by || coder->len > coder->room) {
        return;
    }
    uint32_t at = coder->len;
    do {
        at--;
        coder->out[at] = (uint8_t)((coder->out[at] + 1U) & 0xffU);
    } while (coder->out[at] == 0U);
}

static void normalise(struct coder *coder)
{
    while (coder->range < 1U << 24) { /* uncovered object e87c: an escape has less than 1/256 */
        put_byte(coder, coder->low >> 24);
        coder->low <<= 8;
        coder->range <<= 8;
    }
}

/* Put something whose share of 65,536 is that from below on. */
static void put_share(struct coder *coder, uint32_t below, uint32_t share)
{
    const uint32_t unit = coder->range >> 16;
    raise_low(coder, unit * below);
    coder->range = unit * share;
    normalise(coder);
}

/* Put bits as they are, up to 16. */
static void put_plain(struct coder *coder, uint32_t value, uint32_t bits)
{
    coder->range >>= bits;
    raise_low(coder, coder->range * value);
    normalise(coder);
}

/* End with the fewest bytes that give a number within the range, zeros following. */
static void finish(struct coder *coder)
{
    const uint32_t up = 0U - coder->low; /* to the number that ends here */
    if (up < coder->range) {
        raise_low(coder, up);
    } else { /* one byte is enough, as the range is 2^24 at least; nothing overflows */
        coder->low += up & 0xffffffU;
        put_byte(coder, coder->low >> 24);
    }
    /* uncovered object*2 5737: whether it fits does not change as it becomes shorter */
    while (coder->len <= coder->room && coder->len > 1U && coder->out[coder->len - 1U] == 0U) {
        coder->len--;
    }
    /* uncovered object ac35: words leave a byte; without any it has code of its own */
    if (coder->len == 0U) { /* the nibble needs one, and there is room for it */
        coder->out[0] = 0;
        coder->len = 1;
    }
}

static uint32_t highest_bit(uint32_t value)
{
    uint32_t bit = 0;
    while (value >> bit > 1U) { /* uncovered object 21ec: what is escaped is far away */
        bit++;
    }
    return bit;
}

/* Put a value that no cell has a share of: how far it is from the prediction. */
static void put_escape(struct coder *coder, uint32_t value, uint32_t predicted)
{
    const uint32_t up = (value - predicted) & 0xffffU;
    const uint32_t folded = up < 0x8000U ? 2U * up : 2U * (0xffffU - up) + 1U;
    const uint32_t bits = highest_bit(folded);
    coder->range = (coder->range >> 16) * hk_escape(); /* the first share: low stays */
    normalise(coder);
    put_plain(coder, bits, NIBBLE_BITS);
    put_plain(coder, folded - ((uint32_t)1 << bits), bits);
}

static void put_word(struct coder *coder, const struct sxi_hk_word *word, uint32_t value)
{
    struct hk_expected expected;
    hk_expect(word, &expected);
    if (expected.shift == HK_FLAT) {
        put_plain(coder, value, HK_FLAT);
        return;
    }
    const int32_t cell = hk_cell(&expected, value);
    const uint32_t below = hk_below(&expected, cell);
    const uint32_t share = hk_below(&expected, cell + 1) - below;
    if (share == 0U) {
        put_escape(coder, value, expected.value);
        return;
    }
    put_share(coder, below, share);
    if (expected.shift > 0U) {
        const uint32_t low = ((uint32_t)1 << expected.shift) - 1U;
        put_plain(coder, (value - expected.value + 0x8000U) & low, expected.shift);
    }
}

/* A packet of differences; 0 where it has not fewer than room bytes. */
static uint32_t encode_differences(const struct sxi_hk *ctx, const uint8_t *packet, uint8_t *out,
                                   uint32_t room)
{
    struct coder coder = {.out = out, .room = room, .range = (uint32_t)1 << 28};
    const uint32_t coded = hk_coded_bytes(ctx);
    for (uint32_t i = 0; 2U * i < coded && coder.len < room; i++) {
        put_word(&coder, &ctx->words[i], hk_word(packet, coded, i));
    }
    finish(&coder);
    if (coder.len + CRC_BYTES >= room) {
        return 0;
    }
    out[0] = (uint8_t)(out[0] | ((ctx->number % 8U) << NIBBLE_BITS));
    store16_be(out + coder.len, hk_crc(ctx, packet, out, coder.len));
    return coder.len + CRC_BYTES;
}

static uint32_t encode_full(const struct sxi_hk *ctx, const uint8_t *packet, uint32_t len,
                            bool checked, uint8_t *out)
{
    const uint32_t told = len - (checked ? CRC_BYTES : 0U);
    out[0] = checked ? SXI_HK_CHECKED : SXI_HK_FULL;
    store24_be(out + 1, ctx->number);
    (void)memcpy(out + HEADER_BYTES, packet, told);
    store16_be(out + HEADER_BYTES + told, sxi_crc16(0xffff, out, HEADER_BYTES + told));
    return HEADER_BYTES + told + CRC_BYTES;
}

enum sxi_status sxi_hk_init(struct sxi_hk *ctx)
{
    if (ctx == NULL || ctx->words == NULL || ctx->full_every < 1U ||
        ctx->full_every > SXI_HK_MAX_INTERVAL) {
        return SXI_STATUS_PARAM;
    }
    ctx->number = 0;
    ctx->since = 0;
    ctx->length = 0;
    ctx->checked = 0;
    return SXI_STATUS_OK;
}

int32_t sxi_hk_encode(struct sxi_hk *ctx, const uint8_t *packet, uint32_t len, uint8_t *out,
                      uint32_t out_len)
{
    if (!hk_is_good(ctx) || packet == NULL || out == NULL) {
        return SXI_STATUS_PARAM;
    }
    if (len < SXI_HK_MIN_BYTES || len > SXI_HK_MAX_BYTES) {
        return SXI_STATUS_LENGTH;
    }
    if (out_len < len + SXI_HK_OVERHEAD_BYTES || ctx->room < (len + 1U) / 2U) {
        return SXI_STATUS_ROOM;
    }
    const bool checked = sxi_crc16(0xffff, packet, len) == 0U;
    if (ctx->since > 0U && ctx->since < ctx->full_every && ctx->length == len &&
        (checked ? 1U : 0U) == ctx->checked) {
        const uint32_t written = encode_differences(ctx, packet, out, len + HEADER_BYTES);
        if (written > 0U) { /* uncovered object 67da: what fits has bytes */
            hk_learn(ctx, packet);
            return (int32_t)written;
        }
    }
    const uint32_t written = encode_full(ctx, packet, len, checked, out);
    hk_begin(ctx, packet, len, checked);
    return (int32_t)written;
}
