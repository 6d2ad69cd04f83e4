# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""FEE, bridge and DPU go on however often their links are cut; at length: ``make soak-hil``."""

from __future__ import annotations

import asyncio

from soak_hil import Soak, verdict


def test_links_that_are_cut_come_again() -> None:
    soak = Soak()
    asyncio.run(asyncio.wait_for(soak.run(4, mbit=10, every=0.3), 30))
    assert soak.bridge.a.links > 1
    assert soak.bridge.b.links > 1
    assert soak.reads > 0
    assert soak.reception.accounts.totals["packets"] > 100
    assert not any(what.split()[0] in ("fds", "tasks", "links") for what in verdict(soak))
