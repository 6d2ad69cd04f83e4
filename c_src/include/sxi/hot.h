/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_HOT_H
#define SXI_HOT_H

#include <stdint.h>

#include "sxi/fee.h"
#include "sxi/status.h"

/* Hot and flickering pixels of one node, by how often the same pixel fires (beyond flight; all
 * ASSUMED A86).
 *
 * Events come from a detection without a mask, so that pixels that are hot are still seen. A
 * table remembers in which of the last 32 readouts each pixel had an event. A pixel is hot once
 * its events in the last 4, 8, 16 or 32 readouts reach the limit for the rate of the sky. It is
 * healed after `clean` readouts without an event, after twice as many each time that it
 * relapses, up to 32 times as many.
 *
 * A limit is the smallest number whose probability, for Poisson counts at the upper end of the
 * class of rates, of an event that completes it in some pixel and readout is at most 4.32e-9 (4
 * readouts) or 1.03e-10 (8, 16, 32): in all 1e-4 of pixels in 21,600 readouts, a day.
 *
 * The rate is that of the node, or where the 24 pixels around one have at least 4 events
 * (at most 2 of each count), twice theirs: pixels in the image of a bright source.
 */
enum sxi_hot_size {
    SXI_HOT_WAYS = 8,               /* pixels in a bucket of the table */
    SXI_HOT_LOG2_BUCKETS_MAX = 13,
    SXI_HOT_CLEAN_MAX = 1023,       /* [readouts] */
    SXI_HOT_WINDOWS = 4             /* 4, 8, 16, 32 readouts */
};

enum sxi_hot_verdict {
    SXI_HOT_KEEP = 0,
    SXI_HOT_HOT = 1,
    SXI_HOT_AFTERGLOW = 2 /* the pixel had an event with at least this charge a readout ago */
};

enum sxi_hot_state { SXI_HOT_FREE = 0, SXI_HOT_WATCHED = 1, SXI_HOT_MASKED = 2 };

/* What is remembered of one pixel. */
struct sxi_hot_pixel {
    uint32_t hits; /* bit k: an event k readouts ago */
    uint16_t row;
    uint16_t col;
    uint16_t charge; /* centre of its last event [ADU] */
    uint16_t idle;   /* readouts since then */
    uint16_t period; /* readouts without an event until it is healed; 0: was never hot */
    uint16_t state;  /* enum sxi_hot_state */
};

/* All zero at first but the first three members; the table too. */
struct sxi_hot {
    struct sxi_hot_pixel *pixels; /* table, SXI_HOT_WAYS << log2_buckets of them */
    uint32_t log2_buckets;        /* 0..SXI_HOT_LOG2_BUCKETS_MAX */
    uint32_t clean;               /* [readouts], 0..SXI_HOT_CLEAN_MAX; 0: no pixel is ever hot */
    uint32_t n_readouts;
    uint32_t mean;        /* events a readout that were not hot [1/256], over about 16 of them */
    uint32_t n_hot;       /* pixels masked now */
    uint32_t n_masked;    /* counters, modulo 2^32: pixels that became hot, */
    uint32_t n_healed;    /* pixels that were healed, */
    uint32_t n_evicted;   /* pixels forgotten for others where a bucket was full: the one with
                             fewest events, of those the one without for longest, */
    uint32_t n_untracked; /* events not remembered, as their bucket was full of hot pixels */
};

/* Take the events of one readout, in the order of the detection.
 *
 * events:  n of them
 * verdict: n bytes, enum sxi_hot_verdict of each; hot goes before afterglow
 *
 * Returns how many events are not hot, or
 * PARAM  NULL, more events than a node has pixels, log2_buckets or clean beyond their range
 * Time O(table + n). Stack <= 256 bytes at -O2.
 */
int32_t sxi_hot_update(struct sxi_hot *ctx, const struct sxi_event *events, uint32_t n,
                       uint8_t *verdict);

/* Mark the pixels that are hot now in a bad-pixel mask, beside those marked already.
 *
 * Returns how many of them lie within the node, or
 * PARAM  NULL, log2_buckets beyond its range, or mask_len is not SXI_BADPIX_BYTES
 */
int32_t sxi_hot_mask(const struct sxi_hot *ctx, uint8_t *mask, uint32_t mask_len);

/* Events in a window that make a pixel hot; more than the window's readouts where nothing does.
 *
 * rate:   events of a node and readout [1/256]
 * window: 0..3, of 4 << window readouts
 *
 * PARAM: window beyond its range
 */
int32_t sxi_hot_limit(uint32_t rate, uint32_t window);

#endif
