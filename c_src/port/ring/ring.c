#include "ring.h"

#include "sxi/sxi.h"

/* Arguments out of the words of a request. */
#define P(i) ((void *)(uintptr_t)args[i])
#define U(i) (args[i])
#define H(i) ((uint16_t)args[i])
#define B(i) ((uint8_t)args[i])

#define FUNCTION(number, version, arity, name, ...)  \
    static uint32_t call_##name(const uint32_t *args) \
    {                                                 \
        return (uint32_t)name(__VA_ARGS__);           \
    }
#include "functions.def"
#undef FUNCTION

struct entry {
    struct ring_function told;
    uint32_t (*call)(const uint32_t *args);
};

#define FUNCTION(number, version, arity, name, ...) \
    {{number, version, arity, #name}, call_##name},
static const struct entry functions[] = {
#include "functions.def"
};
#undef FUNCTION

enum {
    N_FUNCTIONS = sizeof functions / sizeof functions[0],
    CRC_SEED = 0xFFFF,
    CRC_WORDS = 4 + RING_MAX_ARGS, /* of the request before its crc */
    REPLY_WORDS = 8                /* sequence, done, status, result, trap */
};

static uint32_t address_of(const volatile void *p)
{
    return (uint32_t)(uintptr_t)p;
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

static void reply(volatile struct ring_page *page, uint32_t ring, uint32_t status, uint32_t result,
                  const struct ring_trap *trap)
{
    volatile struct ring_state *state = &page->state[ring];
    volatile struct ring_slot *slot = &page->slot[ring * RING_SLOTS + state->next % RING_SLOTS];
    const uint32_t sequence = slot->sequence;
    const uint32_t words[REPLY_WORDS] = {sequence,   sequence, status,    result,
                                         trap->type, trap->pc, trap->npc, trap->psr};
    slot->status = status;
    slot->result = result;
    slot->trap.type = trap->type;
    slot->trap.pc = trap->pc;
    slot->trap.npc = trap->npc;
    slot->trap.psr = trap->psr;
    slot->reply_crc = crc_of(words, REPLY_WORDS);
    state->next = (state->next + 1U) % RING_SLOTS;
    state->served++;
    state->busy = 0;
    slot->done = sequence;
}

static enum ring_status check(const uint32_t *request, uint32_t crc,
                              const struct entry **found)
{
    if (crc_of(request, CRC_WORDS) != crc) {
        return RING_CRC;
    }
    for (uint32_t i = 0; i < N_FUNCTIONS; i++) {
        const struct ring_function *told = &functions[i].told;
        if (told->number == request[1]) {
            *found = &functions[i];
            return told->version != request[2] ? RING_VERSION
                   : told->arity != request[3] ? RING_ARITY
                                               : RING_CALLED;
        }
    }
    return RING_UNKNOWN;
}

static void answer(volatile struct ring_page *page, uint32_t ring, volatile struct ring_slot *slot)
{
    static const struct ring_trap none = {0, 0, 0, 0};
    /* a copy: what is checked is what is called */
    uint32_t request[CRC_WORDS];
    request[0] = slot->sequence;
    request[1] = slot->function;
    request[2] = slot->version;
    request[3] = slot->n_args;
    for (uint32_t i = 0; i < RING_MAX_ARGS; i++) {
        request[4U + i] = slot->args[i];
    }
    const struct entry *found = &functions[0];
    const enum ring_status status = check(request, slot->crc, &found);
    uint32_t result = 0;
    if (status == RING_CALLED) {
        page->state[ring].busy = 1;
        result = ring_call(found->call, &request[4]);
    }
    reply(page, ring, status, result, &none);
}

void ring_trapped(volatile struct ring_page *page, uint32_t ring, const struct ring_trap *trap)
{
    page->state[ring].trapped++;
    if (page->state[ring].busy != 0U) {
        reply(page, ring, RING_TRAPPED, 0, trap);
    }
}

void ring_serve(volatile struct ring_page *page, uint32_t ring)
{
    for (;;) {
        volatile struct ring_slot *slot =
            &page->slot[ring * RING_SLOTS + page->state[ring].next % RING_SLOTS];
        if (slot->sequence == slot->done) {
            ring_idle();
        } else {
            answer(page, ring, slot);
        }
    }
}
