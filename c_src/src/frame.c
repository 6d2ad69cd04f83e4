/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "bytes.h"

enum {
    MAX_SIDE = 65535,
    MAX_PAYLOAD = 65534, /* the largest even length that a header can state */
    SEQUENCES = 65536,   /* what the sequence counter tells apart */
    NODES = 5,
    ANY_CCD = 2
};

/* In the order of readout, MSSL-IF-122. */
static const struct node {
    uint8_t bit;
    uint8_t side;
    uint8_t ccd;
} node_order[NODES] = {
    {SXI_FRAME_E2, SXI_FEE_SIDE_E, SXI_FEE_CCD2},
    {SXI_FRAME_F2, SXI_FEE_SIDE_F, SXI_FEE_CCD2},
    {SXI_FRAME_E4, SXI_FEE_SIDE_E, SXI_FEE_CCD4},
    {SXI_FRAME_F4, SXI_FEE_SIDE_F, SXI_FEE_CCD4},
    {SXI_FRAME_INTERLEAVED, SXI_FEE_SIDE_BOTH, ANY_CCD}, /* comes alone */
};

static uint32_t count_planes(uint32_t nodes)
{
    uint32_t planes = 0;
    for (uint32_t i = 0; i < NODES; i++) {
        planes += (nodes & node_order[i].bit) != 0U ? 1U : 0U;
    }
    return planes;
}

/* Packets of one plane; 0 for a context that was never prepared. */
static uint32_t plane_packets(const struct sxi_frame_asm *ctx)
{
    const uint32_t plane = ctx->n_rows * ctx->n_cols;
    const uint32_t payload = ctx->packet_payload / 2U;
    /* uncovered object*7 8962: gcc asks twice what it knows; what _init was given is checked */
    return plane == 0U || payload == 0U ? 0U : (plane - 1U) / payload + 1U;
}

static bool is_node(const struct sxi_frame_asm *ctx, uint32_t plane,
                   const struct sxi_fee_header *header)
{
    for (uint32_t i = 0; i < NODES; i++) {
        const struct node *node = &node_order[i];
        if ((ctx->nodes & node->bit) == 0U) {
            continue;
        }
        if (plane == 0U) {
            return header->side == node->side &&
                   (header->ccd == node->ccd || node->ccd == ANY_CCD);
        }
        plane--;
    }
    return false;
}

/* n pixels from the wire. */
static void load_pixels(uint16_t *out, const uint8_t *wire, uint32_t n, uint32_t pixel_order)
{
    if (pixel_order == SXI_PIXEL_BIG) {
        for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
            out[i] = load16_be(wire + 2U * i);
        }
        return;
    }
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: n > 0 */
        const uint32_t swapped = load16_be(wire + 2U * i);
        out[i] = (uint16_t)((swapped >> 8) | ((swapped & 0xffU) << 8));
    }
}

/* Count n pixels from index `first` of a plane on in the rows that they belong to. */
static void count_rows(uint16_t *row_pixels, uint32_t first, uint32_t n, uint32_t n_cols)
{
    uint32_t row = first / n_cols;
    uint32_t room = n_cols - first % n_cols;
    while (n > 0U) {
        const uint32_t run = n < room ? n : room;
        row_pixels[row] = (uint16_t)(row_pixels[row] + run);
        n -= run;
        room = n_cols;
        row++;
    }
}

enum sxi_status sxi_frame_init(struct sxi_frame_asm *ctx, uint16_t *pixels, /* D15 */
                               uint32_t pixels_len, uint16_t *row_pixels, uint32_t row_pixels_len,
                               uint32_t n_rows, uint32_t n_cols, uint32_t nodes,
                               uint32_t packet_payload, uint32_t first_sequence,
                               uint32_t pixel_order)
{
    if (ctx == NULL || pixels == NULL || row_pixels == NULL || n_rows == 0U || n_rows > MAX_SIDE ||
        n_cols == 0U || n_cols > MAX_SIDE || nodes == 0U || nodes > SXI_FRAME_INTERLEAVED ||
        packet_payload == 0U || packet_payload > MAX_PAYLOAD || packet_payload % 2U != 0U ||
        first_sequence >= SEQUENCES || pixel_order > SXI_PIXEL_LITTLE) {
        return SXI_STATUS_PARAM;
    }
    const struct sxi_frame_asm fresh = {.pixels = pixels,
                                        .row_pixels = row_pixels,
                                        .n_rows = n_rows,
                                        .n_cols = n_cols,
                                        .nodes = nodes,
                                        .packet_payload = packet_payload,
                                        .first_sequence = first_sequence,
                                        .pixel_order = pixel_order};
    const uint32_t planes = count_planes(nodes);
    /* This bounds every product below: 65,536 packets of 32,767 pixels at the most. */
    if (plane_packets(&fresh) > (SEQUENCES - first_sequence) / planes) {
        return SXI_STATUS_PARAM;
    }
    if (pixels_len < planes * n_rows * n_cols || row_pixels_len < planes * n_rows) {
        return SXI_STATUS_ROOM;
    }
    (void)memset(row_pixels, 0, planes * n_rows * sizeof *row_pixels);
    *ctx = fresh;
    return SXI_STATUS_OK;
}

enum sxi_status sxi_frame_push(struct sxi_frame_asm *ctx, const struct sxi_fee_header *header,
                               const uint8_t *payload, uint32_t payload_len)
{
    if (ctx == NULL || header == NULL || payload == NULL) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t per_plane = plane_packets(ctx);
    if (per_plane == 0U) {
        return SXI_STATUS_PARAM;
    }
    if (header->type != SXI_FEE_DATA || header->sequence < ctx->first_sequence) {
        return SXI_STATUS_FORMAT;
    }
    const uint32_t index = header->sequence - ctx->first_sequence;
    const uint32_t plane = index / per_plane;
    if (!is_node(ctx, plane, header)) { /* beyond the readout there is none */
        return SXI_STATUS_FORMAT;
    }
    const uint32_t place = index - plane * per_plane;
    const uint32_t plane_pixels = ctx->n_rows * ctx->n_cols;
    const uint32_t first = place * (ctx->packet_payload / 2U);
    const uint32_t left = plane_pixels - first;
    const uint32_t n = left < ctx->packet_payload / 2U ? left : ctx->packet_payload / 2U;
    if (payload_len != 2U * n) {
        return SXI_STATUS_LENGTH;
    }
    if (index < ctx->next) {
        return SXI_STATUS_SEQUENCE;
    }
    load_pixels(ctx->pixels + plane * plane_pixels + first, payload, n, ctx->pixel_order);
    count_rows(ctx->row_pixels + plane * ctx->n_rows, first, n, ctx->n_cols);
    ctx->n_missing += index - ctx->next;
    ctx->next = index + 1U;
    ctx->n_packets++;
    if (place + 1U == per_plane && header->last != 0U) {
        ctx->planes_done++;
    }
    return SXI_STATUS_OK;
}

int32_t sxi_frame_push_packets(struct sxi_frame_asm *ctx, const uint8_t *buf, uint32_t buf_len,
                               const uint32_t *offsets, const uint32_t *lengths, uint32_t n,
                               uint32_t data_len_rule)
{
    if (ctx == NULL || buf == NULL || offsets == NULL || lengths == NULL || n > INT32_MAX ||
        data_len_rule > SXI_FEE_DATA_LEN_PACKET || plane_packets(ctx) == 0U) {
        return SXI_STATUS_PARAM;
    }
    if (!pieces_lie_within(offsets, lengths, n, buf_len)) {
        return SXI_STATUS_PARAM;
    }
    int32_t accepted = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *packet = buf + offsets[i];
        struct sxi_fee_header header;
        if (sxi_fee_header_load(&header, packet, lengths[i], data_len_rule) == SXI_STATUS_OK &&
            sxi_frame_push(ctx, &header, packet + SXI_FEE_HEADER_BYTES, header.data_len) ==
                SXI_STATUS_OK) {
            accepted++;
        }
    }
    return accepted;
}

int32_t sxi_frame_packets(const struct sxi_frame_asm *ctx)
{
    if (ctx == NULL || plane_packets(ctx) == 0U) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t packets = count_planes(ctx->nodes) * plane_packets(ctx);
    return (int32_t)packets;
}

int32_t sxi_frame_missing(const struct sxi_frame_asm *ctx)
{
    const int32_t packets = sxi_frame_packets(ctx);
    return packets < 0 ? packets : packets - (int32_t)ctx->n_packets;
}
