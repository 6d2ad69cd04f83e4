# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""How long things took, and the limits they have to keep."""

from __future__ import annotations

import contextlib
import time
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from hil.percentile import percentile


@dataclass(frozen=True)
class Limits:
    """The longest that a percentile may be [ms]; None for no limit."""

    p50_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None

    def __post_init__(self) -> None:
        given = [getattr(self, each.name) for each in fields(self)]
        if all(limit is None for limit in given):
            raise ValueError("a limit is p50_ms, p99_ms or max_ms")
        if any(limit is not None and not limit > 0 for limit in given):
            raise ValueError("a limit is more than 0 ms")

    @property
    def text(self) -> str:
        """In words."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        return ", ".join(
            f"{name.removesuffix('_ms')} {limit:g} ms"
            for name, limit in given.items()
            if limit is not None
        )


@dataclass(frozen=True)
class Stats:
    """Of samples [ms]; percentiles are samples (nearest rank)."""

    count: int
    p50_ms: float
    p99_ms: float
    max_ms: float

    def beyond(self, limits: Limits) -> list[str]:
        """What is over its limit, in words."""
        return [
            f"{each.name.removesuffix('_ms')} {value:.3g} ms, limit {limit:g} ms"
            for each in fields(limits)
            if (limit := getattr(limits, each.name)) is not None
            and (value := getattr(self, each.name)) > limit
        ]


class Timing:
    """Samples by name."""

    def __init__(self) -> None:
        self._samples: dict[str, array[float]] = {}

    @property
    def samples_ms(self) -> Mapping[str, array[float]]:
        return self._samples

    def add(self, seconds: float, name: str = "") -> None:
        """One sample."""
        self._samples.setdefault(name, array("d")).append(seconds * 1e3)

    @contextlib.contextmanager
    def measure(self, name: str = "") -> Iterator[None]:
        """How long its block takes; nothing of one that raises."""
        start = time.perf_counter()
        yield
        self.add(time.perf_counter() - start, name)

    def stats(self, name: str = "") -> Stats:
        """KeyError for a name without samples."""
        ordered = sorted(self._samples[name])
        count = len(ordered)
        p50, p99 = (percentile(ordered, percent) for percent in (50, 99))
        return Stats(count, p50, p99, ordered[-1])
