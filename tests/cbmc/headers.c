/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "proof.h"
#include "sxi/ce.h"
#include "sxi/fee.h"

/* Headers of any bytes: nothing outside is read; what is refused changes nothing. */

void prove_fee_header(void)
{
    const uint32_t size = any_u32() % (SXI_FEE_HEADER_BYTES + 3U);
    const uint32_t rule = any_u32() % 2U;
    uint8_t *data = any_bytes(size);
    struct sxi_fee_header header = {0};
    const enum sxi_status status = sxi_fee_header_load(&header, data, size, rule);
    PROVE(status != SXI_STATUS_PARAM);
    PROVE(status == SXI_STATUS_OK || header.data_len == 0U);
    if (status == SXI_STATUS_OK) {
        PROVE(header.data_len == size - SXI_FEE_HEADER_BYTES);
    }
    free(data);
}

void prove_ce_header(void)
{
    const uint32_t size = any_u32() % (SXI_CE_HEADER_BYTES + 3U);
    uint8_t *data = any_bytes(size);
    struct sxi_ce_header header = {0};
    const enum sxi_status status = sxi_ce_header_load(&header, data, size);
    PROVE((status == SXI_STATUS_SHORT) == (size < SXI_CE_HEADER_BYTES));
    if (status == SXI_STATUS_OK) {
        PROVE(header.members >= 1U && header.members <= SXI_CE_MAX_MEMBERS);
        PROVE(header.compressed_data_size < header.size);
    }
    free(data);
}
