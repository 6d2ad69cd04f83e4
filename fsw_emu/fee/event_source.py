# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Event-detection readouts for long virtual runs: one buffer a frame, mostly without a frame."""

from __future__ import annotations

from collections.abc import Sequence

from fsw_emu.core import Core
from fsw_emu.fee.front_end import (
    FramePackets,
    FrontEnd,
    FrontEndSettings,
    Housekeeping,
    bare_housekeeping,
)
from fsw_emu.fee.sources import SeenInWindows
from fsw_emu.packets.fee import NODES


class EventSource:
    """Readouts of what is seen in windows; the frame is rendered where windows will not do.

    ``settings`` may change between readouts. nodes: those that are read out. ``n_rendered`` counts
    the frames that were.
    """

    def __init__(
        self,
        core: Core,
        settings: FrontEndSettings,
        seen: SeenInWindows,
        *,
        housekeeping: Housekeeping = bare_housekeeping,
        nodes: Sequence[str] = NODES,
    ) -> None:
        self.front_end = FrontEnd(core, settings, housekeeping)
        self.n_rendered = 0
        self._seen = seen
        self._nodes = nodes

    def readout(self, index: int) -> FramePackets:
        """All packets of frame ``index``, counted from 0. BlockingIOError while what is seen is
        not there yet."""
        drawn = self.front_end.drawn_buffer(self._seen, index, self._nodes)
        if drawn is not None:
            return drawn
        frames = self._seen.node_frames(index)
        if frames is None:
            raise BlockingIOError(f"frame {index} is not there yet")
        self.n_rendered += 1
        return self.front_end.event_buffer({node: frames[node] for node in self._nodes})
