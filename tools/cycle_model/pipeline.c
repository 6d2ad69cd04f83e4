/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "pipeline.h"

enum { NO_REGISTER = 255, UDIV_CYCLES = 35 };

static void decode_branch(struct insn *insn, uint32_t word)
{
    const uint32_t bicc = 2U;
    const uint32_t condition = (word >> 25) & 15U;
    const bool annuls = ((word >> 29) & 1U) != 0U;
    if (((word >> 22) & 7U) != bicc) {
        return;
    }
    insn->conditional = (condition & 7U) != 0U; /* 0 is never, 8 is always */
    if (annuls && !insn->conditional) {
        insn->base = 2U; /* the annulled slot */
    }
}

static void decode_arithmetic(struct insn *insn, uint32_t op3, const struct timing *timing)
{
    insn->sets_icc = (op3 & 0x30U) == 0x10U;
    switch (op3) {
    case 0x20U: /* taddcc */
    case 0x21U: /* tsubcc */
    case 0x24U: /* mulscc */
        insn->sets_icc = true;
        break;
    case 0x0aU: /* umul, smul, umulcc, smulcc */
    case 0x0bU:
    case 0x1aU:
    case 0x1bU:
        insn->base = (uint8_t)timing->mul;
        break;
    case 0x0eU: /* udiv, sdiv, udivcc, sdivcc */
    case 0x0fU:
    case 0x1eU:
    case 0x1fU:
        insn->base = UDIV_CYCLES;
        break;
    case 0x38U: /* jmpl */
    case 0x39U: /* rett */
        insn->base = 3U;
        break;
    case 0x28U: /* rd %y, rd %asr */
        insn->source[0] = insn->source[1] = NO_REGISTER;
        break;
    default:
        break;
    }
}

static void decode_memory(struct insn *insn, uint32_t op3, uint8_t rd)
{
    const bool is_double = (op3 & 15U) == 3U || (op3 & 15U) == 7U;
    insn->accesses = true;
    switch (op3) {
    case 0x0dU: /* ldstub */
    case 0x0fU: /* swap */
        insn->loads = rd;
        insn->base = 3U;
        break;
    case 0x1dU: /* ldstuba */
    case 0x1fU: /* swapa */
    case 0x3cU: /* casa */
        insn->base = 3U;
        break;
    default:
        if ((op3 & 4U) != 0U) {
            insn->base = is_double ? 3U : 2U;
        } else {
            insn->base = is_double ? 2U : 1U;
            insn->loads = rd;
        }
        break;
    }
}

void insn_decode(struct insn *insn, uint32_t pc, uint32_t word, const struct timing *timing)
{
    const uint32_t format = word >> 30;
    const uint32_t op3 = (word >> 19) & 63U;
    const bool immediate = ((word >> 13) & 1U) != 0U;
    const struct insn plain = {.pc = pc,
                               .base = 1U,
                               .source = {NO_REGISTER, NO_REGISTER},
                               .count = insn->count,
                               .cycles = insn->cycles};
    *insn = plain;
    if (format == 0U) {
        decode_branch(insn, word);
    }
    if (format < 2U) { /* branches, sethi and call read no register */
        return;
    }
    insn->source[0] = (word >> 14) & 31U;
    if (!immediate) {
        insn->source[1] = word & 31U;
    }
    if (format == 2U) {
        decode_arithmetic(insn, op3, timing);
    } else {
        decode_memory(insn, op3, (word >> 25) & 31U);
    }
}

static bool reads_loaded(const struct insn *insn, const struct insn *load)
{
    return load != NULL && load->loads != 0U &&
           (insn->source[0] == load->loads || insn->source[1] == load->loads);
}

static uint32_t load_delay(struct pipeline *pipe, const struct insn *insn, uint32_t lddel)
{
    const bool stalled_before = pipe->load_stalled;
    pipe->load_stalled = reads_loaded(insn, pipe->last);
    if (pipe->load_stalled) {
        return lddel;
    }
    return lddel == 2U && !stalled_before && reads_loaded(insn, pipe->before_last) ? 1U : 0U;
}

/* Cycles lost to the branch before, known once the instruction after its slot is. */
static uint32_t branch_loss(struct pipeline *pipe, const struct insn *insn, bool predicts)
{
    const struct insn *branch = pipe->branch;
    if (branch == NULL) {
        return 0U;
    }
    const bool after_branch = pipe->last == branch;
    if (after_branch && insn->pc == branch->pc + 4U) { /* the slot, not yet the outcome */
        return 0U;
    }
    const uint32_t annulled = after_branch ? 1U : 0U;
    const bool taken = insn->pc != branch->pc + 8U;
    pipe->branch = NULL;
    return annulled + (predicts && !taken ? pipe->branch_hold : 0U);
}

/* Cycles for which a branch would wait for the instruction that sets icc. */
static uint32_t icc_hold(const struct pipeline *pipe)
{
    if (pipe->last == NULL) {
        return 0U;
    }
    if (pipe->last->sets_icc) {
        return 2U;
    }
    return pipe->last_cycles == 1U && pipe->before_last != NULL && pipe->before_last->sets_icc;
}

uint32_t pipeline_begin(struct pipeline *pipe, const struct insn *insn,
                        const struct timing *timing)
{
    const bool predicts = timing->bp != 0U;
    uint32_t cycles = insn->base;
    cycles += branch_loss(pipe, insn, predicts);
    cycles += load_delay(pipe, insn, timing->lddel);
    if (insn->conditional) {
        pipe->branch = insn;
        pipe->branch_hold = icc_hold(pipe);
        cycles += predicts ? 0U : pipe->branch_hold;
    }
    return cycles;
}

void pipeline_end(struct pipeline *pipe, const struct insn *insn, uint32_t cycles)
{
    pipe->before_last = pipe->last;
    pipe->last = insn;
    pipe->last_cycles = cycles;
}

bool cache_hit(struct cache *cache, uint32_t address, uint32_t line_bits, uint32_t sets)
{
    const uint32_t number = address >> line_bits;
    uint32_t *line = cache->line[number & (sets - 1U)];
    uint32_t way = 0;
    while (way < CACHE_WAYS - 1U && line[way] != number + 1U) {
        way++;
    }
    const bool hit = line[way] == number + 1U;
    for (; way > 0U; way--) {
        line[way] = line[way - 1U];
    }
    line[0] = number + 1U;
    return hit;
}
