/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "fuzz.h"
#include "sxi/crc.h"
#include "sxi/pus.h"

/* Flags, packet. Flag 1: length field and checksum are made right. What is read and written again
 * is the same packet but for its spare bits, and reads the same. */

enum { CRC_BYTES = 2, LEAST = SXI_PUS_TM_HEADER_BYTES + CRC_BYTES };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, (uint32_t)size};
    const uint32_t flags = take(&in, 1);
    uint8_t *packet = copy_of(&in);
    if ((flags & 1U) != 0U && in.left >= LEAST) {
        put16(packet + 4, in.left - 7U);
        put16(packet + in.left - CRC_BYTES, sxi_crc16(0xffff, packet, in.left - CRC_BYTES));
    }
    struct sxi_pus_tm tm = {0};
    struct sxi_pus_tm again = {0};
    const int32_t status = sxi_pus_tm_load(&tm, packet, in.left);
    if (status >= 0) {
        MUST(status == (int32_t)in.left - LEAST);
        uint8_t *out = exactly(in.left);
        tm.sync = tm.sync == SXI_PUS_SYNC ? SXI_PUS_SYNC : SXI_PUS_UNSYNC;
        MUST(sxi_pus_tm_store(&tm, packet + SXI_PUS_TM_HEADER_BYTES, (uint32_t)status, out,
                              in.left) == (int32_t)in.left);
        MUST(sxi_pus_tm_load(&again, out, in.left) == status);
        MUST(memcmp(&tm, &again, sizeof tm) == 0);
        free(out);
    } else {
        MUST(status == SXI_STATUS_SHORT || status == SXI_STATUS_FORMAT ||
             status == SXI_STATUS_LENGTH || status == SXI_STATUS_CRC);
        MUST((flags & 1U) == 0U || in.left < LEAST || status != SXI_STATUS_CRC);
    }
    free(packet);
    return 0;
}
