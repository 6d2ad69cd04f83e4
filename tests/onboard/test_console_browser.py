# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The page in a browser without a screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from console_live import Live, live
from playwright.sync_api import Browser, Page, expect, sync_playwright

from fsw_emu.dpu.dpu import Dpu
from fsw_emu.interface.table import load
from fsw_emu.packets.pus import SmileTime, build_tc, build_tm
from fsw_emu.world.world import World

TABLE = load()
CHROMIUM = "/usr/bin/chromium"  # of Debian: tools/cross_tools.py --all


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def console() -> Iterator[Live]:
    with live() as made:
        yield made


@dataclass
class Seen:
    """What a page asked for, and what it complained of."""

    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)


def opened(
    browser: Browser, console: Live, scheme: str = "light", width: int = 1280
) -> tuple[Page, Seen]:
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 800},
    )
    page, seen = context.new_page(), Seen()
    page.on("request", lambda request: seen.hosts.add(urlsplit(request.url).netloc))
    page.on("console", lambda message: seen.complaints.append(message.text))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.goto(console.url)
    expect(page.locator("#link-text")).to_have_text("loop:fake")
    return page, seen


def fine(page: Page, console: Live, seen: Seen) -> None:
    """Nothing was complained of, and nothing left the host."""
    page.context.close()
    assert seen.complaints == []
    assert seen.hosts == {urlsplit(console.url).netloc}


def test_housekeeping_appears_when_it_comes(browser: Browser, console: Live) -> None:
    page, seen = opened(browser, console)
    dpu = Dpu(World(noise_lsb=0.0), booted=True)
    dpu.run(70)
    console.telemetry(*dpu.take_telemetry())
    row = page.locator("#hk tr", has_text="AdcTempCcd")
    expect(row.locator("td.num")).to_have_text("-110.0")
    expect(row.locator("td.unit")).to_have_text("°C")
    expect(page.locator("#mode-list div", has_text="Application").last).to_contain_text("Prime")
    page.locator("#hk-report").select_option("HK_EXTENDED_IASW")
    expect(page.locator("#hk tr", has_text="iaswState")).to_contain_text("SIA_PRIME")
    fine(page, console, seen)


def test_a_telecommand_by_the_keyboard(browser: Browser, console: Live) -> None:
    """Searched, filled in wrong, put right, sent; its packet arrives as it was shown."""
    page, seen = opened(browser, console)
    page.keyboard.press("/")
    page.keyboard.type("ModHkPeriod")
    page.get_by_label("SidNoCal").fill("70000")
    expect(page.locator("#tc-message")).to_contain_text("SidNoCal: ")
    expect(page.locator("#tc-send")).to_be_disabled()
    page.get_by_label("SidNoCal").fill("0x2")
    page.get_by_label("Period").fill("32")
    page.get_by_label("start").check()
    expect(page.locator("#tc-hex")).to_contain_text("00 02 00 20")
    shown = page.locator("#tc-hex").inner_text()
    page.keyboard.press("Tab")
    page.get_by_label("Period").press("Enter")
    expect(page.locator("#tc-message")).to_contain_text("sent, sequence count")
    data = bytes.fromhex("00020020")
    sent = build_tc(apid=TABLE.apid, count=0, type=3, subtype=131, ack=11, data=data)
    assert console.egse.came == [sent] == [bytes.fromhex(shown)]
    expect(page.locator("#log tbody tr").first).to_contain_text("ModHkPeriod")
    fine(page, console, seen)


def event(name: str, data: str, count: int) -> bytes:
    definition = TABLE.events[name]
    return build_tm(
        apid=TABLE.apid, count=count, type=5, subtype=definition.severity, destination=5,
        time=SmileTime(60, 0), data=definition.id.to_bytes(2, "big") + bytes.fromhex(data),
    )  # fmt: skip


def test_events_in_the_dark_and_on_a_phone(browser: Browser, console: Live) -> None:
    page, seen = opened(browser, console, "dark", width=390)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(map(int, background[4:-1].split(","))) < 120
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    console.telemetry(event("EVT_FULL_SUN_FAIL", "0100", 0), event("EVT_INIT_SUCC", "0000", 1))
    newest = page.locator("#ev tbody tr")
    expect(newest.first).to_contain_text("EVT_INIT_SUCC")
    page.locator("#severities label", has_text="progress").click()
    expect(newest.first).to_contain_text("EVT_FULL_SUN_FAIL")
    page.locator("#ev-filter").fill("nothing")
    expect(newest).to_have_text("none with this filter")
    fine(page, console, seen)


def test_names_are_text_whatever_is_in_them(browser: Browser, console: Live) -> None:
    page, seen = opened(browser, console)
    sent = build_tc(apid=TABLE.apid, count=9, type=17, subtype=1)
    console.call(console.session.state.sent, "<img src=x onerror=alert(1)>", sent, 0)
    expect(page.locator("#log tbody tr").first).to_contain_text("<img src=x")
    assert page.locator("#log img").count() == 0
    fine(page, console, seen)


def test_what_can_be_used_has_a_name(browser: Browser, console: Live) -> None:
    """Controls have labels, regions that scroll can be reached, pictures have texts."""
    page, seen = opened(browser, console)
    page.locator("#tc-name").fill("SetParValHeatCtl")
    expect(page.locator("#tc-fields input").first).to_be_visible()
    nameless = page.evaluate(
        """[...document.querySelectorAll("input, select, button, section, [role=region], svg[id]")]
        .filter(e => !(e.labels?.length || e.ariaLabel || e.getAttribute("aria-labelledby")
                       || e.textContent.trim() && e.matches("button")))
        .map(e => e.outerHTML)"""
    )
    assert nameless == []
    assert page.locator(".scroll:not([tabindex])").count() == 0
    fine(page, console, seen)
