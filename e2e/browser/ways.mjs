// One form, four ways through it: with script, without, with WebAssembly blocked, and by keyboard alone; and what the
// accessibility tree says of each page. Invariants: each way keeps the very same answers; a page says what the committed file
// says. `MADOGUCHI_RENEW=1 node e2e/run.mjs ways` writes that file anew; what changed in it is to be read before it is committed.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { person, press, startBrowser } from "../support/browser.mjs";
import { FORM, HANAKO, begin, button, enter, fillIn, pages, path } from "../support/notification.mjs";
import { startPortal } from "../support/portal.mjs";

const TREE = fileURLToPath(new URL("accessibility-tree.txt", import.meta.url));
// The page for the 個人番号 is there or not as the program was built; `number.mjs` goes through it.
const portal = await startPortal({ environment: { MADOGUCHI_MY_NUMBER: "counter" } });
const browser = await startBrowser();

/** Everything that the portal shows again, page by page. */
async function kept({ page }) {
  const all = {};
  for (const [id] of pages(HANAKO)) {
    await page.goto(`${FORM}/${id}`);
    all[id] = await page.locator("form.form").evaluate((form) => [...new FormData(form)].filter(([name]) => name !== "page_state"));
  }
  return all;
}

let first;
function isTheSame(answers) {
  first ??= answers;
  assert.deepEqual(answers, first);
  assert.ok(Object.values(answers).flat().length > 25, "there is something to compare");
}

for (const [how, options, block] of [
  ["with script", {}],
  ["without script", { javaScript: false }],
  ["with WebAssembly blocked", {}, "**/*.wasm"],
]) {
  test(`${how}: the portal keeps the same answers`, async () => {
    const parent = await person(browser, portal, options);
    if (block) await parent.context.route(block, (route) => route.abort());
    await begin(parent.page);
    await fillIn(parent.page, HANAKO);
    isTheSame(await kept(parent));
    await parent.context.close();
  });
}

/** Presses Tab until what has the focus is what is wanted. */
async function tabTo(page, what, wanted) {
  for (let presses = 0; presses < 60; presses += 1) {
    const found = await page.evaluate(() => {
      const { name, type, value, tagName } = document.activeElement;
      return { name, type, value, tagName };
    });
    if (wanted(found)) return found;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not lead to ${what}`);
}

/** Enters one value with keys alone. */
async function key(page, name, value) {
  const found = await tabTo(page, name, (one) => one.name === name && (one.type !== "checkbox" || one.value === value));
  if (found.type === "checkbox") return page.keyboard.press("Space");
  if (found.type !== "radio") return page.keyboard.type(value);
  await page.keyboard.press("Space");
  for (let presses = 0; presses < 20; presses += 1) {
    if (await page.evaluate(() => document.activeElement.value) === value) return undefined;
    await page.keyboard.press("ArrowDown");
  }
  throw new Error(`the arrows do not lead to ${value}`);
}

test("by keyboard alone: the portal keeps the same answers", async () => {
  const parent = await person(browser, portal);
  const { page, context } = parent;
  await page.goto(FORM);
  await tabTo(page, "はじめる", (one) => one.tagName === "BUTTON" && one.type === "submit" && one.name === "");
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
  const goOn = async () => {
    await tabTo(page, "次へ", (one) => one.name === "then" && one.value === "next");
    await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
  };
  for (const [id, values] of pages(HANAKO)) {
    assert.equal(path(page), `${FORM}/${id}`);
    for (const [name, value] of Object.entries(values)) {
      for (const one of [value].flat()) await key(page, name, one);
    }
    await goOn();
  }
  assert.equal(path(page), `${FORM}/papers`);
  await goOn();
  assert.equal(path(page), `${FORM}/check`);
  isTheSame(await kept(parent));
  await context.close();
});

test("the accessibility tree of each page is the committed one", async () => {
  const { page, context } = await person(browser, portal);
  await begin(page);
  let tree = "";
  for (const [id, values] of pages(HANAKO)) {
    assert.equal(path(page), `${FORM}/${id}`);
    tree += `# ${id}\n${await page.locator("main").ariaSnapshot()}\n\n`;
    await enter(page, values);
    await press(button(page, "次へ"));
  }
  await context.close();
  if (process.env.MADOGUCHI_RENEW) writeFileSync(TREE, tree);
  assert.equal(tree, readFileSync(TREE, "utf8"), "if this is meant: MADOGUCHI_RENEW=1 node e2e/run.mjs ways");
});
