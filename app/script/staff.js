// The queue by keyboard: j and k move, Enter opens, / searches. Sentences for sending back are put where they can be changed.
"use strict";
(() => {
  const rows = [...document.querySelectorAll(".queue tbody a")];
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, textarea, select")) return;
    const at = rows.indexOf(document.activeElement);
    if (event.key === "j" && rows.length) rows[Math.min(at + 1, rows.length - 1)].focus();
    else if (event.key === "k" && rows.length) rows[Math.max(at - 1, 0)].focus();
    else if (event.key === "/") {
      const search = document.querySelector("input[type=search]");
      if (search) { event.preventDefault(); search.focus(); }
    }
  });

  // A sentence that is picked stands in the box, to be changed there; picking another takes its place, not that of own words.
  document.addEventListener("change", (event) => {
    const box = document.getElementById(event.target.dataset.into || "");
    if (!box) return;
    const sentences = [...document.getElementsByName(event.target.name)].map((one) => one.dataset.words);
    if (!box.value.trim() || sentences.includes(box.value)) box.value = event.target.dataset.words;
  });
})();
