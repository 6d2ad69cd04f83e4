/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_EVENTS_H
#define SXI_EVENTS_H

#include <stdint.h>

#include "sxi/huffman.h"
#include "sxi/status.h"

/* Event packets of the FEE in packets that each decode alone (layout: SPEC.md, section 8.8).
 *
 * A set is any number of event packets of 64 bytes, whatever they hold, one after the other. A
 * packet has some of them that follow each other. It has a header, its length and a CRC-16, and is
 * never longer than its events as they are and its header. Loss of a packet costs its events.
 */
enum sxi_events_size {
    SXI_EVENTS_EVENT_BYTES = 64,
    SXI_EVENTS_HEADER_BYTES = 11,
    SXI_EVENTS_CRC_BYTES = 2,
    SXI_EVENTS_MIN_PACKET_BYTES = 77, /* one event as it is */
    SXI_EVENTS_MAX_PACKET_BYTES = 65535,
    SXI_EVENTS_MAX = 16777215, /* of a set */
    SXI_EVENTS_LOOKAHEAD = 64, /* most events that a packet's tables are chosen by */
    SXI_EVENTS_CLASSES = 4     /* of pixels: outer 16, corners, sides, centre */
};

/* What is added to 0xC8 in a packet's first byte. */
enum sxi_events_kind {
    SXI_EVENTS_RAW = 0,   /* events as they are */
    SXI_EVENTS_CODED = 1, /* headers once a run, gaps, Huffman codes for each class of pixels */
    SXI_EVENTS_AEC = 2    /* CCSDS 121.0-B-3 in 32 planes, one a word; 64 events at most */
};

/* A coder: two parameters, the rest is of one call. */
struct sxi_events {
    uint32_t kind;         /* RAW, CODED or AEC */
    uint32_t packet_bytes; /* most bytes of a packet, 77..65535 */
    /* of one call */
    uint32_t gap_k;
    uint32_t sequence_k;
    uint32_t split; /* middle of a side with a part of the centre's charge */
    uint32_t base;  /* of the run */
    uint32_t tables[SXI_EVENTS_CLASSES];
    uint32_t middles[SXI_EVENTS_CLASSES];
    uint32_t codes[SXI_EVENTS_CLASSES * 64];
    uint16_t bases[SXI_EVENTS_LOOKAHEAD];
    uint16_t samples[SXI_EVENTS_LOOKAHEAD * 32];
    uint8_t scratch[136]; /* an event coded, before it is known whether it fits */
};

/* Code as many of the n_events at `packets` (64 bytes each) as fit one packet, from event `first`
 * on. *next becomes the first event after them.
 * Returns the packet's bytes, at most packet_bytes, or
 * PARAM  NULL, parameters out of range, first not below n_events
 * ROOM   out_len is less than packet_bytes
 * Time O(events of the packet), of AEC times their logarithm. Stack <= 512 bytes. */
int32_t sxi_events_encode(struct sxi_events *ctx, const uint8_t *packets, uint32_t n_events,
                          uint32_t first, uint8_t *out, uint32_t out_len, uint32_t *next);

/* Choose for a set: all its events are coded each way, packet by packet into out; kind becomes the
 * shortest. Returns the bytes that they take so, or PARAM, ROOM as
 * above. */
int32_t sxi_events_choose(struct sxi_events *ctx, const uint8_t *packets, uint32_t n_events,
                          uint8_t *out, uint32_t out_len);

/* What a packet says of itself. */
struct sxi_events_packet {
    uint32_t kind;
    uint32_t length;   /* bytes of the packet */
    uint32_t total;    /* events of the set */
    uint32_t first;    /* event of the set */
    uint32_t n_events; /* 1..65535 */
};

/* Read and check a packet's header and CRC; bytes after its length are not looked at.
 * PARAM   NULL
 * SHORT   fewer bytes than its header or its length say
 * FORMAT  not such a packet, or events that the set does not have
 * LENGTH  a length below that of its header and CRC; RAW: not that of its events
 * CRC */
enum sxi_status sxi_events_parse(struct sxi_events_packet *packet, const uint8_t *data,
                                 uint32_t len);

/* A decoder: memory only. */
struct sxi_events_decoder {
    struct sxi_huffman tables[SXI_EVENTS_CLASSES];
    uint16_t samples[SXI_EVENTS_LOOKAHEAD * 32];
};

/* Recover the events of a packet: `first` and `n_events` of sxi_events_parse() tell which.
 * Returns the bytes written, 64 an event, or the errors of sxi_events_parse, and
 * PARAM   NULL
 * ROOM    out_len is less than the events take
 * SHORT, FORMAT  the body ends early or is none that a coder writes
 * Time O(len + n_events). Stack <= 512 bytes. */
int32_t sxi_events_decode(struct sxi_events_decoder *ctx, const uint8_t *data, uint32_t len,
                          uint8_t *out, uint32_t out_len);

#endif
