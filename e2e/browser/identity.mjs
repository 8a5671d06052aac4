// 「本人確認」 マイナアプリ, played by the practice provider, and a passkey; staff by the city's own provider. Invariant: the provider
// is a real one at another origin, and whatever it does wrong, a page of the portal says so and nothing typed is lost.
import assert from "node:assert/strict";
import { test } from "node:test";
import { look, person, press, startBrowser } from "../support/browser.mjs";
import { FORM, HANAKO, begin, button, enter, pages, passNumber, path, signIn } from "../support/notification.mjs";
import { mailTo, startPortal } from "../support/portal.mjs";

const portal = await startPortal();
const browser = await startBrowser();
const textOf = (page) => page.locator("main").innerText();
const issuer = () => new URL(portal.demo().practice_provider.issuer);

/** From a page of the portal to the one of the provider, by way of what マイナアプリ is. */
async function toProvider(page, next) {
  await page.goto(`/sign-in/mynaapp?next=${next}`);
  await press(button(page, "マイナアプリへ進む"));
  assert.equal(new URL(page.url()).origin, issuer().origin, await textOf(page));
}

const choose = (page, name) => press(button(page, `${name}さんとして進む`));

/** Fills in every page from the one that is shown, but for what the card says; gives what it says. */
async function fillInTheRest(page, each) {
  const locked = {};
  for (const [id, values] of pages(HANAKO)) {
    if (path(page) !== `${FORM}/${id}`) continue;
    const open = {};
    for (const [name, value] of Object.entries(values)) {
      const input = page.locator(`[name="${name}"]`).first();
      if (await input.getAttribute("readonly") === null) open[name] = value;
      else locked[name] = await input.inputValue();
    }
    await enter(page, open);
    await each(id);
    await press(button(page, "次へ"));
  }
  await passNumber(page, each);
  await press(button(page, "次へ"));
  assert.equal(path(page), `${FORM}/check`, await textOf(page));
  return locked;
}

for (const javaScript of [true, false]) {
  const how = javaScript ? "with script" : "without script";
  const mail = `card-${javaScript ? "with" : "without"}@example.jp`;
  // A card has one account: each way has its own.
  const name = javaScript ? "窓口 花子" : "𠮷﨑　見本子";

  test(`${how}: a card signs in, fills in the four facts, and files`, async () => {
    const parent = await person(browser, portal, { javaScript });
    const { page } = parent;
    await begin(page);
    await page.goto(`/sign-in?next=${FORM}/who`);
    await look(parent, "card-way-in");
    await page.goto(`/sign-in/mynaapp?next=${FORM}/who`);
    await look(parent, "card-explained");
    await press(button(page, "マイナアプリへ進む"));
    assert.match(await page.locator("body").innerText(), /これは練習用です。本物のマイナアプリではありません/);
    await look(parent, "practice-provider");
    await choose(page, name);
    assert.equal(path(page), "/sign-in/mynaapp/mail", await textOf(page));
    assert.ok((await textOf(page)).includes(name), "whose card it is");
    await look(parent, "card-mail");
    await page.getByLabel("メールアドレス").fill(mail);
    await press(button(page, "番号を送る"));
    const [, code] = await mailTo(portal, mail, /確認番号：(\d{6})/);
    await page.getByLabel("6桁の番号").fill(code);
    await press(button(page, "確認する"));
    assert.equal(path(page), `${FORM}/who`, "back on the very page");

    const locked = await fillInTheRest(page, async (id) => {
      if (["name", "birthdate", "address"].includes(id)) await look(parent, `card-${id}`);
    });
    const [year, address] = javaScript ? ["1995", "窓口市架空町1-2-3"] : ["1988", "窓口市𠮷田町4丁目5番6号"];
    assert.equal(locked.name, name);
    assert.equal(locked.address, address);
    assert.equal(locked["birthdate-year"], year);
    assert.ok((await textOf(page)).includes("マイナンバーカードで本人確認ができています"));
    await look(parent, "card-check");
    await press(button(page, "送信する"));
    assert.match(path(page), /^\/receipt\/[0-9A-Z-]+$/);

    // The next time the card alone is enough.
    const again = await person(browser, portal, { javaScript });
    await toProvider(again.page, "/cases");
    await choose(again.page, name);
    assert.equal(path(again.page), "/cases");
    assert.match(await textOf(again.page), /妊娠届/);
    assert.deepEqual(again.complaints, []);
  });
}

/** What a parent reads of each fault; none for one that goes well. */
const FAULTS = {
  "wrong-state": "この確認は終わっているか",
  "wrong-nonce": "いま始めた確認へのものではありませんでした",
  "wrong-audience": "この窓口あてのものではありませんでした",
  "wrong-issuer": "決められたサービスからのものではありませんでした",
  "algorithm-none": "署名の方式が、決められたものとちがいました",
  "hmac-with-public-key": "署名の方式が、決められたものとちがいました",
  "forged": "本物であることを確かめられませんでした",
  "unknown-key": "署名に使われた鍵を、まだ確かめられません",
  "expired": "有効期限が切れていました",
  "missing-acr": "カードと暗証番号による確認であることを確かめられませんでした",
  "other-subject": "ほかの方の情報がありました",
  "other-userinfo": "ほかの方の情報がありました",
  "code-used": "もう使われたか、期限が切れています",
  "server-error": "障害が起きているようです",
  "slow": "時間内に返事がありませんでした",
};

test("each fault of the provider is refused in a sentence, and the draft is there", async () => {
  const parent = await person(browser, portal, { javaScript: false });
  const { page } = parent;
  await begin(page);
  await enter(page, { filer: "self" });
  await press(button(page, "次へ"));
  const offered = [];
  for (const [fault, sentence] of Object.entries(FAULTS)) {
    await toProvider(page, `${FORM}/reason`);
    if (offered.length === 0) {
      offered.push(...await page.locator("input[name=fault]").evaluateAll((all) => all.map((one) => one.value)));
      await page.locator("summary").click();
      await look(parent, "practice-provider-faults");
    } else {
      await page.locator("summary").click();
    }
    await page.locator(`input[name=fault][value="${fault}"]`).check();
    await choose(page, "架空　隣子");
    const said = await textOf(page);
    assert.ok(said.includes(sentence), `${fault}: ${said}`);
    assert.ok(said.includes("入力した内容は、消えていません"), fault);
    if (fault === "forged") await look(parent, "card-trouble");
  }
  assert.deepEqual(offered.filter((one) => one !== "" && !(one in FAULTS)), ["new-key"], "every fault has a sentence here");
  await toProvider(page, `${FORM}/reason`);
  await press(button(page, "やめる"));
  assert.match(await textOf(page), /マイナアプリでの確認を取りやめました/);
  await page.goto(FORM);
  assert.match(await textOf(page), /続きから/);
});

test("a passkey of a browser's own: registered, and the next sign-in is with it", async () => {
  const parent = await person(browser, portal);
  const { page, context } = parent;
  const session = await context.newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasUserVerification: true, isUserVerified: true, hasResidentKey: true },
  });
  await page.goto("/account/passkeys/new");
  await signIn(page, portal, "passkey-of-identity@example.jp");
  assert.equal(path(page), "/account/passkeys/new");
  await look(parent, "passkey-new");
  await press(button(page, "登録する"));
  assert.equal(path(page), "/account");
  await press(button(page, "サインアウト"));
  await page.goto("/sign-in?next=/account");
  await page.getByLabel("メールアドレス").fill("passkey-of-identity@example.jp");
  await press(button(page, "パスキーでサインイン"));
  await press(button(page, "パスキーを使う"));
  assert.equal(path(page), "/account");
  assert.match(await textOf(page), /パスキーでサインイン/);
  assert.deepEqual(parent.complaints, []);
});

const DESK = { width: 1280, height: 900 };

/** The way of a member of staff to the city's provider and back. */
async function byTheCity(member, name) {
  const { page } = member;
  await page.goto("/staff/sign-in");
  await press(button(page, "市の認証基盤でサインイン"));
  assert.equal(new URL(page.url()).origin, issuer().origin);
  await button(page, `${name}さんとして進む`).click();
  await page.waitForURL((url) => url.origin === new URL(portal.url).origin && url.pathname !== "/staff/sign-in/callback");
}

test("staff sign in by the city's provider, and are out when it takes them off", async () => {
  const member = await person(browser, portal, { viewport: DESK });
  const { page } = member;
  await page.goto("/staff/sign-in");
  await look(member, "staff-sign-in-provider");
  await press(button(page, "市の認証基盤でサインイン"));
  assert.match(await page.locator("body").innerText(), /市の本物の認証基盤ではありません/);
  await look(member, "practice-provider-staff");
  await byTheCity(member, "見本 七実");
  assert.equal(path(page), "/staff/queue");
  assert.match(await page.locator(".staff-bar").innerText(), /見本 七実/);

  const city = await person(browser, portal, { viewport: DESK });
  await city.page.goto(portal.demo().practice_provider.directory);
  await look(city, "practice-provider-directory");
  await press(button(city.page, "見本 七実を名簿から外す"));
  await page.goto("/staff/queue?tab=new");
  assert.equal(path(page), "/staff/sign-in", "out at the next request");
  await byTheCity(member, "見本 七実");
  assert.match(await textOf(page), /中止されたか、許可されませんでした/);
  await byTheCity(member, "見本 百恵");
  assert.match(await textOf(page), /この窓口を使う権限がありません/);
  await look(member, "staff-sign-in-no-access");
  await byTheCity(member, "見本 十和");
  assert.match(await textOf(page), /パスキーを登録できるよう、管理者にお知らせください/);
  assert.deepEqual(member.complaints, []);
});
