# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Open questions of the ground side, and those of the emulated processor."""

from __future__ import annotations

from fsw_emu.assumptions.row import one_of, stands

GROUND = (
    one_of(
        "A15",
        "--mask-frame",
        "which frame a mask packet of ED_WP belongs to",
        ("shown", "section 8.3"),
        ("before", "that of the packet before it"),
        ("next", "that of the event after it"),
        acts=("ground",),
        changes="TIME and CCDFRAME of masks",
        source="masks are not counted in the metadata",
    ),
    one_of(
        "A18",
        "--uv-shape",
        "rows and columns of a node, 24x24 binned (UV)",
        ("165x96", ""),
        ("160x99", ""),
        acts=("front end", "onboard", "ground"),
        changes="UV images",
        source="GS after thermal-vacuum test; the library guesses",
    ),
    one_of(
        "A23",
        "--ccdframe",
        "`CCDFRAME`",
        ("running", "over the telemetry file, from 0"),
        ("fee", "frame counter of the packets, 16 bit"),
        acts=("ground",),
        changes="event table",
        source="sources do not say",
    ),
    one_of(
        "A38",
        "--fine-time",
        "fine part of times in entities",
        ("microseconds", "in the header >> 8"),
        ("binary", "2^-24 s, in the header >> 8"),
        acts=("ground",),
        changes="TIME, TSTART, DATE-OBS where times have a fraction",
        source="GS; the MIB's type is CUC, whose fraction is binary",
    ),
)

PROCESSOR = (
    stands(
        "A28",
        "cycle model: multiplication, branch prediction and line fills of the GR712RC",
        "5 cycles, taken, 20 (instructions) and 12 (data)",
        options=("arguments of the plugin",),
        acts=("tools",),
        changes="cycles, never instructions",
        source="the open LEON3 VHDL; the chip's own figures were not had",
    ),
    stands(
        "A29",
        "errata scan: stores in the sense of GRLIB-TN-0009",
        "atomics and alternate-space stores too; an annulled slot is an instruction",
        acts=("tools",),
        changes="findings of the scan",
        source="what gcc, LLVM and public scan scripts do; the note itself was not had",
    ),
    stands(
        "A30",
        "GR712RC board: RAM at 0x40000000, request ring at 4 MiB",
        "0x40400000",
        options=("`RING_BASE` of the build",),
        acts=("tools",),
        changes="where the ring lies",
        source="LEON3 boards and QEMU's leon3_generic",
    ),
)
