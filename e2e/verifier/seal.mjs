// The browser's own module for the 個人番号, run here: `seal.mjs FOLDER seal RECIPIENT` seals each line that it is given and prints
// the armors as JSON; `seal.mjs FOLDER accepted COUNT` prints a bit for each of so many numbers, whether it is taken. Invariant:
// script and module are the very files that a phone is served.
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, deed, argument] = process.argv.slice(2);
const named = (end) => join(folder, readdirSync(folder).find((name) => name.endsWith(end)));
// Node takes a script for a module by its ending. What it does with a page it does not do here, for there is none.
const scratch = mkdtempSync(join(tmpdir(), "madoguchi-seal-"));
globalThis.document = { querySelector: () => null };
try {
  copyFileSync(named(".js"), join(scratch, "module.mjs"));
  const { initSync, seal, fault } = await import(pathToFileURL(join(scratch, "module.mjs")));
  initSync({ module: readFileSync(named(".wasm")) });
  if (deed === "seal") {
    const typed = readFileSync(0, "utf8").split("\n").filter(Boolean);
    process.stdout.write(JSON.stringify(typed.map((one) => seal(one, argument))));
  } else {
    const count = Number(argument);
    const bits = new Uint8Array(Math.ceil(count / 8));
    for (let place = 0; place < count; place += 1) {
      // As in `intake::my_number`: the last seven digits are all there are, the first five change with them.
      const number = ((place * 99_991) % 100_000) * 10_000_000 + place;
      if (fault(String(number).padStart(12, "0")) === undefined) bits[place >> 3] |= 1 << (place & 7);
    }
    process.stdout.write(bits);
  }
} finally {
  rmSync(scratch, { recursive: true });
}
