/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_WINDOW_H
#define SXI_WINDOW_H

#include <stdint.h>

#include "sxi/fee.h"

/* Private: what grades and trees take out of a 5x5 window. */

enum { WINDOW_SIDE = 5, WINDOW_BACKGROUND = 11, WINDOW_MEDIAN = 5 };

/* Put a value into its place among n sorted ones, the largest first. */
static inline void window_insert(int32_t *sorted, uint32_t n, int32_t value)
{
    uint32_t at = n;
    while (at > 0U && sorted[at - 1U] < value) {
        sorted[at] = sorted[at - 1U];
        at--;
    }
    sorted[at] = value;
}

/* Median of the pixels that edu.h takes for the background, in packet order [ADU]. */
static inline uint32_t window_background(const struct sxi_event *event)
{
    static const uint8_t index[WINDOW_BACKGROUND] = {0, 1, 2, 3, 4, 5, 9, 10, 15, 20, 21};
    int32_t sorted[WINDOW_BACKGROUND] = {0};
    for (uint32_t i = 0; i < WINDOW_BACKGROUND; i++) {
        window_insert(sorted, i, event->pixels[index[i]]);
    }
    return (uint32_t)sorted[WINDOW_MEDIAN];
}

#endif
