/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "key_packets.h"

enum { LONGEST = SXI_EVENTS_MIN_PACKET_BYTES /* a packet of one event */ };

uint32_t key_events_bound(uint32_t n_events)
{
    const uint32_t bound = n_events * LONGEST + SXI_KEY_EVENTS_PACKET_BYTES; /* n_events <= 2^25 */
    return bound > INT32_MAX ? 0U : bound;
}

int32_t key_events_encode(const struct sxi_key *parts, struct sxi_events *ctx,
                          const uint8_t *events, uint32_t n_events, uint8_t *out,
                          uint32_t out_len)
{
    ctx->kind = parts->way == (uint32_t)SXI_KEY_121 ? SXI_EVENTS_AEC : SXI_EVENTS_CODED;
    ctx->packet_bytes = SXI_KEY_EVENTS_PACKET_BYTES;
    if (parts->way == (uint32_t)SXI_KEY_CHOSEN && n_events > 0U) {
        const int32_t best = sxi_events_choose(ctx, events, n_events, out, out_len);
        if (best < 0) {
            return best;
        }
    }
    uint32_t used = 0;
    uint32_t first = 0;
    while (first < n_events) {
        const int32_t size = sxi_events_encode(ctx, events, n_events, first, out + used,
                                               out_len - used, &first);
        if (size < 0) {
            return size;
        }
        used += (uint32_t)size;
    }
    return (int32_t)used;
}

enum sxi_status key_events_decode(struct sxi_events_decoder *ctx, const uint8_t *data,
                                  uint32_t len, uint8_t *events, uint32_t n_events)
{
    uint32_t done = 0;
    uint32_t at = 0;
    while (at < len) {
        struct sxi_events_packet packet;
        const enum sxi_status status = sxi_events_parse(&packet, data + at, len - at);
        if (status != SXI_STATUS_OK) {
            return status;
        }
        if (packet.total != n_events || packet.first != done) {
            return SXI_STATUS_FORMAT;
        }
        const uint32_t place = done * SXI_EVENTS_EVENT_BYTES;
        const int32_t bytes =
            sxi_events_decode(ctx, data + at, packet.length, events + place,
                              (n_events - done) * SXI_EVENTS_EVENT_BYTES);
        if (bytes < 0) {
            return (enum sxi_status)bytes;
        }
        done += packet.n_events;
        at += packet.length;
    }
    return done == n_events ? SXI_STATUS_OK : SXI_STATUS_SHORT;
}
