// 「アカウント」 Another mail address, the way back in at the counter, other devices, leaving.
import assert from "node:assert/strict";
import { test } from "node:test";
import { look, person, press, startBrowser } from "../support/browser.mjs";
import { HANAKO, begin, button, fillIn, path, signIn } from "../support/notification.mjs";
import { atTheDesk, open, unfold } from "../support/office.mjs";
import { mailTo, startPortal } from "../support/portal.mjs";

const portal = await startPortal();
const browser = await startBrowser();
const textOf = (page) => page.locator("main").innerText();

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
  const address = (name) => `${name}-${javaScript ? "with" : "without"}@example.jp`;

  test(`${how}: another address, then signed out elsewhere, then gone`, async () => {
    const parent = await person(browser, portal, { javaScript });
    const { page } = parent;
    const mail = address("moves");
    await page.goto("/account");
    await signIn(page, portal, mail);
    const other = await person(browser, portal, { javaScript });
    await other.page.goto("/account");
    await signIn(other.page, portal, mail);
    await page.goto("/account");
    assert.match(await textOf(page), /この端末/);
    await look(parent, "account-sessions");
    await press(button(page, "ほかの端末からサインアウト"));
    await other.page.goto("/account");
    assert.equal(path(other.page), "/sign-in", "the other device is signed out");

    await page.goto("/account");
    await press(page.getByRole("link", { name: "メールアドレスの変更" }));
    await look(parent, "account-mail");
    await page.getByLabel("新しいメールアドレス").fill("nothing");
    await press(button(page, "番号を送る"));
    assert.match(await page.title(), /^エラー：/);
    await look(parent, "account-mail-error");
    const moved = address("moved");
    await page.getByLabel("新しいメールアドレス").fill(moved);
    await press(button(page, "番号を送る"));
    const [, code] = await mailTo(portal, moved, /確認番号：(\d{6})/);
    await look(parent, "account-mail-code");
    await page.getByLabel("6桁の番号").fill(code);
    await press(button(page, "変更する"));
    assert.equal(path(page), "/account");
    assert.ok((await textOf(page)).includes(moved));
    await mailTo(portal, mail, /窓口へお電話ください/);

    await press(page.getByRole("link", { name: "アカウントの削除" }));
    await look(parent, "account-leave");
    await press(button(page, "アカウントを削除する"));
    assert.match(await textOf(page), /アカウントを削除しました/);
    await look(parent, "account-left");
    await page.goto("/cases");
    assert.equal(path(page), "/sign-in");
    for (const { context } of [parent, other]) await context.close();
  });

  test(`${how}: at the counter two members of staff let her back in with a new address`, async () => {
    const parent = await person(browser, portal, { javaScript });
    const number = await file(parent, { ...HANAKO, name: "再開 試子", mail: address("lost") });
    const first = await atTheDesk(browser, portal, "clerk1", { javaScript });
    await open(first.page, number);
    let deed = await unfold(first.page, "窓口でのアカウント再開");
    await press(button(first.page, "番号を送り、二人目に引き継ぐ"));
    assert.match(await first.page.title(), /^エラー：/);
    await look(first, "staff-way-back-error");
    deed = await unfold(first.page, "窓口でのアカウント再開");
    await deed.locator('input[name="person"][value="passport"]').check();
    await deed.locator('input[name="mail"]').fill(address("found"));
    await press(button(first.page, "番号を送り、二人目に引き継ぐ"));
    assert.equal(await first.page.locator('input[name="code"]').count(), 0, "the first person cannot confirm");
    await look(first, "staff-way-back-proposed");
    const [, code] = await mailTo(portal, address("found"), /確認番号：(\d{6})/);
    const second = await atTheDesk(browser, portal, "clerk2", { javaScript });
    await open(second.page, number);
    await unfold(second.page, "窓口でのアカウント再開");
    await second.page.locator("#way-back-code").fill(code);
    await look(second, "staff-way-back-confirming");
    await press(button(second.page, "確認して、アカウントを再開する"));
    await parent.page.goto(`/cases/${number}`);
    assert.equal(path(parent.page), "/sign-in", "the session of before has ended");
    await signIn(parent.page, portal, address("found"));
    assert.equal(path(parent.page), `/cases/${number}`, "and her filing is hers");
    for (const { context } of [parent, first, second]) await context.close();
  });
}
