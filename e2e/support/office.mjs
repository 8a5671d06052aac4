// Sample staff at their desk. Invariant: they sign in as everybody does, with a passkey that the portal checks.
import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { person, press } from "./browser.mjs";
import { button, path } from "./notification.mjs";

/** Puts the passkey of demo.json into an authenticator of the browser itself, in the place of the practice one. */
async function ownAuthenticator({ context, page }, passkey) {
  await context.route("**/static/practice-authenticator.*", (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
  const session = await context.newCDPSession(page);
  await session.send("WebAuthn.enable");
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasUserVerification: true, isUserVerified: true, hasResidentKey: true },
  });
  const base64 = (text) => Buffer.from(text, "base64url").toString("base64");
  const key = createPrivateKey({ key: passkey.private_key, format: "jwk" }).export({ type: "pkcs8", format: "der" });
  await session.send("WebAuthn.addCredential", {
    authenticatorId,
    credential: {
      credentialId: base64(passkey.credential_id),
      isResidentCredential: true,
      rpId: passkey.rp_id,
      privateKey: key.toString("base64"),
      userHandle: base64(passkey.user_handle),
      // The practice authenticator counts tenths of a second since 2025; a lower number would be a copy of the key.
      signCount: Math.floor((Date.now() - Date.UTC(2025, 0)) / 100),
    },
  });
}

/**
 * A member of staff who has signed in. `authenticator` is `practice` or `own`. Passkeys need script; where the desk is to be
 * without, the session is carried over to a browser without.
 */
export async function atTheDesk(browser, portal, userId, { javaScript = true, authenticator = "practice", each = async () => {} } = {}) {
  const member = portal.demo().staff.find((one) => one.user_id === userId);
  const desk = await person(browser, portal);
  if (authenticator === "own") await ownAuthenticator(desk, member.passkey);
  const { page } = desk;
  await page.goto("/staff");
  assert.equal(path(page), "/staff/sign-in");
  await each(desk, "staff-sign-in");
  await page.getByLabel("ユーザーID").fill(userId);
  await page.getByLabel("パスワード").fill(member.password);
  await press(button(page, "次へ"));
  assert.equal(path(page), "/staff/sign-in/passkey");
  await each(desk, "staff-passkey");
  const loaded = page.waitForEvent("load");
  await button(page, "パスキーで確認する").click();
  if (authenticator === "practice") await page.getByText("練習用の認証器が応答しました。").waitFor();
  await loaded;
  if (javaScript) return desk;
  const storageState = await desk.context.storageState();
  await desk.context.close();
  const without = await person(browser, portal, { javaScript, storageState });
  await without.page.goto("/staff");
  return without;
}

/** Opens a case by its number, as staff find it. */
export async function open(page, number) {
  await page.goto("/staff/queue");
  await page.getByRole("searchbox").fill(number.toLowerCase().replaceAll("-", " "));
  await press(button(page, "探す"));
  assert.equal(path(page), `/staff/cases/${number}`);
}

/** Opens a folded command and ticks what is given. */
export async function unfold(page, name) {
  const deed = page.locator("details.deed").filter({ has: page.locator("summary", { hasText: name }) });
  if (!(await deed.evaluate((one) => one.open))) await deed.locator("summary").click();
  return deed;
}

export async function recordIdentity(page) {
  const deed = await unfold(page, "本人確認を記録する");
  await deed.locator('input[name="number"][value="my_number_card"]').check();
  await deed.locator('input[name="person"][value="my_number_card"]').check();
  await deed.locator('input[name="compared_with"][value="person_document"]').check();
  await deed.locator('input[name="compared"][value="all"]').check();
  await press(button(page, "記録する"));
}
