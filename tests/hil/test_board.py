# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A core behind RMAP: an emulated board as a process, and boards that misbehave."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import crcmod
import pytest

import fsw_emu.targets
from fsw_emu.cli.main import main
from fsw_emu.core import TargetError
from fsw_emu.packets.framing import Framing
from fsw_emu.packets.framings.gresb import Bridge
from fsw_emu.packets.framings.spw_tcp import SpwTcp
from fsw_emu.packets.framings.ssdtp2 import Ssdtp2Server
from fsw_emu.packets.spacewire import Item, SpwPacket
from fsw_emu.targets.ring import TargetGone, TargetSilent
from fsw_emu.targets.rmap import MAX_DATA_BYTES, RmapMemory

ROOT = Path(__file__).resolve().parents[2]
RAM, RAM_END = 0x40000000, 0x60000000
FRAMINGS: dict[str, Callable[[], Framing]] = {
    "gresb": Bridge,
    "ssdtp2": Ssdtp2Server,
    "spw-tcp": SpwTcp,
}

crc = crcmod.mkCrcFun(0x107, initCrc=0, rev=True, xorOut=0)


@contextmanager
def started(*options: str, scheme: str = "gresb") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`fsw-emu board`, and the client's address."""
    command = [sys.executable, "-m", "fsw_emu.cli.main", "board", *options]
    link = ["--link", f"{scheme}-server://127.0.0.1:0"]
    pipe = subprocess.PIPE
    process = subprocess.Popen([*command, *link], stdout=pipe, stderr=pipe, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said.startswith(f"board: {scheme}-server://127.0.0.1:"), said
        yield process, said.removeprefix("board: ").strip().replace("-server", "")
    finally:
        process.kill()
        process.communicate()


@contextmanager
def board(*options: str, scheme: str = "gresb") -> Iterator[str]:
    """One that ends well when it is interrupted."""
    with started(*options, scheme=scheme) as (process, address):
        yield address
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


@pytest.fixture(scope="module")
def link() -> Iterator[str]:
    with board() as address:
        yield address


@contextmanager
def peer(answer: Callable[[bytes], list[Item]], scheme: str = "gresb") -> Iterator[str]:
    """A board of a test's own: what it answers to each packet; to None it closes."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(10)

    def serve() -> None:
        connection, _ = server.accept()
        framing = FRAMINGS[scheme]()
        with connection:
            connection.settimeout(10)
            while data := connection.recv(1 << 16):
                for item in framing.feed(data):
                    assert isinstance(item, SpwPacket)
                    try:
                        connection.sendall(framing.build(answer(item.data)))
                    except (EOFError, ConnectionError):
                        return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"{scheme}://127.0.0.1:{server.getsockname()[1]}"
    finally:
        thread.join(20)
        server.close()


class Bytes:
    """A target by the text of the standard: 64 KiB from 0, address 0x51, key 0xD1."""

    def __init__(self) -> None:
        self.memory = bytearray(1 << 16)
        self.longest = 0

    def __call__(self, packet: bytes) -> list[Item]:
        assert packet[:2] == b"\x51\x01"
        assert crc(packet[:16]) == 0
        status = 0 if packet[3] == 0xD1 else 3
        at, size = int.from_bytes(packet[8:12], "big"), int.from_bytes(packet[12:15], "big")
        self.longest = max(size, self.longest)
        head = bytes([packet[4], 1, packet[2] & 0x3F, status, 0x51]) + packet[5:7]
        if packet[2] & 0x20:
            assert crc(packet[16:]) == 0
            assert len(packet) == 17 + size
            self.memory[at : at + size] = packet[16:-1]
            return [SpwPacket(head + bytes([crc(head)]))]
        data = bytes(self.memory[at : at + size]) if status == 0 else b""
        head += b"\0" + len(data).to_bytes(3, "big")
        return [SpwPacket(head + bytes([crc(head)]) + data + bytes([crc(data)]))]


@pytest.mark.verifies("BOARD-1", "A48")
def test_the_function_suite_asks_a_board(link: str) -> None:
    """A few of its tests, as they are, in a process of their own."""
    tests = [
        "test_pus.py::test_pong_of_the_mission",
        "test_crc.py::test_crc16_agrees",
        "test_ldt.py::test_segments_agree",
    ]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--target", f"rmap:{link}", *(f"tests/props/{test}" for test in tests)],
        cwd=ROOT, env={**os.environ, "HYPOTHESIS_PROFILE": "lanes"}, check=False,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_board_is_a_target(link: str) -> None:
    """By its name, with its memory, and with what speaks against a command."""
    name = f"rmap:{link}"
    assert fsw_emu.targets.build(name).name == name
    ffi, library = fsw_emu.targets.functions(name)
    memory = library.ring.memory
    data = bytes(range(256)) * 2048
    memory.write(library.ring.arena, data)
    assert memory.read(library.ring.arena + 1, len(data) - 1) == data[1:]
    for address in (RAM - 4, RAM_END - 2, RAM_END):
        with pytest.raises(TargetError, match=f"read of 4 bytes at {address:#x}: not authorised"):
            memory.read_word(address)
    memory.write_word(0, 1)
    with pytest.raises(TargetError, match="write of 4 bytes at 0x00000000: not authorised"):
        memory.read_word(RAM)
    assert library.sxi_crc16(0xFFFF, ffi.from_buffer(b"123456789"), 9) == 0x29B1
    with pytest.raises(TargetGone):  # one client at a time
        fsw_emu.targets.open(name)
    library.close()


def test_the_main_job_on_a_board(link: str, tmp_path: Path) -> None:
    """The same telemetry, byte for byte."""
    made = []
    for target in ("host", f"rmap:{link}"):
        out = tmp_path / target.partition(":")[0]
        scene = ["--scene", "quiet", "--frames", "1", "--nodes", "E2"]
        assert main(["run", *scene, "--target", target, "--out", str(out)]) == 0
        made.append((out / "tm.bin").read_bytes())
    assert made[0] == made[1]


@pytest.mark.verifies("BOARD-1", "A48")
def test_another_key_and_address() -> None:
    """And one client after the other."""
    with board("--address", "0x40", "--key", "7", scheme="ssdtp2") as address:
        for options, why in (
            ("?target=0x40&key=8", "invalid key"),
            ("?key=7", "invalid target address"),
        ):
            with pytest.raises(TargetError, match=f"read of 4 bytes at 0x40400000: {why}"):
                fsw_emu.targets.open(f"rmap:{address}{options}")
        good = f"rmap:{address}?target=0x40&key=7"
        assert fsw_emu.targets.open(good).crc8(b"123456789") == 0x20


def test_a_processor_that_ends() -> None:
    """The board says so and ends as well."""
    with started() as (process, address):
        memory = RmapMemory(address)
        children = Path(f"/proc/{process.pid}/task").glob("*/children")
        (emulator,) = "".join(path.read_text() for path in children).split()
        os.kill(int(emulator), signal.SIGKILL)
        assert memory.read_word(0x40400000) == int.from_bytes(b"SXIR", "big")
        assert process.wait(20) == 2
        assert process.stderr is not None
        (line,) = process.stderr.read().splitlines()
        assert line.startswith("fsw-emu board: the target ended (SIGKILL)")
        with pytest.raises(TargetGone):
            memory.read_word(0x40400000)


@pytest.mark.parametrize("scheme", FRAMINGS)
def test_memory_over_each_framing(scheme: str) -> None:
    """Reads and writes of any size, in pieces, many under way at once."""
    target = Bytes()
    with peer(target, scheme) as address:
        memory = RmapMemory(f"{address}?target=0x51&key=0xd1&initiator=0x50")
        data = bytes((3 * i + i // 255) & 0xFF for i in range(60_001))
        memory.write(7, data)
        memory.write_word(2, 0x01020304)
        assert memory.read(7, len(data)) == data
        assert memory.read_each([(2, 4), (0, 0), (9, 3)]) == [b"\1\2\3\4", b"", data[2:5]]
        assert memory.read_word(2) == 0x01020304
        assert target.longest == MAX_DATA_BYTES
        memory.write(0, b"a" * 70_000)  # some of it beyond the memory
        memory.close()


def test_a_board_that_says_nothing() -> None:
    with peer(lambda _: []) as address:
        memory = RmapMemory(address, timeout_s=0.2)
        with pytest.raises(TargetSilent, match=r"read of 4 bytes at 0x00000000: no reply within"):
            memory.read_word(0)
        memory.close()


def test_a_board_that_goes() -> None:
    def close(_: bytes) -> list[Item]:
        raise EOFError

    with peer(close) as address:
        memory = RmapMemory(address)
        with pytest.raises(TargetGone, match=r"closed the connection|reset by peer"):
            memory.read_word(0)
        memory.close()
    with pytest.raises(TargetGone, match="Connection refused"):
        RmapMemory(address)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda reply: reply[:-1] + bytes([reply[-1] ^ 1]), "invalid data crc"),
        (lambda reply: reply[:-1], "early eop"),
        (lambda reply: reply + b"\0", "too much data"),
    ],
)
def test_a_reply_that_is_damaged(change: Callable[[bytes], bytes], why: str) -> None:
    def answer(packet: bytes) -> list[Item]:
        (reply,) = Bytes()(packet)
        assert isinstance(reply, SpwPacket)
        stray = SpwPacket(b"\x20\x01\x0c\0")  # is dropped, as all that is no reply to a command
        return [stray, SpwPacket(change(reply.data))]

    with peer(answer) as address:
        memory = RmapMemory(f"{address}?target=0x51&key=0xd1")
        with pytest.raises(TargetError, match=f"read of 4 bytes at 0x00000000: {why}"):
            memory.read_word(0)
        memory.close()


@pytest.mark.parametrize(
    "link",
    [
        "", "gresb", "plm://127.0.0.1:5", "gresb://h:99999", "gresb://h/3",
        "gresb://h?key=256", "gresb://h?key=x", "gresb://h?lock=1", "ssdtp2-server://127.0.0.1:0",
    ],
)  # fmt: skip
def test_an_address_that_is_none(link: str) -> None:
    for ask in (fsw_emu.targets.open, fsw_emu.targets.build):
        with pytest.raises(ValueError, match=r"rmap:|no such target"):
            ask(f"rmap:{link}")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--target", "host"], "--target host: leon3 or elf:PATH"),
        (["--target", "elf:missing"], "missing: No such file"),
        (["--link", "nowhere"], "no address of a link"),
    ],
)
def test_wrong_use(options: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["board", "--link", "gresb-server://127.0.0.1:0", *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert why in line
