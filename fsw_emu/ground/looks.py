# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Quick looks and alarms as they arrive: one line of JSON each."""

from __future__ import annotations

import json

from fsw_emu.core import Core
from fsw_emu.ground.telemetry import Received
from fsw_emu.packets.fault import Fault, FaultLog
from fsw_emu.packets.look import ALARM, ALARM_BYTES, ALARM_FLAGS, CELLS, LOOK, SERVICE

LOOKS_FILE = "quicklook.jsonl"
_NAMES = {LOOK: "quick look", ALARM: "alarm"}


class LookReader:
    """Takes TM(200,1) and TM(200,2), whatever comes between; a damaged one is a fault (SPEC.md
    LOOK-12)."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._lines: list[str] = []
        self.faults: FaultLog[Fault] = FaultLog()

    def push(self, received: Received) -> None:
        """Take a packet."""
        header = received.tm.header
        if header.type != SERVICE or header.subtype not in _NAMES:
            return
        kind, data = _NAMES[header.subtype], received.tm.data
        try:
            product = self._core.look_load(data if header.subtype == LOOK else self._whole(data))
        except ValueError as error:
            self.faults.append(Fault(received.position, kind, str(error)))
            return
        alarms = {"rate": product.rate_alarm, "place": product.place_alarm}
        told = {
            "product": kind,
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
            "cells": product.cells.tolist() if header.subtype == LOOK else None,
        }
        self._lines.append(json.dumps(told))

    def _whole(self, alarm: bytes) -> bytes:
        """A quick look without counts of cells, so that one reader judges both. ValueError."""
        if len(alarm) != ALARM_BYTES:
            raise ValueError(f"{len(alarm)} bytes, an alarm has {ALARM_BYTES}")
        if not alarm[1] & ALARM_FLAGS:
            raise ValueError("neither the rate nor the place has jumped")
        body = alarm + bytes(CELLS)
        return body + self._core.crc16(body).to_bytes(2, "big")

    def text(self) -> bytes:
        """All lines; nothing without a quick look or an alarm."""
        return "".join(f"{line}\n" for line in self._lines).encode()
