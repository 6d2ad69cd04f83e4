"""The numbers of the built-in scene, each with its source."""

from __future__ import annotations

from dataclasses import dataclass

#: readout nodes in the order of the stream (MSSL-IF-122)
NODES = ("E2", "F2", "E4", "F4")
ROWS, COLS = 639, 384  # one node, 6x6 binned
EXPOSED_ROWS, EXPOSED_COLS = 631, 375  # filled from 3791 x 2255 image pixels; the rest overscan

#: rates per CCD and second by kind of scene: event-rate budget of Soman et al., TN 1.2
RATES_PER_S = {
    "quiet": {"swcx": 5.134, "background": 15.403, "sources": 0.657, "particles": 0.627},
    "storm": {"swcx": 82.150, "background": 15.403, "sources": 0.657, "particles": 1.255},
}
COSMIC_RATE_PER_S = 24.61  # particles per CCD and second

#: solar wind charge exchange lines [eV] and weights: C VI, O VII, O VIII, Ne IX, Mg XI (ASSUMED)
LINES_EV = (367.0, 561.0, 654.0, 905.0, 1343.0)
LINE_WEIGHTS = (0.22, 0.40, 0.22, 0.11, 0.05)


@dataclass(frozen=True)
class SceneParameters:
    """Detector and sky. What no source tells is ASSUMED."""

    gain_ev_per_adu: float = 5.0  # ASSUMED: the band of 0.2-2.5 keV is 40-500 ADU
    pedestal_adu: float = 500.0  # ASSUMED
    node_offset_sigma_adu: float = 2.0  # ASSUMED: nodes differ a little
    read_noise_adu: float = 5.0  # ASSUMED, per binned pixel
    column_sigma_adu: float = 1.0  # ASSUMED: fixed column pattern
    row_ramp_adu: float = 4.0  # ASSUMED: over the rows of a node
    hot_pixels_per_node: int = 4  # ASSUMED
    hot_pixel_adu: float = 150.0  # ASSUMED, each frame
    cloud_sigma_um: float = 10.0  # ASSUMED: charge cloud of a photon
    pixel_um: float = 108.8  # 6 x 18.13 um (81.8 mm over 4510 pixels)
    thickness_um: float = 16.0  # CCD370
    cosmic_ev_per_um: float = 230.0  # doi 10.1088/1748-0221/6/06/p06013
    fano: float = 0.115
    ev_per_pair: float = 3.64
    photon_min_ev: float = 200.0  # band of the instrument
    photon_max_ev: float = 2500.0
    continuum_ev: float = 450.0  # ASSUMED: e-folding energy of the soft background
    n_sources: int = 3  # ASSUMED
    source_sigma_px: float = 4.0  # ASSUMED: core of the lobster-eye image
    source_arm_px: float = 60.0  # ASSUMED: length of its cross arms
