/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_FILTER_H
#define SXI_FILTER_H

#include <stdint.h>

#include "sxi/fee.h"
#include "sxi/status.h"

/* The onboard event filter (rule of the public FEE library, parameters of the flight data
 * pool). An event is kept if and only if all hold, tried in this order; the first that
 * fails counts it:
 *  bad pixel   its pixel is not marked in the bad-pixel mask   EvtBadPixelCount
 *  centre      pixels[12] <= centre_max                        EvtFilterThr1, EvtFilterCount1
 *  ring sum    sum of the 8 inner ring pixels <= ring_sum_max  EvtFilterThr2, EvtFilterCount2
 *  ring count  ring pixels > ring_max are at most
 *              ring_count_max                                  EvtFilterThr3, EvtFilterN,
 *                                                              EvtFilterCount3
 * Raw ADU: no background is subtracted. Equality passes everywhere.
 * The ring is window indices {6,7,8,11,13,16,17,18}, the same set in both window orders.
 */
struct sxi_filter {
    uint16_t centre_max;   /* [ADU] */
    uint16_t ring_sum_max; /* [ADU], compared with a 32-bit sum */
    uint16_t ring_max;     /* [ADU] */
    uint16_t ring_count_max;
    const uint8_t *bad_pixels; /* mask of the node, see badpix.h, or NULL: none is bad */
    uint32_t bad_pixels_len;   /* SXI_BADPIX_BYTES where there is a mask */
    uint32_t n_bad;            /* counters: events are added to what they hold, */
    uint32_t n_centre;         /* modulo 2^32 as on board */
    uint32_t n_ring_sum;
    uint32_t n_ring_count;
};

/* Filter the events of one node.
 *
 * events: n records; keep: n bytes, 1 kept, 0 rejected
 *
 * Returns the number of events kept, or
 * PARAM  NULL, n above INT32_MAX, or a mask of the wrong length
 */
int32_t sxi_filter_events(struct sxi_filter *ctx, const struct sxi_event *events, uint32_t n,
                          uint8_t *keep);

#endif
