// On pages with an address, a name or a date: what the buttons of the helpers do without leaving the page, the reading of a
// name as it is composed, the other calendar of a day. Nothing that was typed is replaced; without script the buttons send
// the page, and the same words come back.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  let filling = false;
  const put = (input, value) => {
    if (!input || input.value === value) return;
    input.value = value;
    filling = true;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    filling = false;
  };

  const turns = {};
  const ask = async (form, wish, field) => {
    const region = byId(field + "-help");
    const asking = document.querySelector(`[data-help="${field}"][data-target]`);
    const target = asking ? asking.dataset.target : "";
    const turn = turns[field] = (turns[field] || 0) + 1;
    const body = new URLSearchParams({ "ask.wish": wish, "ask.target": target });
    // No more than the answer needs.
    for (const [name, value] of new FormData(form)) {
      if (name === field || name === target || name.startsWith(field + "-") || name.startsWith("ask." + field + ".")) body.append(name, value);
    }
    try {
      const answer = await fetch("/help", {
        method: "POST",
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        body,
        credentials: "same-origin",
      });
      if (!answer.ok) throw answer.status;
      const { html, fill } = await answer.json();
      if (turn !== turns[field]) return;
      const had = region.contains(document.activeElement);
      region.innerHTML = html;
      const inputs = Object.keys(fill).map((name) => form.elements.namedItem(name));
      inputs.forEach((input) => put(input, fill[input.name]));
      // The button that was pressed is gone.
      if (had && inputs[0]) (wish.startsWith("take-day") ? form.elements.namedItem(field + "-year") : inputs[0]).focus();
    } catch {
      if (turn === turns[field]) region.textContent = region.dataset.helpFailed;
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-help]");
    if (!button || !button.form) return;
    event.preventDefault();
    ask(button.form, button.value, button.dataset.help);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !(event.target.name || "").startsWith("ask.")) return;
    event.preventDefault();
    event.target.closest("[role=group]").querySelector("[data-help]").click();
  });

  for (const parts of document.querySelectorAll("[data-day]")) {
    const inputs = [...parts.querySelectorAll("input")];
    const field = parts.dataset.day;
    let waiting = 0;
    parts.addEventListener("input", () => {
      if (filling) return;
      clearTimeout(waiting);
      turns[field] = (turns[field] || 0) + 1;
      const region = byId(field + "-help");
      if (!region) return;
      if (inputs.every((input) => input.value.trim())) waiting = setTimeout(ask, 500, inputs[0].form, "day/" + field, field);
      else region.textContent = "";
    });
  }

  // Keys for digits alone, and a button for each era.
  for (const eras of document.querySelectorAll("[data-eras]")) {
    const year = byId(eras.dataset.eras);
    eras.hidden = false;
    year.inputMode = "numeric";
    eras.addEventListener("click", (event) => {
      const { era } = event.target.dataset;
      if (!era) return;
      const digits = year.value.replace(/^\D+/, "");
      // A Western year that stands there stays.
      if (digits.length <= 2) {
        year.value = era + digits;
        year.dispatchEvent(new Event("input", { bubbles: true }));
      }
      year.focus();
    });
  }

  const KANA = /^[\u3041-\u309f\u30a1-\u30ff\s]+$/;
  for (const name of document.querySelectorAll("[data-kana]")) {
    const kana = byId(name.dataset.kana);
    if (!kana) continue;
    const readings = new Map();
    let reading = "";
    let ours = "";
    const fill = () => {
      if (kana.value !== ours) return;
      let read = "";
      for (let at = 0; at < name.value.length;) {
        const known = [...readings.keys()].filter((text) => name.value.startsWith(text, at)).sort((a, b) => b.length - a.length)[0];
        const next = known || name.value[at];
        // What was pasted, or stood there, has a reading that nobody composed.
        if (!known && !KANA.test(next)) return;
        read += known ? readings.get(known) : next;
        at += next.length;
      }
      read = read.replace(/[\u3041-\u3096]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0x60));
      put(kana, read.replace(/\s+/g, " ").trim());
      ours = kana.value;
    };
    name.addEventListener("compositionstart", () => { reading = ""; });
    name.addEventListener("compositionupdate", (event) => { if (KANA.test(event.data)) reading = event.data; });
    name.addEventListener("compositionend", (event) => {
      if (event.data && reading) readings.set(event.data, reading);
      fill();
    });
    name.addEventListener("input", (event) => { if (!event.isComposing) fill(); });
  }
})();
