/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "fuzz.h"
#include "sxi/crc.h"

/* Seed (u16), where to cut (u16), message. Beside the polynomials, a bit at a time; a message in
 * two parts has the checksum of the whole, and with its own checksum behind it 0. */

static uint32_t crc16_by_bits(uint32_t crc, const struct input *in)
{
    for (uint32_t i = 0; i < in->left; i++) {
        crc ^= (uint32_t)in->next[i] << 8;
        for (uint32_t bit = 0; bit < 8U; bit++) {
            crc = (crc << 1) ^ ((crc & 0x8000U) != 0U ? 0x11021U : 0U);
        }
    }
    return crc;
}

static uint32_t crc8_by_bits(uint32_t crc, const struct input *in)
{
    for (uint32_t i = 0; i < in->left; i++) {
        crc ^= in->next[i];
        for (uint32_t bit = 0; bit < 8U; bit++) {
            crc = (crc >> 1) ^ ((crc & 1U) != 0U ? 0xe0U : 0U);
        }
    }
    return crc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, (uint32_t)size};
    const uint16_t seed = (uint16_t)take(&in, 2);
    const uint32_t cut = take(&in, 2) % (in.left + 1U);
    const uint16_t whole = sxi_crc16(seed, in.next, in.left);
    MUST(whole == crc16_by_bits(seed, &in));
    MUST(whole == sxi_crc16(sxi_crc16(seed, in.next, cut), in.next + cut, in.left - cut));
    const uint8_t own[2] = {(uint8_t)(whole >> 8), (uint8_t)whole};
    MUST(sxi_crc16(whole, own, 2) == 0);
    const uint8_t seed8 = (uint8_t)(seed & 0xffU);
    const uint8_t whole8 = sxi_crc8(seed8, in.next, in.left);
    MUST(whole8 == crc8_by_bits(seed8, &in));
    MUST(whole8 == sxi_crc8(sxi_crc8(seed8, in.next, cut), in.next + cut, in.left - cut));
    MUST(sxi_crc8(whole8, &whole8, 1) == 0);
    return 0;
}
