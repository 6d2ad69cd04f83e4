/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "key_work.h"
#include "sxi/crc.h"
#include "sxi/entity.h"

/* Flags, entity. Flag 1: the sizes in the header are made right; flag 2: with a checksum that is
 * wrong the right one is put in, and then the entity is good. */

enum { MOST_SCIENCE = 32768, CRC_BYTES = 2 };

static void mend_sizes(uint8_t *entity, uint32_t len)
{
    const uint32_t members = (((uint32_t)entity[18] << 8) | entity[19]) % 3U + 1U;
    const uint32_t frames = members * SXI_CE_FRAME_BYTES;
    const uint32_t before = SXI_CE_HEADER_BYTES + SXI_CE_GROUP_BYTES + frames;
    put16(entity + 18, members);
    put32(entity + 20, len);
    entity[28] = (uint8_t)(entity[28] % 6U);
    put16(entity + 30, SXI_CE_GROUP_BYTES);
    put16(entity + 32, frames);
    put16(entity + 34, SXI_CE_GROUP_BYTES + frames);
    put32(entity + 40, len - before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, (uint32_t)size};
    const uint32_t flags = take(&in, 1);
    uint8_t *entity = copy_of(&in);
    if ((flags & 1U) != 0U && in.left >= SXI_CE_HEADER_BYTES) {
        mend_sizes(entity, in.left);
    }
    struct sxi_ce_header header;
    (void)memset(&header, 0, sizeof header);
    const enum sxi_status known = sxi_ce_header_load(&header, entity, in.left);
    const uint32_t room = header.data_size <= MOST_SCIENCE ? header.data_size : 1U;
    uint8_t *science = exactly(room);
    struct sxi_key_work work = key_work(header.key, room / 2U);
    int32_t status = sxi_entity_science(entity, in.left, &work, science, room);
    MUST(status >= SXI_STATUS_SEQUENCE && status != SXI_STATUS_PARAM);
    MUST(known == SXI_STATUS_OK || status == (int32_t)known);
    struct sxi_key parts = {0};
    (void)sxi_key_load(&parts, header.key);
    if (status == SXI_STATUS_CRC && parts.coder == SXI_KEY_AEC && (flags & 2U) != 0U) {
        const uint32_t before = SXI_CE_HEADER_BYTES + header.compressed_meta_size;
        const uint16_t crc = sxi_crc16(sxi_crc16(0xffff, entity, before), science, room);
        put16(entity + in.left - CRC_BYTES, crc);
        status = sxi_entity_science(entity, in.left, &work, science, room);
        MUST(status == (int32_t)room);
    }
    if (status >= 0) {
        MUST(status == (int32_t)header.data_size);
        MUST(sxi_ce_check(entity, in.left, science, room) == SXI_STATUS_OK);
    }
    key_work_end(&work);
    free(science);
    free(entity);
    return 0;
}
