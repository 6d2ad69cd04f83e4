/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_EVENTS_COMMON_H
#define SXI_EVENTS_COMMON_H

#include <stdint.h>

#include "bytes.h"
#include "sxi/aec.h"
#include "sxi/events.h"

/* What coder and decoder of events share: SPEC.md, section 8.8. */
enum {
    EVENTS_MARK = 0xC8, /* first byte of a packet, the kind added */
    EVENT_BYTES = SXI_EVENTS_EVENT_BYTES,
    EVENT_WORDS = 32,
    EVENT_PIXELS = 25,
    EVENTS_PITCH = 384, /* columns, for positions as one number */
    GAP_ESCAPE = 16, /* ones in place of a gap: a run begins */
    GAP_MOST_K = 24,
    SEQUENCE_MOST_K = 6,
    SEQUENCE_CONSECUTIVE = 7, /* all gaps are 1 */
    NUMBER_WIDE = 15          /* a number of 15 or 16 bits */
};

/* Words of an event packet. */
enum {
    WORD_ADDRESS = 0,
    WORD_LENGTH = 1,
    WORD_TYPE = 2,
    WORD_FRAME = 3,
    WORD_SEQUENCE = 4,
    WORD_COL = 5,
    WORD_ROW = 6,
    WORD_PIXELS = 7
};

enum { CLASS_OUTER = 0, CLASS_CORNER = 1, CLASS_SIDE = 2, CLASS_CENTRE = 3 };

/* What is taken to be before a packet's first event: an event's header, nothing else. */
static inline const uint8_t *no_event(void)
{
    static const uint8_t header[2 * WORD_COL] = {0x50, 0xF0, 0, 0x36, 0, 0, 0, 0, 0xFF, 0xFF};
    return header;
}

/* The class of a pixel of a window; both orders of pixels have it alike. */
static inline uint32_t class_of(uint32_t pixel)
{
    static const uint8_t classes[EVENT_PIXELS] = {0, 0, 0, 0, 0, 0, 1, 2, 1, 0, 0, 2, 3,
                                                  2, 0, 0, 1, 2, 1, 0, 0, 0, 0, 0, 0};
    return classes[pixel];
}

/* The side pixels of a window, 0..3. */
static inline uint32_t side_pixel(uint32_t side)
{
    static const uint8_t sides[4] = {7, 11, 13, 17};
    return sides[side];
}

static inline uint32_t event_word(const uint8_t *event, uint32_t word)
{
    return load16_be(event + 2U * word);
}

/* Where an event is, in raster order. */
static inline uint32_t event_position(const uint8_t *event)
{
    return event_word(event, WORD_ROW) * EVENTS_PITCH + event_word(event, WORD_COL);
}

static inline uint32_t sequence_gap_of(const uint8_t *event, const uint8_t *before)
{
    return (event_word(event, WORD_SEQUENCE) - event_word(before, WORD_SEQUENCE) - 1U) & 0xffffU;
}

static inline struct sxi_aec events_aec(void)
{
    const struct sxi_aec params = {
        .bits = 16, .block_size = 16, .rsi = 128, .flags = SXI_AEC_PREPROCESS};
    return params;
}

#endif
