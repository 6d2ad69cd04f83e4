# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Bits flipped on the emulated LEON3: every one is accounted for, and told as what it was."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from upset_cases import upset_cases

import fsw_emu.targets
from fsw_emu.targets.prepared import Place, Prepared
from fsw_emu.targets.upsets import OUTCOMES, REGIONS, Campaign, Flip, Upset

ROOT = Path(__file__).resolve().parents[2]
SEED = 1


@pytest.fixture(scope="module")
def campaign() -> Iterator[Campaign]:
    made = Campaign(fsw_emu.targets.flight_program(), upset_cases())
    yield made
    made.close()


def case(campaign: Campaign, function: str) -> Prepared:
    return next(p for p in campaign.prepared if p.case.function == function)


def place(campaign: Campaign, prepared: Prepared, name: str) -> Place:
    where = [p for region in REGIONS for p in campaign.places(prepared, region)]
    return next(p for p in where if p.name == name)


def hit(
    campaign: Campaign, function: str, name: str, byte: int, bit: int, *, during: bool = False
) -> Upset:
    prepared = case(campaign, function)
    where = place(campaign, prepared, name)
    return campaign.strike(prepared, Flip(where, where.address + byte, bit, during))


def test_three_hundred_flips_end_well(campaign: Campaign) -> None:
    upsets = list(campaign.run(300, seed=SEED))
    assert len(upsets) == 300
    assert {u.outcome for u in upsets} <= set(OUTCOMES)
    assert [u for u in upsets if u.outcome == "hang"] == []
    assert {u.flip.place.region for u in upsets} == set(REGIONS)
    assert all(bool(u.kind) == (u.outcome != "no effect") for u in upsets)
    assert campaign.restarts == 0


def test_a_seed_tells_the_flips(campaign: Campaign) -> None:
    """And what comes of them, but for those that may hit the request itself on its way."""
    first, again, other = (
        [(u.case.function, u.flip, u.outcome) for u in campaign.run(60, seed=seed)]
        for seed in (3, 3, 4)
    )
    assert [f[:2] for f in first] == [f[:2] for f in again] != [f[:2] for f in other]
    asked = ("context", "input", "output")
    steady = [i for i, (_, f, _) in enumerate(first) if f.place.region in asked and not f.during]
    assert [first[i] for i in steady] == [again[i] for i in steady]


def test_every_group_of_functions_is_asked(campaign: Campaign) -> None:
    groups = {p.case.function.split("_")[1] for p in campaign.prepared}
    offered = {n.split("_")[1] for n in campaign.library.ring.functions if n.startswith("sxi_")}
    assert groups == offered


def test_every_region_is_within_memory_of_its_own(campaign: Campaign) -> None:
    for prepared in campaign.prepared:
        places = [p for region in REGIONS[1:4] for p in campaign.places(prepared, region)]
        spans = sorted((p.address, p.address + p.size) for p in places)
        assert all(end <= start for (_, end), (start, _) in zip(spans, spans[1:], strict=False))


PLANTED = {
    "status: a length that disagrees": ("sxi_entity_science", "entity", 23, 0, "status", "status"),
    "status: a packet's length": ("sxi_fee_parse", "buf", 3, 0, "status", "rejected"),
    "status: a coder's parameter": ("sxi_aec_encode_u16", "params.rsi", 0, 7, "status", "status"),
    "status: the check of an entity": ("sxi_ce_check", "science", 9, 4, "status", "status"),
    "trap: an odd pointer": (
        "sxi_frame_push_packets", "ctx.pixels", 3, 0, "status", "trap: mem_address_not_aligned",
    ),
    "guard: a pointer 32 bytes off": (
        "sxi_frame_push_packets", "ctx.row_pixels", 3, 5, "status", "guard",
    ),
    "refused: an entry of the server": ("sxi_crc8", "own entry", 47, 2, "status", "ring: "),
    "refused: its twin": ("sxi_crc8", "own entry", 51, 2, "status", "ring: "),
    "crc: what it is over": ("sxi_ce_close", "science", 100, 3, "detected by crc", "crc"),
    "crc: a packet that is checked": ("sxi_crc16", "data", 100, 3, "detected by crc", "crc"),
    "silent: a sample": ("sxi_image_crop", "in", 64 * 40 + 40, 0, "silent", "wrong"),
    "silent: a bright background": ("sxi_edu_detect", "pixels", 0x1020, 6, "silent", "wrong"),
    "silent: an event": ("sxi_filter_events", "events", 54 + 28, 7, "silent", "wrong"),
    "silent: a threshold": ("sxi_filter_events", "ctx.centre_max", 0, 2, "silent", "wrong"),
    "silent: a pointer out of memory": ("sxi_edu_detect", "frame.pixels", 0, 7, "silent", "wrong"),
    "silent: working memory elsewhere": ("sxi_key_decode", "work.u16", 0, 3, "silent", "stray"),
    "none: product yet to be made": ("sxi_image_crop", "out", 100, 3, "no effect", ""),
    "none: working memory": ("sxi_edu_detect", "ctx.flags", 100, 3, "no effect", ""),
    "none: a table that is not used": ("sxi_image_crop", "table8", 7, 3, "no effect", ""),
    "none: the server's place": ("sxi_crc8", "state", 3, 0, "no effect", ""),
    "none: an answered slot": ("sxi_crc8", "slots", 128 + 3, 6, "no effect", ""),
    "none: the page's magic": ("sxi_crc8", "header", 0, 0, "no effect", ""),
}  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_flip_is_told_as_what_it_is(campaign: Campaign, planted: str) -> None:
    function, name, byte, bit, outcome, kind = PLANTED[planted]
    for _ in range(3):
        upset = hit(campaign, function, name, byte, bit)
        assert (upset.outcome, upset.kind[: len(kind)]) == (outcome, kind), upset
    assert bool(upset.kind) == bool(kind)
    assert campaign.restarts == 0


def test_a_hit_crc_table_is_never_silent(campaign: Campaign) -> None:
    for byte in range(0, 512, 37):
        upset = hit(campaign, "sxi_entity_pack", "table16", byte, byte % 8)
        assert upset.outcome in ("status", "detected by crc", "no effect"), upset


def test_padding_matters_to_nobody(campaign: Campaign) -> None:
    prepared = case(campaign, "sxi_ldt_rx_push")
    last = place(campaign, prepared, "rx.sdu_id")
    upset = campaign.strike(prepared, Flip(last, last.address + 1, 5, during=False))
    assert upset.outcome == "no effect"


def test_the_ring_survives_any_bit_of_its_state(campaign: Campaign) -> None:
    """Of state and of the slots' words that tell client and server what is under way."""
    words = [*range(12), 128, 129, 130, 131, 256 + 131, 512 + 131, 768 + 131]
    for at in words:
        for bit in range(8):
            name, byte = ("state", at) if at < 12 else ("slots", at)
            upset = hit(campaign, "sxi_crc8", name, byte, bit)
            assert upset.outcome in ("no effect", "status"), upset
    assert campaign.restarts == 0


def test_what_a_flip_leads_to_is_undone(campaign: Campaign) -> None:
    """A pointer that is hit writes elsewhere; afterwards all memory is as it was."""

    def memory() -> dict[int, bytes]:
        return {at: data for at, data in campaign._pages() if any(data)}

    before = memory()
    assert hit(campaign, "sxi_key_decode", "work.u16", 0, 3).stray
    assert memory() == before


def test_a_wrong_answer_that_the_product_hides_is_silent(campaign: Campaign) -> None:
    """Without its check the same flip counts as silent: the check is what told."""
    prepared = case(campaign, "sxi_ce_close")
    unchecked = replace(prepared, case=replace(prepared.case, refused=None))
    where = place(campaign, prepared, "science")
    upset = campaign.strike(unchecked, Flip(where, where.address + 100, 3, during=False))
    assert (upset.outcome, upset.kind) == ("silent", "wrong")


def test_hangs_and_ends_are_counted_and_the_campaign_goes_on(campaign: Campaign) -> None:
    restarts = campaign.restarts
    campaign.library.ring.timeout_s = 0
    late = hit(campaign, "sxi_edu_detect", "ctx.flags", 0, 0)
    assert late.outcome == "hang"
    assert "no answer" in late.kind
    emulator = campaign.library.emulator
    assert emulator is not None
    emulator.process.kill()
    emulator.process.wait()
    ended = hit(campaign, "sxi_edu_detect", "ctx.flags", 0, 0)
    assert ended.outcome == "hang"
    assert "the target ended" in ended.kind
    assert campaign.restarts == restarts + 2
    assert hit(campaign, "sxi_edu_detect", "ctx.flags", 0, 0).outcome == "no effect"


def test_the_command_counts_what_it_did(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("upsets.json", "upsets.html")]
    elf = str(fsw_emu.targets.flight_program())
    command = [sys.executable, str(ROOT / "tools/upsets.py"), "--flips", "40", "--elf", elf]
    command += ["--json", str(files[0]), "--html", str(files[1])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    counted = json.loads(files[0].read_text())
    assert counted["flips"] == 40
    assert sum(n for row in counted["regions"].values() for n in row.values()) == 40
    silent = sum(row.get("silent", 0) for row in counted["regions"].values())
    assert sum(n for row in counted["silent"].values() for n in row.values()) == silent
    assert counted["hangs"] == []
    assert "no hang" in files[1].read_text()
    assert all(region in done.stdout for region in REGIONS)
