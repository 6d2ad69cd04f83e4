/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "fuzz.h"
#include "sxi/crc.h"
#include "sxi/events.h"

/* Flags, packet. Flag 1: length and checksum are made right. The next two: events that come out are
 * coded again, as RAW, CODED or AEC, and come out the same; 3: they are not. */

enum { MOST_EVENTS = 80, PACKET_BYTES = 1024, KINDS = SXI_EVENTS_AEC + 1 };

static void mend(uint8_t *packet, uint32_t len)
{
    const uint32_t end = len - SXI_EVENTS_CRC_BYTES;
    packet[0] = (uint8_t)(0xc8U + packet[0] % KINDS);
    put16(packet + 1, len);
    put16(packet + end, sxi_crc16(0xffff, packet, end));
}

static void check_again(struct sxi_events_decoder *decoder, const uint8_t *events, uint32_t n,
                        uint32_t kind)
{
    struct sxi_events coder = {.kind = kind, .packet_bytes = PACKET_BYTES};
    uint8_t *out = exactly(PACKET_BYTES);
    uint8_t *back = exactly((size_t)n * SXI_EVENTS_EVENT_BYTES);
    uint32_t first = 0;
    for (uint32_t next = 0; first < n; first = next) {
        const int32_t size =
            sxi_events_encode(&coder, events, n, first, out, PACKET_BYTES, &next);
        MUST(size > 0 && size <= PACKET_BYTES && next > first && next <= n);
        const uint32_t room = (next - first) * SXI_EVENTS_EVENT_BYTES;
        MUST(sxi_events_decode(decoder, out, (uint32_t)size, back, room) == (int32_t)room);
        MUST(memcmp(back, events + (size_t)first * SXI_EVENTS_EVENT_BYTES, room) == 0);
    }
    free(out);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, (uint32_t)size};
    const uint32_t flags = take(&in, 1);
    const uint32_t again = (flags >> 1) & 3U;
    uint8_t *packet = copy_of(&in);
    if ((flags & 1U) != 0U && in.left >= SXI_EVENTS_HEADER_BYTES + SXI_EVENTS_CRC_BYTES) {
        mend(packet, in.left);
    }
    struct sxi_events_packet told = {0};
    const enum sxi_status parsed = sxi_events_parse(&told, packet, in.left);
    const uint32_t n = told.n_events < MOST_EVENTS ? told.n_events : MOST_EVENTS;
    const uint32_t room = n * SXI_EVENTS_EVENT_BYTES;
    uint8_t *events = exactly(room);
    struct sxi_events_decoder decoder;
    const int32_t status = sxi_events_decode(&decoder, packet, in.left, events, room);
    if (parsed != SXI_STATUS_OK) {
        MUST(told.length == 0U && status == (int32_t)parsed);
        MUST(parsed == SXI_STATUS_SHORT || parsed == SXI_STATUS_FORMAT ||
             parsed == SXI_STATUS_LENGTH || parsed == SXI_STATUS_CRC);
    } else if (n < told.n_events) {
        MUST(status == SXI_STATUS_ROOM);
    } else {
        MUST(told.first + n <= told.total && told.length <= in.left);
        MUST(status == (int32_t)room || status == SXI_STATUS_SHORT || status == SXI_STATUS_FORMAT);
        if (status == (int32_t)room && again < KINDS) {
            check_again(&decoder, events, n, again);
        }
    }
    free(events);
    free(packet);
    return 0;
}
