# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What each function of the core costs on the flight processor, against its budget.

Usage: cycles.py [-h] [--json FILE] [--check | --update] [--caches] [FUNCTION...]

Runs build/leon3/sxi.elf under QEMU with the project's cycle model (docs/cycle-model.md: pipeline
model, ideal memory; never a worst-case execution time). Every public function is measured on
chosen and on searched inputs; the worst of them counts, per pixel, sample, event, byte, packet
or call. Code and stack are those of the function with all that it calls.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from code_size import beyond_bytes, code_sizes, core_bytes, onboard_bytes
from cycle_cases import Case, cases
from qemu_plugin import MODEL, build_plugin
from stack_usage import worst_stacks

from fsw_emu.targets import meter as targets_meter
from fsw_emu.targets.meter import Count, model_file

ROOT = Path(__file__).resolve().parent.parent
FLIGHT = ROOT / "build/leon3"
BUDGETS = ROOT / "fsw_emu/report/budgets.toml"
CACHES = "icache=1,dcache=1,imiss=20,dmiss=12"
TOLERANCE = 1.05
CLOCK_HZ = 50_000_000
ONBOARD_MAX_BYTES = 48 << 10  # of what flies, decoders of the ground apart
BEYOND_MAX_BYTES = 24 << 10  # of all candidates beside it (SPEC.md 18)
STACK_MAX_BYTES = 2 << 10
JUDGED = ("instructions", "cycles", "typical_cycles", "code_bytes", "stack_bytes")


@dataclass(frozen=True)
class Cost:
    """One function, per unit, on the worst input known; typical: on its reference input."""

    function: str
    unit: str
    instructions: float
    cycles: float
    typical_cycles: float
    worst: str
    code_bytes: int
    stack_bytes: int


def build_model() -> Path:
    """The plugin, for the QEMU that is installed."""
    return build_plugin(model_file(), MODEL)


class Meter:
    """Counts cases on a target."""

    def __init__(self, target: targets_meter.Meter) -> None:
        self.library = target.library
        self._target = target

    def count(self, case: Case) -> Count:
        """Run a case; ValueError when the function refuses its input."""
        arguments = case.arguments(self.library.ffi, self.library)
        function = getattr(self.library, case.function)
        results: list[int] = []
        count = self._target.counted(lambda: results.append(function(*arguments)))
        if results[0] < 0:
            raise ValueError(f"{case.function} ({case.name}): status {results[0]}")
        return count


@contextmanager
def meter(program: Path, options: str = "") -> Iterator[Meter]:
    """A fresh target with the model around it; options: of the plugin."""
    with targets_meter.meter(program, build_model(), options) as target:
        yield Meter(target)


def measure(program: Path, chosen: Iterable[Case], options: str = "") -> dict[Case, Count]:
    """Every case on one fresh target."""
    with meter(program, options) as target:
        return {case: target.count(case) for case in chosen}


def costs(counts: dict[Case, Count], folder: Path) -> list[Cost]:
    """The worst input of each function, in the order of the cases."""
    stacks = worst_stacks([folder / "libsxi.a.p", folder / "libmemory.a.p"])
    sizes = code_sizes(folder)
    worst: dict[str, tuple[Case, Count]] = {}
    for case, count in counts.items():
        before = worst.get(case.function)
        if before is None or count.cycles / case.units > before[1].cycles / before[0].units:
            worst[case.function] = case, count
    typical = {case.function: n.cycles / case.units for case, n in reversed(counts.items())}
    most = {
        name: max(n.instructions / c.units for c, n in counts.items() if c.function == name)
        for name in worst
    }
    return [
        Cost(
            name,
            case.unit,
            round(most[name], 2),
            round(count.cycles / case.units, 2),
            round(typical[name], 2),
            case.name,
            sizes[name],
            stacks[name],
        )
        for name, (case, count) in worst.items()
    ]


def print_table(rows: list[Cost], counts: dict[Case, Count]) -> None:
    head = f"{'function':24} {'unit':7} {'instr':>10} {'cycles':>10} {'typical':>9}"
    print(f"{head}  {'worst input':12}   code stack")
    for row in rows:
        print(
            f"{row.function:24} {row.unit:7} {row.instructions:10.2f} {row.cycles:10.2f} "
            f"{row.typical_cycles:9.2f}  "
            f"{row.worst:12} {row.code_bytes:6}{row.stack_bytes:6}"
        )
    print("\nby input, per unit: instructions, cycles")
    for case, count in counts.items():
        if sum(other.function == case.function for other in counts) > 1:
            print(
                f"  {case.function:22} {case.name:12} {count.instructions / case.units:9.2f} "
                f"{count.cycles / case.units:9.2f}"
            )


def over_budget(rows: list[Cost], budgets: dict[str, Any]) -> list[str]:
    """One line for each figure that is more than 5 % over, or has no budget."""
    lines = []
    for row in rows:
        budget = budgets.get("function", {}).get(row.function)
        if budget is None:
            lines.append(f"{row.function}: no budget in {BUDGETS.name}")
            continue
        for name in JUDGED:
            value = getattr(row, name)
            if value > TOLERANCE * budget[name]:
                lines.append(f"{row.function}: {value} {name} a {row.unit}, budget {budget[name]}")
        if row.stack_bytes > STACK_MAX_BYTES:
            lines.append(f"{row.function}: {row.stack_bytes} bytes of stack, over 2 KiB")
    return lines


def as_toml(rows: list[Cost]) -> str:
    """The budgets that these costs meet exactly."""
    lines = [
        "# Budget of each function of the core on the flight processor, the worst input known;",
        "# `make test` fails where one is exceeded by 5 %. Written by tools/cycles.py --update.",
        "[model]",
        'name = "pipeline model, ideal memory"',
        f"clock_hz = {CLOCK_HZ:_}",
    ]
    for row in rows:
        lines += [
            "",
            f"[function.{row.function}]",
            f'unit = "{row.unit}"',
            f"instructions = {row.instructions}",
            f"cycles = {row.cycles}",
            f"typical_cycles = {row.typical_cycles}  # on the reference input",
            f"code_bytes = {row.code_bytes}",
            f"stack_bytes = {row.stack_bytes}",
        ]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("functions", nargs="*", metavar="FUNCTION", help="default: all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the same figures")
    parser.add_argument("--caches", action="store_true", help=f"with the caches: {CACHES}")
    judge = parser.add_mutually_exclusive_group()
    judge.add_argument("--check", action="store_true", help="fail where over budget")
    judge.add_argument("--update", action="store_true", help="make these figures the budget")
    args = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as others end before `head`
    unknown = set(args.functions) - {case.function for case in cases()}
    if unknown:
        parser.error(f"no such function: {', '.join(sorted(unknown))}")
    if args.update and (args.functions or args.caches):
        parser.error("--update is for all functions, with ideal memory")
    chosen = [case for case in cases() if not args.functions or case.function in args.functions]
    if not (FLIGHT / "sxi.elf").is_file():
        print(f"{FLIGHT / 'sxi.elf'}: not built, run `make leon3-elf`", file=sys.stderr)
        return 1
    counts = measure(FLIGHT / "sxi.elf", chosen, CACHES if args.caches else "")
    rows = costs(counts, FLIGHT)
    onboard, beyond = onboard_bytes(FLIGHT), beyond_bytes(FLIGHT)
    size = core_bytes(FLIGHT)
    if args.json:
        figures = {
            "model": "pipeline model, ideal memory" + (f", {CACHES}" if args.caches else ""),
            "clock_hz": CLOCK_HZ,
            "core_bytes": size,
            "onboard_bytes": onboard,
            "beyond_bytes": beyond,
            "functions": {row.function: asdict(row) for row in rows},
            "inputs": [
                {"function": c.function, "input": c.name, "units": c.units, **asdict(n)}
                for c, n in counts.items()
            ],
        }
        args.json.write_text(json.dumps(figures, indent=2) + "\n")
    if args.update:
        BUDGETS.write_text(as_toml(rows))
    if not args.check:
        print_table(rows, counts)
    print(
        f"{len(rows)} functions; code and constants: {onboard} bytes onboard, "
        f"{beyond} beyond flight, {size - onboard - beyond} of the ground's readers"
    )
    over = over_budget(rows, tomllib.loads(BUDGETS.read_text())) if args.check else []
    if onboard > ONBOARD_MAX_BYTES:
        over.append(f"onboard: {onboard} bytes of code and constants, over {ONBOARD_MAX_BYTES}")
    if beyond > BEYOND_MAX_BYTES:
        over.append(f"beyond flight: {beyond} bytes of code, over {BEYOND_MAX_BYTES}")
    print("\n".join(over))
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
