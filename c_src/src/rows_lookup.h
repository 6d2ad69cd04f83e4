/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_ROWS_LOOKUP_H
#define SXI_ROWS_LOOKUP_H

#include <stdint.h>

#include "sxi/huffman.h"

/* Elements of a lookup by the next 11 bits: a direct symbol in 6 bits, another that follows it in
 * 6 or NO_SYMBOL, bits of their codes in 4; 0 where the first is not direct, or longer. */
enum { LOOKUP_BITS = 11, NO_SYMBOL = 63, SYMBOL_MASK = 63, SECOND = 6, BITS = 12 };

/* A lookup of SXI_ROWS_LOOKUP elements for codes of these lengths and their decoder. */
void rows_make_lookup(uint16_t *lookup, const uint8_t *lengths, const struct sxi_huffman *decoder);

#endif
