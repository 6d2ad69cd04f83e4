/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/edu.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "machine.h"

enum {
    MARGIN = 2,
    SIDE = 5,
    BACKGROUND_PIXELS = 11,
    MEDIAN_RANK = 6, /* this many of the 11 at or below a level: so is their median */
    HIGH_BIT = 0x8000,
    FLAG_GROUP = 8,     /* flags looked at together */
    TILE = 192,         /* columns flagged at a time; the compiler turns them into vectors */
    PANEL = SXI_FEE_NODE_COLS, /* columns whose flags are kept: a row of the node */
    STEPS_IN_USE = 7,   /* two rows at a time: from two rows above to two below */
    MAX_SIDE = 65535
};

static const uint8_t background_index[BACKGROUND_PIXELS] = {0, 1, 2, 3, 4, 5, 9, 10, 15, 20, 21};

/* Vectors of the oldest x86-64 have a maximum and a minimum of signed 16-bit numbers only.
 * There samples are compared as signed ones, in the same order after a bias of 0x8000, or as
 * they are in rows known to be below that. Elsewhere nothing of this is needed. */
#if defined(__SSE2__) && !defined(__SSE4_1__)
#define ORDERED int16_t
enum { SIGNED_ORDER = 1, BIAS = 0x8000 };
#else
#define ORDERED uint16_t
enum { SIGNED_ORDER = 0, BIAS = 0 };
#endif

static inline ORDERED max16(ORDERED a, ORDERED b)
{
    return a > b ? a : b; /* D10 */
}

static inline ORDERED min16(ORDERED a, ORDERED b)
{
    return a < b ? a : b; /* D10 */
}

static inline ORDERED ordered(uint16_t sample, uint16_t bias)
{
    return (ORDERED)(sample ^ bias);
}

/* Offset of window index k from the centre, in a frame of n_cols columns. */
static int32_t window_offset(uint32_t k, uint32_t window_order, int32_t n_cols)
{
    const int32_t outer = (int32_t)(k / SIDE) - MARGIN;
    const int32_t inner = (int32_t)(k % SIDE) - MARGIN;
    return window_order == SXI_WINDOW_RASTER ? outer * n_cols + inner : inner * n_cols - outer;
}

static inline ORDERED max_of_3(const uint16_t *p, uint16_t bias)
{
    return max16(max16(ordered(p[-1], bias), ordered(p[0], bias)), ordered(p[1], bias));
}

static inline ORDERED min_of_5(const uint16_t *p, uint16_t bias)
{
    return min16(min16(min16(ordered(p[-2], bias), ordered(p[-1], bias)),
                       min16(ordered(p[0], bias), ordered(p[1], bias))),
                 ordered(p[2], bias));
}

/* 1 for a strict local maximum that reaches threshold over the lowest background sample. */
static inline uint16_t is_candidate(ORDERED value, ORDERED ring, ORDERED lowest,
                                    uint16_t threshold, uint16_t bias)
{
    /* value - threshold; where it could wrap, not below the lowest sample there can be */
    const bool wraps = SIGNED_ORDER == 0 || bias != 0U;
    const ORDERED base = wraps ? max16(value, ordered(threshold, bias)) : value; /* D10 */
    const ORDERED level = (ORDERED)(base - (ORDERED)threshold); /* D10 */
    return (uint16_t)((value > ring) & (lowest <= level)); /* D10 */
}

/* Which of the TILE pixels from `centre` on, and from the row below it, may be
 * events: a strict local maximum that reaches threshold over the lowest of 6 of its 11
 * background pixels. Were all 6 above value - threshold, the median would be too. Both
 * window orders contain these 6: the row two above, and the pixel two to the left in the
 * row above. No branch: it must vectorise; two rows at once share most of their loads.
 * rows: 1 leaves out the second. any[r] becomes 0 when row r has none.
 */
static inline void flag_candidates(const uint16_t *centre, uint32_t n_cols, uint16_t threshold,
                                   uint32_t rows, uint16_t bias, uint16_t *restrict flags, /* D10 */
                                   uint16_t *any)
{
    const uint16_t *above = centre - n_cols;
    const uint16_t *second = above - n_cols;
    const uint16_t *below = centre + n_cols;
    const uint16_t *under = rows == 2U ? below + n_cols : below;
    uint16_t any_here = 0;
    uint16_t any_next = 0;
    for (uint32_t i = 0; i < TILE; i++) {
        const uint16_t *c = centre + i;
        const uint16_t *b = below + i;
        const ORDERED beside = max16(ordered(c[-1], bias), ordered(c[1], bias));
        const ORDERED beside_next = max16(ordered(b[-1], bias), ordered(b[1], bias));
        const ORDERED value = ordered(c[0], bias);
        const ORDERED value_next = ordered(b[0], bias);
        const ORDERED ring = max16(max16(beside, max_of_3(above + i, bias)),
                                   max16(beside_next, value_next));
        const ORDERED lowest =
            min16(min_of_5(second + i, bias), ordered(above[(int32_t)i - MARGIN], bias));
        const uint16_t flag = is_candidate(value, ring, lowest, threshold, bias);
        flags[i] = flag;
        any_here |= flag;
        if (rows == 2U) {
            const ORDERED ring_next =
                max16(max16(beside_next, max_of_3(under + i, bias)), max16(beside, value));
            const ORDERED lowest_next = min16(min_of_5(above + i, bias), ordered(c[-2], bias));
            const uint16_t flag_next =
                is_candidate(value_next, ring_next, lowest_next, threshold, bias);
            flags[PANEL + i] = flag_next;
            any_next |= flag_next;
        }
    }
    any[0] = any_here;
    any[1] = any_next;
}

static inline uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* The exact rule for one pixel that is a local maximum. */
static bool is_event(const uint16_t *centre, const int32_t *offsets, uint32_t threshold)
{
    const uint32_t value = *centre;
    if (value < threshold) { /* uncovered object 6da3: flag_serially() has seen to it */
        return false;
    }
    const uint32_t level = value - threshold;
    uint32_t rank = 0;
    for (uint32_t i = 0; i < BACKGROUND_PIXELS; i++) {
        rank += centre[offsets[i]] <= level ? 1U : 0U;
    }
    return rank >= MEDIAN_RANK;
}

/* The same for the count <= TILE pixels of a narrow tile, or without vectors: one after the
 * other, what is known of a column kept for the next one. Local maxima are few, so that the
 * exact rule comes at once. Returns 0 where there is none. */
static uint16_t flag_serially(const uint16_t *centre, uint32_t n_cols, const int32_t *offsets,
                              uint32_t threshold, uint32_t count, uint16_t *flags)
{
    const uint16_t *above = centre - n_cols;
    const uint16_t *below = centre + n_cols;
    uint16_t any = 0;
    uint32_t before = larger(larger(above[-1], below[-1]), centre[-1]);
    uint32_t beside = larger(above[0], below[0]);
    uint32_t value = centre[0];
    (void)memset(flags, 0, TILE * sizeof *flags);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t beside_next = larger(above[i + 1U], below[i + 1U]);
        const uint32_t value_next = centre[i + 1U];
        const uint32_t next = larger(beside_next, value_next);
        if (value > before && value > next && value > beside &&
            is_event(centre + i, offsets, threshold)) {
            flags[i] = 1;
            any = 1;
        }
        before = larger(beside, value);
        beside = beside_next;
        value = value_next;
    }
    return any;
}

struct scan {
    struct sxi_edu *ctx;
    const struct sxi_frame *frame;
    struct sxi_event *out;
    uint8_t *kinds;
    uint32_t out_len;
    uint32_t n_out;
    uint32_t mask_pending; /* the mask's window has still to be sent */
    uint32_t high; /* bit i: the rows that came into use i steps ago have a sample >= 0x8000 */
    int32_t window[SXI_FEE_WINDOW_PIXELS]; /* offsets from the centre */
    int32_t background[BACKGROUND_PIXELS];
};

static void write_window(struct scan *scan, uint32_t row, uint32_t col, uint8_t kind)
{
    const uint16_t *centre = scan->frame->pixels + row * scan->frame->n_cols + col;
    struct sxi_event *event = &scan->out[scan->n_out];
    event->row = (uint16_t)row;
    event->col = (uint16_t)col;
    if (scan->ctx->window_order == SXI_WINDOW_RASTER) {
        for (uint32_t k = 0; k < SXI_FEE_WINDOW_PIXELS; k += SIDE) {
            (void)memcpy(&event->pixels[k], centre + scan->window[k], SIDE * sizeof *centre);
        }
    } else {
        for (uint32_t k = 0; k < SXI_FEE_WINDOW_PIXELS; k++) {
            event->pixels[k] = centre[scan->window[k]];
        }
    }
    if (scan->kinds != NULL) {
        scan->kinds[scan->n_out] = kind;
    }
    scan->n_out++;
}

/* Send the mask once the raster scan has come to an event at (row, col), or to the end of the
 * row; not in the place of that event. */
static void pass_mask(struct scan *scan, uint32_t row, uint32_t col)
{
    struct sxi_edu *ctx = scan->ctx;
    if (scan->mask_pending == 0U || ctx->mask_row != row || ctx->mask_col > col) {
        return;
    }
    scan->mask_pending = 0;
    if (ctx->mask_col == col || ctx->n_events >= ctx->limit || scan->n_out >= scan->out_len) {
        return;
    }
    write_window(scan, ctx->mask_row, ctx->mask_col, SXI_FEE_WANDERING_MASK);
    ctx->n_masks++;
}

static void take_event(struct scan *scan, uint32_t row, uint32_t col)
{
    struct sxi_edu *ctx = scan->ctx;
    pass_mask(scan, row, col);
    if (ctx->n_events >= ctx->limit || scan->n_out >= scan->out_len) {
        ctx->n_dropped++;
        return;
    }
    write_window(scan, row, col, SXI_FEE_EVENT);
    ctx->n_events++;
}

/* The same kernel again and again: a constant lets the compiler drop the bias where it is 0. */
static void flag_tile(const struct scan *scan, const uint16_t *centre, uint32_t count,
                      uint32_t rows, uint16_t *flags, uint16_t *any)
{
    const uint32_t n_cols = scan->frame->n_cols;
    const uint16_t threshold = scan->ctx->threshold;
    if (count < TILE || WORD_BITS == 32) {
        for (uint32_t r = 0; r < rows; r++) {
            any[r] = flag_serially(centre + r * n_cols, n_cols, scan->background, threshold, count,
                                   flags + r * PANEL);
        }
    } else if (rows == 1U) {
        flag_candidates(centre, n_cols, threshold, 1, BIAS, flags, any);
    } else if (scan->high != 0U || (SIGNED_ORDER != 0 && (threshold & HIGH_BIT) != 0U)) {
        flag_candidates(centre, n_cols, threshold, 2, BIAS, flags, any);
    } else {
        flag_candidates(centre, n_cols, threshold, 2, 0, flags, any);
    }
}

/* Where tile t of a panel of count pixels begins: the last one is moved back over the one
 * before, so that it is a full one too. */
static uint32_t tile_start(uint32_t t, uint32_t count)
{
    const uint32_t start = t * TILE;
    return start + TILE <= count || count < TILE ? start : count - TILE;
}

/* Take the events among the flagged pixels of one row of a tile, those before `skip`
 * excepted. */
static void take_flagged(struct scan *scan, uint32_t row, uint32_t first_col, uint32_t skip,
                         const uint16_t *flags)
{
    const uint16_t *centre = scan->frame->pixels + row * scan->frame->n_cols + first_col;
    for (uint32_t group = 0; group < TILE; group += FLAG_GROUP) {
        uint64_t any[FLAG_GROUP / 4];
        (void)memcpy(any, &flags[group], sizeof any); /* D10 */
        /* uncovered object 30b2: the guard of the first loop below, which has 8 rounds */
        if ((any[0] | any[1]) == 0U) {
            continue;
        }
        uint32_t found[FLAG_GROUP];
        uint32_t n_found = 0;
        for (uint32_t i = group; i < group + FLAG_GROUP; i++) {
            found[n_found] = i; /* no branch: which pixel it is cannot be predicted */
            n_found += flags[i];
        }
        for (uint32_t k = 0; k < n_found; k++) { /* uncovered object bb4a: a flag is set */
            const uint32_t i = found[k];
            /* uncovered object 12cb: what flag_serially() flags are events */
            if (i >= skip && is_event(centre + i, scan->background, scan->ctx->threshold)) {
                take_event(scan, row, first_col + i);
            }
        }
    }
}

/* Examine `rows` rows (1 or 2) of the `count` <= PANEL pixels from (row, first_col) on. */
static void scan_panel(struct scan *scan, uint32_t row, uint32_t rows, uint32_t first_col,
                       uint32_t count)
{
    const uint16_t *centre = scan->frame->pixels + row * scan->frame->n_cols + first_col;
    const uint32_t width = count < TILE ? count : TILE;
    const uint32_t n_tiles = (count + TILE - 1U) / TILE;
    uint16_t *flags = scan->ctx->flags;
    uint16_t any[PANEL / TILE][2];
    for (uint32_t t = 0; t < n_tiles; t++) {
        flag_tile(scan, centre + tile_start(t, count), width, rows, flags + t * TILE, any[t]);
    }
    for (uint32_t r = 0; r < rows; r++) {
        for (uint32_t t = 0; t < n_tiles; t++) {
            if (any[t][r] != 0U) {
                const uint32_t start = tile_start(t, count);
                take_flagged(scan, row + r, first_col + start, t * TILE - start,
                             flags + r * PANEL + t * TILE);
            }
        }
        if (first_col + count + MARGIN == scan->frame->n_cols) {
            pass_mask(scan, row + r, first_col + count);
        }
    }
}

/* Is any of n samples 0x8000 or more, and does it matter? */
static uint32_t is_high(const uint16_t *samples, uint32_t n)
{
    uint16_t any = 0;
    for (uint32_t i = 0; i < n && SIGNED_ORDER != 0; i++) {
        any |= samples[i];
    }
    return (any & HIGH_BIT) != 0U ? 1U : 0U;
}

/* Raster order: two rows at once only where one panel holds the whole of each. */
static void scan_frame(struct scan *scan)
{
    const struct sxi_frame *frame = scan->frame;
    const uint32_t n_cols = frame->n_cols;
    const uint32_t end_row = frame->n_rows - MARGIN;
    const uint32_t end_col = n_cols - MARGIN;
    scan->high = is_high(frame->pixels, (MARGIN + 1U) * n_cols);
    uint32_t row = MARGIN;
    while (row < end_row) {
        const uint32_t rows = end_col - MARGIN <= PANEL && end_row - row > 1U ? 2 : 1;
        const uint32_t newest = is_high(frame->pixels + (row + 1U) * n_cols, rows * n_cols);
        scan->high = ((scan->high << 1) | newest) & STEPS_IN_USE;
        for (uint32_t col = MARGIN; col < end_col; col += PANEL) {
            const uint32_t left = end_col - col;
            scan_panel(scan, row, rows, col, left < PANEL ? left : PANEL);
        }
        row += rows;
    }
}

static bool mask_in_frame(const struct sxi_edu *ctx, const struct sxi_frame *frame)
{
    return ctx->mask_row >= MARGIN && ctx->mask_col >= MARGIN &&
           ctx->mask_row + (uint32_t)MARGIN < frame->n_rows &&
           ctx->mask_col + (uint32_t)MARGIN < frame->n_cols;
}

static enum sxi_status check(const struct sxi_edu *ctx, const struct sxi_frame *frame,
                             const struct sxi_event *out, const uint8_t *kinds, uint32_t out_len)
{
    if (ctx == NULL || frame == NULL || frame->pixels == NULL || (out == NULL && out_len > 0U)) {
        return SXI_STATUS_PARAM;
    }
    if (frame->n_rows > MAX_SIDE || frame->n_cols > MAX_SIDE || out_len > INT32_MAX ||
        ctx->window_order > SXI_WINDOW_SIMULATOR) {
        return SXI_STATUS_PARAM;
    }
    const bool has_mask = ctx->mask_row != 0U || ctx->mask_col != 0U;
    return has_mask && kinds == NULL ? SXI_STATUS_PARAM : SXI_STATUS_OK;
}

int32_t sxi_edu_detect(struct sxi_edu *ctx, const struct sxi_frame *frame, struct sxi_event *out,
                       uint8_t *kinds, uint32_t out_len)
{
    const enum sxi_status status = check(ctx, frame, out, kinds, out_len);
    if (status != SXI_STATUS_OK) {
        return (int32_t)status;
    }
    ctx->n_events = 0;
    ctx->n_masks = 0;
    ctx->n_dropped = 0;
    const uint32_t n_rows = frame->n_rows;
    const uint32_t n_cols = frame->n_cols;
    if (n_rows < SIDE || n_cols < SIDE) {
        return 0;
    }
    struct scan scan = {.ctx = ctx, .frame = frame, .out = out, .kinds = kinds, .out_len = out_len};
    scan.mask_pending = mask_in_frame(ctx, frame) ? 1U : 0U;
    for (uint32_t k = 0; k < SXI_FEE_WINDOW_PIXELS; k++) {
        scan.window[k] = window_offset(k, ctx->window_order, (int32_t)n_cols);
    }
    for (uint32_t i = 0; i < BACKGROUND_PIXELS; i++) {
        scan.background[i] = scan.window[background_index[i]];
    }
    scan_frame(&scan);
    return (int32_t)scan.n_out;
}

enum sxi_status sxi_edu_mask_step(uint16_t *row, uint16_t *col)
{
    if (row == NULL || col == NULL || *row < SXI_EDU_MASK_FIRST || *row > SXI_EDU_MASK_LAST_ROW ||
        *col < SXI_EDU_MASK_FIRST || *col > SXI_EDU_MASK_LAST_COL) {
        return SXI_STATUS_PARAM;
    }
    const uint32_t next_col = (uint32_t)*col + SXI_EDU_MASK_STEP;
    if (next_col <= SXI_EDU_MASK_LAST_COL) {
        *col = (uint16_t)next_col;
        return SXI_STATUS_OK;
    }
    const uint32_t next_row = (uint32_t)*row + SXI_EDU_MASK_STEP;
    *col = SXI_EDU_MASK_FIRST;
    *row = (uint16_t)(next_row <= SXI_EDU_MASK_LAST_ROW ? next_row : SXI_EDU_MASK_FIRST);
    return SXI_STATUS_OK;
}
