/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_HUFFMAN_H
#define SXI_HUFFMAN_H

#include <stdint.h>

/* What decoders keep of a table of codes (SPEC.md, section 8.6). The caller gives the memory only. */
struct sxi_huffman {
    uint16_t end[13];    /* codes of up to i bits end here, left-aligned to 12 */
    uint8_t before[13];  /* symbols with shorter codes */
    uint8_t symbols[64]; /* by code */
};

#endif
