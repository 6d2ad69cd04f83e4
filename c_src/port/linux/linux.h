/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_PORT_LINUX_H
#define SXI_PORT_LINUX_H

#include <stdint.h>

/* Where the mapped file goes, and how much of it. */
uint32_t linux_ring_address(void);
uint32_t linux_ring_bytes(void);

/* Serve the ring for ever. */
void linux_serve(void);

#endif
