/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include "fuzz.h"
#include "huffman.h"
#include "steps.h"

/* The steps of one sample, of up to so many bits (the argument, at most 16): each sample after each
 * other. Prints how many were tried. */

static void try_zigzag(uint32_t bits)
{
    const uint64_t all = (uint64_t)1 << (2U * bits);
    for (uint64_t v = 0; v < all; v++) {
        MUST(zigzag(unzigzag((uint32_t)v)) == (uint32_t)v);
    }
    (void)printf("zigzag %llu\n", (unsigned long long)all);
}

static void try_aec(uint32_t bits)
{
    const uint32_t most = aec_max_sample(bits);
    for (uint32_t before = 0; before <= most; before++) {
        for (uint32_t sample = 0; sample <= most; sample++) {
            uint32_t v = map(before, sample, most);
            uint32_t x = v;
            MUST(v <= most && map_narrow(before, sample, most) == v);
            MUST(unmap_sums(before, most, 1, &x) ? x == sample : x == v);
            unmap(before, most, 1, &v);
            MUST(v == sample);
        }
    }
    (void)printf("aec of %u bits %llu\n", bits, (unsigned long long)(most + 1ULL) * (most + 1ULL));
}

int main(int argc, char **argv)
{
    const uint32_t most = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 16U;
    try_zigzag(most);
    for (uint32_t bits = 1; bits <= most; bits++) {
        try_aec(bits);
    }
    return 0;
}
