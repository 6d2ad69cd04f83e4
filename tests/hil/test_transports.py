# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What is special to a transport: its bytes, its addresses, its options."""

from __future__ import annotations

import asyncio
import gzip
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from carriers import Side, Sink, run
from hypothesis import given
from hypothesis import strategies as st
from recorded import read_recording

from fsw_emu.packets import pcap
from fsw_emu.packets.capture import CaptureWriter, framed
from fsw_emu.packets.framings.gresb import Bridge, Host
from fsw_emu.packets.spacewire import SpwPacket, TimeCode
from hil.address import parse
from hil.link import LinkClosed
from hil.ports import open_link, open_port, transports

ROOT = Path(__file__).resolve().parents[2]

ONE_LINE = r"^[^\n]*$"
ADDRESSES = [
    ("", "no address of a link"),
    ("hello", "no address of a link"),
    ("GRESB://host", "no address of a link"),
    ("lab.toml", "no address of a link"),
    ("carrier-pigeon://host", "no transport carrier-pigeon, there are gresb, loop, pcap, plm"),
    ("gresb://host:99999", "out of range"),
    ("gresb-server://:65530/5", "no port 65541"),
    ("gresb://host:http", "int"),
    ("gresb://[::1:1234", "IPv6"),
    ("gresb://user@host:1234", "no user"),
    ("gresb://host:1234/6", "links 0 to 5"),
    ("gresb://host:1234/x", "links 0 to 5"),
    ("gresb://host:1234?flags", "NAME=VALUE"),
    ("gresb://host:1234?flags=low", "flags is high"),
    ("gresb-server://host:1234?flags=middle", "flags is high or low"),
    ("gresb://host:1234?speed=1", "no option speed"),
    ("ssdtp2://host/1", "are ssdtp2://HOST[:PORT]"),
    ("spw-tcp://host:1?data-len=all", "data-len is payload or packet"),
    ("plm://host", "a port is needed"),
    ("pcap:", "no file"),
    ("pcap://host/file", "are pcap:FILE"),
    ("loop-server:x", "loop:NAME"),
    ("gresb:host", "are gresb://HOST[:PORT][/LINK]"),
]


@pytest.mark.parametrize(("address", "why"), ADDRESSES, ids=[a for a, _ in ADDRESSES])
def test_an_address_that_is_none_is_told_in_a_line(address: str, why: str) -> None:
    async def main() -> None:
        with pytest.raises(ValueError, match=ONE_LINE) as told:
            await open_port(address, lambda _: None)
        assert why in str(told.value)
        assert address in str(told.value)

    run(main())


@given(st.text("ab:/?#[]@&=%-019\\n ", max_size=20))
def test_any_text_is_an_address_or_none(text: str) -> None:
    for address in (text, f"gresb://{text}", f"gresb-server://[::1]:{text}"):
        try:
            parsed = parse(address)
        except ValueError:
            continue
        assert parsed.text == address


def test_addresses_tell_the_port_that_was_taken() -> None:
    assert parse("gresb-server://[::1]/3?flags=low").at(7) == "gresb-server://[::1]:7/3?flags=low"
    assert parse("ssdtp2://").at(8) == "ssdtp2://127.0.0.1:8"


@pytest.mark.parametrize("address", ["gresb://127.0.0.1:1", "ssdtp2://127.0.0.1:1", "pcap:none"])
def test_what_cannot_be_opened_is_an_os_error(address: str) -> None:
    async def main() -> None:
        with pytest.raises(OSError, match=ONE_LINE):
            await open_port(address, lambda _: None)
        with pytest.raises(OSError, match=ONE_LINE):
            await open_link(address)

    run(main())


def test_a_port_that_is_taken_is_an_os_error() -> None:
    async def main() -> None:
        port = await open_port("gresb-server://:0", lambda _: None)
        for address in (port.address, f"{port.address}/0"):
            with pytest.raises(OSError, match=f"^{re.escape(address)}: Address already in use$"):
                await open_port(address, lambda _: None)
        await port.close()

    run(main())


def test_a_server_of_one_link_has_a_port_that_is_known() -> None:
    async def main() -> None:
        with pytest.raises(ValueError, match="a port is needed"):
            await open_link("gresb-server://127.0.0.1:0")

    run(main())


@pytest.mark.parametrize("path", ["", "/0"])
def test_a_host_of_two_addresses_has_one_port(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def both(_host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*kind, (f"127.0.0.{last}", port)) for last in (1, 2)]

    async def main() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", both)
            side = Side()
            side.port = await open_port(f"gresb-server://twice:0{path}", side.attach, clients=2)
        for number, host in enumerate(("127.0.0.1", "127.0.0.2"), 1):
            address = side.port.address.replace("-server", "").replace("twice", host)
            client = await open_port(address, lambda link: link.attach(Sink()))
            await side.until(number)
            await client.close()
        await side.port.close()

    run(main())


@pytest.mark.verifies("LINK-2")
def test_addresses_and_options_are_documented() -> None:
    text = (ROOT / "docs/links.md").read_text()
    for name in transports():
        assert re.search(rf"\| `{name}:[^|]*\|", text), name
    for name in re.findall(r"`([\w-]+)=", text):
        assert any(f'"{name}"' in path.read_text() for path in ROOT.glob("hil/transports/*.py"))


@pytest.mark.verifies("GRESB-1", "GRESB-2", "GRESB-3", "GRESB-5", "A50", "A51")
def test_bytes_of_gresb() -> None:
    """As the public interface library lays them out; time-codes as ASSUMED."""
    items = [SpwPacket(b"abc"), TimeCode(5, 1), SpwPacket(b"")]
    assert Host().build(items).hex() == "00000003616263030000014500000000"
    assert Bridge().build(items).hex() == "00000003616263200000014500000000"
    ends = [SpwPacket(b"a", eep=True), SpwPacket(b"b", truncated=True)]
    assert Bridge("high").build(ends).hex() == "80000001614000000162"
    assert Bridge("low").build(ends).hex() == "01000001610200000162"
    assert Host(writes="high").build(ends).hex() == "80000001614000000162"
    for end in ends:
        assert not Host().carries(end)
        with pytest.raises(ValueError, match="error end"):
            Host().build([end])


@pytest.mark.verifies("GRESB-3")
@pytest.mark.parametrize(("byte", "end"), [(0x80, "high"), (0x40, "high"), (1, "low"), (2, "low")])
def test_a_host_notes_where_the_flags_of_a_bridge_are(byte: int, end: str) -> None:
    host = Host()
    (packet,) = host.feed(bytes([byte, 0, 0, 1, 7]))
    assert packet == SpwPacket(b"\x07", eep=byte in (0x80, 1), truncated=byte in (0x40, 2))
    assert host.notes == {f"flags at the {end} end": 1}


@pytest.mark.verifies("GRESB-2", "GRESB-4", "A52")
def test_a_bridge_refuses_configuration_and_keeps_the_stream() -> None:
    bridge = Bridge()
    stream = "01000002aabb0200000003000001050300000205ff07000001aa0000000161"
    assert bridge.feed(bytes.fromhex(stream)) == [TimeCode(5), SpwPacket(b"a")]
    assert bridge.notes == {"configuration requests refused": 2}
    assert [(f.position, f.what) for f in bridge.faults] == [
        (15, "protocol 0x03 with 2 bytes"),
        (21, "protocol 0x07 with 1 bytes"),
    ]
    assert bridge.answers() == b""


def test_what_a_link_notes_is_that_of_its_framing() -> None:
    async def main() -> None:
        server, client = Side(), Side()
        server.port = await open_port("gresb-server://127.0.0.1:0?flags=low", server.attach)
        address = server.port.address.replace("-server", "").partition("?")[0]
        client.port = await open_port(address, client.attach)
        await server.until(1)
        server.link.send([SpwPacket(b"a", eep=True)])
        assert await client.sink.until(1) == [SpwPacket(b"a", eep=True)]
        assert client.link.counters.notes == {"flags at the low end": 1}
        await client.port.close()
        await server.port.close()

    run(main())


@pytest.mark.verifies("GRESB-6")
def test_the_six_links_of_a_gresb_have_two_ports_each() -> None:
    """PORT + 2 n takes what the host sends, PORT + 2 n + 1 has what it receives."""

    async def main() -> None:
        side = Side()
        side.port = await open_port("gresb-server://127.0.0.1:0/4", side.attach)
        base = int(side.port.address.split(":")[2].removesuffix("/4"))
        _, to_bridge = await asyncio.open_connection("127.0.0.1", base + 8)
        from_bridge, wrong = await asyncio.open_connection("127.0.0.1", base + 9)
        await side.until(1)
        wrong.write(b"\0\0\0\1x")
        to_bridge.write(b"\0\0\0\1a")
        side.link.send([SpwPacket(b"b")])
        assert await from_bridge.readexactly(5) == b"\0\0\0\1b"
        assert await side.sink.until(1) == [SpwPacket(b"a")]
        while not (notes := side.link.counters.notes):
            await asyncio.sleep(0.001)
        assert notes == {"bytes against the direction of their connection": 5}
        to_bridge.write(b"\0\0\0\1c")
        wrong.close()  # what is under way on the other still comes
        to_bridge.close()
        assert await side.sink.end() == "the peer closed the connection"
        assert side.sink.items == [SpwPacket(b"a"), SpwPacket(b"c")]
        await side.port.close()

    run(main())


def test_a_host_keeps_what_is_no_time_code() -> None:
    host = Host()
    assert host.feed(bytes.fromhex("200000010520000002aabb")) == [
        TimeCode(5),
        SpwPacket(b"\xaa\xbb"),
    ]
    assert [(f.position, f.what) for f in host.faults] == [(5, "unknown flags 0x20")]


def capture(path: Path, packets: list[bytes]) -> None:
    records = [pcap.record(framed(packet), time_ns=i) for i, packet in enumerate(packets)]
    data = pcap.file_header() + b"".join(records)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


@pytest.mark.parametrize("name", ["a.pcap", "a.pcap.gz"])
def test_a_recording_is_a_peer_that_sends(tmp_path: Path, name: str) -> None:
    packets = [bytes([i % 256]) * (i % 700) for i in range(2000)]
    capture(tmp_path / name, packets)

    async def main() -> None:
        link = await open_link(f"pcap:{tmp_path / name}")
        sink = Sink()
        link.hold(True)
        link.attach(sink)
        await asyncio.sleep(0.01)
        assert sink.items == []
        link.hold(False)
        link.send([SpwPacket(b"a"), TimeCode(1)])
        await link.drain()
        assert link.counters.sent.refused == 2
        assert not link.carries(SpwPacket(b"a"))
        assert await sink.end() == "the recording has ended"
        assert [item.data for item in sink.items if isinstance(item, SpwPacket)] == packets
        assert link.counters.received.packets == len(packets)
        with pytest.raises(LinkClosed, match="ended"):
            link.send([])
        with pytest.raises(LinkClosed, match="ended"):
            await link.drain()
        await link.close()
        assert sink.reasons == ["the recording has ended"]

    run(main())


def test_what_the_own_side_sent_is_left_out(tmp_path: Path) -> None:
    writer = CaptureWriter()
    data = writer.begin("a link")
    data += writer.build([SpwPacket(b"a"), TimeCode(7)], time_ns=0, direction="in")
    data += writer.build([SpwPacket(b"b")], time_ns=0, direction="out")
    data += writer.build([SpwPacket(b"c", eep=True)], time_ns=0)
    (tmp_path / "a.pcapng").write_bytes(data)

    async def main() -> None:
        link = await open_link(f"pcap:{tmp_path / 'a.pcapng'}")
        sink = Sink()
        link.attach(sink)
        await sink.end()
        assert [getattr(i, "data", i) for i in sink.items] == [b"a", TimeCode(7), b"c"]

    run(main())


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"no recording", "not a recording"), (gzip.compress(bytes(99))[:-9], "ended before")],
)
def test_a_file_that_is_no_recording_closes_its_link(
    tmp_path: Path, content: bytes, why: str
) -> None:
    path = tmp_path / ("a.gz" if content[:1] == b"\x1f" else "a")
    path.write_bytes(content)

    async def main() -> None:
        link = await open_link(f"pcap:{path}")
        sink = Sink()
        link.attach(sink)
        assert why in await sink.end()

    run(main())


@pytest.mark.shared
def test_a_recorded_stream_of_a_bridge(recordings: Path) -> None:
    path = recordings / "evsim_seed1.gresb.gz"

    async def main() -> None:
        link = await open_link(f"pcap:{path}")
        sink = Sink()
        link.attach(sink)
        await sink.end()
        expected = [SpwPacket(one.data) for one in read_recording(path)]
        assert sink.items == expected
        assert len(expected) == 1270

    run(main())


@pytest.mark.verifies("LINK-6", "A53")
def test_telecommands_have_a_connection_of_their_own() -> None:
    """Telemetry is at the port, telecommands are at the next."""
    tc = bytes.fromhex("1923c00000062f1101000029d3")
    tm = bytes.fromhex("094cc001000d100319000000000000000000676a")
    prefix = bytes.fromhex("fe020000")

    async def main() -> None:
        side = Side()
        side.port = await open_port("pus-tcp-server://127.0.0.1:0?connections=2", side.attach)
        port = int(side.port.address.split(":")[2].partition("?")[0])
        telemetry, closing = await asyncio.open_connection("127.0.0.1", port)
        _, telecommands = await asyncio.open_connection("127.0.0.1", port + 1)
        await side.until(1)
        telecommands.write(tc)
        side.link.send([SpwPacket(prefix + tm)])
        assert await telemetry.readexactly(len(tm)) == tm
        assert await side.sink.until(1) == [SpwPacket(prefix + tc)]
        telecommands.close()
        closing.close()
        await side.port.close()

    run(main())


def test_a_packet_behind_a_false_header_is_not_lost_with_its_stream() -> None:
    tm = bytes.fromhex("094cc001000d100319000000000000000000676a")

    async def main() -> None:
        side = Side()
        side.port = await open_port("pus-tcp-server://127.0.0.1:0", side.attach)
        port = int(side.port.address.split(":")[2])
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(bytes.fromhex("0800c0000350") + tm)
        writer.close()
        await side.until(1)
        await side.sink.end()
        assert side.sink.items == [SpwPacket(bytes.fromhex("fe020000") + tm)]
        assert side.link.counters.received.packets == side.link.counters.faults == 1
        await side.port.close()

    run(main())
