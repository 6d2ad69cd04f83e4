# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What can happen: a closed set of named acts, each with typed arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fsw_emu.packets.fee_registers import CONFIGURATION_END, FIELDS
from fsw_emu.world.adc import FULL_SCALE, Channel
from fsw_emu.world.memory import RAM_END, RAM_START, regions

#: who does it: the world itself, or whoever shows the sky or runs the FEE and its link
Owner = Literal["world", "sky", "fee"]
_RATE_MAX = 1e6


@dataclass(frozen=True)
class Argument:
    """kind: what TOML has for it; a float may be written without a point. choices: of a string.
    default None: it has to be given."""

    kind: type[bool] | type[int] | type[float] | type[str]
    meaning: str
    low: float = 0
    high: float = 1
    choices: frozenset[str] = frozenset()
    default: Any = None

    def taken(self, value: Any) -> Any:
        """The value as its kind. ValueError, with what it may be, for another one."""
        if self.kind is bool:
            if not isinstance(value, bool):
                raise ValueError(f"true or false, not {value!r}")
            return value
        if self.kind is str:
            if not isinstance(value, str) or value not in self.choices:
                raise ValueError(f"{self.span}, not {value!r}")
            return value
        good = type(value) is int or (type(value) is float and self.kind is float)
        if not good or not self.low <= value <= self.high:
            raise ValueError(f"{self.span}, not {value!r}")
        return self.kind(value)

    @property
    def span(self) -> str:
        """What it may be, in words."""
        if self.kind is bool:
            return "true or false"
        if self.kind is str:
            return (
                f"one of {', '.join(sorted(self.choices))}" if len(self.choices) < 20 else "a name"
            )
        return f"{self.low:g}..{self.high:g}"


@dataclass(frozen=True)
class Kind:
    """One act. ends: arguments that undo it, for those that may last for_s; those not named there
    keep their values. fits: of an argument that depends on others, what is wrong with it."""

    owner: Owner
    meaning: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    ends: Mapping[str, Any] | None = None
    fits: tuple[str, Callable[[Mapping[str, Any]], str]] | None = None

    def taken(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every argument. Refused for one that is missing, not its own or not good."""
        for key in given:
            if key not in self.arguments:
                raise Refused(key, "the act has no such argument")
        values = {}
        for key, argument in self.arguments.items():
            if key not in given and argument.default is None:
                raise Refused(key, f"is needed: {argument.span}")
            try:
                values[key] = argument.taken(given.get(key, argument.default))
            except ValueError as error:
                raise Refused(key, str(error)) from None
        if self.fits and (wrong := self.fits[1](values)):
            raise Refused(self.fits[0], wrong)
        return values


class Refused(ValueError):
    """An argument and what is wrong with it."""

    def __init__(self, argument: str, message: str) -> None:
        super().__init__(f"{argument}: {message}")
        self.argument, self.message = argument, message


@dataclass(frozen=True)
class Act:
    """What happens in one cycle, with every argument of its kind."""

    cycle: int
    name: str
    arguments: Mapping[str, Any]

    @property
    def owner(self) -> Owner:
        return ACTS[self.name].owner


def make_act(cycle: int, name: str, given: Mapping[str, Any]) -> Act:
    """Refused for a name or an argument that is none."""
    if name not in ACTS:
        raise Refused("act", f"no act {name!r}")
    return Act(cycle, name, ACTS[name].taken(given))


def _switch(meaning: str) -> Argument:
    return Argument(bool, meaning, default=True)


def _rate(meaning: str, **more: Any) -> Argument:
    return Argument(float, meaning, high=_RATE_MAX, **more)


def _field_holds(values: Mapping[str, Any]) -> str:
    most = FIELDS[values["field"]].mask >> FIELDS[values["field"]].lsb
    return "" if values["raw"] <= most else f"0..{most}, not {values['raw']}"


def _word_is_protected(values: Mapping[str, Any]) -> str:
    good = any(r.protected and r.start <= values["address"] < r.end for r in regions().values())
    return "" if good else f"no protected memory at {values['address']:#010x}"


def _range_is_ram(values: Mapping[str, Any]) -> str:
    good = values["start"] + values["bytes"] <= RAM_END
    return "" if good else f"the range ends behind {RAM_END:#010x}"


_CHANNEL = Argument(str, "of the converter", choices=frozenset(Channel.__members__))
_SHARE = Argument(float, "part of them", default=1.0)
_OFF = {"on": False}
_HK = frozenset(name for name, row in FIELDS.items() if row.address >= CONFIGURATION_END)
_PACKETS = frozenset({"all", "data", "event", "housekeeping"})
_ADDRESS = Argument(int, "of a byte in the word", low=0, high=0xFFFFFFFF)

ACTS: Mapping[str, Kind] = {
    "sky.swcx": Kind("sky", "charge exchange photons", {"rate": _rate("counts/CCD/s")}),
    "sky.background": Kind("sky", "soft galactic background", {"rate": _rate("counts/CCD/s")}),
    "sky.particles": Kind("sky", "soft particles", {"rate": _rate("counts/CCD/s")}),
    "sky.sources": Kind("sky", "point sources", {"rate": _rate("counts/CCD/s")}),
    "sky.cosmic": Kind("sky", "cosmic rays and belt particles", {"rate": _rate("tracks/CCD/s")}),
    "sky.sun": Kind("sky", "the Sun is in the field", {"on": _switch("or no longer")}, _OFF),
    "fee.drop": Kind(
        "fee",
        "packets of the FEE are lost",
        {
            "packets": Argument(str, "which", choices=_PACKETS, default="all"),
            "share": _SHARE,
        },
        {"share": 0.0},
    ),
    "fee.corrupt": Kind(
        "fee", "data packets with a wrong header or length", {"share": _SHARE}, {"share": 0.0}
    ),
    "fee.no_hk": Kind("fee", "no housekeeping packets", {"on": _switch("or again")}, _OFF),
    "fee.frozen": Kind("fee", "housekeeping stands still", {"on": _switch("or moves")}, _OFF),
    "fee.rmap_timeout": Kind("fee", "no RMAP replies", {"on": _switch("or again")}, _OFF),
    "fee.rmap_error": Kind(
        "fee",
        "RMAP replies with an error; 0 ends it",
        {"status": Argument(int, "of the replies", high=255)},
        {"status": 0},
    ),
    "fee.link_down": Kind("fee", "the link is disconnected", {"on": _switch("or up")}, _OFF),
    "fee.burst": Kind(
        "fee",
        "events that nothing made; 0 ends it",
        {"rate": _rate("counts/CCD/s")},
        {"rate": 0.0},
    ),
    "fee.hk": Kind(
        "fee",
        "a housekeeping field has this value",
        {
            "field": Argument(str, "name in the register map", choices=_HK),
            "raw": Argument(int, "its value", high=0xFFFFFFFF, default=0),
            "on": _switch("or measures again"),
        },
        _OFF,
        ("raw", _field_holds),
    ),
    "fee.ecc": Kind(
        "fee",
        "errors of the FEE's memory; 0 ends it",
        {"rate": _rate("1/s"), "double": Argument(float, "part that is double", default=0.0)},
        {"rate": 0.0},
    ),
    "adc.override": Kind(
        "world",
        "a channel is stuck",
        {
            "channel": _CHANNEL,
            "raw": Argument(int, "its value", high=FULL_SCALE, default=0),
            "on": _switch("or measures again"),
        },
        _OFF,
    ),
    "door.stuck": Kind("world", "the motor turns, the door stays", {"on": _switch("or not")}, _OFF),
    "door.slow": Kind(
        "world",
        "the motor turns at another speed; 1 ends it",
        {"speed": Argument(float, "times its own", low=0.001, high=100.0)},
        {"speed": 1.0},
    ),
    "door.line": Kind(
        "world",
        "the serial line of the door",
        {
            "fault": Argument(
                str, "what it does", choices=frozenset({"good", "nothing", "parity", "frame"})
            )
        },
        {"fault": "good"},
    ),
    "door.heat": Kind(
        "world",
        "heat that comes to the motor from outside; 0 ends it",
        {"watts": Argument(float, "of it", high=100)},
        {"watts": 0.0},
    ),
    "heater.fail": Kind(
        "world",
        "a heater gives no heat",
        {"loop": Argument(int, "1 or 2", low=1, high=2), "on": _switch("or works again")},
        _OFF,
    ),
    "sink.shift": Kind(
        "world",
        "a sink is this much warmer; 0 ends it",
        {
            "sink": Argument(str, "which", choices=frozenset({"radiator", "panel"})),
            "kelvin": Argument(float, "of it", low=-200, high=200),
        },
        {"kelvin": 0.0},
    ),
    "edac.flip": Kind(
        "world",
        "bits of one word are turned over",
        {
            "address": _ADDRESS,
            "bits": Argument(int, "1: corrected, 2: not", low=1, high=2, default=1),
        },
        fits=("address", _word_is_protected),
    ),
    "edac.upsets": Kind(
        "world",
        "words of RAM are hit at random; 0 ends it",
        {
            "rate": Argument(float, "1/s", high=1000),
            "double": Argument(float, "part that turns two bits", default=0.0),
            "start": Argument(int, "address", low=RAM_START, high=RAM_END - 4, default=RAM_START),
            "bytes": Argument(
                int, "length", low=4, high=RAM_END - RAM_START, default=RAM_END - RAM_START
            ),
        },
        {"rate": 0.0},
        ("bytes", _range_is_ram),
    ),
    "timecode.lost": Kind("world", "no time-codes come", {"on": _switch("or again")}, _OFF),
    "clock.drift": Kind(
        "world",
        "the oscillator has another drift",
        {"ppb": Argument(int, "too fast [1e-9]", low=-1_000_000, high=1_000_000)},
    ),
    "dpu.iasw_time": Kind(
        "world",
        "the control part takes this long",
        {"us": Argument(int, "in a cycle", high=1_000_000)},
    ),
    "dpu.sdp_time": Kind(
        "world",
        "the data processing takes this long",
        {"us": Argument(int, "in a cycle", high=1_000_000)},
    ),
    "dpu.free_pages": Kind(
        "world", "pages of 4 KiB that are left", {"pages": Argument(int, "number", high=65536)}
    ),
    "dpu.alloc_fail": Kind("world", "memory is refused", {"on": _switch("or given")}, _OFF),
    "fpga.status": Kind(
        "world",
        "the status register has this value",
        {"word": Argument(int, "32 bit", high=0xFFFFFFFF)},
    ),
}
