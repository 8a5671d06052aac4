// The staff's pages: keys, who is in which case, notes kept while they are typed, sentences for sending back put where they can be
// changed. The keys are those of the map that stands on the page; nothing here knows one by name.
"use strict";
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector) => [...document.querySelectorAll(selector)];

  // Keys. A key presses only what stands on the page, and none does anything while somebody types, or with a modifier.
  const map = $("#keys");
  const keys = new Map(map ? [...map.querySelectorAll("[data-keys]")].map((row) => [row.dataset.keys, row.dataset]) : []);
  let first = "";
  let timer;
  const row = (rows, by) => {
    const at = rows.findIndex((one) => one.closest("tr").contains(document.activeElement));
    rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(at + by, rows.length - 1))]?.focus();
  };
  const press = (one) => {
    const deed = one.closest("details");
    if (deed) deed.open = true;
    // Of several rows the one that is reached is meant, unless others are ticked.
    const ticks = one.form ? [...one.form.querySelectorAll("input[name=case]")] : [];
    if (ticks.length && !ticks.some((tick) => tick.checked)) {
      const here = ticks.find((tick) => tick.closest("tr").contains(document.activeElement));
      if (!here) return;
      here.checked = true;
    }
    if (!one.matches("form")) { one.click(); return; }
    const input = $("input:checked, input:not([type=hidden]), textarea, select", one);
    input?.focus();
    (deed || one).scrollIntoView({ block: "nearest" });
  };
  const act = ({ does, with: selector }) => {
    const all = selector ? selector.split(", ").flatMap((one) => $$(one)).filter((one) => !one.disabled && !one.closest("[hidden]")) : [];
    if (does === "map") map.showModal();
    else if (!all.length) return false;
    else if (does === "down") row(all, 1);
    else if (does === "up") row(all, -1);
    else if (does === "tick") all.find((one) => one.closest("tr").contains(document.activeElement))?.closest("tr").querySelector("input[type=checkbox]")?.click();
    else if (does === "focus") { all[0].focus(); all[0].scrollIntoView({ block: "center" }); }
    else press(all[0]);
    return true;
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat && !"jk".includes(event.key)) return;
    // A tick can be reached by Tab, and keys still go on from there; where text or a choice is made, they are letters.
    if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog[open], [contenteditable]")) return;
    const whole = first ? `${first} ${event.key}` : event.key;
    clearTimeout(timer);
    first = "";
    if (keys.has(whole)) {
      if (act(keys.get(whole))) event.preventDefault();
    } else if ([...keys.keys()].some((one) => one.startsWith(`${whole} `))) {
      first = whole;
      timer = setTimeout(() => { first = ""; }, 1500);
    }
  });
  for (const opener of $$("[data-keys-open]")) {
    opener.hidden = false;
    opener.addEventListener("click", () => map.showModal());
  }

  // A note that is typed is kept as a draft.
  const form = $("form[data-note]");
  let unsaved = () => false;
  if (form) {
    const [field, since, state] = [$("textarea", form), form.elements.since, $("[data-note-state]", form)];
    let [saved, stopped, wait] = [field.value, false, 0];
    let later, running;
    unsaved = () => field.value !== saved;
    const say = (what) => { state.textContent = state.dataset[what] || ""; };
    const send = () => {
      clearTimeout(later);
      if (!running && !stopped && unsaved()) running = save().finally(() => { running = undefined; });
      return running;
    };
    const save = async () => {
      const text = field.value;
      const body = new URLSearchParams({ note: text, since: since.value });
      try {
        const answer = await fetch(form.dataset.note, { method: "POST", body, keepalive: String(body).length < 60000, redirect: "manual" });
        if (answer.ok) {
          since.value = (await answer.json()).since;
          [saved, wait] = [text, 0];
          say(text.trim() ? "saved" : "");
        } else if (answer.status === 409) {
          stopped = true;
          say("elsewhere");
        } else {
          say(answer.status === 401 ? "over" : "failed");
          wait += 1;
        }
      } catch {
        say("failed");
        wait += 1;
      }
      if (unsaved() && !stopped) later = setTimeout(send, wait ? Math.min(30, 2 ** wait) * 1000 : 600);
    };
    field.addEventListener("input", () => {
      clearTimeout(later);
      if (!stopped) later = setTimeout(send, 800);
    });
    form.addEventListener("submit", async (event) => {
      clearTimeout(later);
      if (running) {
        // The draft that is on its way is the one that this ends.
        event.preventDefault();
        const { submitter } = event;
        await running;
        form.requestSubmit(submitter);
      } else {
        saved = field.value;
      }
    });
    document.addEventListener("visibilitychange", send);
    // A link, a decision: what is typed is kept before this page goes.
    let going = false;
    const first = async (event, go) => {
      if (going || stopped || event.defaultPrevented || !unsaved()) return;
      event.preventDefault();
      await send();
      await send();
      going = true;
      go();
      going = false;
    };
    document.addEventListener("submit", (event) => {
      const { target, submitter } = event;
      if (target !== form && target.method !== "dialog") first(event, () => target.requestSubmit(submitter));
    });
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[href]");
      if (link && !link.matches("[target], [download], [href^='#']") && !event.ctrlKey && !event.metaKey) first(event, () => link.click());
    });
    addEventListener("beforeunload", (event) => { if (unsaved() && (stopped || wait)) event.preventDefault(); else send(); });
    // A page that the browser kept shows an older text than the one that is saved.
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  }

  // Who is in which case. A page in the background lets its connection go: browsers have six of them.
  const live = $("[data-events]");
  if (live) {
    const version = live.dataset.version;
    const fill = (selector, text) => {
      const line = $(selector, live);
      if (line && line.textContent !== text) line.textContent = text;
    };
    const ask = (asked) => {
      const place = $("[data-asked]", live);
      if (place.dataset.of === JSON.stringify(asked)) return;
      place.dataset.of = JSON.stringify(asked);
      place.replaceChildren(...asked.map((one) => {
        const shown = $("template", live).content.cloneNode(true);
        $("p", shown).textContent = one.text;
        $("form", shown).action = one.action;
        return shown;
      }));
    };
    // Pressed on whatever page it stands: nothing that is typed there is left behind.
    live.addEventListener("submit", async (event) => {
      const answer = event.target;
      if (!answer.closest("[data-asked]")) return;
      event.preventDefault();
      const body = new URLSearchParams(new FormData(answer, event.submitter));
      try {
        const given = await fetch(answer.action, { method: "POST", body, redirect: "manual" });
        if (given.type === "opaqueredirect" || given.status === 409) answer.closest(".notice").remove();
      } catch { /* It stays in sight, to be pressed again. */ }
    });
    const cells = () => new Map($$(".queue tbody tr").map((line) => [$("a", line)?.getAttribute("href").split("/").pop(), line]));
    const show = ({ cases, asked }) => {
      ask(asked);
      if (version) {
        const own = cases[0];
        if (!own) return;
        fill("[data-present]", own.present);
        fill("[data-ask]", own.ask);
        const changed = $("[data-changed]", live);
        if (String(own.version) !== version && changed.hidden) {
          changed.hidden = false;
          $("span", changed).textContent = own.changed;
        }
        return;
      }
      const rows = cells();
      for (const [number, line] of rows) {
        const own = cases.find((one) => one.number === number);
        const holder = $("[data-holder]", line);
        if (!holder) continue;
        if (own) holder.textContent = own.holder;
        let small = $("[data-there]", line);
        if (!small && own?.in_row) {
          small = Object.assign(document.createElement("small"), { className: "there" });
          small.dataset.there = "";
          holder.after(small);
        }
        if (small) small.textContent = own?.in_row || "";
      }
    };
    // What was missed while there was no connection stands on the page as the server shows it now.
    const catchUp = async () => {
      if (version) return;
      try {
        const answer = await fetch(location.href);
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        const now = new Map([...fresh.querySelectorAll(".queue tbody tr")].map((line) => [$("a", line)?.getAttribute("href"), $("[data-holder]", line)?.textContent]));
        for (const line of $$(".queue tbody tr")) {
          const holder = now.get($("a", line)?.getAttribute("href"));
          if (holder !== undefined) $("[data-holder]", line).textContent = holder;
        }
      } catch { /* The next try does it. */ }
    };
    let source, lostAt, tries = 0, again;
    const listen = () => {
      clearTimeout(again);
      if (source || document.hidden) return;
      source = new EventSource(live.dataset.events);
      source.onopen = () => {
        tries = 0;
        if (lostAt && Date.now() - lostAt > 15000) catchUp();
        lostAt = 0;
      };
      source.onmessage = (event) => show(JSON.parse(event.data));
      source.onerror = () => {
        lose();
        // Signed out, stopped or no network: tried again, more and more seldom.
        again = setTimeout(listen, Math.min(60, 2 ** tries) * 1000);
        tries += 1;
      };
    };
    const lose = () => {
      source?.close();
      source = undefined;
      lostAt ||= Date.now();
    };
    document.addEventListener("visibilitychange", () => { if (document.hidden) { clearTimeout(again); lose(); } else listen(); });
    addEventListener("pagehide", lose);
    addEventListener("pageshow", listen);
    listen();

    // A sign of life, at most once a minute, and only of somebody who does something.
    let told = Date.now();
    const here = () => {
      if (Date.now() - told < 60000) return;
      told = Date.now();
      fetch("/staff/here", { method: "POST", redirect: "manual" }).catch(() => {});
    };
    for (const kind of ["keydown", "pointerdown", "scroll"]) addEventListener(kind, here, { passive: true });
  }

  // A sentence that is picked stands in the box, to be changed there; picking another takes its place, not that of own words.
  document.addEventListener("change", (event) => {
    const box = document.getElementById(event.target.dataset.into || "");
    if (!box) return;
    const sentences = [...document.getElementsByName(event.target.name)].map((one) => one.dataset.words);
    if (!box.value.trim() || sentences.includes(box.value)) box.value = event.target.dataset.words;
  });
})();
