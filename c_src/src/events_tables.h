/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_EVENTS_TABLES_H
#define SXI_EVENTS_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "sxi/events.h"

/* Choice of a packet's parameters. */

/* Does an event need a header of its own after the one before it? */
bool events_begin_run(const uint8_t *event, const uint8_t *before);

/* The background of the run that these 1..64 events begin. */
uint32_t events_base(struct sxi_events *ctx, const uint8_t *events, uint32_t n);

/* Parameters for a packet that begins with these 1..64 events, and the codes of its tables. */
void events_choose_tables(struct sxi_events *ctx, const uint8_t *events, uint32_t n);

/* x - prediction modulo 2^16, from -32,768 on. */
static inline int32_t deviation(uint32_t x, uint32_t prediction)
{
    /* uncovered object 30dd: parameters before it have filled a word */
    const uint32_t from_least = (x - prediction + 0x8000U) & 0xffffU;
    return (int32_t)from_least - 0x8000;
}

#endif
