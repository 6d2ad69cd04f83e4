/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/aec.h"

typedef uint32_t aec_sample; /* D11 */

#include "aec_decode.h"

int32_t sxi_aec_decode_u32(const struct sxi_aec *params, const uint8_t *data, uint32_t len,
                           uint32_t *out, uint32_t n_samples)
{
    return decode(params, data, len, out, n_samples);
}
