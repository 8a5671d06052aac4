// On every page: leaving at once, saving while typing, the end of the session. Nothing is kept on the device: what could
// not be sent waits in the open page and goes with the next try.
"use strict";
(() => {
  let leaving = false;
  const exit = document.querySelector("[data-exit]");
  if (exit) {
    exit.addEventListener("click", (event) => {
      event.preventDefault();
      leaving = true;
      document.body.hidden = true;
      location.replace(exit.href);
    });
  }

  // A network that answers nothing is one that is not there.
  const ask = (address, method, body, keepalive) => {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), 20000);
    return fetch(address, { method, body, keepalive, credentials: "same-origin", signal: patience.signal })
      .finally(() => clearTimeout(timer));
  };

  // Presses a button that was pressed before, also in a browser that knows no better way.
  const press = (form, button) => {
    if (form.requestSubmit) { form.requestSubmit(button); return; }
    if (button) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value }));
    form.submit();
  };

  // The session: what is left of it is asked of the server, which is right also after a sleep, with a clock that is wrong
  // and when another tab goes on with it.
  const ending = document.querySelector("[data-session-seconds]");
  let isLeft = () => {};
  if (ending) {
    const text = ending.querySelector("p");
    const words = text.innerHTML;
    let left;
    let since;
    let asking = false;
    let before;
    const passed = () => Math.max(Date.now() - since[0], performance.now() - since[1]) / 1000;
    isLeft = (seconds) => {
      left = seconds;
      since = [Date.now(), performance.now()];
      if (left > 125 && !ending.hidden) {
        const had = ending.contains(document.activeElement);
        ending.hidden = true;
        if (had && before) before.focus();
      }
    };
    const warn = () => {
      const over = left <= passed();
      ending.querySelector("form").hidden = over;
      if (over) text.textContent = ending.dataset.over;
      else text.innerHTML = words;
      if (!ending.hidden) return;
      before = document.activeElement;
      ending.hidden = false;
      (over ? ending : ending.querySelector("button")).focus();
    };
    const look = async (fresh) => {
      if (asking || !fresh && passed() < left - 120) return;
      asking = true;
      try {
        const answer = await ask("/session", "GET");
        if (answer.ok) isLeft((await answer.json()).left);
      } catch { /* Without a network this page's own reckoning has to do. */ }
      asking = false;
      if (passed() >= left - 120) warn();
    };
    ending.tabIndex = -1;
    isLeft(Number(ending.dataset.sessionSeconds));
    setInterval(look, 5000);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) look(true); });
    ending.querySelector("form").addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const answer = await ask(event.target.action, "POST");
        if (answer.ok && !answer.redirected) isLeft((await answer.json()).left);
      } catch { /* It stays in sight, to be pressed again. */ }
    });
  }

  const form = document.querySelector("form[data-autosave]");
  if (form) {
    const state = document.querySelector("[data-save-state]");
    const read = form.elements.namedItem("page_state");
    const [, showing] = read.value.split(".");
    const box = (one) => one && one.closest && one.closest("[data-field]");
    const lines = () => [...new FormData(form)].filter(([name]) => name !== "page_state" && name !== "then");
    const words = () => new URLSearchParams(lines()).toString();
    const left = new Set([...document.querySelectorAll(".field--invalid")].map((one) => one.dataset.field));
    let saved = lines();
    let savedWords = words();
    let count = 0;
    let timer = 0;
    let running;
    let failed = 0;
    let cause = "";
    let stopped = false;
    let composing = false;
    let typedAt = 0;
    let before;

    // The names of what would be lost if this page were gone now.
    const unsaved = () => {
      const of = (all, name) => all.filter(([key]) => key === name).join();
      const now = lines();
      const boxes = [...now, ...saved].filter(([name]) => of(now, name) !== of(saved, name))
        .map(([name]) => box([...form.elements].find((one) => one.name === name)));
      return [...new Set(boxes)].filter(Boolean).map((one) => {
        const label = one.querySelector(".field__label span").cloneNode(true);
        label.querySelectorAll("rt, rp").forEach((reading) => reading.remove());
        return label.textContent;
      }).join(state.dataset.comma);
    };

    const say = (what) => {
      const fresh = what !== cause;
      cause = what;
      if (what === "saved") {
        state.setAttribute("role", "status");
        state.textContent = state.dataset.saved;
        if (document.activeElement === state && before) before.focus();
        return;
      }
      const names = what === "gone" || what === "conflict" ? "" : unsaved();
      const text = state.dataset[what] + (names && " " + state.dataset.unsaved + names);
      if (state.textContent !== text) {
        state.setAttribute("role", "alert");
        state.textContent = text;
      }
      if (fresh) state.dataset.unheard = "1";
      // The focus comes here once for each cause, and not out of a word that is being typed.
      if (state.dataset.unheard && !composing && Date.now() - typedAt > 1000) {
        delete state.dataset.unheard;
        before = document.activeElement;
        state.tabIndex = -1;
        state.focus();
      }
    };

    const tell = (told) => {
      for (const [id, { error, notes }] of Object.entries(told)) {
        const field = document.querySelector(`[data-field="${CSS.escape(id)}"]`);
        if (!field) continue;
        const line = field.querySelector(".field__live");
        // Somebody who is still typing is told what is mended, and nothing new.
        if (field.contains(document.activeElement) && error) continue;
        for (const old of field.querySelectorAll(".field__error")) if (!line.contains(old)) old.remove();
        const paragraph = (text, name) => Object.assign(document.createElement("p"), { textContent: text, className: name });
        const says = [...(error ? [paragraph(form.dataset.error + error, "field__error")] : []), ...notes.map((note) => paragraph(note, "field__hint"))];
        const words = (all) => [...all].map((one) => one.textContent).join();
        if (words(says) !== words(line.children)) {
          line.textContent = "";
          line.append(...says);
        }
        field.classList.toggle("field--invalid", Boolean(error));
        const inputs = [...field.querySelectorAll("input, textarea")];
        for (const input of inputs) {
          if (error && input.type !== "radio" && input.type !== "checkbox") input.setAttribute("aria-invalid", "true");
          else input.removeAttribute("aria-invalid");
        }
        const described = field.tagName === "FIELDSET" ? field : inputs[0];
        const others = (described.getAttribute("aria-describedby") || "").split(" ").filter((one) => one && one !== line.id && one !== id + "-error");
        if (says.length) others.push(line.id);
        if (others.length) described.setAttribute("aria-describedby", others.join(" "));
        else described.removeAttribute("aria-describedby");
      }
    };
    for (const field of document.querySelectorAll("[data-field]")) {
      const line = Object.assign(document.createElement("div"), { className: "field__live", id: field.dataset.field + "-live" });
      line.setAttribute("aria-live", "polite");
      field.querySelector(".field__control").before(line);
    }

    // Each sending has a number, so that the server tells a late one from a later one.
    const number = () => {
      count += 1;
      read.value = [read.value.split(".")[0], showing, count].join(".");
    };
    const later = (milliseconds) => {
      clearTimeout(timer);
      timer = setTimeout(send, milliseconds);
    };
    // One at a time; whether all that is on the page is kept now.
    const send = () => {
      if (!running) running = save().finally(() => { running = undefined; });
      return running;
    };
    const save = async () => {
      clearTimeout(timer);
      if (stopped) return false;
      const [now, nowWords] = [lines(), words()];
      number();
      let told = {};
      const body = new URLSearchParams(new FormData(form));
      body.set("left", [...left].join(" "));
      // The portal reads 64 kB of a page, and a browser sends as much of one that is closed.
      if (String(body).length > 64000) {
        say("large");
        return false;
      }
      try {
        const answer = await ask(form.dataset.autosave, "POST", body, document.hidden);
        if (answer.ok) {
          const kept = await answer.json();
          read.value = [kept.state, showing, count].join(".");
          [saved, savedWords, failed] = [now, nowWords, 0];
          if (kept.left) isLeft(kept.left);
          told = kept.told;
          if (words() === savedWords) say("saved");
          else later(600);
        } else if (answer.status === 409) {
          // Another tab has other text. Sending the page shows both.
          stopped = true;
          say("conflict");
        } else if (answer.status === 404) {
          stopped = true;
          say("gone");
        } else if (answer.status === 401) {
          say("session");
        } else {
          say("server");
          again();
        }
      } catch {
        say("network");
        again();
      }
      tell(told);
      return words() === savedWords;
    };
    const again = () => {
      failed += 1;
      later(Math.min(30, 2 ** failed) * (800 + 400 * Math.random()));
    };

    form.addEventListener("input", () => {
      typedAt = Date.now();
      if (!stopped) later(1200);
    });
    form.addEventListener("compositionstart", () => { composing = true; });
    form.addEventListener("compositionend", () => { composing = false; });
    form.addEventListener("focusout", (event) => {
      const field = box(event.target);
      if (!field || field.contains(event.relatedTarget) || event.target === state) return;
      const filled = [...field.querySelectorAll("input, textarea")]
        .some((one) => one.type === "radio" || one.type === "checkbox" ? one.checked : one.value.trim());
      if (filled) left.add(field.dataset.field);
      if (filled && !stopped && (!field.dataset.seen || words() !== savedWords)) later(150);
      field.dataset.seen = "1";
    });
    // What is filled in without a key, such as by a password manager, says nothing of it.
    setInterval(() => { if (!stopped && !failed && !running && Date.now() - typedAt > 1500 && words() !== savedWords) send(); }, 2000);

    // A page that is not kept yet is kept first: what a browser shows instead of an answer would take its place.
    let going = false;
    form.addEventListener("submit", async (event) => {
      const { submitter } = event;
      if (going || stopped || words() === savedWords) {
        leaving = true;
        number();
        return;
      }
      event.preventDefault();
      if (form.dataset.pressed) return;
      form.dataset.pressed = "1";
      typedAt = 0;
      delete state.dataset.unheard;
      if (cause !== "saved") cause = "";
      await running;
      const kept = await send();
      delete form.dataset.pressed;
      // What is not kept for these reasons is kept, or shown, by sending the page itself.
      going = kept || ["conflict", "session", "gone"].includes(cause);
      if (going) press(form, submitter);
    });
    // Another language, signing out, a link: what is typed is kept before this page goes.
    const first = async (event, go) => {
      if (leaving || stopped || words() === savedWords) return;
      event.preventDefault();
      typedAt = 0;
      await running;
      if (await send()) go();
    };
    document.addEventListener("submit", (event) => {
      const { target, submitter } = event;
      if (target !== form && !target.closest("[data-session-seconds]")) first(event, () => press(target, submitter));
    });
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[href]");
      if (link && !link.matches("[data-exit], [target], [href^='#']") && !event.defaultPrevented && !event.ctrlKey && !event.metaKey) {
        first(event, () => link.click());
      }
    });
    addEventListener("beforeunload", (event) => {
      if (!leaving && cause && cause !== "saved" && words() !== savedWords) event.preventDefault();
    });
    addEventListener("online", () => later(0));
    // A page that the browser kept may show an older text than the one that is saved.
    addEventListener("pageshow", (event) => {
      [leaving, going] = [false, false];
      if (!event.persisted) return;
      if (words() === savedWords) location.reload();
      else later(0);
    });
    document.addEventListener("visibilitychange", () => {
      if (!stopped && (words() !== savedWords || cause === "session")) send();
    });
  }

  // A field that depends on a choice of the same page is shown once the choice is made.
  const dependents = [...document.querySelectorAll("[data-when]")];
  const follow = () => {
    for (const dependent of dependents) {
      const codes = dependent.dataset.whenCodes.split(" ");
      const chosen = [...document.getElementsByName(dependent.dataset.when)].some((one) => one.checked && codes.includes(one.value));
      dependent.hidden = !chosen && !dependent.classList.contains("field--invalid");
    }
  };
  if (dependents.length) {
    document.addEventListener("change", follow);
    follow();
  }

  const summary = document.querySelector("[data-error-summary]");
  if (summary) summary.focus();
})();
