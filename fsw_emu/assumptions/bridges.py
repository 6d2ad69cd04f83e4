# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Open questions of the bridges that carry links."""

from __future__ import annotations

from fsw_emu.assumptions.row import stands

BRIDGES = (
    stands(
        "A50",
        "time-codes through a GRESB",
        "from the host protocol 3, to it flags 0x20; then one byte, as SpaceWire has it",
        changes="nothing of a recording",
        source="interface library names the protocol; no layout, and no way to the host, is public",
    ),
    stands(
        "A51",
        "error ends from the host through a GRESB",
        "none: refused; with `?flags=high` 0x80 and 0x40 beside the protocol",
        changes="nothing of a recording",
        source="the public protocol has no such flag",
    ),
    stands(
        "A52",
        "configuration requests to a GRESB",
        "left out as their size says, counted, not answered",
        changes="nothing of a recording",
        source="interface library names protocols 1 and 2; no layout is public",
    ),
    stands(
        "A53",
        "connections of PUS over TCP",
        "one for both directions; with `?connections=2` telecommands have their own at the next "
        "port",
        changes="nothing of a recording",
        source="EGSE: telemetry at 5570, telecommands at 5571",
    ),
    stands(
        "A54",
        "largest packet through a GRESB",
        "16,777,215 bytes: what its size can say",
        changes="nothing of a recording",
        source="interface library: 0x8000000, and a size of 24 bits",
    ),
)
