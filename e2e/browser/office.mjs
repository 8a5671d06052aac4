// A 妊娠届 goes from the phone to the back office: two members of staff, the import job, and the parent who reads of it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { look, person, press, startBrowser, until } from "../support/browser.mjs";
import { HANAKO, MIHOKO, begin, button, enter, fillIn, path, signIn } from "../support/notification.mjs";
import { atTheDesk, open, recordIdentity, unfold } from "../support/office.mjs";
import { startPortal } from "../support/portal.mjs";

const portal = await startPortal();
const browser = await startBrowser();
const textOf = (page) => page.locator("main").innerText();

/** Files, and gives the number. */
async function file(parent, who) {
  const { page } = parent;
  await begin(page);
  await fillIn(page, who);
  await press(page.getByRole("link", { name: "メールアドレスの確認へ" }));
  await signIn(page, portal, who.mail);
  await press(button(page, "送信する"));
  return path(page).split("/").pop();
}

for (const javaScript of [true, false]) {
  const how = javaScript ? "with script" : "without script";
  const who = javaScript ? HANAKO : MIHOKO;
  // Each of her own: two filings that share a person or a telephone are to be looked at first.
  const somebody = (day, name, kana, mail) => ({
    ...HANAKO, name, kana: `${kana} ためしこ`, born: { year: javaScript ? "1994" : "1993", month: "5", day },
    phone: `090-0000-${javaScript ? 10 : 20}0${day}`, mail: `${mail}-${javaScript ? "with" : "without"}@example.jp`,
  });

  test(`${how}: filed, accepted, confirmed by another person, imported, and read by the parent`, async () => {
    const parent = await person(browser, portal, { javaScript });
    const number = await file(parent, who);

    const first = await atTheDesk(browser, portal, "clerk1", { javaScript, each: look });
    assert.equal(path(first.page), "/staff/queue");
    await look(first, "queue-new");
    for (const tab of ["担当", "修正待ち", "二人目の確認", "取下げの申出", "引渡し待ち", "保留", "完了"]) {
      await press(first.page.getByRole("link", { name: new RegExp(`^${tab}`) }));
      await look(first, `queue-${first.page.url().split("tab=")[1]}`);
    }
    await open(first.page, number);
    await look(first, "staff-case-submitted");
    await press(button(first.page, "担当する"));
    assert.ok(await button(first.page, "受理する").isDisabled(), "without evidence nobody accepts");
    await look(first, "staff-case-in-review");
    await recordIdentity(first.page);
    await look(first, "staff-case-identity");
    await enter(first.page, { voucher_number: "見本-0001", "handbook_issued_on-year": "令和8" });
    await press(button(first.page, "職員の項目を保存する"));
    assert.match(await first.page.title(), /^エラー：/);
    assert.equal(await first.page.locator('[name="voucher_number"]').inputValue(), "見本-0001");
    await look(first, "staff-case-items-errors");
    await enter(first.page, { "handbook_issued_on-year": "" });
    await press(button(first.page, "職員の項目を保存する"));
    await press(button(first.page, "受理する"));
    assert.ok(await button(first.page, "二人目として確認する").isDisabled(), "nobody confirms what they accepted");
    await look(first, "staff-case-accepted");
    await parent.page.goto(`/cases/${number}`);
    assert.match(await textOf(parent.page), /確認中/);

    const second = await atTheDesk(browser, portal, "clerk2", { javaScript, authenticator: "own" });
    await open(second.page, number);
    await press(button(second.page, "二人目として確認する"));
    await look(second, "staff-case-confirmed");
    await parent.page.reload();
    assert.match(await textOf(parent.page), /手続き中/);
    await look(parent, "case-confirmed");

    // The portal seals, and the import job pulls, once a minute.
    await until("the parent reads that the office has taken it in", async () => {
      await parent.page.reload();
      return (await textOf(parent.page)).includes("受け入れ済");
    }, 240_000);
    await look(parent, "case-imported");
    await second.page.reload();
    await look(second, "staff-case-imported");
    const output = join(dirname(portal.demo().import_config), "output");
    const files = readdirSync(output).filter((name) => name.endsWith(".csv")).map((name) => readFileSync(join(output, name), "utf8"));
    const rows = files.flatMap((text) => text.split("\r\n")).filter((row) => row.includes(number));
    assert.equal(rows.length, 1, "it is in the files for the back office once");
    assert.ok(rows[0].includes(who.name));
    for (const { context } of [parent, first, second]) await context.close();
  });

  test(`${how}: sent back with a reason, put right, and taken up again`, async () => {
    const parent = await person(browser, portal, { javaScript });
    const number = await file(parent, somebody("1", "差戻 試子", "さしもどし", "sent-back"));
    const desk = await atTheDesk(browser, portal, "clerk1", { javaScript });
    await open(desk.page, number);
    await press(button(desk.page, "担当する"));
    await unfold(desk.page, "差し戻す");
    await press(button(desk.page, "届出人に送る"));
    assert.match(await desk.page.title(), /^エラー：/);
    await look(desk, "staff-case-send-back-errors");
    const deed = await unfold(desk.page, "差し戻す");
    await deed.locator('input[name="field"][value="phone"]').check();
    await deed.locator('[name="reason-phone"]').fill("<b>番号</b>をご確認ください");
    await press(button(desk.page, "届出人に送る"));
    await look(desk, "staff-case-sent-back");

    await parent.page.goto(`/cases/${number}`);
    assert.match(await textOf(parent.page), /修正のお願い/);
    await look(parent, "case-sent-back");
    await press(parent.page.getByRole("link", { name: "内容を直す" }));
    assert.match(await textOf(parent.page), /<b>番号<\/b>をご確認ください/);
    assert.equal(await parent.page.locator('[name="name"]').count(), 0, "only what was named can be changed");
    await look(parent, "correct");
    await enter(parent.page, { phone: "12" });
    await press(button(parent.page, "直して送る"));
    assert.match(await parent.page.title(), /^エラー：/);
    await look(parent, "correct-errors");
    await enter(parent.page, { phone: "090-0000-1111" });
    await press(button(parent.page, "直して送る"));
    await parent.page.goto(`/cases/${number}`);
    assert.match(await textOf(parent.page), /送信済/);

    await open(desk.page, number);
    assert.match(await textOf(desk.page), /変更あり/);
    await look(desk, "staff-case-resubmitted");
    for (const { context } of [parent, desk]) await context.close();
  });

  test(`${how}: after the acceptance the parent asks to withdraw; one refuses, then two agree, and she reads of each`, async () => {
    const parent = await person(browser, portal, { javaScript });
    const number = await file(parent, somebody("2", "取下 試子", "とりさげ", "withdrawn"));
    const first = await atTheDesk(browser, portal, "clerk1", { javaScript });
    await open(first.page, number);
    await press(button(first.page, "担当する"));
    await recordIdentity(first.page);
    await press(button(first.page, "受理する"));
    await parent.page.goto(`/cases/${number}`);
    await look(parent, "case-accepted");
    await press(button(parent.page, "取下げを申し出る"));
    assert.match(await textOf(parent.page), /取下げの申出を受け付けました/);
    await look(parent, "case-withdrawal-asked");

    await first.page.goto("/staff/queue?tab=withdrawal");
    assert.ok((await textOf(first.page)).includes(number));
    await open(first.page, number);
    await look(first, "staff-case-withdrawal-asked");
    await press(button(first.page, "取下げを認めない"));
    await parent.page.reload();
    assert.match(await textOf(parent.page), /取下げの申出は認められませんでした/);
    await look(parent, "case-withdrawal-refused");
    await press(button(parent.page, "取下げを申し出る"));

    await open(first.page, number);
    await press(button(first.page, "取下げを認める（一人目）"));
    assert.ok(await button(first.page, "取下げを確定する（二人目）").isDisabled(), "nobody decides alone");
    await look(first, "staff-case-withdrawal-proposed");
    const second = await atTheDesk(browser, portal, "clerk2", { javaScript, authenticator: "own" });
    await open(second.page, number);
    await press(button(second.page, "取下げを確定する（二人目）"));
    await look(second, "staff-case-withdrawn");
    await parent.page.reload();
    assert.equal(await parent.page.locator(".badge--stage").innerText(), "取下げ");
    assert.equal(await button(parent.page, "取下げを申し出る").count(), 0);
    await look(parent, "case-withdrawn");
    for (const { context } of [parent, first, second]) await context.close();
  });

  test(`${how}: declined by two for a closed reason; the parent reads why and what next`, async () => {
    const parent = await person(browser, portal, { javaScript });
    const number = await file(parent, somebody("3", "不受理 試子", "ふじゅり", "declined"));
    const first = await atTheDesk(browser, portal, "clerk1", { javaScript });
    await open(first.page, number);
    await press(button(first.page, "担当する"));
    const deed = await unfold(first.page, "不受理を提案する");
    await deed.locator('input[name="reason"][value="other_municipality"]').check();
    await press(button(first.page, "提案する"));
    await look(first, "staff-case-decline-proposed");
    const second = await atTheDesk(browser, portal, "clerk2", { javaScript, authenticator: "own" });
    await open(second.page, number);
    await press(button(second.page, "不受理を確定する"));
    await look(second, "staff-case-declined");
    await parent.page.goto(`/cases/${number}`);
    assert.match(await textOf(parent.page), /お住まいの市区町村がちがう/);
    await look(parent, "case-declined");
    for (const { context } of [parent, first, second]) await context.close();
  });

  test(`${how}: whoever decides on an old page is told what happened meanwhile`, async () => {
    const parent = await person(browser, portal, { javaScript });
    const number = await file(parent, somebody("4", "競合 試子", "きょうごう", "changed"));
    const desk = await atTheDesk(browser, portal, "clerk1", { javaScript });
    await open(desk.page, number);
    const second = await desk.context.newPage();
    await second.goto(`/staff/cases/${number}`);
    await press(button(desk.page, "担当する"));
    await press(button(second, "担当する"));
    assert.match(await textOf(second), /今の操作は行われていません/);
    await look({ ...desk, page: second }, "staff-changed");
    await open(desk.page, number);
    await press(button(desk.page, "来庁をお願いする"));
    await parent.page.goto(`/cases/${number}`);
    await look(parent, "case-visit-needed");
    await desk.page.goto("/staff/queue?tab=new");
    await desk.page.getByRole("searchbox").fill("0000-0000-00");
    await press(button(desk.page, "探す"));
    await look(desk, "queue-not-found");
    assert.equal((await desk.page.goto("/staff/cases/0000-0000-00")).status(), 404);
    await look(desk, "staff-not-found");
    await desk.page.goto("/staff");
    await press(button(desk.page, "サインアウト"));
    await desk.page.goto(`/staff/cases/${number}`);
    assert.equal(path(desk.page), "/staff/sign-in");
    for (const { context } of [parent, desk]) await context.close();
  });
}

test("a wrong password is refused, and the passkey page is not reached without one", async () => {
  const desk = await person(browser, portal);
  const { page, context } = desk;
  await page.goto("/staff/sign-in/passkey");
  assert.equal(path(page), "/staff/sign-in");
  await page.getByLabel("ユーザーID").fill("nurse1");
  await page.getByLabel("パスワード").fill("not the password");
  await press(button(page, "次へ"));
  assert.match(await page.title(), /^エラー：/);
  assert.equal(await page.getByLabel("パスワード").inputValue(), "");
  await look(desk, "staff-sign-in-errors");
  await context.close();
});

test("somebody who is invited chooses a password, makes a passkey with the practice authenticator, and signs in", async () => {
  const said = execFileSync(
    process.env.MADOGUCHI_BIN,
    ["--demo", "staff", "invite", "new1", "--name", "見本 六実", "--role", "clerk", "--person-id", "e2e-6"],
    { env: { PATH: process.env.PATH, MADOGUCHI_DATA_DIR: portal.folder, MADOGUCHI_DEMO: "true" }, encoding: "utf8" },
  );
  const invitation = /http\S+\/staff\/invitation\/\S+/.exec(said)[0];
  const desk = await person(browser, portal);
  const { page, context } = desk;
  await page.goto(new URL(invitation).pathname);
  await look(desk, "invitation");
  await page.locator('[name="password"]').fill("short");
  await page.locator('[name="password_again"]').fill("short");
  await press(button(page, "登録する"));
  assert.match(await page.title(), /^エラー：/);
  await look(desk, "invitation-errors");
  await page.locator('[name="password"]').fill("ながい 見本の 合言葉 です");
  await page.locator('[name="password_again"]').fill("ながい 見本の 合言葉 です");
  await press(button(page, "登録する"));
  assert.match(await textOf(page), /登録しました/);
  await look(desk, "staff-sign-in-joined");
  await page.getByLabel("ユーザーID").fill("new1");
  await page.getByLabel("パスワード").fill("ながい 見本の 合言葉 です");
  await press(button(page, "次へ"));
  await press(button(page, "パスキーで確認する"));
  assert.equal(path(page), "/staff/queue");
  assert.equal((await page.goto(new URL(invitation).pathname)).status(), 410);
  await look(desk, "invitation-over");
  await context.close();
});

test("an auditor and an administrator see their own pages, and the queue by keyboard works for a clerk", async () => {
  for (const userId of ["auditor1", "admin1", "nurse1"]) {
    const desk = await atTheDesk(browser, portal, userId);
    await look(desk, `staff-home-${userId}`);
    if (userId === "auditor1") {
      assert.equal(path(desk.page), "/staff/audit");
      await desk.page.selectOption("#who", "auditor1");
      await press(button(desk.page, "表示する"));
      assert.match(await desk.page.locator(".audit").innerText(), /監査記録を見ました/);
      await desk.page.fill("#number", "1234");
      await press(button(desk.page, "この届出の記録を表示する"));
      await look(desk, "audit-no-number");
    }
    await desk.context.close();
  }
  const desk = await atTheDesk(browser, portal, "clerk1");
  await desk.page.keyboard.press("j");
  await desk.page.keyboard.press("j");
  await desk.page.keyboard.press("k");
  const first = await desk.page.locator(".queue tbody a").first().innerText();
  const loaded = desk.page.waitForEvent("load");
  await desk.page.keyboard.press("Enter");
  await loaded;
  assert.equal(path(desk.page), `/staff/cases/${first}`);
  await desk.context.close();
});

test("the hostile and difficult names of the samples are text in the queue and on the case", async () => {
  const desk = await atTheDesk(browser, portal, "clerk1");
  const names = JSON.parse(readFileSync(new URL("../../server/src/demo/people.json", import.meta.url), "utf8")).map((one) => one.name);
  const seen = [];
  for (const tab of ["new", "mine", "sent_back", "second"]) {
    await desk.page.goto(`/staff/queue?tab=${tab}`);
    for (;;) {
      seen.push(...await desk.page.locator(".queue tbody td[lang=ja]").evaluateAll((cells) => cells.map((cell) => cell.firstChild.textContent)));
      assert.equal(await desk.page.locator("main script, main img, main iframe").count(), 0);
      const next = desk.page.getByRole("link", { name: "次のページ" });
      if (await next.count() === 0) break;
      await press(next);
    }
  }
  const shown = names.filter((name) => seen.includes(name));
  assert.ok(shown.length >= 140, `${shown.length} names stand there byte for byte`);
  assert.ok(shown.some((name) => name.includes("<script>")) || shown.some((name) => name.includes("<")), "one with markup is among them");
  assert.deepEqual(desk.complaints, []);
  await desk.context.close();
});
