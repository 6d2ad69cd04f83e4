/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_TREE_H
#define SXI_TREE_H

#include <stdint.h>

#include "sxi/fee.h"
#include "sxi/status.h"

/* Decision trees over a window, read as a table. Beyond flight: the onboard filter compares three
 * fixed features with three limits; these features contain them, so that a tree can hold its rule.
 *
 * Heights [ADU] are pixels minus the background. The ring is the 8 pixels around the centre, outer
 * are the 16 at the border of the window. No feature depends on the window order, but for the
 * local background (edu.h).
 */
enum sxi_tree_feature {
    SXI_TREE_CENTRE = 0,
    SXI_TREE_RING_SUM = 1,
    SXI_TREE_RING_MAX = 2,
    SXI_TREE_RING_THIRD = 3,  /* third largest of the ring */
    SXI_TREE_RING_FIFTH = 4,  /* above a level: more than four ring pixels are */
    SXI_TREE_RING_COUNT = 5,  /* ring pixels from split on */
    SXI_TREE_OUTER_SUM = 6,
    SXI_TREE_OUTER_MAX = 7,
    SXI_TREE_OUTER_COUNT = 8, /* outer pixels from split on */
    SXI_TREE_ASYMMETRY = 9,   /* |rows before - after| + |columns before - after| of the ring */
    SXI_TREE_PHA = 10,        /* centre and ring pixels from split on */
    SXI_TREE_SATURATED = 11,  /* raw pixels of the window at `saturation` or above */
    SXI_TREE_DISTANCE = 12,   /* to the nearest track [pixels], as given; 255: none near */
    SXI_TREE_FEATURES = 13
};

enum sxi_tree_size {
    SXI_TREE_NODES = 64,
    SXI_TREE_ROOTS = 32,
    SXI_TREE_LEAF = 255,           /* in `feature` */
    SXI_TREE_MAX_SCORE = 16777216, /* of a leaf, either sign: no sum overflows */
    SXI_TREE_NO_TRACK = 255
};

/* Trees whose scores are added. A node with a feature goes on to `left` where the feature is at
 * most `value`, else to `right`; a leaf's value is its score. An event is kept where the sum is at
 * least `cut`. Without roots the sum is 0: with a cut of 0 all are kept.
 */
struct sxi_tree {
    uint16_t split;           /* [ADU] above the background */
    uint16_t background;      /* [ADU], where background_mode says so */
    uint16_t background_mode; /* enum sxi_grade_background */
    uint16_t saturation;      /* [ADU], raw; 0: nothing is saturated */
    int32_t cut;
    uint32_t n_nodes; /* 0..SXI_TREE_NODES */
    uint32_t n_roots; /* 0..SXI_TREE_ROOTS */
    int32_t value[SXI_TREE_NODES];
    uint8_t feature[SXI_TREE_NODES];
    uint8_t left[SXI_TREE_NODES];
    uint8_t right[SXI_TREE_NODES];
    uint8_t root[SXI_TREE_ROOTS];
    uint32_t n_kept; /* counters: events are added to what they hold, modulo 2^32 */
    uint32_t n_rejected;
};

/* Is this a table that ends?
 *
 * PARAM  NULL, an unknown background mode, or more nodes or roots than there is room for
 * FORMAT a root that is no node, an unknown feature, a child that is no node behind its parent,
 *        or a score beyond SXI_TREE_MAX_SCORE
 */
enum sxi_status sxi_tree_check(const struct sxi_tree *ctx);

/* The features of one event.
 *
 * distance: to the nearest track, 0..255; out: SXI_TREE_FEATURES values, by enum sxi_tree_feature
 *
 * PARAM  NULL, an unknown background mode, a distance above 255
 * ROOM   out_len below SXI_TREE_FEATURES
 */
enum sxi_status sxi_tree_features(const struct sxi_tree *ctx, const struct sxi_event *event,
                                  uint32_t distance, int32_t *out, uint32_t out_len);

/* Classify events.
 *
 * events: n records; distances: n bytes, or NULL: SXI_TREE_NO_TRACK for all
 * keep: n bytes, 1 kept, 0 rejected
 *
 * Returns the number of events kept, or
 * PARAM  NULL, n above INT32_MAX
 * and as sxi_tree_check, which looks at the table each time: memory changes, and a table that
 * does not end would stop all else. Time O(n * n_nodes). Stack <= 512 bytes.
 */
int32_t sxi_tree_classify(struct sxi_tree *ctx, const struct sxi_event *events, uint32_t n,
                          const uint8_t *distances, uint8_t *keep);

#endif
