/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

/* Cycles of the LEON3 integer pipeline and misses of its caches, instruction by instruction. */
#ifndef PIPELINE_H
#define PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CACHE_WAYS = 4,
    CACHE_MOST_SETS = 256,
    ICACHE_SETS = 128, /* GR712RC: 4 ways of 4 KiB, 32 bytes a line */
    ICACHE_LINE_BITS = 5,
    DCACHE_SETS = 256, /* GR712RC: 4 ways of 4 KiB, 16 bytes a line */
    DCACHE_LINE_BITS = 4
};

/* One instruction address: what its word says, and what it has cost so far. */
struct insn {
    uint32_t pc;
    uint8_t base;      /* cycles without stalls and misses */
    uint8_t source[2]; /* registers that it reads in its first stage */
    uint8_t loads;     /* register that it loads, 0 where none */
    bool sets_icc;     /* the integer condition codes */
    bool conditional;  /* a branch on icc */
    bool accesses;     /* a load, a store or both */
    uint64_t count;
    uint64_t cycles;
};

/* The settings of a processor. */
struct timing {
    uint32_t bp;    /* 1: predicts that conditional branches are taken */
    uint32_t lddel; /* load delay, 1 or 2 */
    uint32_t mul;   /* cycles of a 32 x 32 multiplication */
};

/* What the cost of the next instruction depends on; all zero at a start. */
struct pipeline {
    const struct insn *last, *before_last;
    const struct insn *branch; /* conditional branch whose outcome is not known yet */
    uint32_t branch_hold;      /* cycles from the setting of icc that it cannot use */
    uint32_t last_cycles;
    bool load_stalled;
};

struct cache {
    uint32_t line[CACHE_MOST_SETS][CACHE_WAYS]; /* line number + 1, 0: empty; last used first */
};

/* Fills all of *insn but its counts from the instruction word. */
void insn_decode(struct insn *insn, uint32_t pc, uint32_t word, const struct timing *timing);

/* Returns the cycles of one execution, among them those lost to the instructions before.
 * pipeline_end() closes it, with what the instruction cost in all. */
uint32_t pipeline_begin(struct pipeline *pipe, const struct insn *insn,
                        const struct timing *timing);
void pipeline_end(struct pipeline *pipe, const struct insn *insn, uint32_t cycles);

/* Returns true where the line is present; else it takes the place of the least recently used. */
bool cache_hit(struct cache *cache, uint32_t address, uint32_t line_bits, uint32_t sets);

#endif
