# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Where the quick look goes in telemetry: a service of its own (ASSUMED, A91)."""

from __future__ import annotations

SERVICE = 200
LOOK, ALARM = 1, 2  # subtypes
APID = 321
DESTINATION = 1  # so that its packets have counts of their own
ALARM_BYTES = 22  # the product without its cells
CELLS = 240  # bytes that follow, before the CRC
ALARM_FLAGS = 3  # of byte 1: rate, place
