/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/entity.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { CRC_BYTES = 2, FIXED_BYTES = SXI_CE_HEADER_BYTES + SXI_CE_GROUP_BYTES };

/* Bytes before the science data. */
static uint32_t science_at(uint32_t members)
{
    return (uint32_t)FIXED_BYTES + members * SXI_CE_FRAME_BYTES;
}

uint32_t sxi_entity_bound(uint32_t key, uint32_t members, uint32_t science_len)
{
    if (members == 0U || members > SXI_CE_MAX_MEMBERS) {
        return 0;
    }
    const uint32_t coded = sxi_key_bound(key, science_len);
    const uint32_t rest = science_at(members) + CRC_BYTES;
    const uint32_t data = coded > science_len ? coded : science_len;
    return coded == 0U || data > INT32_MAX - rest ? 0U : data + rest;
}

static enum sxi_status store_metadata(const uint32_t *group, const uint32_t *frames,
                                      uint32_t members, uint8_t *out)
{
    enum sxi_status status = sxi_ce_group_store(group, SXI_CE_GROUP_FIELDS,
                                                out + SXI_CE_HEADER_BYTES, SXI_CE_GROUP_BYTES);
    for (uint32_t i = 0; i < members && status == SXI_STATUS_OK; i++) {
        status = sxi_ce_frame_store(frames + i * SXI_CE_FRAME_FIELDS, SXI_CE_FRAME_FIELDS,
                                    out + science_at(i), SXI_CE_FRAME_BYTES);
    }
    return status;
}

/* The key of the same samples without a coder, or the key itself. */
static uint32_t plain_key(uint32_t key)
{
    struct sxi_key parts;
    uint32_t plain = key;
    if (sxi_key_load(&parts, key) == SXI_STATUS_OK) {
        const struct sxi_key none = {.stacked = parts.stacked};
        (void)sxi_key_store(&none, &plain);
    }
    return plain;
}

int32_t sxi_entity_pack(struct sxi_ce_header *header, const uint32_t *group, /* D15 */
                        const uint32_t *frames, const uint8_t *science, uint32_t science_len,
                        const struct sxi_key_work *work, uint8_t *out, uint32_t out_len)
{
    if (header == NULL || group == NULL || frames == NULL || science == NULL || out == NULL ||
        header->members == 0U || header->members > SXI_CE_MAX_MEMBERS) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t at = science_at(header->members);
    if (out_len < at + CRC_BYTES || out_len - at - CRC_BYTES < science_len) {
        return SXI_STATUS_ROOM;
    }
    const enum sxi_status status = store_metadata(group, frames, header->members, out);
    if (status != SXI_STATUS_OK) {
        return (int32_t)status;
    }
    struct sxi_ce_header closed = *header;
    closed.data_size = science_len;
    const uint32_t plain = plain_key(header->key);
    int32_t coded = sxi_key_encode(header->key, science, science_len, work, out + at,
                                   out_len - at - CRC_BYTES);
    const bool grew = coded >= 0 && (uint32_t)coded + CRC_BYTES >= science_len;
    if (plain != header->key && grew) {
        (void)memcpy(out + at, science, science_len);
        coded = (int32_t)science_len;
        closed.key = plain;
    }
    /* uncovered object c82a: science_len is what fits, where it stands for coded */
    if (coded < 0) {
        return coded;
    }
    const int32_t size =
        sxi_ce_close(&closed, science, science_len, out, (uint32_t)coded, out_len);
    if (size >= 0) {
        *header = closed;
    }
    return size;
}

int32_t sxi_entity_science(const uint8_t *entity, uint32_t len, const struct sxi_key_work *work,
                           uint8_t *out, uint32_t out_len)
{
    if (out == NULL) {
        return SXI_STATUS_PARAM;
    }
    struct sxi_ce_header header;
    const enum sxi_status status = sxi_ce_header_load(&header, entity, len);
    if (status != SXI_STATUS_OK) {
        return (int32_t)status;
    }
    if (len != header.size) {
        return len < header.size ? SXI_STATUS_SHORT : SXI_STATUS_LENGTH;
    }
    if (out_len < header.data_size) {
        return SXI_STATUS_ROOM;
    }
    const uint32_t crc = plain_key(header.key) == header.key ? 0 : CRC_BYTES;
    if (header.compressed_data_size < crc) {
        return SXI_STATUS_LENGTH;
    }
    const int32_t decoded =
        sxi_key_decode(header.key, entity + science_at(header.members),
                       header.compressed_data_size - crc, work, out, header.data_size);
    if (decoded < 0) {
        return decoded;
    }
    const enum sxi_status check = sxi_ce_check(entity, len, out, header.data_size);
    return check == SXI_STATUS_OK ? decoded : (int32_t)check;
}
