// 「職員のアカウント」 From an invitation on the web to somebody who has signed in: one proposes, another person confirms, the invitation is answered
// with the practice authenticator; the pages with script and without.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DESK, lookOnBoth, person, press, startBrowser } from "../support/browser.mjs";
import { button, path } from "../support/notification.mjs";
import { atTheDesk } from "../support/office.mjs";
import { startPortal } from "../support/portal.mjs";

const portal = await startPortal();
const browser = await startBrowser();
const PASSWORD = "七つの子は山の古巣へ行く";
const words = async (page) => page.locator("main").innerText();

/** Answers an invitation and signs in, which takes script; who has done it. */
async function join(address, userId, leadsTo) {
  const member = await person(browser, portal, { viewport: DESK });
  const { page } = member;
  await page.goto(address);
  await page.getByLabel("パスワード", { exact: true }).fill(PASSWORD);
  await page.getByLabel("パスワード（もう一度）").fill(PASSWORD);
  await press(button(page, "登録する"));
  await page.getByLabel("ユーザーID").fill(userId);
  await page.getByLabel("パスワード").fill(PASSWORD);
  await press(button(page, "次へ"));
  await press(button(page, "パスキーで確認する"));
  assert.equal(path(page), leadsTo);
  return member;
}

/** The same person in a browser without script. */
async function withoutScript(member) {
  const storageState = await member.context.storageState();
  await member.context.close();
  return person(browser, portal, { javaScript: false, storageState, viewport: DESK });
}

const said = portal.command("staff", "invite", "admin2", "--name", "見本 八重", "--role", "account_manager", "--person-id", "of-admin2");
let second = await join(new URL(said.split("\n")[0]).pathname, "admin2", "/staff");

for (const javaScript of [true, false]) {
  const how = javaScript ? "with script" : "without script";
  const userId = javaScript ? "kato" : "kato2";
  test(`${how}: a new member is proposed, confirmed by another person, signs in, gets another role and is disabled`, async () => {
    const first = await atTheDesk(browser, portal, "admin1", { javaScript });
    if (!javaScript) second = await withoutScript(second);
    const { page } = first;
    await page.goto("/staff/people");
    if (javaScript) await lookOnBoth(first, "people");
    await press(page.getByRole("link", { name: "職員を招待する" }));
    await lookOnBoth(first, "people-invite");
    await page.getByLabel("氏名").fill("見本 九美");
    await page.getByLabel(/^監査/).check();
    await page.getByLabel(/^受付/).check();
    await press(button(page, "提案する（一人目）"));
    assert.match(await page.title(), /^エラー：/);
    assert.match(await page.locator(".error-summary").innerText(), /「受付」と「監査」は、一人で兼ねられません/);
    assert.equal(await page.getByLabel("氏名").inputValue(), "見本 九美");
    assert.ok(await page.getByLabel(/^監査/).isChecked(), "nothing that was ticked is lost");
    await lookOnBoth(first, "people-invite-errors");
    await page.getByLabel("ユーザーID").fill(userId);
    await page.getByLabel("職員番号").fill(`of-${userId}`);
    await page.getByLabel(/^監査/).uncheck();
    await press(button(page, "提案する（一人目）"));
    assert.equal(path(page), "/staff/people");
    assert.match(await words(page), /別の人の確認を待っています/);
    await lookOnBoth(first, "people-proposed");

    await second.page.goto("/staff/people");
    await lookOnBoth(second, "people-to-confirm");
    await press(second.page.getByRole("button", { name: /^確認する（二人目）\s*：見本 九美$/ }));
    const address = new URL(await second.page.locator(".people__address").innerText()).pathname;
    await lookOnBoth(second, "people-invited");
    const member = await join(address, userId, "/staff/queue");

    const row = page.locator(".card", { has: page.getByText(userId, { exact: true }) });
    await page.goto("/staff/people");
    assert.match(await row.innerText(), /利用中/);
    await press(row.getByRole("link", { name: "役割を変更する" }));
    await lookOnBoth(first, "people-roles");
    await page.getByLabel(/^受付/).uncheck();
    await page.getByLabel(/^確認/).check();
    await press(button(page, "提案する（一人目）"));
    await second.page.goto("/staff/people");
    await lookOnBoth(second, "people-roles-to-confirm");
    await press(second.page.getByRole("button", { name: /^確認する（二人目）\s*：見本 九美$/ }));
    await page.goto("/staff/people");
    assert.match(await row.innerText(), /役割\s*確認/);
    await press(row.getByRole("link", { name: "利用を停止する" }));
    await lookOnBoth(first, "people-disable");
    await press(button(page, "停止する"));
    assert.match(await row.innerText(), /停止/);
    await lookOnBoth(first, "people-disabled");
    await member.page.goto("/staff/queue");
    assert.equal(path(member.page), "/staff/sign-in", "her session has ended");
    for (const one of [first, member]) await one.context.close();
  });
}
