/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_FEE_H
#define SXI_FEE_H

#include <stdint.h>

#include "sxi/status.h"

/* SpaceWire packets of the front-end electronics (MSSL-SMILE-SXI-IRD-0001 as read by the
 * public interface library; register map v0.38). All fields big-endian on the wire.
 *
 *   0 logical address 0x50 | 1 protocol id 0xF0 | 2..3 data length | 4..5 type field
 *   6..7 frame counter | 8..9 sequence counter | 10.. payload
 *
 * type field: [11:8] mode, [7] last packet, [6:5] side, [4] CCD, [1:0] packet type;
 * the other bits are reserved: written 0, ignored when read.
 */
enum sxi_fee_size {
    SXI_FEE_HEADER_BYTES = 10,
    SXI_FEE_EVENT_BYTES = 64, /* header, column, row, 25 pixels */
    SXI_FEE_HK_BYTES = 162    /* header, registers 0x700..0x797 */
};

enum sxi_fee_address { SXI_FEE_DPU_ADDRESS = 0x50, SXI_FEE_PROTOCOL_ID = 0xF0 };

enum sxi_fee_type {
    SXI_FEE_DATA = 0,
    SXI_FEE_EVENT = 1,
    SXI_FEE_HK = 2,
    SXI_FEE_WANDERING_MASK = 3
};

enum sxi_fee_side { SXI_FEE_SIDE_F = 0, SXI_FEE_SIDE_E = 1, SXI_FEE_SIDE_BOTH = 2 };

enum sxi_fee_ccd { SXI_FEE_CCD2 = 0, SXI_FEE_CCD4 = 1 };

/* What the data length field counts. Sources disagree: the interface library counts the
 * payload alone, the ground software the whole packet. */
enum sxi_fee_data_len { SXI_FEE_DATA_LEN_PAYLOAD = 0, SXI_FEE_DATA_LEN_PACKET = 1 };

/* Geometry of one readout node, 6x6 binned [pixels]. */
enum sxi_fee_node { SXI_FEE_NODE_ROWS = 639, SXI_FEE_NODE_COLS = 384 };

enum sxi_fee_window { SXI_FEE_WINDOW_PIXELS = 25, SXI_FEE_WINDOW_CENTRE = 12 };

struct sxi_fee_header {
    uint16_t data_len; /* payload bytes, whatever the wire counts */
    uint16_t frame_counter;
    uint16_t sequence;
    uint8_t mode; /* 0..15 */
    uint8_t last; /* 0 or 1 */
    uint8_t side; /* enum sxi_fee_side; 3 is reserved */
    uint8_t ccd;  /* enum sxi_fee_ccd */
    uint8_t type; /* enum sxi_fee_type */
    uint8_t spare;
};

/* One event or wandering-mask window: 6x6-binned pixel coordinates within the node, and
 * the 5x5 window [ADU] in the order of the packet, its centre at index 12. */
struct sxi_event {
    uint16_t row;
    uint16_t col;
    uint16_t pixels[SXI_FEE_WINDOW_PIXELS];
};

/* Read and check a packet header.
 *
 * packet: len bytes, a whole SpaceWire packet
 * data_len_rule: enum sxi_fee_data_len
 *
 * PARAM  an argument is NULL or data_len_rule unknown
 * SHORT  fewer than 10 bytes
 * FORMAT wrong logical address, protocol id, or reserved side 3
 * LENGTH data length disagrees with len; or an event, mask or housekeeping packet has
 *        not the size of its kind (housekeeping: up to 152 bytes of payload, since the
 *        size changed between versions of the FEE)
 */
enum sxi_status sxi_fee_header_load(struct sxi_fee_header *header, const uint8_t *packet,
                                    uint32_t len, uint32_t data_len_rule);

/* Write a packet header: exactly 10 bytes to out.
 *
 * PARAM  NULL, or a field beyond its width, or header plus payload beyond 65,535 when the
 *        wire counts the packet
 * ROOM   out_len below 10
 */
enum sxi_status sxi_fee_header_store(const struct sxi_fee_header *header, uint8_t *out,
                                     uint32_t out_len, uint32_t data_len_rule);

/* Read an event or wandering-mask packet; the errors of sxi_fee_header_load, and
 * FORMAT when the packet is of another type. */
enum sxi_status sxi_fee_event_load(struct sxi_fee_header *header, struct sxi_event *event,
                                   const uint8_t *packet, uint32_t len, uint32_t data_len_rule);

/* Write an event or wandering-mask packet: 64 bytes to out. header->data_len is ignored.
 *
 * PARAM  as sxi_fee_header_store, or the type is neither of the two
 * ROOM   out_len below 64
 */
enum sxi_status sxi_fee_event_store(const struct sxi_fee_header *header,
                                    const struct sxi_event *event, uint8_t *out, uint32_t out_len,
                                    uint32_t data_len_rule);

/* Read many packets of any kind out of one buffer.
 *
 * buf, buf_len:     the bytes
 * offsets, lengths: where each of the n packets lies in them
 * headers, events, status: n records each; status[i] is an enum sxi_status, and what
 *                   headers[i] and events[i] hold is defined only where it says so:
 *                   headers where it is OK, events where the type is event or mask as well
 *
 * Returns the number of packets that are OK, or PARAM (NULL, n above INT32_MAX, or a
 * packet that does not lie in the buffer; then nothing is written).
 */
int32_t sxi_fee_parse(const uint8_t *buf, uint32_t buf_len, const uint32_t *offsets,
                      const uint32_t *lengths, uint32_t n, uint32_t data_len_rule,
                      struct sxi_fee_header *headers, struct sxi_event *events, int8_t *status);

/* Write n event or wandering-mask packets, 64 bytes each, one after the other.
 *
 * Returns the bytes written, or PARAM, ROOM as sxi_fee_event_store.
 */
int32_t sxi_fee_build_events(const struct sxi_fee_header *headers, const struct sxi_event *events,
                             uint32_t n, uint32_t data_len_rule, uint8_t *out, uint32_t out_len);

#endif
