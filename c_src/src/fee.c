/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/fee.h"

#include <stdbool.h>
#include <stddef.h>

#include "bytes.h"

enum {
    MAX_HK_PAYLOAD = SXI_FEE_HK_BYTES - SXI_FEE_HEADER_BYTES,
    EVENT_PAYLOAD = SXI_FEE_EVENT_BYTES - SXI_FEE_HEADER_BYTES,
    COL_AT = 10,
    ROW_AT = 12,
    PIXELS_AT = 14
};

/* Bytes that the wire's length field counts beyond the payload, or -1. */
static int32_t counted_header(uint32_t data_len_rule)
{
    switch (data_len_rule) {
    case SXI_FEE_DATA_LEN_PAYLOAD:
        return 0;
    case SXI_FEE_DATA_LEN_PACKET:
        return SXI_FEE_HEADER_BYTES;
    default:
        return -1;
    }
}

static bool is_window(uint32_t type)
{
    return type == SXI_FEE_EVENT || type == SXI_FEE_WANDERING_MASK;
}

static enum sxi_status check_payload(uint32_t type, uint32_t payload)
{
    if (is_window(type) && payload != EVENT_PAYLOAD) {
        return SXI_STATUS_LENGTH;
    }
    /* uncovered object*2 044e: gcc asks twice what it knows */
    if (type == SXI_FEE_HK && payload > MAX_HK_PAYLOAD) {
        return SXI_STATUS_LENGTH;
    }
    return SXI_STATUS_OK;
}

/* As the public function, the arguments known to be good. */
static enum sxi_status load_header(struct sxi_fee_header *header, const uint8_t *packet,
                                   uint32_t len, uint32_t counted)
{
    if (len < SXI_FEE_HEADER_BYTES) {
        return SXI_STATUS_SHORT;
    }
    const uint32_t type_field = load16_be(packet + 4);
    const uint32_t side = (type_field >> 5) & 3U;
    if (packet[0] != SXI_FEE_DPU_ADDRESS || packet[1] != SXI_FEE_PROTOCOL_ID || side == 3U) {
        return SXI_STATUS_FORMAT;
    }
    const uint32_t payload = len - SXI_FEE_HEADER_BYTES;
    const uint32_t type = type_field & 3U;
    if ((uint32_t)load16_be(packet + 2) != payload + counted) {
        return SXI_STATUS_LENGTH;
    }
    const enum sxi_status status = check_payload(type, payload);
    if (status != SXI_STATUS_OK) {
        return status;
    }
    header->data_len = (uint16_t)payload;
    header->frame_counter = load16_be(packet + 6);
    header->sequence = load16_be(packet + 8);
    header->mode = (uint8_t)((type_field >> 8) & 0xfU);
    header->last = (uint8_t)((type_field >> 7) & 1U);
    header->side = (uint8_t)side;
    header->ccd = (uint8_t)((type_field >> 4) & 1U);
    header->type = (uint8_t)type;
    header->spare = 0;
    return SXI_STATUS_OK;
}

enum sxi_status sxi_fee_header_load(struct sxi_fee_header *header, const uint8_t *packet,
                                    uint32_t len, uint32_t data_len_rule)
{
    const int32_t counted = counted_header(data_len_rule);
    if (header == NULL || packet == NULL || counted < 0) {
        return SXI_STATUS_PARAM;
    }
    return load_header(header, packet, len, (uint32_t)counted);
}

enum sxi_status sxi_fee_header_store(const struct sxi_fee_header *header, uint8_t *out,
                                     uint32_t out_len, uint32_t data_len_rule)
{
    const int32_t counted = counted_header(data_len_rule);
    if (header == NULL || out == NULL || counted < 0) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t data_len = header->data_len + (uint32_t)counted;
    if (data_len > UINT16_MAX || header->mode > 15U || header->last > 1U ||
        header->side > SXI_FEE_SIDE_BOTH || header->ccd > 1U || header->type > 3U) {
        return SXI_STATUS_PARAM;
    }
    if (out_len < SXI_FEE_HEADER_BYTES) {
        return SXI_STATUS_ROOM;
    }
    const uint32_t type_field = ((uint32_t)header->mode << 8) | ((uint32_t)header->last << 7) |
                                ((uint32_t)header->side << 5) | ((uint32_t)header->ccd << 4) |
                                (uint32_t)header->type;
    out[0] = SXI_FEE_DPU_ADDRESS;
    out[1] = SXI_FEE_PROTOCOL_ID;
    store16_be(out + 2, (uint16_t)data_len);
    store16_be(out + 4, (uint16_t)type_field);
    store16_be(out + 6, header->frame_counter);
    store16_be(out + 8, header->sequence);
    return SXI_STATUS_OK;
}

static void load_window(struct sxi_event *event, const uint8_t *packet)
{
    event->col = load16_be(packet + COL_AT);
    event->row = load16_be(packet + ROW_AT);
    for (uint32_t k = 0; k < SXI_FEE_WINDOW_PIXELS; k++) {
        event->pixels[k] = load16_be(packet + PIXELS_AT + 2U * k);
    }
}

enum sxi_status sxi_fee_event_load(struct sxi_fee_header *header, struct sxi_event *event,
                                   const uint8_t *packet, uint32_t len, uint32_t data_len_rule)
{
    if (header == NULL || event == NULL) {
        return SXI_STATUS_PARAM;
    }
    struct sxi_fee_header read;
    const enum sxi_status status = sxi_fee_header_load(&read, packet, len, data_len_rule);
    if (status != SXI_STATUS_OK) {
        return status;
    }
    if (!is_window(read.type)) {
        return SXI_STATUS_FORMAT;
    }
    *header = read;
    load_window(event, packet);
    return SXI_STATUS_OK;
}

enum sxi_status sxi_fee_event_store(const struct sxi_fee_header *header,
                                    const struct sxi_event *event, uint8_t *out, uint32_t out_len,
                                    uint32_t data_len_rule)
{
    if (header == NULL || event == NULL || !is_window(header->type)) {
        return SXI_STATUS_PARAM;
    }
    struct sxi_fee_header sized = *header;
    sized.data_len = EVENT_PAYLOAD;
    const uint32_t header_room = out_len < SXI_FEE_EVENT_BYTES ? 0U : SXI_FEE_HEADER_BYTES;
    const enum sxi_status status = sxi_fee_header_store(&sized, out, header_room, data_len_rule);
    if (status != SXI_STATUS_OK) {
        return status;
    }
    store16_be(out + COL_AT, event->col);
    store16_be(out + ROW_AT, event->row);
    for (uint32_t k = 0; k < SXI_FEE_WINDOW_PIXELS; k++) {
        store16_be(out + PIXELS_AT + 2U * k, event->pixels[k]);
    }
    return SXI_STATUS_OK;
}

int32_t sxi_fee_parse(const uint8_t *buf, uint32_t buf_len, const uint32_t *offsets,
                      const uint32_t *lengths, uint32_t n, uint32_t data_len_rule,
                      struct sxi_fee_header *headers, struct sxi_event *events, int8_t *status)
{
    const int32_t counted = counted_header(data_len_rule);
    if (buf == NULL || offsets == NULL || lengths == NULL || headers == NULL || events == NULL ||
        status == NULL || counted < 0 || n > INT32_MAX) {
        return SXI_STATUS_PARAM;
    }
    if (!pieces_lie_within(offsets, lengths, n, buf_len)) {
        return SXI_STATUS_PARAM;
    }
    int32_t good = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *packet = buf + offsets[i];
        const enum sxi_status read =
            load_header(&headers[i], packet, lengths[i], (uint32_t)counted);
        status[i] = (int8_t)read;
        if (read != SXI_STATUS_OK) {
            continue;
        }
        good++;
        if (is_window(headers[i].type)) {
            load_window(&events[i], packet);
        }
    }
    return good;
}

int32_t sxi_fee_build_events(const struct sxi_fee_header *headers, const struct sxi_event *events,
                             uint32_t n, uint32_t data_len_rule, uint8_t *out, uint32_t out_len)
{
    if (headers == NULL || events == NULL || out == NULL) {
        return SXI_STATUS_PARAM;
    }
    if (n > out_len / SXI_FEE_EVENT_BYTES || n > INT32_MAX / SXI_FEE_EVENT_BYTES) {
        return SXI_STATUS_ROOM;
    }
    for (uint32_t i = 0; i < n; i++) {
        const enum sxi_status status =
            sxi_fee_event_store(&headers[i], &events[i], out + i * SXI_FEE_EVENT_BYTES,
                                SXI_FEE_EVENT_BYTES, data_len_rule);
        if (status != SXI_STATUS_OK) {
            return (int32_t)status;
        }
    }
    return (int32_t)(n * SXI_FEE_EVENT_BYTES);
}
