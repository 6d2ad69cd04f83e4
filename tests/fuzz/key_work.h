/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef KEY_WORK_H
#define KEY_WORK_H

#include "fuzz.h"
#include "sxi/key.h"

/* Memory that a key needs for so many samples: exact, and nothing else. */
enum { KEY_COLUMNS = 128 };

static inline struct sxi_key_work key_work(uint32_t key, uint32_t room)
{
    struct sxi_key parts = {0};
    (void)sxi_key_load(&parts, key);
    struct sxi_key_work work = {.room = room};
    if (parts.stacked != 0U) {
        work.u32 = exactly(room * sizeof *work.u32);
    } else {
        work.u16 = exactly(room * sizeof *work.u16);
    }
    if (parts.coder == SXI_KEY_ROWS) {
        work.rows_decoder = exactly(sizeof *work.rows_decoder);
        (void)memset(work.rows_decoder, 0, sizeof *work.rows_decoder);
        work.rows_decoder->room = KEY_COLUMNS;
        work.rows_decoder->columns = exactly(KEY_COLUMNS * sizeof *work.rows_decoder->columns);
    } else if (parts.coder == SXI_KEY_EVENTS) {
        work.events = exactly(sizeof *work.events);
        work.events_decoder = exactly(sizeof *work.events_decoder);
    }
    return work;
}

static inline void key_work_end(struct sxi_key_work *work)
{
    free(work->u16);
    free(work->u32);
    if (work->rows_decoder != NULL) {
        free(work->rows_decoder->columns);
    }
    free(work->rows_decoder);
    free(work->events);
    free(work->events_decoder);
}

#endif
