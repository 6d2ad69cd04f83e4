/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_ENTITY_H
#define SXI_ENTITY_H

#include <stdint.h>

#include "sxi/ce.h"
#include "sxi/key.h"
#include "sxi/status.h"

/* Compression entities whole: layout (ce.h) and coding (key.h) together. */

/* Room for any entity of this key, number of frames and science bytes; 0 where there is no
 * such entity. */
uint32_t sxi_entity_bound(uint32_t key, uint32_t members, uint32_t science_len);

/* Code the science data as header->key says and build the entity around them.
 *
 * header: version .. key, product, integrity and members given; data_size becomes
 *         science_len, the sizes are filled in. Data that the coder cannot make smaller go
 *         uncompressed, header->key becoming the key that says so.
 * group:  SXI_CE_GROUP_FIELDS values; frames: header->members times SXI_CE_FRAME_FIELDS
 * work:   see key.h
 * out:    out_len bytes, at least sxi_entity_bound()
 *
 * Returns the entity's bytes, or the errors of sxi_ce_group_store, sxi_ce_frame_store,
 * sxi_key_encode and sxi_ce_close.
 */
int32_t sxi_entity_pack(struct sxi_ce_header *header, const uint32_t *group,
                        const uint32_t *frames, const uint8_t *science, uint32_t science_len,
                        const struct sxi_key_work *work, uint8_t *out, uint32_t out_len);

/* Recover and check the science data of a whole entity.
 *
 * out: out_len bytes, at least the data_size of its header
 *
 * Returns the bytes of science data, or the errors of sxi_ce_header_load, sxi_key_decode,
 * sxi_ce_check, and
 * SHORT / LENGTH  len is below / above the size that the header tells
 */
int32_t sxi_entity_science(const uint8_t *entity, uint32_t len, const struct sxi_key_work *work,
                           uint8_t *out, uint32_t out_len);

#endif
