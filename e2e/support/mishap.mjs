// What the tests of mishaps share: somebody at a page of a 妊娠届, and what is kept of it. Invariant: what is kept is read
// from the portal itself, never from the page that was typed into.
import assert from "node:assert/strict";
import { person, press, until } from "./browser.mjs";
import { FORM, button, signIn } from "./notification.mjs";

export const SAVED = "保存しました";
export const NO_NETWORK = "通信できないため、まだ保存されていません";
export const SERVER = "保存できませんでした";

/** Somebody at a page of a draft that is just begun. `mail`: she has signed in. `by`: where she finds the portal. */
export async function somebodyAt(browser, portal, id, { mail, by = portal, ...options } = {}) {
  const parent = await person(browser, by, options);
  const { page } = parent;
  if (mail) {
    await page.goto("/sign-in");
    await signIn(page, portal, mail);
  }
  await page.goto(FORM);
  await press(button(page, "はじめる").or(button(page, "続きから")));
  await page.goto(`${FORM}/${id}`);
  return parent;
}

export const field = (page, name) => page.locator(`[name="${name}"]`);
export const message = (page) => page.locator("[data-save-state]");

/** Waits until the page says that it is saved, said after `change`. */
export async function saved(page) {
  await message(page).getByText(SAVED).waitFor();
}

/** Waits until what is typed last is kept: the page may still say so of what was typed before. */
export async function keeps(parent, id, values, { at = "" } = {}) {
  await until(`${JSON.stringify(values)} is kept`, async () => {
    const answer = await parent.context.request.get(`${at}${FORM}/${id}`);
    const html = await answer.text();
    return Object.entries(values).every(([name, value]) => inputsOf(html).get(name) === value);
  });
}

function inputsOf(html) {
  const plain = (text) => text.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  const found = new Map();
  for (const [tag] of html.matchAll(/<input\b[^>]*>/g)) {
    const of = (name) => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
    found.set(of("name"), plain(of("value") ?? ""));
  }
  for (const [, name, text] of html.matchAll(/<textarea\b[^>]*\sname="([^"]*)"[^>]*>\n?([^<]*)<\/textarea>/g)) found.set(name, plain(text));
  return found;
}

/** Whether the message has the focus, which it takes once. */
export async function hasFocus(page) {
  return message(page).evaluate((one) => one === document.activeElement);
}

export function assertAt(page, id) {
  assert.equal(new URL(page.url()).pathname, `${FORM}/${id}`);
}
