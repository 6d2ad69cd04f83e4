# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The console as plain text: a screen that is drawn again, or lines where there is none."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

from fsw_emu.console.state import State

REDRAW_S = 0.5

_SEVERITIES = {1: "progress", 2: "low", 3: "medium", 4: "high"}
_MODES = ("software", "application", "fee", "door", "science procedure")
_COUNTS = ("packets", "missing", "repeated", "bad_crc", "unreadable", "framing", "unknown")
_HOME, _CLEAR_LINE, _CLEAR_REST = "\x1b[H", "\x1b[K", "\x1b[J"
_OTHER_SCREEN, _FIRST_SCREEN = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"


def printable(text: str) -> str:
    """Without what a terminal would take for a command."""
    return "".join(c if c.isprintable() else "?" for c in text)


def screen(snapshot: Mapping[str, Any], *, columns: int, rows: int) -> list[str]:
    """Lines of at most so many characters, at most so many of them."""
    lines = [*_head(snapshot), ""]
    measured, counters = _measured(snapshot["housekeeping"]), _counters(snapshot)
    for at in range(max(len(measured), len(counters))):
        left = measured[at] if at < len(measured) else ""
        lines.append(f"{left:<46}{counters[at] if at < len(counters) else ''}")
    commands = [_command(each) for each in snapshot["commands"][:4]]
    lines += ["", *commands, "" if commands else "no telecommand yet", ""]
    room = max(rows - len(lines), 0)
    lines += [event_line(each) for each in snapshot["events"]["newest"][:room]]
    return [printable(line)[:columns] for line in lines[:rows]]


def _head(snapshot: Mapping[str, Any]) -> Iterator[str]:
    link = snapshot["link"]
    yield f"{link['address']}  {'up' if link['up'] else link['why']}  {link['time'] or ''}"
    modes = snapshot["modes"]["modes"]
    yield "  ".join(f"{name} {modes.get(name) or '-'}" for name in _MODES)


def _measured(reports: Sequence[Mapping[str, Any]]) -> list[str]:
    for report in reports:
        found = [each for each in report["fields"] if "unit" in each]
        if len(found) > 2:  # one of the essential reports
            return [
                f"{each['name']:<24}{each['text']:>10} {each['unit']:<3}{_flag(each['level'])}"
                for each in found
            ]
    return ["no housekeeping yet"]


def _flag(level: str) -> str:
    return {"warn": " WARN", "alarm": " ALARM"}.get(level, "")


def _counters(snapshot: Mapping[str, Any]) -> list[str]:
    link, faults, science = snapshot["link"], snapshot["faults"], snapshot["science"]
    lines = [f"{name.replace('_', ' '):<16}{link[name]:>12,}" for name in _COUNTS]
    lines += [f"{name:<16}{science[name]:>12,}" for name in ("entities", "events")]
    told = {check: state for check, state in faults["checks"].items() if state != "NOMINAL"}
    return lines + [f"{check} {state.lower()}" for check, state in told.items()]


def _command(entry: Mapping[str, Any]) -> str:
    stages = ("accepted", "started", "terminated")
    marks = {"yes": "+", "no": "!", "": "."}
    shown = "".join(marks[entry[stage]] for stage in stages)
    return f"{entry['sequence']:>5} {shown} {entry['name']} {entry['failure']}".rstrip()


def event_line(event: Mapping[str, Any]) -> str:
    """One event."""
    return f"{event['time']} {_SEVERITIES[event['severity']]:<8} {event['name']} {event['text']}"


async def show(state: State, out: TextIO) -> None:
    """Draw until cancelled: a screen on a terminal, else a line for each news."""
    if not out.isatty():
        await _lines(state, out)
        return
    out.write(_OTHER_SCREEN)
    try:
        while True:
            size = shutil.get_terminal_size()
            lines = screen(state.snapshot(), columns=size.columns, rows=size.lines - 1)
            text = "".join(f"{line}{_CLEAR_LINE}\r\n" for line in lines)
            out.write(_HOME + text + _CLEAR_REST)
            out.flush()
            await asyncio.sleep(REDRAW_S)
    finally:
        out.write(_FIRST_SCREEN)
        out.flush()


async def _lines(state: State, out: TextIO) -> None:
    told: dict[str, Any] = {"event": 0}
    while True:
        for line in news(state.snapshot(), told):
            print(printable(line), file=out, flush=True)
        await asyncio.sleep(REDRAW_S)


def news(snapshot: Mapping[str, Any], told: dict[str, Any]) -> Iterator[str]:
    """Lines for what changed since the last call with the same ``told``: the link, modes, events,
    telecommands that failed or ended."""
    head = list(_head(snapshot))
    link = snapshot["link"]
    for what, line in (("link", f"{link['address']} {link['why'] or 'up'}"), ("modes", head[1])):
        if told.get(what) != line:
            told[what] = line
            yield line
    for event in reversed(snapshot["events"]["newest"]):
        if event["id"] > told["event"]:
            told["event"] = event["id"]
            yield event_line(event)
    for entry in reversed(snapshot["commands"]):
        line = _command(entry)
        if (entry["failure"] or entry["terminated"]) and told.get(entry["id"]) != line:
            told[entry["id"]] = line
            yield line
    newest = {entry["id"] for entry in snapshot["commands"]}
    for gone in [key for key in told if isinstance(key, int) and key not in newest]:
        del told[gone]
