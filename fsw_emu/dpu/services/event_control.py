# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 5, the telecommands: which events are reported. The reports are in events.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fsw_emu.dpu.commands import Command, Handler
from fsw_emu.dpu.events import Events


class EventControl:
    """Enables and disables events, all of a list or none. One that is twice in a list counts once
    (ASSUMED). For either software."""

    def __init__(self, events: Events) -> None:
        self._events = events

    def handlers(self) -> Mapping[str, Handler]:
        enable = Handler(self._enable, self._all_disabled, self._known)
        disable = Handler(self._disable, self._all_enabled, self._known)
        return {
            "Enb": enable,
            "DBS_TC_ENABLE_EVENT": enable,
            "Dis": disable,
            "DBS_TC_DISABLE_EVENT": disable,
        }

    def _known(self, command: Command) -> str | None:
        """Events of the other software are none of this one."""
        return "ACK_ILL_EID" if None in [*self._named(command)] else None

    def _all_disabled(self, command: Command) -> str | None:
        enabled = any(self._events.is_enabled(name) for name in self._names(command))
        return "ACK_EID_ENB" if enabled else None

    def _all_enabled(self, command: Command) -> str | None:
        enabled = all(self._events.is_enabled(name) for name in self._names(command))
        return None if enabled else "ACK_EID_DIS"

    def _enable(self, command: Command) -> None:
        for name in self._names(command):
            self._events.enable(name)

    def _disable(self, command: Command) -> None:
        for name in self._names(command):
            self._events.disable(name)

    def _names(self, command: Command) -> Iterator[str]:
        return (name for name in self._named(command) if name is not None)

    def _named(self, command: Command) -> Iterator[str | None]:
        field = "EvtId" if "EvtId" in command.values else "EVENT_ID"
        return map(self._events.named, command.several(field))
