# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a session found, for the report."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from fsw_emu.atomic import write_atomic
from fsw_emu.report.lab_page import LabPage, LabTest, build_lab_page
from hil.lab.file import LabFile
from hil.lab.lab import Lab
from hil.pytest_plugin.pictures import FramesSeen
from hil.pytest_plugin.run import TestRun


class Summary:
    """Collects results until the page is written."""

    def __init__(self, file: LabFile) -> None:
        self.frames = FramesSeen()
        self._file = file
        self._tests: list[LabTest] = []
        self._links: list[tuple[str, str, int, int, int, int]] = []

    def add(self, run: TestRun) -> None:
        """A test has ended."""
        self._tests.append(run.result())

    def links(self, lab: Lab) -> None:
        """What the links carried."""
        for name, link in lab.links.items():
            joins = " - ".join(map(str, self._file.links[name].ends))
            sent, received = link.counters.sent, link.counters.received
            numbers = (sent.packets, sent.bytes, received.packets, received.bytes)
            self._links.append((name, joins, *numbers))

    def write(self, path: Path) -> None:
        """Write the page. OSError."""
        page = LabPage(
            title=f"Lab {self._file.path.stem}",
            tests=self._tests,
            lab=list(self._lab()),
            links=self._links,
            frames=self.frames.pictures(),
            provenance=[
                ("fsw-emu", version("fsw-emu")),
                ("lab file", self._file.path.name),
                ("its SHA-256", sha256(self._file.path.read_bytes()).hexdigest()),
                ("Python", f"{platform.python_version()}, {platform.platform()}"),
                ("written", datetime.now(UTC).isoformat(timespec="seconds")),
            ],
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, build_lab_page(page).encode())

    def _lab(self) -> Iterator[tuple[str, str]]:
        for node in self._file.nodes.values():
            what = ", ".join(node.addresses.values()) or "emulated"
            tested = ", under test" if node.name == self._file.dut else ""
            yield node.name, f"{what}{tested}"
            if node.emulated and node.options:
                yield (
                    f"{node.name}: options",
                    ", ".join(f"{key} = {value}" for key, value in node.options.items()),
                )
            if node.quirks != type(node.quirks)():
                yield f"{node.name}: quirks", str(node.quirks)
        if self._file.seed is not None:
            yield "seed of faults", str(self._file.seed)
