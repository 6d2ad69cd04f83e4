/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_ROWS_TAKE_H
#define SXI_ROWS_TAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "rows_common.h"
#include "sxi/rows.h"

/* Bodies of packets of codes: apart from what tells packets from each other, so that their
 * decoder is on the stack with nothing but them. */

/* Lengths of a model's codes, two a byte. */
static inline void rows_load_lengths(const uint8_t *two, uint8_t *lengths)
{
    for (uint32_t i = 0; i < ROWS_LENGTHS_BYTES; i++) {
        lengths[2U * i] = (uint8_t)((uint32_t)two[i] >> 4);
        lengths[2U * i + 1U] = (uint8_t)(two[i] & 15U);
    }
}

/* Are they those of a code? */
bool rows_lengths_good(const uint8_t *two);

/* The columns' means of a model, n of them; unchanged where something is wrong. */
enum sxi_status rows_take_columns(struct sxi_rows_decoder *ctx, uint32_t n, uint32_t table,
                                  const uint8_t *body, uint32_t len);

/* Samples of lines. */
enum sxi_status rows_take_lines(struct sxi_rows_decoder *ctx, const struct sxi_rows_packet *p,
                                const uint8_t *body, uint32_t len, uint16_t *out);

/* Values of a line to samples, in place; above: the line before in this packet, or NULL. */
void rows_restore(const struct sxi_rows_decoder *ctx, const struct sxi_rows_packet *p, uint16_t *x,
                  uint32_t n, const uint16_t *above);

#endif
