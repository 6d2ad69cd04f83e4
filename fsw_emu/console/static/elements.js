// SPDX-FileCopyrightText: 2026 fsw-emu contributors
// SPDX-License-Identifier: Apache-2.0

// Elements from values. Text from telemetry is set as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

export function shape(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.map((each) => (each instanceof Node ? each : document.createTextNode(String(each)))));
  return made;
}

export const number = (n) => Number(n).toLocaleString("en").replaceAll(",", "\u202f");

// hours, minutes, seconds of an ISO time; others as they are
export const clock = (iso) => (/^\d{4}-/.test(iso) ? iso.slice(11).replace("Z", "") : iso);
