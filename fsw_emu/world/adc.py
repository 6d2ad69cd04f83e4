# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The converter of the data processing unit: 16 channels of 14 bit (MIB v1.8.1)."""

from __future__ import annotations

import tomllib
from bisect import bisect_left
from collections.abc import Sequence
from enum import IntEnum
from functools import cache
from importlib.resources import files
from itertools import pairwise

from fsw_emu.world.draw import normal, word

FULL_SCALE = (1 << 14) - 1
#: V of a raw value: raw * SPAN_V / FULL_SCALE + OFFSET_V (flight model, nominal)
SPAN_V, OFFSET_V = 7.58261, -1.76956


class Channel(IntEnum):
    """CrFwAdcValId_t (MIB v1.8.1)."""

    P3V9 = 1
    P3V3 = 2
    P3V3_LVDS = 3
    P2V5 = 4
    P1V8 = 5
    P1V2 = 6
    REF_2V5 = 7
    TEMP1 = 8
    TEMP_CCD = 9
    TEMP_FEE = 10
    I_FEE_ANA = 11
    I_FEE_DIG = 12
    I_DPU = 13
    I_RSE = 14
    I_HEATER = 15
    PSU_TEMP = 16


#: rails: how many V one at the converter's input are; the first comes over a divider by two
RAIL_GAIN = dict.fromkeys(list(Channel)[:7], 1.0) | {Channel.P3V9: 2.0}


class Line:
    """Straight lines from point to point (x, y), the outer ones going on. x rises; y rises or
    falls all the way. ValueError for other points, or fewer than two."""

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        self._x, self._y = [p[0] for p in points], [p[1] for p in points]
        if len(points) < 2 or not (_rises(self._x) and (_rises(self._y) or _rises(self._y[::-1]))):
            raise ValueError("a calibration is two points or more, and goes one way")
        up = self._y[0] < self._y[-1]
        self._of_y = (self._y, self._x) if up else (self._y[::-1], self._x[::-1])

    def y(self, x: float) -> float:
        return _between(self._x, self._y, x)

    def x(self, y: float) -> float:
        return _between(*self._of_y, y)


def _rises(values: Sequence[float]) -> bool:
    return all(a < b for a, b in pairwise(values))


def _between(x: Sequence[float], y: Sequence[float], at: float) -> float:
    right = min(max(bisect_left(x, at), 1), len(x) - 1)
    part = (at - x[right - 1]) / (x[right] - x[right - 1])
    return y[right - 1] + part * (y[right] - y[right - 1])


@cache
def calibration(name: str) -> Line:
    """Of a channel by its name, or RSE_TEMP: 8 bit, motor and electronics of the door.

    From raw to V, A or degC. KeyError for another name."""
    if name in Channel.__members__ and (gain := RAIL_GAIN.get(Channel[name])):
        return Line([(0, gain * OFFSET_V), (FULL_SCALE, gain * (OFFSET_V + SPAN_V))])
    text = files("fsw_emu.world").joinpath("calibrations.toml").read_text("utf-8")
    return Line([(raw, value) for raw, value in tomllib.loads(text)[name]])


def engineering(channel: Channel, raw: int) -> float:
    """V, A or degC of a raw value, 0..16383."""
    return calibration(channel.name).y(raw)


def raw_value(channel: Channel, value: float) -> int:
    """The nearest raw value, at the end of the range where it is beyond."""
    return _clipped(calibration(channel.name).x(value))


def _clipped(raw: float) -> int:
    return round(min(max(raw, 0.0), FULL_SCALE))


class Adc:
    """What the converter gives for a value. Noise is a function of seed, channel and cycle.

    noise_lsb: standard deviation of a sample."""

    def __init__(self, *, noise_lsb: float, seed: int) -> None:
        self._noise_lsb = noise_lsb
        self._streams = {channel: word(seed, channel) for channel in Channel}
        self._lines = {channel: calibration(channel.name) for channel in Channel}
        self._stuck: dict[Channel, int] = {}

    def override(self, channel: Channel, raw: int) -> None:
        """From now on the channel gives this. ValueError for more than 14 bit."""
        if not 0 <= raw <= FULL_SCALE:
            raise ValueError(f"a raw value is 0..{FULL_SCALE}, not {raw}")
        self._stuck[channel] = raw

    def release(self, channel: Channel) -> None:
        """It measures again."""
        self._stuck.pop(channel, None)

    def sample(self, channel: Channel, value: float, cycle: int) -> int:
        """Raw value of V, A or degC: the same each time it is asked in a cycle."""
        if (stuck := self._stuck.get(channel)) is not None:
            return stuck
        raw = self._lines[channel].x(value)
        if self._noise_lsb:
            raw += self._noise_lsb * normal(self._streams[channel] + cycle)
        return _clipped(raw)
