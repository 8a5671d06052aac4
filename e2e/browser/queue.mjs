// 「受付一覧」 The queue at a desk: found by name, narrowed, given to a colleague; with script and without, wide and on a phone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { look, press, startBrowser } from "../support/browser.mjs";
import { button, path } from "../support/notification.mjs";
import { atTheDesk } from "../support/office.mjs";
import { startPortal } from "../support/portal.mjs";

const portal = await startPortal();
const browser = await startBrowser();
const numbers = (page) => page.locator(".queue tbody a").allInnerTexts();
/** How many a tab says it holds. */
const countOf = async (page, tab) => Number(await page.locator(".tabs a", { hasText: tab }).locator("span").innerText());

for (const javaScript of [true, false]) {
  const how = javaScript ? "with script" : "without script";

  test(`${how}: ticked rows go to a colleague in one press, and a second press does nothing twice`, async () => {
    const desk = await atTheDesk(browser, portal, javaScript ? "clerk1" : "clerk2", { javaScript });
    const { page } = desk;
    await page.goto("/staff/queue?tab=new");
    await press(button(page, "割り当てる"));
    assert.ok((await page.locator(".error-summary").innerText()).includes("届出を選んでください"));
    await look(desk, `queue-nothing-ticked-${javaScript}`);
    const before = await countOf(page, "新着");
    const [one, other] = await numbers(page);
    await page.getByRole("checkbox", { name: `${one}を選ぶ` }).check();
    await page.getByRole("checkbox", { name: `${other}を選ぶ` }).check();
    await press(button(page, "割り当てる"));
    assert.ok(await page.getByRole("checkbox", { name: `${other}を選ぶ` }).isChecked(), "what was ticked stays ticked");
    assert.ok((await page.locator(".error-summary").innerText()).includes("割り当てる人"));
    await page.getByLabel("割り当てる人").selectOption({ index: 2 });
    await press(button(page, "割り当てる"));
    assert.ok((await page.locator("main").innerText()).includes("2件を処理しました"));
    await look(desk, `queue-bulk-${javaScript}`);
    await press(page.getByRole("link", { name: "一覧に戻る" }));
    assert.equal(await countOf(page, "新着"), before - 2);
    assert.ok(!(await numbers(page)).includes(one));
    await desk.context.close();
  });

  test(`${how}: everything on the page is claimed at once, and what is done cannot be`, async () => {
    const desk = await atTheDesk(browser, portal, javaScript ? "clerk1" : "clerk2", { javaScript });
    const { page } = desk;
    await page.goto("/staff/queue?tab=second");
    const shown = (await numbers(page)).length;
    assert.ok(shown > 0);
    await page.getByLabel("このページのすべて").check();
    await press(button(page, "担当する"));
    assert.equal(await page.locator("main li").count(), shown, "each is named with its reason");
    await look(desk, `queue-bulk-refused-${javaScript}`);
    await desk.context.close();
  });

  test(`${how}: the queue is narrowed, kept for who comes back, and searched`, async () => {
    const desk = await atTheDesk(browser, portal, "nurse1", { javaScript });
    const { page } = desk;
    await page.goto("/staff/queue?tab=new");
    await page.locator(".queue-filter > summary").click();
    await page.getByLabel("届いた経路").selectOption("pittari");
    await page.getByLabel("並べ方").selectOption("newest");
    await press(button(page, "表示する"));
    assert.equal((await numbers(page)).length, 1);
    const address = page.url();
    await look(desk, `queue-filtered-${javaScript}`);
    await page.goto("/staff/queue");
    assert.ok(page.url().includes("channel=pittari") && page.url().includes("sort=newest") && address.includes("channel=pittari"));
    await page.goto("/staff/queue?tab=new&from=x");
    assert.equal(await page.locator("#from").inputValue(), "x", "what was typed stays");
    await look(desk, `queue-not-a-day-${javaScript}`);

    await page.goto("/staff/queue?tab=new");
    const kana = await page.locator(".queue tbody td[lang=ja] small").first().innerText();
    await page.getByRole("searchbox").fill(kana.split(" ")[0]);
    await press(button(page, "探す"));
    const isOne = path(page).startsWith("/staff/cases/");
    assert.ok(isOne || (await page.locator("h1").innerText()) === "見つかった届出", page.url());
    assert.ok(!page.url().includes(encodeURIComponent(kana.split(" ")[0])), "not in the address");
    if (!isOne) await look(desk, `queue-found-${javaScript}`);
    await page.goto("/staff/queue?tab=new");
    await page.getByRole("searchbox").fill("1850-01-01");
    await press(button(page, "探す"));
    assert.ok((await page.locator("#wanted-error").innerText()).includes("見つかりませんでした"));
    await look(desk, `queue-found-nothing-${javaScript}`);
    await desk.context.close();
  });
}
