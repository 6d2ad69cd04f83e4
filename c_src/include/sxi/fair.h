/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_FAIR_H
#define SXI_FAIR_H

#include <stdint.h>

#include "sxi/fee.h"
#include "sxi/status.h"

/* Which events of a CCD are sent when more were found than its limit (SPEC.md, section 18.5).
 *
 * FLIGHT: the first `limit`, side E before side F, each in raster order.
 * FAIR:   each side has half the limit (E the odd one), and what the other leaves. Of a side with
 *         more events than that, a tile of 32x32 pixels takes part with tile_quota events at most,
 *         as far as the rest fills the side's share: else the quota is raised until it does. Both
 *         the events of a tile above its quota and those that take part are sampled, each subset
 *         of its size as likely as any other, in one pass that keeps raster order.
 * Either way as many events are sent as fit, and what is not is counted by cause.
 */
enum sxi_fair_policy { SXI_FAIR_FLIGHT = 0, SXI_FAIR_FAIR = 1 };

enum sxi_fair_size {
    SXI_FAIR_SIDES = 2, /* E, F */
    SXI_FAIR_TILE_ROWS = 20,
    SXI_FAIR_TILE_COLS = 12,
    SXI_FAIR_SIDE_TILES = 240, /* row-major; an event outside the node is of the tile nearest */
    SXI_FAIR_TILES = 480,      /* of side E, then of side F */
    SXI_FAIR_MAX_EVENTS = 65535 /* of a side */
};

/* Of each side and tile: found = sent + over_tile + over_limit. */
struct sxi_fair {
    uint32_t policy;
    uint32_t limit;      /* events of both sides; UINT32_MAX: none */
    uint32_t tile_quota; /* events of a tile, 0: none; FAIR only */
    uint32_t seed;       /* any number, another for each CCD */
    uint32_t frame_counter;
    /* out, set by each call */
    uint32_t found[SXI_FAIR_SIDES];
    uint32_t sent[SXI_FAIR_SIDES];
    uint32_t over_tile[SXI_FAIR_SIDES];  /* dropped above the tile's quota */
    uint32_t over_limit[SXI_FAIR_SIDES]; /* dropped to fit the limit: sampled, or FLIGHT's last */
    uint32_t tile_limit[SXI_FAIR_SIDES]; /* quota as it was raised; 65,535: none */
    uint32_t draws;                      /* random numbers taken */
    uint16_t tile_found[SXI_FAIR_TILES];
    uint16_t tile_over[SXI_FAIR_TILES];
    uint16_t tile_sent[SXI_FAIR_TILES];
    uint16_t tile_seen[SXI_FAIR_TILES]; /* working memory; mean nothing between calls */
    uint16_t tile_part[SXI_FAIR_TILES];
};

/* Choose among the events of one CCD and readout.
 *
 * events_e, events_f: n_e and n_f records in raster order; wandering masks are not among them
 * keep_e, keep_f:     n_e and n_f bytes, 1 sent, 0 dropped
 *
 * Returns the number of events sent, the lesser of limit and events, or
 * PARAM  NULL, an unknown policy, more than 65,535 events of a side
 * Time O(n_e + n_f), and 240 tiles 16 times a side. Stack <= 256 bytes. */
int32_t sxi_fair_select(struct sxi_fair *ctx, const struct sxi_event *events_e, uint32_t n_e,
                        const struct sxi_event *events_f, uint32_t n_f, uint8_t *keep_e,
                        uint8_t *keep_f);

#endif
