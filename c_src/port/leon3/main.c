/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "ring.h"

/* The server on a bare LEON3. start.S calls these and supplies ring_call(). */
void leon3_main(uint32_t processor);
void leon3_trapped(uint32_t type, uint32_t pc, uint32_t npc, uint32_t psr, uint32_t processor);
uint32_t leon3_processors(void);
void leon3_wake_others(uint32_t n_processors);
void leon3_lose_stack(void);

static struct ring_page *page(void)
{
    return (struct ring_page *)(uintptr_t)RING_ADDRESS; /* D5 */
}

void leon3_main(uint32_t processor) /* D9 */
{
    if (processor == 0U) {
        const uint32_t there = leon3_processors();
        const uint32_t n = there < RING_MAX_RINGS ? there : RING_MAX_RINGS;
        ring_open(page(), n);
        leon3_wake_others(n);
    }
    if (processor < RING_MAX_RINGS) {
        ring_serve(page(), processor);
    }
}

void leon3_trapped(uint32_t type, uint32_t pc, uint32_t npc, uint32_t psr, /* D9 */
                   uint32_t processor)
{
    const struct ring_trap trap = {type, pc, npc, psr};
    ring_trapped(page(), processor, &trap);
    ring_serve(page(), processor);
}

void ring_idle(void)
{
}

/* volatile, so that the compiler does not see what is wrong and do it right */
static uint32_t word_at(uint32_t where)
{
    const volatile uint32_t address = where;
    return *(volatile const uint32_t *)(uintptr_t)address; /* D5 */
}

uint32_t ring_misbehave(uint32_t kind)
{
    switch (kind) {
    case RING_MISALIGNED:
        return word_at(RING_ARENA + 1U);
    case RING_ILLEGAL:
        __asm__ volatile("unimp 0");
        return 0;
    case RING_WINDOW:
        leon3_lose_stack();
        return 0;
    case RING_DIVISION: {
        const volatile uint32_t divisor = 0;
        return kind / divisor; /* D7 */
    }
    case RING_SILENT:
        for (;;) {
            ring_idle();
        }
    default: /* D7 */
        return kind;
    }
}
