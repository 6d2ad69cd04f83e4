# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""One answer to an open question after the other: what changes in the products of a run."""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fsw_emu.assumptions import Assumption, Choice
from fsw_emu.cli.mainjob import receive, send, summary_of
from fsw_emu.cli.setup import UsageError, check_usage, reading_of, settings_of, source_of
from fsw_emu.cli.sources import Source
from fsw_emu.core import Core, TargetError
from fsw_emu.dpu.science.readout import Batch

#: lists of a summary that are told apart from its counters
_LISTS = ("faults", "ground_faults", "files")


@dataclass(frozen=True)
class Outcome:
    """What a run leaves: hashes of its products by file name, and its summary."""

    products: dict[str, str]
    summary: dict[str, Any]

    @property
    def faults(self) -> list[str]:
        return [*self.summary["faults"], *self.summary["ground_faults"]]


@dataclass(frozen=True)
class Flip:
    """One choice in place of the one that a run has, and what is other with it."""

    row: Assumption
    choice: Choice
    options: str  # as the command line has it
    products: tuple[str, ...] = ()  # kinds of files that differ: tm.bin, ce, events.fits, images
    counters: dict[str, tuple[Any, Any]] = field(default_factory=dict)  # name -> before, after
    new_faults: tuple[str, ...] = ()
    lossless: bool = False
    refused: str = ""  # why there is no such run

    @property
    def has_effect(self) -> bool:
        return bool(self.products or self.counters or self.new_faults or self.refused)


class Kept:
    """A source whose packets are made once and taken often."""

    def __init__(self, source: Source) -> None:
        self.name = source.name
        self._batches = list(source.batches())
        self.faults = source.faults

    def batches(self) -> Iterator[Batch]:
        return iter(self._batches)


class Flipper:
    """A run, and the same with another choice. ``args``: of ``fsw-emu run``, filled in.

    Packets are those of the first run wherever a choice does not act on them. UsageError,
    ValueError, OSError of that run.
    """

    def __init__(self, args: argparse.Namespace, core: Core, onboard: Core) -> None:
        check_usage(args)
        self._args = args
        self._core = core
        self._onboard = onboard
        self._packets = Kept(source_of(args, core, settings_of(args, core)))
        self.base = self._outcome(args, self._packets)

    def choices(self, row: Assumption) -> list[Choice]:
        """Those that the run does not have."""
        have = vars(self._args)
        return [c for c in row.choices if any(have[name] != c.sets[name] for name in c.sets)]

    def flip(self, row: Assumption, choice: Choice) -> Flip:
        """The run with one choice; one that cannot be is refused."""
        args = argparse.Namespace(**{**vars(self._args), **choice.sets})
        options = _options(self._args, choice)
        acts = "front end" if args.recording is None else "recording"
        try:
            check_usage(args)
            outcome = self._outcome(args, None if acts in row.acts else self._packets)
        except (UsageError, TargetError, ValueError) as error:
            return Flip(row, choice, options, refused=str(error))
        return Flip(
            row,
            choice,
            options,
            products=_changed(self.base.products, outcome.products),
            counters=_differences(self.base.summary, outcome.summary),
            new_faults=tuple(f for f in outcome.faults if f not in set(self.base.faults)),
            lossless=outcome.summary["lossless"],
        )

    def _outcome(self, args: argparse.Namespace, packets: Kept | None) -> Outcome:
        settings = settings_of(args, self._core)
        source = source_of(args, self._core, settings) if packets is None else packets
        with tempfile.TemporaryDirectory(prefix="fsw-emu-") as folder:
            out = Path(folder)
            chain, downlink = send(source.batches(), out, self._onboard, settings)
            ground, check = receive(out, self._core, downlink, reading_of(args))
            summary = summary_of(source, chain, downlink, ground, check, settings)
            products = {
                name: hashlib.sha256((out / name).read_bytes()).hexdigest()
                for name in summary["files"]
            }
        return Outcome(products, summary)


def flips(flipper: Flipper, rows: Sequence[Assumption]) -> Iterator[Flip]:
    """Every choice of these rows that the run does not have."""
    for row in rows:
        if row.can_be_flipped:
            for choice in flipper.choices(row):
                yield flipper.flip(row, choice)


def _options(args: argparse.Namespace, choice: Choice) -> str:
    """A choice as the command line has it."""
    parts = []
    for name, value in choice.sets.items():
        flag = "--" + name.replace("_", "-")
        if getattr(args, name) == value:
            continue
        if value is None or value is False:
            parts.append(f"without {flag}")
        elif value is True:
            parts.append(flag)
        else:
            text = ",".join(map(str, value)) if isinstance(value, tuple) else value
            parts.append(f"{flag} {text}")
    return " ".join(parts)


def _changed(before: dict[str, str], after: dict[str, str]) -> tuple[str, ...]:
    """Kinds of products in which a file differs, appears or is gone."""
    names = {*before, *after}
    kinds = {_kind(name) for name in names if before.get(name) != after.get(name)}
    return tuple(kind for kind in ("tm.bin", "ce", "events.fits", "images") if kind in kinds)


def _kind(name: str) -> str:
    if name.startswith("ce/"):
        return "ce"
    return "images" if name.startswith("image_") else name


def _differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Values of a summary that differ, by name; lists by their lengths."""
    first, second = dict(_flat("", before)), dict(_flat("", after))
    return {
        name: (first.get(name), second.get(name))
        for name in [*first, *(name for name in second if name not in first)]
        if first.get(name) != second.get(name)
    }


def _flat(prefix: str, summary: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in summary.items():
        if isinstance(value, dict):
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield prefix + name, len(value) if name in _LISTS else value
