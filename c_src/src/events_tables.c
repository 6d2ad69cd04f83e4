/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "events_tables.h"

#include "events_common.h"
#include "huffman.h"

/* Outer pixels are many: those of some events will do. */
enum { PASSES = 4, OUTER_EVENTS = 16 };

/* Where most of some values are. */
struct settled {
    uint32_t middle;
    uint32_t cut; /* deviations up to this one count */
    uint32_t table;
};

bool events_begin_run(const uint8_t *event, const uint8_t *before)
{
    for (uint32_t word = 0; word < (uint32_t)WORD_SEQUENCE; word++) {
        if (event_word(event, word) != event_word(before, word)) {
            return true;
        }
    }
    return event_word(event, WORD_COL) >= EVENTS_PITCH ||
           event_position(event) <= event_position(before);
}

static uint32_t size_of(int32_t d)
{
    return d < 0 ? (uint32_t)-d : (uint32_t)d;
}

/* Move to the mean of what is not far off, a few times. All zero for no values. */
static struct settled settle(const uint16_t *values, uint32_t n)
{
    struct settled s = {.middle = n > 0U ? values[0] : 0U, .cut = 0x10000, .table = 0};
    for (uint32_t pass = 0; pass < (uint32_t)PASSES; pass++) {
        uint32_t near = 0;
        uint32_t sizes = 0;
        uint32_t zigzags = 0;
        int32_t sum = 0;
        for (uint32_t i = 0; i < n; i++) {
            const int32_t d = deviation(values[i], s.middle);
            if (size_of(d) <= s.cut) {
                near++;
                sizes += size_of(d);
                zigzags += zigzag(d);
                sum += d;
            }
        }
        /* uncovered object dce3: some value is as near as the mean; none has code of its own */
        if (near > 0U) {
            const uint32_t step = (size_of(sum) + near / 2U) / near;
            s.middle = (sum < 0 ? s.middle - step : s.middle + step) & 0xffffU;
            s.cut = 4U * (sizes / near) + 4U;
            s.table = huffman_table_for(zigzags, near);
        }
    }
    return s;
}

/* Add the pixels of a class, less the base, to the values. */
static uint32_t append(struct sxi_events *ctx, uint32_t n, const uint8_t *event, uint32_t kind,
                       uint32_t base)
{
    for (uint32_t i = 0; i < (uint32_t)EVENT_PIXELS; i++) {
        if (class_of(i) == kind) {
            ctx->samples[n] = (uint16_t)((event_word(event, WORD_PIXELS + i) - base) & 0xffffU);
            n++;
        }
    }
    return n;
}

uint32_t events_base(struct sxi_events *ctx, const uint8_t *events, uint32_t n)
{
    uint32_t n_values = append(ctx, 0, events, CLASS_OUTER, 0);
    for (uint32_t i = 1; i < n && i < (uint32_t)OUTER_EVENTS; i++) {
        const uint8_t *event = events + i * EVENT_BYTES;
        if (events_begin_run(event, event - EVENT_BYTES)) {
            break;
        }
        n_values = append(ctx, n_values, event, CLASS_OUTER, 0);
    }
    return settle(ctx->samples, n_values).middle;
}

/* The parameter that makes n gaps of this sum short, about; the lowest of those as good. */
static uint32_t best_k(uint32_t sum, uint32_t n, uint32_t most)
{
    uint32_t best = 0;
    for (uint32_t k = 1; k <= most; k++) {
        best = n * k + (sum >> k) < n * best + (sum >> best) ? k : best;
    }
    return best;
}

/* Background of each event; parameters of gaps. */
static void choose_gaps(struct sxi_events *ctx, const uint8_t *events, uint32_t n)
{
    uint32_t n_gaps = 0;
    uint32_t gaps = 0;
    uint32_t sequence_gaps = 0;
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: there is an event */
        const uint8_t *event = events + i * EVENT_BYTES;
        if (i == 0U || events_begin_run(event, event - EVENT_BYTES)) {
            ctx->bases[i] = (uint16_t)events_base(ctx, event, n - i);
        } else {
            const uint8_t *before = event - EVENT_BYTES;
            ctx->bases[i] = ctx->bases[i - 1U];
            n_gaps++;
            gaps += event_position(event) - event_position(before) - 1U;
            sequence_gaps += sequence_gap_of(event, before);
        }
    }
    ctx->gap_k = best_k(gaps, n_gaps, GAP_MOST_K);
    ctx->sequence_k = sequence_gaps == 0U ? (uint32_t)SEQUENCE_CONSECUTIVE
                                          : best_k(sequence_gaps, n_gaps, SEQUENCE_MOST_K);
}

/* The middle of sides that lie beyond the others: they have a part of the charge. */
static uint32_t choose_split_middle(struct sxi_events *ctx, const uint8_t *events, uint32_t n,
                                    const struct settled *sides)
{
    uint32_t n_values = 0;
    for (uint32_t i = 0; i < n; i++) { /* uncovered object 2963: there is an event */
        int32_t most = (int32_t)sides->cut;
        for (uint32_t side = 0; side < 4U; side++) {
            const uint32_t x =
                event_word(events + i * EVENT_BYTES, WORD_PIXELS + side_pixel(side)) -
                ctx->bases[i];
            const int32_t d = deviation(x, sides->middle);
            if (d > most) {
                most = d;
                ctx->samples[n_values] = (uint16_t)(x & 0xffffU);
            }
        }
        n_values += most > (int32_t)sides->cut ? 1U : 0U;
    }
    return settle(ctx->samples, n_values).middle;
}

void events_choose_tables(struct sxi_events *ctx, const uint8_t *events, uint32_t n)
{
    choose_gaps(ctx, events, n);
    for (uint32_t kind = 0; kind < (uint32_t)SXI_EVENTS_CLASSES; kind++) {
        const uint32_t most = kind == (uint32_t)CLASS_OUTER ? (uint32_t)OUTER_EVENTS : n;
        uint32_t n_values = 0;
        /* uncovered object*2 f44d: there is an event */
        for (uint32_t i = 0; i < n && i < most; i++) {
            n_values = append(ctx, n_values, events + i * EVENT_BYTES, kind, ctx->bases[i]);
        }
        const struct settled s = settle(ctx->samples, n_values);
        ctx->tables[kind] = s.table;
        ctx->middles[kind] = kind == (uint32_t)CLASS_OUTER ? 0U : s.middle;
        /* uncovered object 408f: asked again where there is no event */
        if (kind == (uint32_t)CLASS_SIDE) {
            ctx->split = choose_split_middle(ctx, events, n, &s);
        }
        huffman_bank_lengths(huffman_bank_of(s.table), ctx->scratch);
        huffman_codes(ctx->scratch, ctx->codes + kind * HUFFMAN_SYMBOLS);
    }
}
