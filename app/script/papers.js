// Photos and papers: made smaller before they are sent, sent in pieces, gone on with after a cut. Without this script the
// form sends the same files by itself. Nothing is kept on the device: the digest of what is sent says where it stands.
"use strict";
(() => {
  const form = document.querySelector("form[data-papers]");
  if (!form || !window.crypto || !crypto.subtle || !window.fetch) return;
  const base = form.dataset.papers;
  const PIECE = 256 * 1024;
  const EDGE = 2560;
  const SMALL = 1500000;
  const add = form.querySelector("[data-paper-add]");
  if (add) add.hidden = true;

  const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
  class Refused extends Error {}

  // Asks again until there is an answer: what was cut off is not lost.
  const ask = async (kind, address, options) => {
    for (let wait = 1000; ; wait = Math.min(wait * 2, 15000)) {
      try {
        const answer = await fetch(address, { method: "POST", credentials: "same-origin", ...options });
        const isTold = (answer.headers.get("content-type") || "").includes("json");
        if (isTold) {
          const told = await answer.json();
          if (told.refused) throw new Refused(told.refused);
          return told;
        }
        if (answer.redirected || answer.status === 409 || answer.status === 404) throw new Refused(kind.dataset.gone);
        if (answer.status < 500 && answer.status !== 429 && answer.status !== 408) throw new Refused(kind.dataset.broken);
      } catch (error) {
        if (error instanceof Refused) throw error;
      }
      say(kind, kind.dataset.waiting);
      await pause(wait);
    }
  };

  const say = (kind, text, wrong) => {
    const state = kind.querySelector("[data-paper-state]");
    if (state.textContent !== text) state.textContent = text;
    state.classList.toggle("paper-state--wrong", Boolean(wrong));
  };
  const shown = new Map();
  const progress = (kind, part) => {
    const line = kind.querySelector("[data-paper-progress]");
    line.hidden = part === null;
    if (part === null) { shown.delete(kind); return; }
    line.querySelector("progress").value = part * 100;
    // Read aloud in quarters, not at every piece.
    const quarter = Math.floor(part * 4) * 25;
    if (shown.get(kind) !== quarter) {
      shown.set(kind, quarter);
      say(kind, kind.dataset.sending.replace("%", quarter + " %"));
    }
  };

  const isHeic = async (file) => {
    const head = new TextDecoder("latin1").decode(await file.slice(4, 12).arrayBuffer());
    return /^ftyp(hei|hev|mif1|msf1)/.test(head);
  };
  const smaller = async (file) => {
    if (file.type === "application/pdf") return file;
    let picture;
    try {
      picture = await createImageBitmap(file);
    } catch {
      // The server says what is wrong with it.
      return file;
    }
    const scale = Math.min(1, EDGE / Math.max(picture.width, picture.height));
    if (scale === 1 && file.size <= SMALL) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const paper = canvas.getContext("2d");
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, canvas.width, canvas.height);
    paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return made && made.size < file.size ? made : file;
  };

  const send = async (kind, file) => {
    if (await isHeic(file) && !(await createImageBitmap(file).catch(() => null))) throw new Refused(kind.dataset.heic);
    progress(kind, 0);
    const made = await smaller(file);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await made.arrayBuffer()));
    const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const begun = new URLSearchParams({ kind: kind.dataset.paperKind, bytes: made.size, sha256 });
    let told = await ask(kind, base + "/begin", { body: begun });
    const upload = base + "/" + told.upload;
    while (!told.done) {
      progress(kind, told.arrived / made.size);
      if (told.arrived >= made.size) {
        told = await ask(kind, upload + "/finish", {});
      } else {
        const headers = { "Content-Type": "application/octet-stream", "Upload-Offset": String(told.arrived) };
        told = await ask(kind, upload + "/piece", { headers, body: made.slice(told.arrived, told.arrived + PIECE) });
      }
    }
  };

  // The server's own page says what is there.
  const renew = async () => {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const kind of form.querySelectorAll("[data-paper-kind]")) {
      const fresh = page.querySelector('[data-paper-kind="' + kind.dataset.paperKind + '"] [data-paper-part]');
      if (fresh) kind.querySelector("[data-paper-part]").replaceWith(document.adoptNode(fresh));
    }
  };

  let running = 0;
  let pressed = null;
  let last = Promise.resolve();
  const take = async (kind, files) => {
    const wrong = [];
    let done = 0;
    for (const file of files) {
      try {
        await send(kind, file);
        done += 1;
      } catch (error) {
        wrong.push(error instanceof Refused ? error.message : kind.dataset.broken);
      }
    }
    progress(kind, null);
    await renew().catch(() => {});
    say(kind, wrong.length ? [...new Set(wrong)].join(" ") : kind.dataset.done, wrong.length > 0);
    const input = kind.querySelector("input[type=file]");
    if (input && done) input.focus();
    return wrong.length === 0;
  };

  form.addEventListener("change", (event) => {
    const input = event.target;
    if (input.type !== "file" || !input.files.length) return;
    const kind = input.closest("[data-paper-kind]");
    const files = [...input.files];
    // They are sent here; the form does not send them once more.
    input.value = "";
    running += 1;
    // One after the other: a phone has little memory and a thin line.
    last = last.then(async () => {
      const good = await take(kind, files).catch(() => false);
      running -= 1;
      if (!good) pressed = null;
      if (!running && pressed) form.requestSubmit(pressed);
    });
  });
  form.addEventListener("submit", (event) => {
    if (!running) return;
    event.preventDefault();
    pressed = event.submitter;
    for (const kind of form.querySelectorAll("[data-paper-kind]")) {
      if (shown.has(kind)) say(kind, kind.dataset.first);
    }
  });
})();
