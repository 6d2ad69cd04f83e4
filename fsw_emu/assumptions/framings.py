# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Open questions of what carries SpaceWire packets and of boards behind a link."""

from __future__ import annotations

from fsw_emu.assumptions.row import stands

FRAMINGS = (
    stands(
        "A46",
        "register accesses of SSDTP2",
        "counted as faults and left out, without an answer; packets without a byte as well; 16 MiB "
        "are the most of a packet",
        changes="what a bridge's own registers can be asked",
        source="flags 0x40 to 0x51 are public, what follows them is not; clients there refuse "
        "what they do not know",
    ),
    stands(
        "A47",
        "lines of the payload module's simulator",
        "behind the packet of a line from it stand `0 0`; each telecommand is echoed; lines of "
        "another kind are faults",
        changes="text of plm links",
        source="EGSE: the packet is the third from the end; what follows it is not public",
    ),
    stands(
        "A48",
        "logical address and key of a board under test",
        "0xFE and 0x00, of who asks 0x20",
        options=("board --address", "board --key"),
        changes="`fsw-emu board`, targets rmap:LINK",
        source="the default address of ECSS-E-ST-50-12C; nothing is public of a loader",
    ),
    stands(
        "A49",
        "order of RMAP errors",
        "too much data before a bad checksum; a reserved packet type has status 2 as an unused "
        "code has",
        changes="status of commands with two errors",
        source="ECSS-E-ST-50-52C table of codes; a public library has the same",
    ),
)
