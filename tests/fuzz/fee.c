/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "fuzz.h"
#include "sxi/fee.h"

/* What the data length counts, then packets: bytes (u8), the packet.
 * All at once is as one by one; what is read and written again reads the same. */

enum { MOST_PACKETS = 16 };

static void check_one(const struct sxi_fee_header *header, const struct sxi_event *event,
                      const uint8_t *packet, uint32_t len, uint32_t rule)
{
    struct sxi_fee_header again = {0};
    struct sxi_event same = {0};
    uint8_t *out = exactly(SXI_FEE_EVENT_BYTES);
    MUST(sxi_fee_header_store(header, out, SXI_FEE_HEADER_BYTES, rule) == SXI_STATUS_OK);
    if (header->type == SXI_FEE_EVENT || header->type == SXI_FEE_WANDERING_MASK) {
        MUST(sxi_fee_event_store(header, event, out, SXI_FEE_EVENT_BYTES, rule) == SXI_STATUS_OK);
        MUST(sxi_fee_event_load(&again, &same, out, SXI_FEE_EVENT_BYTES, rule) == SXI_STATUS_OK);
        MUST(memcmp(event, &same, sizeof same) == 0);
        MUST(memcmp(out + SXI_FEE_HEADER_BYTES, packet + SXI_FEE_HEADER_BYTES,
                    SXI_FEE_EVENT_BYTES - SXI_FEE_HEADER_BYTES) == 0);
    } else {
        MUST(sxi_fee_event_load(&again, &same, packet, len, rule) == SXI_STATUS_FORMAT);
    }
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, (uint32_t)size};
    const uint32_t rule = take(&in, 1) % 3U;
    const struct input buffer = in;
    uint32_t offsets[MOST_PACKETS];
    uint32_t lengths[MOST_PACKETS];
    uint32_t n = 0;
    while (in.left > 0U && n < MOST_PACKETS) {
        const struct input part = {in.next, take(&in, 1)};
        lengths[n] = take_part(&in, part.left).left;
        offsets[n] = (uint32_t)(part.next + 1 - buffer.next);
        n++;
    }
    struct sxi_fee_header *headers = exactly(n * sizeof *headers);
    struct sxi_event *events = exactly(n * sizeof *events);
    int8_t *status = exactly(n);
    const int32_t good = sxi_fee_parse(buffer.next, buffer.left, offsets, lengths, n, rule, headers,
                                       events, status);
    int32_t counted = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *packet = buffer.next + offsets[i];
        struct sxi_fee_header header = {0};
        const enum sxi_status one = sxi_fee_header_load(&header, packet, lengths[i], rule);
        MUST(one == SXI_STATUS_OK || one == SXI_STATUS_SHORT || one == SXI_STATUS_FORMAT ||
             one == SXI_STATUS_LENGTH || (one == SXI_STATUS_PARAM && rule == 2U));
        if (one == SXI_STATUS_OK) {
            counted++;
            check_one(&header, &events[i], packet, lengths[i], rule);
        }
        MUST(rule == 2U || one == status[i]);
    }
    MUST(good == (rule == 2U ? (int32_t)SXI_STATUS_PARAM : counted));
    free(headers);
    free(events);
    free(status);
    return 0;
}
