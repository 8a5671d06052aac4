// 個人番号: sealed in the browser, and nowhere in plain on the way to the back office, which opens it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test as always } from "node:test";
import { fileURLToPath } from "node:url";
import { look, person, press, startBrowser, until } from "../support/browser.mjs";
import { FORM, HANAKO, begin, button, enter, pages, path, signIn } from "../support/notification.mjs";
import { atTheDesk, open, recordIdentity } from "../support/office.mjs";
import { startPortal } from "../support/portal.mjs";

/** A test of what only a program with the module does. */
const test = (name, what) => canSeal && always(name, what);
const SCAN = fileURLToPath(new URL("../support/scan.py", import.meta.url));
const metrics = await new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(`127.0.0.1:${port}`));
  });
});
// A program that was built without a WebAssembly compiler refuses to seal; there the counter takes the number, and all else is
// tested without it.
const canSeal = existsSync(join(process.env.CARGO_TARGET_DIR ?? "target", "site/pkg/seal-number"));
if (!canSeal) {
  always("without the module the portal refuses to start with `sealed`, and says why", async () => {
    await assert.rejects(startPortal({ environment: { MADOGUCHI_MY_NUMBER: "sealed" } }), /MADOGUCHI_MY_NUMBER: this program was built without/);
  });
}
const portal = canSeal && await startPortal({ environment: { MADOGUCHI_MY_NUMBER: "sealed", MADOGUCHI_METRICS_LISTEN: metrics } });
const browser = await startBrowser();
const scratch = mkdtempSync(join(tmpdir(), "madoguchi-canary-"));
after(() => rmSync(scratch, { recursive: true, force: true }));
const textOf = (page) => page.locator("main").innerText();
const input = (page) => page.getByLabel("個人番号（12桁）");
const NUMBER_PAGE = `${FORM}/number`;

/** A number that nobody has written anywhere, with a right check digit: the weights as they are printed beside the digits. */
function canary() {
  const eleven = Array.from({ length: 11 }, (_, place) => (place === 0 ? 7 : Math.floor(Math.random() * 10)));
  const sum = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2].reduce((all, weight, place) => all + weight * eleven[place], 0) % 11;
  return [...eleven, sum < 2 ? 0 : 11 - sum].join("");
}

/** Where the number stands, a line for each place. */
function scan(number, ...where) {
  const { status, stdout, stderr } = spawnSync("python3", [SCAN, number, ...where], { encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(status, 0, stderr);
  return stdout.trim().split("\n").filter(Boolean);
}

/** A program of ours, with the demo's data. */
function run(program, ...words) {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8", env: { ...process.env, MADOGUCHI_DATA_DIR: portal.folder } });
  assert.equal(status, 0, `${words.join(" ")}: ${stderr}`);
  return stdout;
}

async function atNumber(page) {
  await begin(page);
  for (const [id, values] of pages(HANAKO)) {
    if (path(page) !== `${FORM}/${id}`) continue;
    await enter(page, values);
    await press(button(page, "次へ"));
  }
  assert.equal(path(page), NUMBER_PAGE);
}
const ready = (page) => page.locator("form[data-ready]").waitFor();

for (const [how, options, block] of [
  ["without script", { javaScript: false }],
  ["with WebAssembly blocked", {}, "**/*.wasm"],
  ["with the script blocked", {}, "**/static/seal-number.*.js"],
]) {
  test(`${how}: the page says that the number is taken at the counter, and one goes on`, async () => {
    const parent = await person(browser, portal, options);
    const { page, context } = parent;
    if (block) await context.route(block, (route) => route.abort());
    await atNumber(page);
    assert.match(await textOf(page), /個人番号は、窓口で確認します/);
    assert.equal(await page.locator("main input:not([type=hidden])").count(), 0, "there is nothing to type a number into");
    if (!block) await look(parent, "number");
    await press(button(page, "次へ"));
    assert.equal(path(page), `${FORM}/papers`);
    await press(button(page, "次へ"));
    assert.match(await textOf(page), /窓口で伝えます/);
    await context.close();
  });
}

test("what is wrong is said at the field and on top, and nothing that is typed is ever posted", async () => {
  const parent = await person(browser, portal);
  const { page, context } = parent;
  const posted = [];
  page.on("request", (request) => { if (request.method() === "POST") posted.push(request.postData() ?? ""); });
  await atNumber(page);
  await ready(page);
  assert.equal(await input(page).getAttribute("name"), null);
  await look(parent, "number");
  for (const [typed, sentence] of [
    ["", /個人番号を入力するか/],
    ["12345678901", /数字12桁で入力してください/],
    ["1234-5678-9012", /番号がちがうようです/],
  ]) {
    await input(page).fill(typed);
    await button(page, "次へ").click();
    assert.equal(path(page), NUMBER_PAGE);
    assert.match(await page.locator(".error-summary").innerText(), sentence);
    assert.ok(await page.locator(".error-summary").evaluate((one) => one === document.activeElement), "the summary has the focus");
    assert.match(await page.title(), /^エラー：/);
    assert.equal(await input(page).getAttribute("aria-invalid"), "true");
  }
  await look(parent, "number-errors");
  await page.locator(".error-summary a").click();
  assert.equal(await page.evaluate(() => document.activeElement.id), "my-number");
  await input(page).fill("１２３４－５６７８－９０１８");
  await page.keyboard.press("Tab");
  assert.equal(await input(page).inputValue(), "1234 5678 9018", "it is grouped as on the card");
  assert.equal(await page.locator(".error-summary").count(), 0);
  // The script fails half-way: the module is gone in the middle of it.
  await page.evaluate(() => { document.querySelector("form[data-seal-number]").dataset.sealNumber = "age1nothing"; });
  await button(page, "次へ").click();
  assert.match(await page.locator(".error-summary").innerText(), /暗号にできませんでした/);
  assert.equal(await input(page).inputValue(), "", "what could not be sealed does not stay");
  await page.reload();
  await ready(page);
  await input(page).fill("1234 5678 9018");
  await press(button(page, "次へ"));
  assert.equal(path(page), `${FORM}/papers`);
  await page.goBack();
  await page.getByText("入力済み").waitFor();
  assert.equal(await page.getByLabel("別の番号に変える（12桁）").inputValue(), "", "the page that the browser kept does not hold it");
  await look(parent, "number-kept");
  await press(button(page, "次へ"));
  assert.ok(posted.some((body) => body.includes("BEGIN+AGE")), "armor was sent");
  for (const body of posted) assert.deepEqual(body.match(/1234.?5678.?9018|56789018/), null);
  await press(button(page, "次へ"));
  assert.match(await textOf(page), /入力済み/);
  await look(parent, "check-with-number");
  await press(page.getByRole("link", { name: /^変更 ?：個人番号/ }));
  await press(button(page, "入力した番号を消す"));
  await press(button(page, "次へ").or(page.locator('button[value="skip"]')).last());
  assert.equal(path(page), `${FORM}/check`);
  assert.match(await textOf(page), /窓口で伝えます/);
  await context.close();
});

test("the scan finds a number however it is written", () => {
  const number = canary();
  const folder = join(scratch, "control");
  mkdirSync(folder);
  const grouped = number.replace(/(\d{4})(?=\d)/g, "$1-");
  const wide = (text) => text.replace(/[0-9]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)).replaceAll("-", "－");
  const ways = [number, grouped, grouped.replaceAll("-", " "), wide(number), wide(grouped)];
  for (const [place, text] of ways.entries()) {
    writeFileSync(join(folder, `${place}-utf8`), `x${text}y`);
    writeFileSync(join(folder, `${place}-utf16`), Buffer.from(`x${text}y`, "utf16le"));
  }
  for (const before of ["", "a", "ab"]) writeFileSync(join(folder, `base64-${before.length}`), Buffer.from(`${before}${number}`).toString("base64"));
  // Over the edge of what is read at once.
  writeFileSync(join(folder, "edge"), `${" ".repeat(16 * 1024 * 1024 - 5)}${number}`);
  const found = new Set(scan(number, folder).map((line) => line.split(": ")[0].split("/").pop()));
  assert.deepEqual([...found].sort(), readdirSync(folder).sort());
});

test("a number is nowhere in plain, and the import job opens it and finds the resident by it", async () => {
  const number = canary();
  // The closed network knows it, and nobody else.
  const residents = join(dirname(portal.demo().import_config), "residents.csv");
  writeFileSync(residents, readFileSync(residents, "utf8").replace("123456789018", number));

  const parent = await person(browser, portal);
  const { page } = parent;
  const seen = [];
  page.on("request", (request) => seen.push(request.url(), request.postData() ?? ""));
  page.on("response", async (response) => {
    if (/html|json|javascript/.test(response.headers()["content-type"] ?? "")) seen.push(await response.text().catch(() => ""));
  });
  await atNumber(page);
  await ready(page);
  await input(page).pressSequentially(number.replace(/(\d{4})(?=\d)/g, "$1-"));
  await press(button(page, "次へ"));
  await press(button(page, "次へ"));
  await press(page.getByRole("link", { name: "メールアドレスの確認へ" }));
  await signIn(page, portal, HANAKO.mail);
  await press(button(page, "送信する"));
  const receipt = path(page).split("/").pop();
  await page.goto(`/cases/${receipt}`);
  assert.match(await textOf(page), /入力済み/);
  await look(parent, "case-with-number");
  await press(page.getByRole("link", { name: "個人番号を入力・変更する" }));
  await ready(page);
  await look(parent, "case-number");

  const first = await atTheDesk(browser, portal, "clerk1");
  await open(first.page, receipt);
  await press(button(first.page, "担当する"));
  assert.match(await textOf(first.page), /個人番号：封印済み/);
  await recordIdentity(first.page);
  await look(first, "staff-case-number");
  await press(button(first.page, "受理する"));
  seen.push(await first.page.content());
  const second = await atTheDesk(browser, portal, "clerk2");
  await open(second.page, receipt);
  await press(button(second.page, "二人目として確認する"));
  assert.equal(portal.sql("SELECT COUNT(*) FROM sealed_number WHERE case_id IS NOT NULL")[0], "1");

  const copies = join(scratch, "copies");
  mkdirSync(copies);
  run(process.env.MADOGUCHI_BIN, "backup", join(copies, "backup.sqlite"), "--demo");
  for (const [name, text] of [
    ["log", portal.log()],
    ["mail.html", await (await fetch(`${portal.url}/demo/outbox`)).text()],
    ["metrics", await (await fetch(`http://${metrics}/metrics`)).text()],
    ["pages", seen.join("\n")],
  ]) {
    assert.ok(text.length > 100, `${name} holds something`);
    writeFileSync(join(copies, name), text);
  }
  const cores = spawnSync("gcore", ["-o", join(copies, "core"), String(portal.pid())], { encoding: "utf8" });
  const places = readdirSync(portal.folder).filter((name) => name !== "import").map((name) => join(portal.folder, name));
  const pid = ["--pid", String(portal.pid())];
  assert.deepEqual(scan(number, ...pid, ...places, copies), [], "where the number stands");
  // What is certainly there is found there: the folder of its data stands in the process's own environment.
  const marker = portal.folder.slice(-12);
  assert.ok(scan(marker, ...pid).length > 0, "the memory was read");
  if (!cores.error) {
    const core = readdirSync(copies).filter((name) => name.startsWith("core"));
    assert.equal(core.length, 1, cores.stderr);
    assert.ok(scan(marker, join(copies, core[0])).length > 0, "the core dump was read");
    rmSync(join(copies, core[0]));
  }

  run(process.env.MADOGUCHI_BIN, "handover", "seal", "--demo");
  // The demo's import job, a process of its own, pulls once a minute.
  await until("the office has taken it in", async () => {
    await page.goto(`/cases/${receipt}`);
    return (await textOf(page)).includes("受け入れ済");
  }, 150_000);
  const output = join(dirname(portal.demo().import_config), "output");
  const rows = readdirSync(output).map((name) => readFileSync(join(output, name), "utf8")).flatMap((text) => text.split("\r\n"));
  const row = rows.find((one) => one.includes(receipt));
  assert.match(row, /000000000000001/, "the resident of that number, and of no other");
  assert.equal(portal.sql("SELECT COUNT(*) FROM sealed_number")[0], "0", "it is erased with the receipt");
  assert.deepEqual(scan(number, ...pid, ...places, copies), []);
  assert.equal(portal.sql("SELECT COUNT(*) FROM audit_entry WHERE deed = 'number_erased'")[0], "1");
  for (const { context } of [parent, first, second]) await context.close();
});
