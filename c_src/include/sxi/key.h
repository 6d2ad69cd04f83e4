/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_KEY_H
#define SXI_KEY_H

#include <stdint.h>

#include "sxi/status.h"

/* The compression key: how the science data of an entity are coded. The flight encoding is
 * not public; this one is ASSUMED, SPEC.md. Hexadecimal digits, least significant first:
 *   0  samples      0 u16, 2 stacked u32; nothing else
 *   1  coder        0 none, 1 CCSDS 121.0-B-3
 *   2  arrangement  0 as it is, 1 planes: 32 planes of u16, one a word of a 64-byte packet
 *   3  block size   0 = 8, 1 = 16, 3 = 32, 4 = 64 samples
 *   4  preprocessor 0 none, 1 unit delay
 *   5  reference sample interval in blocks: 0 = 128 (the only one)
 *   6, 7            0
 * With coder 0 every other digit but the first is 0. So a key has a digit 2 if and only if
 * its samples are stacked, the rule the ground software goes by.
 */
struct sxi_key {
    uint32_t stacked;    /* 0 u16, 1 u32 */
    uint32_t coder;      /* 0 none, 1 CCSDS 121 */
    uint32_t planes;     /* 0 or 1 */
    uint32_t block_size; /* 8, 16, 32, 64; 0 without a coder */
    uint32_t preprocess; /* 0 or 1 */
};

/* Key to parts and back. sxi_key_load: FORMAT for a key that is not as above.
 * sxi_key_store: PARAM. */
enum sxi_status sxi_key_load(struct sxi_key *parts, uint32_t key);
enum sxi_status sxi_key_store(const struct sxi_key *parts, uint32_t *key);

/* Working memory of the coder: science bytes / sample size elements; of the two only the
 * one of the key's sample type is used, the other may be NULL. */
struct sxi_key_work {
    uint16_t *u16;
    uint32_t *u32;
    uint32_t room; /* elements */
};

/* Enough bytes for any science data of this length, at least 1; 0 for a bad key, or when it
 * would be beyond INT32_MAX. */
uint32_t sxi_key_bound(uint32_t key, uint32_t science_len);

/* Code science data (big-endian samples) as the key says.
 * Returns the bytes written, or
 * PARAM   NULL (work and its samples too, where there is a coder)
 * FORMAT  a bad key
 * LENGTH  science_len is no whole number of samples (planes: of 64-byte packets)
 * ROOM    out or work is too small
 */
int32_t sxi_key_encode(uint32_t key, const uint8_t *science, uint32_t science_len,
                       const struct sxi_key_work *work, uint8_t *out, uint32_t out_len);

/* The way back: exactly science_len bytes to out. Returns science_len or status: as above, and
 * SHORT, FORMAT for data that do not decode; without a coder SHORT, LENGTH for less or more
 * data than science. */
int32_t sxi_key_decode(uint32_t key, const uint8_t *data, uint32_t len,
                       const struct sxi_key_work *work, uint8_t *out, uint32_t science_len);

#endif
