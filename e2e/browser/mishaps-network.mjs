// Mishaps of the network and of the server, each by its name. Invariant: nothing that was typed is lost in any of them; while
// it is not kept yet the page says so with its cause, once, and keeps trying.
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { look, person, press, startBrowser, until } from "../support/browser.mjs";
import { NO_NETWORK, SERVER, field, hasFocus, keeps, message, saved, somebodyAt } from "../support/mishap.mjs";
import { FORM, HANAKO, begin, button, enter, fillIn, pages, passNumber, path, signIn } from "../support/notification.mjs";
import { startPortal } from "../support/portal.mjs";
import { startProxy } from "../support/proxy.mjs";

const city = fileURLToPath(new URL("../../app/intake/testdata/city/", import.meta.url));
const forms = mkdtempSync(join(tmpdir(), "madoguchi-forms-"));
after(() => rmSync(forms, { recursive: true, force: true }));
for (const name of ["parents_class.v1.toml", "parents_class.v1.en.toml"]) copyFileSync(join(city, name), join(forms, name));

const portal = await startPortal({ environment: { MADOGUCHI_FORMS_DIR: forms } });
const proxy = await startProxy(portal);
const browser = await startBrowser();
const at = (id, options) => somebodyAt(browser, portal, id, { by: proxy, ...options });
const FILLED = { name: "窓口 花子", name_kana: "マドグチ ハナコ" };
const SAVE = /^POST \S+\/save$/;
const PAGE = /^POST \S+\/name$/;
const textOf = (page) => page.locator("main").innerText();

for (const [name, signal] of [["server restart in mid-page", "SIGTERM"], ["kill -9 in mid-page", "SIGKILL"]]) {
  test(`${name}: said with its cause, and saved by itself afterwards`, async () => {
    const parent = await at("name");
    const { page, context } = parent;
    await portal.stop(signal);
    await enter(page, FILLED);
    await message(page).getByText(NO_NETWORK).waitFor();
    await portal.startAgain();
    await saved(page);
    await keeps(parent, "name", FILLED);
    await context.close();
  });
}

test("no network, then back: nothing goes by pressing 次へ, what would be lost is named, and it is saved by itself", async () => {
  const parent = await at("name");
  const { page, context } = parent;
  await context.setOffline(true);
  await enter(page, FILLED);
  await message(page).getByText(NO_NETWORK).waitFor();
  assert.ok(await hasFocus(page), "it takes the focus");
  assert.match(await message(page).innerText(), /まだ保存されていないもの：\s*氏名、フリガナ/);
  // The browser says on its console too that there is no network.
  await look({ ...parent, complaints: [] }, "form-no-network");
  await field(page, "name").focus();
  const again = page.waitForEvent("requestfailed");
  await again;
  assert.ok(!(await hasFocus(page)), "but not at every try");
  await button(page, "次へ").click();
  await until("the message has the focus again, for it was asked for", () => hasFocus(page));
  assert.equal(await field(page, "name").inputValue(), FILLED.name, "the page is still there");
  await context.setOffline(false);
  await saved(page);
  await keeps(parent, "name", FILLED);
  await press(button(page, "次へ"));
  assert.equal(path(page), `${FORM}/birthdate`);
  await context.close();
});

test("cut in mid-POST: the page stays with what was typed, and pressing again goes on", async () => {
  const parent = await at("name");
  const { page, context } = parent;
  // So that the press is what is cut and no saving before it.
  proxy.cut(SAVE, 700);
  await enter(page, FILLED);
  await button(page, "次へ").click();
  await message(page).getByText(NO_NETWORK).waitFor();
  assert.ok(proxy.happened() > 0);
  proxy.well();
  await saved(page);
  proxy.cut(PAGE, 700);
  await button(page, "次へ").click();
  await until("it was cut", () => proxy.happened() > 0);
  proxy.well();
  await keeps(parent, "name", FILLED);
  await context.close();
});

test("cut in mid-POST without script: going back and pressing again keeps it", async () => {
  const parent = await at("name", { javaScript: false });
  const { page, context } = parent;
  proxy.cut(PAGE, 700);
  await enter(page, FILLED);
  await button(page, "次へ").click({ noWaitAfter: true });
  await until("it was cut", () => proxy.happened() > 0);
  await until("the browser shows its own page", () => page.url().startsWith("chrome-error:") || page.locator("#main-frame-error").count());
  proxy.well();
  // The browser sends the very same once more.
  await page.reload();
  assert.equal(path(page), `${FORM}/birthdate`);
  await keeps(parent, "name", FILLED);
  await context.close();
});

const DOCUMENT = { name: "診断書.pdf", mimeType: "application/pdf", buffer: Buffer.from(`%PDF-1.7\n${"x".repeat(700_000)}\n%%EOF\n`) };
const KEPT = ["1", String(DOCUMENT.buffer.length), "pending"].join(" ");
const papersOf = () => portal.sql("SELECT count(*), max(bytes), max(state) FROM paper WHERE draft_id = (SELECT draft_id FROM draft ORDER BY created_at DESC LIMIT 1)")[0];

test("cut in mid-upload: wherever the line is cut the rest follows, and the paper is there once and whole", async () => {
  const parent = await at("papers");
  const { page, context } = parent;
  const state = page.locator("[data-paper-state]").first();
  const offsets = [];
  page.on("request", (request) => { if (request.url().endsWith("/piece")) offsets.push(Number(request.headers()["upload-offset"])); });
  // In the head of a piece, after 4 KiB of it, in its middle, and just before its end.
  for (const bytes of [300, 4_096, 100_000, 262_000]) {
    proxy.cut(/^POST \S+\/piece$/, bytes);
    if (offsets.length === 0) await page.locator("#paper-due_date_proof").setInputFiles(DOCUMENT);
    const before = proxy.happened();
    await until("it was cut", () => proxy.happened() > before);
    await state.getByText("つながったら、続きから").waitFor();
  }
  proxy.lose(/^POST \S+\/piece$/);
  await until("an answer was lost", () => proxy.happened() > 0);
  proxy.well();
  await state.getByText("追加しました").waitFor({ timeout: 45_000 });
  assert.equal(papersOf(), KEPT);
  assert.equal(new Set(offsets).size, 3, "no piece that had arrived was sent again");
  assert.match(await textOf(page), /書類1（PDF）/);
  await context.close();
});

test("answer lost after the commit: typing on is no conflict with oneself", async () => {
  const parent = await at("name");
  const { page, context } = parent;
  proxy.lose(SAVE);
  await enter(page, { name: "途中 まで", name_kana: FILLED.name_kana });
  await message(page).getByText(NO_NETWORK).waitFor();
  assert.ok(proxy.happened() > 0);
  await keeps(parent, "name", { name: "途中 まで" });
  await field(page, "name").fill(FILLED.name);
  proxy.well();
  await saved(page);
  await press(button(page, "次へ"));
  assert.equal(path(page), `${FORM}/birthdate`);
  await keeps(parent, "name", FILLED);
  await context.close();
});

test("answer to 送信する lost after the commit: pressing again shows the receipt of the first press", async () => {
  const parent = await person(browser, proxy);
  const { page, context } = parent;
  await begin(page);
  await fillIn(page, { ...HANAKO, name: "返事 失子" });
  await press(page.getByRole("link", { name: "メールアドレスの確認へ" }));
  await signIn(page, portal, "lost-answer@example.jp");
  proxy.lose(/^POST \S+\/check$/);
  await button(page, "送信する").click({ noWaitAfter: true });
  await until("it was lost", () => proxy.happened() > 0);
  await until("the browser shows its own page", () => page.locator("#main-frame-error").count());
  proxy.well();
  await page.reload();
  assert.match(path(page), /^\/receipt\//);
  await page.goto("/cases");
  assert.equal(await page.locator(".card").count(), 1);
  await context.close();
});

test("database locked for some seconds: said, and saved by itself when it is free", async () => {
  const parent = await at("name");
  const { page, context } = parent;
  const free = await portal.lockDatabase();
  await enter(page, FILLED);
  await message(page).getByText(SERVER).waitFor();
  await free();
  await saved(page);
  await keeps(parent, "name", FILLED);
  await context.close();
});

test("full disk on the server: said, nothing is acknowledged, and it heals by itself when there is room", async (context) => {
  const small = await startPortal({ disk: "96m" });
  if (!small) { context.skip("a small disk can be mounted by root only"); return; }
  const parent = await somebodyAt(browser, small, "name");
  const { page } = parent;
  const makeRoom = small.fillDisk();
  await enter(page, FILLED);
  await message(page).getByText(SERVER).waitFor();
  await button(page, "次へ").click();
  await until("the message has the focus", () => hasFocus(page));
  assert.equal(await field(page, "name").inputValue(), FILLED.name);
  makeRoom();
  await saved(page);
  await keeps(parent, "name", FILLED);
  await parent.context.close();
});

test("a new form version is deployed while a draft is open: what was typed stays, and the draft ends in its version", async () => {
  const parent = await person(browser, proxy);
  const { page, context } = parent;
  const own = "/apply/parents_class";
  await page.goto(own);
  await press(button(page, "はじめる"));
  await page.goto(`${own}/person`);
  await enter(page, FILLED);
  await saved(page);
  await portal.stop();
  const second = readFileSync(join(city, "parents_class.v1.toml"), "utf8").replace("version = 1", "version = 2")
    .replace('title = { ja = "両親学級の申込" }', 'title = { ja = "新しい両親学級の申込" }');
  writeFileSync(join(forms, "parents_class.v2.toml"), second);
  await enter(page, { name: "新版 後子" });
  await message(page).getByText(NO_NETWORK).waitFor();
  await portal.startAgain();
  await saved(page);
  await page.reload();
  assert.equal(await field(page, "name").inputValue(), "新版 後子");
  const other = await person(browser, proxy);
  await other.page.goto(own);
  assert.match(await textOf(other.page), /新しい両親学級の申込/, "who begins now begins with the new one");
  await Promise.all([context.close(), other.context.close()]);
});

test("400 kbit/s, 400 ms and random cuts: the whole form arrives as it was typed", async () => {
  const parent = await person(browser, proxy);
  const { page, context } = parent;
  context.setDefaultTimeout(30_000);
  const session = await context.newCDPSession(page);
  await begin(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 });
  let seed = 7;
  const chance = () => { seed = (seed * 16807) % 2147483647; return seed / 2147483647; };
  let cuts = 0;
  for (const [id, values] of pages(HANAKO)) {
    await until(`page ${id} is shown`, () => path(page) === `${FORM}/${id}`, 30_000);
    await enter(page, values);
    const mishap = chance();
    if (mishap < 0.3) proxy.cut(SAVE, Math.floor(chance() * 1500));
    else if (mishap < 0.5) proxy.lose(SAVE);
    if (mishap < 0.5) {
      await button(page, "次へ").click();
      await message(page).getByText(NO_NETWORK).waitFor();
      cuts += proxy.happened();
      proxy.well();
      await saved(page);
    }
    await press(button(page, "次へ"));
  }
  assert.ok(cuts > 3, `${cuts} cuts`);
  await passNumber(page);
  assert.equal(path(page), `${FORM}/papers`);
  await press(button(page, "次へ"));
  assert.equal(path(page), `${FORM}/check`);
  const shown = await textOf(page);
  for (const text of [HANAKO.name, HANAKO.address, "090-0000-9999", "架空レディースクリニック", "双子"]) assert.ok(shown.includes(text), text);
  await context.close();
});
