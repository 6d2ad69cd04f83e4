/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "huffman.h"
#include "proof.h"
#include "steps.h"

/* What is done with one sample, and undone, for samples of any kind. */

void prove_zigzag(void)
{
    const uint32_t v = any_u32();
    PROVE(zigzag(unzigzag(v)) == v);
    PROVE((unzigzag(v) < 0) == ((v & 1U) != 0U));
}

void prove_aec_map(void)
{
    const uint32_t bits = 1U + any_u32() % 32U;
    const uint32_t most = aec_max_sample(bits);
    const uint32_t before = any_u32() & most;
    const uint32_t sample = any_u32() & most;
    uint32_t v = map(before, sample, most);
    PROVE(v <= most);
    if (bits <= 16U) {
        uint32_t x = v;
        PROVE(map_narrow(before, sample, most) == v);
        PROVE(unmap_sums(before, most, 1, &x) ? x == sample : x == v);
    }
    unmap(before, most, 1, &v);
    PROVE(v == sample);
}

void prove_aec_unmap(void)
{
    const uint32_t most = aec_max_sample(1U + any_u32() % 32U);
    const uint32_t before = any_u32() & most;
    const uint32_t mapped = any_u32() & most;
    uint32_t v = mapped;
    unmap(before, most, 1, &v);
    PROVE(v <= most);
    PROVE(map(before, v, most) == mapped);
}
