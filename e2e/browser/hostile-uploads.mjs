// Files and requests that are made to hurt: each is refused with its sentence, or taken as what is harmless of it, and the memory
// of the portal stays where it was. Invariant: the memory is the kernel's own figure of the running program, highest and after.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { jpeg, liar, pdf, png, progressive, swelling } from "../support/hostile.mjs";
import { startPortal } from "../support/portal.mjs";
import { multipart, startUploader } from "../support/uploader.mjs";

const MIB = 1024 * 1024;
/** What a file of the greatest length and its sealed pieces take while it is looked at. */
const FLAT = 32 * MIB;
/** Two pictures of 40 megapixels at once (`picture.rs`). */
const LARGEST_PICTURE = 2 * 160 * MIB;
/** What the allocator may keep of pictures to use it again; however many come, it is no more. */
const KEPT = 64 * MIB;
const TIMES = 4;
const KIND = "写真（JPEG・PNG）か PDF を選んでください。";
const BROKEN = "ファイルが途中で切れているか、壊れています。もう一度選んでください。";
const PIXELS = "写真の画素数が多すぎます。カメラの設定で小さいサイズを選んで撮り直してください。";

const portal = await startPortal();
const parent = await startUploader(portal);

const status = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${portal.pid()}/status`, "utf8"))[1]) * 1024;
/** What `deed` takes of memory: the highest above what was there before, and what is left of it. */
async function memoryOf(deed) {
  const before = status("VmRSS");
  // Forgets the highest figure so far.
  writeFileSync(`/proc/${portal.pid()}/clear_refs`, "5");
  await deed();
  return { before, highest: status("VmHWM") - before, left: status("VmRSS") - before };
}
const inMib = (bytes) => `${(bytes / MIB).toFixed(1)} MiB`;
const say = (t, name, { before, highest, left }) => t.diagnostic(`${name}: ${inMib(before)} before, ${inMib(highest)} more at most, ${inMib(left)} more after`);

test("each hostile file is refused with its sentence, or what is harmless of it is taken; memory stays flat", async (t) => {
  await parent.send(jpeg());
  await parent.clear();
  const heic = /^この写真は、窓口では開けない形式/;
  for (const [name, file, expected, options] of [
    ["a PNG that says 50,000 × 50,000", png(8, 8, { says: [50_000, 50_000] }), PIXELS],
    ["a JPEG that says 50,000 × 50,000", liar(50_000, 50_000), PIXELS],
    ["a PNG that says 12,000 × 12,000 in 16 bits", png(8, 8, { says: [12_000, 12_000], depth: 16, colour: 6 }), PIXELS],
    ["a PNG whose colour profile swells to 1 GB", png(8, 8, { before: [swelling("iCCP", "x\0\0", 1024 * MIB)] }), undefined],
    ["a PNG whose text swells to 1 GB", png(8, 8, { before: [swelling("zTXt", "Comment\0\0", 1024 * MIB)] }), undefined],
    ["a PNG of 20,000 chunks", png(8, 8, { before: Array.from({ length: 20_000 }, () => swelling("tEXt", "a\0", 0)) }), undefined],
    ["a PNG of 40 megapixels in 16 bits, in 310 kB", png(6_300, 6_300, { depth: 16, colour: 6 }), PIXELS],
    ["a JPEG of 40 megapixels in passes of three colours", progressive(6_300, 6_300, { components: 3 }), PIXELS],
    ["SVG that says it is a JPEG", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", KIND],
    ["HTML that says it is a PNG", "<html><script>alert(1)</script>", KIND, { type: "image/png" }],
    ["a GIF", "GIF89a\x01\0\x01\0", KIND, { type: "image/gif" }],
    ["a program", "MZ\x90\0", KIND],
    ["an archive that says it is a PDF", "PK\x03\x04 %PDF-1.7 %%EOF", KIND, { type: "application/pdf" }],
    ["HEIC", "\0\0\0\x18ftypheic\0\0\0\0mif1heic", heic, { type: "image/heic" }],
    ["a JPEG that is cut off", jpeg().subarray(0, 60), BROKEN],
    ["a PNG that is cut off", png(300, 300).subarray(0, 60), BROKEN],
    ["a PDF that is cut off", pdf().subarray(0, 60), BROKEN],
    ["a name with a path in it", "<svg/>", KIND, { name: "../../../etc/passwd\\0.jpg" }],
    ["more than 6 MB", Buffer.concat([jpeg(), Buffer.alloc(6 * MIB)]), /^ファイルが大きすぎます。/],
    ["a JPEG with a page and an archive behind it", jpeg("<script>alert(1)</script>PK\x03\x04"), undefined],
    ["a PDF with a script", pdf(), undefined, { type: "application/pdf" }],
  ]) {
    let got;
    const memory = await memoryOf(async () => { got = await parent.send(file, options); });
    say(t, name, memory);
    if (expected === undefined) {
      // Taken for what is harmless, or refused: never more.
      assert.ok([303, 422].includes(got.status), `${name}: ${got.status}`);
    } else {
      assert.equal(got.status, 422, name);
      assert.match(got.told ?? "", expected instanceof RegExp ? new RegExp(expected.source.replace("^", "")) : new RegExp(expected.replace(/[()]/g, "\\$&")), name);
    }
    await parent.clear();
    assert.ok(memory.highest < FLAT, `${name}: ${inMib(memory.highest)} more`);
  }
});

test("a picture of many passes ends soon, and of the largest that are taken nothing piles up", async (t) => {
  let begun = Date.now();
  const slow = progressive(5_000, 7_900, { scans: 60_000 });
  assert.ok(slow.length < 6 * MIB);
  const got = await parent.send(slow);
  t.diagnostic(`60,000 passes over 40 megapixels: ${Date.now() - begun} ms, ${got.status}`);
  assert.ok(Date.now() - begun < 20_000);
  await parent.clear();
  const other = await startUploader(portal);
  for (const [name, file] of [
    ["a PNG of 40 megapixels in 130 kB", png(6_300, 6_300)],
    ["a JPEG of 17 megapixels in passes", progressive(4_100, 4_100, { components: 3 })],
  ]) {
    const before = status("VmRSS");
    for (let time = 1; time <= TIMES; time += 1) {
      begun = Date.now();
      const memory = await memoryOf(() => Promise.all([parent, other, parent, other].map((one) => one.send(file))));
      say(t, `four at once of ${name} (${Date.now() - begun} ms)`, memory);
      assert.ok(memory.highest < LARGEST_PICTURE, `${name}: ${inMib(memory.highest)} more`);
      for (const one of [parent, other]) await one.clear();
    }
    const kept = status("VmRSS") - before;
    assert.ok(kept < KEPT, `${name}: ${inMib(kept)} are kept`);
  }
});

test("requests that never end, of 10,000 parts or of 10 GB are told off, and memory stays flat", async (t) => {
  const { headers, address } = parent;
  const many = multipart(Array.from({ length: 10_000 }, (_, place) => [`a${place}`, undefined, "x"]));
  const refuses = async (name, options, expected) => {
    let got;
    const memory = await memoryOf(async () => { got = await parent.ask("POST", address, options); });
    say(t, name, memory);
    assert.ok(expected.includes(got.status), `${name}: ${got.status}`);
    assert.ok(memory.highest < FLAT, `${name}: ${inMib(memory.highest)} more`);
  };
  await refuses("10,000 parts", { headers, body: many }, [400]);
  await refuses("10,000 files", { headers, body: multipart(Array.from({ length: 10_000 }, () => ["paper-due_date_proof", "a.jpg", "x"])) }, [400]);
  await refuses("a part whose head is 1 MB", { headers, body: multipart([["a".repeat(MIB), undefined, "x"]]) }, [400, 413, 0]);
  await refuses("no boundary", { headers: { "content-type": "multipart/form-data" }, body: many }, [400]);
  await refuses("a text of 5 MB in a part", { headers, body: multipart([["then", undefined, "x".repeat(5 * MIB)]]) }, [413, 0]);
  const endless = (asked) => {
    const piece = Buffer.alloc(64 * 1024, 0x20);
    let left = 64 * MIB;
    asked.write(multipart([["paper-due_date_proof", "a.jpg", ""]]).subarray(0, -21));
    const more = () => {
      while (left > 0 && !asked.destroyed) {
        left -= piece.length;
        if (!asked.write(piece)) { asked.once("drain", more); return; }
      }
      asked.end();
    };
    more();
  };
  await refuses("a file that does not end", { headers, write: endless }, [413, 0]);
  const huge = (asked) => { asked.write("--"); asked.flushHeaders(); setTimeout(() => asked.destroy(), 2_000).unref(); };
  await refuses("10 GB announced", { headers: { ...headers, "content-length": "10737418240" }, write: huge }, [400, 413, 0]);
  await refuses("10 GB announced for a text", { headers: { "content-type": "application/x-www-form-urlencoded", "content-length": "10737418240" }, write: huge }, [413, 0]);
  assert.equal((await parent.ask("GET", address)).status, 200, "it goes on");
});
