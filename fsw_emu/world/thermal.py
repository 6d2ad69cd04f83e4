# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Heat: nodes with capacities, joined by conductances, to each other and to sinks.

The model is linear, so that its course is known exactly for as long as powers and sinks stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fsw_emu.world.numbers import assumed

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Network:
    """capacity: node -> J/K. links: (node, node or sink, W/K). start: node -> degC. sinks: what is
    a given temperature. ValueError for a name, a sign or a node that no sink cools."""

    capacity: Mapping[str, float]
    links: Sequence[tuple[str, str, float]]
    start: Mapping[str, float]
    sinks: Sequence[str]

    def __post_init__(self) -> None:
        names = {*self.capacity, *self.sinks}
        if set(self.start) != set(self.capacity) or min(self.capacity.values()) <= 0:
            raise ValueError("each node has a capacity above 0 and a temperature to begin with")
        for a, b, conductance in self.links:
            if a not in self.capacity or b not in names or conductance <= 0:
                raise ValueError(f"no link: {a}, {b}, {conductance}")
        cooled = {*self.sinks}
        for _ in self.capacity:
            cooled |= {end for a, b, _ in self.links if {a, b} & cooled for end in (a, b)}
        if cooled != names:
            raise ValueError(f"no sink cools {', '.join(sorted(names - cooled))}")

    @classmethod
    def nominal(cls) -> Self:
        """ASSUMED."""
        return cls(**assumed("thermal"))


class Heat:
    """Temperatures as a function of time since the inputs last changed.

    power [W] and sinks [degC] hold until they are set; nodes without power have none."""

    def __init__(
        self, network: Network, *, power: Mapping[str, float], sinks: Mapping[str, float]
    ) -> None:
        self.nodes = tuple(network.capacity)
        place = {name: i for i, name in enumerate((*self.nodes, *network.sinks))}
        n = len(self.nodes)
        conductance = np.zeros((len(place), len(place)))
        for a, b, value in network.links:
            for i, j in ((place[a], place[b]), (place[b], place[a])):
                conductance[i, j] -= value
                conductance[i, i] += value
        root = np.sqrt(np.array([network.capacity[name] for name in self.nodes]))
        symmetric = conductance[:n, :n] / np.outer(root, root)
        self._rates, vectors = np.linalg.eigh(symmetric)  # all above 0: sinks cool every node
        self._to_modes, self._from_modes = vectors.T * root, vectors / root[:, None]
        self._inverse = np.linalg.inv(conductance[:n, :n])
        self._from_sinks, self._sink_names = -conductance[:n, n:], tuple(network.sinks)
        self._since_s = 0.0
        self._asked_s, self._answer = nan, dict[str, float]()
        self._from = np.array([network.start[name] for name in self.nodes], np.float64)
        self._settle(power, sinks)

    def set(self, at_s: float, *, power: Mapping[str, float], sinks: Mapping[str, float]) -> None:
        """Other powers and sinks from this time on, which is not before the last."""
        self._from, self._since_s = self._at(at_s), at_s
        self._settle(power, sinks)

    def temperatures(self, at_s: float) -> Mapping[str, float]:
        """degC of every node, at or after the last change."""
        if at_s != self._asked_s:
            self._asked_s = at_s
            self._answer = dict(zip(self.nodes, self._at(at_s).tolist(), strict=True))
        return self._answer

    def equilibrium(self) -> dict[str, float]:
        """degC where everything would end as it is now."""
        return dict(zip(self.nodes, self._end.tolist(), strict=True))

    def _settle(self, power: Mapping[str, float], sinks: Mapping[str, float]) -> None:
        heat = np.array([power.get(name, 0.0) for name in self.nodes])
        given = np.array([sinks[name] for name in self._sink_names])
        self._end = self._inverse @ (heat + self._from_sinks @ given)
        self._modes = self._to_modes @ (self._from - self._end)
        self._asked_s = nan  # no answer is kept from before

    def _at(self, at_s: float) -> Floats:
        decay = np.exp(-self._rates * (at_s - self._since_s))
        return np.asarray(self._end + self._from_modes @ (decay * self._modes))
