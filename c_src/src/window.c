/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "window.h"

/* Sorting networks without the steps that only other places need. They take the same time for any
 * window, a third of that of an insertion sort, and all values stay in registers. */
enum { BACKGROUND = 11, MEDIAN = 5, RING = 8 };

/* Put the smaller of two values first. */
static inline void order(uint32_t *values, uint32_t a, uint32_t b)
{
    const uint32_t over = values[a] > values[b] ? 1U : 0U;
    const uint32_t difference = (values[a] - values[b]) & (0U - over);
    values[a] -= difference;
    values[b] += difference;
}

uint32_t window_background(const struct sxi_event *event)
{
    const uint16_t *p = event->pixels;
    uint32_t v[BACKGROUND] = {p[0], p[1], p[2], p[3], p[4], p[5], p[9], p[10], p[15], p[20], p[21]};
    order(v, 0, 9);
    order(v, 1, 6);
    order(v, 2, 4);
    order(v, 3, 7);
    order(v, 5, 8);
    order(v, 0, 1);
    order(v, 3, 5);
    order(v, 4, 10);
    order(v, 6, 9);
    order(v, 7, 8);
    order(v, 1, 3);
    order(v, 2, 5);
    order(v, 4, 7);
    order(v, 8, 10);
    order(v, 0, 4);
    order(v, 1, 2);
    order(v, 3, 7);
    order(v, 5, 9);
    order(v, 6, 8);
    order(v, 2, 6);
    order(v, 4, 5);
    order(v, 7, 8);
    order(v, 2, 4);
    order(v, 3, 6);
    order(v, 5, 7);
    order(v, 3, 4);
    order(v, 5, 6);
    order(v, 4, 5);
    return v[MEDIAN];
}

void window_rank_ring(const struct sxi_event *event, struct window_ranks *out)
{
    const uint16_t *p = event->pixels;
    uint32_t v[RING] = {p[6], p[7], p[8], p[11], p[13], p[16], p[17], p[18]};
    order(v, 0, 2);
    order(v, 1, 3);
    order(v, 4, 6);
    order(v, 5, 7);
    order(v, 0, 4);
    order(v, 1, 5);
    order(v, 2, 6);
    order(v, 3, 7);
    order(v, 0, 1);
    order(v, 2, 3);
    order(v, 4, 5);
    order(v, 6, 7);
    order(v, 2, 4);
    order(v, 3, 5);
    order(v, 1, 4);
    order(v, 3, 6);
    order(v, 3, 4);
    order(v, 5, 6);
    out->largest = v[RING - 1];
    out->third = v[RING - 3];
    out->fifth = v[RING - 5];
}
