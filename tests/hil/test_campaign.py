# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Every fault that a campaign injects is found or harmless, and its judge sees if one is not."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from campaign import main
from campaign_judge import SILENT
from campaign_rig import Campaign

from fsw_emu.fee.target import RmapTarget
from fsw_emu.packets.spacewire import Item, SpwPacket
from hil.faults.plan import KINDS
from hil.fee.reception import Reception


def campaign(packets: int) -> Campaign:
    """With more faults than the large one has."""
    made = Campaign(packets, seed=1, times=8)
    asyncio.run(asyncio.wait_for(made.run(), 60))
    return made


def wrong(made: Campaign) -> list[str]:
    return [name for name, (counted, wanted) in made.checks().items() if counted != wanted]


def test_every_fault_is_found_or_harmless() -> None:
    made = campaign(6000)
    assert wrong(made) == []
    assert made.injector.counts.keys() >= KINDS.keys() - {"stall"}
    assert sum(made.verdicts.counts.values()) == made.injector.counts.total() > 300


def test_a_campaign_leaves_no_memory_behind() -> None:
    campaign(1000)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        campaign(1500)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - before < 100_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("more", "code"), [(8_000_000, 0), (8_000_001, 1)])
def test_memory_that_grows_fails_a_campaign(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], more: int, code: int
) -> None:
    monkeypatch.setattr("campaign_rig.rss_bytes", lambda: 40_000_000)
    monkeypatch.setattr("campaign.rss_bytes", lambda: 40_000_000 + more)
    assert main(["--packets", "900"]) == code
    told = capsys.readouterr().out.splitlines()[-1]
    assert "memory 40 MB at half time, 48 MB at end" in told
    assert told.endswith(", BUT 8 MB more at most") == bool(code)


def test_the_judge_sees_a_reception_that_takes_what_ended_in_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    received = Reception.received

    def credulous(self: Any, items: Sequence[Item]) -> None:
        good = [replace(i, eep=False) if isinstance(i, SpwPacket) else i for i in items]
        received(self, good)

    monkeypatch.setattr(Reception, "received", credulous)
    assert "FEE packets refused" in wrong(campaign(2000))


def test_the_judge_sees_a_target_that_believes_any_key(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = RmapTarget._refusal

    def careless(self: Any, command: Any) -> Any:
        return refusal(self, replace(command, key=0xD1))

    monkeypatch.setattr(RmapTarget, "_refusal", careless)
    made = campaign(2000)
    assert "silent faults" in wrong(made)
    assert {kind for kind, who, _ in made.verdicts.counts if who == SILENT} == {"wrong-key"}
