# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""One test in a lab: what it measured, what was injected, what it leaves when it fails."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from fsw_emu.packets.pcap import Direction
from fsw_emu.packets.spacewire import Item
from fsw_emu.report.lab_page import LabTest
from hil.faults.injection import Injection
from hil.lab.file import LabFile
from hil.lab.timing import Limits, Timing
from hil.lab.watch import WatchedLink
from hil.record import Recorder

#: faults beyond it are counted, their lines are not kept
MAX_LOGGED = 100_000
_WORST: tuple[str, ...] = ("passed", "skipped", "failed", "error")


class TestRun:
    """``folder``: where its recording is written until it is known whether anybody needs it."""

    __test__ = False  # nothing for pytest to collect

    def __init__(
        self, item: pytest.Item, file: LabFile, folder: Path, limits: Mapping[str, Limits]
    ) -> None:
        self.timing = Timing()
        self.recorder = Recorder(folder / "test.pcapng", comment=item.nodeid)
        self._name, self._file, self._limits = item.nodeid, file, limits
        self._requirements = tuple(
            str(each)
            for kind in ("requirement", "verifies")
            for marker in item.iter_markers(kind)
            for each in marker.args
        )
        self._faults: Counter[tuple[str, str]] = Counter()
        self._log: list[tuple[str, Injection]] = []
        self._outcome, self._said, self._seconds = "passed", "", 0.0
        self._left: list[str] = []

    @property
    def failed(self) -> bool:
        return self._outcome in ("failed", "error")

    def watch(self, link: WatchedLink, direction: Direction, items: Sequence[Item]) -> None:
        """What passes a link."""
        self.recorder.add(items, direction, link.name)

    def injected(self, link: str, injection: Injection) -> None:
        """A fault."""
        self._faults[link, injection.kind] += 1
        if len(self._log) < MAX_LOGGED:
            self._log.append((link, injection))

    def beyond_limits(self) -> Iterator[str]:
        """What took too long, in words."""
        for name, limits in self._limits.items():
            what = name or "time"
            if name not in self.timing.samples_ms:
                yield f"{what}: nothing was measured, which has a limit"
                continue
            for each in self.timing.stats(name).beyond(limits):
                yield f"{what}: {each}"

    def take(self, report: pytest.TestReport) -> None:
        """The report of one phase."""
        self._seconds += report.duration
        outcome = report.outcome
        if outcome == "failed" and report.when != "call":
            outcome = "error"  # type: ignore[assignment]
        if _WORST.index(outcome) > _WORST.index(self._outcome):
            self._outcome, self._said = outcome, report.longreprtext[-4000:]

    def properties(self) -> Iterator[tuple[str, object]]:
        """For the file of --junitxml."""
        yield "lab", self._file.path.name
        yield from (("requirement", each) for each in self._requirements)
        for name in self.timing.samples_ms:
            stats = self.timing.stats(name)
            for each in ("count", "p50_ms", "p99_ms", "max_ms"):
                yield f"timing.{name}.{each}" if name else f"timing.{each}", getattr(stats, each)
        for (link, kind), count in self._faults.items():
            yield f"faults.{link}.{kind}", count
        if self._file.seed is not None:
            yield "seed", self._file.seed
        yield from (("left", each) for each in self._left)

    def leave(self, folder: Path) -> None:
        """Leave the recording, the faults and what is needed to do it again. OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        base = re.sub(r"[^\w.-]+", "_", self._name.rpartition("/")[2]).strip("_")[:120]
        shutil.copyfile(self.recorder.path, folder / f"{base}.pcapng")
        lines = [json.dumps({"link": link} | each.to_json()) for link, each in self._log]
        (folder / f"{base}.faults.jsonl").write_text("".join(f"{line}\n" for line in lines))
        again = {
            "test": self._name,
            "lab": str(self._file.path),
            "seed": self._file.seed,
            "seeds": sorted({each.seed for _, each in self._log}),
            "faults": {f"{link} {kind}": n for (link, kind), n in sorted(self._faults.items())},
            "packets": self.recorder.n_recorded,
            "said": self._said,
        }
        (folder / f"{base}.json").write_text(json.dumps(again, indent=1) + "\n")
        self._left = [f"{base}{suffix}" for suffix in (".pcapng", ".faults.jsonl", ".json")]

    def result(self) -> LabTest:
        """For the report."""
        return LabTest(
            name=self._name,
            outcome=self._outcome,
            seconds=self._seconds,
            requirements=self._requirements,
            said=self._said,
            timings_ms={name: list(values) for name, values in self.timing.samples_ms.items()},
            limits={name: limits.text for name, limits in self._limits.items()},
            faults=dict(self._faults),
            left=self._left,
        )
