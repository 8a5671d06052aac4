// Every page of every form that the demo offers, in each complete language, on the narrowest phone: each state of each page
// is looked at (support/inspection.mjs). Nothing here knows a form: the answers are found from the pages (support/answers.mjs).
// MADOGUCHI_PICTURES names a folder for pictures of all of it at 360 px.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { Explorer, groups, repeat } from "../support/answers.mjs";
import { person, press, startBrowser } from "../support/browser.mjs";
import { LANGUAGES, judge, look, signIn, visitor } from "../support/inspection.mjs";
import { button, passNumber, path } from "../support/notification.mjs";
import { atTheDesk, open, unfold } from "../support/office.mjs";
import { startPortal } from "../support/portal.mjs";

/** More walks than any question has choices. */
const WALKS = 20;

const portal = await startPortal();
// One for each language: Chromium does not like windows that are opened and closed from several sides at once.
for (const language of LANGUAGES) language.browser = await startBrowser();

/** The pages that the newest file of a form has; none for a form that is not one of ours. */
function pagesOf(form) {
  const folder = new URL("../../app/intake/forms/", import.meta.url);
  const newest = readdirSync(folder).filter((name) => new RegExp(`^${form}\\.v\\d+\\.toml$`).test(name))
    .sort((one, other) => Number(/\d+/.exec(one)) - Number(/\d+/.exec(other))).pop();
  return newest ? [...readFileSync(new URL(newest, folder), "utf8").matchAll(/^\[\[page\]\]\nid = "(\w+)"/gm)].map((match) => match[1]) : [];
}

/** A parent who looks at everything. */
const visitorOf = (language, { javaScript = true } = {}) =>
  visitor(language.browser, portal, language, { javaScript, mail: `forms-${language.code}${javaScript ? "" : "-plain"}@example.jp` });

/** The forms on the start page. */
async function offered(page) {
  await page.goto("/");
  return page.locator('main .card a[href^="/apply/"]').evaluateAll((links) => links.map((link) => link.getAttribute("href").split("/").pop()));
}

const next = (page) => press(page.locator('main button.button--primary[name="then"][value="next"]'));
const wrongFields = (page) => page.evaluate(() => [...document.querySelectorAll("main .field--invalid")].map((field) => field.querySelector("input, textarea").name.replace(/(-from)?-year$/, "")));
const current = (page) => path(page).split("/").pop();

/** Begins a form anew, as far as it can be begun yet. */
async function begin({ page }, form, each = async () => {}) {
  await page.goto(`/apply/${form}`);
  const discard = page.locator(`main form[action="/apply/${form}/discard"] button`);
  if (await discard.count() > 0) {
    await press(discard);
    await page.goto(`/apply/${form}`);
  }
  await each();
  const start = page.locator(`main form[action="/apply/${form}"] button`);
  if (await start.count() === 0) return false;
  await press(start);
  assert.notEqual(path(page), `/apply/${form}`);
  return true;
}

/** Sends what stands on 確認; the receipt number. */
async function send({ page }) {
  await press(page.locator("main form .button--primary"));
  assert.match(path(page), /^\/receipt\//);
  return current(page);
}

/** One walk through a form: what was entered on each page. */
async function explore(visit, form, explorer) {
  const { page, language } = visit;
  const walk = [];
  assert.ok(await begin(visit, form), `${form} cannot be begun`);
  while (current(page) !== "check") {
    const id = current(page);
    // 個人番号 and 写真・書類 have tests of their own.
    if (id === "number") { await passNumber(page); continue; }
    if (id === "papers") { await next(page); continue; }
    const entered = await explorer.answer(page, language.code, async () => {
      await next(page);
      // What looks odd is asked once more.
      if (current(page) === id && (await wrongFields(page)).length === 0) await next(page);
      return current(page) === id ? wrongFields(page) : [];
    });
    walk.push({ id, entered });
  }
  return walk;
}

/**
 * As few walks as show every page. The first one comes last and is what is sent: it takes the first choice everywhere, so that it is a
 * filing of one's own; after a proxy's no other form can be begun.
 */
function cover(walks) {
  const [first, ...others] = walks;
  const left = new Set(others.flat().map(({ id }) => id));
  for (const { id } of first) left.delete(id);
  const chosen = [];
  while (left.size > 0) {
    const gain = (walk) => walk.filter(({ id }) => left.has(id)).length;
    const best = others.reduce((one, other) => (gain(other) > gain(one) ? other : one));
    for (const { id } of best) left.delete(id);
    chosen.push(best);
  }
  return [...chosen, first];
}

/** Walks each form until every page was met and, for a form that is not ours, every choice taken; sends it once. */
async function plan() {
  const visit = await visitorOf(LANGUAGES[0]);
  await signIn(visit, portal);
  const plans = [];
  let waiting = await offered(visit.page);
  while (waiting.length > 0) {
    const later = [];
    for (const form of waiting) {
      if (!(await begin(visit, form))) { later.push(form); continue; }
      const known = pagesOf(form);
      const explorer = new Explorer();
      const walks = [];
      const met = () => new Set(walks.flat().map(({ id }) => id));
      do {
        walks.push(await explore(visit, form, explorer));
        if (walks.length === 1) await send(visit);
      } while (walks.length < WALKS && (known.length > 0 ? known.some((id) => !met().has(id)) : !explorer.isDone));
      assert.deepEqual(known.filter((id) => !met().has(id)), [], `pages of ${form} that no walk meets`);
      plans.push({ form, walks: cover(walks), pages: met().size });
    }
    assert.ok(later.length < waiting.length, `cannot be begun: ${later}`);
    waiting = later;
  }
  await visit.context.close();
  return plans;
}

/** Looks at the states of a page: empty, with errors, filled; then goes on. */
async function throughPage(visit, form, { id, entered }, isNew) {
  const { page, language } = visit;
  assert.equal(path(page), `/apply/${form}/${id}`);
  if (isNew) {
    await look(visit, `${form}-${id}`);
    await next(page);
    if (current(page) === id) await look(visit, `${form}-${id}-errors`);
    else await page.goto(`/apply/${form}/${id}`);
  }
  const shown = isNew ? (await groups(page)).length : 0;
  await repeat(page, language.code, entered);
  // With the same fields in sight only values and marks are new, and their colours are the same in every language.
  if (isNew) await look(visit, `${form}-${id}-filled`, !language.isAlsoDark && (await groups(page)).length === shown);
  await next(page);
  if (current(page) === id) {
    if (isNew) await look(visit, `${form}-${id}-asked-again`);
    await next(page);
  }
}

/** Walks a form, looks at each page once, and sends it; the receipt number. */
async function throughForm(visit, { form, walks }) {
  const { page } = visit;
  const met = new Set();
  for (const walk of walks) {
    const isFirst = walk === walks[0];
    assert.ok(await begin(visit, form, async () => { if (isFirst) await look(visit, `${form}`); }), `${form} cannot be begun`);
    for (const step of walk) {
      await throughPage(visit, form, step, !met.has(step.id));
      met.add(step.id);
    }
    if (current(page) === "number") {
      if (isFirst) await look(visit, `${form}-number`);
      await passNumber(page);
    }
    if (current(page) === "papers") {
      if (isFirst) await look(visit, `${form}-papers`);
      await next(page);
    }
    assert.equal(current(page), "check");
  }
  await look(visit, `${form}-check`);
  const number = await send(visit);
  await look(visit, `${form}-receipt`);
  return number;
}

/** A clerk sends a filing back with a reason at every field that can be asked about. */
async function sendBack(desk, number) {
  await open(desk.page, number);
  await press(button(desk.page, "担当する"));
  const deed = await unfold(desk.page, "差し戻す");
  for (const id of await deed.locator('input[name="field"]').evaluateAll((boxes) => boxes.map((box) => box.value))) {
    await deed.locator(`input[name="field"][value="${id}"]`).check();
    await deed.locator(`[name="reason-${id}"]`).fill("もう一度ご確認ください。");
  }
  await press(button(desk.page, "届出人に送る"));
}

/** The pages of a filing after it was sent, and its correction. */
async function afterwards(visit, desk, number) {
  const { page } = visit;
  await page.goto("/cases");
  await look(visit, "cases");
  await page.goto(`/cases/${number}`);
  await look(visit, "case");
  await sendBack(desk, number);
  await page.goto(`/cases/${number}`);
  await look(visit, "case-sent-back");
  await page.goto(`/cases/${number}/correct`);
  await look(visit, "correct");
  const asked = await groups(page);
  assert.ok(asked.length > 5, "the clerk asked for nearly everything");
  for (const input of await page.locator("main form .input:not([type=file]), main form .textarea").all()) if (await input.isVisible()) await input.fill("");
  await press(page.locator("main form .button--primary"));
  await look(visit, "correct-errors");
  await page.goto("/account");
  await look(visit, "account");
}

test("every page of every form is in order in each language", { concurrency: 3 }, async (t) => {
  const plans = await plan();
  assert.ok(plans.length > 0);
  for (const { form, walks, pages } of plans) t.diagnostic(`${form}: ${pages} pages in ${walks.length} walks`);
  const clerk = await atTheDesk(LANGUAGES[0].browser, portal, "clerk1");
  const storageState = await clerk.context.storageState();

  await clerk.context.close();

  await Promise.all(LANGUAGES.map((language, place) => t.test(language.code, async (t) => {
    await t.test(`${language.code}: with script`, async () => {
      const visit = await visitorOf(language);
      const desk = await person(language.browser, portal, { storageState });
      await look(visit, "start");
      await signIn(visit, portal, { each: (name) => look(visit, name) });
      const numbers = [];
      for (const one of plans) numbers.push(await throughForm(visit, one));
      await afterwards(visit, desk, numbers[0]);
      t.diagnostic(`${language.code}: ${visit.looked} pages looked at`);
      for (const { context } of [visit, desk]) await context.close();
      judge(visit);
    });
    await t.test(`${language.code}: without script`, async () => {
      const visit = await visitorOf(language, { javaScript: false });
      await look(visit, "start");
      await signIn(visit, portal);
      // What follows another form cannot be begun by somebody who has filed nothing.
      const open = [];
      for (const one of plans) if (await begin(visit, one.form)) open.push(one);
      const { form, walks } = open[place % open.length];
      await throughForm(visit, { form, walks: walks.slice(0, 1) });
      t.diagnostic(`${language.code} without script: ${form}, ${visit.looked} pages looked at`);
      await visit.context.close();
      judge(visit);
    });
  })));
});
