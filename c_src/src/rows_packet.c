/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include <stddef.h>

#include "bytes.h"
#include "rows_common.h"
#include "sxi/crc.h"

enum {
    MARK = 0xc0,
    LENGTH_AT = 1,
    KNOWN_SHAPES = 4,
    PAIR_BYTES = 4, /* rows and columns, or first column and columns */
    LAST_BLOCK_SIZE = 3
};

/* Rows and columns that a number stands for: of a node, binned 4 and 6 times, of all CCD. */
static const uint16_t shapes[KNOWN_SHAPES][2] = {{639, 384}, {165, 96}, {160, 99}, {4511, 4608}};

/* The number of a shape; 0 when it has none. */
static uint32_t shape_of(uint32_t rows, uint32_t cols)
{
    for (uint32_t i = 0; i < KNOWN_SHAPES; i++) {
        if (shapes[i][0] == rows && shapes[i][1] == cols) {
            return i + 1U;
        }
    }
    return 0;
}

static bool is_piece(const struct sxi_rows_packet *p)
{
    return p->first % p->cols != 0U || p->n_samples % p->cols != 0U;
}

bool rows_need_pieces(const struct sxi_rows *ctx)
{
    const uint32_t pair = shape_of(ctx->rows, ctx->cols) == 0U ? PAIR_BYTES : 0U;
    return SXI_ROWS_HEADER_BYTES + pair + 2U * ctx->cols + SXI_ROWS_CRC_BYTES > ctx->packet_bytes;
}

uint32_t rows_header_bytes(const struct sxi_rows_packet *packet)
{
    uint32_t n = SXI_ROWS_HEADER_BYTES;
    n += shape_of(packet->rows, packet->cols) == 0U ? PAIR_BYTES : 0U;
    n += is_piece(packet) ? PAIR_BYTES : 0U;
    n += packet->kind == SXI_ROWS_GROUPED ? ROWS_ID_BYTES : 0U;
    return n;
}

void rows_open(struct sxi_rows_packet *packet, uint8_t *out)
{
    const uint32_t shape = shape_of(packet->rows, packet->cols);
    const bool piece = is_piece(packet);
    out[0] = (uint8_t)((uint32_t)MARK + packet->kind);
    store24_be(out + 3, ((packet->frames - 1U) << 12) | packet->frame);
    store16_be(out + 6, (uint16_t)(packet->first / packet->cols));
    out[8] = (uint8_t)(piece ? 0U : packet->n_samples / packet->cols);
    out[9] = (uint8_t)shape;
    out[10] = (uint8_t)((packet->predictor << 6) | ((packet->base & 3U) << 4) |
                        packet->near_lossless);
    out[11] = (uint8_t)packet->table;
    store16_be(out + 12, (uint16_t)(packet->base >> 2));
    uint8_t *at = out + SXI_ROWS_HEADER_BYTES;
    if (shape == 0U) {
        store16_be(at, (uint16_t)packet->rows);
        store16_be(at + 2, (uint16_t)packet->cols);
        at += PAIR_BYTES;
    }
    if (piece) {
        store16_be(at, (uint16_t)(packet->first % packet->cols));
        store16_be(at + 2, (uint16_t)packet->n_samples);
        at += PAIR_BYTES;
    }
    if (packet->kind == SXI_ROWS_GROUPED) {
        store16_be(at, (uint16_t)packet->model_id);
    }
    packet->body = rows_header_bytes(packet);
}

uint32_t rows_close(struct sxi_rows_packet *packet, uint32_t body, uint8_t *out)
{
    const uint32_t end = packet->body + body;
    packet->length = end + SXI_ROWS_CRC_BYTES;
    store16_be(out + LENGTH_AT, (uint16_t)packet->length);
    store16_be(out + end, sxi_crc16(0xffff, out, end));
    return packet->length;
}

/* Do kind, predictor, error, table and base go together? */
static bool fields_good(const struct sxi_rows_packet *p)
{
    const bool predicted = p->kind == SXI_ROWS_INDEPENDENT || p->kind == SXI_ROWS_GROUPED;
    if (!predicted && (p->predictor != 0U || p->base != 0U)) {
        return false;
    }
    if (p->kind == SXI_ROWS_AEC) {
        return p->table <= LAST_BLOCK_SIZE;
    }
    if (!predicted) {
        return p->near_lossless == 0U && p->table == 0U;
    }
    if (p->table == ROWS_NO_TABLE) {
        return p->kind == SXI_ROWS_GROUPED && p->predictor <= SXI_ROWS_MEAN;
    }
    return p->table < HUFFMAN_TABLES && p->predictor <= SXI_ROWS_MEAN;
}

/* What follows the first 14 bytes, within len; body is where they end. */
static enum sxi_status parse_rest(struct sxi_rows_packet *p, const uint8_t *data, uint32_t row,
                                  uint32_t n_rows)
{
    uint32_t at = SXI_ROWS_HEADER_BYTES;
    const uint32_t shape = data[9];
    if (shape == 0U) {
        p->rows = load16_be(data + at);
        p->cols = load16_be(data + at + 2U);
        at += PAIR_BYTES;
    } else {
        p->rows = shapes[shape - 1U][0];
        p->cols = shapes[shape - 1U][1];
    }
    if (p->rows == 0U || p->cols == 0U || row + n_rows > p->rows || row >= p->rows) {
        return SXI_STATUS_FORMAT;
    }
    p->first = row * p->cols;
    p->n_samples = n_rows * p->cols;
    if (p->kind == SXI_ROWS_MODEL) {
        return p->first == 0U && p->n_samples == 0U ? SXI_STATUS_OK : SXI_STATUS_FORMAT;
    }
    if (n_rows == 0U) {
        const uint32_t col = load16_be(data + at);
        p->n_samples = load16_be(data + at + 2U);
        at += PAIR_BYTES;
        if (p->n_samples == 0U || p->n_samples >= p->cols || col > p->cols - p->n_samples) {
            return SXI_STATUS_FORMAT;
        }
        p->first += col;
    }
    p->model_id = p->kind == SXI_ROWS_GROUPED ? load16_be(data + at) : 0U;
    return SXI_STATUS_OK;
}

enum sxi_status sxi_rows_parse(struct sxi_rows_packet *packet, const uint8_t *data, /* D15 */
                               uint32_t len)
{
    if (packet == NULL || data == NULL) {
        return SXI_STATUS_PARAM;
    }
    if (len < SXI_ROWS_HEADER_BYTES) {
        return SXI_STATUS_SHORT;
    }
    struct sxi_rows_packet p = {.kind = data[0] - (uint32_t)MARK};
    if (p.kind > SXI_ROWS_MODEL || data[9] > KNOWN_SHAPES) {
        return SXI_STATUS_FORMAT;
    }
    const bool piece = data[8] == 0U && p.kind != SXI_ROWS_MODEL;
    p.body = SXI_ROWS_HEADER_BYTES + (data[9] == 0U ? PAIR_BYTES : 0U) +
             (piece ? PAIR_BYTES : 0U) + (p.kind == SXI_ROWS_GROUPED ? ROWS_ID_BYTES : 0U);
    p.length = load16_be(data + LENGTH_AT);
    if (p.length < p.body + SXI_ROWS_CRC_BYTES) {
        return SXI_STATUS_LENGTH;
    }
    if (len < p.length) {
        return SXI_STATUS_SHORT;
    }
    if (sxi_crc16(0xffff, data, p.length) != 0U) {
        return SXI_STATUS_CRC;
    }
    const uint32_t place = load24_be(data + 3);
    p.frames = (place >> 12) + 1U;
    p.frame = place & 0xfffU;
    p.predictor = (uint32_t)data[10] >> 6;
    p.near_lossless = data[10] & 15U;
    p.table = data[11];
    p.base = ((uint32_t)load16_be(data + 12) << 2) | (((uint32_t)data[10] >> 4) & 3U);
    if (!fields_good(&p) || p.frame >= p.frames) {
        return SXI_STATUS_FORMAT;
    }
    const enum sxi_status status = parse_rest(&p, data, load16_be(data + 6), data[8]);
    if (status != SXI_STATUS_OK) {
        return status;
    }
    if (p.kind == SXI_ROWS_MODEL) {
        p.model_id = load16_be(data + p.length - SXI_ROWS_CRC_BYTES);
    }
    *packet = p;
    return SXI_STATUS_OK;
}
