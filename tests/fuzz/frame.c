/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "fuzz.h"
#include "sxi/frame.h"

/* Rows, columns, nodes, payload (u8 each), first sequence counter (u16), pixel order; then packets:
 * sequence counter above the first, last and side and CCD and type, bytes (u8 each), payload.
 * The assembler's counts agree with what it took. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, (uint32_t)size};
    const uint32_t rows = take(&in, 1) % 8U;
    const uint32_t cols = take(&in, 1) % 16U;
    const uint32_t nodes = take(&in, 1) % 32U;
    const uint32_t payload = take(&in, 1);
    const uint32_t first = take(&in, 2);
    const uint32_t order = take(&in, 1) % 3U;
    const uint32_t planes = nodes == SXI_FRAME_INTERLEAVED
                                ? 1U
                                : (nodes & 1U) + (nodes >> 1 & 1U) + (nodes >> 2 & 1U) +
                                      (nodes >> 3 & 1U);
    const uint32_t n_pixels = planes * rows * cols;
    uint16_t *pixels = exactly(n_pixels * sizeof *pixels);
    uint16_t *row_pixels = exactly(planes * rows * sizeof *row_pixels);
    (void)memset(pixels, 0xff, n_pixels * sizeof *pixels);
    struct sxi_frame_asm ctx = {0};
    const enum sxi_status made =
        sxi_frame_init(&ctx, pixels, n_pixels, row_pixels, planes * rows, rows, cols, nodes,
                       payload, first, order);
    MUST(made == SXI_STATUS_OK || made == SXI_STATUS_PARAM);
    uint32_t accepted = 0;
    while (made == SXI_STATUS_OK && in.left > 0U) {
        const uint32_t at = take(&in, 1);
        const uint32_t field = take(&in, 1);
        const struct input part = take_part(&in, take(&in, 1));
        const struct sxi_fee_header header = {
            .sequence = (uint16_t)(first + at),
            .last = field & 1U,
            .side = (field >> 1) & 3U,
            .ccd = (field >> 3) & 1U,
            .type = (field >> 4) & 3U,
        };
        const enum sxi_status status = sxi_frame_push(&ctx, &header, part.next, part.left);
        MUST(status == SXI_STATUS_OK || status == SXI_STATUS_FORMAT ||
             status == SXI_STATUS_LENGTH || status == SXI_STATUS_SEQUENCE);
        accepted += status == SXI_STATUS_OK ? 1U : 0U;
    }
    if (made == SXI_STATUS_OK) {
        uint32_t received = 0;
        for (uint32_t i = 0; i < planes * rows; i++) {
            MUST(row_pixels[i] <= cols);
            received += row_pixels[i];
        }
        MUST(ctx.n_packets == accepted);
        MUST(sxi_frame_packets(&ctx) == (int32_t)accepted + sxi_frame_missing(&ctx));
        MUST((sxi_frame_missing(&ctx) == 0) == (received == n_pixels));
    }
    free(pixels);
    free(row_pixels);
    return 0;
}
