/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>

#include "linux.h"
#include "ring.h"

/* Start-up with a C library: map the file that the first argument names and serve the ring. */
int main(int argc, char **argv)
{
    const int file = argc == 2 ? open(argv[1], O_RDWR) : -1;
    void *where = (void *)(uintptr_t)linux_ring_address();
    if (file < 0 || mmap(where, linux_ring_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                         file, 0) != where) {
        fputs("no memory file\n", stderr);
        return 1;
    }
    linux_serve();
    return 0;
}

void ring_idle(void)
{
    (void)sched_yield();
}
