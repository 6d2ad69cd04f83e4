"""What sources leave open or contradict, and what we chose: the one table of it.

SPEC.md section 1 is made of it, the options of the command line and the tests are held to it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Assumption:
    """One open question. ``alternatives``: the default first. ``options``: the flags of
    ``fsw-emu run`` that choose; none where there is no choice yet."""

    id: str
    question: str
    alternatives: tuple[str, ...]
    options: tuple[str, ...]
    source: str


ASSUMPTIONS = (
    Assumption(
        "A1",
        "order of the 5x5 pixels, and with it the background pixels",
        (
            "raster",
            "simulator",
        ),
        ("--window-order",),
        "IRD, ground event map; the simulator transposes and mirrors",
    ),
    Assumption(
        "A2",
        "what `data_len` of FEE packets counts",
        (
            "payload",
            "packet",
        ),
        ("--data-len",),
        "interface library and simulator; the ground software reads the whole packet",
    ),
    Assumption(
        "A3",
        "byte order of pixels in data packets",
        (
            "big",
            "little",
        ),
        ("--pixel-order",),
        "IRD; the simulator swaps on x86",
    ),
    Assumption(
        "A4",
        "sequence counter after housekeeping",
        (
            "goes on",
            "begins again",
        ),
        ("--sequence-reset-after-hk",),
        "IRD; the simulator's event simulation begins again",
    ),
    Assumption(
        "A5",
        "FEE mode of a recording",
        (
            "as in the packets",
            "of the set-up",
        ),
        ("--mode",),
        "the simulator labels its packets wrongly",
    ),
    Assumption(
        "A6",
        "a pixel equal to threshold + background",
        ("passes",),
        (),
        'simulator "identical to FEE"; TN says "more than"',
    ),
    Assumption(
        "A7",
        "compression key",
        ("section 8.4",),
        ("--codec",),
        "the flight encoding is not public",
    ),
    Assumption(
        "A8",
        "filter thresholds",
        (
            "follow the pedestal",
            "absolute",
        ),
        (
            "--pedestal",
            "--centre-max",
        ),
        "raw ADU belong to a pedestal",
    ),
    Assumption(
        "A9",
        "pedestal",
        (
            "median of the wandering-mask windows of the first frame that has any",
            "median of the outer window pixels where there are no masks at all",
            "given",
        ),
        ("--pedestal",),
        "the wandering mask samples the background",
    ),
    Assumption(
        "A10",
        "detection threshold of scenes",
        ("5 sigma of the read noise = 25 ADU",),
        (),
        "",
    ),
    Assumption(
        "A11",
        "time of frame i",
        ("t0 + i x int_sync_period",),
        (
            "--t0",
            "--frame-period",
        ),
        "never the wall clock: two runs give the same bytes",
    ),
    Assumption(
        "A12",
        "flight int_sync_period",
        ("4.000 s recordings, 10 s scenes",),
        ("--frame-period",),
        "register default of the test scripts; ground test data",
    ),
    Assumption(
        "A13",
        "frames an entity",
        ("12 ED, 1 FT, UV, FF",),
        ("--group",),
        "",
    ),
    Assumption(
        "A14",
        "ED or ED_WP",
        (
            "ED_WP",
            "ED",
        ),
        ("--no-masks",),
        "nothing that the FEE sends is lost",
    ),
    Assumption(
        "A15",
        "which frame a mask packet of ED_WP belongs to",
        ("section 8.3",),
        (),
        "masks are not counted in the metadata",
    ),
    Assumption(
        "A16",
        "pixels that never came",
        ("65,535, `ce_integrity` 1",),
        (),
        "saturated cannot be taken for data",
    ),
    Assumption(
        "A17",
        "stacks",
        ("one image of u32, one member",),
        ("--stack",),
        "GS: a key with the digit 2",
    ),
    Assumption(
        "A18",
        "UV geometry",
        ("165 x 96 (24x24 binned)",),
        ("--binning",),
        "GS after thermal-vacuum test; the library guesses 160 x 99",
    ),
    Assumption(
        "A19",
        "bad-pixel masks",
        (
            "one a node, MSB first, row-major",
            "a pixel outside the node is bad",
        ),
        ("--bad-pixels",),
        "calibration file; the older library has one a CCD, LSB first",
    ),
    Assumption(
        "A20",
        "`FRMHKspwStatus`, `FRMHKerrorFlags`",
        ("words 0x780 and 0x788",),
        (),
        "width u32",
    ),
    Assumption(
        "A21",
        "version, build, sdp_version of entities",
        ("1, 1, 1",),
        (),
        "flight numbers are not public",
    ),
    Assumption(
        "A22",
        "event counters in group metadata",
        ("of the frames of the entity",),
        (),
        "",
    ),
    Assumption(
        "A23",
        "`CCDFRAME`",
        ("running number over the telemetry file, from 0",),
        (),
        "the FEE's counter is 16 bit",
    ),
    Assumption(
        "A24",
        "crop, bin, decimate",
        ("section 7",),
        (),
        "only parameter names are public",
    ),
    Assumption(
        "A25",
        "pcap link type 149",
        ("2-byte prefix, kept",),
        (),
        "JAXA pcap-nc",
    ),
    Assumption(
        "A26",
        "GRESB flags",
        ("EEP 0x80 or 0x01, truncated 0x40 or 0x02",),
        (),
        "a C bit-field, read from either end",
    ),
    Assumption(
        "A27",
        "a frame with more than 65,535 kept events",
        ("the rest is dropped, counted, `ce_integrity` 1",),
        (),
        "`NOfEvtDet` is 16 bit",
    ),
    Assumption(
        "A28",
        "cycle model: multiplication, branch prediction and line fills of the GR712RC",
        ("5 cycles, taken, 20 (instructions) and 12 (data); arguments of the plugin",),
        (),
        "the open LEON3 VHDL; the chip's own figures were not had",
    ),
    Assumption(
        "A29",
        "errata scan: stores in the sense of GRLIB-TN-0009",
        ("atomics and alternate-space stores too; an annulled slot is an instruction",),
        (),
        "what gcc, LLVM and public scan scripts do; the note itself was not had",
    ),
    Assumption(
        "A30",
        "GR712RC board: RAM at 0x40000000, request ring at 4 MiB",
        ("0x40400000; `RING_BASE` of the build",),
        (),
        "LEON3 boards and QEMU's leon3_generic",
    ),
)


def table() -> str:
    """The table in Markdown, as SPEC.md has it."""
    lines = [
        "| id | question | choices, the default first | option | source, reason |",
        "|---|---|---|---|---|",
    ]
    for row in ASSUMPTIONS:
        options = ", ".join(f"`{option}`" for option in row.options) or "-"
        cells = (row.id, row.question, "; ".join(row.alternatives), options, row.source or "-")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
