// 「外部記録媒体」 A batch on a medium: one person registers and asks, another approves, the registered terminal writes; on a telephone and at a
// desk, with script and without.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { lookOnBoth, press, startBrowser, until } from "../support/browser.mjs";
import { button, path } from "../support/notification.mjs";
import { atTheDesk, unfold } from "../support/office.mjs";
import { startPortal } from "../support/portal.mjs";

const portal = await startPortal();
const browser = await startBrowser();
const folder = mkdtempSync(join(tmpdir(), "madoguchi-medium-"));
const words = async (page) => page.locator("main").innerText();

for (const javaScript of [true, false]) {
  const how = javaScript ? "with script" : "without script";
  const named = javaScript ? "1" : "2";
  test(`${how}: a batch leaves when two people said so, at the terminal that was approved, and comes back`, async () => {
    const asks = await atTheDesk(browser, portal, "admin1", { javaScript });
    const approves = await atTheDesk(browser, portal, "clerk2", { javaScript });
    await asks.page.goto("/staff/media");
    if (javaScript) await lookOnBoth(asks, "media-empty");
    const medium = await unfold(asks.page, "媒体を登録する");
    await medium.locator('[name="label"]').fill(" ");
    await medium.locator('[name="serial"]').fill(`SN-${named}`);
    await press(medium.getByRole("button", { name: "登録する" }));
    assert.match(await words(asks.page), /呼び名と製造番号を、60文字以内で/);
    assert.equal(await asks.page.locator("#serial").inputValue(), `SN-${named}`, "what was typed stays");
    await asks.page.locator("#label").fill(`媒体${named}`);
    await press(asks.page.locator("details[open]").getByRole("button", { name: "登録する" }));
    const key = join(folder, `terminal${named}.pem`);
    const [jwk] = portal.command("handover", "terminal-key", "--out", key).split("\n");
    const terminal = await unfold(asks.page, "端末を登録する");
    await terminal.locator('[name="label"]').fill(`端末${named}`);
    await terminal.locator('[name="key"]').fill(jwk);
    await press(terminal.getByRole("button", { name: "登録する" }));

    await approves.page.goto("/staff/media");
    await lookOnBoth(approves, "media-to-approve");
    for (const name of [`媒体${named}`, `端末${named}`]) await press(approves.page.getByRole("button", { name: `承認する ${name}` }));

    await until("a batch is sealed", async () => {
      await asks.page.goto("/staff/media");
      return /最新 [1-9]/.test(await words(asks.page));
    }, 90_000);
    await asks.page.locator("#seq").fill("1");
    await asks.page.locator("#medium").selectOption({ label: `媒体${named}` });
    await asks.page.locator("#terminal").selectOption({ label: `端末${named}` });
    await press(button(asks.page, "申請する"));
    assert.match(await words(asks.page), /承認待ち/);
    await approves.page.goto("/staff/media");
    await press(approves.page.getByRole("button", { name: "承認する kenko 1" }));
    await asks.page.goto("/staff/media");
    await lookOnBoth(asks, "media-approved");
    const [carriage] = /[0-9a-f]{32}/.exec(await asks.page.locator("pre.command").first().innerText());
    const out = mkdtempSync(join(folder, "medium-"));
    portal.command("handover", "export", carriage, "--terminal", key, "--out", out);
    assert.deepEqual(readdirSync(out), ["batch-000001"]);
    await asks.page.goto("/staff/media");
    for (const name of ["返却を受け取った", "中身を消去した"]) await press(asks.page.getByRole("button", { name: new RegExp(name) }));
    assert.match(await words(asks.page), /消去済み/);
    assert.equal(path(asks.page), "/staff/media");
    await lookOnBoth(asks, "media-wiped");
    for (const one of [asks, approves]) await one.context.close();
  });
}

test.after(() => rmSync(folder, { recursive: true, force: true }));
