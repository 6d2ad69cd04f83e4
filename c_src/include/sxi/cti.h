/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_CTI_H
#define SXI_CTI_H

#include <stdint.h>

#include "sxi/status.h"

/* Thresholds by row that follow the charge lost on the way to the readout, beyond flight
 * (ASSUMED A84). The charge of row r arrives after (r + 1) * transfers transfers, row 0 being
 * the one next to the readout, with a fraction `loss` lost in each:
 *
 *   T(r) = threshold * (1 - loss)^((r + 1) * transfers)
 *
 * computed in 1/65536 ADU, the loss of a transfer rounded down, T(r) to the nearest ADU, a half
 * up. So T is never too low, and at most 1/65536 ADU a transfer too high before that rounding.
 */
enum sxi_cti_limit { SXI_CTI_TRANSFERS = 64 };

/* threshold: [ADU] 0..65535 of charge that is not moved
 * loss:      of a transfer [2^-32]; 42,950 is 1e-5
 * transfers: of a row, 1..SXI_CTI_TRANSFERS: 6 where 6 rows are binned into one
 * least:     [ADU] 0..65535: no threshold becomes lower than this and `threshold`, whichever is
 *            lower; noise does not fade with the charge
 * out:       out_len thresholds [ADU], one a row, never rising with it; at most 65,535
 *
 * PARAM  NULL, or out of range
 * Time O(out_len * transfers). Stack <= 128 bytes. */
enum sxi_status sxi_cti_thresholds(uint32_t threshold, uint32_t loss, uint32_t transfers,
                                   uint32_t least, uint16_t *out, uint32_t out_len);

#endif
