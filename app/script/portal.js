// On every page: leaving at once, saving while typing, the end of the session. Nothing is kept on the device: what could
// not be sent waits in the open page and goes with the next try.
"use strict";
(() => {
  const exit = document.querySelector("[data-exit]");
  if (exit) {
    exit.addEventListener("click", (event) => {
      event.preventDefault();
      document.body.hidden = true;
      location.replace(exit.href);
    });
  }

  const form = document.querySelector("form[data-autosave]");
  const state = document.querySelector("[data-save-state]");
  const say = (what) => {
    if (!state) return;
    state.textContent = what ? state.getAttribute("data-" + what) : "";
    state.setAttribute("role", what === "saved" ? "status" : "alert");
  };

  if (form) {
    const read = form.elements.namedItem("page_state");
    let waiting = 0;
    let running = false;
    let again = false;
    let stopped = false;

    const send = async () => {
      if (stopped) return;
      if (running) { again = true; return; }
      running = true;
      again = false;
      try {
        const answer = await fetch(form.dataset.autosave, {
          method: "POST",
          headers: { "Content-Type": "application/x-www-form-urlencoded" },
          body: new URLSearchParams(new FormData(form)),
          credentials: "same-origin",
          keepalive: true,
        });
        if (answer.ok) {
          read.value = (await answer.json()).state;
          say("saved");
        } else if (answer.status === 409) {
          // Another tab has other text. Sending the page shows both.
          stopped = true;
          say("conflict");
        } else if (answer.status === 401 || answer.status === 404) {
          stopped = true;
          say("session");
        } else {
          say("server");
          later(15000);
        }
      } catch {
        say("network");
        later(5000);
      }
      running = false;
      if (again) later(300);
    };
    const later = (milliseconds) => {
      clearTimeout(waiting);
      waiting = setTimeout(send, milliseconds);
    };
    form.addEventListener("input", () => later(1200));
    form.addEventListener("submit", () => { clearTimeout(waiting); stopped = true; });
    addEventListener("online", () => later(0));
    // A page that the browser kept may show an older text than the one that is saved.
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && waiting && !stopped) send();
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

  const ending = document.querySelector("[data-session-seconds]");
  if (ending) {
    const warn = () => { ending.hidden = false; ending.querySelector("button").focus(); };
    let timer = 0;
    const start = () => {
      clearTimeout(timer);
      ending.hidden = true;
      timer = setTimeout(warn, Math.max(0, Number(ending.dataset.sessionSeconds) - 120) * 1000);
    };
    ending.querySelector("form").addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const answer = await fetch(event.target.action, { method: "POST", credentials: "same-origin" });
        if (answer.ok) start();
      } catch { say("network"); }
    });
    start();
  }

  const summary = document.querySelector("[data-error-summary]");
  if (summary) summary.focus();
})();
