/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_IMAGE_H
#define SXI_IMAGE_H

#include <stdint.h>

#include "sxi/status.h"

/* Size reduction of images before compression (data pool sdpCropX/Y/T/B, sdpBinX/Y,
 * sdpDecimN, sdpGroupMembers; what each does exactly is ASSUMED).
 *
 * The first three take n_rows * n_cols samples [ADU], row-major, write a smaller image to
 * out (out_len elements, apart from the input) and return the number of samples written, or
 * PARAM  NULL, a side of 0 or above 65,535, more than INT32_MAX samples, a factor of 0, or a
 *        window that is empty or not within the image
 * ROOM   out_len too small; nothing is written
 */

/* Cut out crop_rows x crop_cols pixels whose first is (top, left). */
int32_t sxi_image_crop(const uint16_t *in, uint32_t n_rows, uint32_t n_cols, uint32_t top,
                       uint32_t left, uint32_t crop_rows, uint32_t crop_cols, uint16_t *out,
                       uint32_t out_len);

/* Sum blocks of bin_rows x bin_cols pixels; sums above 65,535 stay there. Rows and columns
 * that fill no block at the far edges are left out: 0 when there is no whole block. */
int32_t sxi_image_bin(const uint16_t *in, uint32_t n_rows, uint32_t n_cols, uint32_t bin_rows,
                      uint32_t bin_cols, uint16_t *out, uint32_t out_len);

/* Keep every step-th pixel of every step-th row, the first included. */
int32_t sxi_image_decimate(const uint16_t *in, uint32_t n_rows, uint32_t n_cols, uint32_t step,
                           uint16_t *out, uint32_t out_len);

/* Add a frame of n samples to a stack of as many u32; sums above 2^32 - 1 stay there.
 * Returns n, or PARAM (NULL, n above INT32_MAX). */
int32_t sxi_image_stack(uint32_t *stack, const uint16_t *in, uint32_t n);

#endif
