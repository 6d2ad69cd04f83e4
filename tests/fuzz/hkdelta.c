/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "fuzz.h"
#include "hkdelta_law.h"
#include "sxi/crc.h"
#include "sxi/hkdelta.h"

/* Words (u8), flags; then packets for one decoder: bytes (u8), the packet. Flag 1: numbers and
 * checksums are made right, and then whatever the code says is taken. An error changes nothing.
 * Where flag 2 is clear, blocks that come out are coded again. */

enum { CRC_BYTES = 2, MOST_WORDS = 100, MOST_PLANES = 256, MENDED = 1, ONCE = 2 };

static void mend(uint8_t *data, uint32_t len, const struct sxi_hk *ctx)
{
    const uint32_t end = len - CRC_BYTES;
    if (data[0] < 0x80U) {
        data[0] = (uint8_t)((ctx->number % 8U) << 4 | (data[0] & 15U));
    }
    put16(data + end, sxi_crc16(0xffff, data, end));
}

static void check_block(const uint8_t *data, uint32_t len, uint32_t flags)
{
    struct sxi_hk_block block = {0};
    const uint32_t most = 2U * MOST_PLANES;
    uint16_t *planes = exactly(MOST_PLANES * sizeof *planes);
    uint8_t *out = exactly(most);
    const int32_t size =
        sxi_hk_block_decode(&block, data, len, planes, MOST_PLANES, out, most);
    if (size > 0) {
        MUST((uint32_t)size == block.n * block.length && (uint32_t)size <= most);
    } else {
        MUST(size >= SXI_STATUS_CRC && size <= SXI_STATUS_ROOM && block.n == 0U);
    }
    if (size > 0 && (flags & ONCE) == 0U) {
        const uint32_t room = sxi_hk_block_bound(block.n, block.length);
        uint8_t *again = exactly(room);
        const int32_t coded = sxi_hk_block_encode(out, block.n, block.length, block.number, planes,
                                                  MOST_PLANES, again, room);
        MUST(coded > 0);
        MUST(sxi_hk_block_decode(&block, again, (uint32_t)coded, planes, MOST_PLANES, out, most) ==
             size);
        free(again);
    }
    free(planes);
    free(out);
}

static void check_packet(struct sxi_hk *ctx, uint8_t *data, uint32_t len, uint8_t *out,
                         uint32_t flags)
{
    const struct sxi_hk before = *ctx;
    struct sxi_hk_word words[MOST_WORDS];
    const uint32_t words_bytes = ctx->room * (uint32_t)sizeof *words;
    (void)memcpy(words, ctx->words, words_bytes);
    const uint32_t room = 2U * ctx->room;
    uint32_t number = UINT32_MAX;
    int32_t size = sxi_hk_decode(ctx, data, len, out, room, &number);
    if (size < 0) {
        MUST(size >= SXI_STATUS_SEQUENCE && size != SXI_STATUS_PARAM && number == UINT32_MAX);
        MUST(memcmp(&before, ctx, sizeof before) == 0);
        MUST(memcmp(words, ctx->words, words_bytes) == 0);
    }
    if (size == SXI_STATUS_CRC && (flags & MENDED) != 0U && data[0] < 0x80U) {
        put16(data + len - CRC_BYTES, hk_crc(ctx, out, data, len - CRC_BYTES));
        size = sxi_hk_decode(ctx, data, len, out, room, &number);
        MUST(size == (int32_t)ctx->length);
    }
    if (size > 0) {
        MUST((uint32_t)size == ctx->length && (uint32_t)size <= room && number < 1U << 24);
        MUST(ctx->number == ((number + 1U) & 0xffffffU));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, (uint32_t)size};
    struct sxi_hk ctx = {.full_every = 1, .room = 1U + take(&in, 1) % MOST_WORDS};
    ctx.words = exactly(ctx.room * sizeof *ctx.words);
    (void)memset(ctx.words, 0, ctx.room * sizeof *ctx.words);
    uint8_t *out = exactly((size_t)2 * ctx.room);
    const uint32_t flags = take(&in, 1);
    MUST(sxi_hk_init(&ctx) == SXI_STATUS_OK);
    while (in.left > 0U) {
        const struct input part = take_part(&in, take(&in, 1));
        uint8_t *packet = copy_of(&part);
        if ((flags & MENDED) != 0U && part.left > CRC_BYTES) {
            mend(packet, part.left, &ctx);
        }
        if (part.left > 0U && packet[0] == SXI_HK_BLOCK) {
            check_block(packet, part.left, flags);
        }
        check_packet(&ctx, packet, part.left, out, flags);
        free(packet);
    }
    free(out);
    free(ctx.words);
    return 0;
}
