/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_FRAME_H
#define SXI_FRAME_H

#include <stdint.h>

#include "sxi/fee.h"
#include "sxi/status.h"

/* Frame assembly: the data packets of one readout, frame transfer (FT: the selected nodes
 * one after the other in the order E2, F2, E4, F4, MSSL-IF-122) or full frame (FF: one CCD,
 * E and F interleaved, one plane), become pixels in memory.
 *
 * One sequence counter runs through the readout (MSSL-IF-110), so it tells where a payload
 * belongs; what never came is known afterwards: row_pixels counts what each row received,
 * and pixels that did not come are left as the caller prepared them.
 */
enum sxi_pixel_order { SXI_PIXEL_BIG = 0, SXI_PIXEL_LITTLE = 1 /* the simulator, on x86 */ };

enum sxi_frame_node { /* bits of `nodes`: readout_node_sel of FEE register cfg 5 */
    SXI_FRAME_F2 = 1,
    SXI_FRAME_E2 = 2,
    SXI_FRAME_F4 = 4,
    SXI_FRAME_E4 = 8,
    SXI_FRAME_INTERLEAVED = 16 /* one plane of either CCD, sides interleaved: alone */
};

struct sxi_frame_asm {
    uint16_t *pixels;     /* planes * n_rows * n_cols [ADU] */
    uint16_t *row_pixels; /* planes * n_rows: pixels received of each row */
    uint32_t n_rows;
    uint32_t n_cols;
    uint32_t nodes;          /* bits of enum sxi_frame_node */
    uint32_t packet_payload; /* bytes of every payload but a plane's last; even */
    uint32_t first_sequence; /* of the first data packet: 1, since HK is 0 */
    uint32_t pixel_order;
    uint32_t next;      /* index of the packet expected next */
    uint32_t n_packets; /* accepted */
    uint32_t n_missing; /* jumped over by the sequence counter so far */
    uint32_t planes_done; /* planes whose last packet carried the last flag */
};

/* Prepare for one readout. pixels_len and row_pixels_len count elements. row_pixels is
 * cleared; pixels are not touched.
 *
 * PARAM  NULL, a side of 0 or above 65,535 pixels, no node or a bad combination, a
 *        packet_payload that is odd, 0 or above 65,534, a readout of more packets than the
 *        16-bit sequence counter tells apart from first_sequence on, an unknown pixel order
 * ROOM   a buffer is too small
 */
enum sxi_status sxi_frame_init(struct sxi_frame_asm *ctx, uint16_t *pixels, uint32_t pixels_len,
                               uint16_t *row_pixels, uint32_t row_pixels_len, uint32_t n_rows,
                               uint32_t n_cols, uint32_t nodes, uint32_t packet_payload,
                               uint32_t first_sequence, uint32_t pixel_order);

/* Take one data packet (already checked by sxi_fee_header_load, which vouches for data_len:
 * it is not read here). What is wrong with a packet is tried in this order:
 *
 * PARAM     NULL, or ctx was never prepared
 * FORMAT    not a data packet, its sequence counter lies outside the readout, or its node is
 *           not the one its sequence counter belongs to
 * LENGTH    the payload has not the size that belongs to its place
 * SEQUENCE  the packet, or a later one, was here already
 * OK        its pixels are in place
 */
enum sxi_status sxi_frame_push(struct sxi_frame_asm *ctx, const struct sxi_fee_header *header,
                               const uint8_t *payload, uint32_t payload_len);

/* Take many whole packets out of one buffer: each is read by sxi_fee_header_load() and, if it
 * is good, handed to sxi_frame_push().
 *
 * buf, buf_len:     the bytes
 * offsets, lengths: where each of the n packets lies in them
 *
 * Returns the number of packets whose pixels are in place, or PARAM (NULL, an unknown rule, n
 * above INT32_MAX, ctx never prepared, or a packet that does not lie in the buffer; then
 * nothing is changed).
 */
int32_t sxi_frame_push_packets(struct sxi_frame_asm *ctx, const uint8_t *buf, uint32_t buf_len,
                               const uint32_t *offsets, const uint32_t *lengths, uint32_t n,
                               uint32_t data_len_rule);

/* Packets that a whole readout has, 1..65,536, or PARAM (NULL, or ctx was never prepared). */
int32_t sxi_frame_packets(const struct sxi_frame_asm *ctx);

/* Packets that did not come, the end of the readout included, or PARAM as above. */
int32_t sxi_frame_missing(const struct sxi_frame_asm *ctx);

#endif
