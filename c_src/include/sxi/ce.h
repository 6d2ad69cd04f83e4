/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_CE_H
#define SXI_CE_H

#include <stdint.h>

#include "sxi/status.h"

/* Compression entity: what a group of frames becomes (ground pipeline, CE header of 44
 * bytes; all big-endian, packed).
 *
 *   [header 44][group metadata 100][frame metadata 121 x members][science data]
 *
 * Metadata are handed over as arrays of uint32_t, one element a field in the order of the
 * layout (SPEC.md lists names and widths); a field takes the low bytes of its element. The
 * one signed field, sdpOffsetSignal, is stored from 16 bits or a sign-extended value and
 * loaded as 16 bits.
 */
enum sxi_ce_size {
    SXI_CE_HEADER_BYTES = 44,
    SXI_CE_GROUP_BYTES = 100,
    SXI_CE_FRAME_BYTES = 121,
    SXI_CE_GROUP_FIELDS = 47,
    SXI_CE_FRAME_FIELDS = 57,
    SXI_CE_MAX_MEMBERS = 540
};

enum sxi_ce_product {
    SXI_CE_ED = 0,
    SXI_CE_UNKNOWN = 1,
    SXI_CE_FT = 2,
    SXI_CE_UV = 3,
    SXI_CE_FF = 4,
    SXI_CE_ED_WP = 5
};

struct sxi_ce_header {
    uint16_t version;
    uint16_t build;
    uint16_t sdp_version;
    uint32_t coarse;  /* [s] */
    uint32_t fine_us; /* [us] 0..999999; the wire keeps multiples of 256 */
    uint32_t obsid;
    uint16_t counter;
    uint16_t members; /* frames, 1..540 */
    uint32_t size;    /* bytes of the whole entity */
    uint32_t key;     /* see key.h */
    uint8_t product;
    uint8_t integrity; /* 0 good, 1 frames were discarded or are incomplete */
    uint16_t group_size;
    uint16_t frames_size;
    uint16_t compressed_meta_size;
    uint32_t data_size;            /* bytes of the original science data */
    uint32_t compressed_data_size; /* bytes that follow the metadata */
};

/* Write the 44 bytes. PARAM (NULL, fine_us out of range), ROOM. */
enum sxi_status sxi_ce_header_store(const struct sxi_ce_header *header, uint8_t *out,
                                    uint32_t out_len);

/* Read 44 bytes and check them against each other (not against what follows).
 * SHORT  fewer than 44 bytes
 * FORMAT an unknown product, no or more than 540 members
 * LENGTH group_size, frames_size, compressed_meta_size, compressed_data_size and size do
 *        not agree */
enum sxi_status sxi_ce_header_load(struct sxi_ce_header *header, const uint8_t *data,
                                   uint32_t len);

/* Metadata to bytes and back. n_fields is SXI_CE_GROUP_FIELDS or SXI_CE_FRAME_FIELDS.
 * PARAM  NULL, another number of fields, or a value beyond its field's width
 * ROOM / SHORT  fewer bytes than SXI_CE_GROUP_BYTES, SXI_CE_FRAME_BYTES */
enum sxi_status sxi_ce_group_store(const uint32_t *fields, uint32_t n_fields, uint8_t *out,
                                   uint32_t out_len);
enum sxi_status sxi_ce_group_load(uint32_t *fields, uint32_t n_fields, const uint8_t *data,
                                  uint32_t len);
enum sxi_status sxi_ce_frame_store(const uint32_t *fields, uint32_t n_fields, uint8_t *out,
                                   uint32_t out_len);
enum sxi_status sxi_ce_frame_load(uint32_t *fields, uint32_t n_fields, const uint8_t *data,
                                  uint32_t len);

/* Copy the FRMHK... fields of frame metadata out of the payload of a FEE housekeeping
 * packet (registers 0x700..0x797, register map v0.38; ASSUMED: FRMHKspwStatus is word 0x780,
 * FRMHKerrorFlags 0x788). Fields of registers that are not whole within hk_len become 0; the
 * other frame metadata are left alone. PARAM: NULL or a wrong number of fields. */
enum sxi_status sxi_ce_frame_hk(uint32_t *fields, uint32_t n_fields, const uint8_t *hk,
                                uint32_t hk_len);

/* Close an entity. out holds metadata at 44.. and data_len bytes of (compressed) science
 * data after them; this fills in header->size, group_size, frames_size,
 * compressed_meta_size, compressed_data_size, and writes the header.
 * For every key but those without a coder (key.h) a CRC-16/CCITT-FALSE is appended and counted
 * in compressed_data_size: over header, metadata and the *original* science data, for packets of
 * rows or events over header, metadata and those packets.
 *
 * Returns the entity's bytes, or PARAM (NULL, an unknown product, no or too many members,
 * fine_us, data_len beyond INT32_MAX / 2), LENGTH (science_len is not header->data_size), ROOM
 * (out_len).
 */
int32_t sxi_ce_close(struct sxi_ce_header *header, const uint8_t *science, uint32_t science_len,
                     uint8_t *out, uint32_t data_len, uint32_t out_len);

/* Check the CRC of a whole entity, against the science data recovered from it where it is over
 * them. OK also for keys without one. CRC, PARAM, the errors of sxi_ce_header_load, SHORT and LENGTH where len or
 * science_len is not what the header says. */
enum sxi_status sxi_ce_check(const uint8_t *entity, uint32_t len, const uint8_t *science,
                             uint32_t science_len);

#endif
