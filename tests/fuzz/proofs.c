/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "fuzz.h"

/* Which proof of tests/cbmc, and the values that it asks for (u32 each, 0 beyond the end). */

#include "../cbmc/bits.c"
#include "../cbmc/headers.c"
#include "../cbmc/steps.c"

static struct input values;

uint32_t any_u32(void)
{
    return take(&values, 4);
}

static void (*const proofs[])(void) = {
    prove_reader,    prove_writer,  prove_huffman_take, prove_zigzag,
    prove_aec_map, prove_aec_unmap, prove_fee_header,   prove_ce_header,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    values = (struct input){data, (uint32_t)size};
    proofs[take(&values, 1) % (sizeof proofs / sizeof *proofs)]();
    return 0;
}
