// A browser of a test file's own, and what every page is looked at for. Invariant: each page that a test looks at is without
// violation by axe, does not scroll sideways at 320 px, and said nothing on the console; a picture of it is kept.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after } from "node:test";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PICTURES = process.env.CARGO_TARGET_DIR ? join(process.env.CARGO_TARGET_DIR, "screenshots") : undefined;
const FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];
const PHONE = { width: 360, height: 740 };
export const DESK = { width: 1280, height: 900 };
/** Said by Chromium for an answer such as 422, which is what the test asks for. */
const OF_STATUS = /^Failed to load resource: the server responded with a status of (4(00|01|03|04|09|10|13|22|29)|503)/;

export async function startBrowser() {
  const browser = await chromium.launch({ executablePath: process.env.MADOGUCHI_CHROMIUM, args: FLAGS });
  after(() => browser.close());
  return browser;
}

/** A person with a device of her own. `javaScript: false` is a browser in which no script of a page runs. */
export async function person(browser, portal, { javaScript = true, locale = "ja-JP", viewport = PHONE, storageState } = {}) {
  const context = await browser.newContext({
    baseURL: portal.url, locale, viewport, storageState, javaScriptEnabled: javaScript, timezoneId: "Asia/Tokyo", hasTouch: true,
  });
  context.setDefaultTimeout(15_000);
  const complaints = [];
  context.on("weberror", (error) => complaints.push(`${error.error()}`));
  context.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !OF_STATUS.test(message.text())) complaints.push(message.text());
  });
  const page = await context.newPage();
  return { context, page, complaints, javaScript };
}

/** Presses what leads to another page, and waits for that page. */
export async function press(target) {
  // What cannot be pressed is to be named before the wait for the page runs out.
  await Promise.all([target.page().waitForEvent("load"), target.click({ timeout: 10_000 })]);
}

/** Waits until `check` gives true, asked from here: a timer of the page would not run where its scripts are off. */
export async function until(what, check, patience = 15_000) {
  const end = Date.now() + patience;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`it did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** axe needs timers, which a page without script does not have: it looks at a copy that is shown with script. */
export async function copyOf(page, browser) {
  const context = await browser.newContext({ viewport: page.viewportSize(), locale: "ja-JP" });
  const copy = await context.newPage();
  const html = (await page.content()).replace(/<script\b.*?<\/script>/gs, "");
  await copy.route(page.url(), (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body: html }));
  await copy.goto(page.url());
  return copy;
}

/** What axe finds on a page in a colour scheme; `rules`: those alone. */
export async function violations(page, colorScheme, rules) {
  await page.emulateMedia({ colorScheme });
  await page.evaluate(AXE);
  // The header that stays in sight would cover what is scrolled under it.
  await page.evaluate(() => scrollTo(0, 0));
  return page.evaluate(async (only) => {
    const { violations: found } = await globalThis.axe.run(document, {
      ...(only ? { runOnly: only } : { rules: { "target-size": { enabled: true } } }),
      resultTypes: ["violations"],
    });
    return found.map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.map((node) => node.html).join("\n    ")}`);
  }, rules);
}

/** What reaches over the right edge, if the page scrolls sideways. */
export function sideways(page) {
  return page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return [];
    return [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > room).map((one) => one.outerHTML.slice(0, 200));
  });
}

/** Looks at the page as it is. `name` names its picture. */
export async function look({ page, complaints, javaScript }, name) {
  const seen = javaScript ? page : await copyOf(page, page.context().browser());
  const found = [...await violations(seen, "dark"), ...await violations(seen, "light")];
  if (seen !== page) await seen.context().close();
  assert.deepEqual(found, [], `axe on ${name} (${page.url()})`);
  const usual = page.viewportSize();
  if (PICTURES) {
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}${javaScript ? "" : "-without-script"}.png`), fullPage: true });
  }
  await page.setViewportSize({ width: 320, height: usual.height });
  const over = await sideways(page);
  await page.setViewportSize(usual);
  assert.deepEqual(over, [], `${name} scrolls sideways at 320 px`);
  assert.deepEqual(complaints, [], `on the console of ${name}`);
}

/** Looks at the page on a telephone and at a desk, where it stays. */
export async function lookOnBoth(desk, name) {
  await desk.page.setViewportSize(PHONE);
  await look(desk, name);
  await desk.page.setViewportSize(DESK);
  await look(desk, `${name}-desk`);
}
