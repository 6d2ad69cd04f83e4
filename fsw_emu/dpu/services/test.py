# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 17: are you alive?"""

from __future__ import annotations

from collections.abc import Mapping

from fsw_emu.dpu.commands import Command, Handler
from fsw_emu.dpu.downlink import Downlink


class Test:
    """Answers a connection test by TM(17,2), to who asked."""

    __test__ = False  # for pytest

    def __init__(self, downlink: Downlink) -> None:
        self._downlink = downlink

    def handlers(self) -> Mapping[str, Handler]:
        handler = Handler(run=self._run)
        return {"AreYouAlive": handler, "DBS_TC_TEST_CONNECTION": handler}

    def _run(self, command: Command) -> None:
        self._downlink.report("AreYouAliveRep", destination=command.tc.source)
