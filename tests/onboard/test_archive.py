# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The archive gives back what was put in, by any query, in order."""

from __future__ import annotations

import itertools
import sqlite3
import tempfile
from binascii import crc_hqx
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.archive import Archive, ArchiveError, Row, archive, selection
from fsw_emu.packets.pus import SmileTime, build_tc, build_tm, read_tm

few = st.integers(0, 2)
times = st.integers(0, 6)


@st.composite
def tm_packets(draw: st.DrawFn) -> bytes:
    return build_tm(
        apid=draw(st.sampled_from([0, 321, 2047])), count=draw(st.integers(0, 16383)),
        type=draw(few), subtype=draw(few), destination=draw(few), sync=draw(few),
        time=SmileTime(draw(st.integers(0, 2**32 - 1)), draw(st.integers(0, 999_999))),
        data=draw(st.binary(max_size=20)),
    )  # fmt: skip


@st.composite
def tc_packets(draw: st.DrawFn) -> bytes:
    return build_tc(
        apid=draw(st.sampled_from([0, 321])), count=draw(st.integers(0, 16383)), type=draw(few),
        subtype=draw(few), source=draw(few), ack=draw(st.integers(0, 15)),
        data=draw(st.binary(max_size=20)),
    )  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    packet = bytearray(draw(tm_packets() | tc_packets()))
    packet[draw(st.integers(0, len(packet) - 1))] ^= 1 << draw(st.integers(0, 7))
    return bytes(packet)


anything = tm_packets() | tc_packets() | damaged() | st.binary(max_size=30)
calls = st.lists(
    st.tuples(st.lists(anything, max_size=6), times, st.sampled_from(["tm", "tc"]), st.booleans()),
    max_size=8,
)
optional = st.none() | few
queries = st.fixed_dictionaries(
    {
        "service": optional, "subtype": optional, "apid": st.sampled_from([None, 0, 321]),
        "direction": st.sampled_from([None, "tm", "tc"]), "from_ns": st.none() | times,
        "to_ns": st.none() | times, "limit": st.none() | st.integers(0, 5),
        "newest_first": st.booleans(),
    }
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """The model: what the bytes say, read field by field from where the standard has them."""

    id: int
    received_ns: int
    direction: str
    raw: bytes

    @property
    def is_packet(self) -> bool:
        raw, telecommand = self.raw, self.direction == "tc"
        return (
            len(raw) >= (12 if telecommand else 20)
            and raw[0] >> 3 == (3 if telecommand else 1)  # version, type, secondary header
            and int.from_bytes(raw[4:6], "big") + 7 == len(raw)
            and raw[6] >> 4 & 7 == 1
        )

    @property
    def fields(self) -> dict[str, Any]:
        raw = self.raw
        if not self.is_packet:
            names = ("apid", "service", "subtype", "count", "peer", "time", "sync", "pec_ok")
            return dict.fromkeys(names)
        is_tm = self.direction == "tm"
        time = SmileTime(int.from_bytes(raw[10:14], "big"), int.from_bytes(raw[14:17], "big"))
        return {
            "apid": int.from_bytes(raw[:2], "big") & 0x7FF, "service": raw[7], "subtype": raw[8],
            "count": int.from_bytes(raw[2:4], "big") & 0x3FFF, "peer": raw[9],
            "time": time if is_tm else None, "sync": raw[17] if is_tm else None,
            "pec_ok": crc_hqx(raw[:-2], 0xFFFF).to_bytes(2, "big") == raw[-2:],
        }  # fmt: skip

    def fits(self, wanted: dict[str, Any]) -> bool:
        fields = {**self.fields, "direction": self.direction}
        names = ("service", "subtype", "apid", "direction")
        first, end = wanted["from_ns"], wanted["to_ns"]
        return (
            all(wanted[name] in (None, fields[name]) for name in names)
            and (first is None or first <= self.received_ns)
            and (end is None or self.received_ns < end)
        )

    def equals(self, row: Row) -> bool:
        mine = {"id": self.id, "received_ns": self.received_ns, "direction": self.direction}
        said = {name: getattr(row, name) for name in (*mine, *self.fields, "raw")}
        kind = "packet" if self.is_packet else "unreadable"
        reasoned = (row.reason is None) == self.is_packet and row.reason != ""
        return said == {**mine, **self.fields, "raw": self.raw} and row.kind == kind and reasoned


def answer(entries: list[Entry], wanted: dict[str, Any]) -> list[Entry]:
    """The plain model of a query."""
    found = [entry for entry in entries if entry.fits(wanted)]
    found.sort(key=lambda e: (e.received_ns, e.id), reverse=wanted["newest_first"])
    return found[: wanted["limit"]]


@given(calls, st.lists(queries, min_size=1, max_size=6))
def test_what_goes_in_comes_out_by_any_query(added: list[Any], asked: list[dict[str, Any]]) -> None:
    entries: list[Entry] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.sqlite"
        with Archive.open(path) as one:
            for packets, time, direction, then_commit in added:
                one.add(packets, time, direction)
                for raw in packets:
                    entries.append(Entry(len(entries) + 1, time, direction, raw))
                if then_commit:
                    one.commit()
        with Archive.open(path, create=False) as one:
            for wanted in asked:
                rows = list(one.query(**wanted))
                model = answer(entries, wanted)
                assert [row.id for row in rows] == [entry.id for entry in model]
                assert all(e.equals(row) for e, row in zip(model, rows, strict=True))
            kinds = [(e.raw[7], e.raw[8]) for e in entries if e.is_packet]
            assert one.counts() == {kind: kinds.count(kind) for kind in kinds}
            assert list(one.counts()) == sorted(one.counts())
            summary = one.summary()
    assert summary.entries == len(entries)
    assert summary.telecommands == sum(e.direction == "tc" for e in entries)
    assert summary.unreadable == sum(not e.is_packet for e in entries)
    assert summary.bad_pec == sum(e.fields["pec_ok"] is False for e in entries)
    assert (summary.first_ns, summary.last_ns) == (
        min((e.received_ns for e in entries), default=None),
        max((e.received_ns for e in entries), default=None),
    )


def report(n: int, kind: tuple[int, int] = (3, 25)) -> bytes:
    return build_tm(apid=321, count=n % 16384, type=kind[0], subtype=kind[1], time=SmileTime(n, 0))


@pytest.mark.parametrize(
    "wanted",
    [
        selection.Selection(*values)
        for values in itertools.product((5, None), (2, None), (321, None), ("tm", "tc", None))
        if values[0] is None or values[1] is not None
    ],
    ids=str,
)
def test_no_query_sorts_or_reads_the_whole_table(
    tmp_path: Path, wanted: selection.Selection
) -> None:
    path = tmp_path / "a.sqlite"
    Archive.open(path).close()
    connection = sqlite3.connect(path)
    plan = " ".join(
        row[3]
        for row in connection.execute(
            "EXPLAIN QUERY PLAN " + wanted.statement(), wanted.parameters()
        )
    )
    connection.close()
    assert plan.startswith("SEARCH packet USING INDEX by_")
    assert "received_ns>" in plan
    assert "TEMP B-TREE" not in plan


def test_a_batch_is_committed_by_time_since_its_first(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "a.sqlite") as one:
        one.add([report(0)], 5, "tm")
        one.add([report(1)], archive.BATCH_NS + 4, "tm")
        assert (one.waiting, len(list(one.query()))) == (2, 0)
        one.add([report(2)], archive.BATCH_NS + 5, "tm")
        assert (one.waiting, len(list(one.query()))) == (1, 2)
        one.add([report(3)], 2, "tm")  # a clock set back does not keep it for ever
        assert (one.waiting, len(list(one.query()))) == (1, 3)


@pytest.mark.parametrize(("name", "bound"), [("BATCH_PACKETS", 7), ("BATCH_BYTES", 7 * 20)])
def test_a_batch_is_committed_by_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, bound: int
) -> None:
    monkeypatch.setattr(archive, name, bound)
    with Archive.open(tmp_path / "a.sqlite", batch_ns=None) as one:
        for n in range(50):
            one.add([report(n)], n * archive.BATCH_NS, "tm")
            assert one.waiting == n % 7 + 1
    with Archive.open(tmp_path / "a.sqlite") as one:
        assert [row.raw for row in one.query()] == [report(n) for n in range(50)]


def test_a_query_gives_what_was_there_when_its_first_row_was_asked_for(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "a.sqlite") as one:
        one.add([report(n) for n in range(3)], 1, "tm")
        one.commit()
        rows = one.query()
        next(rows)
        one.add([report(3)], 2, "tm")
        one.commit()
        assert len(list(rows)) == 2
        assert len(list(one.query())) == 4


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"service": 256}, "service is 0..255, not 256"),
        ({"subtype": -1}, "subtype is 0..255, not -1"),
        ({"apid": 2048}, "apid is 0..2047, not 2048"),
        ({"limit": -1}, "limit is 0"),
        ({"from_ns": -1}, "no time of reception"),
        ({"to_ns": 1 << 63}, "no time of reception"),
        ({"direction": "'; DROP TABLE packet"}, "direction is tm or tc"),
    ],
)
def test_values_that_none_can_have_are_refused_at_once(
    tmp_path: Path, options: dict[str, Any], said: str
) -> None:
    with Archive.open(tmp_path / "a.sqlite") as one, pytest.raises(ValueError, match=said):
        one.query(**options)


@pytest.mark.parametrize("time", [-1, 1 << 63])
def test_a_time_out_of_range_takes_nothing(tmp_path: Path, time: int) -> None:
    with Archive.open(tmp_path / "a.sqlite") as one:
        with pytest.raises(ValueError, match="no time of reception"):
            one.add([report(0)], time, "tm")
        assert one.waiting == 0


def test_the_largest_values_fit(tmp_path: Path) -> None:
    last = build_tm(
        apid=2047, count=16383, type=255, subtype=255, destination=255,
        time=SmileTime(0xFFFFFFFF, 999_999), sync=255,
    )  # fmt: skip
    with Archive.open(tmp_path / "a.sqlite") as one:
        one.add([last], (1 << 63) - 1, "tm")
        one.commit()
        (row,) = one.query(service=255, newest_first=True)
        assert row.raw == last
        assert row.time == read_tm(last).header.time


def test_names_with_odd_characters_are_files(tmp_path: Path) -> None:
    path = tmp_path / "a b?c#d%20&mode=ro.sqlite"
    with Archive.open(path) as one:
        one.add([report(0)], 1, "tm")
        one.commit()
        assert len(list(one.query())) == 1
    assert path.is_file()


def test_what_is_absent_is_not_made_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with pytest.raises(ArchiveError, match="no such file"):
        Archive.open(path, create=False)
    assert not path.exists()
