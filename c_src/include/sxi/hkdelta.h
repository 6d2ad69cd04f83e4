/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_HKDELTA_H
#define SXI_HKDELTA_H

#include <stdint.h>

#include "sxi/status.h"

/* Housekeeping packets of one kind, each in a packet of its own (layout: SPEC.md, section 8.9).
 *
 * A full packet tells all; those after it tell how far each 16-bit word is from what the words
 * before in the interval let expect. A new interval begins with every full_every-th packet,
 * with another length, and where a full packet is shorter. Loss of one packet costs those up
 * to the next full one at most, and is noticed: packets are numbered, and their CRC-16 runs over
 * number and content. A packet is never longer than its content and SXI_HK_OVERHEAD_BYTES.
 */
enum sxi_hk_size {
    SXI_HK_OVERHEAD_BYTES = 6,
    SXI_HK_MIN_BYTES = 2, /* of a housekeeping packet; odd ones are allowed */
    SXI_HK_MAX_BYTES = 1024,
    SXI_HK_MAX_INTERVAL = 65535,
    SXI_HK_BLOCK_OVERHEAD_BYTES = 9,
    SXI_HK_MAX_BLOCK = 256 /* packets */
};

/* First byte of a coded packet; those below 0x80 are differences. */
enum sxi_hk_kind {
    SXI_HK_FULL = 0xCB,
    SXI_HK_CHECKED = 0xCC, /* full; the interval's packets end with their right CRC-16, not sent */
    SXI_HK_BLOCK = 0xCD    /* several packets by CCSDS 121.0-B-3 */
};

/* What is known of a word. */
struct sxi_hk_word {
    uint32_t slow; /* running means, modulo 2^24: 1/256 */
    uint32_t fast;
    uint16_t last;
    uint16_t step;     /* from the value before to the last one, modulo 2^16 */
    uint32_t error[3]; /* running mean of what slow, fast and last + step were wrong by, 1/4096 */
};

/* A coder or a decoder: parameters and memory are the caller's, the rest is state. */
struct sxi_hk {
    uint32_t full_every;       /* packets in an interval, 1..65535; nothing to the decoder */
    uint32_t room;             /* elements of words; half the bytes of a packet, rounded up */
    struct sxi_hk_word *words; /* 24 bytes each */
    /* state; all zero at first */
    uint32_t number;  /* of the next packet, modulo 2^24 */
    uint32_t since;   /* packets of the interval so far; 0: none has begun */
    uint32_t length;  /* bytes of each of its packets */
    uint32_t checked; /* 1: they end with their CRC */
};

/* Check the parameters and begin with packet 0. PARAM. */
enum sxi_status sxi_hk_init(struct sxi_hk *ctx);

/* Code the next housekeeping packet.
 *
 * Returns the bytes written, at most len + SXI_HK_OVERHEAD_BYTES, or
 * PARAM   NULL, a context that sxi_hk_init() would refuse
 * LENGTH  len is not 2..1024
 * ROOM    out_len is less than len + SXI_HK_OVERHEAD_BYTES, or words are fewer than half of len
 * Time O(len). Stack <= 512 bytes.
 */
int32_t sxi_hk_encode(struct sxi_hk *ctx, const uint8_t *packet, uint32_t len, uint8_t *out,
                      uint32_t out_len);

/* Recover a housekeeping packet; *number becomes its number. A full packet is always taken. After
 * an error the interval may go on with the packet that is expected.
 *
 * Returns the bytes of the packet, or
 * PARAM     NULL, or a context that sxi_hk_init() would refuse
 * SHORT     fewer bytes than any packet has
 * FORMAT    not such a packet, or its code cannot be one
 * LENGTH    a full packet of fewer than 2 or more than 1024 bytes
 * ROOM      out_len or words are too few for it
 * SEQUENCE  it does not follow the last one: something is lost, or no full packet came yet
 * CRC
 * Time O(len + bytes of the packet). Stack <= 512 bytes.
 */
int32_t sxi_hk_decode(struct sxi_hk *ctx, const uint8_t *data, uint32_t len, uint8_t *out,
                      uint32_t out_len, uint32_t *number);

/* Code n packets of len bytes each, one behind the other, by CCSDS 121.0-B-3: word by word, a word
 * of all packets together.
 *
 * number: of the first, modulo 2^24
 * planes: memory to work in, planes_len elements, at least n times half of len (rounded up)
 *
 * Returns the bytes written, at most those of sxi_hk_block_bound(), or
 * PARAM   NULL, n is not 1..256
 * LENGTH  len is not 2..1024
 * ROOM    out or planes are too small
 * Time O(n * len). Stack <= 544 bytes.
 */
int32_t sxi_hk_block_encode(const uint8_t *packets, uint32_t n, uint32_t len, uint32_t number,
                            uint16_t *planes, uint32_t planes_len, uint8_t *out, uint32_t out_len);
uint32_t sxi_hk_block_bound(uint32_t n, uint32_t len);

/* What a block says of itself. */
struct sxi_hk_block {
    uint32_t number; /* of the first packet */
    uint32_t n;      /* packets */
    uint32_t length; /* bytes of each */
};

/* Recover the packets of a block.
 *
 * Returns their bytes, n times length, or
 * PARAM, SHORT, CRC, ROOM (out or planes)
 * FORMAT  not a block, or its code cannot be one
 * LENGTH  packets of fewer than 2 or more than 1024 bytes
 * Time O(len + bytes of the packets). Stack <= 512 bytes.
 */
int32_t sxi_hk_block_decode(struct sxi_hk_block *block, const uint8_t *data, uint32_t len,
                            uint16_t *planes, uint32_t planes_len, uint8_t *out, uint32_t out_len);

#endif
