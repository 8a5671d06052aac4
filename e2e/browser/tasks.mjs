// 「確認の仕事」 A public health nurse finds what waits, takes it, says what she did, and sets where she is written to.
import assert from "node:assert/strict";
import { test } from "node:test";
import { lookOnBoth, press, startBrowser } from "../support/browser.mjs";
import { button, path } from "../support/notification.mjs";
import { atTheDesk, unfold } from "../support/office.mjs";
import { mailTo, startPortal } from "../support/portal.mjs";

const portal = await startPortal();
const browser = await startBrowser();

test("a nurse sees on every page that something waits, takes it and says what she did", async () => {
  const desk = await atTheDesk(browser, portal, "nurse1");
  const { page } = desk;
  await page.goto("/staff/queue");
  const banner = page.getByRole("link", { name: "確認が必要な項目が 1 件あります" });
  await lookOnBoth(desk, "staff-queue-banner");
  await press(banner);
  assert.equal(path(page), "/staff/tasks");
  await lookOnBoth(desk, "staff-tasks");
  await press(button(page, "8 時間、当番に入る"));
  await page.getByText("見本 三枝（保健師）（").waitFor();
  await press(page.locator("button", { hasText: "引き受ける" }));
  assert.equal(new URL(page.url()).search, "?tab=mine");
  await unfold(page, "完了にする");
  await press(page.locator("details .button", { hasText: "完了にする" }));
  assert.match(await page.title(), /^エラー：/);
  await lookOnBoth(desk, "staff-tasks-error");
  await page.getByLabel("対応したこと").fill("電話で話し、明日訪問する。");
  await press(page.locator("details .button", { hasText: "完了にする" }));
  assert.equal(new URL(page.url()).search, "?tab=done");
  await page.getByText("電話で話し、明日訪問する。").waitFor();
  assert.equal(await banner.count(), 0);
  await lookOnBoth(desk, "staff-tasks-done");
  await press(page.locator(".card h2 a"));
  assert.match(await page.locator("#deadline").innerText(), /^処理期限：/);
  await lookOnBoth(desk, "staff-case-deadline");
  await desk.context.close();
});

test("a clerk has no line of it, and sets where she is written to", async () => {
  const desk = await atTheDesk(browser, portal, "clerk1");
  const { page } = desk;
  await page.goto("/staff/queue");
  assert.equal(await page.locator(".task-banner").count(), 0);
  await page.goto("/staff/tasks");
  assert.equal(await page.getByText("当番の保健師").count(), 0);
  await lookOnBoth(desk, "staff-tasks-clerk");
  await page.goto("/staff/notices");
  await lookOnBoth(desk, "staff-notices");
  await page.getByLabel("メールアドレス", { exact: true }).fill("clerk1");
  await press(button(page, "確認番号を送る"));
  await lookOnBoth(desk, "staff-notices-error");
  await page.getByLabel("メールアドレス", { exact: true }).fill("clerk1@example.jp");
  await press(button(page, "確認番号を送る"));
  const [, code] = await mailTo(portal, "clerk1@example.jp", /確認番号：([0-9]{6})/);
  await page.getByLabel("確認番号", { exact: true }).fill(code);
  await lookOnBoth(desk, "staff-notices-code");
  await press(button(page, "登録する"));
  await press(button(page, "開庁日の朝に受け取る"));
  await page.getByText("開庁日の朝に、期限の件数を受け取っています。").waitFor();
  await lookOnBoth(desk, "staff-notices-set");
  await desk.context.close();
});
