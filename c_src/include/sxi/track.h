/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_TRACK_H
#define SXI_TRACK_H

#include <stdint.h>

#include "sxi/edu.h"
#include "sxi/fee.h"
#include "sxi/status.h"

/* Tracks of particles in one node frame, and how far an event is from the nearest one
 * (beyond flight; all ASSUMED A85).
 *
 * A pixel is above when sample >= background + level. A run is pixels above side by side in
 * one row; a component is runs that touch, at corners too. It is a track when it has at least
 * min_pixels pixels, or one that is mip or more above its background. With both tests off, as
 * in flight, nothing is a track.
 */
enum sxi_track_size {
    SXI_TRACK_RUNS_MAX = 65535,
    SXI_TRACK_BACKGROUND_MAX = 16777215, /* [ADU/256], below 65,536 ADU */
    SXI_TRACK_REACH_MAX = 254,           /* [pixels] */
    SXI_TRACK_NONE = 255                 /* distance where no track is within reach */
};

enum sxi_track_flag {
    SXI_TRACK_SATURATED = 1, /* a sample at or above saturation */
    SXI_TRACK_LONG = 2,      /* min_pixels or more */
    SXI_TRACK_MIP = 4        /* a pixel mip or more above its background */
};

/* Pixels first..last of a row. */
struct sxi_track_run {
    uint16_t row;
    uint16_t first;
    uint16_t last;
    uint16_t track; /* which one, from 0 */
};

struct sxi_track {
    uint32_t n_pixels;
    uint32_t sum;      /* [ADU] above the background, each pixel rounded down; at most 2^32 - 1 */
    uint16_t row_min;  /* bounding box, ends included */
    uint16_t row_max;
    uint16_t col_min;
    uint16_t col_max;
    uint16_t peak;  /* [ADU] above the background */
    uint16_t flags; /* enum sxi_track_flag */
};

struct sxi_track_finder {
    uint16_t level;      /* [ADU] */
    uint16_t min_pixels; /* 0: size makes no track */
    uint16_t mip;        /* [ADU]; 0: charge makes no track */
    uint16_t saturation; /* [ADU], of the sample; 0: none is saturated */
    uint32_t background; /* [ADU/256], 0..SXI_TRACK_BACKGROUND_MAX */
    const uint32_t *offsets; /* background of each pixel [ADU/256], or NULL: as above */
    struct sxi_track_run *runs; /* room elements: working memory, then the runs of tracks */
    struct sxi_track *tracks;   /* room elements: working memory, then the tracks */
    uint32_t room;              /* 0..SXI_TRACK_RUNS_MAX */
    uint32_t n_runs;            /* out: of tracks, in raster order */
    uint32_t n_tracks;          /* out: in raster order of their first pixel */
    uint32_t n_components;      /* out: tracks, and what is none */
    uint32_t n_above;           /* out: pixels above */
    uint32_t n_lost;            /* out: those of runs for which there was no room */
};

/* Find the tracks of a frame. Of more runs than there is room for, the first in raster order
 * are taken, and the frame is what it would be without the others.
 *
 * frame: 0..65,535 rows and columns; offsets, where given, has as many elements
 *
 * Returns the number of tracks, or
 * PARAM  NULL, more rows or columns than that, or room or background beyond their range
 * Time O(pixels + runs). Stack <= 256 bytes at -O2.
 */
int32_t sxi_track_find(struct sxi_track_finder *ctx, const struct sxi_frame *frame);

/* Tell how far events are from the nearest pixel of a track: the larger of the distances in
 * row and column, 0 on the track itself, SXI_TRACK_NONE beyond reach.
 *
 * runs:     n_runs runs in the order of their rows, as sxi_track_find leaves them
 * reach:    [pixels]
 * distance: n bytes
 *
 * Returns how many events are within reach, or
 * PARAM  NULL, n above INT32_MAX, n_runs above SXI_TRACK_RUNS_MAX or reach above
 *        SXI_TRACK_REACH_MAX
 * Time O(runs in rows no further than the nearest pixel) an event.
 */
int32_t sxi_track_distance(const struct sxi_track_run *runs, uint32_t n_runs,
                           const struct sxi_event *events, uint32_t n, uint32_t reach,
                           uint8_t *distance);

#endif
