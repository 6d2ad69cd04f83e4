/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_LADDER_H
#define SXI_LADDER_H

#include <stdint.h>

#include "sxi/fee.h"
#include "sxi/status.h"

/* How much of an event is sent, by rate (layouts: SPEC.md, section 18.5).
 *
 * WINDOW: position and the 25 pixels, as in the event packet of the FEE
 * INNER:  position, the 9 inner pixels, which of the 16 outer ones lie above a threshold, and
 *         the sum of the outer ones
 * GRADED: position, pulse height and grade, both given by the caller
 * A packet has events of one node and readout, all at one level, and decodes alone.
 */
enum sxi_ladder_rung { SXI_LADDER_WINDOW = 0, SXI_LADDER_INNER = 1, SXI_LADDER_GRADED = 2 };

enum sxi_ladder_size {
    SXI_LADDER_FRAME_BYTES = 10, /* header of 8 and CRC-16 */
    SXI_LADDER_WINDOW_BYTES = 54,
    SXI_LADDER_INNER_BYTES = 27,
    SXI_LADDER_GRADED_BYTES = 8,
    SXI_LADDER_PACKET_EVENTS = 1024, /* most in a packet */
    SXI_LADDER_MAX_EVENTS = 65535,   /* most of a readout */
    SXI_LADDER_MAX_PHA = 16777215
};

/* Bytes of as many packets as n_events take at a level; without events one packet says so.
 * PARAM: an unknown level, n_events above 65,535. */
int32_t sxi_ladder_bytes(uint32_t level, uint32_t n_events);

/* The choice of a level. All 0: WINDOW for ever, as in flight. */
struct sxi_ladder {
    uint16_t deepest;  /* the poorest level that may be chosen */
    uint16_t patience; /* readouts in a row that must allow a richer level before it is taken */
    uint16_t level;    /* now */
    uint16_t calm;     /* such readouts so far, below patience */
};

/* Choose the level for a readout of n_events that may take budget_bytes.
 *
 * Too much for the budget: the next poorer level that fits, at once, or the deepest. When the next
 * richer level would take three quarters of the budget, rounded up, or less, `patience` readouts in
 * a row: that level. Between the two nothing changes.
 * Returns the level, or
 * PARAM  NULL, deepest above GRADED, level above deepest, n_events above 65,535 */
int32_t sxi_ladder_level(struct sxi_ladder *ctx, uint32_t n_events, uint32_t budget_bytes);

struct sxi_ladder_header {
    uint16_t frame_counter;
    uint16_t threshold; /* [ADU] that INNER's outer pixels are compared with */
    uint16_t n_events;  /* 0..1024 */
    uint8_t level;
    uint8_t node; /* 0..3: E2, F2, E4, F4, the order of readout (MSSL-IF-122) */
};

/* Write a packet.
 *
 * events, pha, grades: header->n_events each. Of GRADED only the events' position is used; pha
 *                      and grades are used by GRADED alone, and may be NULL for the others
 *
 * Returns the packet's bytes, sxi_ladder_bytes(), or
 * PARAM  NULL, a field of the header out of range
 * ROOM   out_len is less than the packet
 * RANGE  a pulse height above 24 bits
 * Time O(n_events). Stack <= 256 bytes. */
int32_t sxi_ladder_encode(const struct sxi_ladder_header *header, const struct sxi_event *events,
                          const uint32_t *pha, const uint8_t *grades, uint8_t *out,
                          uint32_t out_len);

/* What is known of an event: 0 where its level does not tell. */
struct sxi_ladder_record {
    uint16_t row;
    uint16_t col;
    uint16_t pixels[SXI_FEE_WINDOW_PIXELS]; /* WINDOW: all; INNER: the 9 inner ones */
    uint16_t outer_map; /* INNER: bit 15 is the first of the outer pixels, in the window's order */
    uint32_t outer_sum; /* INNER [ADU] */
    uint32_t pha;       /* GRADED */
    uint8_t grade;      /* GRADED */
    uint8_t spare[3];
};

/* Read a packet: data has exactly its bytes.
 *
 * header, records: set when all is well; records_len records
 *
 * Returns the number of events, or
 * PARAM   NULL
 * SHORT   fewer than 10 bytes
 * FORMAT  not such a packet, an unknown level or node, more than 1024 events
 * LENGTH  not the bytes that its events take
 * CRC
 * ROOM    records_len is less than its events
 * Time O(len). Stack <= 256 bytes. */
int32_t sxi_ladder_decode(struct sxi_ladder_header *header, const uint8_t *data, uint32_t len,
                          struct sxi_ladder_record *records, uint32_t records_len);

#endif
