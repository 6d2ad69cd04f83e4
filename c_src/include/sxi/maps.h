/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_MAPS_H
#define SXI_MAPS_H

#include <stdint.h>

#include "sxi/common.h"
#include "sxi/edu.h"
#include "sxi/status.h"

/* Offset and noise of each pixel, learned from the frames that also hold the events, beyond
 * flight (ASSUMED A84). The baseline of a pixel in a frame is offset + common: after
 * sxi_maps_update(frame) both are those of this very frame.
 *
 * Two speeds. What a row has in common is measured with hundreds of pixels: its level, the mean
 * of the common modes of its segments, moves the offsets of the row by level / 2^level_shift a
 * frame, and each segment by what it differs from that / 2^(level_shift + 3). A single pixel
 * would need 30 frames to be known to one ADU, so that its own offset follows slowly: by a step
 * towards sample - common, whichever way and however far that is. This ends at the median, which
 * events do not drag as they drag a mean. The noise goes up by two steps where |residual| is above
 * 248/256 of it, and down by one where not: the 2/3 quantile, which is sigma of Gaussian noise to
 * 0.2 %. A residual beyond SXI_MAPS_CLIP noises is taken for an event and moves both by a step
 * that is 2^outlier_shift times smaller, which is what keeps occupied frames from biasing the
 * median, and still lets a displaced pixel come back.
 *
 * Steps [ADU/256] begin at start_step, for start_frames frames without distrust in outliers,
 * shrink as start_step * start_frames / age and end at fine_step; half of it for the noise,
 * rounded up.
 *
 * A row whose level is beyond drift_limit falls back to the local median of flight: its row_state
 * is SXI_MAPS_ROW_LOCAL and its maps stand still. In the next frame that is so, it takes the new
 * level at once. After good_frames frames within the limit it uses its maps again. A row of age 0
 * takes offsets from the next frame, the median of each segment, and begins to learn.
 *
 * row_check tells upsets: each bit is the parity of this bit over the row's offsets and noises,
 * inverted. One flipped bit is always found, and any odd number of them at one position.
 * A CRC would cost more than the update itself.
 */
enum sxi_maps_row {
    SXI_MAPS_ROW_MAPS = 0, /* the maps are good */
    SXI_MAPS_ROW_LOCAL = 1 /* fall back to the local median */
};

enum sxi_maps_limit {
    SXI_MAPS_CLIP = 4, /* noises: residuals beyond are taken for events */
    SXI_MAPS_ROWS = 65535,
    SXI_MAPS_AGE = 65535, /* ages and counts of good frames stop here */
    SXI_MAPS_SHIFT = 15
};

struct sxi_maps {
    /* memory of the caller */
    uint32_t *offset;    /* n_rows * n_cols [ADU/256], row-major */
    uint16_t *noise;     /* n_rows * n_cols [ADU/256], sigma */
    int32_t *common;     /* n_rows * ceil(n_cols / 64) [ADU/256], of the last frame */
    uint8_t *row_state;  /* n_rows, enum sxi_maps_row */
    uint16_t *row_age;   /* n_rows: frames that the row learned from; 0: begins anew */
    uint16_t *row_good;  /* n_rows: good frames in succession */
    uint32_t *row_check; /* n_rows */
    uint32_t pixels_room; /* elements of offset and noise, each at least n_rows * n_cols */
    uint32_t common_room; /* of common */
    uint32_t rows_room;   /* of the row_ arrays, each at least n_rows */
    /* parameters */
    uint32_t n_rows;        /* 1..SXI_MAPS_ROWS */
    uint32_t n_cols;        /* 1..SXI_COMMON_COLS */
    uint32_t clip;          /* [ADU] of sxi_common_rows() */
    uint32_t start_step;    /* [ADU/256] 0..65535 */
    uint32_t start_frames;  /* 0..65535 */
    uint32_t fine_step;     /* [ADU/256] 0..65535; 0: what is learned stays */
    uint32_t outlier_shift; /* 0..SXI_MAPS_SHIFT; 0: outliers count as any */
    uint32_t level_shift;   /* 0..SXI_MAPS_SHIFT */
    uint32_t drift_limit;   /* [ADU] 0..65535 */
    uint32_t good_frames;   /* 0..65535 */
    uint32_t noise_start;   /* [ADU/256] 0..65535, of a row that begins */
    uint32_t noise_min;     /* [ADU/256] 0..65535, no noise is below */
    /* out */
    uint32_t n_local;   /* rows that use the local median after the last update */
    uint32_t n_started; /* rows that began in the last update */
    uint32_t n_upset;   /* rows whose check failed so far; wraps */
};

/* Begin: all rows of age 0 and on the local median, the counters 0. The maps themselves are not
 * touched. PARAM: NULL, too little room, a parameter out of range. */
enum sxi_status sxi_maps_init(struct sxi_maps *ctx);

/* Vouch for maps that the caller has filled (loaded, or copied): all rows get this age and their
 * check, and use their maps.
 * age: 1..SXI_MAPS_AGE. PARAM: as above, or age out of range. */
enum sxi_status sxi_maps_seal(struct sxi_maps *ctx, uint32_t age);

/* Check n rows from `first` on. Those that fail are counted, use the local median and begin anew
 * with the next frame; those of age 0 are not looked at.
 * Returns how many failed, or PARAM (as above, or rows outside). */
int32_t sxi_maps_scrub(struct sxi_maps *ctx, uint32_t first, uint32_t n);

/* Take one frame: check each row, find its common mode, decide on its state, follow. Before the
 * detection: the events of the frame itself move the map by a step at most.
 * Returns the rows on the local median, 0..n_rows, or PARAM (as above, or the frame is not of
 * n_rows x n_cols). Time O(n_rows * n_cols). Stack <= 768 bytes. */
int32_t sxi_maps_update(struct sxi_maps *ctx, const struct sxi_frame *frame);

#endif
