# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Quick looks as they arrive: one line of JSON a readout."""

from __future__ import annotations

import json

from fsw_emu.core import Core, CoreError
from fsw_emu.ground.telemetry import Received
from fsw_emu.packets.fault import Fault, FaultLog
from fsw_emu.packets.look import LOOK, SERVICE

LOOKS_FILE = "quicklook.jsonl"


class LookReader:
    """Takes TM(200,1), whatever comes between; a damaged one is a fault (SPEC.md LOOK-12)."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._lines: list[str] = []
        self.faults: FaultLog[Fault] = FaultLog()

    def push(self, received: Received) -> None:
        """Take a packet."""
        header = received.tm.header
        if (header.type, header.subtype) != (SERVICE, LOOK):
            return
        try:
            product = self._core.look_load(received.tm.data)
        except CoreError as error:
            self.faults.append(Fault(received.position, "quick look", str(error)))
            return
        alarms = {"rate": product.rate_alarm, "place": product.place_alarm}
        told = {
            "time": header.time.iso(),
            "frame_counter": product.frame_counter,
            "alarms": [name for name, given in alarms.items() if given],
            "learning": product.learning,
            "counts": product.counts,
            "rejected": product.n_rejected,
            "mean": product.mean,
            "score": product.score,
            "x_px": product.x,
            "y_px": product.y,
            "cells": product.cells.tolist(),
        }
        self._lines.append(json.dumps(told))

    def text(self) -> bytes:
        """All lines; nothing without a quick look."""
        return "".join(f"{line}\n" for line in self._lines).encode()
