// SPDX-FileCopyrightText: 2026 fsw-emu contributors
// SPDX-License-Identifier: Apache-2.0

// Small drawings: the course of a value, where it lies within its limits, the event spectrum.

import { number, shape } from "./elements.js";

export function course(values, unit, width = 64, height = 14) {
  // noise stays small: the whole height is at least 4 % of the value, or 2 degrees
  const middle = (Math.min(...values) + Math.max(...values)) / 2;
  const half = Math.max((Math.max(...values) - Math.min(...values)) / 2, Math.abs(middle) * 0.02, unit === "°C" ? 1 : 0.02);
  const [low, high] = [middle - half, middle + half];
  const y = (v) => height - 2 - ((v - low) / (high - low)) * (height - 4);
  const step = width / Math.max(values.length - 1, 1);
  const points = values.map((v, i) => `${(i * step).toFixed(1)} ${y(v).toFixed(1)}`);
  const d = values.length > 1 ? `M${points.join("L")}` : `M0 ${height / 2}H${width}`;
  return shape("svg", { class: "course", width, height, "aria-hidden": "true" }, shape("path", { d }));
}

export function within(value, limits, width = 54, height = 14) {
  const low = limits.alarm_low ?? limits.warn_low;
  const high = limits.alarm_high ?? limits.warn_high;
  if (low === null || low === undefined || high === null || high === undefined || high <= low) return null;
  const pad = 4;
  const x = (v) => pad + ((Math.min(Math.max(v, low), high) - low) / (high - low)) * (width - 2 * pad);
  const from = x(limits.warn_low ?? low);
  const to = x(limits.warn_high ?? high);
  return shape("svg", { class: "within", width, height, "aria-hidden": "true" },
    shape("rect", { x: 0, y: 5, width, height: 4, rx: 2 }),
    shape("rect", { class: "fine", x: from, y: 5, width: Math.max(to - from, 0), height: 4, rx: 2 }),
    shape("circle", { cx: x(value), cy: 7, r: 3 }));
}

// a round number of about a quarter of the range
function tick(top) {
  const scale = 10 ** Math.floor(Math.log10(top / 3));
  return scale * ([1, 2, 5, 10].find((f) => (f * scale * 4.5) >= top) ?? 10);
}

export function spectrum(svg, { counts, bin_kev: bin }) {
  const [left, right, top, bottom] = [34, 330, 6, 92];
  const last = Math.max(counts.findLastIndex((n) => n > 0) + 8, Math.ceil(1 / bin));
  const shown = counts.slice(0, Math.min(last, counts.length));
  const most = Math.max(...shown, 4);
  const x = (kev) => left + (kev / (shown.length * bin)) * (right - left);
  const y = (n) => bottom - (n / most) * (bottom - top);
  const parts = [];
  const stepY = Math.max(tick(most), 1);
  for (let n = 0; n <= most; n += stepY) {
    parts.push(shape("path", { class: "axis", d: `M${left} ${y(n)}H${right}` }));
    parts.push(shape("text", { x: left - 5, y: y(n) + 3.5, "text-anchor": "end" }, number(n)));
  }
  const stepX = shown.length * bin > 1.6 ? 0.5 : 0.2;
  for (let i = 0; i * stepX <= shown.length * bin; i += 1) {
    parts.push(shape("text", { x: x(i * stepX), y: bottom + 13, "text-anchor": "middle" }, (i * stepX).toFixed(1)));
  }
  parts.push(shape("text", { x: right, y: bottom + 25, "text-anchor": "end" }, "keV"));
  parts.push(shape("text", { x: left, y: bottom + 25 }, `events per ${Math.round(bin * 1000)} eV`));
  let d = "";
  shown.forEach((n, i) => { d += `${i ? "L" : "M"}${x(i * bin).toFixed(1)} ${y(n).toFixed(1)}H${x((i + 1) * bin).toFixed(1)}`; });
  parts.push(shape("path", { class: "area", d: `${d}V${bottom}H${left}Z` }), shape("path", { class: "curve", d }));
  svg.replaceChildren(...parts);
}
