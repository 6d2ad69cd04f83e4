# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The report of a run: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.report.charts import (
    Axis,
    Series,
    bar_chart,
    colours,
    image_map,
    line_chart,
    number,
)
from fsw_emu.report.frame_time import IMAGE, STORM, Work, package_budgets
from fsw_emu.report.frame_time_page import section

ROWS, COLS = 639, 384
MAP_BIN = 4  # event map: pixels a side that share a cell
SPECTRUM_BINS = 120


@dataclass(frozen=True)
class ReportData:
    """What a report shows. ``events``: the ground's event table (RAWX, RAWY, CCDNR, AMP,
    PHAS); ``frames``: (start [us], events in, events kept); ``image``: (rows, cols), first
    row at the bottom; ``provenance``: names and values; ``work``: the run's mean frame."""

    title: str
    summary: dict[str, Any]
    events: NDArray[Any] | None
    window_order: str
    frames: Sequence[tuple[int, int, int]]
    image: NDArray[Any] | None
    provenance: Sequence[tuple[str, str]]
    work: Work | None = None


def focal_plane(events: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(x, y) of events in the focal plane: CCD4 [F4 | E4] below CCD2 [E2 | F2], seen as after
    thermal-vacuum test, columns of E4 and F2 and rows of CCD2 reversed."""
    col, row = events["RAWX"].astype(np.int64), events["RAWY"].astype(np.int64)
    ccd2, is_e = events["CCDNR"] == 2, events["AMP"] == b"E"
    is_left = is_e == ccd2  # E2 and F4; F2 and E4 are on the right, reversed
    x = np.where(is_left, col, 2 * COLS - 1 - col)
    y = np.where(ccd2, 2 * ROWS - 1 - row, row)
    return x, y


def build_report(data: ReportData) -> str:
    """The page."""
    figures = []
    events = data.events if data.events is not None and len(data.events) else None
    if events is not None:
        figures.append(_event_map(events))
    if data.image is not None:
        figures.append(_image(data.image))
    figures.append(_compression(data.summary))  # below the map: the columns are as high
    if events is not None:
        figures.append(_pulse_heights(events))
    if data.frames:
        figures += [_rate(data.frames), _rejections(data.summary)]
    summary = data.summary
    verdict = "lossless" if summary["lossless"] else "NOT lossless"
    faults = [*summary["faults"], *summary["ground_faults"]]
    return _PAGE.substitute(
        title=escape(data.title),
        verdict=verdict,
        verdict_class="good" if summary["lossless"] else "bad",
        cards="".join(card(*named) for named in _cards(summary)),
        figures="".join(figures),
        frame_time=section([*([data.work] if data.work else []), STORM, IMAGE], package_budgets()),
        faults=_faults(faults),
        table=_table(summary),
        provenance="".join(_row(name, value) for name, value in data.provenance),
    )


def _cards(summary: dict[str, Any]) -> list[tuple[str, str]]:
    cards = [("frames", number(summary["frames"]))]
    if sum(summary["events_in"].values()):
        cards += [
            ("events in", number(sum(summary["events_in"].values()))),
            ("events kept", number(summary["events_kept"])),
        ]
    if summary["images"]:
        cards.append(("images", number(summary["images"])))
    return [
        *cards,
        ("entities", number(summary["ce_count"])),
        ("telemetry packets", number(summary["tm_packets"])),
        ("compression ratio", f"{summary['compression_ratio']:.2f}"),
    ]


def card(name: str, value: str) -> str:
    """A figure in large."""
    return f'<div class="card"><b>{escape(value)}</b><span>{escape(name)}</span></div>'


def figure(title: str, svg: str, note: str) -> str:
    """A chart with what to know about it."""
    return f"<figure><h2>{escape(title)}</h2>{svg}<figcaption>{escape(note)}</figcaption></figure>"


def _event_map(events: NDArray[Any]) -> str:
    x, y = focal_plane(events)
    shape = (-(-2 * ROWS // MAP_BIN), -(-2 * COLS // MAP_BIN))
    cells = np.zeros(shape, np.int64)
    np.add.at(cells, (y // MAP_BIN, x // MAP_BIN), 1)
    most = max(int(cells.max()), 1)
    shade = np.log1p(cells) / np.log1p(most)
    labels = [(0.02, 0.03, "E2"), (0.95, 0.03, "F2"), (0.02, 0.99, "F4"), (0.95, 0.99, "E4")]
    svg = image_map(colours(shade)[::-1], "map of kept events in the focal plane", labels)
    note = (
        f"{number(len(events))} kept events; cells of {MAP_BIN} x {MAP_BIN} binned pixels, "
        f"up to {number(most)} events a cell, logarithmic. CCD2 above CCD4."
    )
    return figure("Event map of the focal plane", svg, note)


def _pulse_heights(events: NDArray[Any]) -> str:
    windows = events["PHAS"].astype(np.int64)
    ring = [0, 1, 2, 3, 4, 5, 9, 10, 14, 15, 19, 20, 21, 22, 23, 24]
    heights = windows[:, 12] - np.median(windows[:, ring], axis=1)
    high = max(float(np.percentile(heights, 99.5)) * 1.1, 10.0)
    counts, edges = np.histogram(heights, bins=SPECTRUM_BINS, range=(0, high))
    x = [float(e) for e in np.repeat(edges, 2)[1:-1]]
    y = [float(c) for c in np.repeat(counts, 2)]
    svg = line_chart(
        Axis("centre pixel over background [ADU]", 0, high),
        Axis("events", 0, max(float(counts.max()) * 1.05, 1.0)),
        [Series("kept", "one", x, y)],
        "histogram of pulse heights",
    )
    note = "Background: the median of the 16 outer pixels of each window."
    return figure("Pulse heights", svg, note)


def _rate(frames: Sequence[tuple[int, int, int]]) -> str:
    first = frames[0][0]
    seconds = [(start - first) / 1e6 for start, _, _ in frames]
    most = max(max(n_in for _, n_in, _ in frames), 1)
    svg = line_chart(
        Axis("time since the first frame [s]", 0, max(seconds[-1], 1.0)),
        Axis("events a frame", 0, most * 1.2),
        [
            Series("detected", "two", seconds, [float(f[1]) for f in frames]),
            Series("kept", "one", seconds, [float(f[2]) for f in frames]),
        ],
        "event rate",
    )
    return figure("Event rate", svg, "All nodes together, frame by frame.")


def _rejections(summary: dict[str, Any]) -> str:
    rows = [(name.replace("_", " "), float(n)) for name, n in summary["rejected"].items()]
    svg = bar_chart([*rows, ("kept", float(summary["events_kept"]))], "events", "rejections")
    limits = summary["filter"] or {}
    note = "First failing cause counts. " + ", ".join(
        f"{name.replace('_', ' ')} {value}" for name, value in limits.items()
    )
    return figure("Rejections by cause", svg, note)


def _image(image: NDArray[Any]) -> str:
    step = max(1, image.shape[1] // 768)
    shown = image[::step, ::step].astype(np.float64)
    low, high = np.percentile(shown, [1, 99.5])
    svg = image_map(colours((shown - low) / ((high - low) or 1))[::-1], "last image", seams=False)
    note = f"{image.shape[0]} x {image.shape[1]} pixels, {low:.0f} to {high:.0f} ADU shown."
    return figure("Last image", svg, note)


def _compression(summary: dict[str, Any]) -> str:
    rows = [
        ("FEE packets", float(summary["bytes_in"])),
        ("science data", float(summary["bytes_science"])),
        ("entities", float(summary["bytes_ce"])),
        ("telemetry", float(summary["bytes_tm"])),
    ]
    svg = bar_chart(rows, "bytes", "bytes along the chain")
    note = (
        f"Science data over entities with their metadata: {summary['compression_ratio']:.2f} "
        f"(codec {summary['codec']})."
    )
    return figure("Compression", svg, note)


def _faults(faults: list[str]) -> str:
    if not faults:
        return '<p class="good">No faults in the data.</p>'
    shown = "".join(f"<li>{escape(fault)}</li>" for fault in faults[:200])
    more = f"<p>{len(faults) - 200} more in summary.json.</p>" if len(faults) > 200 else ""
    return f"<ul>{shown}</ul>{more}"


def _table(summary: dict[str, Any]) -> str:
    rows = []
    for name, value in summary.items():
        if name in ("faults", "ground_faults", "files", "provenance"):
            continue
        text = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        rows.append(_row(name, str(text)))
    return "".join(rows)


def _row(name: str, value: str) -> str:
    return f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"


#: how every page of the project looks
STYLE = """<style>
:root{color-scheme:light dark;--ink:#1d2430;--dim:#667085;--line:#e3e7ee;--bg:#f6f7f9;
--card:#fff;--one:#c2410c;--two:#7c8aa5;--good:#0f766e;--bad:#b91c1c}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--dim:#98a2b3;--line:#2b3340;--bg:#11151c;
--card:#1a202a;--one:#fb923c;--two:#8ea0bf;--good:#2dd4bf;--bad:#f87171}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--bg);margin:0}
main{max-width:1160px;margin:0 auto;padding:24px}
h1{font-size:24px;margin:0}h2{font-size:16px;margin:0 0 8px}
.good{color:var(--good)}.bad{color:var(--bad)}
.cards{display:flex;flex-wrap:wrap;gap:12px;margin:18px 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 16px}
.card b{display:block;font-size:21px}.card span{color:var(--dim)}
.figures{columns:2;column-gap:16px}
.figures+h2{margin-top:20px}
figure{break-inside:avoid;margin:0 0 16px;background:var(--card);border:1px solid var(--line);
border-radius:8px;padding:14px}
figcaption{color:var(--dim);font-size:13px;margin-top:6px}
svg{width:100%;height:auto;display:block;border-radius:4px}
svg text{font-size:12px;fill:var(--dim)}.middle{text-anchor:middle}.end{text-anchor:end}
.grid{stroke:var(--line)}.line{fill:none;stroke-width:1.8}.one{stroke:var(--one)}
.two{stroke:var(--two)}.bar{fill:var(--one)}.seam{stroke:#fff6;fill:none}
svg .onmap{fill:#fff;font-weight:600}
table{border-collapse:collapse;font-size:14px}th{text-align:left;font-weight:500;color:var(--dim)}
td,th{padding:3px 18px 3px 0;border-bottom:1px solid var(--line)}
table+h2{margin-top:18px}
.from td{overflow-wrap:anywhere;font-size:13px}.from th{white-space:nowrap;vertical-align:top}
.time{overflow-x:auto}.time table{font-size:12px;width:100%;white-space:nowrap;margin-top:8px}
.time td,.time th{padding:2px 0 2px 7px;text-align:right}
.time td:nth-child(-n+2),.time th:nth-child(-n+2){text-align:left;padding:2px 9px 2px 0}
.time code{font-size:11px;color:var(--dim)}.time i{display:inline-block;width:10px;height:10px;
border-radius:2px;margin-right:6px}.sum{font-weight:600}
.time .g,.time tr:first-child th{padding-left:16px}.time tr:first-child th{text-align:center}
.reach,.tick,.whole{fill:none;stroke:var(--dim)}.tick{stroke:var(--ink);stroke-width:1.5}
.whole{stroke:var(--bad)}
.s0{--c:#4c78a8}.s1{--c:#eeca3b}.s2{--c:#54a24b}.s3{--c:#b279a2}.s4{--c:#9d755d}
.s5{--c:#72b7b2}.s6{--c:#e45756}.s7{--c:#f58518}.s8{--c:#7b61b5}.f0{--c:#8b95a7}.f1{--c:#5f6b80}
.time rect{fill:var(--c)}.time i{background:var(--c)}
@media(max-width:800px){.figures{columns:1}}
</style>"""

_PAGE = Template(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>fsw-emu: $title</title>
<meta name="viewport" content="width=device-width">
"""
    + STYLE
    + """</head><body><main>
<h1>$title <small class="$verdict_class">$verdict</small></h1>
<div class="cards">$cards</div>
<div class="figures">$figures</div>
$frame_time
<h2>Faults</h2>$faults
<h2>Numbers</h2><table>$table</table>
<h2>Provenance</h2><table class="from">$provenance</table>
</main></body></html>
"""
)
