// 「引渡しの突合」 What was confirmed and what became of it, looked at by staff on a telephone and at a desk, in Japanese and English.
import assert from "node:assert/strict";
import { test } from "node:test";
import { look, press, startBrowser, until } from "../support/browser.mjs";
import { path } from "../support/notification.mjs";
import { atTheDesk } from "../support/office.mjs";
import { startPortal } from "../support/portal.mjs";

const portal = await startPortal();
const browser = await startBrowser();

test("staff see by day what was handed over, and every difference by its receipt number", async () => {
  const desk = await atTheDesk(browser, portal, "nurse1");
  const { page } = desk;
  await press(page.getByRole("link", { name: "引渡しの突合" }));
  assert.equal(path(page), "/staff/handover");
  // The portal seals by itself within a minute of its start.
  await until("a batch is sealed", async () => {
    await page.reload();
    return (await page.locator("main").innerText()).includes("引渡し kenko 1");
  }, 90_000);
  await look(desk, "staff-handover");
  await page.setViewportSize({ width: 1280, height: 900 });
  await look(desk, "staff-handover-desk");
  const days = page.locator(".handover-days tbody tr");
  assert.ok((await days.count()) > 0, "no day");
  for (const row of await days.all()) {
    const [confirmed, handedOver, imported, held, rejected, unanswered, withdrawn] = (await row.locator("td").allInnerTexts()).map(Number);
    assert.equal(handedOver, imported + held + rejected + unanswered);
    assert.ok(confirmed >= handedOver + withdrawn);
  }
  const first = page.locator(".card h3 a").first();
  const number = await first.innerText();
  await press(first);
  assert.equal(path(page), `/staff/cases/${number}`);
});
