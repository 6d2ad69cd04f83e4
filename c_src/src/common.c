/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/common.h"

#include <stddef.h>
#include <string.h>

#include "machine.h"

enum {
    FRACTION_BITS = 8,
    BINS = 64,
    OUTSIDE = BINS,    /* the bin of residuals beyond the clip */
    RAISE = 0x2000000, /* added to residuals, so that they are not negative */
    MAX_ROWS = 65535,
    MAX_CLIP = 65535
};

/* Which residuals take part, and in which bin each is. */
struct window {
    uint32_t lowest; /* raised residual */
    uint32_t width;  /* the highest is lowest + width */
    uint32_t shift;  /* a bin has 2^shift residuals */
};

static inline uint32_t bin_of(const struct window *window, uint32_t raised)
{
    const uint32_t above = raised - window->lowest; /* beyond width for lower ones as well */
    /* uncovered object e8e0: after whole() all are inside */
    return above > window->width ? OUTSIDE : above >> window->shift;
}

static struct window window_of(uint32_t lowest, uint32_t highest)
{
    struct window window = {lowest, highest - lowest, 0};
    while (window.width >> window.shift >= BINS) { /* uncovered object 5ae7: a clip is 512 wide */
        window.shift++;
    }
    return window;
}

static uint32_t count_inside(const struct window *window, const uint32_t *raised, uint32_t n,
                             uint8_t *counts)
{
    (void)memset(counts, 0, OUTSIDE + 1U);
    for (uint32_t i = 0; i < n; i++) {
        counts[bin_of(window, raised[i])]++;
    }
    return n - counts[OUTSIDE];
}

/* From the lowest residual to the highest: bins are as fine as these are close together. */
static struct window whole(const uint32_t *raised, uint32_t n)
{
    uint32_t lowest = raised[0];
    uint32_t highest = raised[0];
    for (uint32_t i = 1; i < n; i++) {
        lowest = raised[i] < lowest ? raised[i] : lowest;
        highest = raised[i] > highest ? raised[i] : highest;
    }
    return window_of(lowest, highest);
}

static void insert(uint32_t *sorted, uint32_t n, uint32_t value)
{
    uint32_t at = n;
    while (at > 0U && sorted[at - 1U] > value) {
        sorted[at] = sorted[at - 1U];
        at--;
    }
    sorted[at] = value;
}

/* The middle of the residuals that counts tells of. Only those in the bins of the middle two are
 * sorted, in the place of those already looked at. */
static uint32_t middle(const struct window *window, uint32_t *raised, uint32_t n,
                       const uint8_t *counts, uint32_t inside)
{
    const uint32_t low = (inside - 1U) / 2U;
    const uint32_t high = inside / 2U;
    uint32_t first = 0;
    uint32_t below = 0;
    while (below + counts[first] <= low) {
        below += counts[first];
        first++;
    }
    uint32_t last = first;
    uint32_t up_to = below + counts[first];
    while (up_to <= high) {
        last++;
        up_to += counts[last];
    }
    uint32_t n_found = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t value = raised[i];
        raised[n_found] = value; /* no branch: which it is cannot be predicted */
        n_found += bin_of(window, value) - first <= last - first ? 1U : 0U;
    }
    for (uint32_t i = 1; i < n_found; i++) {
        insert(raised, i, raised[i]);
    }
    return (raised[low - below] + raised[high - below]) / 2U;
}

static inline uint32_t raised_residual(uint16_t sample, uint32_t offset)
{
    const uint32_t known = offset > SXI_OFFSET_MAX ? SXI_OFFSET_MAX : offset;
    return ((uint32_t)sample << FRACTION_BITS) + RAISE - known;
}

/* Residuals of a segment, and how many of them are in the window. In one pass, or, where the
 * first of two becomes vectors, in these. */
static uint32_t take(const uint16_t *samples, const uint32_t *offset, uint32_t n,
                     const struct window *window, uint32_t *raised, uint8_t *counts)
{
    if (WORD_BITS == 32) {
        (void)memset(counts, 0, OUTSIDE + 1U);
        for (uint32_t i = 0; i < n; i++) {
            raised[i] = raised_residual(samples[i], offset[i]);
            counts[bin_of(window, raised[i])]++;
        }
        return n - counts[OUTSIDE];
    }
    for (uint32_t i = 0; i < n; i++) {
        raised[i] = raised_residual(samples[i], offset[i]);
    }
    return count_inside(window, raised, n, counts);
}

static int32_t segment_median(const uint16_t *samples, const uint32_t *offset, uint32_t n,
                              uint32_t clip)
{
    uint32_t raised[SXI_COMMON_SEGMENT];
    uint8_t counts[OUTSIDE + 1];
    const uint32_t reach = clip << FRACTION_BITS;
    struct window window = window_of(RAISE - reach, RAISE + reach);
    raised[0] = 0; /* gcc does not know that n > 0 */
    uint32_t inside = take(samples, offset, n, &window, raised, counts);
    if (2U * inside < n) {
        window = whole(raised, n);
        inside = count_inside(&window, raised, n, counts);
    }
    return (int32_t)middle(&window, raised, n, counts, inside) - RAISE;
}

int32_t sxi_common_rows(const struct sxi_frame *frame, const uint32_t *offset, uint32_t clip,
                        int32_t *common, uint32_t common_len)
{
    if (frame == NULL || frame->pixels == NULL || offset == NULL || common == NULL || clip == 0U ||
        clip > MAX_CLIP || frame->n_rows > MAX_ROWS || frame->n_cols > SXI_COMMON_COLS) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t n_cols = frame->n_cols;
    const uint32_t n_segments = (n_cols + SXI_COMMON_SEGMENT - 1U) / SXI_COMMON_SEGMENT;
    if (common_len < frame->n_rows * n_segments) {
        return SXI_STATUS_ROOM;
    }
    uint32_t n_out = 0;
    for (uint32_t row = 0; row < frame->n_rows; row++) {
        for (uint32_t col = 0; col < n_cols; col += SXI_COMMON_SEGMENT) {
            const uint32_t at = row * n_cols + col;
            const uint32_t left = n_cols - col;
            const uint32_t n = left < SXI_COMMON_SEGMENT ? left : SXI_COMMON_SEGMENT;
            common[n_out] = segment_median(frame->pixels + at, offset + at, n, clip);
            n_out++;
        }
    }
    return (int32_t)n_out;
}
