/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_KEY_H
#define SXI_KEY_H

#include <stdint.h>

#include "sxi/events.h"
#include "sxi/rows.h"
#include "sxi/status.h"

/* The compression key: how the science data of an entity are coded. The flight encoding is
 * not public; this one is ASSUMED, SPEC.md. Hexadecimal digits, least significant first:
 *   0  samples      0 u16, 2 stacked u32; nothing else
 *   1  coder        enum sxi_key_coder
 * of CCSDS 121.0-B-3:
 *   2  arrangement  0 as it is, 1 planes: 32 planes of u16, one a word of a 64-byte packet
 *   3  block size   0 = 8, 1 = 16, 3 = 32, 4 = 64 samples
 *   4  preprocessor 0 none, 1 unit delay
 *   5  reference sample interval in blocks: 0 = 128 (the only one)
 * of packets of rows (rows.h):
 *   2  shape        1 = 639 x 384, 3 = 165 x 96, 4 = 160 x 99, 5 = 4511 x 4608
 *   3  way          0 grouped, column predictor; 1 the cheapest, chosen for each image; 3 CCSDS
 *                   121, each packet by itself
 *   4  largest error m, its low two bits, and
 *   5  its high two bits: 0, 1, 3 or 4 for 0, 1, 2, 3
 * of packets of events (events.h):
 *   3  way          0 coded, 1 the cheapest, chosen for each entity, 3 CCSDS 121
 * All others are 0. So a key has a digit 2 if and only if its samples are stacked, the rule the
 * ground software goes by. Stacks are not for packets.
 */
enum sxi_key_coder {
    SXI_KEY_NONE = 0,
    SXI_KEY_AEC = 1,
    SXI_KEY_ROWS = 3,  /* packets of rows: images of u16, each a group of its own */
    SXI_KEY_EVENTS = 4 /* packets of events: 64-byte event packets */
};

/* How packets are coded; the digit of the key. */
enum sxi_key_way { SXI_KEY_OWN = 0, SXI_KEY_CHOSEN = 1, SXI_KEY_121 = 3 };

/* Most bytes of a packet. */
enum sxi_key_packet { SXI_KEY_ROWS_PACKET_BYTES = 4096, SXI_KEY_EVENTS_PACKET_BYTES = 1024 };

struct sxi_key {
    uint32_t stacked;       /* 0 u16, 1 u32 */
    uint32_t coder;         /* enum sxi_key_coder */
    uint32_t planes;        /* 0 or 1 */
    uint32_t block_size;    /* of AEC 8, 16, 32, 64; else 0 */
    uint32_t preprocess;    /* 0 or 1 */
    uint32_t rows;          /* of an image, by the shape; else 0 */
    uint32_t cols;
    uint32_t way;           /* of packets: enum sxi_key_way; else 0 */
    uint32_t near_lossless; /* of rows 0..15: no sample is further off than this */
};

/* Key to parts and back. sxi_key_load: FORMAT for a key that is not as above.
 * sxi_key_store: PARAM. */
enum sxi_status sxi_key_load(struct sxi_key *parts, uint32_t key);
enum sxi_status sxi_key_store(const struct sxi_key *parts, uint32_t *key);

/* Working memory of the coder. Of u16 and u32 only that of the key's sample type is used, of
 * packets of events none, of the others those of the coder; what is not used may be NULL. */
struct sxi_key_work {
    uint16_t *u16; /* science bytes / sample size elements */
    uint32_t *u32;
    uint32_t room;         /* elements */
    struct sxi_rows *rows; /* to encode: its arrays and their room are the caller's */
    struct sxi_rows_decoder *rows_decoder; /* to decode: columns and room are the caller's */
    struct sxi_events *events;
    struct sxi_events_decoder *events_decoder;
};

/* Enough bytes for any science data of this length, at least 1; 0 for a bad key, or when it
 * would be beyond INT32_MAX. */
uint32_t sxi_key_bound(uint32_t key, uint32_t science_len);

/* Code science data (big-endian samples) as the key says.
 * Returns the bytes written, or
 * PARAM   NULL (work and what is used of it too, where there is a coder)
 * FORMAT  a bad key
 * LENGTH  science_len is no whole number of samples (planes and events: of 64-byte packets, of
 *         events 16,777,215 at the most; rows: of images, 4,096 at the most)
 * ROOM    out or work is too small; for packets out has to have sxi_key_bound() bytes
 * and of packets of rows the errors of sxi_rows_init: PARAM
 */
int32_t sxi_key_encode(uint32_t key, const uint8_t *science, uint32_t science_len,
                       const struct sxi_key_work *work, uint8_t *out, uint32_t out_len);

/* The way back: exactly science_len bytes to out. Packets come in the order of the science data,
 * models before those that need them; all have to be whole. Returns science_len or status: as
 * above, and SHORT, FORMAT for data that do not decode; without a coder SHORT, LENGTH for less or
 * more data than science; of packets the errors of sxi_rows_parse, sxi_rows_load_model,
 * sxi_rows_decode, sxi_events_parse, sxi_events_decode. */
int32_t sxi_key_decode(uint32_t key, const uint8_t *data, uint32_t len,
                       const struct sxi_key_work *work, uint8_t *out, uint32_t science_len);

#endif
