# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The console over HTTP: updates, telecommands, and who may ask."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from console_live import FakeEgse, session_and_egse

from fsw_emu.console.server import TOKEN_HEADER, Console
from fsw_emu.console.state import SECTIONS
from fsw_emu.interface.table import load
from fsw_emu.packets.pus import SmileTime, build_tc, build_tm

TABLE = load()
FORM = {"name": "AreYouAlive", "fields": {}, "ack": 9}
Client = TestClient[Any, Any]
Test = Callable[[Client, Console, FakeEgse], Awaitable[None]]


def with_console(test: Test, *, host: str = "127.0.0.1") -> None:
    async def main() -> None:
        egse = FakeEgse()
        async with session_and_egse(egse) as session:
            console = Console(session, host=host)
            async with TestClient(TestServer(console.application())) as client:
                await test(client, console, egse)

    asyncio.run(main())


def own(client: Client, console: Console, **changed: str | None) -> dict[str, str]:
    """What the page's own requests have, with changes; None: without."""
    host = f"{client.host}:{client.port}"
    headers: dict[str, str | None] = {
        "Host": host, "Origin": f"http://{host}", "Content-Type": "application/json",
        TOKEN_HEADER: console.token, "Sec-Fetch-Site": "same-origin",
    }  # fmt: skip
    headers |= {name.replace("_", "-"): value for name, value in changed.items()}
    return {name: value for name, value in headers.items() if value is not None}


def test_a_telecommand_goes_out_byte_for_byte() -> None:
    async def test(client: Client, console: Console, egse: FakeEgse) -> None:
        for count in (0, 1):
            headers = own(client, console)
            reply = await client.post("/api/preview", data=json.dumps(FORM), headers=headers)
            shown = (await reply.json())["hex"]
            reply = await client.post("/api/telecommand", data=json.dumps(FORM), headers=headers)
            assert (reply.status, (await reply.json())["sequence"]) == (200, count)
            await asyncio.sleep(0.01)
            expected = build_tc(apid=TABLE.apid, count=count, type=17, subtype=1, ack=9)
            assert egse.came[count:] == [expected] == [bytes.fromhex(shown)]

    with_console(test)


@pytest.mark.verifies("ASW-33")
@pytest.mark.parametrize(
    "changed",
    [
        {"Origin": None},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "https://127.0.0.1:8080"},
        {"Host": "evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "192.0.2.7"},
        {"Host": "[::1"},
        {"Host": ""},
        {TOKEN_HEADER: None},
        {TOKEN_HEADER: "x"},
        {TOKEN_HEADER: "\u00e9"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_others_send_nothing(changed: dict[str, str | None]) -> None:
    async def test(client: Client, console: Console, egse: FakeEgse) -> None:
        for path in ("/api/telecommand", "/api/preview"):
            headers = own(client, console, **changed)
            reply = await client.post(path, data=json.dumps(FORM), headers=headers)
            assert reply.status == 403
        if "Host" in changed:
            for path in ("/", "/api/updates", "/api/telecommands", "/static/console.js"):
                headers = own(client, console, **changed)
                assert (await client.get(path, headers=headers)).status == 403
        await asyncio.sleep(0.01)
        assert egse.came == []

    with_console(test)


@pytest.mark.parametrize(
    ("listens", "host", "known"),
    [
        ("127.0.0.1", "localhost:8080", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "[::1]:9000", True),
        ("127.0.0.1", "10.0.0.7:8080", False),
        ("0.0.0.0", "10.0.0.7:8080", True),  # noqa: S104  (asked for)
        ("0.0.0.0", "rebound.example:8080", False),  # noqa: S104
        ("lab7", "lab7:8080", True),
        ("lab7", "lab8:8080", False),
        ("127.0.0.1", "localhost.evil.example", False),
        ("127.0.0.1", "127.0.0.1@evil.example", False),
    ],
)
def test_known_hosts(listens: str, host: str, known: bool) -> None:
    async def test(_: Client, console: Console, __: FakeEgse) -> None:
        assert console.is_known(host) == known

    with_console(test, host=listens)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"[]", 400), (b"{", 400), (b"null", 400), (b"\xff", 400),
        (b"[" * 30_000, 400), (b'"' + b"x" * 70_000 + b'"', 413),
        (b'{"name": "EnbHk", "fields": {"SidNoCal": "70000"}}', 400),
        (b'{"name": "AreYouAlive", "ack": 16}', 400),
    ],
)  # fmt: skip
def test_bad_forms(body: bytes, status: int) -> None:
    async def test(client: Client, console: Console, egse: FakeEgse) -> None:
        reply = await client.post("/api/telecommand", data=body, headers=own(client, console))
        assert reply.status == status
        assert (await reply.json())["error"]
        reply = await client.post("/api/preview", data=body, headers=own(client, console))
        assert reply.status in (200, 413)  # an answer, not an error of the page
        assert (await reply.json())["error"]
        assert egse.came == []

    with_console(test)


def test_without_a_link_nothing_is_sent() -> None:
    async def test(client: Client, console: Console, egse: FakeEgse) -> None:
        await egse.links.pop().close()
        headers = own(client, console)
        for _ in range(50):  # it connects again soon
            reply = await client.post("/api/telecommand", data=json.dumps(FORM), headers=headers)
            if reply.status == 200:
                break
            assert reply.status == 503
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.01)
        assert len(egse.links) == len(egse.came) == 1

    with_console(test)


def test_the_page_and_its_files() -> None:
    async def test(client: Client, console: Console, _: FakeEgse) -> None:
        page = await client.get("/")
        text = await page.text()
        assert console.token in text
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        for link in re.findall(r'(?:src|href)="(/[^"]+)"', text):
            assert (await client.get(link)).status == 200
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
        for path in ("/static/../server.py", "/static/none.js", "/api/picture/map"):
            assert (await client.get(path)).status == 404
        assert (await client.delete("/")).status == 403

    with_console(test)


async def next_event(stream: Any) -> tuple[str, Any]:
    async with asyncio.timeout(5):
        name = (await stream.readline()).decode().removeprefix("event: ").strip()
        data = (await stream.readline()).decode().removeprefix("data: ")
        await stream.readline()
    return name, json.loads(data)


def test_updates_are_pushed() -> None:
    async def test(client: Client, _: Console, egse: FakeEgse) -> None:
        reply = await client.get("/api/updates")
        first = dict([await next_event(reply.content) for _ in SECTIONS])
        assert set(first) == set(SECTIONS)
        assert first["events"]["newest"] == []
        event = TABLE.events["EVT_FD_FAILED"]
        data = event.id.to_bytes(2, "big") + bytes.fromhex("0500000b0000")
        tm = build_tm(apid=TABLE.apid, count=0, type=5, subtype=3, time=SmileTime(1, 0), data=data)
        egse.send([tm])
        then = dict([await next_event(reply.content) for _ in range(2)])
        assert set(then) == {"link", "events"}
        (shown,) = then["events"]["newest"]
        assert (shown["name"], shown["severity"]) == ("EVT_FD_FAILED", 3)
        assert "FDC_FULL_SUN" in shown["text"]
        reply.close()

    with_console(test)
