# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Write docs/fdir.md from the checks and their defaults. Usage: fdir_page.py [-h] [--check]"""

import sys
from collections.abc import Sequence
from pathlib import Path

from written import write

from fsw_emu.dpu.fdir.checks import CHECKS, Check
from fsw_emu.dpu.fdir.limits import OWN, TELESCOPE, Channel, fee_channel
from fsw_emu.interface.table import load

PAGE = Path(__file__).resolve().parent.parent / "docs" / "fdir.md"
TABLE = load()
HEAD = """\
<!-- SPDX-FileCopyrightText: 2026 fsw-emu contributors -->
<!-- SPDX-License-Identifier: Apache-2.0 -->

# What the application watches, and what it does about it

Failure detection, isolation and recovery of the emulated application. `tools/fdir_page.py` writes
this page from `fsw_emu/dpu/fdir/checks.py` and the defaults of the data pool. Names and numbers of
checks, events, items and procedures are those of MIB v1.8.1; what leads to what, limits, counts and
periods are ASSUMED (`fsw_emu/interface/assumed.toml`), and such that nothing is suspected while
nothing is wrong. All of them can be changed by TC(211) and, of the converter, TC(20,3).

## A check

Its items of the data pool are `FdCheck`*X* with `State`, `Cnt`, `CntThr`, `SpCnt`, `ExtEn` and
`IntEn`, those of its recovery `Rp`*X* with `ExtEn`, `IntEn` and `Kind`.

```
                 FdGlbEnable = 0: SFD_OFF           ExtEn or IntEn = 0: SFD_DISABLED
                                   |                        |
                                   +----- enabled again ----+
                                                |
                                                v
                     good look            SFD_NOMINAL
                  +------------------->         |  bad look: Cnt = 1, SpCnt + 1
                  |                             v
                  +--------------------   SFD_SUSPECTED  <--+  bad look: Cnt + 1
                                                |           |
                                                +-----------+
                                                |  Cnt = CntThr: EVT_FD_FAILED, recovery
                                                v
                                           SFD_FAILED          until it is disabled
```

`ExtEn` is of the ground: TC(191,3) and TC(191,4), and TC(191,7) and TC(191,8) for the recovery;
TC(191,1), (191,2), (191,5) and (191,6) are for all of them. `IntEn` is of the application, which
sets it when what is watched begins to be there (FEE on, science) and clears it when it ends; in
between an update of the parameter holds. What a check remembers begins anew when it is enabled.

| check | *X* | watches | limit | while | a look | to confirm |
|---|---|---|---|---|---|---|
"""
EVENTS = """
Channels have two pairs of limits: beyond the warning limits there is an event each time, beyond the
alarm limits a look is bad. All failures come with `EVT_FD_FAILED`.

| check | events while suspected | events with the failure | recovery |
|---|---|---|---|
"""
RECOVERY = """
`FDC_DOOR_OPER` follows what drives the door, which reports the time-out itself.

## Recovery

A check that fails begins the procedure `Kind` where `RpGlbEnable` and its own `ExtEn` and `IntEn`
are set: `EVT_RP_STARTED`. There is one procedure at a time; a new one takes the place of one that
goes on.

| procedure | number | what it does |
|---|---|---|
"""
PROCEDURES = {
    "REP_FEE_OFF": "ends science, switches the FEE off: STANDBY",
    "REP_TERM_SCI": "ends science: PRE_SCIENCE",
    "REP_GOTO_SAFE": "switches the FEE off, closes the door, resets to the boot software: SAFE",
    "REP_RET_SCI_W": "ends science, begins it again: SCIENCE, or PRE_SCIENCE if that failed",
    "REP_RET_SCI_C": "the same with the FEE switched off and on: SCIENCE, or STANDBY",
}
END = """
The last two wait `RpRetrySciDelay` = {delay} cycles and try `RpRetrySciNMax` = {most} times,
counted until science has lasted {settled} cycles. They do nothing out of science, and leave the
mode alone once somebody else has changed it. The check is nominal again when science goes on.

## Channels

| channel | item | warning | alarm | beyond warning | for long | beyond alarm | failure |
|---|---|---|---|---|---|---|---|
"""
FEE = """
Channels of the FEE's housekeeping, all with `EVT_FEE_PARAM_WARN`; those of the CCDs are of
`FDC_TS_TEMP` and fail with `EVT_FEE_CCD_TEMP_FAIL`, the others of `FDC_FEE_OOL` with
`EVT_FEE_PARAM_OOL`.

| channels | warning | alarm |
|---|---|---|
"""


def page() -> str:
    pool = TABLE.pool
    end = END.format(
        delay=pool["RpRetrySciDelay"].default,
        most=pool["RpRetrySciNMax"].default,
        settled=TABLE.assumed["fdir"]["settled"],
    )
    parts = (checks(), EVENTS, events(), RECOVERY, procedures(), end, own(), FEE, fee())
    return HEAD + "".join(parts)


def checks() -> str:
    rows = []
    for check in CHECKS:
        confirm = TABLE.pool[f"FdCheck{check.items}CntThr"].default
        cells = (
            f"`{check.id}` {TABLE.value('Fid', check.id)}",
            f"`{check.items}`",
            check.watches,
            limit(check.limit),
            check.scope,
            look(check),
            confirm,
        )
        rows.append(row(*cells))
    return "".join(rows)


def limit(text: str) -> str:
    """With the defaults of items that are named whole."""
    words = []
    for word in text.split():
        item = word.strip("`,;")
        end = word[word.rfind("`") + 1 :] if "`" in word else ""
        known = item in TABLE.pool
        words.append(f"`{item}` = {TABLE.pool[item].default}{end}" if known else word)
    return " ".join(words)


def look(check: Check) -> str:
    match check.sampling:
        case "period":
            n_cycles = TABLE.assumed["fdir"]["periods"][check.items]
            return f"each {n_cycles * TABLE.cycle_ms / 1000:g} s"
        case "cycle":
            return "each cycle"
        case "housekeeping":
            return "each housekeeping of the FEE"
        case "frame":
            return "each frame"


def events() -> str:
    rows = []
    for check in CHECKS:
        kind = TABLE.pool[f"Rp{check.items}Kind"].default
        assert isinstance(kind, int)
        recovery = f"`{TABLE.label('Rid', kind)}`"
        rows.append(row(f"`{check.id}`", quoted(check.suspected), quoted(check.failed), recovery))
    return "".join(rows)


def procedures() -> str:
    return "".join(
        row(f"`{name}`", number, PROCEDURES[name])
        for name, number in TABLE.enumerations["Rid"].items()
    )


def own() -> str:
    rows = []
    for channel in (*OWN, *TELESCOPE):
        told = (channel.warned, channel.warned_for_long, channel.alarmed, channel.failed)
        events = (quoted([event] if event else []) for event in told)
        rows.append(row(f"`{channel.id}`", f"`{channel.item}`", *spans(channel), *events))
    return "".join(rows)


def fee() -> str:
    """Channels that have the same limits in one row."""
    alike: dict[tuple[str, str], list[str]] = {}
    for name in TABLE.enumerations["ValId"]:
        alike.setdefault(spans(fee_channel(name)), []).append(name)
    return "".join(row(quoted(names), *limits) for limits, names in alike.items())


def spans(channel: Channel) -> tuple[str, str]:
    low, high, lowest, highest = (TABLE.pool[item].default for item in channel.limits)
    return f"{low}..{high}", f"{lowest}..{highest}"


def quoted(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |\n"


if __name__ == "__main__":
    sys.exit(write(__doc__, PAGE, page()))
