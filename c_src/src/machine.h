/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_MACHINE_H
#define SXI_MACHINE_H

#include <stdint.h>

/* The one thing that the code asks of the machine it is compiled for: how wide its registers
 * are. One of 32 bits is taken to have no vectors, no unaligned access and no instruction that
 * counts zeros: so is LEON3. The results are the same on all. */
enum { WORD_BITS = UINTPTR_MAX > UINT32_MAX ? 64 : 32 };

#endif
