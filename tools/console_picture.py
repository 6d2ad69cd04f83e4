# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Take a picture of the console. Usage: console_picture.py [-h] [--out FILE] [--dark]

A session in virtual time: the instrument is set up, an image and half an hour of events are taken
in a disturbed sky. FILE is docs/console.png where none is given. Needs aiohttp,
playwright, pillow and Debian's chromium.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import sys
from binascii import crc_hqx
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from playwright.async_api import async_playwright

from fsw_emu.atomic import write_atomic
from fsw_emu.console.server import serve
from fsw_emu.console.session import Session
from fsw_emu.core import default_core
from fsw_emu.interface.fields import pack
from fsw_emu.interface.table import load
from fsw_emu.packets.ptp import read_ptp
from fsw_emu.packets.spacewire import PTP_PREFIX, Item, SpwPacket
from fsw_emu.testbed.testbed import Testbed
from fsw_emu.world.adc import Channel, raw_value
from fsw_emu.world.scenario import read_scenario
from hil.link import Link
from hil.transports.loop import pair

PICTURE = Path(__file__).resolve().parent.parent / "docs/console.png"
SIZE = {"width": 1280, "height": 900}
SCENARIO = """
title = "A disturbed sky, and a memory upset now and then"
start = "2026-09-01T06:00:00Z"
[[at]]
t_s = 1.0
act = "sky.swcx"
rate = 40.0
[[at]]
t_s = 900.0
act = "edac.upsets"
rate = 0.004
double = 0.0
"""
#: what the converter's channels are, and how much above or below is warned of, and alarming
RANGES = {
    "P3V9": ("P3V9", 3.9, 0.1, 0.2), "P3V3": ("P3V3", 3.3, 0.1, 0.2),
    "P3V3_LVDS": ("P3V3_LVDS", 3.3, 0.1, 0.2), "P2V5": ("P2V5", 2.5, 0.1, 0.2),
    "P1V8": ("P1V8", 1.8, 0.08, 0.15), "P1V2": ("P1V2", 1.2, 0.06, 0.1),
    "Ref": ("REF_2V5", 2.5, 0.02, 0.05), "TEMP1": ("TEMP1", 20, 25, 40),
    "TEMP_CCD": ("TEMP_CCD", -115, 12, 25), "TEMP_FEE": ("TEMP_FEE", -5, 9, 25),
    "I_FEE_ANA": ("I_FEE_ANA", 0.4, 0.5, 0.7), "I_FEE_DIG": ("I_FEE_DIG", 0.25, 0.28, 0.4),
    "I_DPU": ("I_DPU", 1.1, 0.3, 0.6), "I_RSE": ("I_RSE", 0.3, 0.35, 0.5),
    "I_HEATER": ("I_HEATER", 0.3, 0.4, 0.5), "TEMP_PSU": ("PSU_TEMP", 22, 20, 40),
}  # fmt: skip


def ranges() -> dict[str, Any]:
    """The fields of SetParValAdcRngs."""
    table = load()
    fields = table.telecommands["SetParValAdcRngs"].fields
    values: dict[str, Any] = {}
    for name, (channel, nominal, warn, alarm) in RANGES.items():
        for kind, off in (("Warn", warn), ("Alarm", alarm)):
            ends = sorted(raw_value(Channel[channel], nominal + s * off) for s in (-1, 1))
            values[f"{name}{kind}LowerLimit"], values[f"{name}{kind}UpperLimit"] = ends
    crc = crc_hqx(pack(fields[1:-1], values), 0xFFFF)
    return {**values, "ADCParamCrc": crc}


class Unit:
    """The testbed behind one end of a link."""

    def __init__(self, session: Session, link: Link, testbed: Testbed) -> None:
        self._session = session
        self._link = link
        self._testbed = testbed
        link.attach(self)

    def received(self, items: Any) -> None:
        packets: list[Item] = list(items)
        for item in packets:
            if isinstance(item, SpwPacket):
                self._testbed.dpu.receive(read_ptp(item.data).space_packet)

    def closed(self, reason: str) -> None:
        pass

    async def send(self, name: str, seconds: float = 2.0, **fields: Any) -> None:
        """A telecommand as from the page, and what follows."""
        texts = {field: str(value) for field, value in fields.items()}
        self._session.send({"name": name, "fields": texts, "ack": 15})
        await asyncio.sleep(0)
        await self.run(seconds)

    async def run(self, seconds: float) -> None:
        """Let time pass, a part at a time, so that the console's clock goes on."""
        while seconds > 0:
            self._testbed.run(min(seconds, 30.0))
            seconds -= 30.0
            self._link.send([SpwPacket(PTP_PREFIX + each) for each in self._testbed.take()])
            await asyncio.sleep(0.05)


async def observe(unit: Unit) -> None:
    """Half an hour."""
    await unit.run(8)
    await unit.send("IaModeGotoStby", 8)
    await unit.send("ParamLoadArm")
    await unit.send("SetParValAdcRngs", **ranges())
    await unit.send("RepParamValues", ParamSetId="ADC_RANGES")
    await unit.send("ParamLoadDisarm")
    await unit.send("AlgoStrt", AlgoId="TTC1_ALGO")
    await unit.send("FdCheckEnbGlob")
    await unit.send("FdRecovEnbGlob")
    await unit.send("IaModePreSci", 40)
    await unit.send("ProcStrRseConfig", 90, ProcRseCmdId=1)
    await unit.send("ParamUpdtUint8", ParamId="FRMeventDetection", ArrayElemId=0, ParamValueUint8=0)
    await unit.send("IaModeStrtSci", 9)
    await unit.send("IaModeStpSci", 60)
    await unit.send("ParamUpdtUint8", ParamId="FRMeventDetection", ArrayElemId=0, ParamValueUint8=1)
    await unit.send("IaModeStrtSci", 1300)
    await unit.send("EnbHk", SidNoCal=7)
    await unit.send("AreYouAlive", 5)


def small(png: bytes, boxes: Sequence[Mapping[str, float]]) -> bytes:
    """The same with 256 colours: the commonest of the page as they are, and some for what is in
    the boxes, whose many would displace them."""
    whole = Image.open(io.BytesIO(png)).convert("RGB")
    page, inside = whole.copy(), []
    for box in boxes:
        ends = [box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]]
        inside.append(whole.crop(tuple(map(round, ends))))
        page.paste((255, 255, 255), tuple(map(round, ends)))
    common = sorted(page.getcolors(1 << 24), reverse=True)[:24]
    colours = [level for _, colour in common for level in colour]
    colours += page.quantize(156, method=Image.Quantize.FASTOCTREE).getpalette()[: 3 * 156]
    for crop in inside:
        colours += crop.quantize(38).getpalette()[: 3 * 38]
    palette, made = Image.new("P", (1, 1)), io.BytesIO()
    palette.putpalette(colours)
    whole.quantize(palette=palette, dither=Image.Dither.NONE).save(made, "PNG", optimize=True)
    return made.getvalue()


async def picture(out: Path, scheme: Literal["light", "dark"]) -> None:
    """Take it."""
    testbed = Testbed(scenario=read_scenario(SCENARIO, name="picture"), booted=True)
    session = Session(
        load(),
        default_core(),
        address="pus-tcp://127.0.0.1:5570",
        now_ns=lambda: testbed.world.time.unix_ns,
    )
    here, there = pair()
    session.attach(here)
    decoding = asyncio.create_task(session.decode())
    await observe(Unit(session, there, testbed))
    await asyncio.sleep(1)
    runner, url = await serve(session, host="127.0.0.1", port=0)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = await browser.new_page(viewport=SIZE, color_scheme=scheme)
        await page.goto(url)
        await page.fill("#tc-name", "Copy")
        await page.fill("#tc-field-SrcAddress", "0x60000000")
        await page.fill("#tc-field-DataSize", "4096")
        await page.fill("#tc-field-TrgtAddress", "0x61000000")
        await page.wait_for_timeout(800)
        await page.evaluate("document.activeElement.blur()")
        boxes = [await page.locator(each).bounding_box() for each in ("#pic-map", "#pic-image")]
        write_atomic(out, small(await page.screenshot(), [b for b in boxes if b]))
        await browser.close()
    await runner.cleanup()
    decoding.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await decoding


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=PICTURE, metavar="FILE")
    parser.add_argument("--dark", action="store_true")
    args = parser.parse_args()
    asyncio.run(picture(args.out, "dark" if args.dark else "light"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
