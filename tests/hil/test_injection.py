# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What comes out is what the log of the injections says, and nothing else."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import crcmod
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw_emu.packets import rmap
from fsw_emu.packets.fee import FeeHeader
from fsw_emu.packets.spacewire import Item, SpwPacket, TimeCode
from hil.faults.injection import MAX_HELD, Injection, Injector
from hil.faults.plan import CLASSES, GROUPS, KINDS, Plan, Rule, read_plan

MS = 1_000_000
checksum = crcmod.mkCrcFun(0x107, initCrc=0, rev=True, xorOut=0)  # an outside judge


def fee(kind: int, frame: int = 0, sequence: int = 0, size: int = 54) -> SpwPacket:
    header = FeeHeader(0x50, 0xF0, size, 3, False, 1, 0, kind, frame, sequence)
    return SpwPacket(header.to_bytes() + bytes(range(size)))


def command(instruction: rmap.Instruction = rmap.WRITE, transaction: int = 7) -> rmap.Command:
    data = b"\1\2\3\4" if instruction.carries_data else b""
    return rmap.Command(instruction, 0x51, 0x50, 0xD1, transaction, 0x10, 4, data)


def write(transaction: int = 7) -> SpwPacket:
    return SpwPacket(command(transaction=transaction).to_bytes())


def reply(status: int = 0, instruction: rmap.Instruction = rmap.READ) -> SpwPacket:
    data = b"" if instruction.write else b"\1\2\3\4"
    return SpwPacket(command(instruction).answer(status, data).to_bytes())


#: of every class, with and without path addresses and data, good and bad
POOL: list[Item] = [
    *(SpwPacket(replace(command(instruction), path=path, reply_address=back).to_bytes())
      for instruction in (rmap.READ, rmap.WRITE, rmap.READ_MODIFY_WRITE)
      for path, back in ((b"", b""), (b"\1\0\x1f", b"\0\0\0\5"), (b"\3", b"\0\0\3\4\1\2\3\4"))),
    *(reply(status, instruction) for status in (0, 3) for instruction in (rmap.READ, rmap.WRITE)),
    *(fee(kind, frame) for kind in range(4) for frame in (0, 1)),
    *(SpwPacket(data) for data in (b"", b"\1", b"\x50\1", bytes(20), b"\x50\xf0\0\0", b"\xfe" * 9)),
    SpwPacket(write().data[:-1], eep=True),
    SpwPacket(write().data[:-1] + b"\0"),
    *(TimeCode(count, flags) for count in (0, 61, 63) for flags in (0, 3)),
]  # fmt: skip
items_ = st.lists(st.sampled_from(POOL), max_size=40)


@st.composite
def rules(draw: st.DrawFn, kinds: tuple[str, ...] = tuple(KINDS)) -> Rule:
    kind = draw(st.sampled_from(kinds))
    when = draw(st.sampled_from(["chance", "number", "every"]))
    return Rule(
        kind=kind,
        classes=draw(st.sampled_from([KINDS[kind], KINDS[kind][-1:]])),
        direction=draw(st.sampled_from([None, "a-to-b", "b-to-a"])),
        chance=draw(st.sampled_from([0.05, 0.3, 1.0])) if when == "chance" else 1.0,
        number=draw(st.integers(1, 5)) if when == "number" else None,
        every=draw(st.integers(1, 5)) if when == "every" else None,
        between_s=draw(st.sampled_from([None, (0.0, 0.01), (0.005, 0.02)])),
        value=draw(st.integers(1, 9)),
        size_bytes=draw(st.integers(1, 9)),
    )


plans = st.builds(Plan, st.lists(rules(), max_size=4).map(tuple), st.integers(0, 99))


def through(plan: Plan, items: list[Item]) -> tuple[list[Item], list[Injection], int]:
    """One item a millisecond from a to b, releases when they are due: what comes out, the log,
    and what was lost with the link."""
    log: list[Injection] = []
    way = Injector(plan, start_ns=0, log=log.append).a_to_b
    out: list[Item] = []
    for number, item in enumerate(items, 1):
        while (due := way.due_ns()) is not None and due < number * MS:
            out += way.release(due)
        out += way.feed([item], number * MS)
    if way.cut:
        way.clear()
    while (due := way.due_ns()) is not None:
        out += way.release(due)
    return [*out, *way.flush()], log, way.lost


def as_logged(items: list[Item], log: list[Injection]) -> list[Item]:
    """The oracle: the log applied to what went in, each item by the time it comes out."""
    by_item = {each.item: each for each in log}
    assert len(by_item) == len(log), "one fault an item"
    stalls: list[tuple[int, int]] = []
    for each in log:
        if each.kind == "stall":
            begin, end = each.item, each.item + each.detail["ms"]
            if stalls and begin < stalls[-1][1]:
                stalls[-1] = (stalls[-1][0], max(stalls[-1][1], end))
            else:
                stalls.append((begin, end))

    def out(time: int, since: int = 0) -> tuple[int, int]:
        over = [end for begin, end in stalls if begin + since <= time < end]
        return (over[0], 0) if over else (time, 2)

    keyed = []
    for number, item in enumerate(items, 1):
        entry = by_item.get(number)
        if entry is not None and entry.kind == "delay":
            due = number + entry.detail["ms"]
            keyed.append(((out(due, since=1)[0], 1), (due, number), [item]))
        elif entry is not None and entry.kind == "reorder":
            behind = number + entry.detail["by"]
            last = behind > len(items)
            keyed.append(((10**9, 0) if last else out(behind), (behind, number), [item]))
        else:
            keyed.append((out(number), (number, 0), outcome(item, entry)))
    keyed.sort(key=lambda each: each[:2])
    return [item for _, _, some in keyed for item in some]


def outcome(item: Item, entry: Injection | None) -> list[Item]:
    """What a fault that holds nothing back makes of an item, from the standards' layouts."""
    if entry is None or entry.kind == "stall":
        return [item]
    detail = entry.detail
    if entry.kind == "drop":
        return []
    if entry.kind == "duplicate":
        return [item, item]
    if entry.kind == "babble":
        noise = Random(detail["random"])
        return [item] + [
            SpwPacket(noise.randbytes(detail["bytes"])) for _ in range(detail["packets"])
        ]
    if isinstance(item, TimeCode):
        assert entry.kind == "time-code-jump"
        return [TimeCode((item.count + detail["by"]) % 64, item.flags)]
    data = bytearray(item.data)
    path = len(data) - len(bytes(data).lstrip(bytes(range(32))))
    size = path + 16 + 4 * (data[path + 2] & 3) if len(data) > path + 2 else 0
    if size and not data[path + 2] & 0x40:
        size = path + (8 if data[path + 2] & 0x20 else 12)
    match entry.kind:
        case "truncate" | "eep":
            del data[detail["keep"] :]
            return [replace(item, data=bytes(data), eep=item.eep or entry.kind == "eep")]
        case "bit-flip":
            data[detail["bit"] // 8] ^= 0x80 >> detail["bit"] % 8
        case "header-crc":
            data[size - 1] ^= detail["xor"]
        case "data-crc":
            assert len(data) > size
            data[-1] ^= detail["xor"]
        case "wrong-key":
            assert data[path + 2] & 0x40
            data[path + 3] = detail["key"]
            data[size - 1] = checksum(bytes(data[path : size - 1]))
        case "wrong-transaction":
            at = size - 11 if data[path + 2] & 0x40 else path + 5
            data[at : at + 2] = detail["transaction"].to_bytes(2, "big")
            data[size - 1] = checksum(bytes(data[path : size - 1]))
    assert bytes(data) != item.data
    return [replace(item, data=bytes(data))]


CUTS_NOTHING = tuple(kind for kind in KINDS if kind != "disconnect")


@pytest.mark.parametrize("kind", CUTS_NOTHING)
@settings(max_examples=30)
@given(items=items_, data=st.data())
def test_what_comes_out_is_what_the_log_says(
    kind: str, items: list[Item], data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(rules((kind, *CUTS_NOTHING)), min_size=1, max_size=3))
    chosen[0] = replace(chosen[0], kind=kind, classes=KINDS[kind])
    out, log, lost = through(Plan(tuple(chosen)), items)
    assert out == as_logged(items, log)
    assert lost == 0


@given(plans, items_)
def test_items_are_conserved_but_as_logged(plan: Plan, items: list[Item]) -> None:
    out, log, lost = through(plan, items)
    more = Counter({each.kind: 0 for each in log})
    for each in log:
        more[each.kind] += {"drop": -1, "duplicate": 1}.get(each.kind, 0)
        more[each.kind] += each.detail["packets"] if each.kind == "babble" else 0
    assert len(out) + lost == len(items) + sum(more.values())


@given(plans, items_, st.randoms(use_true_random=False))
def test_the_same_seed_and_packets_give_the_same_faults(
    plan: Plan, items: list[Item], random: Random
) -> None:
    """However they come in stretches."""
    plan = replace(
        plan, rules=tuple(r for r in plan.rules if r.kind not in ("stall", "disconnect"))
    )
    ways: list[tuple[list[Item], list[Injection]]] = []
    for stretches in (False, True):
        log: list[Injection] = []
        way = Injector(plan, start_ns=0, log=log.append).b_to_a
        out: list[Item] = []
        at = 0
        while at < len(items):
            size = random.randint(1, 9) if stretches else 1
            out += way.feed(items[at : at + size], 0)
            at += size
        ways.append((out + way.flush(), log))
    assert ways[0] == ways[1]


def test_another_seed_gives_other_faults() -> None:
    plan = Plan((Rule("drop", CLASSES, chance=0.1),))
    items: list[Item] = [fee(1)] * 300
    logs = [through(replace(plan, seed=seed), items)[1] for seed in (1, 2)]
    assert [each.item for each in logs[0]] != [each.item for each in logs[1]]


def hits(toml: str, items: list[Item]) -> list[int]:
    return [each.item for each in through(read_plan(toml), items)[1]]


def test_schedules() -> None:
    frames = [fee(kind, frame) for frame in range(4) for kind in (2, 1, 0, 1, 1, 1, 3)]
    third = "[[fault]]\nkind = 'drop'\non = {packet = 'event', frame = 2, number = 3}"
    assert hits(third, [*frames]) == [14 + 5]
    hundredth = "[[fault]]\nkind = 'eep'\non = {packet = 'housekeeping', every = 3}"
    assert hits(hundredth, [fee(2), fee(1)] * 10) == [5, 11, 17]
    answer = "[[fault]]\nkind = 'data-crc'\non = {packet = 'reply', status = 0, number = 1}"
    assert hits(answer, [reply(3), fee(1), reply(0), reply(0)]) == [3]
    some_time = "[[fault]]\nkind = 'drop'\non = {between_s = [0.003, 0.005]}"
    assert hits(some_time, [fee(1)] * 9) == [3, 4]
    everything = "[[fault]]\nkind = 'drop'\nchance = 0.01"
    assert 60 < len(hits(everything, [fee(1)] * 10_000)) < 140
    tick = "[[fault]]\nkind = 'drop'\non = {packet = 'time-code'}"
    assert hits(tick, [fee(1), TimeCode(3), write()]) == [2]


def test_a_fault_that_cannot_fall_on_its_packet_falls_on_the_next() -> None:
    plan = "[[fault]]\nkind = 'data-crc'\non = {packet = 'rmap', number = 1}"
    read = SpwPacket(command(rmap.READ).to_bytes())
    assert hits(plan, [read, reply(0, rmap.WRITE), write(), write()]) == [3]
    two = "[[fault]]\nkind = 'drop'\non = {number = 2}\n[[fault]]\nkind = 'eep'\non = {number = 2}"
    assert hits(two, [fee(1)] * 5) == [2, 3]


def test_held_packets_are_bounded() -> None:
    plan = Plan((Rule("delay", GROUPS["any"], value=60_000),))
    way = Injector(plan, start_ns=0).a_to_b
    out = way.feed([fee(1)] * (2 * MAX_HELD), 0)
    assert len(out) == MAX_HELD
    large = Injector(plan, start_ns=0).a_to_b
    assert len(large.feed([SpwPacket(bytes(1 << 20))] * 6, 0)) == 2


def test_a_cut_loses_what_was_under_way() -> None:
    plan = read_plan(
        "[[fault]]\nkind = 'delay'\nms = 50\non = {number = 1}\n"
        "[[fault]]\nkind = 'disconnect'\non = {number = 3}"
    )
    injector = Injector(plan, start_ns=0)
    out = injector.a_to_b.feed([fee(1), fee(2), fee(0), fee(3), write()], 0)
    assert (list(out), injector.a_to_b.cut) == ([fee(2)], True)
    injector.clear()
    assert (injector.lost, injector.counts) == (4, {"delay": 1, "disconnect": 1})
    assert list(injector.a_to_b.feed([fee(0)], 1)) == [fee(0)]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("fault = 3", "fault: not a list"),
        ("[[fault]]", "fault 1: kind is missing"),
        ("sed = 3", "the plan has no key 'sed'; seed?"),
        ("seed = 1.5", "seed = 1.5 is no whole number"),
        ("[[fault]]\nkind = 'dorp'", "fault 1: kind = 'dorp' is none of drop, "),
        ("[[fault]]\nkind = 'drop'\nchanse = 1", "fault 1: the table has no key 'chanse'; chance?"),
        ("[[fault]]\nkind = 'drop'\nchance = 2", "chance = 2 is no number above 0, up to 1"),
        ("[[fault]]\nkind = 'drop'\non = 3", "on: not a table"),
        ("[[fault]]\nkind = 'drop'\non = {pakcet = 'event'}", "on has no key 'pakcet'; packet?"),
        ("[[fault]]\nkind = 'drop'\non = {packet = 'x'}", "packet = 'x' is none of data, event"),
        ("[[fault]]\nkind = 'drop'\non = {number = 0}", "number = 0 is no whole number within 1"),
        ("[[fault]]\nkind = 'drop'\non = {number = 1, every = 2}", "number or every, not both"),
        (
            "[[fault]]\nkind = 'drop'\nchance = 0.5\non = {every = 2}",
            "neither number nor every",
        ),
        (
            "[[fault]]\nkind = 'wrong-key'\non = {packet = 'event'}",
            "wrong-key is not of event, but",
        ),
        ("[[fault]]\nkind = 'drop'\non = {packet = 'rmap', frame = 1}", "frame is not of command"),
        ("[[fault]]\nkind = 'delay'", "fault 1: ms is missing"),
        ("[[fault]]\nkind = 'drop'\non = {between_s = [3, 2]}", "is no pair of seconds"),
        ("[[fault]]\nkind = 'babble'\npackets = 1000\nbytes = 1000", "is above 65536"),
        ("[[fault]]\nkind = 'drop'\ndirection = 'up'", "'up' is none of a-to-b, b-to-a"),
        ("kind =", "not TOML: "),
    ],
)
def test_what_is_wrong_with_a_plan_is_told_in_one_line(text: str, what: str) -> None:
    with pytest.raises(ValueError, match=what.replace("[", r"\[")) as told:
        read_plan(text)
    assert "\n" not in str(told.value)
