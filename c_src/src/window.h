/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_WINDOW_H
#define SXI_WINDOW_H

#include <stdint.h>

#include "sxi/fee.h"

/* Private: what grades and trees take out of a 5x5 window. */

enum { WINDOW_SIDE = 5 };

/* Median of the pixels that edu.h takes for the background, in packet order [ADU]. */
uint32_t window_background(const struct sxi_event *event);

/* Of the eight pixels around the centre [ADU]. */
struct window_ranks {
    uint32_t largest;
    uint32_t third;
    uint32_t fifth;
};

void window_rank_ring(const struct sxi_event *event, struct window_ranks *out);

#endif
