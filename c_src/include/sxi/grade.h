/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_GRADE_H
#define SXI_GRADE_H

#include <stdint.h>

#include "sxi/fee.h"
#include "sxi/status.h"

/* Grades of events: which of the pixels around the centre hold charge. Beyond flight: the
 * onboard filter knows none. Chandra ACIS flight grades, ASCA and Suzaku XIS grades, XMM EPIC-pn
 * patterns, as those missions publish them; thresholds and orientation are ASSUMED.
 *
 * A background is subtracted from every pixel; a ring pixel counts from `split` on, an outer one
 * (the 16 at the border of the window) from `outer` on, equality included. Bits of the flight
 * grade, rows ascending downwards, columns to the right (enum sxi_window_order):
 *     1   2   4
 *     8   .  16
 *    32  64 128
 */
enum sxi_grade_background {
    SXI_GRADE_FIXED = 0, /* `background`: as the flight filter with 0, which subtracts none */
    SXI_GRADE_LOCAL = 1  /* median of the window's 11 pixels that edu.h takes */
};

enum sxi_grade_count { SXI_GRADE_ASCA = 8, SXI_GRADE_XIS = 12, SXI_GRADE_PATTERN = 14 };

enum sxi_grade_flag {
    SXI_GRADE_TOUCHES = 1,  /* an outer pixel beside one that belongs to the event */
    SXI_GRADE_SATURATED = 2 /* a raw pixel of the window at `saturation` or above */
};

/* One event's grades. Edges are the four ring pixels that share a side with the centre. */
struct sxi_grade {
    uint8_t code;        /* flight grade */
    uint8_t asca;        /* 0..7 */
    uint8_t xis;         /* 0..7, 9 (7 that no outer pixel touches), 10 (2..6 that one touches),
                          * 11 (6 with its corner larger than both edges); never 8 */
    uint8_t pattern;     /* 0..12, 13 invalid: no such shape, or 1..12 with an outer pixel */
    uint8_t n_ring;      /* ring pixels from split on */
    uint8_t n_outer;     /* outer pixels from outer on */
    uint8_t flags;       /* enum sxi_grade_flag */
    uint8_t spare;       /* 0 */
    uint32_t background; /* what was subtracted [ADU] */
    int32_t pha_acis;    /* centre, edges, and corners beside an edge, all from split on [ADU] */
    int32_t pha_asca;    /* centre, edges, and in grade 6 the corner between them, from split on */
    int32_t pha_ring;    /* centre, and all ring pixels from split on */
};

struct sxi_grader {
    uint16_t split;           /* [ADU] above the background */
    uint16_t outer;           /* [ADU] above the background */
    uint16_t background;      /* [ADU], where background_mode says so */
    uint16_t background_mode; /* enum sxi_grade_background */
    uint16_t saturation;      /* [ADU], raw; 0: nothing is saturated */
    uint16_t window_order;    /* enum sxi_window_order: order of the windows */
    uint32_t n_asca[SXI_GRADE_ASCA];       /* events of each grade, added to what they hold, */
    uint32_t n_xis[SXI_GRADE_XIS];         /* modulo 2^32 */
    uint32_t n_pattern[SXI_GRADE_PATTERN];
};

/* Grade events.
 *
 * events: n records; out: out_len records, written from index 0
 *
 * Returns n, or
 * PARAM  NULL, n above INT32_MAX, an unknown background mode or window order
 * ROOM   out_len below n
 * Time O(n). Stack <= 512 bytes.
 */
int32_t sxi_grade_events(struct sxi_grader *ctx, const struct sxi_event *events, uint32_t n,
                         struct sxi_grade *out, uint32_t out_len);

#endif
