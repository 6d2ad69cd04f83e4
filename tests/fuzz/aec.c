/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "fuzz.h"
#include "sxi/aec.h"

/* bits - 1, block size and flags, rsi - 1 (u16), samples (u16), code.
 * Both widths decode alike; what decodes is coded again and comes back the same. */

enum { MOST_SAMPLES = 1024 };

static void check_wide(const struct sxi_aec *params, const uint32_t *samples, uint32_t n)
{
    const uint32_t room = sxi_aec_bound(params, n);
    uint8_t *code = exactly(room);
    uint32_t *back = exactly(n * sizeof *back);
    const int32_t coded = sxi_aec_encode_u32(params, samples, n, code, room);
    MUST(coded >= 0 && (uint32_t)coded <= room);
    MUST(sxi_aec_decode_u32(params, code, (uint32_t)coded, back, n) == (int32_t)n);
    MUST(memcmp(samples, back, n * sizeof *back) == 0);
    free(code);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, (uint32_t)size};
    struct sxi_aec params = {.bits = 1U + take(&in, 1) % 32U};
    const uint32_t shape = take(&in, 1);
    params.block_size = 8U << (shape & 3U);
    params.flags = (shape >> 2) & 3U;
    params.rsi = 1U + take(&in, 2) % 4096U;
    const uint32_t n = take(&in, 2) % (MOST_SAMPLES + 1U);
    uint16_t *narrow = exactly(n * sizeof *narrow);
    uint32_t *wide = exactly(n * sizeof *wide);
    const int32_t status = sxi_aec_decode_u32(&params, in.next, in.left, wide, n);
    MUST(status == (int32_t)n || status == SXI_STATUS_SHORT || status == SXI_STATUS_FORMAT ||
         (status == SXI_STATUS_PARAM && (params.flags & SXI_AEC_RESTRICTED) != 0U));
    const int32_t other = sxi_aec_decode_u16(&params, in.next, in.left, narrow, n);
    MUST(other == (params.bits <= 16U ? status : (int32_t)SXI_STATUS_PARAM));
    if (status == (int32_t)n) {
        for (uint32_t i = 0; i < n && params.bits <= 16U; i++) {
            MUST(wide[i] == narrow[i]);
        }
        check_wide(&params, wide, n);
    }
    free(narrow);
    free(wide);
    return 0;
}
