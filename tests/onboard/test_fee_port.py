# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The FEE's link: registers are data-pool items, replies are matched, time-outs count cycles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.core import default_core
from fsw_emu.dpu import fee_items
from fsw_emu.dpu.fee_port import KEY, MAX_OUTSTANDING, FeePort
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.dpu.science.readout import Batch
from fsw_emu.fee.memory import FeeMemory
from fsw_emu.fee.target import RmapTarget
from fsw_emu.interface.table import load
from fsw_emu.packets import rmap
from fsw_emu.packets.fee_registers import FIELDS, TABLE
from fsw_emu.packets.spacewire import Item, SpwPacket
from fsw_emu.world.world import World

#: items of the facts: 5..47, 192..194, 247..253 configure, 195..246 are measured
CONFIGURE = {*range(5, 48), *range(192, 195), *range(247, 254)}
MEASURED = {*range(195, 247)}


def onboard() -> Onboard:
    return Onboard(load(), World(noise_lsb=0.0), default_core(), "IASW", lambda _: None)


class Bench:
    """A port, and a target on the registers of a FEE that answers a cycle later."""

    def __init__(self) -> None:
        self.onboard = onboard()
        self.batches: list[Batch] = []
        self.port = FeePort(self.onboard, self.batches.append)
        self.memory = FeeMemory()
        self.target = RmapTarget(self.memory)
        self.sent: list[Item] = []

    def cycle(self, *, answers: bool = True) -> None:
        self.onboard.cycle += 1
        self.port.cycle()
        self.sent = self.port.take()
        if answers:
            self.port.received(self.replies())

    def replies(self) -> list[Item]:
        got = [self.target.received(each.data, False) for each in self.sent]
        return [SpwPacket(reply) for reply in got if reply]

    def run(self, cycles: int, *, answers: bool = True) -> None:
        for _ in range(cycles):
            self.cycle(answers=answers)


def test_every_item_is_a_register_and_every_register_an_item() -> None:
    table = load()
    numbers = {name: table.pool[name].number for name in fee_items.ITEMS}
    assert {numbers[name] for name in fee_items.CONFIGURATION} == CONFIGURE
    assert {numbers[name] for name in fee_items.HOUSEKEEPING} == MEASURED
    covered: dict[int, int] = {}
    for row in fee_items.ITEMS.values():
        covered[row.address] = covered.get(row.address, 0) | row.mask
    for field in TABLE:
        assert covered[field.address] & field.mask == field.mask, field.name
    for one in fee_items.CONFIGURATION.values():
        same = [o for o in fee_items.CONFIGURATION.values() if o.address == one.address]
        assert sum(bool(o.mask & one.mask) for o in same) == 1


def test_defaults_are_what_registers_are_after_a_reset_or_set_science_up() -> None:
    """All that the set-up changes is listed here."""
    bench = Bench()
    bench.port.set_up()
    bench.run(5)
    after, changed = FeeMemory(), {}
    for field in TABLE:
        if field.writable and bench.memory.get(field.name) != after.get(field.name):
            changed[field.name] = bench.memory.get(field.name)
    assert changed == {
        "ccd_mode_config": 3,
        "event_detection": 1,
        "sync_sel": 1,
        "full_sun_pix_threshold": 10000,
    }


@pytest.mark.verifies("ASW-26")
@given(st.data())
def test_items_arrive_in_the_fields_of_their_names(data: st.DataObject) -> None:
    """The oracle is the FEE's own register memory."""
    bench = Bench()
    names = data.draw(
        st.lists(st.sampled_from(sorted(fee_items.CONFIGURATION_FIELDS)), min_size=1, unique=True)
    )
    for name in names:
        most = min((1 << fee_items.ITEMS[name].bits) - 1, bench.onboard.pool.item(name).type.most)
        if name not in (fee_items.EXECUTE_OP, "FRMclearErrorFlag"):
            bench.onboard.pool[name] = data.draw(st.integers(0, most), name)
    request = bench.port.set_up()
    bench.run(5)
    assert (request.running, request.failure) == (False, None)
    for name in names:
        if name not in (fee_items.EXECUTE_OP, "FRMclearErrorFlag"):
            field = fee_items.CONFIGURATION_FIELDS[name]
            assert bench.memory.get(field) == bench.onboard.pool[name]
    assert not bench.memory.take_execute()


def test_each_ccd_has_a_bit_of_the_readout() -> None:
    bench = Bench()
    pool = bench.onboard.pool
    pool["FRMccd2Readout"], pool["FRMccd4Readout"] = 0, 1
    bench.port.set_up()
    bench.run(4)
    assert bench.memory.get("ccd_readout") == 2


@given(st.dictionaries(st.sampled_from(sorted(fee_items.HOUSEKEEPING_FIELDS)), st.integers(0)))
def test_what_the_fee_measures_is_in_the_pool(values: dict[str, int]) -> None:
    bench = Bench()
    for name, value in values.items():
        field = FIELDS[fee_items.HOUSEKEEPING_FIELDS[name]]
        bench.memory.set(field.name, value % (1 << field.bits))
    request = bench.port.read_housekeeping()
    bench.run(2)
    assert not request.running
    for name in values:
        told = bench.memory.get(fee_items.HOUSEKEEPING_FIELDS[name])
        assert bench.onboard.pool[name] == told
    assert len(bench.port.housekeeping) == 152
    assert bench.onboard.pool["FeeHkLastUpdt"] == bench.onboard.cycle


def test_a_mode_is_executed_by_a_write_of_its_own() -> None:
    bench = Bench()
    bench.port.execute(2)
    bench.cycle(answers=False)
    commands = [rmap.read_command(each.data) for each in bench.sent]
    addresses = [each.command.address for each in commands]
    assert addresses == [0x54, 0x64]
    bench.port.received(bench.replies())
    assert bench.memory.take_execute()
    assert bench.memory.get("ccd_mode_config") == 2
    assert bench.onboard.pool["FRMccdModeConfig"] == 3  # what science is set up with stays
    assert all(each.command.key == KEY for each in commands)


@pytest.mark.verifies("ASW-26")
@pytest.mark.parametrize("after", [1, 2, 8, 31])
def test_a_reply_that_does_not_come_times_out(after: int) -> None:
    bench = Bench()
    bench.onboard.pool["RmapTimeOut"] = after
    request = bench.port.read_housekeeping()
    bench.cycle(answers=False)
    for _ in range(after - 1):
        assert bench.port.due() <= after
        bench.cycle(answers=False)
        assert request.running
    assert bench.port.due() == 1
    bench.cycle(answers=False)
    assert (request.failure, bench.port.errors) == ("time-out", {"time-out": 1})
    assert bench.port.due() is None


def test_a_late_reply_is_without_effect() -> None:
    bench = Bench()
    request = bench.port.read_housekeeping()
    bench.cycle(answers=False)
    late = bench.replies()
    bench.run(10, answers=False)
    bench.port.received(late)
    bench.cycle()
    assert request.failure == "time-out"
    assert bench.port.errors == {"time-out": 1, "unexpected": 1}


def test_what_is_wrong_with_replies_is_counted_by_its_kind() -> None:
    bench = Bench()

    def come(change) -> str | None:  # type: ignore[no-untyped-def]
        request = bench.port.read_words([0])
        bench.cycle(answers=False)
        bench.port.received(change(bench.replies()[0].data))
        bench.cycle(answers=False)
        bench.run(9, answers=False)
        return request.failure

    assert come(lambda reply: [SpwPacket(reply)]) is None
    assert come(lambda reply: [SpwPacket(reply, eep=True)]) == "time-out"
    assert come(lambda reply: [SpwPacket(reply[:-1] + bytes([reply[-1] ^ 1]))]) == "damaged"
    assert come(lambda reply: [SpwPacket(bytes([*reply[:5], 9, *reply[6:]]))]) == "time-out"
    bench.target = RmapTarget(bench.memory, key=KEY ^ 1)
    assert come(lambda reply: [SpwPacket(reply)]) == "status"
    kinds = {"time-out": 2, "eep": 1, "damaged": 1, "discarded": 1, "status": 1}
    assert bench.port.errors == kinds


def test_no_more_go_out_than_a_cycle_and_the_descriptors_allow() -> None:
    bench = Bench()
    bench.onboard.pool["RmapTimeOut"] = 100
    bench.port.read_words(range(0, 0x68, 4))
    for _ in range(6):
        bench.port.read_words(range(0, 0x68, 4))
    seen = []
    for _ in range(8):
        bench.cycle(answers=False)
        seen.append(len(bench.sent))
    most = bench.onboard.pool["RmapMaxNmbOfPackets"]
    assert seen == [most] * (MAX_OUTSTANDING // most) + [0] * (8 - MAX_OUTSTANDING // most)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6), st.integers(1, 40))
def test_cycles_without_work_may_be_left_out(gaps: list[int], period: int) -> None:
    """Commands go out in the same cycles whether idle ones are called or not."""

    def run(*, skip: bool) -> list[tuple[int, bytes]]:
        bench = Bench()
        bench.port.polling = True
        bench.onboard.pool["FeeHkPer"] = period
        went: list[tuple[int, bytes]] = []
        for gap in gaps:
            bench.port.read_words([4])
            end = bench.onboard.cycle + gap
            while bench.onboard.cycle < end:
                due = bench.port.due()
                left = end - bench.onboard.cycle
                idle = min(left, (due or left + 1) - 1)
                if skip and idle > 0:
                    bench.onboard.cycle += idle
                    bench.port.skipped(idle)
                    continue
                bench.cycle(answers=len(went) % 3 > 0)
                went += [(bench.onboard.cycle, item.data) for item in bench.sent]
        return went

    assert run(skip=True) == run(skip=False)


@given(st.lists(st.binary(max_size=40), max_size=20), st.booleans())
def test_any_bytes_do_no_harm(packets: list[bytes], together: bool) -> None:
    bench = Bench()
    pool = bench.onboard.pool
    before = {name: pool.raw(name) for name in pool}
    bench.port.received([Batch.of(packets)] if together else [SpwPacket(p) for p in packets])
    bench.cycle()
    changed = {name for name in pool if pool.raw(name) != before[name]}
    assert changed <= {"SpW1BytesIn", *fee_items.HOUSEKEEPING, "FeeHkLastUpdt", "ActFeeSt"}


def test_more_than_is_held_goes_the_oldest_first() -> None:
    bench = Bench()
    most = load().assumed["fee_port"]["most_held"]
    bench.port.received([SpwPacket(bytes([0x50, 0xF0]) + bytes(8))] * (most + 3))
    assert bench.port.errors == {"overrun": 3}


def test_a_port_that_is_told_to_do_nothing_still_works() -> None:
    bench = Bench()
    for name in ("RmapMaxNmbOfPackets", "FeePollPcktsPerCycle"):
        bench.onboard.pool[name] = 0
    request = bench.port.read_words([0, 4, 8])
    bench.run(5)
    assert (request.running, request.failure) == (False, None)
