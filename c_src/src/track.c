/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/track.h"

#include <stdbool.h>
#include <stddef.h>

/* The runs are the forest: of two that touch, the root of one is the other's parent, the
 * earlier in raster order. tracks[i] has what is known of run i, and in the end of its tree. */
enum { NO_TRACK = 65535 };

struct line {
    const uint16_t *samples;
    const uint32_t *offsets; /* or NULL */
    uint32_t row;
    uint32_t n_cols;
    uint32_t level;     /* [ADU/256] */
    uint32_t threshold; /* [ADU], where there are no offsets */
    uint32_t above;     /* first run of the row above that may touch the next run */
    uint32_t here;      /* first run of this row */
};

static bool is_above(const struct line *line, uint32_t col)
{
    const uint32_t sample = line->samples[col];
    if (line->offsets == NULL) {
        return sample >= line->threshold;
    }
    const uint32_t fine = sample << 8;
    const uint32_t offset = line->offsets[col];
    return fine >= offset && fine - offset >= line->level;
}

static uint32_t root_of(struct sxi_track_run *runs, uint32_t i)
{
    while (runs[i].track != i) {
        runs[i].track = runs[runs[i].track].track;
        i = runs[i].track;
    }
    return i;
}

/* The root of two trees, which have become one. */
static uint32_t united(struct sxi_track_run *runs, uint32_t a, uint32_t b)
{
    if (a < b) {
        runs[b].track = (uint16_t)a;
        return a;
    }
    runs[a].track = (uint16_t)b;
    return b;
}

/* What is known of the pixels first..last. */
static struct sxi_track measured(const struct sxi_track_finder *ctx, const struct line *line,
                                 uint32_t first, uint32_t last)
{
    struct sxi_track run = {.n_pixels = last - first + 1U,
                            .row_min = (uint16_t)line->row,
                            .row_max = (uint16_t)line->row,
                            .col_min = (uint16_t)first,
                            .col_max = (uint16_t)last};
    uint32_t col = first;
    do {
        const uint32_t sample = line->samples[col];
        const uint32_t offset = line->offsets == NULL ? ctx->background : line->offsets[col];
        const uint32_t excess = ((sample << 8) - offset) >> 8;
        run.sum += excess;
        if (excess > run.peak) {
            run.peak = (uint16_t)excess;
        }
        if (ctx->saturation != 0U && sample >= ctx->saturation) {
            run.flags = SXI_TRACK_SATURATED;
        }
        col++;
    } while (col <= last);
    return run;
}

/* Keep a run, and join it to those of the row above that it touches. */
static void keep_run(struct sxi_track_finder *ctx, struct line *line, uint32_t first, uint32_t last)
{
    const uint32_t n = ctx->n_runs;
    ctx->n_above += last - first + 1U;
    if (n == ctx->room) {
        ctx->n_lost += last - first + 1U;
        return;
    }
    ctx->n_runs++;
    struct sxi_track_run *runs = ctx->runs;
    runs[n] = (struct sxi_track_run){(uint16_t)line->row, (uint16_t)first, (uint16_t)last,
                                     (uint16_t)n};
    ctx->tracks[n] = measured(ctx, line, first, last);
    uint32_t root = n;
    for (uint32_t i = line->above; i < line->here && runs[i].first <= last + 1U; i++) {
        if (runs[i].last + 1U < first) {
            line->above = i + 1U; /* nothing further right touches it either */
            continue;
        }
        root = united(runs, root_of(runs, i), root);
    }
}

/* The next pixel above from a column on, or the row's end. Most pixels pass here. */
static uint32_t next_above(const struct line *line, uint32_t col)
{
    if (line->offsets == NULL) {
        const uint16_t *samples = line->samples;
        while (col < line->n_cols && samples[col] < line->threshold) {
            col++;
        }
        return col;
    }
    while (col < line->n_cols && !is_above(line, col)) {
        col++;
    }
    return col;
}

static void find_runs(struct sxi_track_finder *ctx, struct line *line)
{
    uint32_t col = next_above(line, 0);
    while (col < line->n_cols) {
        const uint32_t first = col;
        do {
            col++;
        } while (col < line->n_cols && is_above(line, col));
        keep_run(ctx, line, first, col - 1U);
        col = next_above(line, col);
    }
}

static void add(struct sxi_track *whole, const struct sxi_track *part)
{
    whole->n_pixels += part->n_pixels;
    whole->sum = part->sum > UINT32_MAX - whole->sum ? UINT32_MAX : whole->sum + part->sum;
    whole->row_max = part->row_max; /* parts come in raster order */
    whole->col_min = part->col_min < whole->col_min ? part->col_min : whole->col_min;
    whole->col_max = part->col_max > whole->col_max ? part->col_max : whole->col_max;
    whole->peak = part->peak > whole->peak ? part->peak : whole->peak;
    whole->flags = (uint16_t)(whole->flags | part->flags);
}

/* Every run to its root, and what is known of it too. Parents come first: theirs is told. */
static void gather(struct sxi_track_finder *ctx)
{
    struct sxi_track_run *runs = ctx->runs;
    for (uint32_t i = 0; i < ctx->n_runs; i++) {
        const uint32_t root = runs[runs[i].track].track;
        if (root == i) {
            ctx->n_components++;
            continue;
        }
        runs[i].track = (uint16_t)root;
        add(&ctx->tracks[root], &ctx->tracks[i]);
    }
}

static uint32_t flags_of(const struct sxi_track_finder *ctx, const struct sxi_track *track)
{
    uint32_t flags = 0;
    if (ctx->min_pixels != 0U && track->n_pixels >= ctx->min_pixels) {
        flags |= SXI_TRACK_LONG;
    }
    if (ctx->mip != 0U && track->peak >= ctx->mip) {
        flags |= SXI_TRACK_MIP;
    }
    return flags;
}

/* Tracks to the front of their array, and their number, or none, into each run. */
static void number_tracks(struct sxi_track_finder *ctx)
{
    struct sxi_track_run *runs = ctx->runs;
    for (uint32_t i = 0; i < ctx->n_runs; i++) {
        if (runs[i].track != i) {
            runs[i].track = runs[runs[i].track].track; /* its root has its number already */
            continue;
        }
        const uint32_t flags = flags_of(ctx, &ctx->tracks[i]);
        if (flags == 0U) {
            runs[i].track = NO_TRACK;
            continue;
        }
        struct sxi_track *track = &ctx->tracks[ctx->n_tracks];
        *track = ctx->tracks[i];
        track->flags = (uint16_t)(track->flags | flags);
        runs[i].track = (uint16_t)ctx->n_tracks++;
    }
}

static void keep_runs_of_tracks(struct sxi_track_finder *ctx)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < ctx->n_runs; i++) {
        if (ctx->runs[i].track != NO_TRACK) {
            ctx->runs[n++] = ctx->runs[i];
        }
    }
    ctx->n_runs = n;
}

int32_t sxi_track_find(struct sxi_track_finder *ctx, const struct sxi_frame *frame)
{
    if (ctx == NULL || ctx->runs == NULL || ctx->tracks == NULL || frame == NULL ||
        frame->pixels == NULL) {
        return SXI_STATUS_PARAM;
    }
    if (frame->n_rows > UINT16_MAX || frame->n_cols > UINT16_MAX ||
        ctx->room > SXI_TRACK_RUNS_MAX || ctx->background > SXI_TRACK_BACKGROUND_MAX) {
        return SXI_STATUS_PARAM;
    }
    ctx->n_runs = 0;
    ctx->n_tracks = 0;
    ctx->n_components = 0;
    ctx->n_above = 0;
    ctx->n_lost = 0;
    struct line line = {.samples = frame->pixels,
                        .offsets = ctx->offsets,
                        .n_cols = frame->n_cols,
                        .level = (uint32_t)ctx->level << 8};
    line.threshold = (ctx->background + line.level + 255U) >> 8;
    while (line.row < frame->n_rows) {
        const uint32_t here = ctx->n_runs;
        line.above = line.here;
        line.here = here;
        find_runs(ctx, &line);
        line.row++;
        line.samples += line.n_cols;
        line.offsets = line.offsets == NULL ? NULL : line.offsets + line.n_cols;
    }
    gather(ctx);
    number_tracks(ctx);
    keep_runs_of_tracks(ctx);
    return (int32_t)ctx->n_tracks;
}

/* Index of the first run of the row or of one below it. */
static uint32_t first_from(const struct sxi_track_run *runs, uint32_t n_runs, uint32_t row)
{
    uint32_t low = 0;
    uint32_t high = n_runs;
    while (low < high) {
        const uint32_t middle = (low + high) >> 1;
        if (runs[middle].row < row) {
            low = middle + 1U;
        } else {
            high = middle;
        }
    }
    return low;
}

static uint32_t nearer(uint32_t best, uint32_t rows, const struct sxi_track_run *run, uint32_t col)
{
    uint32_t away = rows;
    if (col < run->first && run->first - col > away) {
        away = run->first - col;
    }
    if (col > run->last && col - run->last > away) {
        away = col - run->last;
    }
    return away < best ? away : best;
}

/* Distance of the nearest run, or beyond where none is nearer than that. */
static uint32_t nearest(const struct sxi_track_run *runs, uint32_t n_runs,
                        const struct sxi_event *event, uint32_t beyond)
{
    const uint32_t row = event->row;
    const uint32_t from = first_from(runs, n_runs, row);
    uint32_t best = beyond;
    for (uint32_t i = from; i < n_runs && runs[i].row - row < best; i++) {
        best = nearer(best, runs[i].row - row, &runs[i], event->col);
    }
    for (uint32_t i = from; i > 0U && row - runs[i - 1U].row < best; i--) {
        best = nearer(best, row - runs[i - 1U].row, &runs[i - 1U], event->col);
    }
    return best;
}

int32_t sxi_track_distance(const struct sxi_track_run *runs, uint32_t n_runs,
                           const struct sxi_event *events, uint32_t n, uint32_t reach,
                           uint8_t *distance)
{
    if (runs == NULL || events == NULL || distance == NULL || n > INT32_MAX ||
        n_runs > SXI_TRACK_RUNS_MAX || reach > SXI_TRACK_REACH_MAX) {
        return SXI_STATUS_PARAM;
    }
    int32_t n_near = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t away = nearest(runs, n_runs, &events[i], reach + 1U);
        distance[i] = away <= reach ? (uint8_t)away : SXI_TRACK_NONE;
        n_near += away <= reach ? 1 : 0;
    }
    return n_near;
}
