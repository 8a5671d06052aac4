// A parent files a 妊娠届 on a phone: with script and without.
import assert from "node:assert/strict";
import { test } from "node:test";
import { look, person, press, startBrowser, until } from "../support/browser.mjs";
import { FORM, HANAKO, MIHOKO, begin, button, enter, fillIn, pages, path, signIn } from "../support/notification.mjs";
import { startPortal } from "../support/portal.mjs";

const portal = await startPortal();
const browser = await startBrowser();

/** The text of 確認 or of a receipt, as it is read. */
const textOf = (page) => page.locator("main").innerText();

for (const javaScript of [true, false]) {
  const how = javaScript ? "with script" : "without script";
  const somebody = (options = {}) => person(browser, portal, { javaScript, ...options });
  const address = (name) => `${name}-${javaScript ? "with" : "without"}@example.jp`;

  test(`${how}: a parent files from the start page to the receipt, and reads the state`, async () => {
    const who = { ...(javaScript ? HANAKO : MIHOKO) };
    const parent = await somebody();
    const { page, context } = parent;
    await page.goto("/");
    await look(parent, "start");
    await press(page.getByRole("link", { name: "妊娠届", exact: true }));
    assert.match(await textOf(page), /利用目的/);
    await look(parent, "procedure");
    await press(button(page, "はじめる"));
    await fillIn(page, who, (id) => look(parent, `form-${id}`));

    const check = await textOf(page);
    for (const text of [who.name, who.address, "架空レディースクリニック", "双子"]) assert.ok(check.includes(text), text);
    assert.ok(!check.includes("入籍している"), "what is private is not shown");
    await look(parent, "check-before-sign-in");
    await press(page.getByRole("link", { name: "メールアドレスの確認へ" }));
    await signIn(page, portal, who.mail, (id) => look(parent, id));
    assert.equal(path(page), `${FORM}/check`, "signing in comes back to the very page");
    assert.ok((await textOf(page)).includes(who.name), "and nothing is lost");
    await look(parent, "check");
    await press(button(page, "送信する"));

    assert.match(path(page), /^\/receipt\/[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}$/);
    const number = path(page).split("/").pop();
    assert.ok((await textOf(page)).includes(number));
    assert.ok(!(await page.title()).includes("妊娠"), "the title is neutral");
    await look(parent, "receipt");
    await press(page.getByRole("link", { name: "届出の状況を見る" }));
    await look(parent, "cases");
    await press(page.getByRole("link", { name: "妊娠届", exact: true }));
    assert.equal(path(page), `/cases/${number}`);
    assert.match(await textOf(page), /送信済/);
    await look(parent, "case-submitted");
    await context.close();
  });

  test(`${how}: what is missing or wrong is said on top and at the field, and the link leads there`, async () => {
    const parent = await somebody();
    const { page, context } = parent;
    await begin(page);
    await fillUpTo(page, "name");
    await enter(page, { name: "", name_kana: "漢字" });
    await press(button(page, "次へ"));
    assert.equal(path(page), `${FORM}/name`);
    assert.match(await page.title(), /^エラー：/);
    assert.equal(await page.locator('[name="name_kana"]').inputValue(), "漢字", "what was typed is there");
    const links = page.locator(".error-summary a");
    assert.equal(await links.count(), 2);
    if (javaScript) assert.ok(await page.locator(".error-summary").evaluate((one) => one === document.activeElement), "the summary has the focus");
    await look(parent, "form-name-errors");
    await links.nth(1).click();
    assert.equal(await page.evaluate(() => document.activeElement?.id), "name_kana");
    const described = await page.locator('[name="name_kana"]').getAttribute("aria-describedby");
    const error = page.locator(`#${described.split(" ").pop()}`);
    assert.match(await error.innerText(), /フリガナはカタカナかひらがなで入力してください/);

    await enter(page, { name: HANAKO.name, name_kana: HANAKO.kana });
    await press(button(page, "次へ"));
    for (const [id, values, picture] of [
      ["birthdate", { "birthdate-year": "2026", "birthdate-month": "", "birthdate-day": "31" }, "form-birthdate-errors"],
      ["address", { postal_code: "12", address: "" }, "form-address-errors"],
      ["contact", { phone: "abc" }, "form-contact-errors"],
    ]) {
      assert.equal(path(page), `${FORM}/${id}`);
      await enter(page, values);
      await press(button(page, "次へ"));
      assert.match(await page.title(), /^エラー：/);
      await look(parent, picture);
      await enter(page, Object.fromEntries(pages(HANAKO))[id]);
      await press(button(page, "次へ"));
    }
    assert.equal(path(page), `${FORM}/language`);
    await context.close();
  });

  test(`${how}: a choice that was not made is an error whose link leads to the first choice`, async () => {
    const parent = await somebody();
    const { page, context } = parent;
    await begin(page);
    await press(button(page, "次へ"));
    assert.match(await page.title(), /^エラー：/);
    await look(parent, "form-who-errors");
    await page.locator(".error-summary a").click();
    assert.equal(await page.evaluate(() => document.activeElement?.id), "filer-0");
    await context.close();
  });

  test(`${how}: what looks odd is asked once more, and then taken`, async () => {
    const parent = await somebody();
    const { page, context } = parent;
    await begin(page);
    await fillUpTo(page, "due_date");
    await enter(page, { ...Object.fromEntries(pages(HANAKO)).due_date, weeks: "20" });
    await press(button(page, "次へ"));
    assert.equal(path(page), `${FORM}/due_date`);
    assert.match(await textOf(page), /今日は妊娠9週です/);
    await look(parent, "form-due_date-warning");
    await press(button(page, "次へ"));
    assert.equal(path(page), `${FORM}/diagnosis`);
    await context.close();
  });

  test(`${how}: 変更 comes back to 確認, and 戻る loses nothing`, async () => {
    const parent = await somebody();
    const { page, context } = parent;
    await begin(page);
    await fillIn(page, HANAKO);
    await press(page.getByRole("link", { name: /^変更 ?：お名前$/ }));
    await enter(page, { name: "変更 済子" });
    await press(button(page, "次へ"));
    assert.equal(path(page), `${FORM}/check`);
    assert.ok((await textOf(page)).includes("変更 済子"));

    await page.goto(`${FORM}/contact`);
    await press(button(page, "戻る"));
    assert.equal(path(page), `${FORM}/address`);
    assert.equal(await page.locator('[name="address"]').inputValue(), HANAKO.address);
    await context.close();
  });

  test(`${how}: the browser's own back button shows what is kept`, async () => {
    const parent = await somebody();
    const { page, context } = parent;
    await begin(page);
    await fillUpTo(page, "birthdate");
    await page.goBack();
    assert.equal(path(page), `${FORM}/name`);
    await until("the name is there again", async () => (await page.locator('[name="name"]').inputValue()) === HANAKO.name);
    await enter(page, { name: "戻って 直した" });
    await press(button(page, "次へ"));
    assert.equal(path(page), `${FORM}/birthdate`, "going back and on is no conflict with oneself");
    await page.goto(`${FORM}/name`);
    assert.equal(await page.locator('[name="name"]').inputValue(), "戻って 直した");
    await context.close();
  });

  test(`${how}: two tabs with different text are shown side by side, and either can be kept`, async () => {
    const parent = await somebody();
    const { page, context } = parent;
    await begin(page);
    await fillUpTo(page, "name");
    const second = await context.newPage();
    await second.goto(`${FORM}/name`);
    await enter(page, { name: "一番 目", name_kana: "いちばんめ" });
    await press(button(page, "次へ"));
    assert.equal(path(page), `${FORM}/birthdate`);
    await enter(second, { name: "二番 目", name_kana: "にばんめ" });
    await press(button(second, "次へ"));
    const shown = await textOf(second);
    assert.ok(shown.includes("一番 目") && shown.includes("二番 目"), shown);
    await look({ ...parent, page: second }, "form-conflict");
    await press(button(second, "選んだ内容で続ける"));
    assert.equal(path(second), `${FORM}/birthdate`);
    await page.goto(`${FORM}/name`);
    assert.equal(await page.locator('[name="name"]').inputValue(), "二番 目");
    await context.close();
  });

  test(`${how}: 保存して中断, and going on from another device after the server was killed`, async () => {
    const parent = await somebody();
    const { page, context } = parent;
    await begin(page);
    await fillUpTo(page, "contact");
    await enter(page, { phone: "まだ途中" });
    await press(button(page, "保存して中断"));
    await signIn(page, portal, address("stop"));
    assert.equal(path(page), `${FORM}/saved`);
    await look(parent, "saved");
    await context.close();

    await portal.killAndStartAgain();
    const later = await somebody();
    await later.page.goto("/sign-in");
    await signIn(later.page, portal, address("stop"));
    await look(later, "cases-none");
    await later.page.goto("/");
    await press(later.page.getByRole("link", { name: "妊娠届", exact: true }));
    await look(later, "procedure-with-draft");
    await press(button(later.page, "続きから"));
    assert.equal(path(later.page), `${FORM}/contact`);
    assert.equal(await later.page.locator('[name="phone"]').inputValue(), "まだ途中");
    await fillIn(later.page, HANAKO);
    await later.context.close();
  });

  test(`${how}: however often 送信する is pressed, there is one filing`, async () => {
    const parent = await somebody();
    const { page, context } = parent;
    await begin(page);
    await fillIn(page, { ...HANAKO, name: "連打 試子" });
    await press(page.getByRole("link", { name: "メールアドレスの確認へ" }));
    await signIn(page, portal, address("twice"));
    const second = await context.newPage();
    await second.goto(`${FORM}/check`);
    await button(page, "送信する").dblclick();
    await page.waitForURL("**/receipt/*");
    await press(button(second, "送信する"));
    assert.equal(path(second), path(page), "the second press finds the first one's number");
    await page.goto("/cases");
    assert.equal(await page.locator(".card").count(), 1);
    await context.close();
  });

  test(`${how}: a wrong code is said, and after five of them the code is over`, async () => {
    const parent = await somebody();
    const { page, context } = parent;
    await page.goto("/cases");
    assert.equal(path(page), "/sign-in", "without a session the sign-in comes first");
    await page.getByLabel("メールアドレス").fill("nobody");
    await press(button(page, "番号を送る"));
    assert.match(await page.title(), /^エラー：/);
    await look(parent, "sign-in-errors");
    await page.getByLabel("メールアドレス").fill(address("wrong"));
    await press(button(page, "番号を送る"));
    for (const left of [4, 3, 2, 1]) {
      // Six digits are guessed by chance once in a million.
      await page.getByLabel("6桁の番号").fill("000000");
      await press(button(page, "確認する"));
      assert.match(await textOf(page), new RegExp(`あと${left}回`));
      if (left === 4) await look(parent, "sign-in-code-errors");
    }
    await page.getByLabel("6桁の番号").fill("000000");
    await press(button(page, "確認する"));
    assert.match(await textOf(page), /この番号は使えません/);
    await look(parent, "sign-in-code-over");
    await context.close();
  });

  test(`${how}: hostile text is text`, async () => {
    const parent = await somebody();
    const { page, context } = parent;
    const hostile = `"><script>document.title="x"</script><img src=x onerror=alert(1)> =HYPERLINK("x") '`;
    await begin(page);
    await fillIn(page, { ...HANAKO, name: hostile, address: `</textarea>${hostile}` }, async (id) => {
      if (id === "birthdate") {
        await page.goto(`${FORM}/name`);
        assert.equal(await page.locator('[name="name"]').inputValue(), hostile);
        await page.goto(`${FORM}/birthdate`);
        await enter(page, Object.fromEntries(pages(HANAKO)).birthdate);
      }
    });
    assert.ok((await textOf(page)).includes(hostile));
    assert.equal(await page.locator("main script, main img").count(), 0);
    await look(parent, "check-hostile");
    await page.goto(`${FORM}/address`);
    assert.equal(await page.locator('[name="address"]').inputValue(), `</textarea>${hostile}`);
    await context.close();
  });

  test(`${how}: a filing can be withdrawn, and a page that does not exist says so`, async () => {
    const parent = await somebody();
    const { page, context } = parent;
    await begin(page);
    await fillIn(page, { ...HANAKO, name: "取下 試子" });
    await press(page.getByRole("link", { name: "メールアドレスの確認へ" }));
    await signIn(page, portal, address("withdraw"));
    await press(button(page, "送信する"));
    const number = path(page).split("/").pop();
    await page.goto(`/cases/${number}`);
    await press(button(page, "届出を取り下げる"));
    assert.match(await textOf(page), /取下げ/);
    await look(parent, "case-withdrawn");
    assert.equal((await page.goto("/cases/0000-0000-00")).status(), 404);
    await look(parent, "not-found");
    await page.goto("/demo/outbox");
    await look(parent, "outbox");
    await context.close();
  });

  test(`${how}: the way is there in English`, async () => {
    const parent = await somebody({ locale: "en-GB" });
    const { page, context } = parent;
    await page.goto(FORM);
    await look(parent, "procedure-english");
    await press(button(page, "Start").or(button(page, "Begin")).first());
    assert.equal(path(page), `${FORM}/who`);
    await look(parent, "form-who-english");
    await press(button(page, "日本語"));
    assert.equal(path(page), `${FORM}/who`, "choosing a language comes back");
    assert.match(await textOf(page), /届け出る方/);
    await context.close();
  });
}

test("a parent adds a passkey and signs in with it", async () => {
  const parent = await person(browser, portal);
  const { page, context } = parent;
  await page.goto("/account");
  await signIn(page, portal, "passkey@example.jp");
  assert.equal(path(page), "/account");
  await look(parent, "account");
  await press(page.getByRole("link", { name: "パスキーを登録する" }));
  await look(parent, "passkey-new");
  await page.getByLabel("名前").fill("<b>わたしの</b>端末");
  const told = page.getByRole("status").getByText("練習用の認証器が応答しました");
  const loaded = page.waitForEvent("load");
  await button(page, "登録する").click();
  await told.waitFor();
  await loaded;
  assert.equal(path(page), "/account");
  assert.match(await textOf(page), /<b>わたしの<\/b>端末/);
  await look(parent, "account-with-passkey");

  await press(button(page, "サインアウト"));
  await page.goto("/cases");
  await page.getByLabel("メールアドレス").fill("passkey@example.jp");
  await press(button(page, "パスキーでサインイン"));
  await look(parent, "passkey-enter");
  await press(button(page, "パスキーを使う"));
  assert.equal(path(page), "/cases");
  await page.goto("/account");
  assert.match(await textOf(page), /最後に使った日時/);
  await press(button(page, "消す").or(page.getByRole("button", { name: /^消す ?：/ })).first());
  assert.match(await textOf(page), /最後のパスキーを消しますか/, "not in silence");
  await look(parent, "passkey-last");
  await press(button(page, "わかりました。消す"));
  assert.doesNotMatch(await textOf(page), /<b>わたしの<\/b>端末/);
  await context.close();
});

test("a passkey of the device signs in without an address, by the button and beside the field", async () => {
  const parent = await person(browser, portal);
  const { page, context } = parent;
  await context.route("**/static/practice-authenticator.*", (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
  const session = await context.newCDPSession(page);
  await session.send("WebAuthn.enable");
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasUserVerification: true, isUserVerified: true, hasResidentKey: true, automaticPresenceSimulation: true },
  });
  await page.goto("/account/passkeys/new");
  await signIn(page, portal, "discovered@example.jp");
  await press(button(page, "登録する"));
  assert.equal(path(page), "/account");
  const { credentials } = await session.send("WebAuthn.getCredentials", { authenticatorId });
  assert.equal(credentials[0].isResidentCredential, true, "the device was asked to keep whose it is");

  await press(button(page, "サインアウト"));
  // Headless, the browser cannot show what it has beside the field; that it is asked, and with what, is seen here. Nobody
  // touches the device until the button was pressed.
  await session.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled: false });
  const offered = new Promise((resolve, reject) => {
    page.route("**/sign-in/passkey/offer", async (route) => {
      const response = await route.fetch();
      response.json().then(resolve, reject);
      await route.fulfill({ response });
    });
  });
  await page.goto("/sign-in?next=/account");
  const { options } = await offered;
  assert.deepEqual(JSON.parse(options).publicKey.allowCredentials, []);
  await page.unroute("**/sign-in/passkey/offer");
  await press(button(page, "パスキーでサインイン"));
  await session.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled: true });
  await press(button(page, "パスキーを使う"));
  assert.equal(path(page), "/account");
  assert.match(await textOf(page), /パスキーでサインイン/);
  await context.close();
});

test("an authenticator that the portal does not know is refused, known address or not", async () => {
  const parent = await person(browser, portal);
  const { page, context } = parent;
  const session = await context.newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasUserVerification: true, isUserVerified: true, hasResidentKey: true },
  });
  for (const mail of ["passkey@example.jp", "nobody-knows@example.jp"]) {
    await page.goto("/sign-in");
    await page.getByLabel("メールアドレス").fill(mail);
    await press(button(page, "パスキーでサインイン"));
    // The practice authenticator leaves it to the browser's own, which has no key either.
    await button(page, "パスキーを使う").click();
    await page.getByText("確認できませんでした。もう一度お試しください。").waitFor();
    assert.equal(path(page), "/sign-in/passkey");
    await look(parent, "passkey-refused");
    await press(page.getByRole("link", { name: "メールの番号でサインインする" }));
    assert.equal(path(page), "/sign-in");
  }
  await context.close();
});

test("without script the passkey page says so and leads to the code", async () => {
  const parent = await person(browser, portal, { javaScript: false });
  const { page, context } = parent;
  await page.goto("/sign-in");
  await page.getByLabel("メールアドレス").fill("passkey@example.jp");
  await press(button(page, "パスキーでサインイン"));
  assert.match(await textOf(page), /JavaScript が必要です/);
  await look(parent, "passkey-enter");
  await press(button(page, "パスキーを使う"));
  assert.match(await textOf(page), /パスキーを確かめられませんでした/);
  await context.close();
});

test("while somebody types, the draft is saved without a press", async () => {
  const parent = await person(browser, portal);
  const { page, context } = parent;
  await begin(page);
  await fillUpTo(page, "name");
  await enter(page, { name: "自動 保存子" });
  await page.getByText("保存しました").waitFor();
  await look(parent, "form-name-saved");
  const second = await context.newPage();
  await second.goto(`${FORM}/name`);
  assert.equal(await second.locator('[name="name"]').inputValue(), "自動 保存子");
  await second.close();
  await context.setOffline(true);
  await enter(page, { name: "通信 切子" });
  await page.getByText("通信できないため").waitFor();
  await context.setOffline(false);
  await page.getByText("保存しました").waitFor();
  await context.close();
});

test("すぐに閉じる leaves, and going back does not lead here again", async () => {
  const { page, context } = await person(browser, portal);
  await context.route("https://**", (route) => route.fulfill({ contentType: "text/html", body: "<title>harmless</title>" }));
  await page.goto("/");
  await page.getByRole("link", { name: "すぐに閉じる" }).click();
  await page.waitForURL("https://**");
  await page.goBack();
  assert.notEqual(new URL(page.url()).origin, portal.url);
  await context.close();
});

test("the first page of the form needs at most 40 kB in all, and no WebAssembly", async () => {
  const { page, context } = await person(browser, portal);
  await page.goto(FORM);
  await press(button(page, "はじめる"));
  // A fresh visitor's browser has nothing of it yet.
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  let bytes = 0;
  const kinds = [];
  session.on("Network.responseReceived", ({ response }) => kinds.push(response.mimeType));
  session.on("Network.loadingFinished", ({ encodedDataLength }) => { bytes += encodedDataLength; });
  await page.reload({ waitUntil: "networkidle" });
  assert.ok(kinds.length >= 3, `${kinds}`);
  assert.ok(!kinds.includes("application/wasm"), `${kinds}`);
  assert.ok(bytes > 5_000 && bytes <= 40_000, `${bytes} bytes with headers`);
  await context.close();
});

/** Fills in the pages before `last`, which is then shown. */
async function fillUpTo(page, last) {
  for (const [id, values] of pages(HANAKO)) {
    if (id === last) break;
    assert.equal(path(page), `${FORM}/${id}`);
    await enter(page, values);
    await press(button(page, "次へ"));
  }
  assert.equal(path(page), `${FORM}/${last}`);
}
