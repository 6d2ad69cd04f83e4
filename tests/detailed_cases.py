# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Detailed scenes with parts of the world switched off, so that others can be measured."""

from __future__ import annotations

from typing import Any

from fsw_emu.scene.detailed import DetailedScene, preset

#: nothing arrives
DARKNESS: dict[str, Any] = {
    "sky.swcx_per_s": 0,
    "sky.background_per_s": 0,
    "sky.particles_per_s": 0,
    "sky.sources": [],
    "particles.cosmic_per_s": 0,
    "particles.protons_per_s": 0,
}
#: no defects
PERFECT: dict[str, Any] = {
    "dark.electrons_per_s": 0,
    "dark.hot_per_node": 0,
    "dark.hot_per_node_per_krad": 0,
    "dark.flickering_per_node": 0,
    "dark.dsnu_part": 0,
    "transfer.cti_parallel": 0,
    "transfer.cti_parallel_per_krad": 0,
    "transfer.cti_serial": 0,
    "transfer.cti_serial_per_krad": 0,
}
#: no offset and no noise: samples are charge
SILENT: dict[str, Any] = {
    "offset.pedestal_adu": 0,
    "offset.node_sigma_adu": 0,
    "offset.column_sigma_adu": 0,
    "offset.pixel_sigma_adu": 0,
    "offset.row_ramp_adu": 0,
    "offset.drift_adu": 0,
    "offset.per_degree_adu": 0,
    "converter.read_noise_adu": 0,
    "converter.row_noise_adu": 0,
    "converter.band_noise_adu": 0,
}
CLEAN = PERFECT | SILENT
#: as many ADU as electrons
UNITS = {"converter.gain_ev_per_adu": 200 / 55}


def scene(
    *parts: dict[str, Any], name: str = "quiet", seed: int = 1, **kwargs: Any
) -> DetailedScene:
    """A preset with other values, the later ones win."""
    overrides: dict[str, Any] = {}
    for part in parts:
        overrides |= part
    return DetailedScene(preset(name, overrides), seed=seed, **kwargs)
