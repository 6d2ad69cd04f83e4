/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_LOOK_H
#define SXI_LOOK_H

#include <stdint.h>

#include "sxi/fee.h"
#include "sxi/status.h"

/* The quick look (ASSUMED, A91): of each readout a map of counts in cells of 64 x 64 binned
 * pixels, made to go down ahead of science, and an alarm when the count rate or its centre of
 * gravity jumps.
 *
 * Rate: a one-sided CUSUM of Poisson counts. The score is what the counts are above reference x
 * mean, never below 0; beyond limit it is an alarm. For a rise to r times the mean the best
 * reference is (r - 1) / ln r.
 * Place: mean x and y of a readout's events in the focal plane; further than sigmas standard
 * deviations from their mean, `confirm` readouts in a row on one side, is an alarm.
 * Means are learned from the first `learn` readouts that have events, follow by 2^-shift of what they
 * miss, and are learned anew after an alarm. That of the rate stands still while the score is above
 * half its limit, that of x or y while it is too far itself.
 */
enum sxi_look_size {
    SXI_LOOK_NODES = 4, /* E2, F2, E4, F4 */
    SXI_LOOK_CELL = 64, /* pixels a side; the last row of cells has 63 */
    SXI_LOOK_CELL_ROWS = 10,
    SXI_LOOK_CELL_COLS = 6,
    SXI_LOOK_CELLS = 240,
    SXI_LOOK_BYTES = 264,
    SXI_LOOK_MAX_EVENTS = 65535 /* of a readout, kept or not */
};

enum sxi_look_flag {
    SXI_LOOK_RATE = 1,     /* alarm: the count rate */
    SXI_LOOK_PLACE = 2,    /* alarm: the centre of gravity */
    SXI_LOOK_LEARNING = 4, /* there is no mean yet: no alarm can be */
    SXI_LOOK_FULL = 8      /* a cell holds more than its 255 tell */
};

enum sxi_look_place { SXI_LOOK_NOWHERE = 0xFFFF }; /* of a readout without events */

struct sxi_look_axis { /* places in quarters of a pixel */
    uint32_t mean;     /* x 256 */
    uint32_t variance; /* of the means of readouts */
    uint32_t sum;      /* while learning */
    uint32_t squares;  /* of the steps from readout to readout, while learning */
    uint16_t last;
    uint16_t run;  /* readouts in a row beyond the limit */
    uint16_t side; /* on which: 1 above the mean */
};

struct sxi_look {
    uint16_t reference;    /* in 1/256 of the mean: 257..1024 */
    uint16_t limit;        /* of the score [events]: 1..65535 */
    uint16_t sigmas;       /* in 1/16: 1..255 */
    uint16_t confirm;      /* readouts in a row: 1..255 */
    uint16_t learn;        /* readouts: 2..256 */
    uint16_t shift;        /* 1..8 */
    uint16_t learned;      /* readouts so far; learn when it is done */
    uint32_t n_alarms;     /* readouts with an alarm so far, modulo 2^32 */
    uint32_t mean;         /* events of a readout x 256 */
    uint32_t score;        /* events x 256 */
    uint32_t sum;          /* of events while learning */
    struct sxi_look_axis x;
    struct sxi_look_axis y;
    uint32_t sum_x; /* of the readout under way [pixels] */
    uint32_t sum_y;
    uint32_t n_rejected;
    uint32_t n_kept[SXI_LOOK_NODES];
    uint16_t cells[SXI_LOOK_CELLS]; /* node by node, row-major */
};

/* One readout as it went down. */
struct sxi_look_product {
    uint16_t flags; /* enum sxi_look_flag */
    uint16_t frame_counter;
    uint16_t n_kept[SXI_LOOK_NODES];
    uint16_t n_rejected;
    uint16_t mean;  /* events of a readout, this one learned, rounded down */
    uint16_t score; /* events, rounded down; 65535: or more */
    uint16_t x;     /* quarters of a pixel in the focal plane, or SXI_LOOK_NOWHERE */
    uint16_t y;
    uint8_t cells[SXI_LOOK_CELLS]; /* 255: or more */
};

/* Forget all but the six parameters. PARAM: NULL, or a parameter out of range. */
enum sxi_status sxi_look_init(struct sxi_look *ctx);

/* Add the events of one node to the readout under way.
 *
 * keep: n bytes, 0 for those that the filter rejects, or NULL: all are kept
 *
 * PARAM  NULL, a node above 3, or an event outside its node
 * RANGE  the readout would have more than SXI_LOOK_MAX_EVENTS
 */
enum sxi_status sxi_look_add(struct sxi_look *ctx, uint32_t node, const struct sxi_event *events,
                             uint32_t n, const uint8_t *keep);

/* End the readout: look for alarms, write the product and begin the next one.
 *
 * Returns SXI_LOOK_BYTES, or
 * PARAM  NULL, or a parameter out of range
 * ROOM   out is too small
 */
int32_t sxi_look_close(struct sxi_look *ctx, uint16_t frame_counter, uint8_t *out,
                       uint32_t out_len);

/* Read a product.
 *
 * PARAM NULL; LENGTH not SXI_LOOK_BYTES; CRC; FORMAT another version, unknown flags or a place
 * outside the focal plane
 */
enum sxi_status sxi_look_load(struct sxi_look_product *product, const uint8_t *in, uint32_t in_len);

#endif
