/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/badpix.h"

#include <stdbool.h>
#include <stddef.h>

#include "sxi/fee.h"

static bool is_mask(const uint8_t *mask, uint32_t mask_len)
{
    return mask != NULL && mask_len == SXI_BADPIX_BYTES;
}

static bool is_inside(uint32_t row, uint32_t col)
{
    return row < SXI_FEE_NODE_ROWS && col < SXI_FEE_NODE_COLS;
}

/* A row fills whole bytes, so that the bit of a pixel depends on its column alone. */
static uint32_t byte_at(uint32_t row, uint32_t col)
{
    return row * (SXI_FEE_NODE_COLS / 8U) + col / 8U;
}

static uint32_t bit_of(uint32_t col)
{
    return 0x80U >> (col % 8U);
}

int32_t sxi_badpix_test(const uint8_t *mask, uint32_t mask_len, uint32_t row, uint32_t col)
{
    if (!is_mask(mask, mask_len)) {
        return SXI_STATUS_PARAM;
    }
    if (!is_inside(row, col)) {
        return 1;
    }
    return (mask[byte_at(row, col)] & bit_of(col)) != 0U ? 1 : 0;
}

enum sxi_status sxi_badpix_set(uint8_t *mask, uint32_t mask_len, uint32_t row, uint32_t col,
                               uint32_t bad)
{
    if (!is_mask(mask, mask_len) || !is_inside(row, col)) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t at = byte_at(row, col);
    const uint32_t cleared = mask[at] & ~bit_of(col);
    mask[at] = (uint8_t)(bad != 0U ? cleared | bit_of(col) : cleared);
    return SXI_STATUS_OK;
}

int32_t sxi_badpix_count(const uint8_t *mask, uint32_t mask_len)
{
    if (!is_mask(mask, mask_len)) {
        return SXI_STATUS_PARAM;
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < SXI_BADPIX_BYTES; i++) {
        const uint32_t pairs = mask[i] - ((mask[i] >> 1) & 0x55U);
        const uint32_t nibbles = (pairs & 0x33U) + ((pairs >> 2) & 0x33U);
        count += (nibbles + (nibbles >> 4)) & 0x0fU;
    }
    return (int32_t)count;
}
