// The portal with a real scanner: what is clean passes, the test virus is quarantined, and while the scanner is gone papers wait
// and nobody opens them. Invariant: what became of a paper is read from the page of its parent and from the portal's own record.
import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../support/browser.mjs";
import { hasClamd, prepareClamd } from "../support/clamd.mjs";
import { EICAR, jpeg, pdf } from "../support/hostile.mjs";
import { startPortal } from "../support/portal.mjs";
import { startUploader } from "../support/uploader.mjs";

const UNSAFE = "検査で問題が見つかりました";
/** The longest that a paper waits after the first try (`flows/paper_scan.rs`), and the worker's own pause. */
const PATIENCE = 120_000;

test("a real clamd passes what is clean, finds the test virus, and is waited for while it is gone", async (t) => {
  if (!hasClamd()) { t.skip("no clamd: .ci/setup soak installs it"); return; }
  const clamd = prepareClamd();
  await clamd.start();
  const portal = await startPortal({ environment: { MADOGUCHI_CLAMD: `unix:${clamd.socket}` } });
  const parent = await startUploader(portal);
  // The samples have papers too, of their filings.
  const states = () => portal.sql("SELECT state FROM paper WHERE draft_id IS NOT NULL ORDER BY added_at, place");
  const become = (...expected) => until(`${expected}`, () => states().join() === expected.join(), PATIENCE);
  const shown = async () => (await parent.ask("GET", parent.address)).text;

  assert.equal((await parent.send(jpeg())).status, 303);
  await become("clean");
  assert.ok(!(await shown()).includes(UNSAFE));
  assert.equal((await parent.send(pdf(EICAR), { type: "application/pdf" })).status, 303);
  await become("clean", "quarantined");
  assert.ok((await shown()).includes(UNSAFE), "the parent is told");
  // In a photo nothing of it is left to be found: only its pixels are kept.
  assert.equal((await parent.send(jpeg(EICAR))).status, 303);
  await become("clean", "quarantined", "clean");
  await parent.clear();

  await clamd.kill();
  assert.equal((await parent.send(pdf("1"), { type: "application/pdf" })).status, 303, "nobody is stopped");
  assert.equal((await parent.send(pdf(EICAR), { type: "application/pdf" })).status, 303);
  await until("it was tried", () => portal.sql("SELECT count(*) FROM paper WHERE draft_id IS NOT NULL AND scans > 0")[0] === "2", PATIENCE);
  assert.deepEqual(states(), ["pending", "pending"], "they wait");
  assert.ok(!(await shown()).includes(UNSAFE));
  const begun = Date.now();
  await clamd.start();
  await become("clean", "quarantined");
  t.diagnostic(`scanned ${Math.round((Date.now() - begun) / 1000)} s after the scanner was back`);
  assert.ok((await shown()).includes(UNSAFE));
});
