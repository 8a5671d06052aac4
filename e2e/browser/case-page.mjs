// The page of a case: what was declared beside what was seen, corrections by the office, changes, photos in an origin of their own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { look, person, press, startBrowser } from "../support/browser.mjs";
import { FORM, HANAKO, begin, button, enter, pages, passNumber, path, signIn } from "../support/notification.mjs";
import { atTheDesk, unfold } from "../support/office.mjs";
import { startPortal } from "../support/portal.mjs";

const portal = await startPortal();
const browser = await startBrowser();
const DESK = { width: 1280, height: 900 };

/** A photo that says it is one and is not: HTML and SVG with a photo's name and type. */
const HOSTILE = [
  { name: "photo.jpg", mimeType: "image/jpeg", buffer: Buffer.from("<html><script>document.title='ran'</script>") },
  { name: "photo.png", mimeType: "image/png", buffer: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="document.title=1"/>') },
];
/** Readers run what stands in a PDF; it is never shown here. */
const PDF = { name: "x.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF\n") };

/** A real photo, made by a browser, after which HTML stands. */
async function polyglot() {
  const context = await browser.newContext();
  const page = await context.newPage();
  const url = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [600, 400];
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#7a5";
    pen.fillRect(0, 0, 600, 400);
    pen.fillStyle = "#fff";
    pen.font = "48px sans-serif";
    pen.fillText("見本の写真", 150, 220);
    return canvas.toDataURL("image/jpeg");
  });
  await context.close();
  const buffer = Buffer.concat([Buffer.from(url.split(",")[1], "base64"), Buffer.from("<script>document.title='ran'</script>")]);
  return { name: "photo.jpg", mimeType: "image/jpeg", buffer };
}
const photo = await polyglot();

/** A parent files with papers, without script; her browser, which stays signed in, and the receipt number. */
async function file(mail) {
  const parent = await person(browser, portal, { javaScript: false });
  const { page } = parent;
  await begin(page);
  for (const [id, values] of pages(HANAKO)) {
    if (path(page) !== `${FORM}/${id}`) continue;
    await enter(page, values);
    await press(button(page, "次へ"));
  }
  await passNumber(page);
  assert.equal(path(page), `${FORM}/papers`);
  const chooser = page.locator("#paper-due_date_proof");
  for (const files of [HOSTILE, [photo, PDF]]) {
    await chooser.setInputFiles(files);
    await press(button(page, "選んだものを追加する"));
  }
  const listed = await page.locator(".paper-list li > span").allInnerTexts();
  assert.deepEqual(listed.map((text) => text.split(" (")[0]), ["写真1", "書類2（PDF）"], "what is no photo is not taken");
  await press(button(page, "次へ"));
  await press(page.getByRole("link", { name: "メールアドレスの確認へ" }));
  await signIn(page, portal, mail);
  await press(button(page, "送信する"));
  return { parent, number: path(page).split("/").pop() };
}

test("a difference is settled, an answer put right, and each is read where it belongs", async () => {
  const { parent, number } = await file("case-page@example.jp");
  const first = await atTheDesk(browser, portal, "clerk1");
  const { page } = first;
  await page.setViewportSize(DESK);
  await page.goto(`/staff/cases/${number}`);
  await press(button(page, "担当する"));
  let deed = await unfold(page, "本人確認を記録する");
  await deed.locator('input[name="number"][value="later"]').check();
  await deed.locator('input[name="person"][value="driving_licence"]').check();
  await deed.locator('input[name="compared_with"][value="person_document"]').check();
  await deed.locator('input[name="compared"][value="each"]').check();
  for (const [fact, found] of Object.entries({ name: "different", kana: "not_shown", birthdate: "same", address: "different", sex: "not_shown" })) {
    await deed.locator(`input[name="fact-${fact}"][value="${found}"]`).check();
  }
  await look(first, "case-page-comparing");
  await press(button(page, "記録する"));
  assert.ok(await button(page, "受理する").isDisabled(), "a difference is open");
  await look(first, "case-page-difference");

  deed = await unfold(page, "住所の相違を解消する");
  await press(deed.getByRole("button", { name: "同じ方と確認した" }));
  assert.match(await page.title(), /^エラー：/);
  await look(first, "case-page-settle-error");
  deed = await unfold(page, "住所の相違を解消する");
  await deed.locator("textarea").fill("転入の届出を同じ日に受けた。");
  await press(deed.getByRole("button", { name: "同じ方と確認した" }));

  await page.goto(`/staff/cases/${number}/amend/name`);
  await look(first, "case-page-amend");
  await page.locator("#name").fill("");
  await page.locator("#amend_note").fill("免許証の表記");
  await press(button(page, "訂正する"));
  await look(first, "case-page-amend-errors");
  assert.equal(await page.locator("#amend_note").inputValue(), "免許証の表記", "what was typed stays");
  await page.locator("#name").fill("窓口 華子");
  await page.getByLabel("本人確認書類の記載に合わせた").check();
  await press(button(page, "訂正する"));
  assert.deepEqual(await page.locator("#changes mark").allInnerTexts(), ["花", "華"]);
  await look(first, "case-page-changed");
  await page.setViewportSize({ width: 360, height: 740 });
  await look(first, "case-page-changed-phone");
  await page.setViewportSize(DESK);
  assert.equal(await page.locator("#changes .notice").count(), 0, "what she has put right herself is no news to her");
  await press(button(page, "受理する"));

  await parent.page.goto(`/cases/${number}`);
  const read = await parent.page.locator("main").innerText();
  assert.match(read, /市が訂正した項目/);
  assert.match(read, /本人確認書類の記載に合わせました。/);
  assert.ok(!read.includes("華子") && !read.includes("免許証の表記"), "no value, and nothing for colleagues");
  await look(parent, "case-amended");
  await parent.context.close();

  await page.goto("/staff/me/log");
  await look(first, "staff-own-log");
  await first.context.close();
});

test("a photo is seen, turned and enlarged without any script; nothing that a file brings along runs", async () => {
  const { parent, number } = await file("viewer@example.jp");
  await parent.context.close();
  const desk = await atTheDesk(browser, portal, "clerk2");
  const { page, context } = desk;
  await page.setViewportSize(DESK);
  await page.goto(`/staff/cases/${number}`);
  const [viewer] = await Promise.all([context.waitForEvent("page"), page.getByRole("link", { name: "写真1" }).click()]);
  await viewer.waitForLoadState();
  assert.equal(await viewer.evaluate(() => globalThis.origin), "null", "an origin of its own");
  assert.equal(await viewer.title(), "写真1");
  assert.ok(await viewer.locator("img").evaluate((one) => one.naturalWidth) > 0, "it is shown");
  const rotated = () => viewer.locator("img").evaluate((one) => getComputedStyle(one).rotate);
  const width = () => viewer.locator("img").evaluate((one) => one.getBoundingClientRect().width);
  assert.equal(await rotated(), "none");
  const before = await width();
  await viewer.getByRole("link", { name: "右に90°回す" }).click();
  assert.equal(await rotated(), "90deg");
  await viewer.getByRole("link", { name: "2倍に拡大" }).click();
  assert.ok(await width() > before, "it is larger");
  await viewer.screenshot({ path: process.env.CARGO_TARGET_DIR ? `${process.env.CARGO_TARGET_DIR}/screenshots/viewer.png` : undefined });
  assert.ok(!(await viewer.content()).includes("<script"), "what stood behind the photo is gone");
  await viewer.close();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "書類2（PDF）" }).click()]);
  assert.match(download.suggestedFilename(), /\.pdf$/);
  await context.close();
});

test("two people invite somebody again who has lost her passkey; whoever proposed it does not confirm it", async () => {
  const desk = await atTheDesk(browser, portal, "admin1");
  const { page, context } = desk;
  await page.goto("/staff/people");
  await look(desk, "staff-people");
  const cards = page.locator(".card", { hasText: "clerk1" });
  await press(cards.getByRole("button", { name: /^再招待を提案する/ }));
  assert.equal(await cards.count(), 2, "what waits, and who it is about");
  assert.match(await cards.first().innerText(), /別の人の確認を待っています。/);
  assert.equal(await cards.getByRole("button", { name: /^確認する/ }).count(), 0);
  await look(desk, "staff-people-proposed");
  await context.close();
});

test("of a case under 支援措置 the mark stands above everything", async () => {
  const { parent, number } = await file("undisclosed@example.jp");
  await parent.context.close();
  const desk = await atTheDesk(browser, portal, "clerk1");
  const { page, context } = desk;
  await page.setViewportSize(DESK);
  await page.goto(`/staff/cases/${number}`);
  const deed = await unfold(page, "支援措置（不開示）");
  await press(deed.getByRole("button", { name: "不開示にする" }));
  assert.match(await page.locator("main .notice:visible").first().innerText(), /支援措置：住所などは不開示です/);
  await look(desk, "case-page-undisclosed");
  await context.close();
});
