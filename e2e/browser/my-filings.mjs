// 「わたしの届出」 What comes next, messages both ways, filing a declined one again, and the end of a pregnancy told once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { look, person, press, startBrowser } from "../support/browser.mjs";
import { FORM, HANAKO, begin, button, fillIn, path, signIn } from "../support/notification.mjs";
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

test("the pages that explain are there for everybody", async () => {
  const parent = await person(browser, portal);
  const { page } = parent;
  await page.goto("/");
  await look(parent, "start-explained");
  for (const [name, expected] of [
    ["help", /メールが届かない/],
    ["moved-in", /届け出る前に出産された方/],
    ["benefit", /子ども・子育て支援法/],
    ["privacy", /利用目的/],
    ["accessibility", /JIS X 8341-3:2016/],
  ]) {
    await page.goto("/");
    await press(page.locator(`.site-footer a[href="/${name}"]`));
    assert.match(await textOf(page), expected);
    await look(parent, `info-${name}`);
  }
  await parent.context.close();
});

for (const javaScript of [true, false]) {
  const how = javaScript ? "with script" : "without script";
  const address = (name) => `${name}-${javaScript ? "with" : "without"}@example.jp`;

  test(`${how}: she reads what comes next, writes to the city, and is answered`, async () => {
    const parent = await person(browser, portal, { javaScript });
    const { page } = parent;
    const mail = address("writes");
    const number = await file(parent, { ...HANAKO, name: "連絡 試子", mail });
    await page.goto(`/cases/${number}`);
    assert.match(await textOf(page), /これからのこと[\s\S]*職員が内容を確認します[\s\S]*ごろまで/);
    await look(parent, "case-course");
    await press(button(page, "送る"));
    assert.match(await page.title(), /^エラー：/);
    await look(parent, "case-message-error");
    await page.getByLabel("連絡の内容").fill("あ".repeat(1001));
    await press(button(page, "送る"));
    assert.equal((await page.getByLabel("連絡の内容").inputValue()).length, 1001, "what was typed is there");
    await page.getByLabel("連絡の内容").fill("面談は<b>何時</b>ですか。\n\n窓口は何階ですか。");
    await press(button(page, "送る"));
    assert.equal(path(page), `/cases/${number}`);
    assert.match(await textOf(page), /面談は<b>何時<\/b>ですか。[\s\S]*未読/);
    await look(parent, "case-message-sent");

    const desk = await atTheDesk(browser, portal, "clerk1", { javaScript });
    await press(desk.page.getByRole("link", { name: /^未読の連絡/ }));
    assert.ok((await textOf(desk.page)).includes(number));
    await look(desk, "queue-messages");
    await open(desk.page, number);
    assert.match(await textOf(desk.page), /面談は<b>何時<\/b>ですか。/);
    await desk.page.getByLabel("連絡の内容").fill("10時に、2階へおいでください。");
    await press(button(desk.page, "送る"));
    await look(desk, "staff-case-messages");
    await mailTo(portal, mail, /お知らせがあります/);
    await page.goto("/cases");
    assert.match(await textOf(page), /新しい連絡があります/);
    await look(parent, "cases-with-news");
    await press(page.getByRole("link", { name: "妊娠届", exact: true }));
    assert.match(await textOf(page), /10時に、2階へおいでください。/);
    assert.match(await textOf(page), /既読/);
    await desk.page.reload();
    assert.match(await textOf(desk.page), /既読/);
    for (const { context } of [parent, desk]) await context.close();
  });

  test(`${how}: a declined filing is filed again with its answers, and a draft that is there is asked about`, async () => {
    const parent = await person(browser, portal, { javaScript });
    const { page } = parent;
    const number = await file(parent, { ...HANAKO, name: "出直 試子", mail: address("again") });
    const first = await atTheDesk(browser, portal, "clerk1", { javaScript });
    await open(first.page, number);
    await press(button(first.page, "担当する"));
    const deed = await unfold(first.page, "不受理");
    await deed.locator('input[name="reason"][value="wrong_person"]').check();
    await press(deed.getByRole("button"));
    const second = await atTheDesk(browser, portal, "clerk2", { javaScript });
    await open(second.page, number);
    await press(second.page.locator('form[action$="/decline"] button'));
    await page.goto(`/cases/${number}`);
    assert.match(await textOf(page), /ご本人の届出であることを確かめられませんでした/);
    await look(parent, "case-declined");
    await press(button(page, "この内容で届出を出し直す"));
    assert.ok(path(page).startsWith(FORM), path(page));
    await page.goto(`${FORM}/name`);
    assert.equal(await page.locator('[name="name"]').inputValue(), "出直 試子");
    await page.goto(`/cases/${number}`);
    await press(button(page, "この内容で届出を出し直す"));
    assert.match(await textOf(page), /途中の入力があります/);
    await look(parent, "refile-draft-there");
    await press(button(page, "途中の入力を消して、前の届出の内容で始める"));
    assert.ok(path(page).startsWith(FORM), path(page));
    for (const { context } of [parent, first, second]) await context.close();
  });

  test(`${how}: the end of a pregnancy is told once, and can be taken back`, async () => {
    const parent = await person(browser, portal, { javaScript });
    const { page } = parent;
    const number = await file(parent, { ...HANAKO, name: "静香 試子", mail: address("quiet") });
    await page.goto("/cases");
    await press(page.getByRole("link", { name: /お知らせを止める/ }));
    assert.ok(!(await page.title()).includes("妊娠"), "the title is neutral");
    await look(parent, "end-ask");
    await press(button(page, "お知らせを止める"));
    assert.match(await textOf(page), /お知らせを止めました/);
    await look(parent, "end-told");
    await page.goto("/");
    assert.ok(!(await textOf(page)).includes("妊娠届アンケート"), "what follows is not held out");
    await page.goto(`/cases/${number}`);
    assert.ok(!(await textOf(page)).includes("これからのこと"));
    await look(parent, "case-quiet");

    const desk = await atTheDesk(browser, portal, "clerk1", { javaScript });
    await open(desk.page, number);
    assert.match(await textOf(desk.page), /妊娠の終了が伝えられています/);
    await look(desk, "staff-case-quiet");
    await unfold(desk.page, "妊娠の終了");
    await press(button(desk.page, "記録を取り消し、お知らせを再開する"));
    await page.goto("/");
    assert.ok((await textOf(page)).includes("妊娠届アンケート"));
    for (const { context } of [parent, desk]) await context.close();
  });
}
