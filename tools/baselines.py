# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the product makes of each recording and scene and of an observation on board, held to
baselines/NAME.json.

Usage: baselines.py [-h] [--reason TEXT]

Of every run: hashes of the products (without their provenance, which tells the commit), counters,
and the cycles of its mean frame on the flight processor by the budgets. Without --reason says what
differs and exits 1. With it writes the new baselines, and the reason with the differences into
baselines/HISTORY.md: the only way to change them (`make rebaseline REASON="..."`). Recordings need
../shared; where it is absent theirs are left as they are.
"""

import argparse
import contextlib
import hashlib
import io
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import baselines_onboard

from fsw_emu.atomic import write_atomic
from fsw_emu.cli.main import main as fsw_emu
from fsw_emu.ground.content import content_digest
from fsw_emu.provenance import checkout
from fsw_emu.report.evidence import Evidence, Table, Verdict, write
from fsw_emu.report.frame_time import Frame, dpu_steps, mean_frame, package_budgets

ROOT = Path(__file__).resolve().parent.parent
BASELINES = ROOT / "baselines"
HISTORY = "HISTORY.md"
RECORDINGS = ROOT.parent / "shared/data/fee_recordings"
SEAL = "State: "
#: of summary.json, what is not a counter
TEXTS = {"source", "files", "provenance", "faults", "ground_faults", "pedestal_from"}


@dataclass(frozen=True)
class Case:
    """A run: of a recording or of a scene, with the options of ``fsw-emu run``."""

    name: str
    options: tuple[str, ...]
    recording: str = ""
    period_s: float = 10.0

    def arguments(self) -> list[str]:
        source = [str(RECORDINGS / self.recording)] if self.recording else []
        return [*source, *self.options]


def recording(name: str, *options: str) -> Case:
    return Case(name, ("--simulator", *options), f"{name}.gresb.gz", 4.0)


def filtered(centre: int, ring_sum: int, ring: int) -> tuple[str, ...]:
    limits = {"centre-max": centre, "ring-sum-max": ring_sum, "ring-max": ring}
    return tuple(word for name, value in limits.items() for word in (f"--{name}", str(value)))


CASES = (
    Case("quiet", ("--scene", "quiet", "--frames", "3")),
    Case("storm", ("--scene", "storm", "--frames", "3")),
    Case("storm-seed2-ed", ("--scene", "storm", "--frames", "2", "--seed", "2", "--no-masks")),
    Case("storm-limit300", ("--scene", "storm", "--frames", "2", "--event-limit", "300")),
    Case("storm-none", ("--scene", "storm", "--frames", "1", "--codec", "none")),
    Case("ft", ("--scene", "quiet", "--frames", "2", "--image", "ft")),
    Case("ft-stack", ("--scene", "quiet", "--frames", "2", "--image", "ft", "--stack", "2")),
    Case("uv", ("--scene", "quiet", "--frames", "2", "--image", "uv")),
    Case("ff", ("--scene", "quiet", "--frames", "1", "--image", "ff")),
    recording("evsim_seed1", *filtered(5000, 5600, 700)),
    recording("evsim_seed1_limit300"),
    recording("ft_event_detection_10_frames", *filtered(5000, 1200, 200)),
    recording("ft_1_frame"),
    recording("ftp_pattern_1_frame"),
)


def measure(case: Case) -> dict[str, Any]:
    """What the product makes of it; ValueError when the run says that something is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = fsw_emu(["run", *case.arguments(), "--out", folder])
        if code:
            raise ValueError(f"{case.name}: exit {code}: {said.getvalue().strip()}")
        summary = json.loads((out / "summary.json").read_text())
        products = {"ce": hashlib.sha256()}
        hashes = {}
        for name in summary["files"]:
            if name.startswith("ce/"):
                if name.endswith(".ce"):
                    products["ce"].update((out / name).read_bytes())
            else:
                hashes[name] = content_digest(out / name)
        hashes["ce"] = products["ce"].hexdigest()
    return {
        "options": [*([case.recording] if case.recording else []), *case.options],
        "products": hashes,
        "counters": dict(_counters(summary)),
        "budget": {"mean_frame_cycles": _cycles(case, summary)},
    }


def _counters(summary: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in summary.items():
        if isinstance(value, Mapping) and name not in TEXTS:
            yield from _counters(value, f"{prefix}{name}.")
        elif name not in TEXTS:
            yield prefix + name, value


def _cycles(case: Case, summary: Mapping[str, Any]) -> int:
    """Typical cycles of the mean frame on the flight processor."""
    work = mean_frame(
        summary,
        period_s=case.period_s,
        event_frames=0 if summary["images"] else summary["frames"],
        nodes=4,
        masks="--no-masks" not in case.options,
        stack=2 if "--stack" in case.options else 1,
    )
    assert work is not None
    budgets = package_budgets()
    return round(Frame(case.period_s, budgets.clock_hz, dpu_steps(work, budgets)).cycles)


def flat(baseline: Mapping[str, Any]) -> dict[str, Any]:
    """ "part.name" -> value, over all parts."""
    rows = {f"{part}.{name}": v for part in ("products", "counters", "budget", "sequence")
            for name, v in baseline.get(part, {}).items()}  # fmt: skip
    return rows | {"options": " ".join(baseline.get("options", []))}


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """A line for each value that is another, new or gone; one for a baseline that is new."""
    if not before:
        return [f"new, {len(flat(now))} values"]
    old, new = flat(before), flat(now)
    return [
        f"{key}: {_short(old.get(key))} -> {_short(new.get(key))}"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text[:12] if len(text) == 64 else text


def load(name: str, folder: Path = BASELINES) -> dict[str, Any]:
    """The baseline; {} where there is none."""
    path = folder / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def seal(folder: Path = BASELINES) -> str:
    """A hash over all baselines, by which HISTORY.md knows the state it led to."""
    state = hashlib.sha256()
    for path in sorted(folder.glob("*.json")):
        state.update(path.name.encode() + b"\0" + path.read_bytes())
    return state.hexdigest()


def is_sealed(folder: Path = BASELINES) -> bool:
    """Whether the last entry of the history led to the baselines as they are."""
    lines = (folder / HISTORY).read_text().splitlines() if (folder / HISTORY).exists() else []
    seals = [line.removeprefix(SEAL) for line in lines if line.startswith(SEAL)]
    return bool(seals) and seals[-1] == seal(folder)


def rebaseline(
    now: Mapping[str, Mapping[str, Any]], reason: str, folder: Path = BASELINES
) -> list[str]:
    """Make these the baselines, and tell why in the history. What changed, a line each; where
    nothing did nothing is written. ValueError without a reason."""
    if len(reason.split()) < 3:
        raise ValueError('a reason of some words is needed: make rebaseline REASON="..."')
    changes = [f"{n}: {line}" for n, m in now.items() for line in differences(load(n, folder), m)]
    if not changes:
        return []
    folder.mkdir(exist_ok=True)
    for name, measured in now.items():
        text = json.dumps(measured, indent=1, sort_keys=True) + "\n"
        write_atomic(folder / f"{name}.json", text.encode())
    path = folder / HISTORY
    told = path.read_text() if path.exists() else "# Why the baselines are what they are\n"
    day = datetime.now(UTC).date().isoformat()
    entry = [
        f"\n## {day}, on {checkout().commit[:12] or 'unknown sources'}",
        reason,
        "",
        *(f"* {line}" for line in changes),
        "",
        f"{SEAL}{seal(folder)}",
    ]
    write_atomic(path, (told + "\n".join(entry) + "\n").encode())
    return changes


def available() -> list[Case]:
    """Cases whose input is here."""
    return [c for c in CASES if not c.recording or (RECORDINGS / c.recording).exists()]


def evidence(now: Mapping[str, Mapping[str, Any]]) -> Evidence:
    """The verdict on what was measured."""
    against = {name: differences(load(name), measured) for name, measured in now.items()}
    findings = [f"{name}: {line}" for name, lines in against.items() for line in lines]
    if not is_sealed():
        findings.append("baselines/ was changed by hand: `make rebaseline` has not led to it")
    missing = [case.name for case in CASES if case.name not in now]
    verdict = Verdict.FAIL if findings else Verdict.INCONCLUSIVE if missing else Verdict.PASS
    rows = [(name, str(len(flat(m))), str(len(against[name]))) for name, m in now.items()]
    return Evidence(
        "baselines",
        verdict,
        f"{len(now)} runs, {sum(map(bool, against.values()))} differ"
        + (f"; without ../shared: {', '.join(missing)}" if missing else ""),
        findings=findings,
        tables=[Table("Baselines", ("run", "values held", "differ"), rows)],
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reason", metavar="TEXT", help="why the baselines are to change")
    args = parser.parse_args()
    try:
        now = {case.name: measure(case) for case in available()}
        now[baselines_onboard.NAME] = baselines_onboard.measure()
        if args.reason is not None:
            changes = rebaseline(now, args.reason)
            print("\n".join(changes) or "nothing differs: the baselines stay as they are")
            return 0
    except ValueError as error:
        print(f"baselines: {error}", file=sys.stderr)
        return 1
    found = evidence(now)
    write(found)
    print(f"baselines: {found.verdict}, {found.said}")
    for line in found.findings:
        print(f"  {line}")
    return 0 if found.verdict in (Verdict.PASS, Verdict.INCONCLUSIVE) else 1


if __name__ == "__main__":
    sys.exit(main())
