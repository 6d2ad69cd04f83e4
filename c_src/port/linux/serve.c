/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "ring.h"

#include "linux.h"

/* The server as a Linux process, whose memory from the ring on is a mapped file. A trap ends
 * the process: there is nothing here to report it. */
uint32_t linux_ring_address(void)
{
    return RING_ADDRESS;
}

uint32_t linux_ring_bytes(void)
{
    return RING_ARENA - RING_ADDRESS + RING_ARENA_BYTES;
}

void linux_serve(void)
{
    struct ring_page *page = (struct ring_page *)(uintptr_t)RING_ADDRESS;
    ring_open(page, 1);
    ring_serve(page, 0);
}

uint32_t ring_call(uint32_t (*call)(const uint32_t *args), const uint32_t *args)
{
    return call(args);
}

uint32_t ring_misbehave(uint32_t kind)
{
    return kind;
}
