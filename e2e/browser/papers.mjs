// 写真・書類: photos and files of a filing, with script and without, and over a line that is cut.
import assert from "node:assert/strict";
import { test } from "node:test";
import { look, person, press, startBrowser, until } from "../support/browser.mjs";
import { FORM, HANAKO, begin, button, enter, pages, passNumber, path, signIn } from "../support/notification.mjs";
import { startPortal } from "../support/portal.mjs";

const portal = await startPortal();
const browser = await startBrowser();

/** A photo as a camera makes it: large, and with nothing in it that could be made small by itself. */
async function photo(width, height, seed) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const url = await page.evaluate(([width, height, seed]) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    const paper = canvas.getContext("2d");
    let dice = seed;
    for (let row = 0; row < height; row += 5) {
      for (let column = 0; column < width; column += 5) {
        dice = (dice * 1103515245 + 12345) % 2147483648;
        paper.fillStyle = `rgb(${dice % 256},${(dice >> 8) % 256},${(dice >> 16) % 256})`;
        paper.fillRect(column, row, 5, 5);
      }
    }
    return canvas.toDataURL("image/jpeg", 0.95);
  }, [width, height, seed]);
  await context.close();
  return { name: "IMG_0001.JPG", mimeType: "image/jpeg", buffer: Buffer.from(url.split(",")[1], "base64") };
}
const document_ = (mark, length) => ({
  name: "診断書.pdf", mimeType: "application/pdf", buffer: Buffer.from(`%PDF-1.7\n${mark.repeat(length)}\n%%EOF\n`),
});

const large = await photo(4000, 3000, 7);
const small = await photo(640, 480, 11);

/** Everything before 写真・書類. */
async function atPapers(page) {
  await begin(page);
  for (const [id, values] of pages(HANAKO)) {
    if (path(page) !== `${FORM}/${id}`) continue;
    await enter(page, values);
    await press(button(page, "次へ"));
  }
  await passNumber(page);
  assert.equal(path(page), `${FORM}/papers`);
}
const chooser = (page) => page.locator("#paper-due_date_proof");
const listed = async (page) => (await page.locator(".paper-list li > span").allInnerTexts()).map((text) => text.split(" (")[0]);
const state = (page) => page.locator("[data-paper-state]").first().innerText();

for (const javaScript of [true, false]) {
  const how = javaScript ? "with script" : "without script";

  test(`${how}: several photos at once, one taken away again, the rest sent`, async () => {
    const parent = await person(browser, portal, { javaScript });
    const { page, context } = parent;
    await atPapers(page);
    await look(parent, "papers-empty");
    await chooser(page).setInputFiles([small, document_("x", 500)]);
    if (javaScript) await until("both are listed", async () => (await listed(page)).length === 2);
    else await press(button(page, "選んだものを追加する"));
    assert.deepEqual(await listed(page), ["写真1", "書類2（PDF）"]);
    assert.ok(!(await page.content()).includes("IMG_0001"), "what a file was called is not shown");
    await look(parent, "papers-two");
    await press(page.locator(".paper-list button").nth(1));
    assert.deepEqual(await listed(page), ["写真1"]);

    // What cannot be opened is told, and the rest stays.
    await chooser(page).setInputFiles({ name: "x.heic", mimeType: "image/heic", buffer: Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic") });
    if (javaScript) await until("it is refused", async () => (await state(page)).includes("互換性優先"));
    else await press(button(page, "選んだものを追加する"));
    assert.match(await page.locator("main").innerText(), /互換性優先/);
    assert.deepEqual(await listed(page), ["写真1"]);
    await look(parent, "papers-refused");

    await press(button(page, "次へ"));
    assert.equal(path(page), `${FORM}/check`);
    assert.match(await page.locator("main").innerText(), /写真・書類\s+出産予定日のわかるもの\s+写真1/);
    await look(parent, "papers-check");
    await press(page.getByRole("link", { name: "メールアドレスの確認へ" }));
    await signIn(page, portal, `papers-${javaScript}@example.jp`);
    await press(button(page, "送信する"));
    assert.match(await page.locator("main").innerText(), /写真・書類を 1 件受け取りました。/);
    await look(parent, "papers-receipt");
    await context.close();
  });
}

test("a large photo is made smaller before it is sent", async () => {
  const { page, context } = await person(browser, portal);
  await atPapers(page);
  let bytes = 0;
  // What it announces is what it sends: the server takes no other length.
  page.on("request", (request) => { if (request.url().endsWith("/papers/begin")) bytes = Number(new URLSearchParams(request.postData()).get("bytes")); });
  await chooser(page).setInputFiles(large);
  await until("it is listed", async () => (await listed(page)).length === 1);
  assert.ok(bytes > 10_000 && bytes < large.buffer.length * 0.6, `${bytes} of ${large.buffer.length} bytes`);
  assert.equal(await state(page), "追加しました");
  await context.close();
});

test("after a cut the rest is sent, and 次へ waits for it", async () => {
  const { page, context } = await person(browser, portal);
  await atPapers(page);
  let pieces = 0;
  let isCut = true;
  await page.route("**/piece", (route) => {
    pieces += 1;
    return isCut && pieces > 1 ? route.abort() : route.continue();
  });
  await chooser(page).setInputFiles(document_("y", 900_000));
  await until("the cut is told", async () => (await state(page)).includes("つながったら、続きから"));
  await button(page, "次へ").click();
  assert.equal(path(page), `${FORM}/papers`, "it waits");
  isCut = false;
  await page.waitForURL(`**${FORM}/check`);
  assert.match(await page.locator("main").innerText(), /書類1（PDF）/);
  await context.close();
});

test("the page opened anew and the same file chosen again goes on where it stood, and is there once", async () => {
  const { page, context } = await person(browser, portal);
  await atPapers(page);
  const offsets = [];
  let isCut = true;
  await page.route("**/piece", (route) => {
    offsets.push(Number(route.request().headers()["upload-offset"]));
    return isCut && offsets.length > 2 ? route.abort() : route.continue();
  });
  await chooser(page).setInputFiles(document_("z", 900_000));
  await until("it is cut", () => offsets.length > 2);
  await page.reload();
  assert.match(await page.locator("main").innerText(), /送信が途中で止まっています/);
  isCut = false;
  offsets.length = 0;
  await chooser(page).setInputFiles(document_("z", 900_000));
  await until("it is there", async () => (await listed(page))[0] === "書類1（PDF）");
  assert.equal(offsets[0], 2 * 256 * 1024, "what had arrived is not sent again");
  offsets.length = 0;
  await chooser(page).setInputFiles(document_("z", 900_000));
  await until("it is told", async () => (await state(page)) === "追加しました");
  assert.deepEqual([await listed(page), offsets], [["書類1（PDF）"], []]);
  await context.close();
});
