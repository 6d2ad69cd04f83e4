/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "ring.h"

#include <stdbool.h>

#include "sxi/sxi.h"

/* Arguments out of the words of a request. */
#define P(i) ((void *)(uintptr_t)args[i])
#define U(i) (args[i])
#define H(i) ((uint16_t)args[i])
#define B(i) ((uint8_t)args[i])

#define FUNCTION(number, version, arity, name, ...) /* D8 */ \
    static uint32_t call_##name(const uint32_t *args)        \
    {                                                        \
        return (uint32_t)name(__VA_ARGS__);                  \
    }
#include "functions.def"
#undef FUNCTION /* D8 */

struct entry {
    struct ring_function told;
    uint32_t (*call)(const uint32_t *args);
    uint32_t (*same)(const uint32_t *args); /* to see that `call` was not hit */
};

#define FUNCTION(number, version, arity, name, ...) \
    {{number, version, arity, #name}, call_##name, call_##name},
static const struct entry functions[] = {
#include "functions.def" /* D8 */
};
#undef FUNCTION /* D8 */

enum {
    N_FUNCTIONS = sizeof functions / sizeof functions[0],
    CRC_SEED = 0xFFFF,
    CRC_WORDS = 4 + RING_MAX_ARGS, /* of the request before its crc */
    REPLY_WORDS = 8                /* sequence, done, status, result, trap */
};

static uint32_t address_of(const volatile void *p)
{
    return (uint32_t)(uintptr_t)p; /* D5 */
}

static uint32_t crc_of(const uint32_t *words, uint32_t n)
{
    uint16_t crc = CRC_SEED;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t w = words[i];
        const uint8_t bytes[4] = {(uint8_t)(w >> 24), (uint8_t)(w >> 16), (uint8_t)(w >> 8),
                                  (uint8_t)w};
        crc = sxi_crc16(crc, bytes, sizeof bytes);
    }
    return crc;
}

void ring_open(struct ring_page *page, uint32_t n_rings)
{
    *page = (struct ring_page){
        .layout = RING_LAYOUT,
        .n_rings = n_rings,
        .n_slots = RING_SLOTS,
        .slot_bytes = sizeof page->slot[0],
        .slots = address_of(page->slot),
        .functions = address_of(page->function),
        .n_functions = N_FUNCTIONS,
        .function_bytes = sizeof page->function[0],
        .arena = RING_ARENA,
        .arena_bytes = RING_ARENA_BYTES,
    };
    for (uint32_t i = 0; i < N_FUNCTIONS; i++) {
        page->function[i] = functions[i].told;
    }
    *(volatile uint32_t *)&page->magic = RING_MAGIC;
}

static uint32_t reply_crc(uint32_t sequence, uint32_t status, uint32_t result,
                          const struct ring_trap *trap)
{
    const uint32_t words[REPLY_WORDS] = {sequence,   sequence, status,    result,
                                         trap->type, trap->pc, trap->npc, trap->psr};
    return crc_of(words, REPLY_WORDS);
}

static void reply(volatile struct ring_page *page, uint32_t ring, uint32_t at, uint32_t sequence,
                  enum ring_status status, uint32_t result, const struct ring_trap *trap)
{
    volatile struct ring_state *state = &page->state[ring];
    volatile struct ring_slot *slot = &page->slot[ring * RING_SLOTS + at];
    slot->status = status;
    slot->result = result;
    slot->trap.type = trap->type;
    slot->trap.pc = trap->pc;
    slot->trap.npc = trap->npc;
    slot->trap.psr = trap->psr;
    slot->reply_crc = reply_crc(sequence, status, result, trap);
    state->next = state->next == at ? (at + 1U) % RING_SLOTS : state->next;
    state->served++;
    state->busy = 0;
    slot->done = sequence;
}

/* Was the request in a slot answered before, and `done` lost since? */
static bool is_answered(const volatile struct ring_slot *slot)
{
    const struct ring_trap trap = {slot->trap.type, slot->trap.pc, slot->trap.npc, slot->trap.psr};
    return reply_crc(slot->sequence, slot->status, slot->result, &trap) == slot->reply_crc;
}

/* The slot whose request is next, RING_SLOTS where none waits. Every slot is looked at whatever
 * `next` says: a page that was hit must not part client and server for ever. */
static uint32_t posted(const volatile struct ring_page *page, uint32_t ring)
{
    const uint32_t next = page->state[ring].next;
    for (uint32_t i = 0; i < RING_SLOTS; i++) {
        const uint32_t at = (next + i) % RING_SLOTS;
        const volatile struct ring_slot *slot = &page->slot[ring * RING_SLOTS + at];
        if (slot->sequence != slot->done) {
            return at;
        }
    }
    return RING_SLOTS;
}

/* The entry of a function, proven to be as it was built. */
static enum ring_status look_up(const volatile struct ring_page *page, const uint32_t *request,
                                const struct entry **found)
{
    for (uint32_t i = 0; i < N_FUNCTIONS; i++) {
        const struct ring_function *told = &functions[i].told;
        if (told->number != request[1]) {
            continue;
        }
        const volatile struct ring_function *again = &page->function[i];
        const volatile struct entry *entry = &functions[i];
        *found = &functions[i];
        if (told->number != again->number || told->version != again->version ||
            told->arity != again->arity || entry->call != entry->same) {
            return RING_DAMAGED;
        }
        if (told->version != request[2]) {
            return RING_VERSION;
        }
        return told->arity != request[3] ? RING_ARITY : RING_CALLED;
    }
    return RING_UNKNOWN;
}

static void answer(volatile struct ring_page *page, uint32_t ring, uint32_t at)
{
    static const struct ring_trap none = {0, 0, 0, 0};
    volatile struct ring_slot *slot = &page->slot[ring * RING_SLOTS + at];
    /* a copy: what is checked is what is called */
    uint32_t request[CRC_WORDS];
    request[0] = slot->sequence;
    request[1] = slot->function;
    request[2] = slot->version;
    request[3] = slot->n_args;
    for (uint32_t i = 0; i < RING_MAX_ARGS; i++) {
        request[4U + i] = slot->args[i];
    }
    if (is_answered(slot)) {
        slot->done = request[0];
        return;
    }
    const struct entry *found = &functions[0];
    enum ring_status status = RING_CRC;
    uint32_t result = 0;
    if (crc_of(request, CRC_WORDS) == slot->crc) {
        status = look_up(page, request, &found);
    }
    if (status == RING_CALLED) {
        page->state[ring].next = at;
        page->state[ring].busy = 1;
        result = ring_call(found->call, &request[4]); /* D14 */
    }
    reply(page, ring, at, request[0], status, result, &none);
}

void ring_trapped(volatile struct ring_page *page, uint32_t ring, const struct ring_trap *trap)
{
    page->state[ring].trapped++;
    const uint32_t at = posted(page, ring);
    if (at < RING_SLOTS) {
        const uint32_t sequence = page->slot[ring * RING_SLOTS + at].sequence;
        reply(page, ring, at, sequence, RING_TRAPPED, 0, trap);
    }
}

void ring_serve(volatile struct ring_page *page, uint32_t ring)
{
    for (;;) {
        const uint32_t at = posted(page, ring);
        if (at < RING_SLOTS) {
            answer(page, ring, at);
        } else {
            ring_idle();
        }
    }
}
