// Every page of a parent's side, but for the questions of the forms, in every state that it has, by name. Invariant: the way into
// each state is one that a person or a mishap takes, and none is told by its words, so that it is the same in every language.
// `make test` looks at them in Japanese with script; MADOGUCHI_SOAK=1 also without script and in the other complete languages.
// MADOGUCHI_PICTURES names a folder for pictures of all of them: light, dark, forced colours, text of twice the size, on paper.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { person, press, startBrowser, until } from "../support/browser.mjs";
import { LANGUAGES, judge, look, signIn, visitor } from "../support/inspection.mjs";
import { FORM, HANAKO, enter, pages, passNumber, path } from "../support/notification.mjs";
import { mailTo, startPortal } from "../support/portal.mjs";

const IS_SOAK = Boolean(process.env.MADOGUCHI_SOAK);
// New ones for each way through: what one did is not there for the next.
let [portal, signing] = [];
async function startPortals() {
  // No scanner answers there: what is sent waits.
  portal = await startPortal({ environment: { MADOGUCHI_CLAMD: "unix:/nonexistent/clamd" } });
  signing = await startPortal({ environment: { MADOGUCHI_SIGNING: "offered" } });
}
const browser = await startBrowser();

const find = (page, css) => page.locator(`main ${css}`).first();
/** Presses the button of the form that leads to `action`. */
const act = (page, action) => press(find(page, `form[action$="${action}"] button:not(.visually-hidden)`));
const next = (page) => press(find(page, 'button.button--primary[name="then"][value="next"]'));
const later = (page) => press(find(page, 'button[name="then"][value="save"]'));
const primary = (page) => press(find(page, ".button--primary"));
/** Waits until the form says why it is not saved, or that it is. */
const says = (page, cause) => until(`${cause} is said`, () => page.evaluate((what) => {
  const line = document.querySelector("[data-save-state]");
  return line.textContent.startsWith(line.dataset[what]);
}, cause));
const ofCase = (number) => `(SELECT case_id FROM case_file WHERE receipt_number = '${number}')`;

/** Somebody of the demo at this place of its stages (`server/src/demo/people.rs`), with the number of her filing. */
function sample(rank) {
  for (let index = 0; index < 200; index += 1) if ((index * 37 + 11) % 200 === rank) return `sample-${String(index + 1).padStart(3, "0")}@example.jp`;
  throw new Error(`no sample ${rank}`);
}

/** Begins a 妊娠届 and fills it in up to a page. */
async function fillUpTo(page, last) {
  await page.goto(FORM);
  await act(page, FORM);
  for (const [id, values] of pages(HANAKO)) {
    if (id === last) return;
    if (path(page) !== `${FORM}/${id}`) continue;
    await enter(page, values);
    await next(page);
  }
  if (last !== "number") await passNumber(page);
}

/** A filing of her own; its number. */
async function file(visit, mail) {
  const { page } = visit;
  await fillUpTo(page, "check");
  await next(page);
  await primary(page);
  await signIn(visit, portal, { mail, from: null });
  await primary(page);
  assert.match(path(page), /^\/receipt\//);
  return path(page).split("/").pop();
}

async function anybody(visit, see) {
  const { page } = visit;
  for (const [name, address] of [
    ["start", "/"], ["help", "/help"], ["moved-in", "/moved-in"], ["benefit", "/benefit"], ["privacy", "/privacy"],
    ["accessibility", "/accessibility"], ["mail-help", "/mail/help"], ["outbox", "/demo/outbox"], ["procedure", FORM],
    ["procedure-sign-in-first", "/apply/questionnaire"], ["account-left", "/account/left"], ["not-found", "/nothing-here"],
  ]) {
    await page.goto(address);
    await see(name);
  }
  await page.goto("/demo/outbox");
  await press(page.locator(".letter__text a[href*='/mail/stop/']").first());
  await see("mail-stop");
  await primary(page);
  await see("mail-stopped");
}

async function signsIn(visit, see, name) {
  const { page } = visit;
  await page.goto("/cases");
  await see("sign-in");
  await primary(page);
  await see("sign-in-empty");
  await page.locator('[name="mail"]').fill("nobody");
  await primary(page);
  await see("sign-in-no-address");
  await page.locator('[name="mail"]').fill(`${name}-codes@example.jp`);
  await press(find(page, 'button[formaction="/sign-in/passkey"]'));
  await see("passkey-enter");
  if (visit.javaScript) {
    // The practice authenticator leaves it to one of the browser's own, which has no key.
    const session = await visit.context.newCDPSession(page);
    await session.send("WebAuthn.enable");
    const options = { protocol: "ctap2", transport: "internal", hasUserVerification: true, isUserVerified: true, hasResidentKey: true };
    await session.send("WebAuthn.addVirtualAuthenticator", { options });
    await find(page, ".button--primary").click();
    await until("it is refused", async () => (await page.locator("[data-trouble]").innerText()) !== "");
  } else await primary(page);
  await see("passkey-refused");
  await page.goto("/sign-in");
  await page.locator('[name="mail"]').fill(`${name}-codes@example.jp`);
  await primary(page);
  await see("sign-in-code");
  for (const left of [4, 3, 2, 1, 0]) {
    await page.locator('[name="code"]').fill(left === 3 ? "" : "000000");
    await primary(page);
    if (left === 4 || left === 0) await see(left ? "sign-in-code-wrong" : "sign-in-code-over");
  }
  for (let sent = 1; sent < 6; sent += 1) {
    await page.goto("/sign-in");
    await page.locator('[name="mail"]').fill(`${name}-codes@example.jp`);
    await primary(page);
  }
  await see("sign-in-too-many-codes");
}

async function fillsIn(visit, see) {
  const { page, context } = visit;
  await fillUpTo(page, "name");
  await see("page");
  await next(page);
  await see("page-errors");
  if (visit.javaScript) {
    await enter(page, { name: "窓口", name_kana: "漢字" });
    await page.locator('[name="name_kana"]').press("Tab");
    await says(page, "saved");
    await page.locator(".field__live .field__error").waitFor();
    await see("page-live-error");
    await enter(page, { name: "あ".repeat(30_000) });
    await says(page, "large");
    await see("page-too-large");
    await enter(page, { name: "窓口 花子" });
    await says(page, "saved");
    await context.setOffline(true);
    await enter(page, { name: "窓口 花" });
    await says(page, "network");
    // The browser says on its console too that there is no network.
    visit.complaints.length = 0;
    await see("page-no-network");
    await context.setOffline(false);
    await says(page, "saved");
    visit.complaints.length = 0;
  }
  const second = await context.newPage();
  await second.goto(`${FORM}/name`);
  await enter(second, { name: "二番 目", name_kana: "ニバンメ" });
  await next(second);
  await second.close();
  await enter(page, { name: "一番 目", name_kana: "イチバンメ" });
  if (visit.javaScript) {
    await says(page, "conflict");
    await see("page-changed-elsewhere");
  }
  await next(page);
  await see("conflict");
  await primary(page);
  for (const [name, postal_code] of [["help-address", "1000001"], ["help-candidates", "4980000"], ["help-unknown", "0000001"]]) {
    await page.goto(`${FORM}/address`);
    await enter(page, { postal_code, address: "" });
    const ask = find(page, ".help__ask button");
    if (visit.javaScript) {
      await ask.click();
      await until("it is answered", async () => (await page.locator("#postal_code-help").innerText()) !== "");
    } else await press(ask);
    await see(name);
  }
  await page.goto(`${FORM}/due_date`);
  await find(page, "details.helper > summary").click();
  await see("help-due-date");
  await enter(page, { "due_date-year": "", "due_date-month": "", "due_date-day": "", "ask.due_date.weeks": "10" });
  const [work] = await page.locator("main .helper__way button").filter({ visible: true }).all().then((all) => all.slice(-1));
  if (visit.javaScript) {
    await work.click();
    await until("the date is there", async () => (await page.locator('[name="due_date-year"]').inputValue()) !== "");
  } else await press(work);
  await see("help-due-date-found");
  await enter(page, { weeks: "30" });
  await next(page);
  await see("page-asked-again");
  await page.goto("/");
  await see("start-with-draft");
  await page.goto(FORM);
  await see("procedure-with-draft");
}

const picture = async (page) => Buffer.from((await page.evaluate(() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
  canvas.getContext("2d").fillRect(20, 20, 99, 99);
  return canvas.toDataURL("image/jpeg");
})).split(",")[1], "base64");
const paper = (length) => ({ name: "a.pdf", mimeType: "application/pdf", buffer: Buffer.from(`%PDF-1.7\n${"x".repeat(length)}\n%%EOF\n`) });

async function addsPapers(visit, see, name) {
  const { page } = visit;
  await fillUpTo(page, "number");
  await see("number");
  await passNumber(page);
  await see("papers");
  const chooser = page.locator("main input[type=file]").first();
  const state = page.locator("[data-paper-state]").first();
  const send = async (files) => {
    await chooser.setInputFiles(files);
    if (visit.javaScript) await until("it is told", async () => (await state.innerText()) !== "" && !(await page.locator("[data-paper-progress]").first().isVisible()));
    else await press(find(page, 'button[value="add"]'));
  };
  const photo = { name: "a.jpg", mimeType: "image/jpeg", buffer: await picture(await visit.context.newPage().then((one) => { visit.drawing = one; return one; })) };
  await visit.drawing.close();
  for (const [sort, file] of [
    ["heic", { name: "x.heic", mimeType: "image/heic", buffer: Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic") }],
    ["kind", { name: "x.jpg", mimeType: "image/jpeg", buffer: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>") }],
    ["broken", { name: "x.jpg", mimeType: "image/jpeg", buffer: photo.buffer.subarray(0, 400) }],
  ]) {
    await send(file);
    await see(`papers-refused-${sort}`);
    if (visit.javaScript) await page.reload();
  }
  if (visit.javaScript) {
    let let_go;
    const held = new Promise((resolve) => { let_go = resolve; });
    let pieces = 0;
    await page.route("**/piece", async (route) => {
      pieces += 1;
      if (pieces === 2) await held;
      await (pieces === 3 ? route.abort() : route.continue());
    });
    await chooser.setInputFiles(paper(900_000));
    await until("a quarter has gone", () => pieces === 2);
    await see("papers-on-the-way");
    await find(page, 'button.button--primary[value="next"]').click();
    await see("papers-next-waits");
    let_go();
    await until("the cut is told", () => pieces === 3);
    await until("it says so", async () => (await state.innerText()) === (await page.locator("[data-paper-kind]").first().getAttribute("data-waiting")));
    visit.complaints.length = 0;
    await see("papers-cut");
    await page.reload();
    await see("papers-to-go-on");
    await page.unroute("**/piece");
    await press(page.locator(".paper-list button").first());
    visit.complaints.length = 0;
  }
  await send([photo, paper(300)]);
  await see("papers-waiting-for-the-scanner");
  portal.sql("UPDATE paper SET state = 'quarantined', scan_at = NULL WHERE media_type = 'application/pdf' AND case_id IS NULL");
  await page.reload();
  await see("papers-quarantined");
  await next(page);
  await see("check-before-sign-in");
  await primary(page);
  await signIn(visit, portal, { mail: `${name}-papers@example.jp`, from: null });
  await see("check");
  await primary(page);
  await see("receipt-with-papers");
}

async function staysSignedIn(visit, see, name) {
  const { page, context } = visit;
  const mail = `${name}-stays@example.jp`;
  await fillUpTo(page, "contact");
  await enter(page, { phone: "090-1111-1111" });
  await later(page);
  await signIn(visit, portal, { mail, from: null });
  await see("saved");
  await page.goto("/cases");
  await see("cases-none");
  await page.goto("/apply/questionnaire");
  await see("procedure-after-another");
  await page.goto("/apply/epds");
  await see("procedure-epds");
  // Another draft, begun without signing in.
  const other = await visitor(browser, portal, visit.language, { javaScript: visit.javaScript });
  await fillUpTo(other.page, "contact");
  await enter(other.page, { phone: "090-2222-2222" });
  await later(other.page);
  await signIn(other, portal, { mail, from: null });
  await other.page.goto(`${FORM}/contact`);
  assert.equal(path(other.page), `${FORM}/both`);
  await see("two-drafts", other);
  await other.context.close();
  await page.goto(`${FORM}/contact`);
  if (path(page).endsWith("/both")) await primary(page);
  await page.goto(`${FORM}/contact`);
  const mine = `account_id = (SELECT account_id FROM session ORDER BY created_at DESC LIMIT 1)`;
  if (visit.javaScript) {
    portal.sql(`UPDATE session SET seen_at = ? WHERE ${mine}`, (Date.now() - (30 * 60 - 100) * 1000) * 1000);
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await page.getByRole("alertdialog").waitFor();
    await see("session-ends");
    portal.sql(`UPDATE session SET seen_at = 0 WHERE ${mine}`);
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await until("it is over", () => page.locator(".dialog-note form").isHidden());
    await see("session-is-over");
    await enter(page, { phone: "090-4444-4444" });
    await says(page, "session");
    await see("page-session-over");
  } else portal.sql(`UPDATE session SET seen_at = 0 WHERE ${mine}`);
  await next(page);
  await see("sign-in-to-go-on");
  await signIn(visit, portal, { mail, from: null });
  assert.equal(path(page), `${FORM}/contact`);
}

async function follows(visit, see, name) {
  const { page } = visit;
  const number = await file(visit, `${name}-follows@example.jp`);
  await page.goto(`/cases/${number}/number`);
  await see("case-number");
  await see("receipt");
  await page.goto("/");
  await see("start-signed-in");
  await page.goto("/cases");
  await see("cases");
  await page.goto(`/cases/${number}`);
  await see("case-submitted");
  await act(page, "/messages");
  await see("case-message-error");
  await page.locator("#message").fill("面談は何時ですか。");
  await act(page, "/messages");
  await see("case-message-sent");
  // What is typed while the session ends is kept on a page that says so.
  await page.locator("#message").fill("もう一つ");
  const cookies = await visit.context.cookies();
  await visit.context.clearCookies({ name: /session|sid/ });
  await act(page, "/messages");
  await see("message-kept-without-session");
  await visit.context.clearCookies();
  await visit.context.addCookies(cookies);

  await page.goto(`/cases/${number}/booking`);
  await see("booking");
  await page.goto(`/cases/${number}/booking?language=ne`);
  await see("booking-none");
  await act(page, "/booking/wait");
  await see("booking-waiting");
  await act(page, "/booking/stop-waiting");
  await page.goto(`/cases/${number}/booking`);
  const slot = await page.locator("button[name=slot]").first().getAttribute("value");
  portal.sql(`UPDATE slot SET taken = capacity WHERE lower(hex(slot_id)) = '${slot.replaceAll("-", "").toLowerCase()}'`);
  await press(page.locator("button[name=slot]").first());
  await see("booking-full");
  await press(page.locator("button[name=slot]").first());
  await see("booking-booked");
  await page.goto(`/receipt/${number}`);
  await see("receipt-booked");
  // The day comes nearer.
  portal.sql(`UPDATE slot SET starts_at = starts_at - (starts_at - ?), ends_at = ends_at + 60000000 WHERE slot_id = (SELECT slot_id FROM booking WHERE case_id = ${ofCase(number)})`, (Date.now() + 3_600_000) * 1000);
  await page.goto(`/cases/${number}/booking`);
  await see("booking-too-late");
  for (const state of ["cancelled", "closed", "attended", "absent"]) {
    portal.sql(`UPDATE booking SET state = '${state}' WHERE case_id = ${ofCase(number)}`);
    await page.goto(`/cases/${number}/booking`);
    await see(`booking-${state}`);
  }
  await page.goto(`/cases/${number}`);
  await act(page, "/withdraw");
  await see("case-withdrawn");
  await page.goto("/pregnancy-end");
  await see("pregnancy-end");
  await act(page, "/pregnancy-end");
  await see("pregnancy-end-told");
  await page.goto("/cases");
  await see("cases-quiet");
  await page.goto("/");
  await see("start-quiet");
  // As ninety days do.
  portal.sql(`UPDATE case_file SET wrapped_key = NULL, erased_at = 1 WHERE receipt_number = '${number}'`);
  await page.goto(`/cases/${number}`);
  await see("case-erased");
}

/** The places in the demo's stages, and what is looked at there. */
const STAGES = [
  ["in-review", 110], ["sent-back", 135], ["visit-needed", 147], ["accepted", 155], ["confirmed", 170], ["declined", 192],
  ["withdrawal-asked", 134],
];

async function inEveryStage(visit, see, name, turn) {
  for (const [stage, first] of STAGES) {
    // Signing in as somebody twice is two sessions: harmless, but her filing changes below.
    const one = await visitor(browser, portal, visit.language, { javaScript: visit.javaScript });
    const { page } = one;
    await signIn(one, portal, { mail: sample(stage === "withdrawal-asked" || stage === "declined" ? first : first + turn) });
    await see(`cases-${stage}`, one);
    const address = await page.locator('main .card a[href^="/cases/"]').first().getAttribute("href");
    const number = address.split("/")[2];
    await page.goto(address);
    await see(`case-${stage}`, one);
    if (stage === "sent-back") {
      await page.goto(`${address}/correct`);
      await see("correct", one);
      for (const input of await page.locator("main form .input:not([type=file]), main form .textarea").all()) if (await input.isVisible()) await input.fill("");
      await primary(page);
      await see("correct-errors", one);
      await page.goto(address);
    }
    if (stage === "accepted") {
      for (const [state, later_stage] of [["handed-over", "handed_over"], ["held", "held"], ["imported", "imported"]]) {
        portal.sql("UPDATE case_file SET stage = ? WHERE receipt_number = ?", later_stage, number);
        await page.goto(address);
        await see(`case-${state}`, one);
      }
      portal.sql("UPDATE case_file SET stage = 'accepted' WHERE receipt_number = ?", number);
    }
    if (stage === "declined") {
      await act(page, "/refile");
      await page.goto(address);
      await act(page, "/refile");
      await see("refile-draft-there", one);
    }
    await one.context.close();
  }
}

/** The pages on this side of the way to the card; `identity.mjs` goes the way. */
async function meetsTheCard(visit, see) {
  const { page } = visit;
  for (const [address, state] of [
    ["/sign-in/mynaapp?next=/cases", "card"],
    ["/sign-in/mynaapp/mail", "card-mail-over"],
    ["/sign-in/mynaapp/code", "card-code"],
    ["/oidc/callback?state=unknown&code=none", "card-over"],
  ]) {
    await page.goto(address);
    await see(state);
  }
}

/** 「電子署名」 Where it is offered. */
async function signs(visit, see, name) {
  const { page } = visit;
  await fillUpTo(page, "check");
  await next(page);
  await primary(page);
  await signIn(visit, signing, { mail: `${name}-signs@example.jp`, from: null });
  await see("check-with-signature");
  await page.goto(`${FORM}/sign`);
  await see("sign");
  await page.goto("/sign/callback?state=unknown&code=none");
  await see("check-sign-over");
}

async function addsPasskey(visit, see, name) {
  const { page } = visit;
  await signIn(visit, portal, { mail: `${name}-passkey@example.jp` });
  await page.goto("/account/passkeys/new");
  await see("passkey-new");
  if (!visit.javaScript) return;
  await press(find(page, ".button--primary"));
  await see("account-with-passkey");
  // Who came by a code does not take it away.
  await act(page, "/remove");
  await see("passkey-first");
}

async function hasAnAccount(visit, see, name) {
  const { page } = visit;
  const mail = `${name}-account@example.jp`;
  await signIn(visit, portal, { mail });
  await page.goto("/account");
  await see("account");
  await act(page, "/account/reminders");
  await see("account-reminders-off");
  const other = await visitor(browser, portal, visit.language, { javaScript: false });
  await signIn(other, portal, { mail });
  await other.context.close();
  await page.goto("/account");
  await see("account-two-sessions");
  await page.goto("/account/mail");
  await see("account-mail");
  await primary(page);
  await see("account-mail-empty");
  await page.locator('[name="mail"]').fill(mail);
  await primary(page);
  await see("account-mail-same");
  await page.locator('[name="mail"]').fill(`${name}-other@example.jp`);
  await primary(page);
  await see("account-mail-code");
  await page.locator('[name="code"]').fill("000000");
  await primary(page);
  await see("account-mail-code-wrong");
  await page.goto("/account/leave");
  await see("account-leave");
  portal.sql("UPDATE session SET created_at = created_at - 1000000000 WHERE account_id = (SELECT account_id FROM session ORDER BY created_at DESC LIMIT 1)");
  await page.goto("/account/leave");
  await see("account-sign-in-again");
}

/** What is told instead of a page. Every press here is one that a mishap makes of an ordinary one. */
async function isRefused(visit, see) {
  const { page } = visit;
  await fillUpTo(page, "name");
  const twisted = async (name, change) => {
    await page.goto(`${FORM}/name`);
    await enter(page, { name: "窓口 花子", name_kana: "マドグチ ハナコ" });
    await page.route(`**${FORM}/name`, async (route) => {
      if (route.request().method() !== "POST") { await route.continue(); return; }
      const headers = Object.fromEntries(Object.entries(route.request().headers()).filter(([header]) => !/^(sec-|origin|content-length)/.test(header)));
      await route.fulfill({ response: await route.fetch({ maxRedirects: 0, ...change(headers, route.request().postData()) }) });
    });
    await next(page);
    await see(name);
    await page.unroute(`**${FORM}/name`);
  };
  await twisted("no-origin", (headers) => ({ headers }));
  await twisted("foreign-origin", (headers) => ({ headers: { ...headers, origin: "https://elsewhere.example" } }));
  const ours = { "sec-fetch-site": "same-origin" };
  await twisted("too-large", (headers, postData) => ({ headers: { ...headers, ...ours }, postData: `${postData}&name=${"a".repeat(70_000)}` }));
  await twisted("unreadable", (headers) => ({ headers: { ...headers, ...ours }, postData: "name=%zz" }));
  portal.sql("DELETE FROM draft WHERE browser_hash IS NOT NULL");
  await page.goto(`${FORM}/papers`);
  await see("no-draft-any-more");
}

const isBusy = (busy) => async (visit, see) => {
  const { page, context } = visit;
  const free = await busy.lockDatabase();
  try {
    await page.goto(FORM);
    // The portal waits for the database before it gives up.
    await Promise.all([page.waitForEvent("load", { timeout: 60_000 }), find(page, `form[action="${FORM}"] button`).click({ noWaitAfter: true })]);
    await see("busy");
  } finally { await free(); }
  const answers = await Promise.all(Array.from({ length: 60 }, () => context.request.post("/sign-in", { form: { mail: "" }, headers: { "sec-fetch-site": "same-origin" } })));
  assert.ok(answers.length > 0);
  await page.goto("/sign-in");
  await primary(page);
  await see("too-many-requests");
};

const SCENES = [anybody, signsIn, fillsIn, addsPapers, staysSignedIn, follows, inEveryStage, meetsTheCard, addsPasskey, hasAnAccount, isRefused];

/** The pages of parents in the table of routes. */
function routes() {
  const table = readFileSync(new URL("../../server/src/routes.rs", import.meta.url), "utf8");
  const patterns = [...table.matchAll(/shown\("([^"]+)", CITIZEN/g)].map((match) => match[1]);
  assert.ok(patterns.length > 30);
  // Files, what a script asks, what only `forms preview` serves, and what always leads back to 確認.
  return patterns.filter((pattern) => !/\.(pdf|ics)$|^\/session$|^\/preview|^\/sign\/callback$/.test(pattern));
}

const ways = IS_SOAK
  ? [[LANGUAGES[0], true], [LANGUAGES[0], false], [LANGUAGES[1], true], [LANGUAGES[2], true]]
  : [[LANGUAGES[0], true]];

for (const [turn, [language, javaScript]] of ways.entries()) {
  const how = `${language.code} ${javaScript ? "with script" : "without script"}`;
  test(`${how}: every state of every page is in order`, async (t) => {
    await startPortals();
    const all = { findings: [] };
    const [seen, met] = [new Set(), new Set()];
    let looked = 0;
    const walk = async (scene, at) => {
      const visit = await visitor(browser, at, language, { javaScript });
      const see = async (name, who = visit) => {
        who.looked = looked;
        await look(who, name);
        looked += 1;
        all.findings.push(...who.findings.splice(0));
        seen.add(name);
        met.add(path(who.page));
      };
      try { await scene(visit, see, `states-${turn}`, turn); } finally { await visit.context.close(); }
    };
    for (const scene of SCENES) await t.test(`${how}: ${scene.name}`, () => walk(scene, portal));
    await t.test(`${how}: signs`, () => walk(signs, signing));
    if (turn === 0) {
      const busy = await startPortal({ environment: { MADOGUCHI_REQUESTS_PER_MINUTE: "1200" } });
      await t.test(`${how}: isBusy`, () => walk(isBusy(busy), busy));
    }
    t.diagnostic(`${how}: ${seen.size} states`);
    judge(all);
    const fits = (pattern) => [...met].some((one) => new RegExp(`^${pattern.replace(/\{\w+\}/g, "[^/]+")}$`).test(one));
    assert.deepEqual(routes().filter((pattern) => !fits(pattern)), [], "pages that nobody has looked at");
  });
}
