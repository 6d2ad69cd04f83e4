/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_COMMON_H
#define SXI_COMMON_H

#include <stdint.h>

#include "sxi/edu.h"
#include "sxi/status.h"

/* Common mode: what the pixels of a piece of a row have in common in one frame, beyond flight
 * (after eROSITA, which takes the median of 64 channels; the rest ASSUMED A84).
 *
 * A row is cut into segments of 64 columns, the last one may be shorter; overscan columns are
 * columns as any. The residual of a pixel is 256 * sample - offset [ADU/256]; an offset beyond
 * SXI_OFFSET_MAX counts as that. Residuals within +-clip take part; where that is less than half
 * of the segment, all do. The common mode is their median: of an even number the mean of the
 * middle two, rounded down.
 */
enum sxi_common_limit {
    SXI_COMMON_SEGMENT = 64,
    SXI_COMMON_COLS = 8128,     /* columns at most: 127 segments, whose sum has 31 bits */
    SXI_OFFSET_MAX = 16776960   /* 65535 ADU [ADU/256] */
};

/* The common mode of each row and segment of a frame.
 *
 * offset:     n_rows * n_cols [ADU/256], row-major
 * clip:       [ADU] 1..65535; about four times the noise
 * common:     n_rows * ceil(n_cols / 64) [ADU/256], row-major
 * common_len: elements of it
 *
 * Returns the elements written, or
 * PARAM  NULL, clip out of range, more than 65,535 rows or SXI_COMMON_COLS columns
 * ROOM   common_len is too small
 * Time O(n_rows * n_cols): a histogram, and what falls into its middle bins is sorted.
 * Stack <= 640 bytes. */
int32_t sxi_common_rows(const struct sxi_frame *frame, const uint32_t *offset, uint32_t clip,
                        int32_t *common, uint32_t common_len);

#endif
