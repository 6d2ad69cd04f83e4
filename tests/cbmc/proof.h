/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef PROOF_H
#define PROOF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* Bounded proofs: each is a function prove_NAME(), for values of any kind. CBMC takes them all at
 * once; the fuzz target `proofs` takes those that its input tells, on machines without CBMC too. */
uint32_t any_u32(void);

#if defined(__CPROVER__)
#define ASSUME(condition) __CPROVER_assume(condition)
#define PROVE(condition) __CPROVER_assert(condition, #condition)
#define exactly malloc
#else
#include "fuzz.h"
#define ASSUME(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            return;                                                                                \
        }                                                                                          \
    } while (0)
#define PROVE MUST
#endif

/* Any n bytes, in memory of just that size. */
static inline uint8_t *any_bytes(uint32_t n)
{
    uint8_t *made = exactly(n);
    for (uint32_t i = 0; i < n; i++) {
        made[i] = (uint8_t)(any_u32() & 0xffU);
    }
    return made;
}

#endif
