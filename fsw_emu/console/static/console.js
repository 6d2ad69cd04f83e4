// SPDX-FileCopyrightText: 2026 fsw-emu contributors
// SPDX-License-Identifier: Apache-2.0

// The page: each section is drawn when the server sends a new state of it.

import { course, spectrum, within } from "./charts.js";
import { byId, clock, element, number } from "./elements.js";
import { prepare } from "./telecommands.js";

const SEVERITIES = { 1: "progress", 2: "low", 3: "medium", 4: "high" };
const STALE_MS = 30_000;
const latest = {};
let heard = Date.now(); // when the last packet of telemetry was heard of

const MODES = [
  ["software", "Software"], ["application", "Application"], ["fee", "FEE"], ["door", "Door"],
  ["science procedure", "Science procedure"], ["heater CCD", "Heater CCD"], ["heater FEE", "Heater FEE"], ["transfer 0", "Transfer 0"], ["transfer 1", "Transfer 1"],
];
const SOFTWARE = { DBS: "Boot (DBS)", IASW: "Application" };
const KINDS = {
  on: ["SCIENCE", "OPEN", "ACTIVE", "TRANSFER", "EVT", "ON"],
  moving: ["OPENING", "CLOSING", "STARTING", "INIT", "STOPPING", "SHUTDOWN", "PRE"],
  bad: ["SAFE", "STOP"],
};

function kindOf(value) {
  if (!value || value === "UNKNOWN" || /^\d+$/.test(value)) return "unknown";
  if (value === "INACTIVE") return "";
  const words = value.split("_");
  return Object.keys(KINDS).toReversed().find((kind) => words.some((word) => KINDS[kind].includes(word))) ?? "";
}

const readable = (text) => text.replaceAll("_", " ").toLowerCase().replace(/^./, (c) => c.toUpperCase());

const draw = {
  link(link) {
    const stale = link.up && link.received_ms !== null && Date.now() - heard > STALE_MS;
    byId("link").className = link.up && !stale ? "up" : "down";
    let text = link.up ? link.address : `${link.address}: ${link.why}`;
    if (stale) text += ", silent";
    byId("link-text").textContent = text;
    byId("time").textContent = link.time ? link.time.replace("T", " ").replace("Z", "") : "–";
    byId("sync").textContent = link.sync === null ? "" : link.sync === 5 ? "synchronised" : "not synchronised";
    draw.counters();
  },

  modes({ modes, procedures }) {
    const tile = (name, value, kind) =>
      element("div", { class: kind }, element("dt", {}, name), element("dd", { title: value }, value));
    const known = MODES.filter(([key]) => key !== "science procedure" || modes[key]);
    const tiles = known.map(([key, name]) => {
      const value = modes[key];
      if (key === "software") return tile(name, SOFTWARE[value] ?? "–", value ? "" : "unknown");
      return tile(name, value ? readable(value) : "–", kindOf(value));
    });
    for (const [name, { state, code }] of Object.entries(procedures)) {
      const text = state === "running" ? "Running" : code === "0" ? "Ended" : `Ended, code ${code}`;
      tiles.push(tile(name, text, state === "running" ? "on" : ""));
    }
    byId("mode-list").replaceChildren(...tiles);
  },

  housekeeping(reports) {
    const select = byId("hk-report");
    const names = reports.map((each) => each.name);
    if (names.join() !== [...select.options].map((each) => each.value).join()) {
      const before = select.value;
      select.replaceChildren(...names.map((name) => element("option", { value: name }, name)));
      const usual = names.find((name) => name.includes("ESSENTIAL"));
      select.value = names.includes(before) ? before : usual ?? names[0];
    }
    const report = reports.find((each) => each.name === select.value);
    if (!report) return;
    byId("hk-note").textContent = report.note || `${clock(report.time)}, ${number(report.n)} received`;
    byId("hk").tBodies[0].replaceChildren(...report.fields.map(fieldRow));
  },

  events({ newest }) {
    const shown = new Set([...document.querySelectorAll("#severities :checked")].map((each) => Number(each.value)));
    const wanted = byId("ev-filter").value.trim().toLowerCase();
    const rows = newest.filter((each) => shown.has(each.severity) &&
      (!wanted || `${each.name} ${each.text}`.toLowerCase().includes(wanted)));
    const none = element("tr", {}, element("td", { class: "note" }, newest.length ? "none with this filter" : "none yet"));
    byId("ev").tBodies[0].replaceChildren(...(rows.length ? [] : [none]), ...rows.slice(0, 200).map((each) =>
      element("tr", { class: `s${each.severity}` },
        element("td", { class: "time" }, clock(each.time)),
        element("td", { class: "sev" }, SEVERITIES[each.severity]),
        element("td", {}, element("span", { class: "name" }, each.name), " ", element("span", { class: "text" }, each.text)))));
    drawSeverities();
  },

  commands(log) {
    byId("log").tBodies[0].replaceChildren(...log.slice(0, 60).map((each) => {
      const name = element("td", { title: each.hex }, each.name);
      if (each.failure) name.append(" ", element("span", { class: "failure" }, each.failure));
      return element("tr", {},
        element("td", { class: "time" }, new Date(each.time_ms).toISOString().slice(11, 19)),
        element("td", { class: "num time" }, each.sequence), name,
        ...["accepted", "started", "terminated"].map((stage) => mark(each, stage)));
    }));
  },

  faults({ checks, recoveries }) {
    const failed = Object.values(checks).filter((state) => state === "FAILED").length;
    byId("fd-note").textContent = !Object.keys(checks).length ? "not reported yet" : failed ? `${failed} failed` : "";
    byId("checks").replaceChildren(...Object.entries(checks).map(([name, state]) =>
      element("li", { class: state.toLowerCase(), title: `${name}: ${state}` },
        element("span", { class: "dot" }), name, element("span", { class: "hidden" }, ` ${state.toLowerCase()}`))));
    const told = Object.entries(recoveries).map(([check, recovery]) => `${recovery} for ${check}`);
    if (told.length) byId("fd-note").textContent = told.at(-1);
    draw.counters();
  },

  counters() {
    const { link, faults } = latest;
    if (!link || !faults) return;
    const n = faults.counters;
    const own = (name, value, bad) => [name, value, bad && value > 0];
    const rows = [
      own("Packets", link.packets), own("Bytes", link.bytes), own("Missing", link.missing, true),
      own("Out of order", link.repeated, true),
      own("Damaged", link.bad_crc + link.unreadable + link.framing, true), own("Not in the table", link.unknown, true),
      own("Connections", link.links), own("Errors on board", n.ErrCnt), own("EDAC single", n.EDACSingleFaults),
      own("EDAC double", n.EDACDoubleFaults, true), own("TC accepted", n.NOfTcAcc), own("TC completed", n.NOfTcTerm),
      own("TC refused", n.NOfAccFailedTc === undefined ? undefined : n.NOfAccFailedTc + n.NOfStartFailedTc, true),
      own("TC failed", n.NOfTermFailedTc, true), own("CPU load, %", n.Core0Load), own("Entities", n.ceCounter),
    ];
    byId("count-list").replaceChildren(...rows.map(([name, value, bad]) =>
      element("div", { class: bad ? "bad" : null }, element("dt", {}, name),
        element("dd", {}, value === undefined ? "–" : number(value)))));
  },

  science(science) {
    const last = science.last;
    byId("sci-last").textContent = last ? `${last.name}, ${last.frames} frames, ${clock(last.time).slice(0, 8)}` : "";
    picture("map", science.pictures.map, `${number(science.events)} events`, "");
    const image = science.pictures.image;
    picture("image", image, image ? `${image.name}, ${clock(image.time).slice(0, 8)}` : "", "Latest image ");
    byId("spectrum").setAttribute("aria-label", `Spectrum of ${science.events} events`);
    spectrum(byId("spectrum"), science.spectrum);
  },
};

function fieldRow(field) {
  const row = element("tr", { class: field.level === "warn" || field.level === "alarm" ? field.level : null });
  row.append(element("th", { scope: "row", title: field.raw === null ? null : `raw ${field.raw}` }, field.name));
  if (field.unit === undefined) {
    row.append(element("td", { class: "plain", colspan: 3 }, field.text), element("td", { class: "unit" }));
    return row;
  }
  const limits = field.limits;
  const told = Object.entries(limits).filter(([, at]) => at !== null).map(([name, at]) => `${name.replace("_", " ")} ${at}`);
  const bar = within(field.value, limits);
  const level = field.level === "warn" ? "warning, " : field.level === "alarm" ? "alarm, " : "";
  row.append(
    element("td", { class: "course" }, course(field.trend ?? [field.value], field.unit)),
    element("td", { class: "within", title: told.join(", ") || "no limits known" }, ...(bar ? [bar] : [])),
    element("td", { class: "num", "aria-label": `${level}${field.text} ${field.unit}` }, field.text),
    element("td", { class: "unit" }, field.unit));
  return row;
}

function mark(each, stage) {
  const [text, kind, told] = { yes: ["✓", "yes", "passed"], no: ["✗", "no", "failed"] }[each[stage]] ?? ["·", "open", "not told"];
  return element("td", { class: `stage ${kind}`, "aria-label": `${stage}: ${told}` }, text);
}

function picture(kind, shown, caption, name) {
  const text = `${name}${caption}`;
  if (!shown) return;
  const image = byId(`pic-${kind}`);
  if (image.dataset.number !== String(shown.number)) {
    image.dataset.number = shown.number;
    image.src = `/api/picture/${kind}?${shown.number}`;
    image.alt = text;
    image.hidden = false;
  }
  byId(`cap-${kind}`).textContent = text;
}

function drawSeverities() {
  const counts = latest.events?.counts ?? {};
  const group = byId("severities");
  if (!group.children.length) {
    group.append(...Object.entries(SEVERITIES).map(([value, name]) => element("label", {},
      element("input", { type: "checkbox", value, checked: "" }), `${name} `, element("span", { class: "n" }, "0"))));
    group.addEventListener("change", () => draw.events(latest.events));
  }
  group.querySelectorAll("label").forEach((label, i) => { label.querySelector(".n").textContent = number(counts[i + 1] ?? 0); });
}

function listen() {
  const stream = new EventSource("/api/updates");
  for (const name of ["link", "modes", "housekeeping", "events", "commands", "faults", "science"]) {
    stream.addEventListener(name, (event) => {
      const packets = latest.link?.packets;
      latest[name] = JSON.parse(event.data);
      if (name === "link" && latest.link.packets !== packets) heard = Date.now();
      draw[name](latest[name]);
    });
  }
  stream.addEventListener("error", () => {
    byId("link").className = "down";
    byId("link-text").textContent = "the console does not answer";
  });
}

drawSeverities();
byId("hk-report").addEventListener("change", () => draw.housekeeping(latest.housekeeping));
byId("ev-filter").addEventListener("input", () => draw.events(latest.events));
setInterval(() => latest.link && byId("link-text").textContent !== "the console does not answer" && draw.link(latest.link), 5000);
prepare();
listen();
