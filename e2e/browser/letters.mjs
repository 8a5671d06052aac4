// The receipt on the phone and on paper, mail as a phone shows it, reminders that are stopped, and help when no mail arrives.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { look, person, press, startBrowser, until } from "../support/browser.mjs";
import { HANAKO, begin, button, fillIn, path, signIn } from "../support/notification.mjs";
import { startPortal } from "../support/portal.mjs";

const portal = await startPortal();
const browser = await startBrowser();
const KEPT = process.env.CARGO_TARGET_DIR ? join(process.env.CARGO_TARGET_DIR, "screenshots") : undefined;

const parent = await person(browser, portal);
const { page } = parent;

async function chooseLanguage(name) {
  await press(page.getByRole("button", { name, exact: true }));
}

test("a code that does not come is explained, with the domain to allow", async () => {
  await begin(page);
  await fillIn(page, HANAKO);
  await press(page.getByRole("link", { name: "メールアドレスの確認へ" }));
  await signIn(page, portal, HANAKO.mail, async (name) => {
    if (name !== "sign-in-code") return;
    const [help] = await Promise.all([page.waitForEvent("popup"), page.getByRole("link", { name: /メールが届かないとき/ }).click()]);
    await help.waitForLoadState();
    await look({ ...parent, page: help }, "letters-mail-help");
    assert.match(await help.locator("main").innerText(), /mail\.example\.jp/);
    await help.close();
  });
  await press(button(page, "送信する"));
  assert.match(path(page), /^\/receipt\//);
});

test("the receipt can be said on the telephone, scanned, and fits on one page of paper", async () => {
  const number = path(page).split("/").pop();
  for (const [language, said, file] of [["日本語", /・/, "receipt"], ["English", /(zero|one|two|three|four|five|six|seven|eight|nine|[A-Z][a-z-]+) /, "receipt-en"], ["やさしい日本語", /・/, "receipt-easy"]]) {
    await chooseLanguage(language);
    await look(parent, `letters-${file}`);
    assert.match(await page.locator(".receipt__spelled").innerText(), said);
    // The ear hears one character after the other, the eye sees groups.
    const heard = await page.locator(".receipt").ariaSnapshot();
    const apart = number.replaceAll("-", "").split("").join(" ");
    assert.ok(heard.replaceAll(",", "").includes(apart), heard);
    assert.ok(!heard.includes(number), heard);
    const paper = await page.pdf({ format: "A4" });
    const pages = paper.toString("latin1").match(/\/Type\s*\/Page\b/g).length;
    assert.equal(pages, 1, `${pages} pages in ${language}`);
    const answer = await parent.context.request.get(`${portal.url}/receipt/${number}.pdf`);
    assert.equal(answer.headers()["content-type"], "application/pdf");
    if (KEPT) {
      mkdirSync(KEPT, { recursive: true });
      writeFileSync(join(KEPT, `letters-${file}.pdf`), await answer.body());
    }
  }
  await chooseLanguage("日本語");
});

test("mail looks as on a phone, and shows its headers", async () => {
  // The office takes in samples meanwhile, and their mail may be newer.
  const letter = page.locator(".letters > li").filter({ hasText: "受付のお知らせ" }).first();
  await until("the mail that it has arrived", async () => {
    await page.goto("/demo/outbox");
    return (await letter.count()) > 0;
  });
  await letter.locator("summary").click();
  const headers = await letter.locator("pre").innerText();
  for (const line of [/^From: .*@mail\.example\.jp>?$/m, /^Message-ID: <[0-9a-f]{32}@mail\.example\.jp>$/m, /^Auto-Submitted: auto-generated$/m, /^Date: /m]) {
    assert.match(headers, line);
  }
  await look(parent, "letters-outbox");
  assert.ok(await letter.evaluate((one) => one.getBoundingClientRect().width) <= 400);
  await press(letter.locator(".letter__text a"));
  assert.equal(path(page), "/cases");
});

test("reminders are stopped and taken up again in the account", async () => {
  await page.goto("/account");
  await look(parent, "letters-account");
  await press(button(page, "お知らせを止める"));
  assert.match(await page.locator("main").innerText(), /お知らせメールを止めています/);
  await press(button(page, "お知らせを再び受け取る"));
  await page.getByRole("button", { name: "お知らせを止める", exact: true }).waitFor();
});

test("a reminder leads to a page that says what will no longer come, and one press stops it without signing in", async () => {
  const stranger = await person(browser, portal, { javaScript: false });
  await stranger.page.goto("/demo/outbox");
  await press(stranger.page.locator(".letter__text a[href*='/mail/stop/']").first());
  await look(stranger, "letters-stop");
  assert.match(await stranger.page.locator("main").innerText(), /保存した入力が、まもなく消えるときのお知らせ/);
  await press(button(stranger.page, "お知らせを止める"));
  assert.match(await stranger.page.locator("h1").innerText(), /お知らせメールを止めました/);
  await look(stranger, "letters-stopped");
  await stranger.page.reload();
  await stranger.context.close();
});
