# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The charts of one case: what is drawn of its figures, and what to know about each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

from fsw_emu.merit import words
from fsw_emu.merit.figures import (
    BY_NAME,
    ENERGY_BANDS_KEV,
    ENERGY_EDGES_KEV,
    ROW_BANDS,
    SIDES,
    energy_parts,
)
from fsw_emu.merit.intervals import Estimate
from fsw_emu.merit.matching import FATES
from fsw_emu.merit.plots import (
    LEFT,
    RIGHT,
    WIDTH,
    Bar,
    Line,
    Plane,
    Point,
    Stack,
    bars,
    lines,
    panels,
    stacks,
)
from fsw_emu.merit.summary import Case, Summary
from fsw_emu.report.charts import Axis
from fsw_emu.report.page import figure

STYLES = 8  # colours of algorithms; more than these share
ENERGY_TICKS = [(e, f"{e:g}") for e in (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.5)]
GAP = 18  # between two panels


@dataclass(frozen=True)
class Reference:
    """What theory says of a figure: points (energy [keV], value) of "efficiency", or one point
    (anything, value) of a figure without parts. scene "": of all."""

    name: str
    figure: str
    points: Sequence[tuple[float, float]]
    scene: str = ""


def style(summary: Summary, algorithm: str) -> str:
    """The colour of an algorithm."""
    return f"a{summary.algorithms.index(algorithm) % STYLES}"


def charts(summary: Summary, case: Case, references: Sequence[Reference]) -> str:
    """All charts that the case has numbers for."""
    known = [r for r in references if r.scene in ("", case.scene)]
    made = [
        _efficiency(summary, case, known),
        _losses(summary, case),
        _rejection(summary, case),
        _fates(summary, case),
        *(_bars(summary, case, name, known) for name in _BARS),
        _bands(summary, case, "energy bias", "event minus photon [eV]"),
        _bands(summary, case, "energy resolution", "full width at half maximum [eV]"),
        _grades(summary, case),
    ]
    return f'<div class="figures">{"".join(made)}</div>'


def frame_code(summary: Summary, case: Case) -> str:
    """Of the scene: told once, of the first algorithm that has it."""
    figure = BY_NAME["frame code"]
    for algorithm in summary.algorithms:
        entry = summary.entry(figure.name, algorithm, case)
        if entry is not None:
            ends = words.interval(figure, entry.estimate)
            shown = f"<b>{words.value(figure, entry.estimate)}</b>{f' ({ends})' if ends else ''}"
            return f'<p class="dim">Frame code: {shown}, {escape(figure.meaning)}.</p>'
    return ""


#: drawn as bars
_BARS = ("false events", "bytes per photon", "packed bytes per photon", "bits per pixel",
         "hot suppression")  # fmt: skip


def _efficiency(summary: Summary, case: Case, references: Sequence[Reference]) -> str:
    middle = {
        part: math.sqrt(low * high)
        for part, low, high in zip(
            energy_parts(), ENERGY_EDGES_KEV[:-1], ENERGY_EDGES_KEV[1:], strict=True
        )
    }
    drawn = _lines(summary, case, "efficiency", middle.items())
    if not drawn:
        return ""
    for reference in references:
        if reference.figure == "efficiency":
            points = [Point(x, _exact(100 * y)) for x, y in reference.points]
            drawn.append(Line(reference.name, "ref", points, is_reference=True))
    plane = Plane(
        Axis("photon energy [keV]", ENERGY_EDGES_KEV[0], ENERGY_EDGES_KEV[-1]),
        Axis("found [%]", 0, 104),
        ENERGY_TICKS,
        is_log=True,
    )
    note = "Isolated photons: nothing else within 4 binned pixels. Bands: 95 %."
    svg = lines(plane, drawn, "detection efficiency against energy")
    return figure("Detection efficiency", svg, f"{note} {_told(summary, case, 'efficiency')}")


def _losses(summary: Summary, case: Case) -> str:
    planes = []
    half = (WIDTH - LEFT - RIGHT - GAP) / 2
    found = [
        e.estimate.upper
        for a in summary.algorithms
        for part in summary.parts("loss", case)
        if (e := summary.entry("loss", a, case, part))
    ]
    if not found:
        return ""
    most = max(100 * max(found) * 1.18, 1.0)  # the title of a panel has room above
    for i, side in enumerate(SIDES):
        names = [(f"{side}{band + 1}", band + 1.0) for band in range(ROW_BANDS)]
        plane = Plane(
            Axis("row band", 0.5, ROW_BANDS + 0.5),
            Axis("lost [%]", 0, most),
            [(band + 1.0, str(band + 1)) for band in range(ROW_BANDS)],
            left=LEFT + i * (half + GAP),
            right=LEFT + i * (half + GAP) + half,
            title=f"side {side}",
            has_labels=not i,
        )
        planes.append((plane, _lines(summary, case, "loss", names)))
    note = (
        "Isolated photons of 0.3-2.5 keV that were not sent, by 8 bands of rows (1 is read first) "
        "and side. A fair policy is flat."
    )
    svg = panels(planes, "losses by row band and side")
    return figure("Where photons are lost", svg, f"{note} {_told(summary, case, 'uneven loss')}")


def _rejection(summary: Summary, case: Case) -> str:
    drawn = []
    for algorithm in summary.algorithms:
        photons = summary.entry("efficiency", algorithm, case)
        tracks = summary.entry("particles kept", algorithm, case)
        if photons is None or tracks is None:
            continue
        kept, track = photons.estimate, tracks.estimate
        said = f"{algorithm}: {words.value(BY_NAME['particles kept'], track)} of track maxima kept"
        ends = (100 - 100 * kept.upper, 100 - 100 * kept.lower)
        point = Point(100 - 100 * kept.value, _percent(track), said, ends)
        drawn.append(Line(algorithm, style(summary, algorithm), [point], is_joined=False))
    if not drawn:
        return ""
    points = [line.points[0] for line in drawn]
    plane = Plane(
        Axis("isolated photons lost [%]", 0, max(p.x_ends[1] for p in points if p.x_ends) * 1.1),
        Axis("particle maxima kept [%]", 0, max(p.y.upper for p in points) * 1.15 + 0.1),
    )
    note = "Towards the lower left is better: fewer photons lost, fewer particles kept."
    svg = lines(plane, drawn, "particles kept against photons lost")
    told = _told(summary, case, "particles kept")
    return figure("Particle rejection and its price", svg, f"{note} {told}")


def _fates(summary: Summary, case: Case) -> str:
    rows = _stacked(summary, case, "fate", FATES)
    if not rows:
        return ""
    note = (
        "All photons of 0.2-2.5 keV. piled: within a brighter one's event; hidden: under a track "
        "or a hot pixel; lost: no event near."
    )
    svg = stacks(rows, "what becomes of photons")
    return figure("What becomes of photons", svg, f"{note} {_told(summary, case, 'photons kept')}")


def _grades(summary: Summary, case: Case) -> str:
    parts = summary.parts("grade mix", case)
    if len(parts) < 2:
        return ""
    rows = _stacked(summary, case, "grade mix", parts)
    note = "Photon events by grade, as each algorithm calls them."
    return figure("Grade mix", stacks(rows, "grade mix"), note)


def _bars(summary: Summary, case: Case, name: str, references: Sequence[Reference]) -> str:
    kind, rows = BY_NAME[name], []
    for algorithm in summary.algorithms:
        entry = summary.entry(name, algorithm, case)
        if entry is None:
            continue
        shown, ends = words.value(kind, entry.estimate), words.interval(kind, entry.estimate)
        said = f"{algorithm}: {shown}{f', 95 %: {ends}' if ends else ''}"
        rows.append(Bar(algorithm, style(summary, algorithm), entry.estimate, shown, said))
    if not rows:
        return ""
    expected = next((r.points[0][1] for r in references if r.figure == name and r.points), None)
    svg = bars(rows, name, expected=expected)
    note = f"{kind.meaning[0].upper()}{kind.meaning[1:]}."
    dashed = " Dashed: as predicted." if expected is not None else ""
    title = name[0].upper() + name[1:]
    return figure(title, svg, f"{note}{dashed} {_told(summary, case, name)}")


def _bands(summary: Summary, case: Case, name: str, label: str) -> str:
    """At the energies whose bands are asked for, algorithms beside each other."""
    names = list(ENERGY_BANDS_KEV)
    drawn, ends = [], [0.0]
    for i, algorithm in enumerate(summary.algorithms):
        aside = 0.6 * ((i + 0.5) / len(summary.algorithms) - 0.5)
        places = [(band, at + aside) for at, band in enumerate(names)]
        made = _lines(summary, case, name, places, only=algorithm, of=lambda e: e)
        drawn += [Line(each.name, each.style, each.points, is_joined=False) for each in made]
        for point in [point for each in made for point in each.points]:
            known = [end for end in (point.y.lower, point.y.upper) if not math.isnan(end)]
            ends += [point.y.value, *known]
    if not drawn:
        return ""
    low, high = min(ends), max(ends)
    margin = 0.08 * (high - low) or 1.0
    plane = Plane(
        Axis("photon energy [keV]", -0.5, len(names) - 0.5),
        Axis(label, low - margin * (low < 0), high + margin),
        [(float(at), band) for at, band in enumerate(names)],
    )
    kind = BY_NAME[name]
    svg = lines(plane, drawn, name)
    note = f"{kind.meaning[0].upper()}{kind.meaning[1:]}. Bars: 95 %."
    title = name[0].upper() + name[1:]
    return figure(title, svg, f"{note} {_told(summary, case, name)}")


def _lines(
    summary: Summary,
    case: Case,
    name: str,
    places: Iterable[tuple[str, float]],
    *,
    only: str = "",
    of: Callable[[Estimate], Estimate] | None = None,
) -> list[Line]:
    """One for each algorithm that has any of the parts, at their places."""
    places, drawn = list(places), []
    for algorithm in [only] if only else summary.algorithms:
        points = []
        for part, x in places:
            entry = summary.entry(name, algorithm, case, part)
            if entry is None:
                continue
            kind = BY_NAME[name]
            shown, ends = words.value(kind, entry.estimate), words.interval(kind, entry.estimate)
            tested = words.tested(kind, entry)
            said = f"{algorithm}, {part}: {shown} ({ends}){f'. {tested}' if tested else ''}"
            points.append(Point(x, (of or _percent)(entry.estimate), said))
        if points:
            drawn.append(Line(algorithm, style(summary, algorithm), points))
    return drawn


def _stacked(summary: Summary, case: Case, name: str, parts: Sequence[str]) -> list[Stack]:
    rows = []
    for algorithm in summary.algorithms:
        found = [(part, summary.entry(name, algorithm, case, part)) for part in parts]
        shares = [(part, entry.estimate.value) for part, entry in found if entry]
        if shares:
            rows.append(Stack(algorithm, style(summary, algorithm), shares))
    return rows


def _told(summary: Summary, case: Case, name: str) -> str:
    """In words, what differs from the baseline and what does not."""
    kind, told, same = BY_NAME[name], [], []
    for algorithm in summary.algorithms[1:]:
        entry = summary.entry(name, algorithm, case)
        verdict = summary.verdict(name, algorithm, case)
        if entry is None or entry.difference is None:
            continue
        if verdict == "same":
            same.append(algorithm)
            continue
        told.append(f"{algorithm} {verdict}: {words.change(kind, entry.difference)}")
    if same:
        told.append(f"{', '.join(same)}: {words.SAME}")
    return f"Against {summary.baseline}: {'; '.join(told)}." if told else ""


def _percent(found: Estimate) -> Estimate:
    return Estimate(
        100 * found.value, 100 * found.lower, 100 * found.upper, found.trials, found.runs
    )


def _exact(y: float) -> Estimate:
    return Estimate(y, math.nan, math.nan, 0, 0)
