/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_EDU_H
#define SXI_EDU_H

#include <stdint.h>

#include "sxi/fee.h"
#include "sxi/status.h"

/* The event detection unit of the FEE, on one 6x6-binned node frame (Soman TN issue 2
 * rev 0 as quoted in the public simulator).
 *
 * A pixel is an event when
 *  1. it is at least threshold + the median of 11 of the 16 outer pixels of its 5x5 window
 *     (equality passes, as the FEE was seen to do), and
 *  2. it is larger than each of its 8 neighbours.
 * A margin of 2 pixels on every side is never examined. Raster order.
 *
 * The 11 pixels are window indices {0,1,2,3,4,5,9,10,15,20,21}, so they turn with the
 * window order.
 */
enum sxi_window_order {
    SXI_WINDOW_RASTER = 0,   /* index 5 (dr+2) + (dc+2): MSSL-IF-91 */
    SXI_WINDOW_SIMULATOR = 1 /* index 5 (2-dc) + (dr+2): the public simulator */
};

/* First step of the wandering mask, its stride and its wrap [pixels]; "confirmed by test
 * with FEE" in the public simulator. */
enum sxi_edu_mask {
    SXI_EDU_MASK_FIRST = 2,
    SXI_EDU_MASK_STEP = 5,
    SXI_EDU_MASK_LAST_COL = 382,
    SXI_EDU_MASK_LAST_ROW = 637
};

struct sxi_frame {
    const uint16_t *pixels; /* n_rows * n_cols [ADU], row-major, borrowed for the call */
    uint32_t n_rows;        /* 0..65535 */
    uint32_t n_cols;        /* 0..65535 */
};

struct sxi_edu {
    uint16_t threshold; /* [ADU] above the local background; FRMccdXXPixThreshold */
    uint16_t window_order;
    uint16_t mask_row; /* centre of the wandering mask; both 0: no mask */
    uint16_t mask_col;
    uint32_t limit;     /* event packets left of the CCD's event_pkt_limit; UINT32_MAX: none */
    uint32_t n_events;  /* out: event records written */
    uint32_t n_masks;   /* out: mask records written, 0 or 1 */
    uint32_t n_dropped; /* out: events found beyond the limit, or beyond out_len */
    uint16_t flags[2 * SXI_FEE_NODE_COLS]; /* working memory; means nothing between calls */
};

/* Detect events in one node frame.
 *
 * ctx:   parameters in, counters out (set, not added to)
 * out:   out_len records; the mask record is among them in raster order, where no event
 *        was found at its pixel; it does not count against the limit. Once the limit is
 *        reached nothing more is sent, no mask either.
 * kinds: out_len bytes, enum sxi_fee_type of each record (event or wandering mask);
 *        may be NULL when no mask is asked for
 *
 * Returns the records written, 0..out_len, or
 * PARAM  NULL, an unknown window order, a frame beyond 65,535 pixels a side, out_len
 *        above INT32_MAX, or a mask without kinds
 * A frame smaller than 5x5 holds no event and no mask. Time O(n_rows * n_cols). Stack <= 1 KiB
 * at -O2.
 */
int32_t sxi_edu_detect(struct sxi_edu *ctx, const struct sxi_frame *frame, struct sxi_event *out,
                       uint8_t *kinds, uint32_t out_len);

/* Move the wandering mask on by one executed operation, whether or not it is enabled:
 * 5 columns, at the end of a row of positions 5 rows; 77 x 128 positions in all.
 * PARAM: NULL, or a position outside the cycle's range. */
enum sxi_status sxi_edu_mask_step(uint16_t *row, uint16_t *col);

#endif
