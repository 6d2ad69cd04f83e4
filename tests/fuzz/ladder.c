/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "fuzz.h"
#include "sxi/crc.h"
#include "sxi/ladder.h"

/* Flags, packet. Flag 1: first byte, number of events and checksum are made right. What comes out is
 * written again: windows and graded events come back as the same bytes; of windows the poorer levels
 * tell what numbers say. */

enum { COUNT_AT = 4 };

static const uint32_t sizes[] = {SXI_LADDER_WINDOW_BYTES, SXI_LADDER_INNER_BYTES,
                                 SXI_LADDER_GRADED_BYTES};

static void mend(uint8_t *packet, uint32_t len)
{
    packet[0] = 0xb1;
    const uint32_t level = (uint32_t)(packet[1] >> 4) % 3U;
    packet[1] = (uint8_t)((level << 4) | (packet[1] & 3U));
    put16(packet + COUNT_AT, (len - SXI_LADDER_FRAME_BYTES) / sizes[level]);
    put16(packet + len - 2U, sxi_crc16(0xffff, packet, len - 2U));
}

static int32_t write(const struct sxi_ladder_header *header,
                     const struct sxi_ladder_record *records, uint8_t *out, uint32_t size)
{
    const uint32_t n = header->n_events;
    struct sxi_event *events = exactly(n * sizeof *events);
    uint32_t *heights = exactly(n * sizeof *heights);
    uint8_t *grades = exactly(n);
    for (uint32_t i = 0; i < n; i++) {
        events[i].row = records[i].row;
        events[i].col = records[i].col;
        memcpy(events[i].pixels, records[i].pixels, sizeof events[i].pixels);
        heights[i] = records[i].pha;
        grades[i] = records[i].grade;
    }
    const int32_t status = sxi_ladder_encode(header, events, heights, grades, out, size);
    free(events);
    free(heights);
    free(grades);
    return status;
}

static void check_again(const struct sxi_ladder_header *header,
                        const struct sxi_ladder_record *records, const uint8_t *packet,
                        uint32_t len)
{
    uint8_t *out = exactly(len);
    MUST(write(header, records, out, len) == (int32_t)len);
    MUST(header->level == SXI_LADDER_INNER || memcmp(out, packet, len) == 0);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, (uint32_t)size};
    const uint32_t flags = take(&in, 1);
    uint8_t *packet = copy_of(&in);
    if ((flags & 1U) != 0U && in.left >= SXI_LADDER_FRAME_BYTES) {
        mend(packet, in.left);
    }
    const uint32_t room = in.left / SXI_LADDER_GRADED_BYTES;
    struct sxi_ladder_record *records = exactly(room * sizeof *records);
    struct sxi_ladder_header header = {.level = 9};
    const int32_t status = sxi_ladder_decode(&header, packet, in.left, records, room);
    if (status < 0) {
        MUST(header.level == 9 && status != SXI_STATUS_ROOM && status != SXI_STATUS_PARAM);
    } else {
        MUST(status == header.n_events &&
             sxi_ladder_bytes(header.level, header.n_events) == (int32_t)in.left);
        check_again(&header, records, packet, in.left);
    }
    free(records);
    free(packet);
    return 0;
}
