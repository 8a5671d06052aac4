// 「集計」「役割と権限」 What staff look at and print: on a telephone, at a desk, in the dark and on paper.
import assert from "node:assert/strict";
import { test } from "node:test";
import { join } from "node:path";
import { lookOnBoth, press, startBrowser } from "../support/browser.mjs";
import { button, path } from "../support/notification.mjs";
import { atTheDesk } from "../support/office.mjs";
import { startPortal } from "../support/portal.mjs";

const portal = await startPortal();
const browser = await startBrowser();
const PICTURES = process.env.CARGO_TARGET_DIR ? join(process.env.CARGO_TARGET_DIR, "screenshots") : undefined;

/** Both sizes, light and dark by axe; a picture of the dark and of the paper besides. */
async function lookAtAll(desk, name) {
  const { page } = desk;
  await lookOnBoth(desk, name);
  if (!PICTURES) return;
  await page.emulateMedia({ colorScheme: "dark" });
  await page.screenshot({ path: join(PICTURES, `${name}-dark.png`), fullPage: true });
  await page.emulateMedia({ media: "print", colorScheme: "light" });
  await page.screenshot({ path: join(PICTURES, `${name}-print.png`), fullPage: true });
  await page.emulateMedia({ media: "screen" });
}

test("the team sees its numbers, prints none of them, and gives the copy away", async () => {
  const desk = await atTheDesk(browser, portal, "clerk1");
  const { page } = desk;
  await press(page.getByRole("link", { name: "集計" }));
  assert.equal(path(page), "/staff/reports");
  await lookAtAll(desk, "staff-reports");
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator(".report--team").isVisible(), false);
  assert.ok(await page.getByText("内部用の数字は印刷されません").isVisible());
  await page.emulateMedia({ media: "screen" });
  const year = await page.locator("#period option").evaluateAll((all) => all.map((one) => one.value).find((one) => one.startsWith("fy")));
  await page.locator("#period").selectOption(year);
  await press(button(page, "表示する"));
  await lookAtAll(desk, "staff-reports-year");
  const before = await page.locator("#period option").nth(1).getAttribute("value");
  await page.goto(`/staff/reports?period=${before}&edition=copy`);
  assert.ok(await page.getByText("配布用の数字です").isVisible());
  await lookAtAll(desk, "staff-reports-copy");
  await page.locator(".staff-bar__more summary").click();
  await press(page.getByRole("link", { name: "役割と権限" }));
  await lookAtAll(desk, "staff-roles");
});
