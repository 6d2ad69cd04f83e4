/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "bits.h"
#include "huffman.h"
#include "proof.h"

/* Bit reader and writer, and codes: what is taken are the bits that are there, nothing outside is
 * read or written. */

enum { BYTES = 12, PUTS = 3, CODE_BYTES = 5 };

/* n <= 32 bits from a bit on, one at a time. */
static uint32_t bits_at(const uint8_t *data, uint32_t at, uint32_t n)
{
    uint32_t value = 0;
    for (uint32_t i = at; i < at + n; i++) {
        value = (value << 1) | ((uint32_t)(data[i / 8U] >> (7U - i % 8U)) & 1U);
    }
    return value;
}

void prove_reader(void)
{
    const uint32_t size = any_u32() % (BYTES + 1U);
    const uint32_t at = any_u32() % (8U * BYTES);
    const uint32_t n = any_u32() % 33U;
    ASSUME(at <= 8U * size);
    uint8_t *data = any_bytes(size);
    struct bit_reader reader = {data + at / 8U, size - at / 8U, at % 8U};
    PROVE(has_bits(&reader, n) == (at + n <= 8U * size));
    const uintptr_t window = peek_bits(&reader);
    for (uint32_t i = 0; i < PEEK_BITS && at + i < 8U * size; i++) {
        PROVE(((window >> (WORD_BITS - 1U - i)) & 1U) == bits_at(data, at + i, 1));
    }
    if (has_bits(&reader, n)) {
        PROVE(take_bits(&reader, n) == bits_at(data, at, n));
        PROVE(reader.next == data + (at + n) / 8U && reader.bit == (at + n) % 8U);
        PROVE(reader.left == size - (at + n) / 8U);
    }
    free(data);
}

void prove_writer(void)
{
    uint32_t values[PUTS];
    uint32_t sizes[PUTS];
    uint32_t total = 0;
    for (uint32_t i = 0; i < PUTS; i++) {
        sizes[i] = any_u32() % 33U;
        values[i] = sizes[i] == 0U ? 0U : any_u32() >> (32U - sizes[i]);
        total += sizes[i];
    }
    const uint32_t bytes = (total + 7U) / 8U;
    uint8_t *out = exactly(bytes);
    struct bit_writer writer = {.out = out, .end = out + bytes};
    for (uint32_t i = 0; i < PUTS; i++) {
        put_wide(&writer, values[i], sizes[i]);
    }
    const uint32_t rest = 8U * bytes - total; /* of the last byte */
    put_bits(&writer, 0, rest);
    const uint32_t pending = writer.pending; /* a whole byte, where words have 32 bits */
    PROVE(pending == 0U || (WORD_BITS == 32 && pending == 8U));
    PROVE(writer.out == out + bytes - pending / 8U);
    if (pending != 0U) {
        *writer.out = (uint8_t)(writer.acc & 0xffU);
    }
    uint32_t at = 0;
    for (uint32_t i = 0; i < PUTS; i++) {
        PROVE(bits_at(out, at, sizes[i]) == values[i]);
        at += sizes[i];
    }
    PROVE(bits_at(out, at, rest) == 0U);
    free(out);
}

void prove_huffman_take(void)
{
    const uint32_t size = any_u32() % (CODE_BYTES + 1U);
    const uint32_t bit = size == 0U ? 0U : any_u32() % 8U;
    uint8_t *data = any_bytes(size);
    uint8_t lengths[HUFFMAN_SYMBOLS];
    struct sxi_huffman decoder;
    huffman_bank_lengths(any_u32() % HUFFMAN_BANK, lengths);
    huffman_decoder_init(&decoder, lengths);
    struct bit_reader reader = {data, size, bit};
    const struct bit_reader before = reader;
    uint32_t value = 0;
    const bool taken = huffman_take(&decoder, &reader, &value);
    const uint32_t used = 8U * (before.left - reader.left) + reader.bit - before.bit;
    PROVE(taken || (used == 0U && value == 0U && size < CODE_BYTES));
    PROVE(!taken || (used >= 1U && used <= HUFFMAN_MAX_BITS + 15U));
    PROVE(value < HUFFMAN_DIRECT + 65535U && reader.left <= size && reader.bit < 8U);
    if (taken) { /* the code of the value is what was taken */
        uint32_t codes[HUFFMAN_SYMBOLS];
        uint8_t again[8] = {0};
        struct bit_writer writer = {.out = again, .end = again + sizeof again};
        huffman_codes(lengths, codes);
        huffman_put(&writer, codes, value);
        put_bits(&writer, 0, (16U - used % 16U) % 16U);
        PROVE(bits_at(again, 0, used) == bits_at(data, bit, used));
    }
    free(data);
}
