/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/fair.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { TILE_SHIFT = 5, NO_QUOTA = 65535 };

/* 2^32 over the golden ratio: odd, and multiples of it lie evenly */
#define SPREAD 0x9e3779b9U

/* One side in the making. */
struct side {
    const struct sxi_event *events;
    uint8_t *keep;
    uint32_t n;
    uint32_t room;  /* of the limit */
    uint16_t *found; /* of its tiles */
    uint16_t *over;
    uint16_t *sent;
    uint16_t *seen;
    uint16_t *part; /* taking part so far */
};

/* Marsaglia's xorshift of 32 bits (13, 17, 5), its state never 0; multiplied, so that the high
 * bits, which decide, depend on all. */
struct draws {
    uint32_t state;
    uint32_t n;
};

static uint32_t stirred(uint32_t state)
{
    state ^= state << 13;
    state ^= state >> 17;
    return state ^ (state << 5);
}

/* Frames in a row begin far from each other: four steps, each of which spreads a difference. */
static struct draws seeded(uint32_t seed, uint32_t frame_counter)
{
    uint32_t state = seed + (frame_counter + 1U) * SPREAD;
    for (uint32_t i = 0; i < 4U; i++) {
        state = stirred(state == 0U ? 1U : state) * SPREAD;
    }
    return (struct draws){state, 0};
}

/* True for `wanted` of `left`, by chance where that is neither none nor all. */
static inline bool is_drawn(struct draws *draws, uint32_t wanted, uint32_t left)
{
    if (wanted == 0U) {
        return false;
    }
    if (wanted == left) {
        return true;
    }
    draws->state = stirred(draws->state);
    draws->n++;
    return (uint32_t)(((uint64_t)(draws->state * SPREAD) * left) >> 32) < wanted;
}

static inline uint32_t at_most(uint32_t value, uint32_t most)
{
    return value < most ? value : most;
}

static inline uint32_t tile_of(const struct sxi_event *event)
{
    const uint32_t row = at_most((uint32_t)event->row >> TILE_SHIFT, SXI_FAIR_TILE_ROWS - 1);
    const uint32_t col = at_most((uint32_t)event->col >> TILE_SHIFT, SXI_FAIR_TILE_COLS - 1);
    return row * SXI_FAIR_TILE_COLS + col;
}

static void clear_tiles(struct sxi_fair *ctx)
{
    (void)memset(ctx->tile_found, 0, sizeof ctx->tile_found);
    (void)memset(ctx->tile_over, 0, sizeof ctx->tile_over);
    (void)memset(ctx->tile_sent, 0, sizeof ctx->tile_sent);
    (void)memset(ctx->tile_seen, 0, sizeof ctx->tile_seen);
    (void)memset(ctx->tile_part, 0, sizeof ctx->tile_part);
}

static void count_tiles(const struct side *side)
{
    for (uint32_t i = 0; i < side->n; i++) {
        side->found[tile_of(&side->events[i])]++;
    }
}

/* Events that take part when no tile has more than `quota`. */
static uint32_t taking_part(const struct side *side, uint32_t quota)
{
    uint32_t sum = 0;
    for (uint32_t t = 0; t < SXI_FAIR_SIDE_TILES; t++) {
        sum += at_most(side->found[t], quota);
    }
    return sum;
}

/* The quota, or the least above it with which the side fills its room; it has that many. */
static uint32_t raised(const struct side *side, uint32_t quota)
{
    uint32_t low = quota;
    uint32_t high = NO_QUOTA;
    while (low < high) { /* 16 times at most */
        const uint32_t middle = (low + high) >> 1;
        if (taking_part(side, middle) < side->room) {
            low = middle + 1U;
        } else {
            high = middle;
        }
    }
    return low;
}

static uint32_t keep_first(const struct side *side)
{
    for (uint32_t i = 0; i < side->n; i++) {
        const bool is_kept = i < side->room;
        side->keep[i] = is_kept ? 1 : 0;
        if (is_kept) {
            side->sent[tile_of(&side->events[i])]++;
        }
    }
    return side->n - side->room;
}

/* Sample each tile down to its quota, and what is left down to the room. Returns what the second
 * of them drops. */
static uint32_t sample(const struct side *side, uint32_t quota, struct draws *draws)
{
    uint32_t left = 0;
    for (uint32_t t = 0; t < SXI_FAIR_SIDE_TILES; t++) {
        const uint32_t part = at_most(side->found[t], quota);
        side->over[t] = (uint16_t)(side->found[t] - part);
        left += part;
    }
    const uint32_t dropped = left - side->room;
    uint32_t wanted = side->room;
    for (uint32_t i = 0; i < side->n; i++) {
        const uint32_t t = tile_of(&side->events[i]);
        const uint32_t tile_left = (uint32_t)side->found[t] - side->seen[t]++;
        const uint32_t tile_wanted = (uint32_t)side->found[t] - side->over[t] - side->part[t];
        side->keep[i] = 0;
        if (!is_drawn(draws, tile_wanted, tile_left)) {
            continue;
        }
        side->part[t]++;
        if (is_drawn(draws, wanted, left)) {
            side->keep[i] = 1;
            side->sent[t]++;
            wanted--;
        }
        left--;
    }
    return dropped;
}

/* How much of the limit each side gets. */
static void share(uint32_t policy, uint32_t limit, struct side *e, struct side *f)
{
    const uint32_t for_f = policy == SXI_FAIR_FAIR ? at_most(f->n, limit >> 1) : 0U;
    e->room = limit - for_f;
    f->room = for_f;
    if (e->n < e->room) {
        e->room = e->n;
        f->room = at_most(f->n, limit - e->n);
    }
}

static struct side side_of(struct sxi_fair *ctx, uint32_t first, const struct sxi_event *events,
                           uint32_t n, uint8_t *keep)
{
    return (struct side){.events = events,
                         .keep = keep,
                         .n = n,
                         .found = ctx->tile_found + first,
                         .over = ctx->tile_over + first,
                         .sent = ctx->tile_sent + first,
                         .seen = ctx->tile_seen + first,
                         .part = ctx->tile_part + first};
}

int32_t sxi_fair_select(struct sxi_fair *ctx, const struct sxi_event *events_e, uint32_t n_e,
                        const struct sxi_event *events_f, uint32_t n_f, uint8_t *keep_e,
                        uint8_t *keep_f)
{
    if (ctx == NULL || events_e == NULL || events_f == NULL || keep_e == NULL || keep_f == NULL ||
        ctx->policy > SXI_FAIR_FAIR || n_e > SXI_FAIR_MAX_EVENTS || n_f > SXI_FAIR_MAX_EVENTS) {
        return SXI_STATUS_PARAM;
    }
    struct side sides[SXI_FAIR_SIDES];
    sides[0] = side_of(ctx, 0, events_e, n_e, keep_e);
    sides[1] = side_of(ctx, SXI_FAIR_SIDE_TILES, events_f, n_f, keep_f);
    share(ctx->policy, ctx->limit, &sides[0], &sides[1]);
    struct draws draws = seeded(ctx->seed, ctx->frame_counter);
    clear_tiles(ctx);
    const bool has_quota = ctx->tile_quota != 0U && ctx->tile_quota < NO_QUOTA;
    for (uint32_t s = 0; s < SXI_FAIR_SIDES; s++) {
        const struct side *side = &sides[s];
        count_tiles(side);
        ctx->tile_limit[s] = NO_QUOTA;
        if (ctx->policy == SXI_FAIR_FLIGHT || side->room >= side->n) {
            ctx->over_limit[s] = keep_first(side);
        } else {
            ctx->tile_limit[s] = has_quota ? raised(side, ctx->tile_quota) : NO_QUOTA;
            ctx->over_limit[s] = sample(side, ctx->tile_limit[s], &draws);
        }
        ctx->found[s] = side->n;
        ctx->sent[s] = side->room;
        ctx->over_tile[s] = side->n - side->room - ctx->over_limit[s];
    }
    ctx->draws = draws.n;
    const uint32_t n_sent = ctx->sent[0] + ctx->sent[1];
    return (int32_t)n_sent;
}
