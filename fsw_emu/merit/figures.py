# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The figures of merit: what each is called, measured from, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from fsw_emu.merit.intervals import Kind


class Better(Enum):
    """Which way a figure improves."""

    MORE = "more"
    LESS = "less"
    ZERO = "nearer to 0"
    NEITHER = "neither"


@dataclass(frozen=True)
class Figure:
    """name: as on the page and in limits; source: of the Measures it comes from.

    headline: in the verdict, where its part "" stands for all; unit: "%" of shares.
    """

    name: str
    source: str
    kind: Kind
    better: Better
    unit: str
    meaning: str
    headline: bool = True


_M, _L, _Z, _N = Better.MORE, Better.LESS, Better.ZERO, Better.NEITHER

FIGURES: tuple[Figure, ...] = (
    Figure("photons kept", "photons kept", Kind.SHARE, _M, "%",
           "photons of 0.2-2.5 keV that own an event that was sent"),
    Figure("efficiency", "efficiency", Kind.SHARE, _M, "%",
           "the same of isolated photons: no other photon, track, firing hot pixel or edge within "
           "4 binned pixels; parts by energy [keV]"),
    Figure("loss", "loss", Kind.SHARE, _L, "%",
           "isolated photons of 0.3-2.5 keV that were not sent; parts by side (E, F) and row band "
           "(1-8 of 639 rows)", False),
    Figure("uneven loss", "loss", Kind.UNEVEN, _L, "%",
           "largest distance of the loss in one of 8 row bands x 2 sides from the loss of all; "
           "the interval takes off and adds three standard errors of each"),
    Figure("false events", "false events", Kind.RATE, _L, "/Mpix",
           "events sent that no photon, track or hot pixel owns, nor one that leaks a sigma of the "
           "noise or more"),
    Figure("particles kept", "particles kept", Kind.SHARE, _L, "%",
           "maxima on tracks, above the threshold, that were sent as events"),
    Figure("particle events", "particle events", Kind.RATE, _L, "/readout",
           "events sent within 1.5 binned pixels of a track", False),
    Figure("hot events", "hot events", Kind.RATE, _L, "/readout",
           "events sent whose centre is a hot pixel that fires, or one that leaks and no photon's",
           False),
    Figure("hot pixels kept", "hot pixels kept", Kind.SHARE, _L, "%",
           "firings of hot pixels, above the threshold, that were sent as events"),
    Figure("hot suppression", "hot suppression", Kind.MEAN, _L, "readouts",
           "of pixels that fire in over half the readouts and were sent: from the first firing to "
           "the last event sent; one never gone counts to the end of its run"),
    Figure("hot gone", "hot gone", Kind.SHARE, _M, "%",
           "of the same pixels: silent in at least their last three firings", False),
    Figure("pile-up", "pile-up", Kind.SHARE, _N, "%",
           "photon events with more than one photon in their 3x3", False),
    Figure("photon share", "photon share", Kind.SHARE, _M, "%",
           "events sent that are photons: what the downlink is spent on"),
    Figure("position bias, rows", "position rows", Kind.MEAN, _Z, "px",
           "mean of event minus photon, isolated photons of 0.2-2.5 keV [binned pixels]"),
    Figure("position bias, columns", "position columns", Kind.MEAN, _Z, "px", "the same"),
    Figure("position rms, rows", "position rows", Kind.RMS, _L, "px",
           "rms of event minus photon", False),
    Figure("position rms, columns", "position columns", Kind.RMS, _L, "px", "the same", False),
    Figure("energy bias", "energy", Kind.MEAN, _Z, "eV",
           "mean of event minus photon, isolated photons; parts by energy [keV]"),
    Figure("energy bias, relative", "energy, relative", Kind.MEAN, _Z, "%",
           "the same over the photon's energy", False),
    Figure("energy resolution", "energy", Kind.WIDTH, _L, "eV",
           "full width at half maximum of event minus photon: 2.355 standard deviations"),
    Figure("grade mix", "grade mix", Kind.SHARE, _N, "%",
           "photon events by grade", False),
    Figure("fate", "fate", Kind.SHARE, _N, "%",
           "photons of 0.2-2.5 keV: found; piled up in a brighter one's event; hidden by a track "
           "or hot pixel; lost", False),
    Figure("events sent", "events sent", Kind.RATIO, _N, "/readout", "events sent", False),
    Figure("counts", "counts", Kind.RATIO, _N, "/readout",
           "events by what the algorithm says became of them", False),
    Figure("bytes per photon", "bytes per photon", Kind.RATIO, _L, "bytes",
           "telemetry of events before compression, over photons found"),
    Figure("packed bytes per photon", "packed bytes per photon", Kind.RATIO, _L, "bytes",
           "the same after compression"),
    Figure("bits per pixel", "bits per pixel", Kind.RATIO, _L, "bits",
           "of frames that the algorithm codes itself"),
    Figure("frame code", "frame code", Kind.RATIO, _N, "bits/pixel",
           "frames of the first readout of a run, coded by rows without loss, each packet by "
           "itself: of the scene, the same for all algorithms", False),
    Figure("threshold", "threshold", Kind.RATIO, _N, "ADU",
           "that the algorithm was told", False),
)  # fmt: skip

BY_NAME = {figure.name: figure for figure in FIGURES}
#: bins of energy, and bands about the energies whose bias is asked for [keV]
ENERGY_EDGES_KEV = (
    0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5,
)  # fmt: skip
ENERGY_BANDS_KEV = {"0.2": (0.17, 0.24), "0.5": (0.4, 0.6), "1": (0.85, 1.15), "2": (1.7, 2.3)}
SCIENCE_BAND_KEV = (0.2, 2.5)
LOSS_BAND_KEV = (0.3, 2.5)  # ASSUMED: where 5 sigma of the noise loses next to nothing
ROW_BANDS = 8
SIDES = ("E", "F")


def energy_parts() -> tuple[str, ...]:
    """Names of the bins of energy."""
    return tuple(f"{a:g}-{b:g}" for a, b in pairwise(ENERGY_EDGES_KEV))


def band_parts() -> tuple[str, ...]:
    """Names of side and row band, E1 to F8."""
    return tuple(f"{side}{band + 1}" for side in SIDES for band in range(ROW_BANDS))
