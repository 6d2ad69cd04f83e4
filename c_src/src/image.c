/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { MAX_SIDE = 65535 };

static uint32_t min32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Is it an image whose samples an int32_t can count? */
static bool is_image(const uint16_t *in, uint32_t n_rows, uint32_t n_cols)
{
    return in != NULL && n_rows > 0U && n_rows <= MAX_SIDE && n_cols > 0U && n_cols <= MAX_SIDE &&
           n_rows * n_cols <= INT32_MAX;
}

int32_t sxi_image_crop(const uint16_t *in, uint32_t n_rows, uint32_t n_cols, uint32_t top,
                       uint32_t left, uint32_t crop_rows, uint32_t crop_cols, uint16_t *out,
                       uint32_t out_len)
{
    if (!is_image(in, n_rows, n_cols) || out == NULL || crop_rows == 0U || crop_cols == 0U ||
        crop_rows > n_rows || top > n_rows - crop_rows || crop_cols > n_cols ||
        left > n_cols - crop_cols) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t n_out = crop_rows * crop_cols;
    if (out_len < n_out) {
        return SXI_STATUS_ROOM;
    }
    for (uint32_t r = 0; r < crop_rows; r++) {
        (void)memcpy(out + r * crop_cols, in + (top + r) * n_cols + left, crop_cols * sizeof *out);
    }
    return (int32_t)n_out;
}

/* Add one row of pixels to the sums of its blocks. 65,536 samples, a row of the widest block
 * and the sum so far, fit 32 bits, and it does not matter when a sum is clipped. */
static void add_row(uint16_t *out, const uint16_t *in, uint32_t n_out, uint32_t bin_cols)
{
    for (uint32_t c = 0; c < n_out; c++) {
        uint32_t sum = 0;
        for (uint32_t k = 0; k < bin_cols; k++) {
            sum += in[c * bin_cols + k];
        }
        out[c] = (uint16_t)min32(out[c] + sum, UINT16_MAX);
    }
}

int32_t sxi_image_bin(const uint16_t *in, uint32_t n_rows, uint32_t n_cols, uint32_t bin_rows,
                      uint32_t bin_cols, uint16_t *out, uint32_t out_len)
{
    if (!is_image(in, n_rows, n_cols) || out == NULL || bin_rows == 0U || bin_cols == 0U) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t out_rows = n_rows / bin_rows;
    const uint32_t out_cols = n_cols / bin_cols;
    const uint32_t n_out = out_rows * out_cols;
    if (out_len < n_out) {
        return SXI_STATUS_ROOM;
    }
    (void)memset(out, 0, n_out * sizeof *out);
    for (uint32_t r = 0; r < out_rows * bin_rows; r++) {
        add_row(out + r / bin_rows * out_cols, in + r * n_cols, out_cols, bin_cols);
    }
    return (int32_t)n_out;
}

int32_t sxi_image_decimate(const uint16_t *in, uint32_t n_rows, uint32_t n_cols, uint32_t step,
                           uint16_t *out, uint32_t out_len)
{
    if (!is_image(in, n_rows, n_cols) || out == NULL || step == 0U) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t out_rows = (n_rows - 1U) / step + 1U;
    const uint32_t out_cols = (n_cols - 1U) / step + 1U;
    const uint32_t n_out = out_rows * out_cols;
    if (out_len < n_out) {
        return SXI_STATUS_ROOM;
    }
    for (uint32_t r = 0; r < out_rows; r++) {
        for (uint32_t c = 0; c < out_cols; c++) {
            out[r * out_cols + c] = in[r * step * n_cols + c * step];
        }
    }
    return (int32_t)n_out;
}

int32_t sxi_image_stack(uint32_t *stack, const uint16_t *in, uint32_t n)
{
    if (stack == NULL || in == NULL || n > INT32_MAX) {
        return SXI_STATUS_PARAM;
    }
    for (uint32_t i = 0; i < n; i++) {
        stack[i] = min32(stack[i], UINT32_MAX - in[i]) + in[i];
    }
    return (int32_t)n;
}
