// SPDX-FileCopyrightText: 2026 fsw-emu contributors
// SPDX-License-Identifier: Apache-2.0

// The form of a telecommand. The server checks what is filled in and shows the packet; nothing is
// sent that it has not shown.

import { byId, element, number } from "./elements.js";

const token = document.querySelector("meta[name=console-token]").content;
let commands = new Map();
let enumerations = {};
let chosen = null;
let asked = 0;

async function post(path, form) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Console-Token": token },
    body: JSON.stringify(form),
  });
  const answer = await response.json();
  return { ok: !answer.error, ...answer };
}

function hint(field) {
  if (field.kind === "octets") return "bytes, hexadecimal";
  if (field.kind === "time") return "now, ISO time, or seconds";
  if (field.kind === "checksum") return "auto: the right one";
  if (field.enumeration && !field.several) return "";
  const range = field.least === null ? field.type : `${number(field.least)} … ${number(field.most)}`;
  return field.several ? `list, each ${field.enumeration ?? range}` : range;
}

function control(field) {
  const id = `tc-field-${field.name}`;
  const named = { id, "data-field": field.name };
  const value = field.default ?? "";
  if (field.enumeration && !field.several && field.enumeration !== "EvtId") {
    const options = Object.entries(enumerations[field.enumeration])
      .filter(([, n]) => !field.fixed || n === field.default)
      .map(([name, n]) => element("option", { value: name, selected: n === field.default }, `${name} (${n})`));
    return element("select", named, ...options);
  }
  const preset = field.kind === "time" ? "now" : field.several ? "" : value;
  return element("input", { ...named, value: preset, readonly: field.fixed ? "" : null, spellcheck: "false",
    title: hint(field), inputmode: field.kind === "octets" ? null : "text" });
}

function choose(name) {
  if (chosen && chosen.name === name) return;
  chosen = commands.get(name) ?? null;
  byId("tc-fields").replaceChildren(...(chosen ? chosen.fields : []).map((field) =>
    element("div", { class: field.several ? "wide" : null },
      element("label", { for: `tc-field-${field.name}` }, field.name, " ", element("span", {}, hint(field))),
      control(field))));
  byId("tc-fields").scrollTop = 0;
  preview();
}

function form() {
  const fields = {};
  for (const each of byId("tc-fields").querySelectorAll("[data-field]")) fields[each.dataset.field] = each.value;
  let ack = 0;
  for (const each of document.querySelectorAll("#tc [name=ack]:checked")) ack |= Number(each.value);
  return { name: chosen.name, fields, ack };
}

function say(text, kind = "") {
  byId("tc-message").textContent = text;
  byId("tc-message").className = kind;
}

function mark(wrong) {
  for (const each of byId("tc-fields").querySelectorAll("[data-field]")) {
    if (each.dataset.field === wrong) each.setAttribute("aria-invalid", "true");
    else each.removeAttribute("aria-invalid");
  }
}

function spaced(hex) { return hex.replace(/(..)(?=.)/g, "$1 "); }

function wrong(answer) {
  mark(answer.field);
  say(answer.field ? `${answer.field}: ${answer.error}` : answer.error, "bad");
}

async function preview() {
  const mine = (asked += 1);
  byId("tc-send").disabled = true;
  byId("tc-hex").textContent = "";
  mark("");
  if (!chosen) {
    say(byId("tc-name").value ? "no such telecommand" : "");
    return;
  }
  let answer;
  try {
    answer = await post("/api/preview", form());
  } catch {
    answer = { ok: false, error: "the console does not answer" };
  }
  if (mine !== asked) return; // another was asked for meanwhile
  if (!answer.ok) {
    wrong(answer);
    return;
  }
  byId("tc-hex").textContent = spaced(answer.hex);
  byId("tc-send").disabled = false;
  say(`TC(${chosen.type},${chosen.subtype}) of ${chosen.of}, ${answer.hex.length / 2} bytes`);
}

async function send(event) {
  event.preventDefault();
  if (!chosen || byId("tc-send").disabled) return;
  const mine = (asked += 1);
  let answer;
  try {
    answer = await post("/api/telecommand", form());
  } catch {
    answer = { ok: false, error: "not sent: the console does not answer" };
  }
  if (!answer.ok) {
    wrong(answer);
    return;
  }
  say(`sent, sequence count ${answer.sequence}`, "good");
  if (mine === asked) byId("tc-hex").textContent = spaced(answer.hex);
}

export async function prepare() {
  const answer = await (await fetch("/api/telecommands")).json();
  enumerations = answer.enumerations;
  commands = new Map(answer.telecommands.map((each) => [each.name, each]));
  byId("tc-names").replaceChildren(...answer.telecommands.map((each) =>
    element("option", { value: each.name }, `TC(${each.type},${each.subtype}) ${each.of}`)));
  byId("tc-name").addEventListener("input", () => choose(byId("tc-name").value.trim()));
  byId("tc-fields").addEventListener("input", preview);
  document.querySelector(".acks").addEventListener("change", preview);
  byId("tc").addEventListener("submit", send);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.matches("input, select, textarea")) {
      event.preventDefault();
      byId("tc-name").focus();
      byId("tc-name").select();
    }
  });
  choose(byId("tc-name").value.trim());
}
