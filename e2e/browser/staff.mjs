// Two members of staff accept a 妊娠届: invited by command line, signed in with password and passkey, in a browser.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { look, person, press, startBrowser } from "../support/browser.mjs";
import { HANAKO, begin, button, fillIn, path, signIn } from "../support/notification.mjs";
import { startPortal } from "../support/portal.mjs";

const portal = await startPortal();
const browser = await startBrowser();
const DESK = { width: 1280, height: 900 };
const PASSWORD = "七つの子は山の古巣へ行く";

/** `madoguchi staff invite`: the path of the invitation. */
function invite(userId, name) {
  const env = { ...process.env, MADOGUCHI_DATA_DIR: portal.folder, MADOGUCHI_LISTEN: `127.0.0.1:${new URL(portal.url).port}` };
  const said = execFileSync(process.env.MADOGUCHI_BIN,
    ["--demo", "staff", "invite", userId, "--name", name, "--role", "clerk", "--person-id", `of-${userId}`], { env, encoding: "utf8" });
  return new URL(said.split("\n")[0]).pathname;
}

/** Answers an invitation and signs in; the practice authenticator is the passkey. `each` is called on each page. */
async function join(userId, name, each = async () => {}) {
  const member = await person(browser, portal, { viewport: DESK });
  const { page } = member;
  await page.goto(invite(userId, name));
  await each(member, "staff-invitation");
  await page.getByLabel("パスワード", { exact: true }).fill("1qaz2wsx3edc");
  await page.getByLabel("パスワード（もう一度）").fill("1qaz2wsx3edc");
  await press(button(page, "登録する"));
  assert.match(await page.title(), /^エラー：/);
  await each(member, "staff-invitation-errors");
  await page.getByLabel("パスワード", { exact: true }).fill(PASSWORD);
  await page.getByLabel("パスワード（もう一度）").fill(PASSWORD);
  await press(button(page, "登録する"));
  assert.equal(path(page), "/staff/sign-in");
  await each(member, "staff-sign-in-joined");
  await page.getByLabel("ユーザーID").fill(userId);
  await page.getByLabel("パスワード").fill("wrong wrong wrong");
  await press(button(page, "次へ"));
  await each(member, "staff-sign-in-refused");
  await page.getByLabel("パスワード").fill(PASSWORD);
  await press(button(page, "次へ"));
  assert.equal(path(page), "/staff/sign-in/passkey");
  await each(member, "staff-passkey");
  await press(button(page, "パスキーで確認する"));
  assert.equal(path(page), "/staff/queue");
  return member;
}

/** A parent files; the receipt number. */
async function file() {
  const parent = await person(browser, portal, { javaScript: false });
  const { page, context } = parent;
  await begin(page);
  await fillIn(page, HANAKO);
  await press(page.getByRole("link", { name: "メールアドレスの確認へ" }));
  await signIn(page, portal, HANAKO.mail);
  await press(button(page, "送信する"));
  const number = path(page).split("/").pop();
  await context.close();
  return number;
}

const fold = (page, name) => page.locator("summary", { hasText: name }).click();

test("two people accept a filing, and every page on the way is in order", async () => {
  const first = await join("first", "見本 太郎", look);
  const { page } = first;
  await page.goto("/staff/queue?tab=mine");
  await look(first, "staff-queue-empty");
  const number = await file();
  await page.goto("/staff/queue?tab=new");
  await look(first, "staff-queue");
  await page.getByRole("searchbox").fill("nonsense");
  await press(button(page, "探す"));
  await look(first, "staff-queue-search-none");
  await page.getByRole("searchbox").fill(number.toLowerCase());
  await press(button(page, "探す"));
  assert.equal(path(page), `/staff/cases/${number}`);
  await look(first, "staff-case-new");

  await press(button(page, "担当する"));
  await look(first, "staff-case-in-review");
  await fold(page, "差し戻す");
  await press(button(page, "届出人に送る"));
  assert.match(await page.title(), /^エラー：/);
  await look(first, "staff-case-send-back-errors");
  await fold(page, "本人確認を記録する");
  await press(button(page, "記録する"));
  await look(first, "staff-case-identity-errors");
  await page.getByLabel("あとで確認する").check();
  await page.getByLabel("運転免許証").first().check();
  await press(button(page, "記録する"));
  assert.match(await page.locator(".error-summary").innerText(), /何と照合したかを選んでください。/);
  await page.getByLabel("身元確認の書類").check();
  await page.getByLabel("書類にある事項は、すべて届出と一致した").check();
  await press(button(page, "記録する"));
  await page.locator('[name="handbook_issued_on-year"]').fill("2026");
  await press(button(page, "職員の項目を保存する"));
  assert.match(await page.title(), /^エラー：/);
  await look(first, "staff-case-items-errors");
  await page.locator('[name="handbook_issued_on-year"]').fill("");
  await page.locator('[name="voucher_number"]').fill("2026-0001");
  await press(button(page, "職員の項目を保存する"));
  await fold(page, "不受理を提案する");
  await look(first, "staff-case-decline");

  const second = await join("second", "見本 次郎");
  await press(button(page, "受理する"));
  await look(first, "staff-case-accepted");
  assert.ok(await button(page, "二人目として確認する").isDisabled(), "not by the same person");
  // The second person opens it by keyboard alone.
  await second.page.goto("/staff/queue?tab=second");
  const rows = await second.page.locator(".queue tbody a").allInnerTexts();
  assert.ok(rows.includes(number));
  for (let row = 0; row <= rows.indexOf(number); row++) await second.page.keyboard.press("j");
  const opened = second.page.waitForEvent("load");
  await second.page.keyboard.press("Enter");
  await opened;
  assert.equal(path(second.page), `/staff/cases/${number}`);
  await press(button(second.page, "二人目として確認する"));
  await look(second, "staff-case-confirmed");
  // The first person's page is overtaken.
  await press(button(page, "確認に戻す"));
  await look(first, "staff-changed");
  await page.goto("/staff/cases/0000-0000-00");
  await look(first, "staff-not-found");
  await second.context.close();
  await first.context.close();
});

test("a case is sent back without script, and the parent reads the reason", async () => {
  const first = await join("third", "見本 三郎");
  const number = await file();
  const { cookies } = await first.context.storageState();
  const plain = await person(browser, portal, { javaScript: false, viewport: DESK });
  await plain.context.addCookies(cookies);
  const { page } = plain;
  await page.goto(`/staff/cases/${number}`);
  await press(button(page, "担当する"));
  await fold(page, "差し戻す");
  await page.locator("#field-phone").check();
  await page.locator("#reason-phone").fill("電話がつながりませんでした。");
  await press(button(page, "届出人に送る"));
  assert.match(await page.locator("main").innerText(), /修正待ち/);
  await look(plain, "staff-case-sent-back");

  const parent = await person(browser, portal, { javaScript: false });
  await parent.page.goto(`/sign-in?next=/cases/${number}/correct`);
  await signIn(parent.page, portal, HANAKO.mail);
  assert.match(await parent.page.locator("main").innerText(), /電話がつながりませんでした。/);
  for (const one of [parent, plain, first]) await one.context.close();
});
