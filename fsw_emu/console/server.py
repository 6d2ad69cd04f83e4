# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The console's page over HTTP, for browsers of this machine.

Who may ask: requests name a host that is this one (no name that an attacker's domain resolves to),
and those that send telecommands come from the page itself: its origin, and the token in it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import secrets
from collections.abc import Awaitable, Callable
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from fsw_emu.console.session import Sent, Session
from fsw_emu.console.state import SECTIONS
from fsw_emu.console.telecommands import FormError, catalogue

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: pages that are open at one time
MOST_STREAMS = 16
#: between looks for changes [s], and between signs of life where there are none
LOOK_S = 0.1
ALIVE_S = 10.0
MOST_BODY_BYTES = 1 << 16
TOKEN_HEADER = "X-Console-Token"  # noqa: S105  (the name of a header)

_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Console:
    """The handlers; ``application`` serves them. host: where it listens."""

    def __init__(self, session: Session, *, host: str) -> None:
        self.token = secrets.token_urlsafe(24)
        self._session = session
        self._host = host.strip("[]").lower()
        self._streams = 0
        self._stopping = asyncio.Event()

    def application(self) -> web.Application:
        """For a runner of aiohttp."""
        app = web.Application(middlewares=[self._guard()], client_max_size=MOST_BODY_BYTES)
        for name, content in static_files().items():
            app.router.add_get(f"/static/{name}", _file(name, content))
        app.router.add_get("/", self._page)
        app.router.add_get("/api/telecommands", self._telecommands)
        app.router.add_get("/api/updates", self._updates)
        app.router.add_get("/api/picture/{kind}", self._picture)
        app.router.add_post("/api/preview", self._preview)
        app.router.add_post("/api/telecommand", self._telecommand)
        app.on_shutdown.append(self._stop)
        return app

    async def _stop(self, _: web.Application) -> None:
        self._stopping.set()

    def _guard(self) -> Any:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                refused = self._refusal(request)
                response = _error(403, refused) if refused else await handler(request)
            except web.HTTPException as error:
                response = _error(error.status, error.reason)
            if not response.prepared:
                response.headers.update(_HEADERS)
            return response

        return guard

    def _refusal(self, request: web.Request) -> str:
        """Why a request is not served; empty: it is."""
        if not self.is_known(request.headers.get("Host", "")):
            return "this host is not known here"
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        if request.path.startswith("/api/") and site not in ("same-origin", "none"):
            return "another site asks"
        if request.method not in ("GET", "HEAD"):
            if request.headers.get("Origin") != f"http://{request.headers['Host']}":
                return "telecommands come from the console's own page"
            if request.content_type != "application/json":
                return "telecommands are JSON"
            token = request.headers.get(TOKEN_HEADER, "")
            if not secrets.compare_digest(token.encode(), self.token.encode()):
                return "the page is of another console: load it again"
        return ""

    def is_known(self, host: str) -> bool:
        """Whether a Host header means this console: localhost, the name it listens at, or an
        address in digits, which no DNS answer can turn to another machine."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        if name in ("localhost", self._host):
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or not _is_loopback(self._host)

    async def _page(self, _: web.Request) -> web.Response:
        text = static_files()["index.html"].decode().replace("{{token}}", self.token)
        return web.Response(text=text, content_type="text/html")

    async def _telecommands(self, _: web.Request) -> web.Response:
        table = self._session.table
        return web.json_response(
            {"telecommands": catalogue(table), "enumerations": table.enumerations}
        )

    async def _picture(self, request: web.Request) -> web.Response:
        picture = self._session.state.science.pictures.get(request.match_info["kind"])
        if picture is None:
            return _error(404, "no such picture yet")
        return web.Response(body=picture, content_type="image/png")

    async def _preview(self, request: web.Request) -> web.Response:
        """Errors are what it is asked for: the answer tells them."""
        return await self._answer(request, self._session.build, wrong=200)

    async def _telecommand(self, request: web.Request) -> web.Response:
        return await self._answer(request, self._session.send)

    async def _answer(
        self, request: web.Request, act: Callable[[Any], Sent], *, wrong: int = 400
    ) -> web.Response:
        try:
            form = json.loads(await request.read())
            if not isinstance(form, dict):
                raise FormError("not a form")
            sent = act(form)
        except FormError as error:
            return _error(wrong, str(error), field=error.field)
        except (ValueError, RecursionError):
            return _error(wrong, "not JSON")
        except ConnectionError as error:
            return _error(503, f"not sent: {error}")
        return web.json_response(
            {"name": sent.name, "sequence": sent.sequence, "hex": sent.packet.hex()}
        )

    async def _updates(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: each section when it has changed, as the newest of it."""
        if self._streams >= MOST_STREAMS:
            return _error(503, f"{MOST_STREAMS} pages are open already")
        response = web.StreamResponse(headers=_HEADERS | {"Content-Type": "text/event-stream"})
        self._streams += 1
        try:
            await response.prepare(request)
            await self._stream(response)
        except ConnectionResetError:
            pass
        finally:
            self._streams -= 1
        return response

    async def _stream(self, response: web.StreamResponse) -> None:
        state, told, quiet_s = self._session.state, dict.fromkeys(SECTIONS, 0), 0.0
        while not self._stopping.is_set():
            changed = [name for name in SECTIONS if state.versions[name] != told[name]]
            for name in changed:
                told[name] = state.versions[name]
                data = json.dumps(state.section(name), separators=(",", ":"))
                await response.write(f"event: {name}\ndata: {data}\n\n".encode())
            quiet_s = 0.0 if changed else quiet_s + LOOK_S
            if quiet_s >= ALIVE_S:
                await response.write(b": alive\n\n")
                quiet_s = 0.0
            await asyncio.sleep(LOOK_S)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def static_files() -> dict[str, bytes]:
    """The page's files by name."""
    folder = resources.files("fsw_emu.console").joinpath("static")
    return {
        each.name: each.read_bytes()
        for each in folder.iterdir()
        if each.name.rpartition(".")[2] in _TYPES
    }


def _file(name: str, content: bytes) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        kind = _TYPES[name.rpartition(".")[2]]
        return web.Response(body=content, content_type=kind, charset="utf-8")

    return handler


def _error(status: int, what: str, *, field: str = "") -> web.Response:
    return web.json_response({"error": what, "field": field}, status=status)


async def serve(session: Session, *, host: str, port: int) -> tuple[web.AppRunner, str]:
    """Listen; the runner, to be cleaned up, and the page's address. OSError."""
    runner = web.AppRunner(
        Console(session, host=host).application(), access_log=None, shutdown_timeout=1.0
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host.strip("[]"), port).start()
    except BaseException:
        await runner.cleanup()
        raise
    taken = runner.addresses[0][1]
    shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return runner, f"http://{shown}:{taken}/"
