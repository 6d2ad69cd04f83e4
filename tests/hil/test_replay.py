# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A recording is sent as it was, and answers are compared with those that are recorded."""

from __future__ import annotations

import asyncio
import gzip
import subprocess
import sys
from collections import Counter
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import Recorded as Judged
from recorded import read_recording

from fsw_emu.cli.main import main
from fsw_emu.packets.capture import CaptureWriter, Recorded
from fsw_emu.packets.recording import RecordingReader
from fsw_emu.packets.spacewire import Item, SpwPacket, TimeCode
from hil.fee.reception import Reception
from hil.link import Link
from hil.ports import open_port
from hil.replay import Comparison, Player
from hil.transports.loop import pair

REPLAY = [sys.executable, "-m", "fsw_emu.cli.main", "replay"]
letters = st.text("abc", max_size=12)


class Kept:
    """A receiver that keeps what it is told; echoes, if asked to."""

    def __init__(self, echo: Link | None = None) -> None:
        self.items: list[Item] = []
        self.ended = asyncio.Event()
        self._echo = echo

    def received(self, items: Sequence[Item]) -> None:
        self.items += items
        if self._echo is not None:
            self._echo.send(items)

    def closed(self, reason: str) -> None:  # noqa: ARG002
        self.ended.set()


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 30))


def recording(text: str) -> list[Recorded]:
    """A packet a letter, a time-code for a blank."""
    return [
        Recorded(TimeCode(1) if letter == " " else SpwPacket(letter.encode()), offset=i)
        for i, letter in enumerate(text)
    ]


def compared(expected: str, got: str) -> Comparison:
    comparison = Comparison(recording(expected), changed=lambda: None)
    for one in recording(got):
        comparison.received([one.item])
    comparison.finish()
    return comparison


@pytest.mark.verifies("REC-11")
@given(st.lists(st.integers(0, 90_000), max_size=20), st.sampled_from([None, 1e6]))
def test_all_of_it_is_sent_in_order(sizes: list[int], speed: float | None) -> None:
    sent = [
        Recorded(SpwPacket(bytes(size), eep=bool(size & 1)), time_ns=10**18 + 10**9 * i)
        for i, size in enumerate(sizes)
    ]

    async def sending() -> None:
        near, far = pair()
        kept = Kept()
        far.attach(kept)
        player = Player(near, speed=speed)
        await player.play(sent, asyncio.Event())
        await near.close()
        assert kept.items == [one.item for one in sent]
        assert (player.n_sent, player.n_bytes) == (len(sizes), sum(sizes))

    run(sending())


@pytest.mark.verifies("REC-11")
def test_recorded_times_are_kept_and_a_stop_ends_the_wait() -> None:
    async def sending() -> None:
        near, far = pair()
        far.attach(kept := Kept())
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        items = [Recorded(TimeCode(i), time_ns=i * 20_000_000) for i in range(4)]
        late = Recorded(TimeCode(9), time_ns=10**15)
        before = Recorded(TimeCode(8), time_ns=0)  # goes at once
        playing = asyncio.create_task(Player(near, speed=1).play([*items, before, late], stop))
        started = loop.time()
        while len(kept.items) < 5:
            await asyncio.sleep(0.001)
        assert loop.time() - started >= 0.055
        stop.set()
        await playing
        assert [item.count for item in kept.items if isinstance(item, TimeCode)] == [0, 1, 2, 3, 8]

    run(sending())


@pytest.mark.verifies("REC-12")
@given(letters, letters)
def test_every_item_is_equal_missing_or_unexpected(expected: str, got: str) -> None:
    comparison = compared(expected, got)
    assert comparison.n_equal + comparison.n_missing == len(expected)
    assert comparison.n_equal + comparison.n_unexpected == len(got)
    assert len(comparison.faults) == comparison.n_missing + comparison.n_unexpected
    assert (comparison.faults == []) == (expected == got)


@pytest.mark.verifies("REC-12")
@pytest.mark.parametrize(
    ("got", "equal", "missing", "unexpected", "positions"),
    [
        ("abcdef", 6, 0, 0, []),
        ("abdef", 5, 1, 0, [2]),
        ("abXcdef", 6, 0, 1, [1]),
        ("abXdef", 5, 1, 1, [1, 2]),
        ("", 0, 6, 0, [0, 1, 2, 3, 4, 5]),
        ("abcde ", 5, 1, 1, [4, 5]),
    ],
)
def test_differences_are_told_by_position(
    got: str, equal: int, missing: int, unexpected: int, positions: list[int]
) -> None:
    comparison = compared("abcdef", got)
    counts = comparison.n_equal, comparison.n_missing, comparison.n_unexpected
    assert counts == (equal, missing, unexpected)
    assert [fault.position for fault in comparison.faults] == positions


# The command


def both_ways(path: Path) -> None:
    """A recording of two links: the first has a question and its answer twice."""
    writer = CaptureWriter()
    stream = writer.begin("")
    for i, name in enumerate(("fee", "obc", "fee")):
        for direction, text in (("out", b"\x51ask"), ("in", b"\x50say")):
            stream += writer.build(
                [SpwPacket(text + bytes([i]))],
                time_ns=10**18 + 10**6 * i,
                direction=direction,  # type: ignore[arg-type]
                interface=name,
            )
    path.write_bytes(stream)


def replay_to_echo(*args: object, answer: bool = False) -> tuple[list[Item], int, str, str]:
    """Run the command against a server: what came, its exit code, what it said."""

    async def served() -> tuple[list[Item], int, str, str]:
        kept: list[Kept] = []

        def attach(link: Link) -> None:
            kept.append(Kept(link if answer else None))
            link.attach(kept[-1])

        port = await open_port("gresb-server://127.0.0.1:0", attach)
        address = port.address.replace("-server", "")
        process = await asyncio.create_subprocess_exec(
            *REPLAY, *map(str, args), "--link", address,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        for one in kept:
            await one.ended.wait()
        await port.close()
        items = [item for one in kept for item in one.items]
        return items, process.returncode or 0, out.decode(), err.decode()

    return asyncio.run(asyncio.wait_for(served(), 60))


@pytest.mark.verifies("REC-10", "REC-12")
def test_one_side_of_one_link_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "link.pcapng"
    both_ways(path)
    items, code, out, err = replay_to_echo(path, "--speed", "max")
    assert items == [SpwPacket(b"\x50say\0"), SpwPacket(b"\x50say\2")]
    assert (code, err) == (0, "")
    assert "2 of other links left out" in out
    checked = ("--send", "out", "--interface", "obc", "--check", "--wait", 0.2)
    items, code, out, err = replay_to_echo(path, *checked, answer=True)
    assert items == [SpwPacket(b"\x51ask\1")]
    assert (code, err) == (1, "")
    assert "answers: 0 as recorded, 1 missing, 1 unexpected" in out


@pytest.mark.parametrize(
    ("args", "what"),
    [
        (("--send", "all", "--check"), "--send in or out"),
        (("--interface", "none"), "nothing in it was received"),
        (("--speed", "0"), "no speed"),
        (("--link", "gresb://127.0.0.1:1"), "gresb://127.0.0.1:1: [Errno 111] Connect"),
        (("--link", "nothing://127.0.0.1:1"), "no transport"),
    ],
)
def test_wrong_use_ends_with_2_and_one_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    args: tuple[str, ...],
    what: str,
) -> None:
    monkeypatch.setattr("hil.ports.PATIENCE_S", 0)
    both_ways(tmp_path / "link.pcapng")
    command = ["replay", str(tmp_path / "link.pcapng"), "--link", "gresb://127.0.0.1:1", *args]
    try:
        code: object = main(command)
    except SystemExit as ended:  # argparse
        code = ended.code
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    last = err.splitlines()[-1]
    assert last.startswith("fsw-emu replay: ")
    assert what in last


def counts(items: Sequence[Judged]) -> Counter[str]:
    kinds = ("data", "event", "housekeeping", "mask")
    ends = [one.kind == 1 and one.is_end_marker for one in items]
    return Counter("end" if end else kinds[one.kind] for one, end in zip(items, ends, strict=True))


DOCUMENTED = {
    "evsim_seed1": {"housekeeping": 1, "event": 1260, "mask": 4, "end": 5},
    "ft_1_frame": {"end": 2, "housekeeping": 1, "data": 2556},
    "ft_event_detection_10_frames": {"event": 7932, "mask": 40, "end": 50},
}


@pytest.mark.shared
@pytest.mark.verifies("REC-10")
@pytest.mark.parametrize("name", ["evsim_seed1", "ft_1_frame"])
def test_recordings_of_the_simulator(recordings: Path, name: str) -> None:
    """Replayed into the reception that feeds the science chain: as documented."""
    path = recordings / f"{name}.gresb.gz"

    async def sending() -> None:
        near, far = pair()
        reception = Reception(others := Kept())
        reception.connect(far)
        items = RecordingReader().read(gzip.decompress(path.read_bytes()))
        await Player(near, speed=None).play(items, asyncio.Event())
        await near.close()
        reception.end()
        got = []
        while (stretch := await reception.take()) is not None:
            ends = stretch.lengths.cumsum().tolist()
            got += [Judged(stretch.buffer[a:b]) for a, b in zip([0, *ends], ends, strict=False)]
        assert (others.items, reception.refused) == ([], {})
        assert counts(got) == DOCUMENTED[name]
        assert got == read_recording(path)

    run(sending())


@pytest.mark.shared
@pytest.mark.verifies("REC-10")
def test_a_recording_of_the_simulator_through_a_bridge(recordings: Path) -> None:
    name = "ft_event_detection_10_frames"
    items, code, out, _ = replay_to_echo(recordings / f"{name}.gresb.gz")
    assert code == 0, out
    got = [Judged(item.data) for item in items if isinstance(item, SpwPacket)]
    assert counts(got) == DOCUMENTED[name]
    assert got == read_recording(recordings / f"{name}.gresb.gz")
