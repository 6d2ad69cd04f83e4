/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_FIND_H
#define SXI_FIND_H

#include <stdint.h>

#include "sxi/edu.h"
#include "sxi/fee.h"
#include "sxi/status.h"

/* Event detection beyond flight (ASSUMED A83): the rule of edu.h with switches, each of its
 * own. With all of them 0 or NULL the events are those of sxi_edu_detect without a mask.
 *
 * A pixel is an event when it reaches its threshold and wins against its 8 neighbours. A
 * margin of 2 pixels is never examined. Raster order.
 *
 * Threshold. Without maps, or in a row that falls back: the pixel is at least T + the median
 * of 11 of its window (edu.h); T [ADU] is `threshold`, or the row's in `row_threshold`. With
 * maps: its height, pixel - offset - common [ADU/256], is at least T and at least
 * sigmas_q4 * noise / 16 (rounded down to 1/256 ADU).
 *
 * Winning. Strict: larger than each neighbour, so that equal maxima are all lost. Raster:
 * larger than the 4 neighbours that follow it in raster order, and not below the 4 before it.
 * Heights are compared where the rows of both pixels use the maps, else samples. Two
 * neighbours never both win. Of a pair of equal maxima the second wins; of a larger plateau
 * each pixel that none of its own follows: always the last one, of a full rectangle no other.
 * Saturated plateaus are no exception; those whose winner lies in the margin, or that
 * fill most of the 11 background pixels, stay lost.
 */
enum sxi_find_ties {
    SXI_FIND_STRICT = 0, /* flight */
    SXI_FIND_RASTER = 1  /* as ACIS: two equal neighbours are one event */
};

/* Bits told of each event. */
enum sxi_find_flag {
    SXI_FIND_SATURATED_CENTRE = 1,
    SXI_FIND_SATURATED_WINDOW = 2, /* any of the 25, the centre among them */
    SXI_FIND_FALLBACK = 4,         /* maps are given, its row does not use them */
    SXI_FIND_MASKED_NEAR = 8       /* a masked pixel in the window */
};

enum sxi_find_size {
    SXI_FIND_SEGMENT_COLS = 64,       /* columns that share one common mode */
    SXI_FIND_OFFSET_MAX = 0x00ffffff, /* [ADU/256]; an offset above it counts as this */
    SXI_FIND_COMMON_MAX = 0x01000000  /* [ADU/256]; a common mode beyond +- this counts as that */
};

/* All arrays are borrowed for the call and are as large as the frame: n_pixels is n_rows *
 * n_cols, row-major. */
struct sxi_find {
    const uint32_t *offset;  /* n_pixels [ADU/256]; NULL: no maps, and the next three unused */
    const uint16_t *noise;   /* n_pixels [ADU/256], one sigma; NULL: none */
    const uint8_t *row_state; /* n_rows: 0 uses the maps, else falls back; NULL: all use them */
    const int32_t *common;   /* n_rows * ceil(n_cols / 64) [ADU/256], row-major; NULL: zeros */
    const uint16_t *row_threshold; /* n_rows [ADU], in place of threshold; NULL: none */
    const uint8_t *masked; /* ceil(n_pixels / 8) bytes, bit 7 of byte 0 is pixel 0. A masked
                              pixel is no event and no event has to win against it; in the
                              median it counts as any other. NULL: none */
    uint16_t threshold;    /* [ADU] */
    uint16_t window_order; /* enum sxi_window_order */
    uint16_t ties;         /* enum sxi_find_ties */
    uint16_t sigmas_q4;    /* threshold in sigmas of `noise` [1/16] */
    uint16_t saturation;   /* [ADU], a pixel at or above it is saturated; 0: none is */
    uint16_t spare;
    uint32_t limit;     /* events to write at most; UINT32_MAX: no limit */
    uint32_t n_events;  /* out: events written */
    uint32_t n_dropped; /* out: events found beyond the limit, or beyond out_len */
};

/* Find events in one node frame.
 *
 * ctx:   parameters in, counters out (set, not added to)
 * out:   out_len records
 * flags: out_len bytes, bits of enum sxi_find_flag of each record; may be NULL
 *
 * Returns the events written, 0..out_len, or
 * PARAM  NULL (ctx, frame, its pixels, or out where out_len > 0), an unknown window order or
 *        ties, a frame beyond 65,535 pixels a side, or out_len above INT32_MAX
 * A frame smaller than 5x5 holds no event. Time O(n_rows * n_cols). Stack <= 512 bytes.
 */
int32_t sxi_find_events(struct sxi_find *ctx, const struct sxi_frame *frame, struct sxi_event *out,
                        uint8_t *flags, uint32_t out_len);

#endif
