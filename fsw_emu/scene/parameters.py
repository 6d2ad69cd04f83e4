# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The numbers of the built-in scene, each with its source."""

from __future__ import annotations

from dataclasses import dataclass

#: readout nodes in the order of the stream (MSSL-IF-122)
NODES = ("E2", "F2", "E4", "F4")
ROWS, COLS = 639, 384  # one node, 6x6 binned
#: what 3791 x 2255 image pixels fill of it [binned pixels]; the rest is overscan
EXPOSED_ROWS, EXPOSED_COLS = 3791 / 6, 2255 / 6

#: kinds of scene, in the order of the pairs of rates
KINDS = ("quiet", "storm")

#: solar wind charge exchange lines [eV] and weights: C VI, O VII, O VIII, Ne IX, Mg XI (ASSUMED)
LINES_EV = (367.0, 561.0, 654.0, 905.0, 1343.0)
LINE_WEIGHTS = (0.22, 0.40, 0.22, 0.11, 0.05)


@dataclass(frozen=True)
class SceneParameters:
    """Sky and detector. Rates are those of a CCD, a pair is (quiet, storm).

    Each number has its source beside it; what no source tells is ASSUMED. ValueError for a scale
    that is not positive, an amount below 0 or an empty band.
    """

    swcx_per_s: tuple[float, float] = (5.134, 82.150)  # event-rate budget, Soman et al., TN 1.2
    particles_per_s: tuple[float, float] = (0.627, 1.255)  # the same
    background_per_s: float = 15.403  # the same: soft galactic background
    sources_per_s: float = 0.657  # the same: mean over the field of view
    cosmic_per_s: float = 24.61  # the same
    photon_min_ev: float = 200.0  # band of the instrument
    photon_max_ev: float = 2500.0
    continuum_ev: float = 450.0  # ASSUMED: e-folding energy of the soft background
    n_sources: int = 3  # ASSUMED
    source_sigma_px: float = 4.0  # ASSUMED: core of the lobster-eye image, half of the light
    source_arm_px: float = 20.0  # ASSUMED: e-folding length of its cross arms
    gain_ev_per_adu: float = 5.0  # ASSUMED: the band of 0.2-2.5 keV is 40-500 ADU
    pedestal_adu: float = 500.0  # ASSUMED
    node_offset_sigma_adu: float = 2.0  # ASSUMED: nodes differ a little
    read_noise_adu: float = 5.0  # ASSUMED: per readout sample, whatever its binning
    column_sigma_adu: float = 1.0  # ASSUMED: fixed column pattern
    row_ramp_adu: float = 4.0  # ASSUMED: over the rows of a node
    hot_pixels_per_node: int = 4  # ASSUMED
    hot_pixel_adu: float = 150.0  # ASSUMED: each frame
    cloud_sigma_um: float = 10.0  # ASSUMED: charge cloud of a photon
    pixel_um: float = 6 * 81.8e3 / 4510  # CCD370: 81.8 mm over 4510 pixels, 6x6 binned
    thickness_um: float = 16.0  # CCD370
    cosmic_ev_per_um: float = 230.0  # doi 10.1088/1748-0221/6/06/p06013
    cosmic_spread: float = 0.2  # ASSUMED: lognormal sigma of the loss of a track
    fano: float = 0.115  # ASSUMED: silicon
    ev_per_pair: float = 200 / 55  # event-rate budget: 55 electrons at 200 eV

    def __post_init__(self) -> None:
        scales = (
            self.continuum_ev,
            self.n_sources,
            self.source_sigma_px,
            self.source_arm_px,
            self.gain_ev_per_adu,
            self.cloud_sigma_um,
            self.pixel_um,
            self.ev_per_pair,
            self.photon_max_ev - self.photon_min_ev,
        )
        amounts = (
            self.photon_min_ev,
            self.node_offset_sigma_adu,
            self.read_noise_adu,
            self.column_sigma_adu,
            self.hot_pixels_per_node,
            self.thickness_um,
            self.cosmic_ev_per_um,
            self.cosmic_spread,
            self.fano,
        )
        if not all(scale > 0 for scale in scales) or not all(amount >= 0 for amount in amounts):
            raise ValueError(f"a scale that is not positive or an amount below 0: {self}")
