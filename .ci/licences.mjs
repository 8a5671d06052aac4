// Refuses a dependency whose licence is not on the list, and the packages that were banned for a reason.
// Usage: licences.mjs METADATA_JSON NODE_MODULES. A licence expression passes if some way to satisfy it passes.
import { readFileSync, readdirSync, existsSync } from "node:fs";
import { join } from "node:path";

const ALLOWED = new Set([
  "MIT", "MIT-0", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "ISC", "BlueOak-1.0.0", "0BSD", "Zlib",
  "Unicode-3.0", "Unicode-DFS-2016", "CC0-1.0", "Unlicense", "BSL-1.0", "MPL-2.0", "CDLA-Permissive-2.0", "PSF-2.0",
]);
const BANNED = {
  "actix-governor": "GPL-3.0",
  "openssl-sys": "the cryptography here is in Rust",
  "h2@0.3": "RUSTSEC-2026-0258; comes with actix-web's http2",
};

/** "A OR B" passes if one side does, "A AND B" if both do; brackets are honoured. */
function permitted(expression) {
  const tokens = expression.replaceAll("/", " OR ").match(/\(|\)|AND|OR|[^\s()]+(?: WITH [^\s()]+)?/g) ?? [];
  let at = 0;
  const any = () => { let value = all(); while (tokens[at] === "OR") { at++; const right = all(); value ||= right; } return value; };
  const all = () => { let value = one(); while (tokens[at] === "AND") { at++; const right = one(); value &&= right; } return value; };
  const one = () => {
    const token = tokens[at++];
    if (token !== "(") return ALLOWED.has(token);
    const value = any();
    at++;
    return value;
  };
  return tokens.length > 0 && any() && at === tokens.length;
}

const problems = [];
const [metadataFile, nodeModules] = process.argv.slice(2);
const metadata = JSON.parse(readFileSync(metadataFile, "utf8"));
for (const { name, version, license, source } of metadata.packages) {
  if (!source) continue;
  if (!permitted(license ?? "")) problems.push(`crate ${name} ${version}: ${license ?? "no licence named"}`);
  const minor = version.split(".").slice(0, 2).join(".");
  for (const key of [name, `${name}@${minor}`]) if (BANNED[key]) problems.push(`crate ${name} ${version} is banned: ${BANNED[key]}`);
}
let npm = 0;
for (const entry of existsSync(nodeModules) ? readdirSync(nodeModules) : []) {
  const folders = entry.startsWith("@") ? readdirSync(join(nodeModules, entry)).map((name) => join(entry, name)) : [entry];
  for (const folder of folders) {
    const file = join(nodeModules, folder, "package.json");
    if (!existsSync(file)) continue;
    npm++;
    const { name, version, license } = JSON.parse(readFileSync(file, "utf8"));
    if (!permitted(license ?? "")) problems.push(`npm ${name} ${version}: ${license ?? "no licence named"}`);
  }
}
for (const problem of problems) console.error(problem);
console.log(`licences: ${metadata.packages.length} crates and ${npm} npm packages looked at, ${problems.length} problems`);
process.exit(problems.length ? 1 : 0);
