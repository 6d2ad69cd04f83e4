/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "sxi/grade.h"

#include <stddef.h>

#include "sxi/edu.h"
#include "window.h"

/* Sets of window pixels: bit 5 (dr+2) + (dc+2). One step along a row is a shift by 1, along a
 * column by 5; from the ring no step leaves the window. */
enum {
    ROW = 5,
    CORNERS = 0x50140, /* 6, 8, 16, 18 */
    EDGES = 0x22880,   /* 7, 11, 13, 17 */
    OUTER = 0x1F8C63F, /* the 25 without ring and centre */
    SIDES = 4,
    SQUARE = 6, /* ASCA grade of L shapes and squares */
    OTHER = 7,
    PILED = 11,
    TOUCHED = 10,
    ALONE = 9,
    INVALID = 13
};

static const uint8_t edge[SIDES] = {7, 11, 13, 17};
static const uint8_t diagonal[SIDES] = {6, 8, 16, 18};

/* By flight grade: the ASCA grade in the low half, the shape of the EPIC-pn pattern in the high
 * one. ASCA grades follow what hangs together with the centre by sides: 0 nothing and no corner
 * above, 1 nothing, 2 3 4 an edge, 5 an edge and one corner, 6 two edges around a corner, 7 else.
 * Patterns are exact: nothing above beside the shape. */
static const uint8_t grades[256] = {
    0x00, 0xD1, 0x32, 0xD5, 0xD1, 0xD1, 0xD5, 0xD7, 0x43, 0xD5, 0x86, 0xC6, 0xD3, 0xD5, 0xD7, 0xD7,
    0x24, 0xD4, 0x76, 0xD7, 0xD5, 0xD5, 0xB6, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7,
    0xD1, 0xD1, 0xD2, 0xD5, 0xD1, 0xD1, 0xD5, 0xD7, 0xD5, 0xD7, 0xD7, 0xD7, 0xD5, 0xD7, 0xD7, 0xD7,
    0xD4, 0xD4, 0xD6, 0xD7, 0xD5, 0xD5, 0xD6, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7,
    0x12, 0xD2, 0xD7, 0xD7, 0xD2, 0xD2, 0xD7, 0xD7, 0x56, 0xD7, 0xD7, 0xD7, 0xD6, 0xD7, 0xD7, 0xD7,
    0x66, 0xD6, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7,
    0xD5, 0xD5, 0xD7, 0xD7, 0xD5, 0xD5, 0xD7, 0xD7, 0x96, 0xD7, 0xD7, 0xD7, 0xD6, 0xD7, 0xD7, 0xD7,
    0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7,
    0xD1, 0xD1, 0xD2, 0xD5, 0xD1, 0xD1, 0xD5, 0xD7, 0xD3, 0xD5, 0xD6, 0xD6, 0xD3, 0xD5, 0xD7, 0xD7,
    0xD5, 0xD5, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7,
    0xD1, 0xD1, 0xD2, 0xD5, 0xD1, 0xD1, 0xD5, 0xD7, 0xD5, 0xD7, 0xD7, 0xD7, 0xD5, 0xD7, 0xD7, 0xD7,
    0xD5, 0xD5, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7,
    0xD5, 0xD5, 0xD7, 0xD7, 0xD5, 0xD5, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7,
    0xA6, 0xD6, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7,
    0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7,
    0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7, 0xD7,
};

/* Window pixels in raster order: where each stands in the packet, and from which height above the
 * background it counts [ADU]; the centre always does. */
struct layout {
    uint8_t place[SXI_FEE_WINDOW_PIXELS];
    uint16_t split[SXI_FEE_WINDOW_PIXELS];
};

/* What the sums and shapes of one event need. */
struct charge {
    uint32_t above;  /* set: pixels from their threshold on */
    uint32_t near;   /* set: corners beside an edge above */
    uint32_t framed; /* set: corners between two edges above */
    uint32_t code;
    int32_t centre;
    uint32_t saturated;
};

/* Window index in packet order of a pixel of a set. */
static uint32_t place(uint32_t k, uint32_t window_order)
{
    if (window_order == SXI_WINDOW_RASTER) {
        return k;
    }
    return WINDOW_SIDE * (WINDOW_SIDE - 1U - k % WINDOW_SIDE) + k / WINDOW_SIDE;
}

static void look(const struct sxi_grader *ctx, const struct sxi_event *event,
                 const struct layout *layout, uint32_t background, struct charge *out)
{
    uint32_t above = 0;
    uint32_t highest = 0;
    for (uint32_t k = 0; k < SXI_FEE_WINDOW_PIXELS; k++) {
        const uint32_t pixel = event->pixels[layout->place[k]];
        above |= (pixel >= background + layout->split[k] ? 1U : 0U) << k;
        highest = pixel > highest ? pixel : highest;
    }
    const uint32_t edges = above & EDGES;
    const uint32_t beside = edges << 1 | edges >> 1;
    const uint32_t over = edges << ROW | edges >> ROW;
    out->above = above;
    out->near = (beside | over) & above & CORNERS;
    out->framed = beside & over & above & CORNERS;
    out->code = (above >> 6 & 7U) | (above >> 8 & 8U) | (above >> 9 & 16U) | (above >> 11 & 0xE0U);
    out->centre = (int32_t)event->pixels[SXI_FEE_WINDOW_CENTRE] - (int32_t)background;
    out->saturated = ctx->saturation != 0U && highest >= ctx->saturation ? 1U : 0U;
}

static uint32_t xis_grade(uint32_t asca, uint32_t touches)
{
    if (asca == OTHER) {
        return touches != 0U ? OTHER : ALONE;
    }
    return asca >= 2U && touches != 0U ? TOUCHED : asca;
}

static uint8_t bits_in(uint32_t set)
{
    uint8_t n = 0;
    while (set != 0U) {
        set &= set - 1U;
        n++;
    }
    return n;
}

/* Pulse heights; 1 where the corner of a square is larger than both of its edges. */
static uint32_t add_up(const struct charge *charge, const struct sxi_event *event,
                       const uint8_t *places, uint32_t background, struct sxi_grade *out)
{
    const uint32_t asca_corners = out->asca == SQUARE ? charge->framed : 0U;
    int32_t acis = charge->centre;
    int32_t largest = -65536; /* below any height */
    int32_t corner = largest;
    for (uint32_t i = 0; i < SIDES; i++) {
        const int32_t height = (int32_t)event->pixels[places[edge[i]]] - (int32_t)background;
        if ((charge->above >> edge[i] & 1U) != 0U) {
            acis += height;
            largest = height > largest ? height : largest;
        }
    }
    int32_t asca = acis;
    int32_t all = acis;
    for (uint32_t i = 0; i < SIDES; i++) {
        const uint32_t bit = charge->above & 1U << diagonal[i];
        const int32_t height = (int32_t)event->pixels[places[diagonal[i]]] - (int32_t)background;
        all += bit != 0U ? height : 0;
        acis += (bit & charge->near) != 0U ? height : 0;
        if ((bit & asca_corners) != 0U) {
            asca += height;
            corner = height;
        }
    }
    out->pha_acis = acis;
    out->pha_asca = asca;
    out->pha_ring = all;
    return corner > largest ? 1U : 0U;
}

static void grade(const struct sxi_grader *ctx, const struct sxi_event *event,
                  const struct layout *layout, struct sxi_grade *out)
{
    const uint32_t background = ctx->background_mode == SXI_GRADE_LOCAL
                                    ? window_background(event)
                                    : ctx->background;
    struct charge charge;
    look(ctx, event, layout, background, &charge);
    const uint32_t own = (charge.above & EDGES) | charge.framed;
    const uint32_t reach = own << 1 | own >> 1 | own << ROW | own >> ROW;
    const uint32_t outer = charge.above & OUTER;
    const uint32_t touches = (reach & outer) != 0U ? 1U : 0U;
    const uint32_t shape = (uint32_t)grades[charge.code] >> 4;

    out->code = (uint8_t)charge.code;
    out->asca = grades[charge.code] & 15U;
    out->n_ring = bits_in(charge.code);
    out->n_outer = bits_in(outer);
    out->pattern = (uint8_t)(shape != 0U && outer != 0U ? (uint32_t)INVALID : shape);
    out->flags = (uint8_t)(touches * SXI_GRADE_TOUCHES + charge.saturated * SXI_GRADE_SATURATED);
    out->spare = 0;
    out->background = background;
    const uint32_t piled = add_up(&charge, event, layout->place, background, out);
    out->xis = (uint8_t)(piled != 0U ? (uint32_t)PILED : xis_grade(out->asca, touches));
}

int32_t sxi_grade_events(struct sxi_grader *ctx, const struct sxi_event *events, uint32_t n,
                         struct sxi_grade *out, uint32_t out_len)
{
    if (ctx == NULL || events == NULL || out == NULL || n > INT32_MAX) {
        return SXI_STATUS_PARAM;
    }
    if (ctx->background_mode > SXI_GRADE_LOCAL || ctx->window_order > SXI_WINDOW_SIMULATOR) {
        return SXI_STATUS_PARAM;
    }
    if (out_len < n) {
        return SXI_STATUS_ROOM;
    }
    struct layout layout;
    for (uint32_t k = 0; k < SXI_FEE_WINDOW_PIXELS; k++) {
        layout.place[k] = (uint8_t)place(k, ctx->window_order);
        layout.split[k] = ctx->outer;
    }
    for (uint32_t i = 0; i < SIDES; i++) {
        layout.split[edge[i]] = ctx->split;
        layout.split[diagonal[i]] = ctx->split;
    }
    for (uint32_t i = 0; i < n; i++) {
        grade(ctx, &events[i], &layout, &out[i]);
        ctx->n_asca[out[i].asca]++;
        ctx->n_xis[out[i].xis]++;
        ctx->n_pattern[out[i].pattern]++;
    }
    return (int32_t)n;
}
