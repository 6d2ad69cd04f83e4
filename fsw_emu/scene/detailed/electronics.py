# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the readout adds: offsets that drift, noise of three kinds, a 16-bit converter."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fsw_emu.scene.detailed.conditions import Conditions, dark_factor
from fsw_emu.scene.detailed.parameters import Parameters
from fsw_emu.scene.detailed.transfer import MIDDLE, Loss
from fsw_emu.scene.parameters import COLS, EXPOSED_COLS, EXPOSED_ROWS, NODES, ROWS

Adu = NDArray[np.float32]
SHAPE = len(NODES), ROWS, COLS

#: samples that share a value of the banding
BAND_COLS = 16
#: dark charge of a readout below which it is not drawn [electrons of a binned pixel]
LEAST_DARK = 0.1
#: waves that make the drift, each half as long as the one before
N_WAVES = 4
DARK_REFERENCE_C = 20.0
MOST_ADU = 0xFFFF


class Electronics:
    """Levels and noise of all four nodes, (4, 639, 384) [ADU]."""

    def __init__(self, parameters: Parameters, rng: np.random.Generator) -> None:
        self._parameters = parameters
        o = parameters.offset
        nodes = rng.normal(0, o.node_sigma_adu, (len(NODES), 1, 1))
        columns = rng.normal(0, o.column_sigma_adu, (len(NODES), 1, COLS))
        ramp = np.linspace(0, o.row_ramp_adu, ROWS)[:, None]
        fixed = o.pedestal_adu + nodes + columns + ramp
        fixed = fixed + o.pixel_sigma_adu * rng.standard_normal(SHAPE)
        self._fixed: Adu = fixed.astype(np.float32)
        self._phases = rng.uniform(0, 2 * np.pi, (N_WAVES, len(NODES)))
        dsnu = 1 + parameters.dark.dsnu_part * rng.standard_normal(SHAPE)
        self._dark: Adu = (np.maximum(dsnu, 0) * exposed()).astype(np.float32)
        self._injected = 1 + parameters.injection.column_part * rng.standard_normal((4, 1, COLS))
        frequency = np.arange(1, ROWS * COLS // BAND_COLS // 2 + 1)
        amplitude = 1 / np.sqrt(frequency)
        self._banding = amplitude / np.sqrt(np.sum(amplitude**2))

    @property
    def adu_per_electron(self) -> float:
        p = self._parameters
        return p.silicon.ev_per_pair / p.converter.gain_ev_per_adu

    @property
    def fixed(self) -> Adu:
        """What is the same in every readout, but for dark current [ADU]."""
        return self._fixed

    @property
    def dark_pattern(self) -> Adu:
        """Dark current of each pixel over the mean; 0 in the overscan."""
        return self._dark

    def drift(self, now: Conditions) -> NDArray[np.float64]:
        """How far the offset of each node is from the fixed one: (4,) [ADU]."""
        p, o = self._parameters, self._parameters.offset
        periods = o.drift_period_s / 2.0 ** np.arange(N_WAVES)
        waves = np.sin(2 * np.pi * now.time_s / periods[:, None] + self._phases)
        away = o.per_degree_adu * (now.temperature_c - p.temperature.reference_c)
        step = o.step_adu if now.time_s >= o.step_s else 0.0
        moved: NDArray[np.float64] = waves.sum(axis=0) * o.drift_adu * math.sqrt(2 / N_WAVES)
        return moved + away + step

    def dark_electrons(self, now: Conditions) -> float:
        """Mean of a binned pixel in one readout."""
        p = self._parameters
        factor = dark_factor(now.temperature_c, DARK_REFERENCE_C, p.dark.activation_ev)
        return 36 * p.period_s * p.dark.electrons_per_s * factor

    def empty(self, rng: np.random.Generator, now: Conditions, *, dark: float | None = None) -> Adu:
        """A readout without charge of arrivals: offset, noise, dark current. dark: another mean
        than that of the temperature [electrons]."""
        c = self._parameters.converter
        samples = rng.standard_normal(SHAPE, np.float32)
        dark = self.dark_electrons(now) if dark is None else dark
        if dark < LEAST_DARK:
            samples *= np.float32(c.read_noise_adu)
        else:
            per_electron = np.float32(self.adu_per_electron)
            mean = self._dark * np.float32(dark * self.adu_per_electron)
            # Poisson noise as a normal one: beside that of the readout its skew is not seen.
            sigma = mean * per_electron
            sigma += np.float32(c.read_noise_adu**2)
            samples *= np.sqrt(sigma, out=sigma)
            samples += mean
        samples += self._fixed
        bands = samples.reshape(len(NODES), ROWS, COLS // BAND_COLS, BAND_COLS)
        bands += self.common(rng, now)[..., None]
        return samples

    def common(self, rng: np.random.Generator, now: Conditions) -> Adu:
        """What samples next to each other share: drift, row noise, banding (4, 639, 24) [ADU].

        The banding is 1/f over the time of one readout; the four nodes have each their own.
        """
        c = self._parameters.converter
        shape = len(NODES), ROWS, COLS // BAND_COLS
        common = np.zeros(shape, np.float32)
        if c.band_noise_adu > 0:
            n = len(self._banding)
            waves = rng.standard_normal((2, len(NODES), n)) * self._banding
            spectrum = np.zeros((len(NODES), n + 1), np.complex128)
            spectrum[:, 1:] = waves[0] + 1j * waves[1]
            series = np.fft.irfft(spectrum, 2 * n, norm="forward")
            common += (c.band_noise_adu / 2 * series).reshape(shape)
        if c.row_noise_adu > 0:
            common += c.row_noise_adu * rng.standard_normal((len(NODES), ROWS, 1), np.float32)
        return common + self.drift(now).astype(np.float32)[:, None, None]

    def inject(self, rng: np.random.Generator, samples: Adu, loss: Loss) -> None:
        """Add lines of charge to samples, with what they lose and leave behind."""
        i = self._parameters.injection
        if not i.is_on:
            return
        rows = np.arange(int(EXPOSED_ROWS))
        filled = np.flatnonzero(rows % int(i.every_rows) < int(i.width_rows))
        kept = loss.kept_rows(6.0 * filled + MIDDLE)
        back = (1 - kept) * loss.trail_part
        same, following, rest = loss.trail()
        profile = np.zeros(ROWS + 2)
        for n, part in enumerate((kept + back * same, back * following, back * rest)):
            profile[filled + n] += part
        cols = int(EXPOSED_COLS)
        touched = np.flatnonzero(profile[:ROWS])
        mean = i.electrons * profile[touched, None] * self._injected[:, :, :cols]
        mean = np.maximum(mean, 0)
        charge = mean + np.sqrt(mean) * rng.standard_normal(mean.shape)
        samples[:, touched, :cols] += (charge * self.adu_per_electron).astype(np.float32)


def exposed() -> NDArray[np.float64]:
    """Part of each pixel of a node that light reaches: (639, 384)."""
    rows = np.clip(EXPOSED_ROWS - np.arange(ROWS), 0, 1)
    cols = np.clip(EXPOSED_COLS - np.arange(COLS), 0, 1)
    return np.outer(rows, cols)


def converted(samples: Adu) -> NDArray[np.uint16]:
    """What a 16-bit converter makes of samples [ADU], which are lost; it saturates."""
    np.rint(samples, out=samples)
    return np.clip(samples, 0, MOST_ADU, out=samples).astype(np.uint16)
