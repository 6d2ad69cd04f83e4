/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_PORT_RING_H
#define SXI_PORT_RING_H

#include <stdint.h>

/* The request ring: how somebody outside asks the functions of the core.
 *
 * All of it is big-endian 32-bit words at addresses, so that whoever can read and write the
 * target's memory can use it: through a file that is an emulator's RAM, or through RMAP over
 * SpaceWire. docs/ring.md is the description for those who implement either side.
 *
 * The server owns a page (struct ring_page at RING_ADDRESS). The client puts arguments into the
 * arena, which it manages alone, fills in a slot and writes the slot's sequence last; the
 * server answers in the same slot and writes `done` last.
 */
enum {
    RING_MAGIC = 0x53584952, /* "SXIR" */
    RING_LAYOUT = 1,
    RING_MAX_RINGS = 2, /* one a processor */
    RING_SLOTS = 4,     /* of each ring */
    RING_MAX_ARGS = 16,
    RING_MAX_FUNCTIONS = 256,
    RING_NAME_BYTES = 32
};

/* Where page and arena lie: 4 MiB into the RAM of a LEON3 board, if the build does not say. */
#ifndef RING_BASE
#define RING_BASE 0x40400000
#endif
enum {
    RING_ADDRESS = RING_BASE,
    RING_ARENA = RING_BASE + 0x10000,
    RING_ARENA_BYTES = 0x1FBF0000 /* 512 MiB of RAM; a client stays within what there is */
};

enum ring_status {
    RING_CALLED = 0, /* result holds what the function returned */
    RING_UNKNOWN = 1,
    RING_VERSION = 2,
    RING_ARITY = 3,
    RING_CRC = 4,
    RING_TRAPPED = 5, /* trap tells why; the server goes on */
    RING_DAMAGED = 6  /* the server's table of functions was hit */
};

struct ring_trap {
    uint32_t type; /* tt of the SPARC trap base register */
    uint32_t pc;
    uint32_t npc;
    uint32_t psr;
};

struct ring_slot {
    /* the client's */
    uint32_t sequence; /* never 0; a request is posted while it differs from done */
    uint32_t function;
    uint32_t version;
    uint32_t n_args;
    uint32_t args[RING_MAX_ARGS];
    uint32_t crc; /* CRC-16 of all the words before it */
    uint32_t spare[11];
    /* the server's */
    uint32_t done;
    uint32_t status;
    uint32_t result;
    struct ring_trap trap;
    uint32_t reply_crc; /* CRC-16 of sequence and the words from done to here */
    uint32_t padding[24];
};

struct ring_state {
    uint32_t next;   /* slot looked at first */
    uint32_t busy;   /* 1 while a function runs */
    uint32_t served; /* requests answered */
    uint32_t trapped;
};

/* One function. A number is given once for ever; the version goes up when the prototype or a
 * structure that it names changes. */
struct ring_function {
    uint32_t number;
    uint32_t version;
    uint32_t arity; /* words of arguments */
    char name[RING_NAME_BYTES];
};

struct ring_page {
    uint32_t magic; /* written last: the server is ready */
    uint32_t layout;
    uint32_t n_rings;
    uint32_t n_slots;
    uint32_t slot_bytes;
    uint32_t slots; /* address of slot 0 of ring 0; ring after ring */
    uint32_t functions; /* address of the table of functions */
    uint32_t n_functions;
    uint32_t function_bytes;
    uint32_t arena;
    uint32_t arena_bytes;
    uint32_t spare[5];
    struct ring_state state[RING_MAX_RINGS];
    uint32_t padding[40];
    struct ring_slot slot[RING_MAX_RINGS * RING_SLOTS];
    struct ring_function function[RING_MAX_FUNCTIONS];
};

/* Lay the page out and open it for n_rings processors. */
void ring_open(struct ring_page *page, uint32_t n_rings);

/* Answer the requests of one ring, for ever. */
void ring_serve(volatile struct ring_page *page, uint32_t ring);

/* Answer the request under way with RING_TRAPPED; ring_serve() may then go on. */
void ring_trapped(volatile struct ring_page *page, uint32_t ring, const struct ring_trap *trap);

/* What the port supplies: call a function, so that it can be watched and measured; wait a
 * little; misbehave as `kind` says (enum ring_misdeed), to prove that it is seen. */
uint32_t ring_call(uint32_t (*call)(const uint32_t *args), const uint32_t *args);
void ring_idle(void);
uint32_t ring_misbehave(uint32_t kind);

enum ring_misdeed {
    RING_MISALIGNED = 0, /* load a word from an odd address */
    RING_ILLEGAL = 1,    /* execute an instruction that is none */
    RING_WINDOW = 2,     /* return through a window whose stack is gone */
    RING_DIVISION = 3,   /* divide by zero */
    RING_SILENT = 4      /* never come back */
};

#endif
