// 窓口代行入力 and 差戻し: a paper form typed in by one person and checked by another, and what a parent reads of a send-back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { look, lookOnBoth, person, press, startBrowser } from "../support/browser.mjs";
import { HANAKO, MIHOKO, begin, button, enter, fillIn, pages, path, signIn } from "../support/notification.mjs";
import { atTheDesk, open, unfold } from "../support/office.mjs";
import { startPortal } from "../support/portal.mjs";

const portal = await startPortal();
const browser = await startBrowser();
const ENTRY = "/staff/entry/pregnancy_notification";
const textOf = (page) => page.locator("main").innerText();

for (const javaScript of [true, false]) {
  const how = javaScript ? "with script" : "without script";
  const who = javaScript ? HANAKO : MIHOKO;
  const as = (name) => `counter-${name}`;

  test(`${how}: a paper form is typed in, checked field by field by another person, and accepted`, async () => {
    const typist = await atTheDesk(browser, portal, "clerk1", { javaScript });
    const { page } = typist;
    await press(page.getByRole("link", { name: "窓口代行入力" }));
    await lookOnBoth(typist, as("overview-empty"));
    await press(button(page, "妊娠届"));
    for (const [id, values] of pages(who)) {
      assert.equal(path(page), `${ENTRY}/${id}`);
      if (id === "contact") {
        // The paper has no telephone number: said at the field, and marked.
        await enter(page, { phone_hours: ["morning"] });
        await press(button(page, "次へ"));
        assert.match(await page.title(), /^エラー：/);
        await lookOnBoth(typist, as("page-errors"));
        await page.locator("#blank-phone").check();
      } else {
        await enter(page, values);
      }
      if (id === "name") {
        await lookOnBoth(typist, as("page"));
        // Left in the middle, and gone on with.
        await press(button(page, "保存して中断"));
        assert.equal(path(page), "/staff/entry");
        await lookOnBoth(typist, as("overview"));
        await press(button(page, "続きを入力する"));
        await page.goto(`${ENTRY}/name`);
        assert.equal(await page.locator("#name").inputValue(), who.name);
      }
      await press(button(page, "次へ"));
    }
    assert.equal(path(page), `${ENTRY}/check`);
    await page.locator("#handed_in").fill("2020-01-01");
    await press(button(page, "届出として登録する"));
    assert.match(await page.title(), /^エラー：/);
    await page.locator('input[name="seen"][value="now"]').check();
    await lookOnBoth(typist, as("end-errors"));
    const today = new Date(Date.now() + 9 * 60 * 60 * 1000).toISOString().slice(0, 10);
    await page.locator("#handed_in").fill(today);
    await page.locator('input[name="number"][value="later"]').check();
    await page.locator('input[name="person"][value="driving_licence"]').check();
    await page.locator('input[name="compared_with"][value="person_document"]').check();
    await page.locator('input[name="compared"][value="all"]').check();
    await press(button(page, "届出として登録する"));
    assert.match(path(page), /\/receipt$/);
    await lookOnBoth(typist, as("receipt"));
    const number = path(page).split("/")[3];
    assert.doesNotMatch(await page.locator(".entry-receipt").innerText(), /妊娠|届/);
    await press(page.getByRole("link", { name: "届出に戻る" }));
    await press(button(page, "担当する"));
    assert.ok(await button(page, "受理する").isDisabled(), "nobody has checked it");
    assert.ok(await button(page, "紙と照合する").isDisabled(), "not by who typed it");
    await lookOnBoth(typist, as("case-unchecked"));

    const checker = await atTheDesk(browser, portal, "clerk2", { javaScript });
    await open(checker.page, number);
    await press(checker.page.getByRole("link", { name: "紙と照合する" }));
    await lookOnBoth(checker, as("check"));
    await press(button(checker.page, "照合を終える"));
    assert.match(await checker.page.title(), /^エラー：/);
    await lookOnBoth(checker, as("check-errors"));
    for (const same of await checker.page.locator('input[value="same"]').all()) await same.check();
    await checker.page.locator('input[name="check:clinic"][value="differs"]').check();
    await checker.page.locator("#clinic").fill("見本レディースクリニック");
    await lookOnBoth(checker, as("check-differs"));
    await press(button(checker.page, "照合を終える"));
    assert.match(await checker.page.title(), /^エラー：/, "why is missing");
    assert.equal(await checker.page.locator("#clinic").inputValue(), "見本レディースクリニック", "nothing typed is lost");
    await checker.page.locator('[name="because:clinic"]').fill("紙は「見本」でした。");
    await press(button(checker.page, "照合を終える"));
    assert.equal(path(checker.page), `/staff/cases/${number}`);

    await page.goto("/staff/entry");
    await lookOnBoth(typist, as("overview-news"));
    await press(page.locator(`.notice a[href$="${number}"]`));
    assert.match(await textOf(page), /紙は「見本」でした。/);
    await lookOnBoth(typist, as("case-put-right"));
    await press(button(page, "読みました"));
    // Each of her own: one telephone on two filings is pointed out, and is to be looked at first.
    await enter(page, { phone: javaScript ? "090-0000-9998" : "090-0000-9999" });
    await press(button(page, "保存する"));
    await press(button(page, "受理する"));
    await open(checker.page, number);
    await press(button(checker.page, "二人目として確認する"));
    for (const one of [typist, checker]) await one.context.close();
  });

  test(`${how}: a reason is picked by keyboard, looked at in her language, sent, and comes back marked`, async () => {
    const parent = await person(browser, portal, { javaScript, locale: "en-US" });
    await parent.page.goto("/");
    const file = async () => {
      await press(parent.page.locator('.site-header__language button[value="ja"]'));
      await begin(parent.page);
      await fillIn(parent.page, { ...who, name: "差戻 文例" });
      await press(parent.page.getByRole("link", { name: "メールアドレスの確認へ" }));
      await signIn(parent.page, portal, `send-back-${javaScript}@example.jp`);
      await parent.page.goto("/apply/pregnancy_notification/check");
      await press(parent.page.locator('.site-header__language button[value="en"]'));
      await press(parent.page.locator('main form[action$="/check"] button').first());
      return path(parent.page).split("/").pop();
    };
    const number = await file();
    const desk = await atTheDesk(browser, portal, "clerk1", { javaScript });
    const { page } = desk;
    await open(page, number);
    await press(button(page, "担当する"));
    await unfold(page, "差し戻す");
    // By keyboard: the box, then the first sentence.
    await page.locator("#field-phone").focus();
    await page.keyboard.press("Space");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    assert.ok(await page.locator("#template-phone-0").isChecked());
    if (javaScript) assert.match(await page.locator("#reason-phone").inputValue(), /電話がつながりませんでした/);
    await page.locator("#field-name").check();
    await page.locator("#reason-name").fill("「髙」の字をご確認ください。");
    await lookOnBoth(desk, "send-back");
    await press(button(page, "ご本人の画面で確かめる"));
    assert.match(await textOf(page), /We could not reach you by telephone/);
    await lookOnBoth(desk, "send-back-preview");
    await press(button(page, "戻って直す"));
    assert.equal(await page.locator("#reason-name").inputValue(), "「髙」の字をご確認ください。");
    await press(button(page, "ご本人の画面で確かめる"));
    await press(button(page, "届出人に送る"));
    assert.match(await textOf(page), /修正待ち/);

    await parent.page.goto(`/cases/${number}/correct`);
    const read = await textOf(parent.page);
    assert.match(read, /We could not reach you by telephone/);
    assert.match(read, /「髙」の字をご確認ください。\s*in Japanese/);
    await look(parent, "correct-english");
    await enter(parent.page, { phone: "090-1111-2222" });
    await press(parent.page.locator('main button[name="then"][value="next"].button--primary'));
    await page.goto(`/staff/cases/${number}`);
    assert.match(await page.locator("#send-backs").innerText(), new RegExp(`${who.phone}[^]*→[^]*090-1111-2222`));
    await lookOnBoth(desk, "send-back-came-back");
    for (const one of [parent, desk]) await one.context.close();
  });
}
