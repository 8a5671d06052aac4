// Appended to the glue of wasm-bindgen, whose names it uses. The page for the 個人番号: what is typed is sealed here and only the
// armor is sent. The field has no name, so that no browser sends it, whatever of this script runs; until the module is there,
// and where there is none, the page says that the number is taken at the counter.
const numberPage = async () => {
  const form = document.querySelector("form[data-seal-number]");
  if (!form || typeof WebAssembly === "undefined") return;
  await __wbg_init({ module_or_path: fetch(new URL(WASM_FILE, import.meta.url), { integrity: WASM_INTEGRITY }) });

  const template = form.querySelector("template");
  template.before(template.content.cloneNode(true));
  document.querySelector("[data-without]").hidden = true;
  const field = form.querySelector("[data-number]");
  const input = field.querySelector("input");
  const line = field.querySelector("[data-trouble]");
  const title = document.title;
  let summary;

  const say = (what) => {
    const text = what && field.dataset[what];
    line.textContent = text ? field.dataset.prefix + text : "";
    line.hidden = !text;
    field.classList.toggle("field--invalid", Boolean(text));
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    if (!text) {
      if (summary) summary.remove();
      summary = undefined;
      document.title = title;
    }
  };
  const summarise = (what) => {
    say(what);
    if (summary) summary.remove();
    summary = document.querySelector("[data-number-summary]").content.firstElementChild.cloneNode(true);
    const link = summary.querySelector("a");
    link.textContent = field.dataset[what];
    link.addEventListener("click", (event) => {
      event.preventDefault();
      input.focus();
    });
    document.querySelector("main h1").before(summary);
    document.title = field.dataset.prefix + title;
    summary.focus();
  };

  const hidden = (name, value) =>
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value, className: "sealed" }));
  const forget = () => {
    input.value = "";
    form.querySelectorAll("input.sealed").forEach((one) => one.remove());
  };

  input.addEventListener("blur", () => {
    const digits = input.value.normalize("NFKC").replace(/\D/g, "");
    if (digits.length === 12 && !fault(input.value)) input.value = digits.replace(/(\d{4})(?=\d)/g, "$1 ");
    if (input.value.trim()) say(fault(input.value));
  });
  input.addEventListener("input", () => {
    if (!line.hidden && !fault(input.value)) say();
  });
  form.addEventListener("submit", (event) => {
    const then = event.submitter ? event.submitter.value : "next";
    if (["skip", "remove"].includes(then)) {
      forget();
      return;
    }
    const typed = input.value;
    const goesOn = then === "next";
    const wrong = typed.trim() ? fault(typed) : goesOn && !("kept" in form.dataset) && "missing";
    if (wrong) {
      // Going back or stopping loses nothing but what could not be sealed anyway.
      if (!goesOn) return;
      event.preventDefault();
      summarise(wrong);
      return;
    }
    if (!typed.trim()) return;
    try {
      form.querySelectorAll("input.sealed").forEach((one) => one.remove());
      for (const recipient of form.dataset.sealNumber.split(" ")) {
        hidden("recipient", recipient);
        hidden("armor", seal(typed, recipient));
      }
      input.value = "";
    } catch {
      event.preventDefault();
      forget();
      summarise("key");
    }
  });
  // A page that the browser keeps must not hold it; one that it shows again tells how things stand now.
  addEventListener("pagehide", forget);
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  form.dataset.ready = "1";
};
numberPage().catch((error) => console.warn("The number is taken at the counter:", error));
