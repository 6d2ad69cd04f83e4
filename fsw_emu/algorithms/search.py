# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Built in: detection beyond flight, followed by the filter of flight: ties, maps, cti."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.algorithms.flight import (
    Filter,
    filter_defaults,
    joined,
    options_of,
    sent,
    within_limit,
)
from fsw_emu.algorithms.guard import NODES, ROWS
from fsw_emu.algorithms.interface import Outcome, Setup
from fsw_emu.core import Found, MapSettings, PixelMaps

SATURATION_ADU = 0xFFFF  # of a 16-bit converter
ROW_TRANSFERS = 6  # rows binned into one
#: option and default of NodeMaps; learned, ASSUMED: how much maps from the ground are trusted
MAP_OPTIONS = {"common": True, "sigmas": 5.0, "learned": 64, "good_frames": 32}


def search(
    setup: Setup,
    frames: NDArray[np.uint16],
    *,
    limit: int | None,
    switches: Sequence[Mapping[str, Any]],
) -> tuple[list[Found], int]:
    """Events of each node by ``find_events``, with the switches of each, and how many the
    CCD's limit cost."""

    def look(node: int, frame: NDArray[np.uint16], left: int | None) -> Found:
        told = {"threshold": setup.threshold_adu, **switches[node]}
        return setup.core.find_events(frame, limit=left, **told)

    return within_limit(frames, limit, look)


def send_searched(
    setup: Setup,
    frames: NDArray[np.uint16],
    limits: Filter,
    switches: Sequence[Mapping[str, Any]],
) -> Outcome:
    """What the filter of flight leaves of a search up to the CCD's limit, with its flags."""
    nodes, n_dropped = search(setup, frames, limit=setup.ccd_limit, switches=switches)
    keep, causes = limits([seen.records for seen in nodes])
    pairs = list(zip(nodes, keep, strict=True))
    events = joined([seen.records[mask] for seen, mask in pairs])
    events["flags"] = np.concatenate([seen.flags[mask] for seen, mask in pairs])
    return sent(setup.core, events, {**causes, "dropped": n_dropped})


class Ties:
    """Flight with equal maxima decided in raster order, and saturation told in the flags.

    Options: ``ties`` raster or strict (flight's); ``saturation`` [ADU], 0: none; the filter's.
    """

    def __init__(self, setup: Setup) -> None:
        own = {"ties": "raster", "saturation": SATURATION_ADU}
        options = options_of(setup, "ties", **own, **filter_defaults(setup))
        if options["ties"] not in ("raster", "strict"):
            raise ValueError(f"ties: ties is {options['ties']!r}, neither raster nor strict")
        self._setup, self._filter = setup, Filter(setup.core, options)
        self._switches = [{name: options[name] for name in own}] * NODES

    def readout(self, frames: NDArray[np.uint16]) -> Outcome:
        return send_searched(self._setup, frames, self._filter, self._switches)


class NodeMaps:
    """Offset and noise maps of all nodes, which follow the frames.

    learned: frames that the first maps, flat at the pedestal, are trusted for; 0: they begin
    with the first frame, and rows are on the local median for good_frames frames.
    """

    def __init__(
        self, setup: Setup, *, learned: int, common: bool, sigmas: float, good_frames: int
    ) -> None:
        if not 0 <= learned <= 0xFFFF or not 0 <= good_frames <= 0xFFFF:
            raise ValueError("maps: learned and good_frames are within 0..65535")
        if not 0 <= sigmas < 4096:
            raise ValueError(f"maps: sigmas is {sigmas:g}, not within 0..4095")
        self._core, self._common, self._sigmas_q4 = setup.core, common, round(16 * sigmas)
        noise = round(256 * setup.read_noise_adu)
        self._settings = MapSettings(noise_start=noise, good_frames=good_frames)
        self._pedestal, self._noise, self._learned = 256 * setup.pedestal_adu, noise, learned
        self._maps: list[PixelMaps] = []

    def switches(self, frames: NDArray[np.uint16]) -> list[dict[str, Any]]:
        """The maps after these frames, as ``find_events`` takes them, for each node."""
        if not self._maps:
            self._maps = [self._begin(frame.shape) for frame in frames]
        self._maps = [
            self._core.maps_update(maps, frame)
            for maps, frame in zip(self._maps, frames, strict=True)
        ]
        return [
            {
                "offset": maps.offset,
                "noise": maps.noise,
                "row_state": maps.row_state,
                "common": maps.common if self._common else None,
                "sigmas_q4": self._sigmas_q4,
            }
            for maps in self._maps
        ]

    def _begin(self, shape: tuple[int, int]) -> PixelMaps:
        maps = self._core.maps_begin(shape, self._settings)
        if not self._learned:
            return maps
        maps.offset[:] = self._pedestal
        maps.noise[:] = self._noise
        return self._core.maps_seal(maps, age=self._learned)


class Maps:
    """Flight with a threshold above maps of offset and noise, updated with each readout; rows
    that drift fall back to the local median.

    Options: ``common`` with the common mode of row segments; ``sigmas`` of a pixel's noise that
    are asked for beside the threshold; ``learned``, ``good_frames`` [frames]; the filter's.
    """

    def __init__(self, setup: Setup) -> None:
        options = options_of(setup, "maps", **MAP_OPTIONS, **filter_defaults(setup))
        self._setup, self._filter = setup, Filter(setup.core, options)
        self._maps = NodeMaps(setup, **{name: options[name] for name in MAP_OPTIONS})

    def readout(self, frames: NDArray[np.uint16]) -> Outcome:
        switches = self._maps.switches(frames)
        return send_searched(self._setup, frames, self._filter, switches)


class Cti:
    """Flight with thresholds that fall with the charge lost on the way of each row.

    Options: ``loss`` of a transfer; ``least`` [ADU], as noise does not fade; the filter's.
    """

    def __init__(self, setup: Setup) -> None:
        own = {"loss": 1e-5, "least": round(4 * setup.read_noise_adu)}
        options = options_of(setup, "cti", **own, **filter_defaults(setup))
        if not 0 <= options["loss"] < 1 or not 0 <= options["least"] <= 0xFFFF:
            raise ValueError("cti: loss is within 0..1 (excluded), least within 0..65535 ADU")
        self._setup, self._filter = setup, Filter(setup.core, options)
        thresholds = setup.core.cti_thresholds(
            ROWS, threshold=setup.threshold_adu, loss=int(options["loss"] * 2**32),
            transfers=ROW_TRANSFERS, least=options["least"],
        )  # fmt: skip
        self._switches = [{"row_threshold": thresholds}] * NODES

    def readout(self, frames: NDArray[np.uint16]) -> Outcome:
        return send_searched(self._setup, frames, self._filter, self._switches)
