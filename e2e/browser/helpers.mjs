// Help while filling in, in a browser: with script the page stays, without it the page comes back; by keyboard; and the
// reading of a name while it is composed with an input method.
import assert from "node:assert/strict";
import { test } from "node:test";
import { look, person, press, startBrowser, until } from "../support/browser.mjs";
import { FORM, HANAKO, begin, button, dayFromToday, enter, pages, path } from "../support/notification.mjs";
import { startPortal } from "../support/portal.mjs";

const [portal, browser] = await Promise.all([startPortal(), startBrowser()]);
const value = (page, name) => page.locator(`[name="${name}"]`).inputValue();
const said = (page, field) => page.locator(`#${field}-help`).innerText();

async function upTo(page, wanted) {
  await begin(page);
  for (const [id, values] of pages(HANAKO)) {
    if (id === wanted) break;
    await enter(page, values);
    await press(button(page, "次へ"));
  }
  assert.equal(path(page), `${FORM}/${wanted}`);
}

for (const javaScript of [true, false]) {
  const how = javaScript ? "with script" : "without script";
  const somebody = () => person(browser, portal, { javaScript });
  // With script the page must stay: a load would lose the mark that is put on it.
  const ask = async (page, target) => {
    if (!javaScript) return press(target);
    await page.evaluate(() => { window.stayed = true; });
    await target.click();
  };
  const stayed = async (page) => { if (javaScript) assert.ok(await page.evaluate(() => window.stayed), "the page stayed"); };

  test(`${how}: the postal code fills in the address, offers candidates, and replaces nothing by itself`, async () => {
    const parent = await somebody();
    const { page, context } = parent;
    const posted = [];
    page.on("request", (request) => posted.push(request.url()));
    await upTo(page, "address");
    await page.locator('[name="postal_code"]').fill("１００－０００１");
    await ask(page, button(page, "住所を入れる"));
    await until("the address is there", async () => await value(page, "address") === "東京都千代田区千代田");
    assert.match(await said(page, "postal_code"), /続きの番地/);
    await stayed(page);
    await look(parent, "help-address");

    await enter(page, { postal_code: "498-0000", address: "" });
    await ask(page, button(page, "住所を入れる"));
    const second = page.getByRole("button", { name: "三重県桑名郡木曽岬町" });
    await second.waitFor();
    await look(parent, "help-address-candidates");
    await (javaScript ? second.press("Enter") : press(second));
    await until("the one that was chosen is there", async () => await value(page, "address") === "三重県桑名郡木曽岬町");
    if (javaScript) assert.equal(await page.evaluate(() => document.activeElement.id), "address", "the way goes on there");

    await enter(page, { postal_code: "4520961", address: "窓口市1-1" });
    await ask(page, button(page, "住所を入れる"));
    await page.getByRole("button", { name: /^愛知県清須市春日桑$/ }).waitFor();
    assert.match(await said(page, "postal_code"), /住所はもう入力されています/);
    assert.equal(await value(page, "address"), "窓口市1-1");
    await look(parent, "help-address-replace");

    await enter(page, { postal_code: "0000001" });
    await ask(page, button(page, "住所を入れる"));
    await until("it says so", async () => /見つかりませんでした/.test(await said(page, "postal_code")));
    await enter(page, { lives_elsewhere: "same" });
    // The return key goes on; it does not ask again.
    await Promise.all([page.waitForURL(`**${FORM}/contact`), page.locator('[name="postal_code"]').press("Enter")]);
    assert.ok(posted.every((url) => !/100|498|452|%E/.test(new URL(url).pathname + new URL(url).search)), "no code in an address");
    await context.close();
  });

  test(`${how}: who does not know her due date works it out, and may take it or leave it`, async () => {
    const parent = await somebody();
    const { page, context } = parent;
    await upTo(page, "due_date");
    await page.getByText("予定日がわからないとき").click();
    await look(parent, "help-due-date");
    const period = dayFromToday(-61);
    await enter(page, Object.fromEntries(Object.entries(period).map(([part, text]) => [`ask.due_date.${part}`, text])));
    await ask(page, button(page, "この日から計算する"));
    const due = dayFromToday(280 - 61);
    await until("the date is there", async () => await value(page, "due_date-year") === due.year);
    assert.deepEqual([await value(page, "due_date-month"), await value(page, "due_date-day")], [due.month, due.day]);
    assert.match(await said(page, "due_date"), /予定日のめやすは\d+年\d+月\d+日（令和\d+年）です。.*医師や助産師/s);
    await stayed(page);
    await look(parent, "help-due-date-found");

    await page.locator('[name="ask.due_date.weeks"]').fill("10");
    await ask(page, button(page, "週数から計算する"));
    await until("another day is offered", async () => /別の予定日/.test(await said(page, "due_date")));
    assert.equal(await value(page, "due_date-day"), due.day);
    await look(parent, "help-due-date-other");
    await ask(page, button(page, "この日に替える"));
    const other = dayFromToday(280 - 70);
    await until("it was taken", async () => await value(page, "due_date-day") === other.day);
    await press(button(page, "次へ"));
    assert.equal(path(page), `${FORM}/diagnosis`);
    await context.close();
  });
}

test("with script: a day of either calendar is shown in the other one as soon as it is whole", async () => {
  const parent = await person(browser, portal);
  const { page, context } = parent;
  await upTo(page, "birthdate");
  const year = page.locator('[name="birthdate-year"]');
  assert.equal(await year.getAttribute("inputmode"), "numeric");
  await year.pressSequentially("7");
  await button(page, "平成").click();
  assert.equal(await year.inputValue(), "平成7");
  await page.locator('[name="birthdate-month"]').pressSequentially("4");
  assert.equal(await said(page, "birthdate"), "");
  await page.locator('[name="birthdate-day"]').pressSequentially("1");
  await until("both are shown", async () => /1995年4月1日（平成7年）/.test(await said(page, "birthdate")));
  await look(parent, "help-birthdate");
  await year.fill("1996");
  await button(page, "昭和").click();
  assert.equal(await year.inputValue(), "1996", "a Western year stays");
  await until("the other day", async () => /平成8年/.test(await said(page, "birthdate")));
  await context.close();
});

test("with script: a lost connection is said, and the button can be pressed again", async () => {
  const parent = await person(browser, portal);
  const { page, context } = parent;
  await upTo(page, "address");
  await page.locator('[name="postal_code"]').fill("1000001");
  await page.route("**/help", (route) => route.abort(), { times: 1 });
  await button(page, "住所を入れる").click();
  await until("it says so", async () => /通信できませんでした/.test(await said(page, "postal_code")));
  await button(page, "住所を入れる").click();
  await until("the address is there", async () => await value(page, "address") === "東京都千代田区千代田");
  await context.close();
});

test("with script: the reading of a name comes from what the keyboard composed, and never over hers", async () => {
  const parent = await person(browser, portal);
  const { page, context } = parent;
  await upTo(page, "name");
  const protocol = await context.newCDPSession(page);
  const compose = async (steps, text) => {
    for (const step of steps) {
      await protocol.send("Input.imeSetComposition", { text: step, selectionStart: step.length, selectionEnd: step.length });
    }
    await protocol.send("Input.insertText", { text });
  };
  const [name, kana] = ["name", "name_kana"].map((one) => page.locator(`[name="${one}"]`));
  await name.focus();
  await compose(["ｍ", "ま", "まｄ", "まど", "まどぐち", "窓口"], "窓口");
  await until("the first name", async () => await kana.inputValue() === "マドグチ");
  await page.keyboard.insertText("　");
  await compose(["は", "はなこ", "花子"], "花子");
  await until("the whole name", async () => await kana.inputValue() === "マドグチ ハナコ");
  assert.equal(await name.inputValue(), "窓口　花子");
  // Taken back and composed anew.
  await page.keyboard.press("Backspace");
  await page.keyboard.press("Backspace");
  await until("without the second name", async () => await kana.inputValue() === "マドグチ");
  await compose(["さくら"], "さくら");
  await until("kana as it is", async () => await kana.inputValue() === "マドグチ サクラ");
  // What she writes herself stays.
  await kana.fill("マドグチ　サクラコ");
  await name.focus();
  await page.keyboard.press("End");
  await compose(["こ", "子"], "子");
  assert.equal(await name.inputValue(), "窓口　さくら子");
  assert.equal(await kana.inputValue(), "マドグチ　サクラコ");
  await look(parent, "help-name");
  await context.close();
});
