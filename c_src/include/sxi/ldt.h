/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_LDT_H
#define SXI_LDT_H

#include <stdint.h>

#include "sxi/interface.h"
#include "sxi/pus.h"
#include "sxi/status.h"

/* Large data transfer, PUS service 13: an SDU goes down in parts (MIB DownFirstRep ..
 * DownAbortRep; ground pipeline).
 *
 * Source data of (13,1) first, (13,2) intermediate, (13,3) last:
 *   0 SDU id | 1..2 sequence number from 1 | 3..4 length of the part | 5.. part
 * A transfer of one part is a (13,1) alone. (13,4) abort: SDU id, spare, u16 reason.
 */
enum sxi_ldt_size {
    SXI_LDT_HEADER_BYTES = 5,
    SXI_LDT_MAX_PART = 861,
    SXI_LDT_MAX_PARTS = 65535
};

enum sxi_ldt_sdu { SXI_LDT_SDU_FRAMES = 1 /* ED, FT, UV */, SXI_LDT_SDU_FULL_FRAME = 2 };

/* Sender: hands out one telemetry packet after the other. */
struct sxi_ldt_tx {
    const uint8_t *data; /* borrowed until the transfer ends */
    uint32_t size;
    uint32_t offset;  /* bytes already handed out */
    uint32_t part;    /* bytes of every part but the last, 1..861 */
    uint16_t number;  /* sequence number of the next part */
    uint8_t sdu_id;
    uint8_t active;
};

/* Begin a transfer. part: bytes a packet, 1..SXI_LDT_MAX_PART.
 * PARAM: NULL, an unknown SDU id, size 0, or more than SXI_LDT_MAX_PARTS parts. */
enum sxi_status sxi_ldt_tx_init(struct sxi_ldt_tx *tx, uint8_t sdu_id, const uint8_t *data,
                                uint32_t size, uint32_t part);

/* Write the next packet. tm gives APID, count, destination and time; type and subtype are
 * set here.
 *
 * Returns the packet's bytes, 0 when the transfer has ended, or PARAM, ROOM (then the
 * same packet comes again next time).
 */
int32_t sxi_ldt_tx_next(struct sxi_ldt_tx *tx, struct sxi_pus_tm *tm, uint8_t *out,
                        uint32_t out_len);

/* End the transfer early with a (13,4). The bytes of the packet, or PARAM, ROOM, or
 * SEQUENCE when none is under way. */
int32_t sxi_ldt_tx_abort(struct sxi_ldt_tx *tx, uint16_t reason, struct sxi_pus_tm *tm,
                         uint8_t *out, uint32_t out_len);

/* Receiver of one SDU id. */
struct sxi_ldt_rx {
    uint8_t *buf; /* the caller's */
    uint32_t room;
    uint32_t size;   /* bytes received of the transfer under way */
    uint16_t number; /* last sequence number; 0: none under way */
    uint8_t sdu_id;
};

enum sxi_ldt_event { SXI_LDT_MORE = 0, SXI_LDT_COMPLETE = 1, SXI_LDT_ABORTED = 2 };

/* PARAM: NULL, an unknown SDU id, room beyond INT32_MAX. */
enum sxi_status sxi_ldt_rx_init(struct sxi_ldt_rx *rx, uint8_t sdu_id, uint8_t *buf,
                                uint32_t room);

/* Take the source data of one (13,1..4) packet.
 *
 * Returns an enum sxi_ldt_event: MORE is to come; COMPLETE: rx->size bytes are whole, the
 * next packet must be a first; ABORTED: the transfer is over, rx->size bytes had come. Or
 * PARAM     NULL, or an unknown subtype
 * SHORT     less than a part's header, or than the part it announces
 * LENGTH    more than the part it announces, or an empty part
 * FORMAT    another SDU id
 * SEQUENCE  a first while a transfer is under way (see sxi_ldt_rx_end), a part that does
 *           not follow the last one, or an abort of nothing
 * ROOM      the part does not fit
 * After an error the transfer stands as before the call: the caller may go on with the
 * part that belongs there, or end it.
 */
int32_t sxi_ldt_rx_push(struct sxi_ldt_rx *rx, uint8_t subtype, const uint8_t *source,
                        uint32_t len);

/* End the transfer under way: what came is in rx->buf, its size is returned, 0 when there
 * is none. A transfer of one part (number is 1) is whole if its content says so. */
int32_t sxi_ldt_rx_end(struct sxi_ldt_rx *rx);

#endif
