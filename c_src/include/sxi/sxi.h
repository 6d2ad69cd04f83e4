/* SPDX-FileCopyrightText: 2026 fsw-emu contributors */
/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SXI_SXI_H
#define SXI_SXI_H

/* All of the flight core. */

#include "sxi/aec.h"
#include "sxi/badpix.h"
#include "sxi/ce.h"
#include "sxi/common.h"
#include "sxi/crc.h"
#include "sxi/cti.h"
#include "sxi/edu.h"
#include "sxi/entity.h"
#include "sxi/events.h"
#include "sxi/fair.h"
#include "sxi/fee.h"
#include "sxi/filter.h"
#include "sxi/find.h"
#include "sxi/frame.h"
#include "sxi/grade.h"
#include "sxi/hkdelta.h"
#include "sxi/hot.h"
#include "sxi/huffman.h"
#include "sxi/image.h"
#include "sxi/key.h"
#include "sxi/ladder.h"
#include "sxi/ldt.h"
#include "sxi/look.h"
#include "sxi/maps.h"
#include "sxi/pus.h"
#include "sxi/rows.h"
#include "sxi/status.h"
#include "sxi/track.h"
#include "sxi/tree.h"

#endif
