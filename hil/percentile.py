# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Percentiles of what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def percentile(ordered: Sequence[T], percent: int) -> T:
    """The sample of nearest rank: the least that ``percent`` (1..100) of them do not exceed.
    IndexError for no samples."""
    return ordered[-(-len(ordered) * percent // 100) - 1]
