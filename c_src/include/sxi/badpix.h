/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_BADPIX_H
#define SXI_BADPIX_H

#include <stdint.h>

#include "sxi/status.h"

/* The bad-pixel masks: one a node, 639 rows x 384 columns of one bit, row-major, most
 * significant bit first (SMILE calibration file; MRAM 0x40644C00 and 3 more, 0x8000 apart).
 * The pixels fill the bytes: none is left over.
 * Row 10, column 20 is bit 0x08 of byte 482.
 */
enum sxi_badpix_size { SXI_BADPIX_BYTES = 30672 };

/* Is a pixel bad? 1 yes, 0 no. A pixel outside the node is bad (ASSUMED).
 * PARAM: mask is NULL or mask_len is not SXI_BADPIX_BYTES. */
int32_t sxi_badpix_test(const uint8_t *mask, uint32_t mask_len, uint32_t row, uint32_t col);

/* Mark (bad != 0) or clear a pixel.
 * PARAM: as above, or the pixel is outside the node. */
enum sxi_status sxi_badpix_set(uint8_t *mask, uint32_t mask_len, uint32_t row, uint32_t col,
                               uint32_t bad);

/* Number of bad pixels in the mask, or PARAM as above. */
int32_t sxi_badpix_count(const uint8_t *mask, uint32_t mask_len);

#endif
