// How pages feel on a slow phone: Lighthouse's laboratory (mobile, simulated throttling), each page beside a page of
// govuk-frontend that the same machine serves in the same run. Invariant: loopback only; what was started is stopped.
import { createServer } from "node:http";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const govuk = new URL("node_modules/govuk-frontend/dist/govuk/", import.meta.url).pathname;
const TYPES = { ".css": "text/css", ".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml" };
const PAGE = `<!doctype html><html lang="en" class="govuk-template"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"><title>Who is filing</title>
<link rel="stylesheet" href="/govuk-frontend.min.css"></head>
<body class="govuk-template__body"><script>document.body.className += " js-enabled govuk-frontend-supported";</script>
<div class="govuk-width-container"><main class="govuk-main-wrapper"><form method="post"><div class="govuk-form-group">
<fieldset class="govuk-fieldset"><legend class="govuk-fieldset__legend govuk-fieldset__legend--l"><h1>Who is filing?</h1></legend>
<div class="govuk-radios" data-module="govuk-radios">
<div class="govuk-radios__item"><input class="govuk-radios__input" id="a" name="filer" type="radio"><label class="govuk-label govuk-radios__label" for="a">I am pregnant myself</label></div>
<div class="govuk-radios__item"><input class="govuk-radios__input" id="b" name="filer" type="radio"><label class="govuk-label govuk-radios__label" for="b">Somebody on her behalf</label></div>
</div></fieldset></div><button class="govuk-button" data-module="govuk-button">Next</button></form></main></div>
<script type="module">import { initAll } from "/govuk-frontend.min.js"; initAll();</script></body></html>`;

/** The page to compare with, as a careful site would serve it. */
function baseline() {
  const server = createServer((request, response) => {
    if (request.url === "/") return void response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-encoding": "br" }).end(brotliCompressSync(PAGE));
    const file = join(govuk, normalize(request.url.split("?")[0]));
    if (!file.startsWith(govuk) || !existsSync(file) || !extname(file)) return void response.writeHead(404).end();
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    if (type === "font/woff2") {
      response.writeHead(200, { "content-type": type });
      return void createReadStream(file).pipe(response);
    }
    response.writeHead(200, { "content-type": type, "content-encoding": "br" }).end(brotliCompressSync(readFileSync(file)));
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

const AUDITS = { lcp: "largest-contentful-paint", tbt: "total-blocking-time", cls: "cumulative-layout-shift", bytes: "total-byte-weight" };

/** A machine that is busy loses a trace now and then. */
const TRIES = 4;

async function once(chrome, url, cookie, tries = TRIES) {
  const { lhr } = await lighthouse(url, { port: chrome.port, logLevel: "silent", onlyCategories: ["performance"], extraHeaders: cookie ? { Cookie: cookie } : {} });
  if (lhr.runtimeError && tries > 1) return once(chrome, url, cookie, tries - 1);
  if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
  return Object.fromEntries(Object.entries(AUDITS).map(([name, audit]) => [name, lhr.audits[audit].numericValue]));
}

/** Medians of each page over `rounds` rounds, the pages taking turns: `{ name: { lcp, tbt, cls, bytes } }`. */
export async function laboratory(pages, rounds) {
  const server = await baseline();
  const chrome = await launch({
    chromePath: process.env.MADOGUCHI_CHROMIUM ?? "/usr/bin/chromium",
    chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  try {
    const all = [...pages, { name: "govuk-frontend", url: `http://127.0.0.1:${server.address().port}/` }];
    const seen = new Map(all.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const { name, url, cookie } of all) seen.get(name).push(await once(chrome, url, cookie));
    }
    const median = (values) => values.sort((one, other) => one - other)[Math.floor(values.length / 2)];
    return Object.fromEntries([...seen].map(([name, runs]) => [name, Object.fromEntries(Object.keys(AUDITS).map((audit) => [audit, median(runs.map((run) => run[audit]))]))]));
  } finally {
    await chrome.kill();
    server.close();
  }
}
