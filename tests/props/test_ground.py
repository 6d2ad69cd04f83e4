# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Ground segment: what went down comes up, whatever happens to some packets on the way."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from downlink import (
    Window,
    downlink,
    entity,
    event_entity,
    frames_of_windows,
    image,
    packets,
    tm_header,
)
from hypothesis import given
from hypothesis import strategies as st
from strategies import u16

from fsw_emu.core import CompressionEntity, Core
from fsw_emu.ground.events import TABLE_DTYPE, read_events
from fsw_emu.ground.run import process
from fsw_emu.ground.telemetry import TelemetryReader
from fsw_emu.ground.transfers import Transfer, TransferReader
from fsw_emu.packets.ce import UV
from fsw_emu.packets.fault import Fault
from fsw_emu.packets.fee import EVENT, NODES, WANDERING_MASK

ROOM = 1 << 20


def receive(core: Core, chunks: list[bytes]) -> tuple[list[Transfer], list[Fault]]:
    telemetry, transfers = TelemetryReader(), TransferReader(core, room=ROOM)
    received = [one for chunk in chunks for one in telemetry.feed(chunk)] + telemetry.finish()
    out = [done for one in received for done in transfers.push(one)]
    out += transfers.finish(sum(map(len, chunks)))
    return out, sorted([*telemetry.faults, *transfers.faults])


def pieces(stream: bytes, seed: int) -> list[bytes]:
    rng = random.Random(seed)
    cuts = sorted(rng.randint(0, len(stream)) for _ in range(rng.randint(0, 12)))
    return [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


# Telemetry and transfers


@pytest.mark.verifies("LDT-1", "LDT-2")
@given(st.lists(st.integers(0, 60), min_size=1, max_size=5), st.integers(0, 0x3FFF), st.integers())
def test_entities_come_up_as_they_went_down(
    core: Core, sizes: list[int], count: int, seed: int
) -> None:
    sent = [event_entity(core, [n], counter=i) for i, n in enumerate(sizes)]
    tm = downlink(core, sent, count=count)
    got, faults = receive(core, pieces(b"".join(tm), seed))
    assert [t.data for t in got] == sent
    assert faults == []
    firsts = [at for at, packet in enumerate(tm) if packet[8] == 1]
    assert [t.count for t in got] == [(count + at) & 0x3FFF for at in firsts]
    assert [t.position for t in got] == [sum(map(len, tm[:at])) for at in firsts]


@given(st.data())
def test_two_sdu_ids_and_other_services_between(core: Core, data: st.DataObject) -> None:
    one = downlink(core, [event_entity(core, [40])], sdu_id=1)
    two = downlink(core, [event_entity(core, [70], counter=1)], sdu_id=2)
    other = [core.tm_build(tm_header(type=3, subtype=25), b"\0\1")] * 2
    order = data.draw(st.permutations([0] * len(one) + [1] * len(two) + [2] * len(other)))
    sources = [iter(one), iter(two), iter(other)]
    telemetry, transfers = TelemetryReader(), TransferReader(core, room=ROOM)
    stream = b"".join(next(sources[i]) for i in order)
    got = [t for r in telemetry.feed(stream) for t in transfers.push(r)]
    assert sorted(t.sdu_id for t in got) == [1, 2]
    assert transfers.faults == []


@pytest.mark.verifies("GND-9")
@given(st.sampled_from(["drop", "repeat", "flip", "cut", "noise", "swap"]), st.integers(0, 10**6))
def test_a_faulty_packet_costs_its_entity_and_no_other(core: Core, kind: str, seed: int) -> None:
    rng = random.Random(seed)
    sent = [event_entity(core, [n], counter=i) for i, n in enumerate([30, 50, 0, 45])]
    tm = downlink(core, sent)
    owner = [i for i, data in enumerate(sent) for _ in downlink(core, [data])]
    at = rng.randrange(len(tm) - (kind in ("swap", "drop")))
    begin, size = sum(map(len, tm[:at])), len(tm[at])
    lost = {owner[at]}
    match kind:
        case "drop":
            tm[at] = b""
        case "repeat":
            tm[at], lost = tm[at] * 2, set()
            begin += size
        case "flip":
            where = rng.randrange(size)
            damaged = tm[at][where] ^ 1 << rng.randrange(8)
            tm[at] = tm[at][:where] + bytes([damaged]) + tm[at][where + 1 :]
        case "cut":
            tm[at] = tm[at][: rng.randrange(1, size)]
        case "noise":
            tm[at], lost = rng.randbytes(rng.randint(1, 40)) + tm[at], set()
        case "swap":
            tm[at], tm[at + 1], lost = tm[at + 1], tm[at], {owner[at], owner[at + 1]}
    got, faults = receive(core, pieces(b"".join(tm), seed))
    assert {t.data for t in got} >= {d for i, d in enumerate(sent) if i not in lost}
    assert {t.data for t in got} <= set(sent)
    assert len(got) >= len(sent) - len(lost)
    assert faults, kind
    assert faults[0].position == begin


@given(st.integers(0, 2**32), st.integers(0, 400))
def test_faults_on_many_packets_never_make_up_an_entity(core: Core, seed: int, n: int) -> None:
    rng = random.Random(seed)
    sent = [event_entity(core, [n % 50 + i], counter=i) for i in range(4)]
    stream = bytearray(b"".join(downlink(core, sent)))
    for _ in range(rng.randint(1, 20)):
        at = rng.randrange(len(stream)) if stream else 0
        match rng.randrange(3) if stream else 2:
            case 0:
                stream[at] ^= rng.randint(1, 255)
            case 1:
                del stream[at : at + rng.randint(1, 900)]
            case 2:
                stream[at:at] = rng.randbytes(rng.randint(1, 900))
    got, faults = receive(core, pieces(bytes(stream), seed))
    assert {t.data for t in got} <= set(sent)
    assert faults or [t.data for t in got] == sent


@pytest.mark.verifies("GND-9", "LDT-3")
def test_abort_short_orphan_and_end_are_told(core: Core) -> None:
    data = event_entity(core, [60])
    whole = downlink(core, [data])
    assert len(whole) > 3
    abort = core.ldt_abort(tm_header(), sdu_id=1, reason=9)
    cases = {
        "aborted, reason 9": [*whole[:2], abort],
        "an abort of nothing": [abort],
        "header says": core.ldt_segment(data[:-1], tm_header(), sdu_id=1),
        "a part without a first one": whole[1:],
        "another one begins": whole[:2],
        "part 4 instead of 3": [*whole[:2], *whole[3:]],
        "unknown SDU id 7": [core.tm_build(tm_header(type=13, subtype=1), b"\7\0\1\0\1a")],
        "no source data": [core.tm_build(tm_header(type=13, subtype=1), b"")],
    }
    for what, tm in cases.items():
        position = sum(map(len, tm))
        got, faults = receive(core, [b"".join([*tm, *whole])])
        found = [f for f in faults if what in f.what]
        assert [t.data for t in got] == [data], what
        assert len(found) == 1, (what, faults)
        assert found[0].position <= position
    _, faults = receive(core, [b"".join(whole[:-1])])
    assert "the telemetry ends: transfer given up" in faults[-1].what


@pytest.mark.verifies("LDT-4")
def test_single_packet_transfers_follow_each_other(core: Core) -> None:
    small = [entity(core, packets(core, []), counter=i) for i in range(3)]
    tm = downlink(core, small)
    assert len(tm) == len(small)
    got, faults = receive(core, [b"".join(tm)])
    assert [t.data for t in got] == small
    assert faults == []


@pytest.mark.verifies("TM-2")
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), max_size=40))
def test_counts_run_for_each_apid_and_destination(core: Core, order: list[tuple[int, int]]) -> None:
    counts: dict[tuple[int, int], int] = {}
    stream = b""
    for apid, destination in order:
        count = counts.get((apid, destination), 0x3FFE)
        counts[apid, destination] = count + 1
        stream += core.tm_build(tm_header(count, apid=apid, destination=destination), b"")
    reader = TelemetryReader()
    assert len(reader.feed(stream)) == len(order)
    assert reader.faults == []


@pytest.mark.verifies("GND-9")
@pytest.mark.parametrize(
    ("step", "what"), [(2, "1 packets missing"), (-1, "goes back"), (0x2001, "goes back")]
)
def test_a_jump_of_the_count_is_told_where_it_is(core: Core, step: int, what: str) -> None:
    first = core.tm_build(tm_header(5), b"")
    reader = TelemetryReader()
    reader.feed(first + core.tm_build(tm_header(5 + step), b""))
    assert [f.position for f in reader.faults] == [len(first)]
    assert what in reader.faults[0].what


# Events


def slow_split(windows: list[Window], counts: list[int]) -> list[int]:
    """The rule told packet by packet."""
    frame, left, out = 0, list(counts), []
    last: Window | None = None
    mask: tuple[int, int] | None = None
    masked: set[str] = set()
    for window in windows:
        node, kind, counter, sequence, *place = window
        if kind == EVENT:
            before = frame
            while frame + 1 < len(left) and left[frame] == 0:
                frame += 1
            left[frame] -= 1
            if frame != before:
                mask, masked = None, set()
        else:
            restarts = last is not None and (
                NODES.index(node) < NODES.index(last[0])
                or counter != last[2]
                or sequence < last[3]
                or (mask is not None and tuple(place) != mask)
                or any(NODES.index(node) <= NODES.index(m) for m in masked)
            )
            if restarts and left[frame] <= 0 and frame + 1 < len(left):
                frame, mask, masked = frame + 1, None, set()
            mask = mask or (place[0], place[1])
            masked.add(node)
        last = window
        out.append(frame)
    return out


window = st.tuples(
    st.sampled_from(NODES), st.sampled_from([EVENT, EVENT, WANDERING_MASK]), st.integers(0, 2),
    st.integers(0, 5), st.integers(0, 3), st.integers(0, 3),
)  # fmt: skip


@pytest.mark.verifies("CE-32", "GND-2", "GND-3", "GND-4")
@given(st.lists(window, max_size=30), st.data())
def test_frames_split_as_the_rule_says_on_any_packets(
    core: Core, windows: list[Window], data: st.DataObject
) -> None:
    n = sum(kind == EVENT for _, kind, *_ in windows)
    cuts = sorted(data.draw(st.lists(st.integers(0, n), max_size=4)))
    counts = [b - a for a, b in zip([0, *cuts], [*cuts, n], strict=True)]
    check_tables(core, windows, counts, slow_split(windows, counts))


def test_a_node_that_had_its_mask_shows_another_frame(core: Core) -> None:
    """Though an earlier node's mask stands between its two."""
    windows = [("F2", WANDERING_MASK, 0, 0, 1, 0), ("E2", WANDERING_MASK, 0, 0, 1, 0),
               ("E2", EVENT, 0, 0, 0, 0), ("F2", WANDERING_MASK, 0, 0, 1, 0),
               ("F2", EVENT, 0, 0, 0, 0)]  # fmt: skip
    check_tables(core, windows, [1, 1], [0, 0, 0, 1, 1])


@pytest.mark.verifies("CE-32", "GND-4")
@given(st.lists(st.integers(0, 9), min_size=1, max_size=8), st.booleans())
def test_frames_of_the_instrument_split_as_they_were(
    core: Core, counts: list[int], masks: bool
) -> None:
    windows = frames_of_windows(counts, masks=masks)
    check_tables(core, windows, counts, [frame for _, _, frame, *_ in windows])


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8))
def test_frames_split_where_frame_counter_and_mask_stand_still(
    core: Core, counts: list[int]
) -> None:
    windows = [(n, k, 0, s, r, 2 if k == WANDERING_MASK else c)
               for n, k, _, s, r, c in frames_of_windows(counts)]  # fmt: skip
    expected = [frame for _, _, frame, *_ in frames_of_windows(counts)]
    check_tables(core, windows, counts, expected)


def check_tables(core: Core, windows: list[Window], counts: list[int], frames: list[int]) -> None:
    data = entity(core, packets(core, windows), counts=counts)
    tables = read_events(core, core.ce_unpack(data), first_frame=100)
    assert tables.faults == ()
    for kind, table in ((EVENT, tables.events), (WANDERING_MASK, tables.masks)):
        rows = [
            (1000.25 + 10 * f, 100 + f, int(n[1]), col, row, n[0].encode(), (i + np.arange(25)))
            for i, ((n, k, _, _, row, col), f) in enumerate(zip(windows, frames, strict=True))
            if k == kind
        ]
        expected = np.array(rows, TABLE_DTYPE)
        for name in TABLE_DTYPE.names or ():
            assert np.array_equal(table[name], expected[name]), name


#: after a mask of F2 and one event: a mask, and whether it shows another frame
CLUES: dict[str, tuple[Window, Window, bool]] = {
    "none": (("F2", EVENT, 0, 1, 9, 9), ("F4", WANDERING_MASK, 0, 2, 2, 2), False),
    "node earlier": (("F4", EVENT, 0, 1, 9, 9), ("E4", WANDERING_MASK, 0, 2, 2, 2), True),
    "node had its mask": (("F2", EVENT, 0, 1, 9, 9), ("F2", WANDERING_MASK, 0, 2, 2, 2), True),
    "frame counter": (("F2", EVENT, 0, 1, 9, 9), ("F4", WANDERING_MASK, 1, 2, 2, 2), True),
    "sequence": (("F2", EVENT, 0, 1, 9, 9), ("F4", WANDERING_MASK, 0, 0, 2, 2), True),
    "place": (("F2", EVENT, 0, 1, 9, 9), ("F4", WANDERING_MASK, 0, 2, 2, 7), True),
}


@pytest.mark.verifies("CE-32")
@pytest.mark.parametrize("clue", CLUES)
def test_each_clue_alone_tells_another_frame(core: Core, clue: str) -> None:
    event, mask, other = CLUES[clue]
    windows = [("F2", WANDERING_MASK, 0, 0, 2, 2), event, mask, ("F4", EVENT, 0, 3, 9, 9)]
    check_tables(core, windows, [1, 1], [0, 0, int(other), 1])
    check_tables(core, windows, [2, 0], [0, 0, 0, 0])  # not used up: no clue counts


@pytest.mark.verifies("CE-30", "CE-31", "GND-9")
@given(st.lists(st.integers(0, 6), min_size=1, max_size=4), u16, st.integers(0, 5))
def test_counts_that_disagree_are_told(core: Core, counts: list[int], wrong: int, n: int) -> None:
    science = packets(core, [("E2", EVENT, 0, i, 5, 5) for i in range(n)])
    data = core.ce_unpack(entity(core, science, counts=counts))
    group = data.group.copy()
    group[-1] = wrong
    tables = read_events(core, CompressionEntity(data.header, group, data.frames, science))
    told = [f.what for f in tables.faults]
    assert any("counts say" in w and "NOfEvtDet" not in w for w in told) == (sum(counts) != n)
    assert any("NOfEvtDet" in w for w in told) == (sum(counts) != wrong)
    assert len(tables.events) == n


# All of it


@pytest.mark.verifies("GND-4")
def test_any_chunks_give_the_same_files(core: Core, tmp_path: Path) -> None:
    cube = image((4, 165, 96)).tobytes()
    sent = [
        event_entity(core, [5, 0, 9], counter=0),
        entity(core, cube, product=UV, counter=1),
        event_entity(core, [3, 4], counter=2),
    ]
    stream = b"".join(downlink(core, sent))
    seen: list[bytes] = []
    one = process([stream], tmp_path / "one", core, on_entity=lambda data, _: seen.append(data))
    (tmp_path / "tm.bin").write_bytes(stream)
    other = process(tmp_path / "tm.bin", tmp_path / "other", core)
    cut = process(pieces(stream, 3), tmp_path / "cut", core)
    assert seen == sent
    assert (one.entities, one.frames, one.events, one.masks, one.images) == (3, 5, 21, 20, 1)
    assert one.event_table is not None
    assert one.event_table["CCDFRAME"].max() == 4
    names = [p.name for p in one.files]
    assert "image_00001_UV.fits" in names
    assert names[-1] == "events.fits"
    for result in (other, cut):
        assert [p.name for p in result.files] == names
        assert [p.read_bytes() for p in result.files] == [p.read_bytes() for p in one.files]
        assert result.faults == ()
    written = [p.read_bytes() for p in one.files if p.suffix == ".ce"]
    assert written == sent


def test_the_same_entity_twice_gets_two_names(core: Core, tmp_path: Path) -> None:
    data = entity(core, image((4, 165, 96)).tobytes(), product=UV)
    stream = b"".join(downlink(core, [data, data]))
    result = process([stream], tmp_path, core)
    assert [p.name for p in result.files if p.suffix == ".fits"] == [
        "image_00000_UV.fits", "image_00000_UV_2.fits",
    ]  # fmt: skip
