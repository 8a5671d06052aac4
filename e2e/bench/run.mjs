// Sizes and speed of an optimised build, each beside a baseline of the same run. Invariant: bounded in count and time,
// loopback only, what was started is stopped. Figures are ratios first: the machine is shared and noisy.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { date, dayFromToday, pages, HANAKO, FORM } from "../support/notification.mjs";
import { laboratory } from "./lab.mjs";
import { Visitor } from "./visitor.mjs";

const program = process.env.MADOGUCHI_BIN;
const ROUNDS = 9;
const rows = [];
const row = (what, figure, baseline, ratio, target) => rows.push([what, figure, baseline, ratio, target]);
const round = (number, digits = 1) => Number(number.toFixed(digits));
const median = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];

/** Starts the demo; how long until it is ready, in ms. */
async function start(folder, listen) {
  const begun = performance.now();
  const child = spawn(program, ["serve", "--demo"], {
    env: { ...process.env, MADOGUCHI_DATA_DIR: folder, MADOGUCHI_LISTEN: listen, MADOGUCHI_LOG: "warn" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const url = await new Promise((resolve, reject) => {
    let said = "";
    child.stdout.on("data", (text) => {
      said += text;
      const address = /^ready (http\S+)$/m.exec(said)?.[1];
      if (address) resolve(address);
    });
    child.on("exit", (code) => reject(new Error(`the portal ended with ${code}`)));
  });
  return { child, url, ms: performance.now() - begun };
}
const ended = (child, signal) => new Promise((resolve) => { child.on("exit", resolve); child.kill(signal); });

/** CPU of a process so far, in ms; a tick is 10 ms. */
function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
const memory = (pid) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))[1]) / 1024;

const KANA = [..."アイウエオカキクケコサシスセソタチツテト"];
let filed = 0;
/** Somebody else every time: who files twice is found, opened beside the first and told to staff, and no city has forty of one person. */
function somebody() {
  const at = filed++;
  const figures = [...String(at)].map((figure) => "〇一二三四五六七八九"[figure]).join("");
  return {
    ...HANAKO, name: `窓口 花${figures}`, kana: `マドグチ ハナ${[1, 20, 400].map((place) => KANA[Math.floor(at / place) % 20]).join("")}`,
    born: { year: String(1980 + at % 25), month: String(1 + at % 12), day: String(1 + at % 28) },
    phone: `090-0000-${String(1000 + at)}`, address: `窓口市架空町${1 + at}-2-3`,
  };
}

/** 低体重児届出: 24 fields, the size of journey that the peers of `performance.md` were measured with (they on 9 pages, this on 10). */
const lowBirthWeight = (who) => [
  ["who", { filer: "guardian" }],
  ["child", { child_name: "窓口 見本", child_name_kana: "マドグチ ミホン", child_sex: "female" }],
  ["birth", { ...date("born_on", dayFromToday(-10)), birth_weight: "1980", gestation_weeks: "34", gestation_days: "5" }],
  ["place", { birth_place: "hospital", birth_facility: "見本病院" }],
  ["multiple", { multiple: "twins", birth_order: "1" }],
  ["discharge", { discharge: "planned", ...date("discharge_planned_on", dayFromToday(7)), staying_at: "見本病院" }],
  ["guardian", { name: who.name, name_kana: who.kana, relation: "mother", ...date("birthdate", who.born) }],
  ["address", { postal_code: who.postalCode, address: who.address }],
  ["contact", { phone: who.phone, phone_hours: ["morning", "evening"] }],
  ["worries", { worries: "夜の授乳について相談したいです。" }],
];
const NOTIFICATION = { what: "妊娠届, 14 pages", id: "notification", path: FORM, pages };
const LOW_BIRTH_WEIGHT = { what: "24 fields, 10 pages", id: "low-birth-weight", path: "/apply/low_birth_weight", pages: lowBirthWeight };

/** From the start page to the last page of the form. */
async function answered(url, form) {
  const visitor = new Visitor(url);
  await visitor.get("/");
  await visitor.get(form.path);
  await visitor.post(form.path, {});
  for (const [page, values] of form.pages(somebody())) await visitor.press(`${form.path}/${page}`, { ...values, then: "next" });
  return visitor;
}

async function journey(url, mail) {
  const visitor = await answered(url, NOTIFICATION);
  await visitor.signIn(mail, `${NOTIFICATION.path}/check`);
  return visitor;
}
const send = (visitor, form) => visitor.press(`${form.path}/check`, {});

const JOURNEYS = 24;

/** So many journeys of each client, one after the other, and what they cost: CPU in ms, with what follows within two seconds. */
async function counted(pids, clients, deed) {
  const all = () => pids().reduce((sum, pid) => sum + cpu(pid), 0);
  const before = all();
  const made = await Promise.all(Array.from({ length: clients }, async (_, client) => {
    const made = [];
    for (let at = 0; at < JOURNEYS / clients; at += 1) made.push(await deed(client, at));
    return made;
  }));
  await new Promise((resolve) => setTimeout(resolve, 2000));
  return [all() - before, made];
}

/** What the server takes for a journey, the worker's part of it too; the looks into the mail viewer lie between the two halves. */
async function spent({ url, child }, form, clients, turn) {
  const mail = (client, at) => `bench-${form.id}-${clients}-${turn}-${client}-${at}@example.jp`;
  const pids = () => [child.pid];
  const [half, visitors] = await counted(pids, clients, async (client, at) => {
    const visitor = await answered(url, form);
    await visitor.askForCode(mail(client, at), `${form.path}/check`);
    return visitor;
  });
  // The viewer shows the newest fifty.
  const codes = [];
  for (let client = 0; client < clients; client += 1) {
    codes.push([]);
    for (let at = 0; at < JOURNEYS / clients; at += 1) codes[client].push(await visitors[client][at].codeFor(mail(client, at)));
  }
  const [other] = await counted(pids, clients, async (client, at) => {
    const visitor = visitors[client][at];
    await visitor.post("/sign-in/code", { code: codes[client][at], next: `${form.path}/check` });
    await send(visitor, form);
    if (!visitor.html.includes("受け付けました")) throw new Error("the portal did not take it in");
  });
  return (half + other) / JOURNEYS;
}

/** The same pages and inputs in Django behind gunicorn, two workers (`yardstick.py`). */
async function startYardstick(folder, form) {
  const inputs = form.pages(somebody()).map(([page, values]) => [page, Object.keys(values)]);
  const env = { ...process.env, YARDSTICK_FOLDER: folder, YARDSTICK_PAGES: JSON.stringify(inputs), PYTHONDONTWRITEBYTECODE: "1" };
  const here = import.meta.dirname;
  execFileSync(process.env.MADOGUCHI_YARDSTICK, ["yardstick.py"], { cwd: here, env });
  const child = spawn(process.env.MADOGUCHI_YARDSTICK, ["-m", "gunicorn", "--workers", "2", "--no-control-socket", "--bind", "127.0.0.1:0", "yardstick"],
    { cwd: here, env, stdio: ["ignore", "ignore", "pipe"] });
  const url = await new Promise((resolve, reject) => {
    let said = "";
    child.stderr.on("data", (text) => {
      said += text;
      const address = /Listening at: (http:\S+)/.exec(said)?.[1];
      if (address && said.split("Booting worker").length === 3) resolve(address);
    });
    child.on("exit", (code) => reject(new Error(`the yardstick ended with ${code}: ${said}`)));
  });
  const workers = () => readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim().split(" ").map(Number);
  return { child, url, pids: () => [child.pid, ...workers()] };
}

async function spentByYardstick({ url, pids }, form, clients) {
  const [all] = await counted(pids, clients, async () => {
    const visitor = new Visitor(url);
    await visitor.get("/");
    await visitor.press("/", {});
    for (const [page, values] of form.pages(somebody())) await visitor.press(`/${page}`, values);
    await visitor.press("/check", {});
    if (!visitor.html.includes("<h1>done</h1>")) throw new Error("the yardstick did not take it in");
  });
  return all / JOURNEYS;
}

/** Commits of one row a second, WAL and FULL, on the same disk. */
function rawCommits(folder) {
  const script = `
import sqlite3, time, os, sys
path = os.path.join(sys.argv[1], "raw.sqlite")
db = sqlite3.connect(path, isolation_level=None)
db.execute("PRAGMA journal_mode=WAL"); db.execute("PRAGMA synchronous=FULL")
db.execute("CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b TEXT)")
begun = time.perf_counter()
for at in range(200):
    db.execute("BEGIN IMMEDIATE"); db.execute("INSERT INTO t (b) VALUES (?)", ("x" * 400,)); db.execute("COMMIT")
print(200 / (time.perf_counter() - begun))`;
  return Number(execFileSync("python3", ["-c", script, folder], { encoding: "utf8" }));
}

async function bytes(url, javaScriptEnabled) {
  const browser = await chromium.launch({
    executablePath: process.env.MADOGUCHI_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  try {
    const context = await browser.newContext({ javaScriptEnabled, locale: "ja-JP", viewport: { width: 360, height: 740 } });
    const page = await context.newPage();
    await page.goto(url + FORM);
    await page.getByRole("button", { name: "はじめる" }).click();
    await page.waitForURL(/\/who$/);
    const cold = await browser.newContext({ javaScriptEnabled, locale: "ja-JP", viewport: { width: 360, height: 740 }, storageState: await context.storageState() });
    const form = await cold.newPage();
    const session = await cold.newCDPSession(form);
    await session.send("Network.enable");
    let size = 0;
    const addresses = [];
    session.on("Network.loadingFinished", (event) => { size += event.encodedDataLength; });
    session.on("Network.responseReceived", (event) => addresses.push(event.response.url));
    await form.goto(`${url}${FORM}/who`, { waitUntil: "networkidle" });
    return { size, requests: addresses.length, wasm: addresses.filter((address) => address.includes(".wasm")).length };
  } finally { await browser.close(); }
}

const folder = mkdtempSync(join(tmpdir(), "madoguchi-bench-"));
let running;
let yardstick;
try {
  running = await start(folder, "127.0.0.1:0");
  const { url } = running;
  const first = running.ms;
  await new Promise((resolve) => setTimeout(resolve, 3000));
  row("memory of the demo at rest, MiB (PSS)", round(memory(running.child.pid)), "–", "–", "≤ 40");

  for (const script of [true, false]) {
    const { size, requests, wasm } = await bytes(url, script);
    row(`first form page, cold, kB (${script ? "with" : "without"} JavaScript; ${requests} requests, ${wasm} wasm)`,
      round(size / 1000), "96 (govuk-frontend, performance.md)", round(size / 96_000, 2), "≤ 0.5");
  }

  const visitor = new Visitor(url);
  await visitor.get(FORM);
  await visitor.post(FORM, {});
  const cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const { "govuk-frontend": beside, ...seen } = await laboratory([{ name: "start page", url: `${url}/` }, { name: "first form page", url: `${url}${FORM}/who`, cookie }], ROUNDS);
  for (const [name, { lcp, tbt, cls }] of Object.entries(seen)) {
    row(`${name}, largest paint on a slow phone (Lighthouse), ms`, Math.round(lcp), `${Math.round(beside.lcp)} (govuk-frontend page)`, round(lcp / beside.lcp, 2), "≤ 1500 ms");
    row(`${name}, time blocked, ms; layout shift`, `${Math.round(tbt)}; ${round(cls, 3)}`, `${Math.round(beside.tbt)}; ${round(beside.cls, 3)}`, "–", "≤ 50 ms; ≤ 0.01");
  }

  // Pairs, taken in turns: the machine is not alone, and what one round costs is as it happens.
  for (const form of [LOW_BIRTH_WEIGHT, NOTIFICATION]) {
    yardstick = await startYardstick(mkdtempSync(join(folder, "yardstick-")), form);
    for (const clients of [1, 8]) {
      const pairs = [];
      for (let turn = 0; turn < ROUNDS; turn += 1) pairs.push([await spent(running, form, clients, turn), await spentByYardstick(yardstick, form, clients)]);
      const ours = pairs.map(([one]) => one);
      row(`server CPU of a whole journey (${form.what}), ms, ${clients} clients (${round(Math.min(...ours))} to ${round(Math.max(...ours))} in ${ROUNDS} rounds)`,
        round(median(ours)), `${round(median(pairs.map(([, other]) => other)))} (the same pages in Django, without signing in and mail)`,
        round(median(pairs.map(([one, other]) => one / other)), 2), form === LOW_BIRTH_WEIGHT ? "≤ 20 ms; ≤ 0.2" : "–");
    }
    await ended(yardstick.child, "SIGTERM");
    yardstick = undefined;
  }

  const ratios = [];
  const speeds = [];
  for (let at = 0; at < ROUNDS; at += 1) {
    const ready = [];
    for (let client = 0; client < 16; client += 1) ready.push(await journey(url, `intake-${at}-${client}@example.jp`));
    const raw = rawCommits(folder);
    const begun = performance.now();
    await Promise.all(ready.map((visitor) => send(visitor, NOTIFICATION)));
    const speed = ready.length / ((performance.now() - begun) / 1000);
    speeds.push(speed);
    ratios.push(speed / raw);
  }
  row("filings taken in durably a second, 16 clients", round(median(speeds)), "raw one-row commits of SQLite, WAL, FULL", round(median(ratios), 2), "≥ 1.0");

  await ended(running.child, "SIGKILL");
  running = await start(folder, `127.0.0.1:${new URL(url).port}`);
  row("ready again after kill -9, ms", Math.round(running.ms), `${Math.round(first)} (first start, which makes the samples)`, round(running.ms / first, 2), "≤ 3000 ms");
} finally {
  if (yardstick) await ended(yardstick.child, "SIGTERM");
  if (running) await ended(running.child, "SIGTERM");
  rmSync(folder, { recursive: true, force: true });
}
console.log(`load average ${loadavg().map((load) => load.toFixed(1)).join(" ")}\n`);
console.log("| what | figure | baseline | ratio | target |\n|---|---|---|---|---|");
for (const cells of rows) console.log(`| ${cells.join(" | ")} |`);
