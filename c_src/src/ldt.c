/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/ldt.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "bytes.h"

enum { ABORT_BYTES = 4 };

static bool is_sdu(uint8_t sdu_id)
{
    return sdu_id == SXI_LDT_SDU_FRAMES || sdu_id == SXI_LDT_SDU_FULL_FRAME;
}

enum sxi_status sxi_ldt_tx_init(struct sxi_ldt_tx *tx, uint8_t sdu_id, const uint8_t *data,
                                uint32_t size, uint32_t part)
{
    if (tx == NULL || data == NULL || !is_sdu(sdu_id) || size == 0U || part == 0U ||
        part > SXI_LDT_MAX_PART || (size - 1U) / part >= SXI_LDT_MAX_PARTS) {
        return SXI_STATUS_PARAM;
    }
    tx->data = data;
    tx->size = size;
    tx->offset = 0;
    tx->part = part;
    tx->number = 1;
    tx->sdu_id = sdu_id;
    tx->active = 1;
    return SXI_STATUS_OK;
}

static uint8_t subtype_of(const struct sxi_ldt_tx *tx, uint32_t part)
{
    if (tx->offset == 0U) {
        return SXI_LDT_FIRST;
    }
    return tx->offset + part == tx->size ? SXI_LDT_LAST : SXI_LDT_INTERMEDIATE;
}

/* Write a packet around source data that stand in `out` already. */
static int32_t store(struct sxi_pus_tm *tm, uint8_t subtype, uint32_t len, uint8_t *out,
                     uint32_t out_len)
{
    struct sxi_pus_tm header = *tm;
    header.type = SXI_LDT_SERVICE;
    header.subtype = subtype;
    const int32_t size =
        sxi_pus_tm_store(&header, out + SXI_PUS_TM_HEADER_BYTES, len, out, out_len);
    if (size >= 0) {
        *tm = header;
    }
    return size;
}

int32_t sxi_ldt_tx_next(struct sxi_ldt_tx *tx, struct sxi_pus_tm *tm, uint8_t *out,
                        uint32_t out_len)
{
    if (tx == NULL || tm == NULL || out == NULL) {
        return SXI_STATUS_PARAM;
    }
    if (tx->active == 0U) {
        return 0;
    }
    const uint32_t left = tx->size - tx->offset;
    const uint32_t part = left < tx->part ? left : tx->part;
    const uint32_t source = SXI_LDT_HEADER_BYTES + part;
    if (out_len < SXI_PUS_TM_HEADER_BYTES + source + 2U) {
        return SXI_STATUS_ROOM;
    }
    uint8_t *at = out + SXI_PUS_TM_HEADER_BYTES;
    at[0] = tx->sdu_id;
    store16_be(at + 1, tx->number);
    store16_be(at + 3, (uint16_t)part);
    (void)memcpy(at + SXI_LDT_HEADER_BYTES, tx->data + tx->offset, part);
    const int32_t size = store(tm, subtype_of(tx, part), source, out, out_len);
    if (size < 0) {
        return size;
    }
    tx->offset += part;
    tx->number++;
    tx->active = tx->offset < tx->size ? 1 : 0;
    return size;
}

int32_t sxi_ldt_tx_abort(struct sxi_ldt_tx *tx, uint16_t reason, struct sxi_pus_tm *tm,
                         uint8_t *out, uint32_t out_len)
{
    if (tx == NULL || tm == NULL || out == NULL) {
        return SXI_STATUS_PARAM;
    }
    if (tx->active == 0U) {
        return SXI_STATUS_SEQUENCE;
    }
    if (out_len < SXI_PUS_TM_HEADER_BYTES + ABORT_BYTES + 2U) {
        return SXI_STATUS_ROOM;
    }
    uint8_t *at = out + SXI_PUS_TM_HEADER_BYTES;
    at[0] = tx->sdu_id;
    at[1] = 0;
    store16_be(at + 2, reason);
    const int32_t size = store(tm, SXI_LDT_ABORT, ABORT_BYTES, out, out_len);
    if (size >= 0) {
        tx->active = 0;
    }
    return size;
}

enum sxi_status sxi_ldt_rx_init(struct sxi_ldt_rx *rx, uint8_t sdu_id, uint8_t *buf,
                                uint32_t room)
{
    if (rx == NULL || buf == NULL || !is_sdu(sdu_id) || room > INT32_MAX) {
        return SXI_STATUS_PARAM;
    }
    rx->buf = buf;
    rx->room = room;
    rx->size = 0;
    rx->number = 0;
    rx->sdu_id = sdu_id;
    return SXI_STATUS_OK;
}

static int32_t push_abort(struct sxi_ldt_rx *rx, const uint8_t *source, uint32_t len)
{
    if (len != ABORT_BYTES) {
        return len < ABORT_BYTES ? SXI_STATUS_SHORT : SXI_STATUS_LENGTH;
    }
    if (source[0] != rx->sdu_id) {
        return SXI_STATUS_FORMAT;
    }
    if (rx->number == 0U) {
        return SXI_STATUS_SEQUENCE;
    }
    rx->number = 0;
    return SXI_LDT_ABORTED;
}

int32_t sxi_ldt_rx_push(struct sxi_ldt_rx *rx, uint8_t subtype, const uint8_t *source, /* D15 */
                        uint32_t len)
{
    if (rx == NULL || source == NULL || subtype < SXI_LDT_FIRST || subtype > SXI_LDT_ABORT) {
        return SXI_STATUS_PARAM;
    }
    if (subtype == SXI_LDT_ABORT) {
        return push_abort(rx, source, len);
    }
    if (len < SXI_LDT_HEADER_BYTES) {
        return SXI_STATUS_SHORT;
    }
    const uint32_t part = load16_be(source + 3);
    const uint32_t carried = len - SXI_LDT_HEADER_BYTES;
    if (carried < part) {
        return SXI_STATUS_SHORT;
    }
    if (carried > part || part == 0U) {
        return SXI_STATUS_LENGTH;
    }
    if (source[0] != rx->sdu_id) {
        return SXI_STATUS_FORMAT;
    }
    const uint32_t number = load16_be(source + 1);
    const bool is_first = subtype == SXI_LDT_FIRST;
    if (is_first != (rx->number == 0U) || number != rx->number + 1U) { /* D14 */
        return SXI_STATUS_SEQUENCE;
    }
    const uint32_t held = is_first ? 0U : rx->size;
    if (held > rx->room || part > rx->room - held) {
        return SXI_STATUS_ROOM;
    }
    (void)memcpy(rx->buf + held, source + SXI_LDT_HEADER_BYTES, part);
    rx->size = held + part;
    rx->number = subtype == SXI_LDT_LAST ? 0 : (uint16_t)number;
    return subtype == SXI_LDT_LAST ? SXI_LDT_COMPLETE : SXI_LDT_MORE;
}

int32_t sxi_ldt_rx_end(struct sxi_ldt_rx *rx)
{
    if (rx == NULL) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t size = rx->number == 0U ? 0U : rx->size;
    rx->number = 0;
    return (int32_t)size;
}
