/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "fuzz.h"
#include "sxi/ldt.h"

/* SDU id, room (u16), then parts: subtype, bytes (u8), source data. Flag 0x80 of the subtype: SDU id,
 * number and length of the part are made right. An error changes nothing. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, (uint32_t)size};
    const uint8_t sdu_id = (uint8_t)take(&in, 1);
    const uint32_t room = take(&in, 2) % 2048U;
    uint8_t *buf = exactly(room);
    struct sxi_ldt_rx rx = {0};
    const enum sxi_status made = sxi_ldt_rx_init(&rx, sdu_id, buf, room);
    MUST(made == SXI_STATUS_OK || made == SXI_STATUS_PARAM);
    while (made == SXI_STATUS_OK && in.left > 0U) {
        const uint32_t subtype = take(&in, 1);
        const struct input part = take_part(&in, take(&in, 1));
        uint8_t *source = copy_of(&part);
        if ((subtype & 0x80U) != 0U && part.left > SXI_LDT_HEADER_BYTES) {
            source[0] = sdu_id;
            put16(source + 1, subtype % 8U == SXI_LDT_FIRST ? 1U : rx.number + 1U);
            put16(source + 3, part.left - SXI_LDT_HEADER_BYTES);
        }
        const struct sxi_ldt_rx before = rx;
        const int32_t event = sxi_ldt_rx_push(&rx, (uint8_t)(subtype % 8U), source, part.left);
        MUST(event <= SXI_LDT_ABORTED && event >= SXI_STATUS_SEQUENCE);
        MUST(rx.size <= room && rx.buf == buf && rx.room == room);
        MUST(event >= 0 || memcmp(&rx, &before, sizeof rx) == 0);
        MUST(event != SXI_LDT_MORE || rx.number == before.number + 1U);
        MUST(event <= SXI_LDT_MORE || rx.number == 0U);
        free(source);
    }
    if (made == SXI_STATUS_OK) {
        const uint32_t came = rx.number != 0U ? rx.size : 0U;
        MUST(sxi_ldt_rx_end(&rx) == (int32_t)came);
        MUST(sxi_ldt_rx_end(&rx) == 0);
    }
    free(buf);
    return 0;
}
