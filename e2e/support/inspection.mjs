// Looking at one page after the other for all that can be told by a machine. Invariant: what is found is kept until the end,
// so that one run tells all of it; whoever walks decides nothing about what is asked of a page.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { copyOf, person, press, sideways, violations } from "./browser.mjs";
import { mailTo } from "./portal.mjs";
import { path } from "./notification.mjs";
import { faults } from "./validator.mjs";

export const LANGUAGES = [
  // Only colours differ from scheme to scheme, and none by language: one language is enough for the dark one.
  { code: "ja", lang: "ja", isAlsoDark: true },
  { code: "ja-easy", lang: "ja" },
  { code: "en", lang: "en" },
];
const NARROW = { width: 320, height: 740 };
const PICTURES = process.env.MADOGUCHI_PICTURES;
const PICTURE = { width: 360, height: 740 };
const PAPER = { width: 794, height: 1123 };
/** `ui.md`: what is pressed is as high as a thumb needs. */
const LEAST_TARGET = 44;

/** The keys of the portal's texts: on a page each of them is a text that was forgotten. */
const KEYS = new Set(readFileSync(new URL("../../app/locales/ja/portal.ftl", import.meta.url), "utf8")
  .split("\n").flatMap((line) => /^([a-z0-9]+(?:-[a-z0-9]+)+) =/.exec(line)?.[1] ?? []));

/** A parent who looks at everything. */
export async function visitor(browser, portal, language, { javaScript = true, mail } = {}) {
  const visit = await person(browser, portal, { javaScript, viewport: NARROW });
  Object.assign(visit, { browser, language, findings: [], looked: 0, mail });
  visit.page.on("response", (response) => {
    if (response.request().isNavigationRequest() && response.frame() === visit.page.mainFrame() && !(response.status() >= 300 && response.status() < 400)) visit.served = response;
  });
  await visit.page.goto("/");
  await press(visit.page.locator(`button[name="locale"][value="${language.code}"]`));
  return visit;
}

/** Texts on the page that are in no language, or in another than they say. */
function strayTexts(page, lang, keys) {
  return page.evaluate(([pageLang, known]) => {
    const found = [];
    const japanese = /[\u3005\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]/;
    const judge = (text, element) => {
      const where = `${JSON.stringify(text.slice(0, 60))} in ${element.cloneNode().outerHTML}`;
      if (known.includes(text) || /\{\s*\$|�/.test(text)) found.push(`not a text: ${where}`);
      if (/[\ufdd0-\ufdd2《》]/.test(text)) found.push(`marks of furigana: ${where}`);
      if (pageLang === "en" && japanese.test(text) && !element.closest("[lang]").lang.startsWith("ja")) found.push(`Japanese: ${where}`);
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.data.trim();
      const element = walker.currentNode.parentElement;
      // What people wrote is in the language that they wrote it in.
      if (text && !element.closest("script, style, textarea, [translate=no]")) judge(text, element);
    }
    for (const name of ["aria-label", "title", "alt", "placeholder"]) {
      for (const element of document.querySelectorAll(`[${name}]`)) judge(element.getAttribute(name), element);
    }
    judge(document.title, document.documentElement);
    return found;
  }, [lang, [...keys]]);
}

/** What can be pressed and is too low for a thumb. A link within a sentence is as high as its line. */
function smallTargets(page) {
  return page.evaluate((least) => {
    const isInSentence = (one) => {
      const block = one.closest("p, li, dd, small");
      return one.tagName === "A" && block && block.textContent.trim() !== one.textContent.trim();
    };
    /** Around the element that is pressed with it: a choice with its words, a card with its heading. */
    const box = (one) => {
      const heading = one.matches("h2 a, h3 a") && one.closest(".card-list .card");
      return heading || one.closest("label.choice, .choice") || one;
    };
    return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
      .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".visually-hidden, .skip-link") && !isInSentence(one))
      .filter((one) => box(one).getBoundingClientRect().height < least - 0.5)
      .map((one) => `${Math.round(box(one).getBoundingClientRect().height)} px high: ${one.outerHTML.slice(0, 160)}`);
  }, LEAST_TARGET);
}

/** The page with text of twice the size: nothing is lost over the edge of a common phone. */
async function sidewaysWithLargeText(page) {
  await page.setViewportSize(PICTURE);
  await page.evaluate(() => { document.documentElement.style.fontSize = "200%"; });
  const over = await sideways(page);
  if (PICTURES && page.pictureOf) await picture(page, "large-text");
  await page.evaluate(() => { document.documentElement.style.fontSize = ""; });
  await page.setViewportSize(NARROW);
  return over;
}

async function picture(page, manner) {
  const { number, name, code } = page.pictureOf;
  mkdirSync(join(PICTURES, manner), { recursive: true });
  // The header that stays in sight would stand in the middle of the picture.
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(PICTURES, manner, `${code}.${number}.${name}.png`), fullPage: true });
}

/** The page at 360 px in light and dark, in forced colours, and on paper. */
async function pictures(page) {
  await page.setViewportSize(PICTURE);
  await picture(page, "light");
  if (page.pictureOf.code === "ja") {
    await page.emulateMedia({ colorScheme: "dark" });
    await picture(page, "dark");
    await page.emulateMedia({ colorScheme: "light", forcedColors: "active" });
    await picture(page, "forced-colours");
    await page.emulateMedia({ colorScheme: "light", forcedColors: "none", media: "print" });
    await page.setViewportSize(PAPER);
    await picture(page, "print");
    await page.emulateMedia({ media: "screen" });
  }
  await page.setViewportSize(NARROW);
}

/** Looks at the page as it is; `isLikeBefore`: axe has seen the very same elements. */
export async function look(visit, name, isLikeBefore = false) {
  const { page, browser, language, javaScript, findings, complaints } = visit;
  const { code, lang, isAlsoDark } = language;
  const found = [];
  // What is on the page is what was answered last: the text is read before anything else is asked for.
  if (visit.served && visit.judged !== visit.served) found.push(...faults(await visit.served.text()).map((line) => `HTML ${line}`));
  visit.judged = visit.served;
  visit.looked += 1;
  page.pictureOf = PICTURES && javaScript ? { name, code, number: String(visit.looked).padStart(3, "0") } : undefined;
  const said = await page.evaluate(() => document.documentElement.lang);
  if (said !== lang) found.push(`html lang is ${said}`);
  found.push(...await strayTexts(page, lang, KEYS));
  const headings = await page.locator("h1").count();
  if (headings !== 1) found.push(`${headings} headings of the first level`);
  found.push(...(await sideways(page)).map((one) => `scrolls sideways: ${one}`));
  found.push(...(await smallTargets(page)).map((one) => `small target: ${one}`));
  found.push(...(await sidewaysWithLargeText(page)).map((one) => `scrolls sideways with text of twice the size: ${one}`));
  if (!isLikeBefore) {
    const seen = javaScript ? page : await copyOf(page, browser);
    if (isAlsoDark) found.push(...(await violations(seen, "dark", ["color-contrast"])).map((line) => `axe (dark) ${line}`));
    found.push(...(await violations(seen, "light")).map((line) => `axe ${line}`));
    if (seen !== page) await seen.context().close();
  }
  found.push(...complaints.splice(0).map((line) => `console: ${line}`));
  findings.push(...found.map((what) => ({ page: name, what })));
  if (page.pictureOf) await pictures(page);
}

/** Every finding once, with the pages that have it. */
export function judge({ findings }) {
  const pages = new Map();
  for (const { page, what } of findings) pages.set(what, [...pages.get(what) ?? [], page]);
  assert.ok(pages.size === 0, [...pages].map(([what, on]) => `${what}\n    on ${on.length} pages: ${on.slice(0, 5).join(", ")}`).join("\n"));
}

const USED = new Set();

/** Signs in with a code, whatever the language. `each` is called on each page. */
export async function signIn(visit, portal, { mail = visit.mail, from = "/sign-in", each = async () => {} } = {}) {
  const { page } = visit;
  if (from) await page.goto(from);
  assert.equal(path(page), "/sign-in");
  await each("sign-in");
  await page.locator('input[type="email"]').fill(mail);
  await press(page.locator("main .button--primary"));
  // Who signs in a second time is not to take the code of the first: the worker may be slower than the test.
  const [, code] = await mailTo(portal, mail, /(?<!\d)(\d{6})(?!\d)/, ([, one]) => !USED.has(one));
  USED.add(code);
  await each("sign-in-code");
  await page.locator('[name="code"]').fill(code);
  await press(page.locator("main .button--primary"));
}
