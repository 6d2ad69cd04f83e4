# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a run of mutants comes to: explained misses, verdict, tables."""

from __future__ import annotations

import csv
import io
import tomllib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from mutant_judge import LOOPS, Outcome
from mutant_known import Defect
from mutant_plant import ROOT, Mutant

from fsw_emu.atomic import write_atomic
from fsw_emu.report.evidence import Evidence, Table, Verdict

EQUIVALENT = ROOT / "tests/mutants_equivalent.toml"
BAR = 0.95  # of the planted ones
FEWEST = 200  # planted, but for samples
SAMPLE = 20  # the fewest that are evidence


@dataclass(frozen=True)
class Result:
    """What came of one mutant; loop "" where no test failed; error: why the tests tell nothing."""

    mutant: Mutant
    loop: str
    outcome: Outcome
    seconds: float
    error: str = ""

    @property
    def missed(self) -> bool:
        return not self.loop and not self.error


@dataclass(frozen=True)
class KnownResult:
    """What came of a known defect; error: why it could not be planted."""

    defect: Defect
    loop: str
    outcome: Outcome
    error: str = ""


Key = tuple[str, str, str, str, int]


def explanations(path: Path = EQUIVALENT) -> dict[Key, str]:
    """Why no test can tell a mutant from the core, by Mutant.key; OSError, ValueError, KeyError."""
    entries = tomllib.loads(path.read_text()).get("equivalent", ())
    return {
        (e["file"], e["function"], e["code"], e["change"], e.get("nth", 1)): e["reason"]
        for e in entries
    }


def findings(
    results: Sequence[Result],
    known: Sequence[KnownResult],
    explained: dict[Key, str],
    there: Collection[Key],
    *,
    seed: int = 1,
) -> list[str]:
    """What is wrong, a line each. there: keys of all that could be planted; seed: by which these
    were."""
    said = []
    for result in results:
        mutant = result.mutant
        if result.error:
            said.append(f"no verdict: {mutant.name} {mutant.where}: {result.error}")
        elif result.missed and mutant.key not in explained:
            change = f"{mutant.where} {mutant.function}: {mutant.told}"
            said.append(f"missed: {change} (mutant {mutant.name}, --seed {seed})")
        elif result.loop and mutant.key in explained:
            said.append(f"explained as equivalent, but caught: {mutant.where}: {mutant.told}")
    for file, function, code, change, _ in sorted(set(explained) - set(there)):
        said.append(f"explanation expired: {file} {function}: {change}  in  {code}")
    for found in known:
        if found.error:
            said.append(f"known defect {found.defect.row}: {found.error}")
        elif not found.loop:
            said.append(f"known defect {found.defect.row} missed: {found.defect.what}")
    caught = sum(bool(result.loop) for result in results)
    if caught < BAR * len(results):
        said.append(f"caught {caught} of {len(results)}, less than {BAR:.0%}")
    return said


def figures(results: Sequence[Result], known: Sequence[KnownResult]) -> dict[str, str]:
    loops = Counter(result.loop for result in results)
    how = Counter(result.outcome.how for result in results)
    missed = sum(result.missed for result in results)
    caught = len(results) - loops[""]
    share = f" ({caught / len(results):.1%})" if results else ""
    made = {"planted": str(len(results)), "caught": f"{caught}{share}"}
    made |= {f"caught by {loop} loop": str(loops[loop]) for loop in LOOPS}
    made |= {"of these by time-out": str(how["time-out"]), "by crash": str(how["crash"])}
    made["missed, equivalent or not"] = str(missed)
    if missed < loops[""]:
        made["without verdict"] = str(loops[""] - missed)
    if known:
        made["known defects caught"] = f"{sum(bool(k.loop) for k in known)} of {len(known)}"
    return made


def tables(
    results: Sequence[Result],
    known: Sequence[KnownResult],
    without: dict[int, str],
    explained: dict[Key, str],
) -> list[Table]:
    missed = [
        [r.mutant.name, r.mutant.where, r.mutant.function, r.mutant.told,
         r.error or explained.get(r.mutant.key, "NOT EXPLAINED")]
        for r in results if not r.loop
    ]  # fmt: skip
    rows = [
        [str(k.defect.row), k.defect.what, k.defect.file,
         k.error or k.loop or "MISSED", k.outcome.test]
        for k in known
    ]  # fmt: skip
    rows += [[str(row), "no counterpart", "", "", why] for row, why in without.items() if known]
    rows.sort(key=lambda row: int(row[0]))
    by_test = Counter(r.outcome.test.split("::")[0] for r in results if r.loop)
    planted = Counter(r.mutant.file for r in results)
    caught = Counter(r.mutant.file for r in results if r.loop)
    return [
        Table("Misses", ["mutant", "where", "function", "change", "why no test tells"], missed),
        Table("Known defects", ["row", "what", "file", "loop", "test or reason"], rows),
        Table("By file", ["file", "planted", "caught"],
              [[f, str(n), str(caught[f])] for f, n in sorted(planted.items())]),
        Table("Caught first by", ["tests", "mutants"],
              [[t, str(n)] for t, n in by_test.most_common()]),
    ]  # fmt: skip


def write_list(results: Sequence[Result], path: Path) -> None:
    """Every mutant, as CSV; OSError."""
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(["id", "file", "line", "function", "code", "before", "after", "loop", "how",
                  "test", "seconds"])  # fmt: skip
    for r in results:
        m, o = r.mutant, r.outcome
        how = "no verdict" if r.error else o.how
        out.writerow([m.name, m.file, m.line, m.function, m.code, m.before, m.after,
                      r.loop, how, o.test, f"{r.seconds:.1f}"])  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, text.getvalue().encode())


def evidence(
    procedure: str,
    results: Sequence[Result],
    known: Sequence[KnownResult],
    without: dict[int, str],
    explained: dict[Key, str],
    there: Collection[Key],
    *,
    asked: int = 1,
    seed: int = 1,
) -> Evidence:
    """The verdict on a run: PASS without any finding, ERROR where one has no verdict. asked: how
    many were to be planted, by this seed."""
    wrong = findings(results, known, explained, there, seed=seed)
    caught = sum(bool(result.loop) for result in results)
    said = f"{caught} of {len(results)} one-operator changes caught"
    if missed := sum(result.missed for result in results):
        said += f", {missed} missed" + ("" if wrong else " and explained")
    if unjudged := sum(bool(result.error) for result in results):
        said += f", {unjudged} without verdict"
    if len(results) < asked:
        wrong.append(f"planted {len(results)}, fewer than the {asked} asked for")
    if procedure == "mutant-sample":
        said = f"sample of {len(results)} by --seed {seed}: {said}"
    elif len(results) < FEWEST:
        wrong.append(f"planted {len(results)}, fewer than {FEWEST}")
    return Evidence(
        procedure,
        Verdict.ERROR if unjudged else Verdict.FAIL if wrong else Verdict.PASS,
        said,
        {**figures(results, known), "seed": str(seed)},
        wrong,
        tables=[t for t in tables(results, known, without, explained) if t.rows],
    )
