// 面談予約: staff open slots, a parent books, moves and cancels one, and her calendar follows; with script and without. What the
// portal writes for calendars is read by a library that is not ours.
import assert from "node:assert/strict";
import { test } from "node:test";
import ICAL from "ical.js";
import { look, person, press, startBrowser } from "../support/browser.mjs";
import { HANAKO, begin, button, dayFromToday, fillIn, path, signIn } from "../support/notification.mjs";
import { atTheDesk } from "../support/office.mjs";
import { startPortal } from "../support/portal.mjs";

const portal = await startPortal();
const browser = await startBrowser();
const DESK = { width: 1280, height: 900 };
const textOf = (page) => page.locator("main").innerText();

/** The event of the file that the page offers. */
async function calendar({ page, context }) {
  const href = await page.locator('a[href$="/booking.ics"]').getAttribute("href");
  const answer = await context.request.get(href);
  assert.equal(answer.status(), 200);
  const text = (await answer.body()).toString("utf8");
  assert.ok(text.split("\r\n").every((line) => Buffer.byteLength(line) <= 75), "folded");
  const whole = new ICAL.Component(ICAL.parse(text));
  const event = new ICAL.Event(whole.getFirstSubcomponent("vevent"));
  return {
    method: whole.getFirstPropertyValue("method"), uid: event.uid, sequence: event.sequence, title: event.summary, text,
    starts: event.startDate.toJSDate(), minutes: event.duration.toSeconds() / 60,
  };
}

/** A parent who has sent a 妊娠届; where her booking is. */
async function filed(javaScript, mail) {
  const parent = await person(browser, portal, { javaScript });
  const { page } = parent;
  await begin(page);
  await fillIn(page, HANAKO);
  await press(page.getByRole("link", { name: "メールアドレスの確認へ" }));
  await signIn(page, portal, mail);
  await press(button(page, "送信する"));
  return parent;
}

for (const javaScript of [true, false]) {
  const how = javaScript ? "with script" : "without script";

  test(`${how}: a parent books from the receipt, moves, cancels, and her calendar follows`, async () => {
    const parent = await filed(javaScript, `booking-${javaScript}@example.jp`);
    const { page, context } = parent;
    assert.match(await textOf(page), /面談の予約/);
    await look(parent, "receipt-with-booking");
    await press(page.getByRole("link", { name: "面談を予約する" }));
    assert.match(path(page), /^\/cases\/[0-9A-Z-]+\/booking$/);
    await look(parent, "booking-free");

    const first = page.locator("button[name=slot]").first();
    await press(first);
    assert.match(await textOf(page), /あなたの予約/);
    await look(parent, "booking-booked");
    const published = await calendar(parent);
    assert.deepEqual([published.method, published.sequence, published.title, published.minutes], ["PUBLISH", 0, "市役所の用事", 45]);
    assert.ok(published.starts > new Date());
    for (const telling of ["妊娠", "面談", "母子", "本庁舎"]) assert.ok(!published.text.includes(telling), telling);

    await page.getByLabel("面談の方法").selectOption("online");
    await press(button(page, "しぼりこむ"));
    await look(parent, "booking-filtered");
    assert.ok(!(await textOf(page)).includes("meet.example.jp"), "how to join is for who has a place");
    await press(page.locator("button[name=slot]").first());
    assert.match(await textOf(page), /meet\.example\.jp/);
    const moved = await calendar(parent);
    assert.deepEqual([moved.uid, moved.sequence], [published.uid, 1]);
    assert.notEqual(moved.starts.getTime(), published.starts.getTime());

    await press(button(page, "予約を取り消す"));
    assert.match(await textOf(page), /予約を取り消しました/);
    await look(parent, "booking-cancelled");
    const cancelled = await calendar(parent);
    assert.deepEqual([cancelled.method, cancelled.uid, cancelled.sequence], ["CANCEL", published.uid, 2]);

    // Nobody speaks it in the demo: the list is empty, and she can wait.
    await page.goto(`${path(page)}?language=ne`);
    await look(parent, "booking-none");
    await press(button(page, "空きが出たら知らせる"));
    assert.match(await textOf(page), /メールでお知らせします/);
    await look(parent, "booking-waiting");
    await press(button(page, "お知らせをやめる"));
    await context.close();
  });

  test(`${how}: staff open a series, see who comes, and close a slot, whose parent chooses again`, async () => {
    const parent = await filed(javaScript, `closing-${javaScript}@example.jp`);
    const desk = await atTheDesk(browser, portal, "clerk1", { javaScript });
    const { page } = desk;
    await page.setViewportSize(DESK);
    await press(page.getByRole("link", { name: "面談の枠" }));
    await look(desk, "staff-slots");
    const { year, month, day } = dayFromToday(40);
    const date = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
    await page.getByLabel("最初の日").fill(date);
    for (const box of await page.locator("input[name=weekday]").all()) await box.uncheck();
    await page.locator("input[name=open_days]").uncheck();
    await page.getByLabel("開始時刻").fill("9");
    await page.getByLabel("場所・参加方法").fill("分庁舎");
    await press(button(page, "枠を開く"));
    assert.match(await page.title(), /^エラー：/);
    await look(desk, "staff-slots-errors");
    await page.getByLabel("開始時刻").fill(javaScript ? "8:10" : "8:20");
    await press(button(page, "枠を開く"));
    assert.match(await textOf(page), /1 件の枠を開きました/);
    await look(desk, "staff-slots-opened");

    await press(parent.page.getByRole("link", { name: "面談を予約する" }));
    await press(parent.page.getByRole("listitem").filter({ hasText: "分庁舎" }).locator("button[name=slot]").first());
    const number = path(parent.page).split("/")[2];
    await press(page.getByRole("link", { name: javaScript ? /^08:10/ : /^08:20/ }));
    assert.ok((await textOf(page)).includes(number));
    await look(desk, "staff-slot");
    await press(button(page, "この枠を取り止める"));
    assert.match(await textOf(page), /取り止め/);
    await parent.page.reload();
    assert.match(await textOf(parent.page), /窓口の都合で行えなくなりました/);
    await look(parent, "booking-closed");
    await parent.context.close();
    await desk.context.close();
  });
}

test("in easy Japanese and in English the page fits, and days stand in both calendars", async () => {
  const parent = await filed(true, "languages@example.jp");
  const { page } = parent;
  await press(page.getByRole("link", { name: "面談を予約する" }));
  for (const [name, picture] of [["やさしい日本語", "booking-easy"], ["English", "booking-english"]]) {
    await press(page.getByRole("button", { name, exact: true }));
    assert.match(await textOf(page), /令和|Reiwa/);
    await look(parent, picture);
  }
});
