/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_PUS_H
#define SXI_PUS_H

#include <stdint.h>

#include "sxi/interface.h"
#include "sxi/status.h"

/* PUS-A telemetry packets as tailored for SMILE (MIB v1.8.1; EID-1298).
 *
 *   0..1 version 0, TM, secondary header, APID | 2..3 sequence flags 3, count
 *   4..5 packet length - 7 | 6 0x10 | 7 type | 8 subtype | 9 destination id
 *   10..13 seconds since 2018-01-01 UTC | 14..16 microseconds (not a binary fraction)
 *   17 synchronisation: 5 yes, 0 no | 18.. source data | CRC-16 over all before
 */
enum sxi_pus_size {
    SXI_PUS_TM_HEADER_BYTES = 18,
    SXI_PUS_TM_MAX_DATA = 866 /* source data */
};

struct sxi_pus_tm {
    uint16_t apid;    /* 0..2047 */
    uint16_t count;   /* 0..16383; one counter for each APID and destination */
    uint8_t type;
    uint8_t subtype;
    uint8_t destination;
    uint8_t sync;     /* SXI_PUS_SYNC or SXI_PUS_UNSYNC */
    uint32_t coarse;  /* [s] */
    uint32_t fine_us; /* [us] 0..999999 */
};

/* Write one packet around source data.
 *
 * data may lie in out where it belongs already (out + 18); else it must not overlap out.
 *
 * Returns the packet's bytes (data_len + 20), or
 * PARAM  NULL, a field beyond its range, or more than SXI_PUS_TM_MAX_DATA bytes
 * ROOM   out_len too small
 */
int32_t sxi_pus_tm_store(const struct sxi_pus_tm *tm, const uint8_t *data, uint32_t data_len,
                         uint8_t *out, uint32_t out_len);

/* Read and check one whole packet. Spare bits and the values of destination and sync are not
 * checked.
 *
 * Returns the bytes of its source data, which begin at packet + 18, or
 * PARAM  NULL
 * SHORT  fewer bytes than the smallest packet (20)
 * FORMAT not a version 0 telemetry packet with a PUS-A secondary header, sequence flags
 *        not 3, or microseconds beyond 999,999
 * LENGTH the length field disagrees with len, or len is above 886
 * CRC    the packet error control does not match (checked after the length)
 */
int32_t sxi_pus_tm_load(struct sxi_pus_tm *tm, const uint8_t *packet, uint32_t len);

#endif
