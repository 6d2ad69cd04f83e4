# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Open questions of captures and other records of a link."""

from __future__ import annotations

from fsw_emu.assumptions.row import stands

RECORD = (
    stands(
        "A65",
        "the two bytes before a packet of link type 149",
        "a flag as SSDTP2 has it, 0 EOP, 1 EEP, 2 no end, 0x30 and 0x31 time-code, and a zero; "
        "another flag says nothing",
        acts=("recording",),
        changes="packets discarded for an error end; time-codes",
        source="JAXA pcap-nc: flag 0 and a reserved byte 0, as SSDTP2's header begins",
    ),
    stands(
        "A66",
        "time of PUS packets in a pool",
        "telemetry its own, a telecommand that of the telemetry before it",
        acts=("recording",),
        changes="times of imported pools; how fast they are replayed",
        source="a pool has no times beside the packets",
    ),
)
