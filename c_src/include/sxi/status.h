/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_STATUS_H
#define SXI_STATUS_H

/* What a flight function reports. Zero is success, every failure is negative, so
 * that a counting function can return either a count or one of these.
 * The numbers go into housekeeping: they never change and are never reused.
 */
enum sxi_status {
    SXI_STATUS_OK = 0,
    SXI_STATUS_PARAM = -1,    /* an argument is NULL or outside its range */
    SXI_STATUS_ROOM = -2,     /* the output does not fit the caller's buffer */
    SXI_STATUS_SHORT = -3,    /* the input ends before its content does */
    SXI_STATUS_FORMAT = -4,   /* a field holds a value that it may not hold */
    SXI_STATUS_LENGTH = -5,   /* a length field disagrees with the size at hand */
    SXI_STATUS_CRC = -6,      /* a checksum does not match */
    SXI_STATUS_SEQUENCE = -7, /* out of order, repeated, or not expected now */
    SXI_STATUS_RANGE = -8     /* a sample does not fit its stated width */
};

#endif
