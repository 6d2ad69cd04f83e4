/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_INTERFACE_H
#define SXI_INTERFACE_H

/* Numbers of the interface of the SXI software (MIB v1.8.1).
 * Written by tools/interface_header.py. */
enum sxi_interface {
    SXI_PUS_APID = 321,
    SXI_PUS_TM_MAX_BYTES = 886,
    SXI_PUS_SYNC = 5,
    SXI_PUS_UNSYNC = 0,
    SXI_LDT_SERVICE = 13,
    SXI_LDT_FIRST = 1,
    SXI_LDT_INTERMEDIATE = 2,
    SXI_LDT_LAST = 3,
    SXI_LDT_ABORT = 4
};

#endif
