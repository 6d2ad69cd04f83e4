/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/pus.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "bytes.h"
#include "sxi/crc.h"

enum {
    CRC_BYTES = 2,
    MIN_BYTES = SXI_PUS_TM_HEADER_BYTES + CRC_BYTES,
    LENGTH_OFFSET = 7,       /* the length field holds the packet's bytes less this */
    SECONDARY_HEADER = 0x08, /* in byte 0; version 0, telemetry */
    UNSEGMENTED = 0xC000,
    COUNT_MASK = 0x3FFF,
    APID_MASK = 0x07FF,
    PUS_A = 0x10,
    MAX_FINE_US = 999999
};

static bool is_sync(uint8_t sync)
{
    return sync == SXI_PUS_SYNC || sync == SXI_PUS_UNSYNC;
}

int32_t sxi_pus_tm_store(const struct sxi_pus_tm *tm, const uint8_t *data, uint32_t data_len,
                         uint8_t *out, uint32_t out_len)
{
    if (tm == NULL || out == NULL || (data == NULL && data_len > 0U) ||
        data_len > SXI_PUS_TM_MAX_DATA) {
        return SXI_STATUS_PARAM;
    }
    if (tm->apid > APID_MASK || tm->count > COUNT_MASK || tm->fine_us > MAX_FINE_US ||
        !is_sync(tm->sync)) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t size = data_len + MIN_BYTES;
    if (out_len < size) {
        return SXI_STATUS_ROOM;
    }
    if (data_len > 0U && data != out + SXI_PUS_TM_HEADER_BYTES) {
        (void)memcpy(out + SXI_PUS_TM_HEADER_BYTES, data, data_len);
    }
    store16_be(out, (uint16_t)((SECONDARY_HEADER << 8) | tm->apid));
    store16_be(out + 2, (uint16_t)(UNSEGMENTED | tm->count));
    store16_be(out + 4, (uint16_t)(size - LENGTH_OFFSET));
    out[6] = PUS_A;
    out[7] = tm->type;
    out[8] = tm->subtype;
    out[9] = tm->destination;
    store32_be(out + 10, tm->coarse);
    store24_be(out + 14, tm->fine_us);
    out[17] = tm->sync;
    store16_be(out + size - CRC_BYTES, sxi_crc16(0xFFFF, out, size - CRC_BYTES));
    return (int32_t)size;
}

int32_t sxi_pus_tm_load(struct sxi_pus_tm *tm, const uint8_t *packet, uint32_t len)
{
    if (tm == NULL || packet == NULL) {
        return SXI_STATUS_PARAM;
    }
    if (len < MIN_BYTES) {
        return SXI_STATUS_SHORT;
    }
    const uint16_t identification = load16_be(packet);
    const uint16_t control = load16_be(packet + 2);
    const uint32_t fine_us = load24_be(packet + 14);
    if ((identification >> 8 & ~(APID_MASK >> 8)) != SECONDARY_HEADER ||
        (control & ~(uint32_t)COUNT_MASK) != UNSEGMENTED || (packet[6] & 0x70U) != PUS_A ||
        fine_us > MAX_FINE_US) {
        return SXI_STATUS_FORMAT;
    }
    if (len > SXI_PUS_TM_MAX_BYTES || (uint32_t)load16_be(packet + 4) + LENGTH_OFFSET != len) {
        return SXI_STATUS_LENGTH;
    }
    if (sxi_crc16(0xFFFF, packet, len) != 0U) {
        return SXI_STATUS_CRC;
    }
    tm->apid = identification & APID_MASK;
    tm->count = control & COUNT_MASK;
    tm->type = packet[7];
    tm->subtype = packet[8];
    tm->destination = packet[9];
    tm->coarse = load32_be(packet + 10);
    tm->fine_us = fine_us;
    tm->sync = packet[17];
    return (int32_t)(len - MIN_BYTES);
}
