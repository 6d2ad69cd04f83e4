/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef STEPS_H
#define STEPS_H

/* The statics of coder and decoder that belong together, in one place. */
#include "aec_encode.c"
typedef uint32_t aec_sample;
#include "aec_decode.h"

#endif
