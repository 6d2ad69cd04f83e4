# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Where a real peer departs from the standard, and we bear with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quirks:
    """RMAP as a target really speaks it; the defaults are the standard's."""

    status_is_key: bool = False  # a reply that went well has the key in its status byte
    read_data_crc: bool = True  # read replies have a checksum behind their data
    read_extra_bytes: int = 0  # bytes behind the end of a read reply
    max_read_bytes: int | None = None  # longer reads are refused: they go in pieces
