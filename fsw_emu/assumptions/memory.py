# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Open questions of the FEE's memory: registers, RMAP, housekeeping."""

from __future__ import annotations

from fsw_emu.assumptions.row import stands

MEMORY = (
    stands(
        "A55",
        "reserved bits and words of the FEE, addresses between its areas",
        "bits and words read 0 and take no value; an address outside is not authorised",
        changes="what a data processing unit reads back",
        source="register map: no word on them",
    ),
    stands(
        "A56",
        "limits of the FEE's RMAP target",
        "4,096 bytes of data, in verified writes as well; incrementing accesses alone; a wrong "
        "target address has status 12; nothing is written unless all of a command is good",
        changes="replies to commands beyond them",
        source="the simulator has 4,096, the test program 2,048 of the IRD; the EGSE verifies all "
        "writes, a sibling's target those of 4 bytes; the standard leaves it to the target",
    ),
    stands(
        "A57",
        "reset values; what a soft reset leaves",
        "those with which a readout of all nodes runs, the rest 0 (docs/registers.md); what is "
        "measured, the state of the link and the SRAM stay",
        changes="a FEE that nobody has configured",
        source="test scripts set 778 bytes, 4,000 ms and all nodes; map v0.38 is the version",
    ),
    stands(
        "A58",
        "bits that the FPGA clears; status bits of link and target",
        "`execute_op` at once; flags of the link at a reset; `rmap_target_status` is that of the "
        "last command, `rmap_target_indicate` that it was carried out; errors of the link tell how "
        "it last ended",
        changes="housekeeping words 0x780 and 0x788",
        source="register map: only `clear_error_flag` is said to clear; the simulator clears "
        "`execute_op`",
    ),
    stands(
        "A59",
        "analogue housekeeping",
        "PT1000 by the calibration on board, 1/32 ohm an ADU; voltages within 7 % of mid-scale; "
        "CCDs at -110 degrees, electronics at 14, warmer in readouts, with time constants of 1,800 "
        "and 600 s",
        changes="housekeeping words 0x710 to 0x75C",
        source="gains and offsets of the channels are not public; limits of CCDs are -124 and -97 "
        "degrees",
    ),
)
