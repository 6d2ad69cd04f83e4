/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/filter.h"

#include <stddef.h>

#include "sxi/badpix.h"

static const uint8_t ring[8] = {6, 7, 8, 11, 13, 16, 17, 18};

enum cause { KEPT, CENTRE, RING_SUM, RING_COUNT };

static enum cause classify(const struct sxi_filter *ctx, const struct sxi_event *event)
{
    if (event->pixels[SXI_FEE_WINDOW_CENTRE] > ctx->centre_max) {
        return CENTRE;
    }
    uint32_t sum = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < 8U; i++) {
        const uint32_t pixel = event->pixels[ring[i]];
        sum += pixel;
        count += pixel > ctx->ring_max ? 1U : 0U;
    }
    if (sum > ctx->ring_sum_max) {
        return RING_SUM;
    }
    return count > ctx->ring_count_max ? RING_COUNT : KEPT;
}

int32_t sxi_filter_events(struct sxi_filter *ctx, const struct sxi_event *events, uint32_t n,
                          uint8_t *keep)
{
    if (ctx == NULL || events == NULL || keep == NULL || n > INT32_MAX) {
        return SXI_STATUS_PARAM;
    }
    const uint8_t *mask = ctx->bad_pixels;
    if (mask != NULL && ctx->bad_pixels_len != SXI_BADPIX_BYTES) {
        return SXI_STATUS_PARAM;
    }
    uint32_t n_bad = 0;
    uint32_t n_cause[4] = {0, 0, 0, 0};
    for (uint32_t i = 0; i < n; i++) {
        const struct sxi_event *event = &events[i];
        if (mask != NULL && sxi_badpix_test(mask, SXI_BADPIX_BYTES, event->row, event->col) != 0) {
            n_bad++;
            keep[i] = 0;
            continue;
        }
        const enum cause cause = classify(ctx, event);
        n_cause[cause]++;
        keep[i] = cause == KEPT ? 1 : 0;
    }
    ctx->n_bad += n_bad;
    ctx->n_centre += n_cause[CENTRE];
    ctx->n_ring_sum += n_cause[RING_SUM];
    ctx->n_ring_count += n_cause[RING_COUNT];
    return (int32_t)n_cause[KEPT];
}
