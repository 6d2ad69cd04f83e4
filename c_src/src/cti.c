/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/cti.h"

#include <stddef.h>

enum { FRACTION_BITS = 16, MAX_ADU = 65535, MAX_ROWS = 65535, WORD = 32 };

static uint32_t rounded(uint32_t level)
{
    return (level >> FRACTION_BITS) + ((level >> (FRACTION_BITS - 1)) & 1U);
}

enum sxi_status sxi_cti_thresholds(uint32_t threshold, uint32_t loss, uint32_t transfers,
                                   uint32_t least, uint16_t *out, uint32_t out_len)
{
    if (out == NULL || threshold > MAX_ADU || transfers == 0U || transfers > SXI_CTI_TRANSFERS ||
        least > MAX_ADU || out_len > MAX_ROWS) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t lowest = least < threshold ? least : threshold;
    uint32_t level = threshold << FRACTION_BITS;
    for (uint32_t row = 0; row < out_len; row++) {
        for (uint32_t i = 0; i < transfers; i++) {
            level -= (uint32_t)(((uint64_t)level * loss) >> WORD);
        }
        const uint32_t value = rounded(level);
        out[row] = (uint16_t)(value > lowest ? value : lowest);
    }
    return SXI_STATUS_OK;
}
