/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_CRC_H
#define SXI_CRC_H

#include <stdint.h>

/* CRC-16/CCITT-FALSE: polynomial 0x1021, most significant bit first, no final xor
 * (ECSS-E-ST-70-41C annex B; packet error control of PUS packets).
 *
 * seed: 0xFFFF for a new message, or the value returned for its first part.
 * Over a message followed by its own CRC (big-endian) the result is 0.
 * data may be NULL when len is 0. Time O(len).
 */
uint16_t sxi_crc16(uint16_t seed, const uint8_t *data, uint32_t len);

/* RMAP CRC-8: polynomial x^8+x^2+x+1, bit-reflected, no final xor
 * (ECSS-E-ST-50-52C annex A).
 *
 * seed: 0 for a new message, or the value returned for its first part.
 */
uint8_t sxi_crc8(uint8_t seed, const uint8_t *data, uint32_t len);

#endif
