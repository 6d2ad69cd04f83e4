/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "fuzz.h"
#include "huffman.h"

/* Table: of the bank, or 255 and its lengths, two a byte; then code. Values that come out are put
 * again: the same bits. */

enum { TOLD = 255 };

static bool lengths_of(struct input *in, uint8_t *lengths)
{
    const uint32_t table = take(in, 1);
    if (table == TOLD) {
        for (uint32_t s = 0; s < HUFFMAN_SYMBOLS; s += 2U) {
            const uint32_t two = take(in, 1);
            lengths[s] = (uint8_t)(two >> 4);
            lengths[s + 1U] = (uint8_t)(two & 0xfU);
        }
    } else {
        huffman_bank_lengths(huffman_bank_of(table % HUFFMAN_TABLES), lengths);
        MUST(huffman_is_complete(lengths));
    }
    return huffman_is_complete(lengths);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, (uint32_t)size};
    uint8_t lengths[HUFFMAN_SYMBOLS];
    if (!lengths_of(&in, lengths)) {
        return 0;
    }
    uint32_t codes[HUFFMAN_SYMBOLS];
    struct sxi_huffman decoder;
    huffman_codes(lengths, codes);
    huffman_decoder_init(&decoder, lengths);
    uint8_t *out = exactly(in.left);
    struct bit_writer writer = {.out = out, .end = out + in.left};
    struct bit_reader reader = {in.next, in.left, 0};
    uint32_t value = 0;
    while (huffman_take(&decoder, &reader, &value)) { /* a code has at least one bit */
        MUST(value < HUFFMAN_DIRECT + 65535U);
        huffman_put(&writer, codes, value);
    }
    const uint32_t whole = in.left - reader.left;
    put_bits(&writer, 0, (8U - writer.pending % 8U) % 8U);
    put_bits(&writer, 0, 0);
    MUST(reader.next == in.next + whole && reader.bit < 8U);
    MUST(memcmp(out, in.next, whole & ~1U) == 0);
    free(out);
    return 0;
}
