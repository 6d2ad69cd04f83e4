/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#include <stdint.h>

/* 64-bit shifts that clang calls out of line; written on the halves so that they do not call
 * themselves. The compiler's own library is of no use here: its 32-bit half is V8+ code. */
uint64_t __lshrdi3(uint64_t value, int count);
uint64_t __ashldi3(uint64_t value, int count);

union halves {
    uint64_t whole;
    struct {
        uint32_t high;
        uint32_t low;
    } half;
};

uint64_t __lshrdi3(uint64_t value, int count)
{
    if (count == 0) {
        return value;
    }
    union halves v = {.whole = value};
    const uint32_t n = (uint32_t)count % 32U;
    if ((uint32_t)count >= 32U) {
        v.half.low = v.half.high >> n;
        v.half.high = 0;
    } else {
        v.half.low = (v.half.low >> n) | (v.half.high << (32U - n));
        v.half.high >>= n;
    }
    return v.whole;
}

uint64_t __ashldi3(uint64_t value, int count)
{
    if (count == 0) {
        return value;
    }
    union halves v = {.whole = value};
    const uint32_t n = (uint32_t)count % 32U;
    if ((uint32_t)count >= 32U) {
        v.half.high = v.half.low << n;
        v.half.low = 0;
    } else {
        v.half.high = (v.half.high << n) | (v.half.low >> (32U - n));
        v.half.low <<= n;
    }
    return v.whole;
}
