// Mishaps of people, browsers and devices, each by its name. Invariant: nothing that was typed is lost in any of them, and
// where it is not kept yet the page says so.
import assert from "node:assert/strict";
import { test } from "node:test";
import { chromium } from "playwright-core";
import { look, person, press, startBrowser, until } from "../support/browser.mjs";
import { field, hasFocus, keeps, message, saved, somebodyAt } from "../support/mishap.mjs";
import { FORM, HANAKO, begin, button, enter, fillIn, path, signIn } from "../support/notification.mjs";
import { startPortal } from "../support/portal.mjs";

const portal = await startPortal();
const browser = await startBrowser();
const at = (id, options) => somebodyAt(browser, portal, id, options);
const FILLED = { name: "窓口 花子", name_kana: "マドグチ ハナコ" };
const textOf = (page) => page.locator("main").innerText();

/** Ends every session of parents, as half an hour of rest does. */
const endSessions = () => portal.sql("UPDATE session SET seen_at = 0 WHERE account_id IS NOT NULL");

test("back: the page before has what it had, and the way forward what was typed last", async () => {
  const parent = await at("name");
  const { page, context } = parent;
  await enter(page, FILLED);
  await press(button(page, "次へ"));
  await enter(page, { "birthdate-year": "1995" });
  await page.goBack();
  await until("the name is shown", async () => (await field(page, "name").inputValue()) === FILLED.name);
  await enter(page, { name: "戻って 直した" });
  await page.goForward();
  await until("the year is shown", async () => (await field(page, "birthdate-year").inputValue()) === "1995");
  await keeps(parent, "name", { name: "戻って 直した" });
  await context.close();
});

test("戻る: what is half typed is kept too, with script and without", async () => {
  for (const javaScript of [true, false]) {
    const parent = await at("birthdate", { javaScript });
    const { page, context } = parent;
    await enter(page, { "birthdate-year": "昭和6" });
    await press(button(page, "戻る"));
    assert.equal(path(page), `${FORM}/name`);
    await keeps(parent, "birthdate", { "birthdate-year": "昭和6" });
    await context.close();
  }
});

test("reload: what was typed a moment ago is shown again", async () => {
  const parent = await at("name");
  const { page, context } = parent;
  await enter(page, FILLED);
  await saved(page);
  await page.reload();
  assert.equal(await field(page, "name").inputValue(), FILLED.name);
  await context.close();
});

test("double press: 次へ pressed twice goes one page on", async () => {
  const parent = await at("name");
  const { page, context } = parent;
  await enter(page, FILLED);
  await button(page, "次へ").dblclick();
  await page.waitForURL(`**${FORM}/birthdate`);
  await keeps(parent, "name", FILLED);
  await context.close();
});

test("Enter pressed twice: the same", async () => {
  const parent = await at("name");
  const { page, context } = parent;
  await enter(page, FILLED);
  await field(page, "name_kana").press("Enter");
  await field(page, "name_kana").press("Enter", { timeout: 500 }).catch(() => "the page is gone already");
  await page.waitForURL(`**${FORM}/birthdate`);
  await keeps(parent, "name", FILLED);
  await context.close();
});

for (const javaScript of [true, false]) {
  test(`two tabs, ${javaScript ? "with script" : "without script"}: each field is chosen by itself`, async () => {
    const parent = await at("name", { javaScript });
    const { page, context } = parent;
    const second = await context.newPage();
    await second.goto(`${FORM}/name`);
    await enter(page, { name: "一番 目", name_kana: "いちばんめ" });
    await press(button(page, "次へ"));
    await enter(second, { name: "二番 目", name_kana: "にばんめ" });
    await press(button(second, "次へ"));
    const shown = await textOf(second);
    for (const text of ["一番 目", "いちばんめ", "二番 目", "にばんめ"]) assert.ok(shown.includes(text), text);
    await look({ ...parent, page: second }, "form-conflict");
    await second.locator('[name="choice:name"][value="stored"]').check();
    await press(button(second, "選んだ内容で続ける"));
    assert.equal(path(second), `${FORM}/birthdate`);
    await keeps(parent, "name", { name: "一番 目", name_kana: "にばんめ" });
    await context.close();
  });
}

test("two devices: the one that is later is told while she types, and chooses", async () => {
  const phone = await at("contact", { mail: "two-devices@example.jp" });
  const desk = await at("contact", { mail: "two-devices@example.jp" });
  await enter(phone.page, { phone: "090-1111-1111" });
  await saved(phone.page);
  await enter(desk.page, { phone: "090-2222-2222" });
  await message(desk.page).getByText("別の画面で内容が変わりました").waitFor();
  assert.ok(await hasFocus(desk.page));
  await press(button(desk.page, "次へ"));
  const shown = await textOf(desk.page);
  assert.ok(shown.includes("090-1111-1111") && shown.includes("090-2222-2222"), shown);
  await press(button(desk.page, "選んだ内容で続ける"));
  await keeps(phone, "contact", { phone: "090-2222-2222" });
  await Promise.all([phone.context.close(), desk.context.close()]);
});

test("sign-in in mid-form, with another draft at home: both texts are shown, and one is chosen", async () => {
  const phone = await at("contact", { mail: "both@example.jp" });
  await enter(phone.page, { phone: "090-1111-1111" });
  await press(button(phone.page, "次へ"));
  await phone.context.close();
  const desk = await at("contact");
  const { page, context } = desk;
  await enter(page, { phone: "090-2222-2222" });
  await press(button(page, "保存して中断"));
  await signIn(page, portal, "both@example.jp");
  await page.goto(`${FORM}/contact`);
  assert.equal(path(page), `${FORM}/both`);
  const shown = await textOf(page);
  assert.ok(shown.includes("090-1111-1111") && shown.includes("090-2222-2222"), shown);
  await look(desk, "form-both");
  await page.locator('[name="choice:phone"][value="stored"]').check();
  await press(button(page, "選んだ内容で続ける"));
  assert.equal(path(page), `${FORM}/contact`);
  assert.equal(await field(page, "phone").inputValue(), "090-1111-1111");
  await context.close();
});

test("sign-in in mid-form: comes back with what was typed", async () => {
  const parent = await at("name");
  const { page, context } = parent;
  await enter(page, FILLED);
  await press(button(page, "保存して中断"));
  await signIn(page, portal, "mid-form@example.jp");
  await keeps(parent, "name", FILLED);
  await context.close();
});

test("session end in mid-page: said at once, and after signing in the same page has what was typed", async () => {
  const parent = await at("name", { mail: "session-end@example.jp" });
  const { page, context } = parent;
  await enter(page, { name: "まだ", name_kana: "" });
  await saved(page);
  endSessions();
  await enter(page, FILLED);
  await message(page).getByText("サインインの期限が切れました").waitFor();
  assert.ok(await hasFocus(page), "it takes the focus");
  await look(parent, "form-session-over");
  await press(button(page, "次へ"));
  await signIn(page, portal, "session-end@example.jp");
  assert.equal(path(page), `${FORM}/name`);
  assert.equal(await field(page, "name").inputValue(), FILLED.name);
  await context.close();
});

test("session end in mid-page, and signed in again in another tab: the page goes on by itself", async () => {
  const parent = await at("name", { mail: "other-tab@example.jp" });
  const { page, context } = parent;
  endSessions();
  await enter(page, FILLED);
  await message(page).getByText("サインインの期限が切れました").waitFor();
  const second = await context.newPage();
  await second.goto("/sign-in");
  await signIn(second, portal, "other-tab@example.jp");
  await second.close();
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await saved(page);
  await keeps(parent, "name", FILLED);
  await context.close();
});

test("two minutes before the session ends: announced once, extended by one press, and the focus is back", async () => {
  const parent = await person(browser, portal);
  const { page, context } = parent;
  await page.clock.install();
  await page.goto("/sign-in");
  await signIn(page, portal, "warned@example.jp");
  await page.goto(FORM);
  await press(button(page, "はじめる"));
  await page.goto(`${FORM}/name`);
  const dialog = page.getByRole("alertdialog");
  await field(page, "name").focus();
  // Another tab went on with it: the portal knows, and this page does not warn.
  const asked = page.waitForResponse("**/session");
  await page.clock.fastForward("28:30");
  await asked;
  assert.ok(await dialog.isHidden());
  const rest = (seconds) => portal.sql("UPDATE session SET seen_at = ? WHERE account_id IS NOT NULL", (Date.now() - (30 * 60 - seconds) * 1000) * 1000);
  rest(100);
  // The device slept: its timers stood still, and its clock did not.
  await page.clock.fastForward("29:00");
  await dialog.waitFor();
  await look(parent, "session-ends");
  assert.ok(await button(page, "続ける").evaluate((one) => one === document.activeElement));
  await button(page, "続ける").click();
  await dialog.waitFor({ state: "hidden" });
  assert.ok(await field(page, "name").evaluate((one) => one === document.activeElement), "the focus is where it was");
  rest(0);
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await dialog.getByText("もう一度サインインしてください").waitFor();
  await context.close();
});

test("device clock wrong: by a day, either way, nothing is lost and nothing is warned of", async () => {
  for (const wrong of [-1, 1]) {
    const parent = await person(browser, portal);
    const { page, context } = parent;
    await page.goto("/sign-in");
    await signIn(page, portal, "clock@example.jp");
    await page.clock.setFixedTime(Date.now() + wrong * 24 * 60 * 60 * 1000);
    await page.goto(FORM);
    await press(button(page, "はじめる").or(button(page, "続きから")));
    await page.goto(`${FORM}/name`);
    await enter(page, { name: `時計 ${wrong}`, name_kana: FILLED.name_kana });
    await press(button(page, "次へ"));
    await keeps(parent, "name", { name: `時計 ${wrong}` });
    assert.ok(await page.getByRole("alertdialog").isHidden());
    await context.close();
  }
});

test("cookie deleted: what is sent is kept, and signing in brings all of it together", async () => {
  const parent = await at("name", { mail: "cookie@example.jp" });
  const { page, context } = parent;
  await enter(page, FILLED);
  await press(button(page, "次へ"));
  await page.goto(`${FORM}/contact`);
  await context.clearCookies();
  await enter(page, { phone: "090-3333-3333" });
  await message(page).getByText("サインインの期限が切れました").waitFor();
  await press(button(page, "次へ"));
  await page.goto("/sign-in");
  await signIn(page, portal, "cookie@example.jp");
  await keeps(parent, "name", FILLED);
  await keeps(parent, "contact", { phone: "090-3333-3333" });
  await context.close();
});

test("sign-out in another tab: said at once, kept when sent, and there after signing in", async () => {
  const parent = await at("name", { mail: "signed-out@example.jp" });
  const { page, context } = parent;
  const second = await context.newPage();
  await second.goto("/account");
  await press(button(second, "サインアウト"));
  await enter(page, FILLED);
  await message(page).getByText("サインインの期限が切れました").waitFor();
  await press(button(page, "次へ"));
  await page.goto("/sign-in");
  await signIn(page, portal, "signed-out@example.jp");
  await keeps(parent, "name", FILLED);
  await context.close();
});

test("browser killed: what was typed is there in another one", async () => {
  const server = await chromium.launchServer({ executablePath: process.env.MADOGUCHI_CHROMIUM, args: ["--headless=new", "--no-sandbox"] });
  const doomed = await chromium.connect(server.wsEndpoint());
  const parent = await somebodyAt(doomed, portal, "name", { mail: "killed@example.jp" });
  await enter(parent.page, FILLED);
  await saved(parent.page);
  await server.kill();
  const later = await at("name", { mail: "killed@example.jp" });
  assert.equal(await field(later.page, "name").inputValue(), FILLED.name);
  await later.context.close();
});

test("autofill late: what comes without a key is saved as well", async () => {
  const parent = await at("name");
  const { page, context } = parent;
  await field(page, "name").evaluate((one, name) => { one.value = name; }, FILLED.name);
  await saved(page);
  await keeps(parent, "name", { name: FILLED.name });
  await context.close();
});

test("language switched in mid-page: the other language has what was typed", async () => {
  const parent = await at("name");
  const { page, context } = parent;
  await enter(page, FILLED);
  await press(button(page, "English"));
  assert.equal(path(page), `${FORM}/name`);
  assert.equal(await field(page, "name").inputValue(), FILLED.name);
  await context.close();
});

test("back after submit: pressing again shows the first receipt", async () => {
  const parent = await person(browser, portal);
  const { page, context } = parent;
  await begin(page);
  await fillIn(page, { ...HANAKO, name: "戻る 試子" });
  await press(page.getByRole("link", { name: "メールアドレスの確認へ" }));
  await signIn(page, portal, "back@example.jp");
  const second = await context.newPage();
  await second.goto(`${FORM}/check`);
  await press(button(page, "送信する"));
  const receipt = path(page);
  assert.match(receipt, /^\/receipt\//);
  await page.goBack();
  await page.waitForLoadState();
  await page.goForward();
  await page.waitForLoadState();
  assert.equal(path(page), receipt);
  await page.goto("/cases");
  assert.equal(await page.locator(".card").count(), 1, "going back has sent nothing");

  // Submit in two tabs: the second finds the number of the first.
  await press(button(second, "送信する"));
  assert.equal(path(second), receipt);
  await page.goto("/cases");
  assert.equal(await page.locator(".card").count(), 1);
  await context.close();
});

test("zoom and rotate: what is typed stays", async () => {
  const parent = await at("name");
  const { page, context } = parent;
  await field(page, "name").fill(FILLED.name);
  await page.setViewportSize({ width: 740, height: 360 });
  const session = await context.newCDPSession(page);
  await session.send("Emulation.setPageScaleFactor", { pageScaleFactor: 3 });
  await page.setViewportSize({ width: 360, height: 740 });
  assert.equal(await field(page, "name").inputValue(), FILLED.name);
  await saved(page);
  await keeps(parent, "name", { name: FILLED.name });
  await context.close();
});

test("the script does not arrive: the form works as without", async () => {
  const parent = await person(browser, portal);
  const { page, context } = parent;
  await begin(page);
  await context.route("**/static/portal.*", (route) => route.abort());
  await page.goto(`${FORM}/name`);
  await enter(page, FILLED);
  await press(button(page, "次へ"));
  assert.equal(path(page), `${FORM}/birthdate`);
  await keeps(parent, "name", FILLED);
  await context.close();
});

test("very long text and emoji pasted: kept as they are, told at the field, and told when it is too long to be sent", async () => {
  const parent = await at("name");
  const { page, context } = parent;
  const long = "👩‍🍼葛󠄁𠮷".repeat(400);
  await enter(page, { name: long, name_kana: FILLED.name_kana });
  await page.locator('[data-field="name"] .field__live .field__error').waitFor();
  await keeps(parent, "name", { name: long });
  await enter(page, { name: "あ".repeat(30_000) });
  await message(page).getByText("文章が長すぎるため").waitFor();
  await button(page, "次へ").click();
  await until("the message has the focus", () => hasFocus(page));
  assert.equal((await field(page, "name").inputValue()).length, 30_000, "it is still there");
  await enter(page, FILLED);
  await press(button(page, "次へ"));
  await keeps(parent, "name", FILLED);
  await context.close();
});

test("bfcache: a page that the browser kept shows what is kept by now", async () => {
  const parent = await at("name");
  const { page, context } = parent;
  await enter(page, FILLED);
  await press(button(page, "次へ"));
  await keeps(parent, "name", FILLED);
  await page.evaluate(() => history.back());
  await page.waitForURL(`**${FORM}/name`);
  const loaded = page.waitForEvent("load");
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  await loaded;
  assert.equal(await field(page, "name").inputValue(), FILLED.name);
  await enter(page, { name: "戻った 先" });
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  await keeps(parent, "name", { name: "戻った 先" });
  await context.close();
});

test("live checks: told where a field was filled in and left, gone when it is mended, never at an untouched one", async () => {
  const parent = await at("name");
  const { page, context } = parent;
  await field(page, "name_kana").pressSequentially("漢字");
  await saved(page);
  const kana = page.locator('[data-field="name_kana"]');
  assert.equal(await page.locator(".field__error").count(), 0, "nobody is told while typing");
  await field(page, "name_kana").press("Tab");
  await kana.getByText("エラー：フリガナはカタカナかひらがなで入力してください").waitFor();
  assert.equal(await field(page, "name_kana").getAttribute("aria-invalid"), "true");
  assert.match(await field(page, "name_kana").getAttribute("aria-describedby"), /name_kana-live/);
  assert.equal(await kana.locator(".field__live").getAttribute("aria-live"), "polite");
  assert.equal(await page.locator('[data-field="name"] .field__error').count(), 0, "the other field is untouched");
  await look(parent, "form-name-live");
  await field(page, "name_kana").fill("マドグチ");
  await until("it is gone", async () => (await kana.locator(".field__error").count()) === 0);
  assert.equal(await field(page, "name_kana").getAttribute("aria-invalid"), null);

  await page.goto(`${FORM}/birthdate`);
  await enter(page, { "birthdate-year": "平成7" });
  await field(page, "birthdate-month").focus();
  await saved(page);
  assert.equal(await page.locator(".field__error").count(), 0, "the day is not left yet");
  await enter(page, { "birthdate-month": "4", "birthdate-day": "1" });
  await field(page, "birthdate-day").press("Tab");
  await page.locator('[data-field="birthdate"]').getByText("1995年4月1日（平成7年）").waitFor();
  await context.close();
});
