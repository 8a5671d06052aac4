// A 妊娠届 as a person fills it in, page by page, in a browser. Invariant: only what a person could press is pressed.
import assert from "node:assert/strict";
import { press } from "./browser.mjs";
import { mailTo } from "./portal.mjs";

export const FORM = "/apply/pregnancy_notification";

/** The parts of the day so many days from today, in Japan. */
export function dayFromToday(days) {
  const japan = new Date(Date.now() + (9 * 60 * 60 + days * 24 * 60 * 60) * 1000);
  return { year: String(japan.getUTCFullYear()), month: String(japan.getUTCMonth() + 1), day: String(japan.getUTCDate()) };
}
/** A date as the three inputs of a page. */
export const date = (name, { year, month, day }) => ({ [`${name}-year`]: year, [`${name}-month`]: month, [`${name}-day`]: day });

/** The pages on the way of an ordinary notification, in order, with what is entered. */
export function pages(who) {
  return [
    ["who", { filer: "self" }],
    ["reason", { reason: "new" }],
    ["name", { name: who.name, name_kana: who.kana }],
    ["birthdate", date("birthdate", who.born)],
    ["address", { postal_code: who.postalCode, address: who.address, lives_elsewhere: "same" }],
    ["contact", { phone: who.phone, phone_hours: ["morning", "evening"] }],
    ["language", { language: "ja", interpreter: "no" }],
    ["due_date", date("due_date", dayFromToday(280 - 9 * 7))],
    ["diagnosis", { diagnosed: "doctor", practitioner: "例 医師", clinic: "架空レディースクリニック" }],
    ["multiple", { multiple: "twins", delivery_place: "見本病院" }],
    ["history", { parity: "1", pregnancies: "1", child_order: "1" }],
    ["checkups", { sti_check: "1", tb_check: "9" }],
    ["life", { occupation: "1", marital_status: "1" }],
    ["homecoming", { homecoming: "no" }],
  ];
}

/** Those whom the demo's extract of residents has (`server/src/demo/atena.rs`). */
export const HANAKO = {
  name: "窓口 花子", kana: "まどぐち はなこ", born: { year: "1995", month: "4", day: "1" },
  postalCode: "000-0001", address: "窓口市架空町1-2-3", phone: "090-0000-9999", mail: "hanako@example.jp",
};
export const MIHOKO = {
  name: "𠮷﨑　見本子", kana: "ヨシザキ ミホコ", born: { year: "昭和63", month: "12", day: "31" },
  postalCode: "０００－０００２", address: "窓口市𠮷田町４丁目５番６号", phone: "090-0000-9997", mail: "mihoko@example.jp",
};

export const path = (page) => new URL(page.url()).pathname;
export const button = (page, name) => page.getByRole("button", { name, exact: true });

/** Enters the values of one page. */
export async function enter(page, values) {
  for (const [name, value] of Object.entries(values)) {
    const choices = page.locator(`input[name="${name}"]:is([type=radio], [type=checkbox])`);
    if (await choices.count() > 0) {
      for (const code of [value].flat()) await choices.and(page.locator(`[value="${code}"]`)).check();
    } else {
      await page.locator(`[name="${name}"]`).fill(value);
    }
  }
}

/** Begins a draft from the start page. */
export async function begin(page) {
  await page.goto("/");
  await press(page.getByRole("link", { name: "妊娠届", exact: true }));
  await press(button(page, "はじめる"));
  assert.equal(path(page), `${FORM}/who`);
}

/** Fills in every page from the one that is shown, up to 確認. `each` is called on each page before 次へ is pressed. */
export async function fillIn(page, who, each = async () => {}) {
  for (const [id, values] of pages(who)) {
    if (path(page) !== `${FORM}/${id}`) continue;
    await enter(page, values);
    await each(id);
    await press(button(page, "次へ"));
  }
  await passNumber(page, each);
  // 写真・書類 can be passed over.
  await each("papers");
  await press(button(page, "次へ"));
  assert.equal(path(page), `${FORM}/check`);
}

/** Goes on from the page for the 個人番号 without one. A build that cannot seal has no such page. */
export async function passNumber(page, each = async () => {}) {
  if (!path(page).endsWith("/number")) return;
  await each("number");
  await press(page.locator('button[name="then"][value="skip"]'));
}

const USED = new Set();

/** From the page that asks for the address on. `each` is called on each page. */
export async function signIn(page, portal, mail, each = async () => {}) {
  assert.equal(path(page), "/sign-in");
  await each("sign-in");
  await page.getByLabel("メールアドレス").fill(mail);
  await press(button(page, "番号を送る"));
  assert.equal(path(page), "/sign-in/code");
  // Who signs in a second time is not to take the code of the first: the worker may be slower than the test.
  const [, code] = await mailTo(portal, mail, /確認番号：(\d{6})/, ([, one]) => !USED.has(one));
  USED.add(code);
  await each("sign-in-code");
  await page.getByLabel("6桁の番号").fill(code);
  await press(button(page, "確認する"));
}
