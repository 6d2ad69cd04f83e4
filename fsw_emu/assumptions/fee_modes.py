# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Open questions of the FEE's modes."""

from __future__ import annotations

from fsw_emu.assumptions.row import stands

FEE_MODES = (
    stands(
        "A60",
        "what synchronises readouts",
        "settled at execute_op: use_pwr_sync: every time-code that ticks begins one, the first "
        "that does is 1, whatever sel_pwr_sync; else sync_sel: one at once and one each "
        "int_sync_period; else one; a sync during a readout is missed",
        acts=("front end",),
        changes="when readouts begin",
        source="register map; the sync inputs of the FEE have no other stand-in on a link",
    ),
    stands(
        "A61",
        "when a mode begins and ends",
        "an executed mode waits for the end of a readout, immediate-On and soft reset end it; "
        "after a readout that does not repeat comes On; a code without a meaning changes nothing; "
        "registers are taken when a readout begins",
        acts=("front end",),
        changes="mode, readouts",
        source="the simulator repeats until immediate-On; else not public",
    ),
    stands(
        "A62",
        "pixels on their way to the packets",
        "pixel -+ (row + column correction) + pix_offset, cut off once at 0 and 65,535; "
        "corrections of 6x6-binned, the offset of all binned images; full-sun pixels are counted "
        "behind that and told in the housekeeping of the same readout",
        acts=("front end",),
        changes="pixels, events, full-sun counters",
        source="register map",
    ),
    stands(
        "A63",
        "registers that do not fit a mode",
        "binning 0 is 6x6; event detection of another binning sends pixels; a packet_size that is "
        "not 10 and a multiple of 4 is the next smaller, at least 14; no node selected or no "
        "digitising: housekeeping alone",
        acts=("front end",),
        changes="packets of such readouts",
        source="register map forbids them or is silent",
    ),
    stands(
        "A64",
        "what FF simulation and trap pumping send; rows and columns of an unbinned node",
        "the test pattern as a full frame; a frame transfer without event detection; 3791x2255",
        acts=("front end",),
        changes="packets of these modes",
        source="names alone are public; the interface library's sizes",
    ),
)
