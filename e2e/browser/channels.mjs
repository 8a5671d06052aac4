// 「他の経路」 Filings that came by another channel stand in the same queue; what their channel never asks is asked by staff.
import assert from "node:assert/strict";
import { test } from "node:test";
import { look, press, startBrowser } from "../support/browser.mjs";
import { button, enter, path } from "../support/notification.mjs";
import { atTheDesk, recordIdentity, unfold } from "../support/office.mjs";
import { startPortal } from "../support/portal.mjs";

const portal = await startPortal();
const browser = await startBrowser();

/** Opens the sample of a channel, which stands on some page of the queue. */
async function openFrom(page, channel) {
  await page.goto("/staff/queue?tab=new");
  const row = page.locator("tr").filter({ hasText: channel });
  for (let pages = 0; pages < 10 && (await row.count()) === 0; pages += 1) {
    await press(page.getByRole("link", { name: "次のページ" }));
  }
  await press(row.getByRole("link"));
  assert.match(path(page), /^\/staff\/cases\//);
}

/** Compares the filing with the one beside it, and says that they are two: until then it cannot be accepted. */
async function tellApart(desk) {
  const { page } = desk;
  const home = path(page);
  assert.ok(await button(page, "受理する").isDisabled(), "nobody has said whether they are one");
  const why = page.getByRole("link", { name: /^同じ方と思われる届出があります。/ });
  assert.equal(await why.getAttribute("href"), "#same-person");
  await press(page.locator("#same-person").getByRole("link", { name: /と見比べる$/ }));
  await look(desk, "staff-beside");
  assert.ok((await page.locator(".beside__row--differs").count()) > 0, "they came by two channels");
  await press(button(page, "記録する"));
  assert.match(await page.title(), /^エラー：/);
  await look(desk, "staff-beside-errors");
  await page.getByLabel("別の届出（どちらも手続きを進める）").check();
  await press(button(page, "記録する"));
  assert.match(await page.locator("main").innerText(), /別の届出として確認済みです/);
  await page.goto(home);
}

for (const javaScript of [true, false]) {
  const [how, channel] = javaScript ? ["with script", "県の電子申請"] : ["without script", "ぴったりサービス"];

  test(`${how}: a filing of ${channel} says where it comes from, and is accepted when all was asked`, async () => {
    const desk = await atTheDesk(browser, portal, "clerk1", { javaScript });
    const { page } = desk;
    await openFrom(page, channel);
    await press(button(page, "担当する"));
    const main = await page.locator("main").innerText();
    assert.ok(main.includes(channel) && main.includes("まだ聞いていない項目"), main);
    if (!javaScript) assert.ok(main.includes("同じ方と思われる届出があります"), "she has filed here too");
    await look(desk, `staff-case-${javaScript ? "prefecture" : "pittari"}`);
    await recordIdentity(page);
    assert.ok(await button(page, "受理する").isDisabled(), "what was not asked is missing");
    const deed = await unfold(page, "聞き取った内容を入力する");
    const chosen = {
      lives_elsewhere: "same", language: "ja", interpreter: "no", multiple: "single", parity: "1", marital_status: "1",
      homecoming: "no",
    };
    if (!javaScript) Object.assign(chosen, { sti_check: "1", tb_check: "1", occupation: "1" });
    for (const [name, value] of Object.entries(chosen)) {
      await deed.locator(`input[name="${name}"][value="${value}"]`).check();
    }
    await enter(page, { pregnancies: "たくさん", child_order: "1" });
    await press(deed.getByRole("button", { name: "保存する" }));
    assert.match(await page.title(), /^エラー：/);
    assert.equal(await page.locator('[name="pregnancies"]').inputValue(), "たくさん");
    await look(desk, `staff-case-${javaScript ? "prefecture" : "pittari"}-errors`);
    await enter(page, { pregnancies: "1" });
    await press((await unfold(page, "聞き取った内容を入力する")).getByRole("button", { name: "保存する" }));
    const here = page.url();
    if (!javaScript) await tellApart(desk);
    await press(button(page, "受理する"));
    // A decision leads on to the next case of the view.
    await page.goto(here);
    assert.match(await page.locator("main").innerText(), /二人目/);
    await desk.context.close();
  });
}
