// Every test in this folder, file by file. Invariants: a file that crashes or hangs counts as a failure; the last line is
// `N passed, N failed`; exit 1 on any failure. With arguments: only the files whose path holds one of them.
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "node:test";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const wanted = process.argv.slice(2);
// The walk through every page in every language takes a quarter of an hour and more.
const folders = ["unit", "browser", ...(process.env.MADOGUCHI_SOAK ? ["soak"] : [])];
const files = folders
  .flatMap((folder) => {
    try { return readdirSync(join(here, folder)).filter((name) => name.endsWith(".mjs")).sort().map((name) => join(here, folder, name)); }
    catch (error) { if (error.code === "ENOENT") return []; throw error; }
  })
  .filter((file) => wanted.length === 0 || wanted.some((part) => relative(here, file).includes(part)));

let passed = 0;
let failed = 0;
const heard = new Set();
const name = (event) => `${relative(here, event.file ?? here)}: ${event.name}`;
// One file at a time: every browser test starts a portal and a browser of its own, and the machine is small.
const stream = run({ files, concurrency: 1, timeout: 60 * 60_000 });
// Node also reports each file as if it were a test; that counts only if it failed without a failed test in it.
const isFile = (event) => event.name === event.file || files.includes(event.name);
stream.on("test:pass", (event) => {
  if (isFile(event)) return;
  passed += 1;
  heard.add(event.file);
  console.log(`ok      ${name(event)} (${Math.round(event.details.duration_ms)} ms)`);
});
const withFailure = new Set();
stream.on("test:fail", (event) => {
  if (isFile(event) && withFailure.has(event.name)) return;
  failed += 1;
  withFailure.add(event.file ?? event.name);
  heard.add(event.file ?? event.name);
  const error = event.details.error;
  console.log(`NOT OK  ${name(event)}\n${error?.cause?.stack ?? error?.stack ?? error}`);
});
// What a test measured, but for Node's own count of each file.
stream.on("test:diagnostic", ({ message }) => { if (!/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(message)) console.log(`#       ${message}`); });
stream.on("test:stdout", (event) => process.stdout.write(event.message));
stream.on("test:stderr", (event) => process.stderr.write(event.message));
stream.on("end", () => {
  for (const file of files.filter((file) => !heard.has(file))) {
    failed += 1;
    console.log(`NOT OK  ${relative(here, file)}: no test was run`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
});
stream.resume();
