# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The frame-time section of the report: a table and a bar for each length of frame."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from fsw_emu.report.charts import Axis, number
from fsw_emu.report.frame_time import (
    CYCLE_S,
    PERIODS_S,
    Budgets,
    Frame,
    Work,
    dpu_steps,
    fee_steps,
)

WIDTH, LEFT, RIGHT, ROW, TOP = 1100, 96, 190, 40, 8


def section(works: Sequence[Work], budgets: Budgets) -> str:
    """The page's section: one chart and table for each kind of frame."""
    return (
        "<h2>Frame time on the flight processor</h2>"
        f"<p>One core at {number(budgets.clock_hz / 1e6)} MHz by a {escape(budgets.model)}, "
        "measured on chosen inputs: never a worst-case execution time, and no board has run it. "
        "Cycles a unit are those of a typical input; <i>worst</i> is the worst input known at the "
        "same count. The upright mark is one 125 ms cycle of the application software. Not "
        "counted: copies of memory, the link and its interrupts, the rest of the software. "
        "An entity's work is spread over its frames; to load the samples of an image counts as "
        "much as of events, which take longer.</p>"
        + "".join(_card(work, budgets) for work in works)
    )


def _card(work: Work, budgets: Budgets) -> str:
    frames = [work.over(period) for period in PERIODS_S]
    dpu = [Frame(w.period_s, budgets.clock_hz, dpu_steps(w, budgets)) for w in frames]
    fee = [Frame(w.period_s, budgets.clock_hz, fee_steps(w, budgets)) for w in frames]
    heads = "".join(f'<th colspan="5">in a {number(period)} s frame</th>' for period in PERIODS_S)
    columns = (
        '<th class="g">units</th><th>ms</th><th>share</th><th>worst</th><th>\u00d7 125 ms</th>'
    )
    return (
        f'<figure class="time"><h2>{escape(work.title)}</h2>{stacked_bars(dpu)}<table>'
        f'<tr><th colspan="4"></th>{heads}</tr>'
        f"<tr><th>step</th><th>function</th><th>cycles a unit</th><th>worst</th>"
        f"{columns * len(frames)}</tr>"
        + _rows("DPU", dpu)
        + _rows("FEE, for scale: its FPGA does this", fee)
        + "</table></figure>"
    )


def _rows(part: str, frames: Sequence[Frame]) -> str:
    """Table rows of the same steps in frames of several lengths, and their sums."""
    if not frames[0].steps:
        return ""
    rows = []
    for same in zip(*(frame.steps for frame in frames), strict=True):
        step = same[0]
        cells = "".join(
            _cells(frame, step.cycles, step.worst_cycles, _units(step.count))
            for frame, step in zip(frames, same, strict=True)
        )
        rows.append(
            f'<tr><td><i class="{step.style}"></i>{escape(step.name)}</td>'
            f"<td><code>{escape(step.functions)}</code></td>"
            f"<td>{_figure(step.typical)} / {escape(step.unit)}</td>"
            f"<td>{_figure(step.worst)}</td>{cells}</tr>"
        )
    sums = "".join(_cells(frame, frame.cycles, frame.worst_cycles, "") for frame in frames)
    return "".join(rows) + f'<tr class="sum"><td colspan="4">{escape(part)}</td>{sums}</tr>'


def _cells(frame: Frame, cycles: float, worst: float, count: str) -> str:
    return (
        f'<td class="g">{count}</td><td>{_figure(frame.ms(cycles))}</td>'
        f"<td>{percent(frame.share(cycles))}</td><td>{percent(frame.share(worst))}</td>"
        f"<td>{frame.ticks(cycles):.2f}</td>"
    )


def _units(count: float) -> str:
    return number(round(count) if count >= 100 else round(count, 1))


def _figure(value: float) -> str:
    """Three digits or all of the whole part."""
    return number(round(value)) if value >= 100 else f"{value:.{1 if value >= 10 else 2}f}"


def percent(share: float) -> str:
    """A share of 1 as text."""
    value = 100 * share
    return (
        f"{value:.0f} %" if value >= 100 else f"{value:.1f} %" if value >= 1 else f"{value:.2f} %"
    )


def stacked_bars(frames: Sequence[Frame]) -> str:
    """A bar for each frame length, its steps side by side; a thin line on to the worst input, a
    mark at 125 ms, and one at the whole frame where the axis reaches it."""
    most = max((frame.share(frame.worst_cycles) for frame in frames), default=0.0)
    axis = Axis("", 0.0, max(100 * most, 100 * CYCLE_S / min(PERIODS_S)) * 1.02)
    height = TOP + ROW * len(frames) + 24
    parts = [_grid(axis, height - 24)]
    parts += [_bar(frame, axis, TOP + ROW * i) for i, frame in enumerate(frames)]
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="share of the frame by step">'
        + "".join(parts)
        + "</svg>"
    )


def _x(axis: Axis, share: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * 100 * share / axis.high


def _grid(axis: Axis, low: int) -> str:
    lines = []
    for tick in axis.ticks(10):
        at = _x(axis, tick / 100)
        style = "whole" if tick == 100 else "grid"
        lines.append(
            f'<line class="{style}" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP - 4}" y2="{low}"/>'
            f'<text class="middle" x="{at:.1f}" y="{low + 16}">{number(tick)} %</text>'
        )
    return "".join(lines)


def _bar(frame: Frame, axis: Axis, top: int) -> str:
    name = f"{number(frame.period_s)} s frame"
    parts = [f'<text class="end" x="{LEFT - 8}" y="{top + 18}">{name}</text>']
    done = 0.0
    for step in frame.steps:
        left, right = (_x(axis, frame.share(done + c)) for c in (0, step.cycles))
        done += step.cycles
        parts.append(
            f'<rect class="{step.style}" x="{left:.1f}" y="{top + 4}" width="{right - left:.1f}" '
            f'height="20"><title>{escape(step.name)}: {_figure(frame.ms(step.cycles))} ms, '
            f"{percent(frame.share(step.cycles))}</title></rect>"
        )
    end, worst = (_x(axis, frame.share(c)) for c in (done, frame.worst_cycles))
    tick = _x(axis, CYCLE_S / frame.period_s)
    parts.append(
        f'<path class="reach" d="M{end:.1f} {top + 14}H{worst:.1f}M{worst:.1f} {top + 8}v12"/>'
        f'<path class="tick" d="M{tick:.1f} {top}v28"><title>125 ms</title></path>'
        f'<text x="{WIDTH - RIGHT + 8}" y="{top + 18}">{percent(frame.share(done))}, worst '
        f"{percent(frame.share(frame.worst_cycles))}</text>"
    )
    return "".join(parts)
